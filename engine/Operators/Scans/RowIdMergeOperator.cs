using System.Buffers;
using System.Collections.Immutable;
using OmenDb.Arrow;
using OmenDb.Engine.Execution;
using OmenDb.Engine.Expressions;
using OmenDb.Engine.Physical;
using OmenDb.Engine.Pipelines;
using OmenDb.Engine.Sources;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;

namespace OmenDb.Engine.Operators.Scans;

/// <summary>Row ids of several index look-ups put together, as union (OR) or intersection (AND); the rows are read in the order of their ids.</summary>
internal sealed class RowIdMergeOperator : PhysicalOperator
{
    private readonly Scan _scan;
    private readonly IIndexedSource _source;
    private readonly ReadNotes _notes;
    private readonly bool _isUnion;
    private readonly ImmutableArray<IndexProbe> _probes;
    private readonly KeyRanges[] _ranges;
    private readonly int[] _ordinals;
    private readonly ImmutableArray<Expression> _residual;
    private readonly CompiledPredicate? _filter;

    /// <param name="answered">The conjuncts that the merged ids answer.</param>
    public RowIdMergeOperator(Scan scan, IIndexedSource source, bool isUnion, ImmutableArray<IndexProbe> probes, IReadOnlyCollection<Expression> answered) : base(scan.Columns)
    {
        _scan = scan;
        _source = source;
        _notes = new ReadNotes(scan, source);
        _isUnion = isUnion;
        _probes = probes;
        _ranges = [.. probes.Select(p => new KeyRanges(scan, p))];
        _ordinals = [.. scan.ScanColumns.Select(c => c.Ordinal)];
        _residual = [.. scan.Filters.SelectMany(CompiledPredicate.Conjuncts).Where(f => !answered.Contains(f))];
        _filter = _residual.IsEmpty ? null : CompiledPredicate.Compile(_residual, Layout);
    }

    public override string Name => $"Index {(_isUnion ? "Union" : "Intersection")} Scan on {_scan.Table.Name}" + (_scan.Alias == _scan.Table.Name ? "" : " " + _scan.Alias);

    public override IEnumerable<(string Label, string Text)> Details
    {
        get
        {
            foreach (var probe in _probes)
                yield return ("Index Cond", $"{ExpressionText.Conjunction(probe.Conditions)} using {probe.Index.Name}");
            if (!_residual.IsEmpty)
                yield return ("Filter", ExpressionText.Conjunction(_residual));
        }
    }

    public override List<Leg> Build(PipelineBuilder builder) => [new Leg(new Source(this))];

    private sealed class Source(RowIdMergeOperator owner) : PipelineSource
    {
        public override int OperatorId => owner.Id;

        public override SourceState Open(PlanRun run) => new State(owner, run);
    }

    private sealed class State(RowIdMergeOperator owner, PlanRun run) : SourceState
    {
        public override SourceWorker CreateWorker() => new Worker(owner, run);
    }

    private sealed class Worker : SourceWorker
    {
        private readonly RowIdMergeOperator _owner;
        private readonly PlanRun _run;
        private readonly Frame? _frame;
        private readonly Batch _batch;
        private readonly Batch _fetched;
        private readonly Batch _output;
        private readonly Selection _visible = new(Batch.DefaultCapacity);
        private Selection? _kept;
        private long[]? _ids;
        private long _charged;
        private int _count;
        private int _next;

        public Worker(RowIdMergeOperator owner, PlanRun run)
        {
            _owner = owner;
            _run = run;
            _frame = owner._filter?.CreateFrame(run.Context);
            _batch = new Batch(owner.Columns.Length);
            _fetched = owner._scan.RowId is null ? _batch : new Batch(_batch.Columns[..^1], 0);
            _output = new Batch(_batch.Columns, 0);
            owner._notes.NoteFilters(run.Context);
        }

