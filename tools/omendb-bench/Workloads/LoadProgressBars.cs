using Spectre.Console;

namespace OmenDb.Tools.Bench.Workloads;

/// <summary>A bar per table while rows are loaded, and a line for what follows them.</summary>
internal sealed class LoadProgressBars
{
    private readonly ProgressContext _context;
    private readonly Dictionary<string, ProgressTask> _tasks;
    private ProgressTask? _step;

    private LoadProgressBars(ProgressContext context, IEnumerable<(string Name, long Rows)> tables)
    {
        _context = context;
        _tasks = tables.ToDictionary(table => table.Name, table => context.AddTask(table.Name, autoStart: false, maxValue: Math.Max(1, table.Rows)));
    }

    public static void Run(IAnsiConsole console, IEnumerable<(string Name, long Rows)> tables, Action<LoadProgressBars> work)
    {
        var columns = new ProgressColumn[]
        {
            new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn(),
        };
        console.Progress().AutoClear(false).Columns(columns).Start(context =>
        {
            var bars = new LoadProgressBars(context, tables);
            work(bars);
            bars.Step(null);
            bars.Complete();
        });
    }

    /// <summary>From any thread.</summary>
    public void Add(string table, long rows)
    {
        var task = _tasks[table];
        lock (task)
        {
            if (!task.IsStarted)
                task.StartTask();
            task.Increment(rows);
        }
    }

    /// <summary>What follows the rows; null: nothing more.</summary>
    public void Step(string? name)
    {
        Complete(); // estimates end with the rows
        if (_step is not null)
        {
            _step.IsIndeterminate = false;
            _step.Value = _step.MaxValue;
        }
        if (name is null)
            return;
        if (_step is null)
            _step = _context.AddTask(name);
        _step.Description = name;
        _step.IsIndeterminate = true;
    }

    private void Complete()
    {
        foreach (var task in _tasks.Values)
        {
            lock (task)
            {
                if (!task.IsStarted)
                    task.StartTask();
                task.Value = task.MaxValue;
            }
        }
    }
}
