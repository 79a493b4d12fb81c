using System.Collections.Immutable;
using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Expressions;
using OmenDb.Engine.Pipelines;
using OmenDb.Engine.Rows;
using OmenDb.Engine.Sources;
using OmenDb.Planner.Catalog;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;
using OmenDb.Types;

namespace OmenDb.Engine.Operators.Joins;

/// <summary>Index nested loop: each row of a small left input looks its matches up in an index of the right table. Inner and left joins.</summary>
internal sealed class IndexJoinOperator : PhysicalOperator
{
    private readonly JoinKind _kind;
    private readonly Scan _scan;
    private readonly IIndexedSource _source;
    private readonly Scans.ReadNotes _notes;
    private readonly IndexInfo _index;
    private readonly CompiledProgram _keys;
    private readonly ImmutableArray<JoinKey> _joinKeys;
    private readonly ImmutableArray<Expression> _residual;
    private readonly CompiledPredicate? _filter;
    private readonly int[] _ordinals;

    /// <param name="keys">One per leading index column, in key order; the right sides are that columns.</param>
    /// <param name="residual">Over both sides, the scan's own filters included.</param>
    public IndexJoinOperator(JoinKind kind, PhysicalOperator left, Scan scan, IIndexedSource source, IndexInfo index, ImmutableArray<JoinKey> keys,
        ImmutableArray<Expression> residual) : base([.. left.Columns, .. scan.Columns], left)
    {
        _kind = kind;
        _scan = scan;
        _source = source;
        _notes = new Scans.ReadNotes(scan, source);
        _index = index;
        _joinKeys = keys;
        _residual = residual;
        _keys = CompiledProgram.Compile(keys.Select(k => (k.Left, k.Right.Type)), left.Layout);
        _filter = residual.IsEmpty ? null : CompiledPredicate.Compile(residual, Layout);
        _ordinals = [.. scan.ScanColumns.Select(c => c.Ordinal)];
    }

    public override string Name => $"Index Nested Loop{(_kind == JoinKind.Left ? " Left Join" : "")} using {_index.Name} on {_scan.Table.Name}"
        + (_scan.Alias == _scan.Table.Name ? "" : " " + _scan.Alias);

    public override IEnumerable<(string Label, string Text)> Details
    {
        get
        {
            yield return ("Index Cond", Physical.ExpressionText.Conjunction(_joinKeys.Select(k =>
                (Expression)new ComparisonExpression(ComparisonOperator.Equal, k.Right, k.Left))));
            if (!_residual.IsEmpty)
                yield return ("Filter", Physical.ExpressionText.Conjunction(_residual));
        }
    }

    public override List<Leg> Build(PipelineBuilder builder) => Through(Children[0].Build(builder), new Stage(this));

    private sealed class Stage(IndexJoinOperator owner) : PipelineStage
    {
        public override int OperatorId => owner.Id;

        public override StageWorker CreateWorker(PlanRun run) => new Worker(owner, run);
    }

    private sealed unsafe class Worker : StageWorker
    {
        private readonly IndexJoinOperator _owner;
        private readonly PlanRun _run;
        private readonly Frame _keyFrame;
        private readonly Frame? _frame;
        private readonly Vector[] _keys;
        private readonly Vector[] _prefix;
        private readonly Batch _output;
        private readonly Batch _fetched;
        private readonly RowIndices _rows = new();
        private readonly RowIndices _pairs = new();
        private readonly long[] _ids;
        private readonly int _leftCount;
        private readonly Storage.Transactions.KeyReads? _reads;
        private readonly Selection _visible;
        private readonly Selection _kept;
        private Selection? _matched;
        private IRowIdCursor? _cursor;
        private int _count;
        private int _next = -1;

        public Worker(IndexJoinOperator owner, PlanRun run)
        {
            _owner = owner;
            _run = run;
            _reads = owner._notes.Keys(run.Context, owner._index, owner._keys.Count);
            _keyFrame = owner._keys.CreateFrame(run.Context);
            _frame = owner._filter?.CreateFrame(run.Context);
            _keys = HashJoinOperator.NewVectors(owner._keys.Count);
            _prefix = HashJoinOperator.NewVectors(owner._keys.Count);
            _output = new Batch(owner.Columns.Length);
            _leftCount = owner.Children[0].Columns.Length;
            _fetched = new Batch(_output.Columns[_leftCount..(_leftCount + owner._ordinals.Length)], 0);
            _ids = new long[run.BatchCapacity];
            _visible = new Selection(Math.Max(64, _ids.Length));
            _kept = new Selection(Math.Max(64, _ids.Length));
        }

