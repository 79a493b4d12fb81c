using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Pipelines;
using OmenDb.Engine.Rows;
using OmenDb.Types;

namespace OmenDb.Engine.Operators.Scans;

/// <summary>Batches over flat vectors of any length (materialised rows), in morsels for any number of workers.</summary>
internal sealed class StoreScan(Vector[] columns, int rowCount, PlanRun run, bool ordered) : SourceState
{
    private const int MorselRows = 16 * 1024;

    private int _next;

    public override int MaxWorkers => ordered ? 1 : (rowCount + MorselRows - 1) / MorselRows;

    public override SourceWorker CreateWorker() => new Worker(this, run.BatchCapacity);

    private sealed class Worker(StoreScan scan, int capacity) : SourceWorker
    {
        private readonly Batch _batch = new(scan.Columns.Length);
        private int _position;
        private int _end;

        public override bool Next(out Batch batch)
        {
            batch = _batch;
            if (_position >= _end)
            {
                // Morsels are multiples of the capacity, so that slices of bitmaps start on whole words.
                var morsel = Math.Max(capacity, MorselRows / capacity * capacity);
                _position = Interlocked.Add(ref scan._next, morsel) - morsel;
                _end = Math.Min(_position + morsel, scan.RowCount);
                if (_position >= scan.RowCount || _position < 0)
                    return false;
            }
            var count = Math.Min(capacity, _end - _position);
            for (var i = 0; i < _batch.Columns.Length; i++)
                Gather.Slice(scan.Columns[i], _position, count, _batch.Columns[i]);
            _batch.Length = count;
            _batch.Selection = null;
            _position += count;
            return true;
        }

        public override void Dispose() => _batch.Dispose();
    }

    private Vector[] Columns => columns;

    private int RowCount => rowCount;
}

/// <summary>Reads what an operator of the same plan has stored as its state.</summary>
internal sealed class StateSource(int operatorId, Func<PlanRun, SourceState> open) : PipelineSource
{
    public override int OperatorId => operatorId;

    public override SourceState Open(PlanRun run) => open(run);
}

/// <summary>A sink that keeps all rows.</summary>
internal sealed class StoreSink(int operatorId, IReadOnlyList<SqlType> types, bool ordered = false) : PipelineSink
{
    public override int OperatorId => operatorId;

    public override SinkState Open(PlanRun run) => new StoreState(run, types, ordered);
}

internal sealed class StoreState(PlanRun run, IReadOnlyList<SqlType> types, bool ordered) : SinkState
{
    public RowStore Rows { get; } = new(types, run.Context);

    private Vector[]? _views;

    public override bool AllowsParallelInput => !ordered;

    public override SinkWorker CreateWorker() => new Worker(this, new RowStore(types, run.Context));

    /// <summary>All rows as flat vectors; made once, after the last append.</summary>
    public Vector[] Views => _views ??= Rows.Views();

    public override void Finish()
    {
        Rows.Take(_parts, run.Context);
        _views = Rows.Views();
    }

    private readonly List<RowStore> _parts = [];

    public override void Dispose()
    {
        Rows.Dispose();
        foreach (var part in _parts)
            part.Dispose();
    }

    private sealed class Worker(StoreState owner, RowStore local) : SinkWorker
    {
        private RowStore? _local = local;

        public override void Consume(Batch batch) => _local!.Append(batch);

        public override void Combine()
        {
            owner._parts.Add(_local!);
            _local = null;
        }

        public override void Dispose() => _local?.Dispose();
    }
}
