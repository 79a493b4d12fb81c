using System.Collections.Immutable;
using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Expressions;
using OmenDb.Engine.Pipelines;
using OmenDb.Engine.Sources;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;

namespace OmenDb.Engine.Operators.Scans;

/// <summary>A condition column op value of a scan, where the value is known before the scan starts.</summary>
internal sealed record BoundTemplate(int Ordinal, CompareOp Op, Node Value);

/// <summary>Reads a table in parallel, applies its filters, skips vectors by zone maps.</summary>
internal sealed class TableScanOperator : PhysicalOperator
{
    private readonly Scan _scan;
    private readonly ITableSource _source;
    private readonly ReadNotes _notes;
    private readonly int[] _ordinals;
    private readonly CompiledPredicate? _filter;
    private readonly CompiledProgram _boundValues;
    private readonly ImmutableArray<(int Ordinal, CompareOp Op)> _bounds;

    public TableScanOperator(Scan scan, ITableSource source) : base(scan.Columns)
    {
        _scan = scan;
        _source = source;
        _notes = new ReadNotes(scan, source);
        _ordinals = [.. scan.ScanColumns.Select(c => c.Ordinal)];
        _filter = scan.Filters.IsEmpty ? null : CompiledPredicate.Compile(scan.Filters, new ColumnLayout(scan.Columns));
        var bounds = ScanBounds.Find(scan);
        _bounds = [.. bounds.Select(b => (b.Ordinal, b.Op))];
        // In the value's own type where it is the column's but for length or precision: a cast would cut it or fail (price < 400000 of a numeric(5,2)).
        _boundValues = CompiledProgram.Compile(bounds.Select(b => (b.Value, b.Value.Type.Id == b.Type.Id ? b.Value.Type : b.Type)), ColumnLayout.Empty);
    }

    private readonly List<RuntimeFilterUse> _runtimeFilters = [];

    /// <summary>At planning: rows whose value is not in a filter of a join above are left out.</summary>
    public void AddFilter(RuntimeFilterUse use)
    {
        _runtimeFilters.Add(use);
        (use.FromProbe ? use.Join.FiltersFromProbe : use.Join.FiltersFromBuild).Add(use.Key);
    }

    public override string Name => $"Seq Scan on {_scan.Table.Name}" + (_scan.Alias == _scan.Table.Name ? "" : " " + _scan.Alias);

    public override IEnumerable<(string Label, string Text)> Details
    {
        get
        {
            if (!_scan.Filters.IsEmpty)
                yield return ("Filter", Physical.ExpressionText.Conjunction(_scan.Filters));
            if (_runtimeFilters.Count > 0)
                yield return ("Runtime Filter", string.Join(", ", _runtimeFilters.Select(use => $"{Columns[use.Column].Name} in {Physical.ExpressionText.Of(use.Source)}")));
        }
    }

    public override List<Leg> Build(PipelineBuilder builder) => [new Leg(new Source(this))];

    private sealed class Source(TableScanOperator owner) : PipelineSource
    {
        public override int OperatorId => owner.Id;

        public override SourceState Open(PlanRun run) => new State(owner, run);
    }

    private sealed class State : SourceState
    {
        private readonly TableScanOperator _owner;
        private readonly PlanRun _run;
        private readonly ITableScan _scan;
        private readonly Frame? _boundFrame;
        private readonly List<Vector> _runtimeBounds = [];

        public State(TableScanOperator owner, PlanRun run)
        {
            _owner = owner;
            _run = run;
            var bounds = new List<ScanBound>();
            if (owner._bounds.Length > 0)
            {
                // Values are evaluated once; a null bound admits no row, which the filter finds out by itself.
                _boundFrame = owner._boundValues.CreateFrame(run.Context);
                using var one = new Batch(0) { Length = 1 };
                for (var i = 0; i < owner._bounds.Length; i++)
                {
                    var value = owner._boundValues.Evaluate(_boundFrame, one, i);
                    if (value.IsValid(0))
                        bounds.Add(new ScanBound(owner._bounds[i].Ordinal, owner._bounds[i].Op, value));
                }
            }
            foreach (var use in owner._runtimeFilters)
            {
                // Vectors whose bounds lie outside the keys are not even read.
                if (use.Filter(run) is { IsEmpty: false } filter)
                {
                    bounds.Add(new ScanBound(owner._ordinals[use.Column], CompareOp.GreaterOrEqual, Bound(filter.Min, owner.Columns[use.Column].Type)));
                    bounds.Add(new ScanBound(owner._ordinals[use.Column], CompareOp.LessOrEqual, Bound(filter.Max, owner.Columns[use.Column].Type)));
                }
            }
            owner._notes.NoteFilters(run.Context);
            _scan = owner._scan.Mark is { } mark && run.Context.FixedScans?.GetValueOrDefault(mark.Id) is { } rows
                ? new FixedRowsScan((IIndexedSource)owner._source, run.Context, rows, owner._ordinals, owner._scan.RowId is not null)
                : owner._source.OpenScan(run.Context, new ScanRequest(owner._ordinals, owner._scan.RowId is not null, bounds));
        }

