using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Expressions;
using OmenDb.Engine.Pipelines;
using OmenDb.Engine.Rows;
using OmenDb.Planner.Plans;
using OmenDb.Types;

namespace OmenDb.Engine.Operators.Joins;

/// <summary>The probe side of a hash join. One round per chain position: a row occurs at most once in each output batch.</summary>
internal sealed class HashJoinProbe(HashJoinOperator owner) : PipelineStage
{
    public override int OperatorId => owner.Id;

    public override StageWorker CreateWorker(PlanRun run) => new Worker(owner, run, run.State<HashJoinOperator.BuildState>(owner.Id).Table);

    private sealed unsafe class Worker : StageWorker
    {
        private readonly HashJoinOperator _owner;
        private readonly JoinTable _table;
        private readonly Frame _keyFrame;
        private readonly Frame? _residualFrame;
        private readonly Vector[] _keys;
        private readonly Vector[] _flatKeys;
        private readonly Batch _output;
        private readonly int _leftCount;
        private readonly int _rightCount;
        private readonly RowIndices _pending = new();
        private readonly RowIndices _candidates = new();
        private readonly RowIndices _positions = new();
        private readonly bool _stopsAtMatch;
        private readonly Batch _combined;
        private NativeBuffer? _scratch; // hashes, then equal flags
        private Selection? _selection;
        private Selection? _matched; // left rows with a match so far
        private int _left;
        private bool _started;

        public Worker(HashJoinOperator owner, PlanRun run, JoinTable table)
        {
            _owner = owner;
            _table = table;
            _keyFrame = owner.LeftKeys.CreateFrame(run.Context);
            _residualFrame = owner.ResidualPredicate?.CreateFrame(run.Context);
            _keys = HashJoinOperator.NewVectors(owner.Keys.Length);
            _flatKeys = HashJoinOperator.NewVectors(owner.Keys.Length);
            _leftCount = owner.Children[0].Columns.Length;
            _rightCount = owner.Children[1].Columns.Length;
            _output = new Batch(owner.Columns.Length);
            // The residual sees the right columns also where the output does not have them.
            _combined = owner.EmitsRight ? _output : new Batch(_leftCount + _rightCount);
            _stopsAtMatch = owner.Kind is JoinKind.Semi or JoinKind.Anti or JoinKind.Mark;
        }

        public override StageResult Push(Batch input, ref Batch? output)
        {
            if (!_started)
                Start(input);
            while (_left > 0)
            {
                var emitted = Round(input);
                if (emitted)
                {
                    output = _output;
                    if (_left > 0 || NeedsFinal)
                        return StageResult.HasMoreOutput;
                    _started = false;
                    return StageResult.NeedsInput;
                }
            }
            _started = false;
            if (NeedsFinal)
                output = Final(input);
            return StageResult.NeedsInput;
        }

        private bool NeedsFinal => _owner.Kind is not (JoinKind.Inner or JoinKind.Right);

        private void Start(Batch input)
        {
            _started = true;
            _owner.LeftKeys.Evaluate(_keyFrame, input, _keys);
            for (var k = 0; k < _keys.Length; k++)
                Flatten.Into(_keys[k], input.Length, _flatKeys[k]);
            if (_scratch is null || _scratch.Length < input.Length * 9L)
            {
                _scratch?.Release();
                _scratch = NativeBuffer.Allocate(Math.Max(64, input.Length * 9L), zeroed: false);
            }
            if (_selection is null || _selection.Capacity < input.Length)
            {
                _selection?.Dispose();
                _matched?.Dispose();
                _selection = new Selection(Math.Max(input.Length, Batch.DefaultCapacity));
                _matched = new Selection(Math.Max(input.Length, Batch.DefaultCapacity));
            }
            Bits.Fill(_matched!.Mask, input.Length, false);
            var rows = _pending.Selected(input, out var count);
            _left = _table.Probe(_flatKeys, input.Length, rows, count, (ulong*)_scratch.Pointer, _candidates.Reserve(input.Length));
        }

        /// <summary>Compares all pending rows with their candidates and moves them on to the next.</summary>
        /// <returns>True: there is output.</returns>
        private bool Round(Batch input)
        {
            var rows = _pending.Pointer;
            var candidates = _candidates.Pointer;
            var equal = _scratch!.Pointer;
            _table.Match(_flatKeys, rows, candidates, _left, equal);
            var selection = _selection!;
            selection.IsSparse = false;
            Bits.Fill(selection.Mask, input.Length, false);
            var count = 0;
            for (var i = 0; i < _left; i++)
            {
                if (equal[i] == 0)
                    continue;
                Bits.Set(selection.Mask, rows[i]);
                count++;
            }
            selection.Count = count;
            var gathered = false;
            if (count > 0 && _owner.ResidualPredicate is { } residual)
            {
                GatherRight(input, rows, candidates, equal, _combined);
                gathered = true;
                var passed = _matchScratch ??= new Selection(_selection!.Capacity);
                if (passed.Capacity < input.Length)
                {
                    passed.Dispose();
                    passed = _matchScratch = new Selection(_selection!.Capacity);
                }
                _combined.Selection = selection;
                count = residual.Select(_residualFrame!, _combined, passed);
                Bits.Copy(passed.Mask, selection.Mask, input.Length);
                selection.Count = count;
            }
            if (count > 0)
            {
                if (_owner.Kind == JoinKind.Single)
                    CheckSingle(selection, input.Length);
                Bits.Or(_matched!.Mask, selection.Mask, _matched.Mask, input.Length);
                if (_owner.TracksBuildMatches)
                {
                    for (var i = 0; i < _left; i++)
                    {
                        if (equal[i] != 0 && Bits.Get(selection.Mask, rows[i]))
                            _table.Matched[candidates[i]] = 1;
                    }
                }
            }
            var emit = count > 0 && _owner.EmitsRight;
            if (emit && !gathered)
                GatherRight(input, rows, candidates, equal, _output);
            if (emit)
                _output.Selection = count == input.Length ? null : selection;
            Advance(rows, candidates);
            return emit;
        }

