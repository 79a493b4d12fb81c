using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Expressions;
using OmenDb.Engine.Operators.Joins;
using OmenDb.Engine.Pipelines;
using OmenDb.Engine.Rows;
using OmenDb.Planner.Expressions;
using OmenDb.Types;

namespace OmenDb.Engine.Operators.Sorting;

/// <summary>ORDER BY; with a limit only the first rows are kept (top-N).</summary>
internal sealed class SortOperator : PhysicalOperator
{
    /// <summary>A top-N prunes what it holds when it has this many times the rows it needs.</summary>
    private const int PruneFactor = 4;
    private const int MinPruneRows = 4096;

    private readonly IReadOnlyList<SortKey> _keys;
    private readonly CompiledProgram _program;
    private readonly SqlType[] _storedTypes;
    private readonly LimitCounts? _limit;

    /// <param name="count">With <paramref name="offset"/>: only count + offset rows are needed; both null: all.</param>
    public SortOperator(PhysicalOperator input, IReadOnlyList<SortKey> keys, Expression? count = null, Expression? offset = null) : base(input.Columns, input)
    {
        _keys = keys;
        _program = CompiledProgram.Compile(keys.Select(k => k.Expression), input.Layout);
        _storedTypes = [.. input.Columns.Select(c => c.Type), .. _program.Roots.Select(r => r.Type)];
        _limit = count is null ? null : new LimitCounts(count, offset);
    }

    /// <summary>Keeps only the first rows.</summary>
    public bool IsTopN => _limit is not null;

    public override string Name => _limit is null ? "Sort" : "Top-N Sort";

    public override IEnumerable<(string Label, string Text)> Details =>
        [("Sort Key", string.Join(", ", _keys.Select(Physical.ExpressionText.Of)))];

    public override List<Leg> Build(PipelineBuilder builder)
    {
        builder.Add(Children[0].Build(builder), new Sink(this));
        return [new Leg(new StateSource(this))];
    }

    private RowSorter.Key[] KeysOf(Vector[] columns)
    {
        var first = Columns.Length;
        var result = new RowSorter.Key[_keys.Count];
        for (var i = 0; i < result.Length; i++)
            result[i] = new RowSorter.Key(columns[first + i], _storedTypes[first + i], _keys[i].Descending, _keys[i].NullsFirst);
        return result;
    }

    private sealed class Sink(SortOperator owner) : PipelineSink
    {
        public override int OperatorId => owner.Id;

        public override SinkState Open(PlanRun run) => new State(owner, run);
    }

    private sealed unsafe class State : SinkState
    {
        private readonly SortOperator _owner;
        private readonly PlanRun _run;
        private readonly RowStore _rows;
        private readonly long _keep;
        private readonly bool _canSpill;

        /// <summary>Fewer are not what fills the memory.</summary>
        private const int LeastSpilledRows = 4096;

        public State(SortOperator owner, PlanRun run)
        {
            _owner = owner;
            _run = run;
            _rows = new RowStore(owner._storedTypes, run.Context);
            Runs = new SortedRuns(owner._storedTypes, run.Context);
            _canSpill = SortedRuns.Supports(owner._storedTypes);
            _keep = long.MaxValue;
            if (owner._limit is not null)
            {
                var (count, offset) = owner._limit.Read(run);
                _keep = count > long.MaxValue - offset ? long.MaxValue : count + offset;
            }
        }

        public NativeBuffer? Order { get; private set; }

        public Vector[] Views { get; private set; } = [];

        public int Count { get; private set; }

        public override SinkWorker CreateWorker() => new Worker(this);

        private readonly List<RowStore> _parts = [];

        /// <summary>Rows that did not fit; then all rows are there.</summary>
        public SortedRuns Runs { get; }

        /// <summary>How many rows come out at most.</summary>
        public long Keep => _keep;

        public RowSorter.Key[] KeysOf(Vector[] columns) => _owner.KeysOf(columns);

        public RowStore NewRows() => new(_owner._storedTypes, _run.Context);

        public override void Finish()
        {
            if (!Runs.IsEmpty)
            {
                foreach (var part in _parts)
                    Spill(part);
                if (_run.Metrics?[_owner.Id] is { } metrics)
                    metrics.SpilledBytes = Runs.Bytes;
                return;
            }
            _rows.Take(_parts, _run.Context);
            Views = _rows.Views();
            Order = RowSorter.Sort(_owner.KeysOf(Views), _rows.Count, _run.Context);
            Count = (int)Math.Min(_rows.Count, _keep);
        }

        /// <param name="rows">Empty afterwards.</param>
        private void Spill(RowStore rows)
        {
            if (rows.Count > 0)
            {
                var views = rows.Views();
                using var order = RowSorter.Sort(_owner.KeysOf(views), rows.Count, _run.Context);
                Runs.Add(views, (int*)order.Pointer, (int)Math.Min(rows.Count, _keep));
            }
            rows.Dispose();
        }

        public override void Dispose()
        {
            Order?.Release();
            _rows.Dispose();
            Runs.Dispose();
            foreach (var part in _parts)
                part.Dispose();
        }

        private sealed class Worker(State state) : SinkWorker
        {
            private readonly Frame _frame = state._owner._program.CreateFrame(state._run.Context);
            private readonly Vector[] _columns = HashJoinOperator.NewVectors(state._owner._storedTypes.Length);
            private readonly Vector[] _keys = HashJoinOperator.NewVectors(state._owner._keys.Count);
            private readonly Batch _narrowed = new([], 0);
            private readonly Vector _boundary = new();
            private RowStore _local = new(state._owner._storedTypes, state._run.Context);
            private Selection? _selection;
            private Selection? _worse;
            private bool _hasBoundary;

