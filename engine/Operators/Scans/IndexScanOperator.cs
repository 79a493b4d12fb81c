using System.Collections.Immutable;
using OmenDb.Arrow;
using OmenDb.Engine.Expressions;
using OmenDb.Engine.Pipelines;
using OmenDb.Engine.Physical;
using OmenDb.Engine.Sources;
using OmenDb.Planner.Catalog;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;
using OmenDb.Storage.Indexes;

namespace OmenDb.Engine.Operators.Scans;

/// <summary>Point look-up, range, multi-range and ordered scan of an index: row ids in key order, then the rows.</summary>
internal sealed class IndexScanOperator : PhysicalOperator
{
    /// <summary>So many rows are fetched first: a limit above may want no more.</summary>
    private const int FirstFetch = 32;

    private readonly Scan _scan;
    private readonly IIndexedSource _source;
    private readonly ReadNotes _notes;
    private readonly IndexProbe _probe;
    private readonly bool _backward;
    private readonly int _skipColumns;
    private readonly int[] _ordinals;
    private readonly int[]? _keyColumns; // positions in the key of the scan's columns: the rows are not fetched at all
    private readonly ImmutableArray<Expression> _residual;
    private readonly CompiledPredicate? _filter;
    private readonly KeyRanges _ranges;

    /// <param name="skipColumns">Of the rows that agree in so many leading key columns only the first; 0: all.</param>
    public IndexScanOperator(Scan scan, IIndexedSource source, IndexProbe probe, bool backward = false, int skipColumns = 0) : base(scan.Columns)
    {
        _scan = scan;
        _source = source;
        _notes = new ReadNotes(scan, source);
        _probe = probe;
        _backward = backward;
        _skipColumns = skipColumns;
        _ordinals = [.. scan.ScanColumns.Select(c => c.Ordinal)];
        _keyColumns = KeyColumns(scan, source, probe.Index);
        _residual = [.. scan.Filters.SelectMany(CompiledPredicate.Conjuncts).Where(f => !probe.Used.Contains(f))];
        _filter = _residual.IsEmpty ? null : CompiledPredicate.Compile(_residual, Layout);
        _ranges = new KeyRanges(scan, probe);
    }

    /// <summary>Where the key has the columns that a scan wants; null: it does not have them all.</summary>
    public static int[]? KeyColumns(Scan scan, IIndexedSource source, IndexInfo index)
    {
        var positions = new int[scan.ScanColumns.Length];
        for (var i = 0; i < positions.Length; i++)
        {
            var at = 0;
            while (at < index.Columns.Length && index.Columns[at].Ordinal != scan.ScanColumns[i].Ordinal)
                at++;
            if (at == index.Columns.Length || !source.CanDecode(index, at))
                return null;
            positions[i] = at;
        }
        return positions;
    }

    public override string Name => $"Index {(_skipColumns > 0 ? "Skip " : _keyColumns is not null ? "Only " : "")}Scan{(_backward ? " Backward" : "")} using {_probe.Index.Name} on {_scan.Table.Name}"
        + (_scan.Alias == _scan.Table.Name ? "" : " " + _scan.Alias);

    public override IEnumerable<(string Label, string Text)> Details
    {
        get
        {
            if (!_probe.Conditions.IsEmpty)
                yield return ("Index Cond", ExpressionText.Conjunction(_probe.Conditions));
            // What is only looked at again for the sake of nulls needs no mention.
            var filter = _residual.Where(f => !_probe.Conditions.Contains(f)).ToArray();
            if (filter.Length > 0)
                yield return ("Filter", ExpressionText.Conjunction(filter));
            if (_skipColumns > 0)
                yield return ("Distinct Key", string.Join(", ", _probe.Index.Columns.Take(_skipColumns).Select(c => _scan.Table.Columns[c.Ordinal].Name)));
        }
    }

    /// <summary>A look-up of one stored row by one value per key column, with nothing else to be looked at; null: it is something else.</summary>
    public (Catalog.StoredTable Table, IndexInfo Index, Dictionary<Column, int> Ordinals, List<Expression> Values)? AsPoint() =>
        _probe.IsPoint && _residual.IsEmpty && _skipColumns == 0 && _source is Catalog.StoredTable table && _probe.Index.PredicateSql is null && _scan.RowId is null
            ? (table, _probe.Index, _scan.ScanColumns.ToDictionary(c => c.Column, c => c.Ordinal), [.. _probe.Tests.Select(t => ((KeyTest.OneOf)t).Values[0])]) : null;

    public override RowOrder Order => _order ??= ComputeOrder();

    private RowOrder? _order;

