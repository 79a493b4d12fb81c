using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Functions;
using OmenDb.Engine.Rows;
using OmenDb.Planner.Expressions;
using OmenDb.Types;

namespace OmenDb.Engine.Operators.Windows;

/// <summary>An aggregate over the frames of one partition.</summary>
/// <remarks>Frames that only grow (they begin at the partition's start) are one running state. Any other frame is merged from the nodes
/// of a segment tree of states, O(log n) merges per row; frames with an exclusion, two pieces of it.</remarks>
internal sealed unsafe class FrameAggregate(AggregateFunction function, BoundWindowCall call, SqlType[] types, Vector[] columns, int start, int count,
    FrameBounds frames, ExecutionContext context)
{
    /// <summary>Rows below this many are simply fed again.</summary>
    private const int SmallFrame = 16;

    private readonly AggregateKernel _kernel = function.Bind(types, call.Call.Output.Type);

    public void Run(ColumnBuilder result)
    {
        using var taken = NativeBuffer.Allocate(Math.Max(4, count * 4L), zeroed: false);
        using var before = NativeBuffer.Allocate((count + 1L) * 4, zeroed: false);
        var rows = (int*)taken.Pointer;         // rows that the aggregate takes, as rows of the sorted columns
        var prefix = (int*)before.Pointer;      // how many of them stand before each row of the partition
        var total = 0;
        for (var row = 0; row < count; row++)
        {
            prefix[row] = total;
            if (Takes(start + row))
                rows[total++] = start + row;
        }
        prefix[count] = total;
        var arguments = new Vector[call.Arguments.Length];
        for (var i = 0; i < arguments.Length; i++)
            arguments[i] = columns[call.Arguments[i]];
        var excludes = frames.Frame.Exclusion != FrameExclusion.None;
        if (frames.Frame.Start.Kind == FrameBoundKind.UnboundedPreceding && !excludes)
            Running(arguments, rows, prefix, result);
        else
            ByTree(arguments, rows, prefix, total, result);
    }

    private bool Takes(int row)
    {
        if (call.Filter >= 0 && !(columns[call.Filter].IsValid(row) && columns[call.Filter].GetBool(row)))
            return false;
        if (function.SkipsNulls)
        {
            foreach (var argument in call.Arguments)
            {
                if (!columns[argument].IsValid(row))
                    return false;
            }
        }
        return true;
    }

    private void Running(Vector[] arguments, int* rows, int* prefix, ColumnBuilder result)
    {
        using var states = new AggregateStates(_kernel, context);
        states.Grow(1);
        using var value = new Vector();
        var fed = 0;
        var lastEnd = -1;
        for (var row = 0; row < count; row++)
        {
            frames.Of(row, out _, out var end);
            if (prefix[end] < fed)
            {
                // The end moved back (an offset per row): begin again.
                states.Dispose();
                states.Grow(1);
                fed = 0;
                lastEnd = -1;
            }
            if (prefix[end] > fed)
            {
                _kernel.Update(states, arguments, rows + fed, prefix[end] - fed, null);
                fed = prefix[end];
                lastEnd = -1;
            }
            if (lastEnd < 0)
                _kernel.Finish(states, 0, 1, value);
            lastEnd = end;
            result.AppendFrom(value, 0);
        }
    }

    private void ByTree(Vector[] arguments, int* rows, int* prefix, int total, ColumnBuilder result)
    {
        // Level 0 has a state per taken row, each level above a state per pair; all in one array.
        var levelStart = new List<int>();
        var size = 0;
        for (var width = total; width > 0; width = width == 1 ? 0 : (width + 1) / 2)
        {
            levelStart.Add(size);
            size += width;
        }
        using var tree = new AggregateStates(_kernel, context);
        var managed = _kernel.IsManaged; // merging moves objects: such states are always fed again
        if (!managed && total > 0)
        {
            tree.Grow(size);
            using var groupBuffer = NativeBuffer.Allocate((start + count + 1L) * 4, zeroed: false);
            var groups = (int*)groupBuffer.Pointer;
            for (var i = 0; i < total; i++)
                groups[rows[i]] = i;
            _kernel.Update(tree, arguments, rows, total, groups);
            BuildLevels(tree, levelStart, total);
        }
        using var value = new Vector();
        using var state = new AggregateStates(_kernel, context);
        Span<(int From, int To)> pieces = stackalloc (int, int)[4];
        for (var row = 0; row < count; row++)
        {
            if ((row & 1023) == 1023)
                context.CheckInterrupts();
            frames.Of(row, out var from, out var to);
            var pieceCount = Pieces(row, from, to, pieces);
            state.Dispose();
            state.Grow(1);
            for (var p = 0; p < pieceCount; p++)
            {
                var (first, last) = (prefix[pieces[p].From], prefix[pieces[p].To]);
                if (first >= last)
                    continue;
                if (managed || last - first <= SmallFrame)
                    _kernel.Update(state, arguments, rows + first, last - first, null);
                else
                    Merge(tree, levelStart, first, last, state);
            }
            _kernel.Finish(state, 0, 1, value);
            result.AppendFrom(value, 0);
        }
    }

    private void BuildLevels(AggregateStates tree, List<int> levelStart, int total)
    {
        var width = total;
        for (var level = 1; level < levelStart.Count; level++)
        {
            for (var i = 0; i < width; i++)
                CombineOne(tree, levelStart[level] + i / 2, tree, levelStart[level - 1] + i);
            width = (width + 1) / 2;
        }
    }

    private void Merge(AggregateStates tree, List<int> levelStart, int first, int last, AggregateStates state)
    {
        for (var level = 0; first < last; level++)
        {
            if ((first & 1) != 0)
                CombineOne(state, 0, tree, levelStart[level] + first++);
            if ((last & 1) != 0)
                CombineOne(state, 0, tree, levelStart[level] + --last);
            first /= 2;
            last /= 2;
        }
    }

    /// <summary>Kernels merge whole arrays: a one-state window is laid over the source.</summary>
    private void CombineOne(AggregateStates target, int into, AggregateStates source, int from)
    {
        using var one = source.Window(from);
        var map = into;
        _kernel.Combine(target, one, null, &map, 1);
    }

    /// <summary>The frame without what EXCLUDE takes out, as ranges.</summary>
    private int Pieces(int row, int from, int to, Span<(int From, int To)> pieces)
    {
        var (peerStart, peerEnd) = (frames.PeerStart(row), frames.PeerEnd(row));
        switch (frames.Frame.Exclusion)
        {
            case FrameExclusion.CurrentRow:
                return Cut(from, to, row, row + 1, pieces);
            case FrameExclusion.Group:
                return Cut(from, to, peerStart, peerEnd, pieces);
            case FrameExclusion.Ties:
                var n = Cut(from, to, peerStart, peerEnd, pieces);
                if (row >= from && row < to)
                    pieces[n++] = (row, row + 1);
                return n;
            default:
                pieces[0] = (from, to);
                return 1;
        }
    }

    private static int Cut(int from, int to, int cutFrom, int cutTo, Span<(int From, int To)> pieces)
    {
        var n = 0;
        if (from < Math.Min(to, cutFrom))
            pieces[n++] = (from, Math.Min(to, cutFrom));
        if (Math.Max(from, cutTo) < to)
            pieces[n++] = (Math.Max(from, cutTo), to);
        return n;
    }
}