        private Selection? _matchScratch;

        private void CheckSingle(Selection selection, int length)
        {
            for (var word = 0; word < Bits.WordsFor(length); word++)
            {
                if ((selection.Mask[word] & _matched!.Mask[word]) != 0)
                    throw new SqlException(SqlState.CardinalityViolation, "more than one row returned by a subquery used as an expression");
            }
        }

        private void Advance(int* rows, int* candidates)
        {
            if (!_table.HasDuplicates)
            {
                _left = 0;
                return;
            }
            var next = _table.Next;
            var kept = 0;
            for (var i = 0; i < _left; i++)
            {
                var candidate = next[candidates[i]];
                if (candidate < 0 || (_stopsAtMatch && Bits.Get(_matched!.Mask, rows[i])))
                    continue;
                rows[kept] = rows[i];
                candidates[kept++] = candidate;
            }
            _left = kept;
        }

        /// <summary>The input's columns as they are, and beside them the build columns by row position.</summary>
        private void GatherRight(Batch input, int* rows, int* candidates, byte* equal, Batch target)
        {
            var positions = _positions.Reserve(input.Length);
            new Span<int>(positions, input.Length).Clear();
            for (var i = 0; i < _left; i++)
            {
                if (equal[i] != 0)
                    positions[rows[i]] = candidates[i];
            }
            for (var i = 0; i < _leftCount; i++)
            {
                target.Columns[i].Reference(input.Columns[i]);
                target.Columns[i].Length = input.Length;
            }
            var keyCount = _owner.Keys.Length;
            for (var i = 0; i < _rightCount; i++)
                Gather.Take(_table.Columns[keyCount + i], positions, input.Length, target.Columns[_leftCount + i]);
            target.Length = input.Length;
            target.Selection = null;
        }

        /// <summary>What depends on all matches of the batch: unmatched rows, semi and anti rows, marks.</summary>
        private Batch? Final(Batch input)
        {
            var selection = _selection!;
            selection.IsSparse = false;
            if (input.Selection is null)
                selection.SetAll(input.Length);
            else if (input.Selection.IsSparse)
                Bits.FromIndices(input.Selection.Indices, input.Selection.Count, selection.Mask, input.Length);
            else
                Bits.Copy(input.Selection.Mask, selection.Mask, input.Length);
            for (var i = 0; i < _leftCount; i++)
            {
                _output.Columns[i].Reference(input.Columns[i]);
                _output.Columns[i].Length = input.Length;
            }
            _output.Length = input.Length;
            switch (_owner.Kind)
            {
                case JoinKind.Semi:
                    Bits.And(selection.Mask, _matched!.Mask, selection.Mask, input.Length);
                    break;
                case JoinKind.Mark:
                    WriteMark(input);
                    break;
                default:
                    Bits.AndNot(selection.Mask, _matched!.Mask, selection.Mask, input.Length);
                    if (_owner.EmitsRight)
                    {
                        for (var i = 0; i < _rightCount; i++)
                            ValueBox.ToConstant(null, _owner.Children[1].Columns[i].Type, _output.Columns[_leftCount + i], input.Length);
                    }
                    break;
            }
            selection.Count = Bits.PopCount(selection.Mask, input.Length);
            if (selection.Count == 0)
                return null;
            _output.Selection = selection.Count == input.Length ? null : selection;
            return _output;
        }

        // x IN (...): true on a match; otherwise null when x is null or the set holds a null, unless the set is empty.
        private void WriteMark(Batch input)
        {
            var mark = _output.Columns[_leftCount];
            mark.ResetFlat(ArrowType.Bool, input.Length);
            Bits.Copy(_matched!.Mask, (ulong*)mark.Values, input.Length);
            if (!_owner.Mark!.Nullable || _table.RowCount == 0)
                return;
            if (_table.HasNullKey)
                Bits.Copy(_matched.Mask, mark.EnsureValidity(), input.Length);
            else if (_flatKeys[0].Validity != null)
                Bits.Copy(_flatKeys[0].Validity, mark.EnsureValidity(), input.Length);
        }

        public override void Dispose()
        {
            _keyFrame.Dispose();
            _residualFrame?.Dispose();
            foreach (var key in _keys)
                key.Dispose();
            foreach (var key in _flatKeys)
                key.Dispose();
            _output.Dispose();
            if (!ReferenceEquals(_combined, _output))
                _combined.Dispose();
            _pending.Dispose();
            _candidates.Dispose();
            _positions.Dispose();
            _scratch?.Release();
            _selection?.Dispose();
            _matched?.Dispose();
            _matchScratch?.Dispose();
        }

    }
}