        private void Collect()
        {
            _ids = [];
            for (var p = 0; p < _owner._probes.Length; p++)
            {
                var start = _owner._isUnion ? _count : 0;
                var (found, count) = Read(p, start);
                if (p > 0 && !_owner._isUnion)
                {
                    Array.Sort(found, 0, count);
                    _count = Intersect(_ids, _count, found, count);
                    ArrayPool<long>.Shared.Return(found);
                    if (_count == 0)
                        return;
                    continue;
                }
                _ids = found;
                _count = count;
                if (!_owner._isUnion)
                    Array.Sort(_ids, 0, _count);
            }
            if (!_owner._isUnion)
                return;
            Array.Sort(_ids, 0, _count);
            var kept = 0;
            for (var i = 0; i < _count; i++)
            {
                if (kept == 0 || _ids[kept - 1] != _ids[i])
                    _ids[kept++] = _ids[i];
            }
            _count = kept;
        }

        /// <summary>The ids of one probe, behind those there are when they are to be put together.</summary>
        private (long[] Ids, int Count) Read(int probe, int start)
        {
            var ids = start > 0 ? _ids! : Rent(1024);
            var count = start;
            using var cursor = _owner._ranges[probe].With(_run.Context, ranges =>
                ranges.Count == 0 ? null : _owner._source.OpenIndex(_run.Context, _owner._probes[probe].Index, ranges, backward: false));
            while (cursor is not null)
            {
                if (count == ids.Length)
                {
                    var larger = Rent(ids.Length * 4);
                    ids.AsSpan(0, count).CopyTo(larger);
                    ArrayPool<long>.Shared.Return(ids);
                    ids = larger;
                    if (start > 0)
                        _ids = larger;
                    _run.Context.CheckInterrupts();
                }
                var read = cursor.Next(ids.AsSpan(count, Math.Min(ids.Length - count, 4096)));
                if (read == 0)
                    break;
                count += read;
            }
            if (_run.Metrics is { } metrics && cursor is not null)
                metrics[_owner.Id].AddIndex(cursor.EntriesRead, cursor.Traces);
            return (ids, count);
        }

        private long[] Rent(int length)
        {
            var array = ArrayPool<long>.Shared.Rent(length);
            _run.Context.Memory.Charge(array.Length * 8L);
            _charged += array.Length * 8L;
            return array;
        }

        private static int Intersect(long[] left, int leftCount, long[] right, int rightCount)
        {
            int l = 0, r = 0, kept = 0;
            while (l < leftCount && r < rightCount)
            {
                if (left[l] == right[r])
                {
                    left[kept++] = left[l++];
                    r++;
                }
                else if (left[l] < right[r])
                {
                    l++;
                }
                else
                {
                    r++;
                }
            }
            return kept;
        }

        public override unsafe bool Next(out Batch batch)
        {
            batch = _batch;
            if (_ids is null)
                Collect();
            var count = Math.Min(Math.Min(_run.BatchCapacity, Batch.DefaultCapacity), _count - _next);
            if (count <= 0)
                return false;
            var ids = _ids.AsSpan(_next, count);
            _next += count;
            _owner._source.Fetch(_run.Context, ids, _owner._ordinals, _fetched, _visible);
            _batch.Length = count;
            _batch.Selection = _fetched.Selection;
            if (_owner._scan.RowId is not null)
            {
                var column = _batch.Columns[^1];
                column.ResetFlat(ArrowType.Int64, count);
                ids.CopyTo(new Span<long>(column.Values, count));
            }
            if (_owner._filter is null)
                return true;
            _kept ??= new Selection(Batch.DefaultCapacity);
            var kept = _owner._filter.Select(_frame!, _batch, _kept);
            _output.Length = count;
            _output.Selection = kept == count ? null : _kept;
            batch = _output;
            return true;
        }

        public override void Dispose()
        {
            if (_ids is { Length: > 0 })
                ArrayPool<long>.Shared.Return(_ids);
            _run.Context.Memory.Release(_charged);
            _frame?.Dispose();
            _batch.Dispose();
            _visible.Dispose();
            _kept?.Dispose();
        }
    }
}