            public override void Consume(Batch batch)
            {
                state._owner._program.Evaluate(_frame, batch, _keys);
                var inputCount = batch.Columns.Length;
                for (var i = 0; i < inputCount; i++)
                    _columns[i].Reference(batch.Columns[i]);
                for (var i = 0; i < _keys.Length; i++)
                    _columns[inputCount + i].Reference(_keys[i]);
                _local.Append(_hasBoundary ? Narrow(batch) : batch, _columns);
                if (state._keep < 1 << 28 && _local.Count >= Math.Max(MinPruneRows, state._keep * PruneFactor))
                    Prune();
                if (state._run.Context.WantsSpill && state._canSpill && (_local.Count >= LeastSpilledRows || state._run.Context.Settings.ForceSpill))
                {
                    var full = _local;
                    _local = state.NewRows();
                    state.Spill(full);
                }
            }

            /// <summary>Drops rows whose first key is already worse than the last row that is kept.</summary>
            private Batch Narrow(Batch batch)
            {
                var rows = batch.Length;
                if (_selection is null || _selection.Capacity < rows)
                {
                    _selection?.Dispose();
                    _worse?.Dispose();
                    _selection = new Selection(Math.Max(rows, Batch.DefaultCapacity));
                    _worse = new Selection(Math.Max(rows, Batch.DefaultCapacity));
                }
                _boundary.Length = rows;
                var key = state._owner._keys[0];
                TypedCompare.Mask(key.Descending ? CompareOp.Less : CompareOp.Greater, _keys[0], _boundary, rows, _worse!.Mask,
                    state._owner._storedTypes[state._owner.Columns.Length]);
                _selection.IsSparse = false;
                if (batch.Selection is null)
                    _selection.SetAll(rows);
                else if (batch.Selection.IsSparse)
                    Bits.FromIndices(batch.Selection.Indices, batch.Selection.Count, _selection.Mask, rows);
                else
                    Bits.Copy(batch.Selection.Mask, _selection.Mask, rows);
                Bits.AndNot(_selection.Mask, _worse.Mask, _selection.Mask, rows);
                _selection.Count = Bits.PopCount(_selection.Mask, rows);
                _narrowed.Columns = batch.Columns;
                _narrowed.Length = rows;
                _narrowed.Selection = _selection;
                return _narrowed;
            }

            private void Prune()
            {
                var views = _local.Views();
                var keep = (int)Math.Min(state._keep, _local.Count);
                using var order = RowSorter.Sort(state._owner.KeysOf(views), _local.Count, state._run.Context);
                var kept = new RowStore(state._owner._storedTypes, state._run.Context);
                kept.Append(views, (int*)order.Pointer, keep);
                _local.Dispose();
                _local = kept;
                if (keep == 0)
                    return;
                var key = kept.Columns[state._owner.Columns.Length];
                _hasBoundary = key.IsValid(keep - 1);
                if (_hasBoundary)
                {
                    // The boundary's string must outlive the row store: it is copied.
                    using var last = new Vector();
                    Constants.SetFromRow(last, key.View(), keep - 1, 1);
                    RowCopy.CopyConstant(last, _boundary);
                }
            }

            public override void Combine()
            {
                state._parts.Add(_local);
                _local = state.NewRows();
            }

            public override void Dispose()
            {
                _local.Dispose();
                _frame.Dispose();
                foreach (var column in _columns)
                    column.Dispose();
                foreach (var key in _keys)
                    key.Dispose();
                _boundary.Dispose();
                _selection?.Dispose();
                _worse?.Dispose();
            }
        }
    }

    private sealed class StateSource(SortOperator owner) : PipelineSource
    {
        public override int OperatorId => owner.Id;

        public override SourceState Open(PlanRun run) => new SortedRows(owner, run);
    }

    private sealed class SortedRows(SortOperator owner, PlanRun run) : SourceState
    {
        public override SourceWorker CreateWorker() => run.State<State>(owner.Id) is { Runs.IsEmpty: false } spilled
            ? new MergingReader(spilled, owner.Columns.Length, run.BatchCapacity) : new Reader(run.State<State>(owner.Id), owner.Columns.Length, run.BatchCapacity);
    }

    private sealed unsafe class Reader(State state, int columnCount, int capacity) : SourceWorker
    {
        private readonly Batch _batch = new(columnCount);
        private int _next;

        public override bool Next(out Batch batch)
        {
            batch = _batch;
            var count = Math.Min(capacity, state.Count - _next);
            if (count <= 0)
                return false;
            for (var i = 0; i < columnCount; i++)
                Gather.Take(state.Views[i], (int*)state.Order!.Pointer + _next, count, _batch.Columns[i]);
            _batch.Length = count;
            _next += count;
            return true;
        }

        public override void Dispose() => _batch.Dispose();
    }

    /// <summary>Merges the runs as they are asked for.</summary>
    private sealed class MergingReader(State state, int columnCount, int capacity) : SourceWorker
    {
        private readonly Batch _batch = new(columnCount);
        private readonly SortedRuns.Merge _merge = state.Runs.Open(state.KeysOf);
        private readonly RowStore _rows = state.NewRows();
        private long _left = state.Keep;

        public override bool Next(out Batch batch)
        {
            batch = _batch;
            _rows.Clear();
            _merge.Read(_rows, (int)Math.Min(capacity, _left));
            _left -= _rows.Count;
            var views = _rows.Views();
            for (var i = 0; i < columnCount; i++)
                _batch.Columns[i].Reference(views[i]);
            _batch.Length = _rows.Count;
            return _rows.Count > 0;
        }

        public override void Dispose()
        {
            _merge.Dispose();
            _rows.Dispose();
            _batch.Dispose();
        }
    }
}
