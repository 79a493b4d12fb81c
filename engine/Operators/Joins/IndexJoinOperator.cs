using System.Collections.Immutable;
using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Expressions;
using OmenDb.Engine.Pipelines;
using OmenDb.Engine.Physical;
using OmenDb.Engine.Rows;
using OmenDb.Engine.Sources;
using OmenDb.Planner.Catalog;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;
using OmenDb.Types;

namespace OmenDb.Engine.Operators.Joins;

/// <summary>Index nested loop: each row of a small left input looks its matches up in an index of the right table. Inner, left, semi and anti joins.</summary>
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
        ImmutableArray<Expression> residual) : base(kind is JoinKind.Semi or JoinKind.Anti ? left.Columns : [.. left.Columns, .. scan.Columns], left)
    {
        _kind = kind;
        _scan = scan;
        _source = source;
        _notes = new Scans.ReadNotes(scan, source);
        _index = index;
        _joinKeys = keys;
        _residual = residual;
        _keys = CompiledProgram.Compile(keys.Select(k => (k.Left, k.Right.Type)), left.Layout);
        _filter = residual.IsEmpty ? null : CompiledPredicate.Compile(residual, new ColumnLayout([.. left.Columns, .. scan.Columns]));
        _ordinals = [.. scan.ScanColumns.Select(c => c.Ordinal)];
    }

    private bool KeepsLeftOnly => _kind is JoinKind.Semi or JoinKind.Anti;

    public override RowOrder Order => Children[0].Order is { IsSingleRow: false } order ? order : RowOrder.None;

    public override string Name => $"Index Nested Loop{(_kind == JoinKind.Inner ? "" : $" {_kind} Join")} using {_index.Name} on {_scan.Table.Name}"
        + (_scan.Alias == _scan.Table.Name ? "" : " " + _scan.Alias);

    public override IEnumerable<(string Label, string Text)> Details
    {
        get
        {
            yield return ("Index Cond", ExpressionText.Conjunction(_joinKeys.Select(k =>
                (Expression)new ComparisonExpression(ComparisonOperator.Equal, k.Right, k.Left))));
            if (!_residual.IsEmpty)
                yield return ("Filter", ExpressionText.Conjunction(_residual));
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
        private readonly Batch _output;
        private readonly Batch _fetched;
        private readonly RowIndices _rows = new();
        private readonly RowIndices _pairs = new();
        private readonly long[] _ids;
        private readonly int _leftCount;
        private readonly Storage.Transactions.KeyReads? _reads;
        private readonly Selection _visible;
        private readonly Selection _kept;
        private readonly IIndexLookup _lookup;
        private Selection? _matched;
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
            _leftCount = owner.Children[0].Columns.Length;
            _output = new Batch(_leftCount + owner._scan.Columns.Length);
            _fetched = new Batch(_output.Columns[_leftCount..(_leftCount + owner._ordinals.Length)], 0);
            _ids = new long[run.BatchCapacity];
            _visible = new Selection(Math.Max(64, _ids.Length));
            _kept = new Selection(Math.Max(64, _ids.Length));
            _lookup = owner._source.OpenLookup(run.Context, owner._index, owner._keys.Count);
        }

        public override StageResult Push(Batch input, ref Batch? output)
        {
            if (_next < 0)
            {
                _owner._keys.Evaluate(_keyFrame, input, _keys);
                _rows.Selected(input, out _count);
                _next = 0;
                NoteKeys();
                if (_matched is null || _matched.Capacity < input.Length)
                {
                    _matched?.Dispose();
                    _matched = new Selection(Math.Max(input.Length, 64));
                }
                Bits.Fill(_matched.Mask, input.Length, false);
            }
            while (Collect() is > 0 and var found)
            {
                if (_owner.KeepsLeftOnly && _owner._filter is null)
                {
                    for (var i = 0; i < found; i++)
                        Bits.Set(_matched!.Mask, _pairs.Pointer[i]);
                    continue;
                }
                var batch = Emit(input, found);
                if (_owner.KeepsLeftOnly)
                    continue;
                output = batch;
                return StageResult.HasMoreOutput;
            }
            _next = -1;
            if (_owner.KeepsLeftOnly)
                output = Decided(input);
            else if (_owner._kind == JoinKind.Left)
                output = Unmatched(input);
            return StageResult.NeedsInput;
        }

        /// <summary>Fills ids and their left rows, up to a batch.</summary>
        private int Collect() => _lookup.Find(_keys, new ReadOnlySpan<int>(_rows.Pointer, _count), ref _next, _ids, new Span<int>(_pairs.Reserve(_ids.Length), _ids.Length));

        private void NoteKeys()
        {
            for (var i = 0; _reads is not null && i < _count; i++)
            {
                var row = _rows.Pointer[i];
                if (Array.TrueForAll(_keys, k => k.IsValid(row)))
                    _reads.Add(_keys, row);
            }
        }

        /// <summary>Semi and anti: the left rows with a match, or those without.</summary>
        private Batch Decided(Batch input)
        {
            var kept = 0;
            for (var i = 0; i < _count; i++)
            {
                var row = _rows.Pointer[i];
                var matched = Bits.Get(_matched!.Mask, row);
                if (matched == (_owner._kind == JoinKind.Semi))
                {
                    kept++;
                    Bits.Set(_matched.Mask, row);
                }
                else
                {
                    Bits.Clear(_matched.Mask, row);
                }
            }
            for (var i = 0; i < _leftCount; i++)
                _output.Columns[i].Reference(input.Columns[i]);
            _decided ??= new Batch(_output.Columns[.._leftCount], 0);
            _decided.Length = input.Length;
            _matched!.IsSparse = false;
            _matched.Count = kept;
            _decided.Selection = _matched;
            return _decided;
        }

        private Batch? _decided;

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
            _run.Metrics?[_owner.Id].AddIndex(0, _lookup.Traces);
            _lookup.Dispose();
            _keyFrame.Dispose();
            _frame?.Dispose();
            foreach (var key in _keys)
                key.Dispose();
            _output.Dispose();
            _rows.Dispose();
            _pairs.Dispose();
            _visible.Dispose();
            _kept.Dispose();
            _matched?.Dispose();
        }
    }
}
