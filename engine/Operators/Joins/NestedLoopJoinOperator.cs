using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Expressions;
using OmenDb.Engine.Operators.Scans;
using OmenDb.Engine.Pipelines;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;
using OmenDb.Types;

namespace OmenDb.Engine.Operators.Joins;

/// <summary>Any condition and any kind: each row of the materialised right input is compared, as constants, with whole batches of the left.</summary>
internal sealed class NestedLoopJoinOperator : PhysicalOperator
{
    private readonly JoinKind _kind;
    private readonly Expression? _condition;
    private readonly CompiledProgram? _compiled;
    private readonly Column? _mark;

    public NestedLoopJoinOperator(JoinKind kind, PhysicalOperator left, PhysicalOperator right, Expression? condition, Column? mark)
        : base(HashJoinOperator.OutputColumns(kind, left, right, mark), left, right)
    {
        _kind = kind;
        _condition = condition;
        _mark = mark;
        _compiled = condition is null ? null : CompiledProgram.Compile([condition], new ColumnLayout([.. left.Columns, .. right.Columns]));
    }

    public override string Name => _kind switch
    {
        JoinKind.Inner => "Nested Loop",
        JoinKind.Single => "Nested Loop Single Join",
        _ => $"Nested Loop {_kind} Join",
    };

    public override IEnumerable<(string Label, string Text)> Details =>
        _condition is null ? [] : [("Join Filter", Physical.ExpressionText.Of(_condition))];

    private bool TracksRight => _kind is JoinKind.Right or JoinKind.Full;

    private sealed class Matches(int rows)
    {
        public readonly byte[] Right = new byte[rows];
    }

    public override List<Leg> Build(PipelineBuilder builder)
    {
        builder.Add(Children[1].Build(builder), new StoreSink(Id, [.. Children[1].Columns.Select(c => c.Type)]));
        var legs = Through(Children[0].Build(builder), new Stage(this));
        if (TracksRight)
            legs.Add(new Leg(new StateSource(Id, run => new UnmatchedState(this, run))));
        return legs;
    }

    private StoreState Stored(PlanRun run) => run.State<StoreState>(Id);

    private Matches SharedMatches(PlanRun run) => run.Shared(AuxiliaryId, () => new Matches(Stored(run).Rows.Count));

    private sealed class Stage(NestedLoopJoinOperator owner) : PipelineStage
    {
        public override int OperatorId => owner.Id;

        public override StageWorker CreateWorker(PlanRun run) => new Worker(owner, run);
    }

    private sealed unsafe class Worker : StageWorker
    {
        private readonly NestedLoopJoinOperator _owner;
        private readonly PlanRun _run;
        private readonly Vector[] _right;
        private readonly int _rightRows;
        private readonly Batch _pair;
        private readonly Batch _output;
        private readonly Frame? _frame;
        private readonly int _leftCount;
        private readonly byte[]? _rightMatched;
        private Selection? _selection;
        private Selection? _matched;
        private Selection? _unknown;
        private Selection? _open;
        private int _next = -1;

        public Worker(NestedLoopJoinOperator owner, PlanRun run)
        {
            _owner = owner;
            _run = run;
            var stored = owner.Stored(run);
            _right = stored.Views;
            _rightRows = stored.Rows.Count;
            _leftCount = owner.Children[0].Columns.Length;
            _pair = new Batch(_leftCount + _right.Length);
            _output = new Batch(owner.Columns.Length);
            _frame = owner._compiled?.CreateFrame(run.Context);
            _rightMatched = owner.TracksRight ? owner.SharedMatches(run).Right : null;
        }

        private bool Emits => _owner._kind is not (JoinKind.Semi or JoinKind.Anti or JoinKind.Mark);

        public override StageResult Push(Batch input, ref Batch? output)
        {
            var rows = input.Length;
            if (_next < 0)
                Start(input);
            while (_next < _rightRows)
            {
                if ((_next & 255) == 255)
                    _run.Context.CheckInterrupts();
                var right = _next++;
                for (var i = 0; i < _right.Length; i++)
                    Constants.SetFromRow(_pair.Columns[_leftCount + i], _right[i], right, rows);
                var selection = _selection!;
                if (_owner._compiled is null)
                    Bits.Copy(_open!.Mask, selection.Mask, rows);
                else
                {
                    _pair.Selection = _open;
                    var value = _owner._compiled.Evaluate(_frame!, _pair, 0);
                    Logic.IsTrue(value, rows, selection.Mask);
                    if (value.Validity != null)
                    {
                        Nulls.IsNull(value, rows, _pairUnknown!.Mask);
                        Bits.Or(_unknown!.Mask, _pairUnknown.Mask, _unknown.Mask, rows);
                    }
                    Bits.And(selection.Mask, _open!.Mask, selection.Mask, rows);
                }
                selection.Count = Bits.PopCount(selection.Mask, rows);
                if (selection.Count == 0)
                    continue;
                if (_owner._kind == JoinKind.Single)
                {
                    for (var word = 0; word < Bits.WordsFor(rows); word++)
                    {
                        if ((selection.Mask[word] & _matched!.Mask[word]) != 0)
                            throw new SqlException(SqlState.CardinalityViolation, "more than one row returned by a subquery used as an expression");
                    }
                }
                Bits.Or(_matched!.Mask, selection.Mask, _matched.Mask, rows);
                if (_rightMatched is not null)
                    _rightMatched[right] = 1;
                if (!Emits)
                {
                    // A matched row needs no further look.
                    Bits.AndNot(_open!.Mask, selection.Mask, _open.Mask, rows);
                    _open.Count = Bits.PopCount(_open.Mask, rows);
                    if (_open.Count == 0)
                        _next = _rightRows;
                    continue;
                }
                for (var i = 0; i < _pair.Columns.Length; i++)
                    _output.Columns[i].Reference(_pair.Columns[i]);
                _output.Length = rows;
                _output.Selection = selection.Count == rows ? null : selection;
                output = _output;
                return StageResult.HasMoreOutput;
            }
            _next = -1;
            if (_owner._kind is not (JoinKind.Inner or JoinKind.Right))
                output = Final(input);
            return StageResult.NeedsInput;
        }