    private RowOrder ComputeOrder()
    {
        if (_probe.IsPoint)
            return RowOrder.None with { IsSingleRow = true };
        var columns = _scan.ScanColumns.ToDictionary(c => c.Ordinal, c => c.Column);
        var keys = ImmutableArray.CreateBuilder<SortKey>();
        var constants = ImmutableHashSet.CreateBuilder<Column>();
        for (var i = 0; i < _probe.Index.Columns.Length; i++)
        {
            var key = _probe.Index.Columns[i];
            var single = i < _probe.Tests.Length && _probe.Tests[i].IsSingle;
            if (!columns.TryGetValue(key.Ordinal, out var column))
            {
                if (!single)
                    break;
                continue;
            }
            if (single)
                constants.Add(column);
            else
                keys.Add(new SortKey(new ColumnExpression(column), key.Descending != _backward, key.NullsFirst != _backward));
        }
        // Bounds keep nulls of their first column out.
        var notNull = _probe.Bounds is not null ? columns.GetValueOrDefault(_probe.Index.Columns[_probe.Tests.Length].Ordinal) : null;
        return new RowOrder(keys.ToImmutable(), constants.ToImmutable()) { NotNull = notNull };
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
        private readonly Frame? _frame;
        private readonly Batch _batch;
        private readonly Batch _fetched;
        private readonly Batch _output;
        private readonly long[] _rowIds;
        private readonly IRowIdCursor? _cursor;
        private readonly VectorWriter[]? _writers;
        private Selection? _visible;
        private Selection? _kept;
        private int _wanted;

        public Worker(IndexScanOperator owner, PlanRun run)
        {
            _owner = owner;
            _run = run;
            _frame = owner._filter?.CreateFrame(run.Context);
            _batch = new Batch(owner.Columns.Length);
            // Fetch fills the table's columns; the row id stands beside them in the same array of vectors.
            _fetched = owner._scan.RowId is null ? _batch : new Batch(_batch.Columns[..^1], 0);
            _output = new Batch(_batch.Columns, 0);
            _rowIds = new long[owner._probe.IsPoint ? 1 : Math.Min(run.BatchCapacity, Batch.DefaultCapacity)];
            _wanted = Math.Min(_rowIds.Length, FirstFetch);
            if (owner._keyColumns is not null)
                _writers = [.. owner._scan.ScanColumns.Select((c, i) => new VectorWriter(c.Column.Type.Arrow, _batch.Columns[i], _rowIds.Length))];
            _cursor = owner._ranges.With(run.Context, ranges =>
            {
                Note(ranges);
                return ranges.Count == 0 ? null : owner._source.OpenIndex(run.Context, owner._probe.Index, ranges, owner._backward, owner._skipColumns);
            });
        }

        private void Note(List<IndexRangeSpec> ranges)
        {
            var probe = _owner._probe;
            var isKeys = _owner._ranges.AreEqualities && _owner._residual.IsEmpty;
            if (!isKeys || _owner._notes.Keys(_run.Context, probe.Index, probe.Tests.Length) is not { } keys)
            {
                if (!isKeys)
                    _owner._notes.NoteFilters(_run.Context);
                return;
            }
            foreach (var range in ranges)
                keys.Add(range.Prefix!, 0);
        }

        public override unsafe bool Next(out Batch batch)
        {
            batch = _batch;
            if (_cursor is null)
                return false;
            var count = _writers is null ? _cursor.Next(_rowIds.AsSpan(0, _wanted)) : ReadKeys();
            if (count == 0)
                return false;
            _wanted = Math.Min(_rowIds.Length, _wanted * 4);
            if (_writers is null)
                Fetch(count);
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

        private int ReadKeys()
        {
            foreach (var writer in _writers!)
                writer.Reset();
            return _cursor!.Next(_rowIds.AsSpan(0, _wanted), _owner._keyColumns!, _writers);
        }

        private void Fetch(int count)
        {
            if (_visible is null || _visible.Capacity < count)
            {
                _visible?.Dispose();
                _visible = new Selection(Math.Max(64, _rowIds.Length));
            }
            _owner._source.Fetch(_run.Context, _rowIds.AsSpan(0, count), _owner._ordinals, _fetched, _visible);
        }

        public override void Dispose()
        {
            if (_run.Metrics is { } metrics && _cursor is not null)
                metrics[_owner.Id].AddIndex(_cursor.EntriesRead, _cursor.Traces);
            _cursor?.Dispose();
            _frame?.Dispose();
            _batch.Dispose();
            _visible?.Dispose();
            _kept?.Dispose();
        }
    }
}
