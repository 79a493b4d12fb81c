using System.Collections.Immutable;
using OmenDb.Arrow;
using OmenDb.Engine.Expressions;
using OmenDb.Engine.Pipelines;
using OmenDb.Engine.Rows;
using OmenDb.Engine.Sources;
using OmenDb.Planner.Catalog;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;
using OmenDb.Types;

namespace OmenDb.Engine.Operators.Scans;

/// <summary>What an index is asked for: leading columns equal to one of some values, the next one between bounds.</summary>
/// <param name="Equal">One list of alternatives per leading column (several: IN).</param>
/// <param name="Low">Null: no lower bound.</param>
/// <param name="Used">The conjuncts that these replace.</param>
internal sealed record IndexProbe(
    IndexInfo Index, ImmutableArray<ImmutableArray<Expression>> Equal, Expression? Low, bool LowInclusive, Expression? High, bool HighInclusive,
    ImmutableArray<Expression> Used)
{
    /// <summary>All key columns of a unique index are equal to one value each: at most one row.</summary>
    public bool IsPoint => Index is { Unique: true, Deferrable: false } && Equal.Length == Index.Columns.Length && Equal.All(e => e.Length == 1);
}

/// <summary>Point look-up, range, multi-range and ordered scan of an index: row ids in key order, then the rows.</summary>
internal sealed class IndexScanOperator : PhysicalOperator
{
    private readonly Scan _scan;
    private readonly IIndexedSource _source;
    private readonly ReadNotes _notes;
    private readonly IndexProbe _probe;
    private readonly bool _backward;
    private readonly int[] _ordinals;
    private readonly ImmutableArray<Expression> _residual;
    private readonly CompiledPredicate? _filter;
    private readonly CompiledProgram _values; // all alternatives, then low, then high

    public IndexScanOperator(Scan scan, IIndexedSource source, IndexProbe probe, bool backward = false) : base(scan.Columns)
    {
        _scan = scan;
        _source = source;
        _notes = new ReadNotes(scan, source);
        _probe = probe;
        _backward = backward;
        _ordinals = [.. scan.ScanColumns.Select(c => c.Ordinal)];
        _residual = [.. scan.Filters.SelectMany(CompiledPredicate.Conjuncts).Where(f => !probe.Used.Contains(f))];
        _filter = _residual.IsEmpty ? null : CompiledPredicate.Compile(_residual, Layout);
        var values = new List<(Expression, SqlType)>();
        for (var i = 0; i < probe.Equal.Length; i++)
        {
            foreach (var value in probe.Equal[i])
                values.Add((value, KeyType(i)));
        }
        if (probe.Low is not null)
            values.Add((probe.Low, KeyType(probe.Equal.Length)));
        if (probe.High is not null)
            values.Add((probe.High, KeyType(probe.Equal.Length)));
        _values = CompiledProgram.Compile(values, ColumnLayout.Empty);
    }

    private SqlType KeyType(int keyColumn) => _scan.Table.Columns[_probe.Index.Columns[keyColumn].Ordinal].Type;

    public override string Name => $"Index Scan{(_backward ? " Backward" : "")} using {_probe.Index.Name} on {_scan.Table.Name}"
        + (_scan.Alias == _scan.Table.Name ? "" : " " + _scan.Alias);

    public override IEnumerable<(string Label, string Text)> Details
    {
        get
        {
            if (!_probe.Used.IsEmpty)
                yield return ("Index Cond", Physical.ExpressionText.Conjunction(_probe.Used));
            if (!_residual.IsEmpty)
                yield return ("Filter", Physical.ExpressionText.Conjunction(_residual));
        }
    }

    public override List<Leg> Build(PipelineBuilder builder) => [new Leg(new Source(this))];

    private sealed class Source(IndexScanOperator owner) : PipelineSource
    {
        public override int OperatorId => owner.Id;

        public override SourceState Open(PlanRun run) => new State(owner, run);
    }

    private sealed class State(IndexScanOperator owner, PlanRun run) : SourceState
    {
        public override SourceWorker CreateWorker() => new Worker(owner, run);
    }

    private sealed class Worker : SourceWorker
    {
        private readonly IndexScanOperator _owner;
        private readonly PlanRun _run;
        private readonly Frame _valueFrame;
        private readonly Vector[] _constants;
        private readonly Frame? _frame;
        private readonly Batch _batch;
        private readonly Batch _fetched;
        private readonly Batch _output;
        private readonly long[] _rowIds;
        private readonly IRowIdCursor? _cursor;
        private Selection? _visible;
        private Selection? _kept;