        public override StageResult Push(Batch input, ref Batch? output)
        {
            if (_next < 0)
            {
                _owner._keys.Evaluate(_keyFrame, input, _keys);
                _rows.Selected(input, out _count);
                _next = 0;
                if (_matched is null || _matched.Capacity < input.Length)
                {
                    _matched?.Dispose();
                    _matched = new Selection(Math.Max(input.Length, 64));
                }
                Bits.Fill(_matched.Mask, input.Length, false);
            }
            var found = Collect();
            if (found > 0)
            {
                output = Emit(input, found);
                return StageResult.HasMoreOutput;
            }
            _next = -1;
            if (_owner._kind == JoinKind.Left)
                output = Unmatched(input);
            return StageResult.NeedsInput;
        }

        /// <summary>Fills ids and their left rows, up to a batch.</summary>
        private int Collect()
        {
            var pairs = _pairs.Reserve(_ids.Length);
            var found = 0;
            while (found < _ids.Length)
            {
                if (_cursor is null)
                {
                    if (_next >= _count)
                        break;
                    _cursor = Open(_rows.Pointer[_next]);
                    if (_cursor is null)
                    {
                        _next++;
                        continue;
                    }
                }
                var read = _cursor.Next(_ids.AsSpan(found));
                if (read == 0)
                {
                    _cursor.Dispose();
                    _cursor = null;
                    _next++;
                    continue;
                }
                for (var i = 0; i < read; i++)
                    pairs[found++] = _rows.Pointer[_next];
            }
            return found;
        }

        private IRowIdCursor? Open(int row)
        {
            for (var k = 0; k < _keys.Length; k++)
            {
                if (!_keys[k].IsValid(row))
                    return null;
                Constants.SetFromRow(_prefix[k], _keys[k], row, 1);
            }
            _reads?.Add(_prefix, 0);
            return _owner._source.OpenIndex(_run.Context, _owner._index, [new IndexKeyRange(_prefix, null, false, null, false)], backward: false);
        }

        private Batch Emit(Batch input, int found)
        {
            for (var i = 0; i < _leftCount; i++)
                Gather.Take(input.Columns[i], _pairs.Pointer, found, _output.Columns[i]);
            _owner._source.Fetch(_run.Context, _ids.AsSpan(0, found), _owner._ordinals, _fetched, _visible);
            if (_owner._scan.RowId is not null)
            {
                var ids = _output.Columns[^1];
                ids.ResetFlat(ArrowType.Int64, found);
                _ids.AsSpan(0, found).CopyTo(new Span<long>(ids.Values, found));
            }
            _output.Length = found;
            _output.Selection = _fetched.Selection;
            if (_owner._filter is not null)
            {
                var kept = _owner._filter.Select(_frame!, _output, _kept);
                _output.Selection = kept == found ? null : _kept;
            }
            for (var i = 0; i < found; i++)
            {
                if (_output.Selection is null || Bits.Get(_output.Selection.Mask, i))
                    Bits.Set(_matched!.Mask, _pairs.Pointer[i]);
            }
            return _output;
        }

        private Batch? Unmatched(Batch input)
        {
            var rows = _pairs.Reserve(input.Length);
            var count = 0;
            for (var i = 0; i < _count; i++)
            {
                rows[count] = _rows.Pointer[i];
                count += Bits.Get(_matched!.Mask, _rows.Pointer[i]) ? 0 : 1;
            }
            if (count == 0)
                return null;
            for (var i = 0; i < _leftCount; i++)
                Gather.Take(input.Columns[i], rows, count, _output.Columns[i]);
            for (var i = _leftCount; i < _output.Columns.Length; i++)
                ValueBox.ToConstant(null, _owner.Columns[i].Type, _output.Columns[i], count);
            _output.Length = count;
            _output.Selection = null;
            return _output;
        }

        public override void Dispose()
        {
            _cursor?.Dispose();
            _keyFrame.Dispose();
            _frame?.Dispose();
            foreach (var key in _keys)
                key.Dispose();
            foreach (var prefix in _prefix)
                prefix.Dispose();
            _output.Dispose();
            _rows.Dispose();
            _pairs.Dispose();
            _visible.Dispose();
            _kept.Dispose();
            _matched?.Dispose();
        }
    }
}
