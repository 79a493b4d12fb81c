using System.Diagnostics;
using OmenDb.Arrow;
using OmenDb.Engine.Execution;
using OmenDb.Storage.Indexes;

namespace OmenDb.Engine.Pipelines;

/// <summary>One worker's walk through a leg: pulls batches from the source and pushes them through the stages, one output batch per call.</summary>
/// <remarks>It can be left at any time and resumed by the next call: so a portal fetches a few rows and blocks nobody.</remarks>
internal sealed class LegWorker : IDisposable
{
    private readonly ExecutionContext _context;
    private readonly SourceWorker _source;
    private readonly StageWorker[] _stages;
    private readonly Compaction[] _compactions; // before each stage, and after the last one
    private readonly Batch?[] _pending; // the input of a stage that has more output for it
    private readonly OperatorMetrics[]? _metrics; // source first
    private int _top = -1; // the last stage with pending output
    private bool _finished;

    public LegWorker(PlanRun run, Leg leg, SourceState source)
    {
        _context = run.Context;
        _source = source.CreateWorker();
        _stages = new StageWorker[leg.Stages.Count];
        for (var i = 0; i < _stages.Length; i++)
            _stages[i] = leg.Stages[i].CreateWorker(run);
        _compactions = new Compaction[_stages.Length + 1];
        for (var i = 0; i < _compactions.Length; i++)
            _compactions[i] = new Compaction();
        _pending = new Batch?[_stages.Length];
        if (run.Metrics is { } metrics)
            _metrics = [metrics[leg.Source.OperatorId], .. leg.Stages.Select(s => metrics[s.OperatorId])];
    }

    /// <summary>A stage wants no more input: the whole leg is over.</summary>
    public bool Finished => _finished;

    /// <returns>False at the end.</returns>
    public bool Next(out Batch batch)
    {
        while (true)
        {
            // Once per batch, also while a stage goes on from one input: a series or a join can make any number of rows of it.
            _context.CheckInterrupts();
            Batch current;
            int stage;
            if (_top >= 0)
            {
                stage = _top;
                current = _pending[stage]!;
            }
            else
            {
                if (_finished)
                {
                    batch = null!;
                    return false;
                }
                var start = _metrics is null ? 0 : Stopwatch.GetTimestamp();
                var more = _source.Next(out current);
                _metrics?[0].Add(start, more ? current.RowCount : 0);
                if (!more)
                {
                    batch = null!;
                    return false;
                }
                if (current.RowCount == 0)
                    continue;
                current = _compactions[0].Apply(current);
                stage = 0;
            }
            if (Push(ref current, stage))
            {
                batch = current;
                return true;
            }
        }
    }

    private bool Push(ref Batch current, int stage)
    {
        for (; stage < _stages.Length; stage++)
        {
            Batch? output = null;
            var start = _metrics is null ? 0 : Stopwatch.GetTimestamp();
            var result = _stages[stage].Push(current, ref output);
            _metrics?[stage + 1].Add(start, output?.RowCount ?? 0);
            if (result == StageResult.HasMoreOutput)
            {
                _pending[stage] = current;
                _top = stage;
            }
            else if (_top == stage)
            {
                _pending[stage] = null;
                while (_top >= 0 && _pending[_top] is null)
                    _top--;
            }
            if (result == StageResult.Finished)
            {
                _finished = true;
                Array.Clear(_pending);
                _top = -1;
            }
            if (output is null || output.RowCount == 0)
                return false;
            current = _compactions[stage + 1].Apply(output);
        }
        return true;
    }

    public void Dispose()
    {
        _source.Dispose();
        foreach (var stage in _stages)
            stage.Dispose();
        foreach (var compaction in _compactions)
            compaction.Dispose();
    }
}

/// <summary>What EXPLAIN ANALYZE shows of one operator.</summary>
internal sealed class OperatorMetrics
{
    private long _rows;
    private long _ticks;
    private long _loops;

    public long Rows => Interlocked.Read(ref _rows);

    public long Loops => Interlocked.Read(ref _loops);

    public double Milliseconds => Interlocked.Read(ref _ticks) * 1000.0 / Stopwatch.Frequency;

    /// <summary>Vectors that a scan did not read because of their zone maps.</summary>
    public long SkippedVectors;

    /// <summary>Columns of segments that a scan has read from checkpoint files.</summary>
    public long LoadedColumns;

    public long LoadedBytes;

    /// <summary>Entries that index scans have looked at.</summary>
    public long IndexEntries;

    private readonly Lock _gate = new();
    private LookupTraceTotals _traces;

    /// <summary>How keys were found in learned indexes.</summary>
    public LookupTraceTotals Traces
    {
        get
        {
            lock (_gate)
                return _traces;
        }
    }

    /// <summary>By a worker at its end.</summary>
    public void AddIndex(long entries, in LookupTraceTotals traces)
    {
        lock (_gate)
        {
            IndexEntries += entries;
            _traces.Add(traces);
        }
    }

    public long MemoryBytes;

    /// <summary>Written to temporary files.</summary>
    public long SpilledBytes;

    /// <summary>Time of a sink: what it takes in, merges and finishes.</summary>
    public void AddTime(long start) => Interlocked.Add(ref _ticks, Stopwatch.GetTimestamp() - start);

    public void Add(long start, int rows)
    {
        Interlocked.Add(ref _rows, rows);
        Interlocked.Add(ref _ticks, Stopwatch.GetTimestamp() - start);
        Interlocked.Increment(ref _loops);
    }
}