        private Vector Bound(long value, Types.SqlType type)
        {
            var bound = new Vector();
            _runtimeBounds.Add(bound);
            object boxed = type.Physical switch { PhysicalType.Int16 => (object)(short)value, PhysicalType.Int32 => (int)value, _ => value };
            ValueBox.ToConstant(boxed, type, bound, 1);
            return bound;
        }

        public override int MaxWorkers => _scan.MaxWorkers;

        public override SourceWorker CreateWorker() => new Worker(_owner, _run, _scan.CreateWorker());

        public override void Dispose()
        {
            if (_run.Metrics is { } metrics)
            {
                Interlocked.Add(ref metrics[_owner.Id].SkippedVectors, _scan.SkippedVectors);
                Interlocked.Add(ref metrics[_owner.Id].LoadedColumns, _scan.Loaded.Columns);
                Interlocked.Add(ref metrics[_owner.Id].LoadedBytes, _scan.Loaded.Bytes);
            }
            _scan.Dispose();
            _boundFrame?.Dispose();
            foreach (var bound in _runtimeBounds)
                bound.Dispose();
        }
    }

    private sealed class Worker : SourceWorker
    {
        private readonly ITableScanWorker _rows;
        private readonly CompiledPredicate? _filter;
        private readonly Frame? _frame;
        private readonly Batch _batch;
        private readonly Batch _output;
        private readonly RuntimeFilterWorker[] _runtimeFilters;
        private Selection? _selection;
        private int _batches;

        /// <summary>A power of two.</summary>
        private const int ReorderEvery = 8;

        public Worker(TableScanOperator owner, PlanRun run, ITableScanWorker rows)
        {
            _rows = rows;
            _filter = owner._filter;
            _frame = _filter?.CreateFrame(run.Context);
            _batch = new Batch(owner.Columns.Length);
            _output = new Batch(_batch.Columns, 0);
            _runtimeFilters = [.. owner._runtimeFilters.Select(use => new RuntimeFilterWorker(use, run))];
        }

        public override bool Next(out Batch batch)
        {
            batch = _batch;
            if (!_rows.Next(_batch))
                return false;
            if (_filter is null && _runtimeFilters.Length == 0)
                return true;
            if (_selection is null || _selection.Capacity < _batch.Length)
            {
                _selection?.Dispose();
                _selection = new Selection(Math.Max(_batch.Length, Batch.DefaultCapacity));
            }
            _output.Length = _batch.Length;
            if (_filter is null)
                _output.Selection = _batch.Selection;
            else
                _output.Selection = _filter.Select(_frame!, _batch, _selection) == _batch.Length ? null : _selection;
            foreach (var filter in _runtimeFilters)
                filter.Restrict(_output, _selection);
            // What lets few rows through goes first, the others then look at few.
            if (_runtimeFilters.Length > 1 && (++_batches & ReorderEvery - 1) == 0)
                Array.Sort(_runtimeFilters, static (a, b) => a.Passing.CompareTo(b.Passing));
            batch = _output;
            return true;
        }

        public override void Dispose()
        {
            foreach (var filter in _runtimeFilters)
                filter.Dispose();
            _rows.Dispose();
            _frame?.Dispose();
            _batch.Dispose();
            _selection?.Dispose();
        }
    }
}

/// <summary>Which of a scan's filters compare a plain column with something that has no columns.</summary>
internal static class ScanBounds
{
    public static List<(int Ordinal, CompareOp Op, Expression Value, Types.SqlType Type)> Find(Scan scan)
    {
        var found = new List<(int, CompareOp, Expression, Types.SqlType)>();
        var ordinals = scan.ScanColumns.ToDictionary(c => c.Column.Id, c => c.Ordinal);
        foreach (var filter in scan.Filters.SelectMany(CompiledPredicate.Conjuncts))
        {
            if (filter is not ComparisonExpression { Operator: < ComparisonOperator.IsDistinctFrom and not ComparisonOperator.NotEqual } c)
                continue;
            if (c.Left is ColumnExpression left && ordinals.TryGetValue(left.Column.Id, out var l) && Usable(c.Right, left.Type))
                found.Add((l, (CompareOp)c.Operator, c.Right, left.Type));
            else if (c.Right is ColumnExpression right && ordinals.TryGetValue(right.Column.Id, out var r) && Usable(c.Left, right.Type))
                found.Add((r, ((CompareOp)c.Operator).Swap(), c.Left, right.Type));
        }
        return found;
    }

    // A value of another scale could be rounded on its way to the column's type: such bounds are left out.
    private static bool Usable(Expression value, Types.SqlType column) =>
        ExpressionFacts.IsRowFree(value) && value.Type.Physical == column.Physical
        && (value.Type.Id != Types.TypeId.Numeric || value.Type.Scale == column.Scale) && !TypedCompare.NeedsRows(column);
}