        public Worker(IndexScanOperator owner, PlanRun run)
        {
            _owner = owner;
            _run = run;
            _valueFrame = owner._values.CreateFrame(run.Context);
            _constants = new Vector[owner._values.Count];
            var one = new Batch([], 1);
            for (var i = 0; i < _constants.Length; i++)
                _constants[i] = owner._values.Evaluate(_valueFrame, one, i);
            _frame = owner._filter?.CreateFrame(run.Context);
            _batch = new Batch(owner.Columns.Length);
            // Fetch fills the table's columns; the row id stands beside them in the same array of vectors.
            _fetched = owner._scan.RowId is null ? _batch : new Batch(_batch.Columns[..^1], 0);
            _output = new Batch(_batch.Columns, 0);
            _rowIds = new long[owner._probe.IsPoint ? 1 : Math.Min(run.BatchCapacity, Batch.DefaultCapacity)];
            var ranges = Ranges();
            Note(ranges);
            _cursor = ranges.Count == 0 ? null : owner._source.OpenIndex(run.Context, owner._probe.Index, ranges, owner._backward);
        }

        private void Note(List<IndexKeyRange> ranges)
        {
            var probe = _owner._probe;
            var isKeys = probe.Low is null && probe.High is null && _owner._residual.IsEmpty && probe.Equal.Length > 0;
            if (!isKeys || _owner._notes.Keys(_run.Context, probe.Index, probe.Equal.Length) is not { } keys)
            {
                if (!isKeys)
                    _owner._notes.NoteFilters(_run.Context);
                return;
            }
            foreach (var range in ranges)
                keys.Add(range.Prefix, 0);
        }

        /// <summary>All combinations of alternatives, ascending and without doubles; a null value finds nothing.</summary>
        private List<IndexKeyRange> Ranges()
        {
            var next = 0;
            var probe = _owner._probe;
            var prefixes = new List<Vector[]> { Array.Empty<Vector>() };
            for (var i = 0; i < probe.Equal.Length; i++)
            {
                var alternatives = Distinct(_constants.AsSpan(next, probe.Equal[i].Length), _owner.KeyType(i), probe.Index.Columns[i].Descending);
                next += probe.Equal[i].Length;
                var longer = new List<Vector[]>(prefixes.Count * alternatives.Count);
                foreach (var prefix in prefixes)
                {
                    foreach (var value in alternatives)
                        longer.Add([.. prefix, value]);
                }
                prefixes = longer;
            }
            var low = probe.Low is null ? null : _constants[next++];
            var high = probe.High is null ? null : _constants[next];
            if (low is not null && !low.IsValid(0) || high is not null && !high.IsValid(0))
                return [];
            return prefixes.ConvertAll(p => new IndexKeyRange(p, low, probe.LowInclusive, high, probe.HighInclusive));
        }

        private static List<Vector> Distinct(ReadOnlySpan<Vector> values, SqlType type, bool descending)
        {
            var result = new List<Vector>(values.Length);
            foreach (var value in values)
            {
                if (value.IsValid(0))
                    result.Add(value);
            }
            if (result.Count < 2)
                return result;
            result.Sort((a, b) => TypedCompare.Order(a, 0, b, 0, type) * (descending ? -1 : 1));
            var kept = 1;
            for (var i = 1; i < result.Count; i++)
            {
                if (TypedCompare.Order(result[i], 0, result[kept - 1], 0, type) != 0)
                    result[kept++] = result[i];
            }
            result.RemoveRange(kept, result.Count - kept);
            return result;
        }

        public override unsafe bool Next(out Batch batch)
        {
            batch = _batch;
            if (_cursor is null)
                return false;
            var count = _cursor.Next(_rowIds);
            if (count == 0)
                return false;
            if (_visible is null || _visible.Capacity < count)
            {
                _visible?.Dispose();
                _visible = new Selection(Math.Max(64, _rowIds.Length));
            }
            _owner._source.Fetch(_run.Context, _rowIds.AsSpan(0, count), _owner._ordinals, _fetched, _visible);
            _batch.Length = count;
            _batch.Selection = _fetched.Selection;
            if (_owner._scan.RowId is not null)
            {
                var ids = _batch.Columns[^1];
                ids.ResetFlat(ArrowType.Int64, count);
                _rowIds.AsSpan(0, count).CopyTo(new Span<long>(ids.Values, count));
            }
            if (_owner._filter is null)
                return true;
            if (_kept is null || _kept.Capacity < count)
            {
                _kept?.Dispose();
                _kept = new Selection(Math.Max(64, _rowIds.Length));
            }
            var kept = _owner._filter.Select(_frame!, _batch, _kept);
            _output.Length = count;
            _output.Selection = kept == count ? null : _kept;
            batch = _output;
            return true;
        }

        public override void Dispose()
        {
            _cursor?.Dispose();
            _valueFrame.Dispose();
            _frame?.Dispose();
            _batch.Dispose();
            _visible?.Dispose();
            _kept?.Dispose();
        }
    }
}
