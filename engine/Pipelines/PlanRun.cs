using System.Diagnostics;
using OmenDb.Arrow;
using OmenDb.Engine.Execution;
using OmenDb.Types;

namespace OmenDb.Engine.Pipelines;

/// <summary>One execution of a plan: the shared states of its operators.</summary>
internal sealed class PlanRun : IDisposable
{
    private readonly object?[] _states;
    private readonly Dictionary<int, object> _tables; // materialised common table expressions, by id
    private volatile bool _failed;

    /// <param name="operatorCount">Operators of the plan: ids are below it.</param>
    /// <param name="parent">The run around a recursive part: it sees the same common table expressions and metrics.</param>
    public PlanRun(ExecutionContext context, int operatorCount, PlanRun? parent = null)
    {
        Context = context;
        _states = new object?[operatorCount];
        _tables = parent?._tables ?? [];
        Metrics = parent?.Metrics ?? (context.Instrument ? [.. Enumerable.Range(0, operatorCount).Select(_ => new OperatorMetrics())] : null);
    }

    /// <summary>A run of another plan that sees the common table expressions of this one.</summary>
    public static PlanRun Beside(PlanRun run, ExecutionContext context, int operatorCount) => new(context, operatorCount, run._tables);

    private PlanRun(ExecutionContext context, int operatorCount, Dictionary<int, object> tables)
    {
        Context = context;
        _states = new object?[operatorCount];
        _tables = new Dictionary<int, object>(tables);
    }

    public int OperatorCount => _states.Length;

    public ExecutionContext Context { get; }

    public OperatorMetrics[]? Metrics { get; }

    /// <summary>Rows changed by INSERT, UPDATE or DELETE.</summary>
    public long RowsAffected;

    /// <summary>Another worker has raised: stop at the next border.</summary>
    public bool Failed => _failed;

    public int BatchCapacity => Context.Settings.BatchCapacity;

    public T State<T>(int operatorId) where T : class => (T)(_states[operatorId] ?? throw SqlException.Internal("an operator ran before its input"));

    public void SetState(int operatorId, object state) => _states[operatorId] = state;

    /// <summary>The state that all workers of a stage share, made by the first.</summary>
    public T Shared<T>(int operatorId, Func<T> create) where T : class
    {
        lock (_states)
            return (T)(_states[operatorId] ??= create());
    }

    public object Table(int id) => _tables.TryGetValue(id, out var table) ? table : throw SqlException.Internal("a common table expression was read before it was computed");

    public void SetTable(int id, object table) => _tables[id] = table;

    public void Run(Pipeline pipeline)
    {
        var sink = pipeline.Sink.Open(this);
        SetState(pipeline.Sink.OperatorId, sink);
        foreach (var leg in pipeline.Legs)
        {
            using var source = leg.Source.Open(this);
            RunLeg(leg, source, sink, pipeline.Sink.OperatorId);
        }
        var start = Metrics is null ? 0 : Stopwatch.GetTimestamp();
        sink.Finish();
        Metrics?[pipeline.Sink.OperatorId].AddTime(start);
    }

    private void RunLeg(Leg leg, SourceState source, SinkState sink, int sinkId)
    {
        var workers = 1;
        if (!leg.Ordered && sink.AllowsParallelInput)
        {
            var limit = Context.Settings.MaxParallelism;
            workers = Math.Min(source.MaxWorkers, limit == 0 ? Scheduler.Shared.HelperThreads + 1 : limit);
        }
        if (workers <= 1)
        {
            Work(leg, source, sink, sinkId);
            return;
        }
        Scheduler.Shared.Run(workers, _ => Work(leg, source, sink, sinkId));
    }

    private void Work(Leg leg, SourceState source, SinkState sink, int sinkId)
    {
        try
        {
            using var worker = new LegWorker(this, leg, source);
            using var target = sink.CreateWorker();
            if (Metrics?[sinkId] is { } metrics)
            {
                while (!_failed && worker.Next(out var batch))
                {
                    var start = Stopwatch.GetTimestamp();
                    target.Consume(batch);
                    metrics.AddTime(start);
                }
            }
            else
            {
                while (!_failed && worker.Next(out var batch))
                    target.Consume(batch);
            }
            if (_failed)
                return;
            lock (sink)
            {
                var start = Metrics is null ? 0 : Stopwatch.GetTimestamp();
                target.Combine();
                Metrics?[sinkId].AddTime(start);
            }
        }
        catch
        {
            _failed = true;
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var state in _states)
            (state as IDisposable)?.Dispose();
    }
}
