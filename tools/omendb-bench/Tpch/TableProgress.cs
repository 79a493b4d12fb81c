using OmenDb.Tpch;
using OmenDb.Tpch.Generation;
using OmenDb.Tpch.Schema;
using Spectre.Console;

namespace OmenDb.Tools.Bench.Tpch;

/// <summary>One progress bar per table.</summary>
internal sealed class TableProgress
{
    private readonly ProgressTask[] _tasks;
    private readonly ProgressContext _context;
    private ProgressTask? _step;

    private TableProgress(ProgressContext context, TpchGenerator generator)
    {
        _context = context;
        // A table begins when its first rows come: until then its bar stands still and its clock too.
        _tasks = [.. TpchSchema.Tables.Select(table =>
            context.AddTask(table.Name, autoStart: false, maxValue: generator.EstimatedRowCount(table.Table)))];
    }

    public static void Run(IAnsiConsole console, TpchGenerator generator, Action<TableProgress> work)
    {
        var columns = new ProgressColumn[]
        {
            new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn(),
        };
        console.Progress().AutoClear(false).Columns(columns).Start(context =>
        {
            var progress = new TableProgress(context, generator);
            work(progress);
            progress.EndStep();
            // The rows of lineitem were an estimate.
            foreach (var task in progress._tasks)
                task.Value = task.MaxValue;
        });
    }

    /// <summary>From any thread.</summary>
    public void Add(TpchTable table, int rows)
    {
        var task = _tasks[(int)table];
        lock (task)
        {
            if (!task.IsStarted)
            {
                foreach (var earlier in _tasks.AsSpan(0, (int)table))
                    earlier.Value = earlier.MaxValue;
                task.StartTask();
            }
            task.Increment(rows);
        }
    }

    /// <summary>What follows the rows.</summary>
    public void Step(string name)
    {
        EndStep();
        _step = _context.AddTask(name);
        _step.IsIndeterminate = true;
    }

    private void EndStep()
    {
        if (_step is null)
            return;
        _step.IsIndeterminate = false;
        _step.Value = _step.MaxValue;
    }
}