        private Selection? _pairUnknown;

        private void Start(Batch input)
        {
            _next = 0;
            var rows = input.Length;
            if (_selection is null || _selection.Capacity < rows)
            {
                DisposeSelections();
                var capacity = Math.Max(rows, Batch.DefaultCapacity);
                _selection = new Selection(capacity);
                _matched = new Selection(capacity);
                _unknown = new Selection(capacity);
                _open = new Selection(capacity);
                _pairUnknown = new Selection(capacity);
            }
            Bits.Fill(_matched!.Mask, rows, false);
            Bits.Fill(_unknown!.Mask, rows, false);
            CopySelection(input, _open!);
            for (var i = 0; i < _leftCount; i++)
            {
                _pair.Columns[i].Reference(input.Columns[i]);
                _pair.Columns[i].Length = rows;
            }
            _pair.Length = rows;
        }

        private static void CopySelection(Batch input, Selection target)
        {
            target.IsSparse = false;
            target.Count = input.RowCount;
            if (input.Selection is null)
                target.SetAll(input.Length);
            else if (input.Selection.IsSparse)
                Bits.FromIndices(input.Selection.Indices, input.Selection.Count, target.Mask, input.Length);
            else
                Bits.Copy(input.Selection.Mask, target.Mask, input.Length);
        }

        private Batch? Final(Batch input)
        {
            var rows = input.Length;
            var selection = _selection!;
            CopySelection(input, selection);
            for (var i = 0; i < _leftCount; i++)
            {
                _output.Columns[i].Reference(input.Columns[i]);
                _output.Columns[i].Length = rows;
            }
            _output.Length = rows;
            switch (_owner._kind)
            {
                case JoinKind.Semi:
                    Bits.And(selection.Mask, _matched!.Mask, selection.Mask, rows);
                    break;
                case JoinKind.Mark:
                    var mark = _output.Columns[_leftCount];
                    mark.ResetFlat(ArrowType.Bool, rows);
                    Bits.Copy(_matched!.Mask, (ulong*)mark.Values, rows);
                    Bits.AndNot(_unknown!.Mask, _matched.Mask, _unknown.Mask, rows);
                    if (_owner._mark!.Nullable && Bits.Any(_unknown.Mask, rows))
                        Bits.Not(_unknown.Mask, mark.EnsureValidity(), rows);
                    break;
                default:
                    Bits.AndNot(selection.Mask, _matched!.Mask, selection.Mask, rows);
                    if (Emits)
                    {
                        for (var i = 0; i < _right.Length; i++)
                            ValueBox.ToConstant(null, _owner.Children[1].Columns[i].Type, _output.Columns[_leftCount + i], rows);
                    }
                    break;
            }
            selection.Count = Bits.PopCount(selection.Mask, rows);
            if (selection.Count == 0)
                return null;
            _output.Selection = selection.Count == rows ? null : selection;
            return _output;
        }

        private void DisposeSelections()
        {
            _selection?.Dispose();
            _matched?.Dispose();
            _unknown?.Dispose();
            _open?.Dispose();
            _pairUnknown?.Dispose();
        }

        public override void Dispose()
        {
            _pair.Dispose();
            _output.Dispose();
            _frame?.Dispose();
            DisposeSelections();
        }
    }

    private sealed class UnmatchedState(NestedLoopJoinOperator owner, PlanRun run) : SourceState
    {
        public override SourceWorker CreateWorker() => new UnmatchedRows(owner, run);
    }

    private sealed unsafe class UnmatchedRows(NestedLoopJoinOperator owner, PlanRun run) : SourceWorker
    {
        private readonly byte[] _matched = owner.SharedMatches(run).Right;
        private readonly Vector[] _right = owner.Stored(run).Views;
        private readonly Batch _batch = new(owner.Columns.Length);
        private readonly Rows.RowIndices _rows = new();
        private int _next;

        public override bool Next(out Batch batch)
        {
            batch = _batch;
            var rows = _rows.Reserve(run.BatchCapacity);
            var count = 0;
            for (; _next < _matched.Length && count < run.BatchCapacity; _next++)
            {
                if (_matched[_next] == 0)
                    rows[count++] = _next;
            }
            if (count == 0)
                return false;
            var left = owner.Children[0].Columns;
            for (var i = 0; i < left.Length; i++)
                ValueBox.ToConstant(null, left[i].Type, _batch.Columns[i], count);
            for (var i = 0; i < _right.Length; i++)
                Gather.Take(_right[i], rows, count, _batch.Columns[left.Length + i]);
            _batch.Length = count;
            return true;
        }

        public override void Dispose()
        {
            _batch.Dispose();
            _rows.Dispose();
        }
    }
}
