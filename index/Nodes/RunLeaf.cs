using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace OmenDb.Index.Nodes;

/// <summary>Reading and changing leaves that store runs: <c>[run x room]</c>, ascending. Positions are ranks among the leaf's entries.</summary>
/// <remarks>Readers race with writers as in other leaves: whatever they read is inside the block, and validated afterwards.</remarks>
internal static unsafe class RunLeaf
{
    /// <summary>Runs of the largest block: 2 KiB. With more the leaf is better off with slots, or divided.</summary>
    public const int MaxRuns = 64;

    /// <summary>Entries per run below which slots are better.</summary>
    private const int LeastLength = 8;

    /// <summary>Entries below which nothing is won.</summary>
    private const int LeastEntries = 16;

    public static long BlockBytes(int room) => (long)room * sizeof(Run);

    /// <summary>Room for so many runs and some to come.</summary>
    public static int RoomFor(int runs) => (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(runs + 1, 2));

    public static bool IsWorthwhile(int runs, int entries) => runs <= MaxRuns && entries >= LeastEntries && (long)runs * LeastLength <= entries;

    /// <summary>Run that holds the position; 0 in a leaf without runs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int RunOf(Run* runs, int n, int position)
    {
        int low = 0, rest = n - 1;
        while (rest > 0)
        {
            var half = (rest + 1) >> 1;
            low += half & -(1 - SlotSearch.Below(position, runs[low + half].Start));
            rest -= half;
        }
        return low;
    }

    public static int LengthOf(Run* runs, int n, int run, int count) => (run + 1 < n ? runs[run + 1].Start : count) - runs[run].Start;

    /// <summary>First position whose entry is not below (key, row id), <paramref name="count"/> when there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int LowerBound<TSteps>(Run* runs, int n, int count, ulong key, ulong row, ref TSteps steps) where TSteps : struct, IStepCounter
    {
        steps.Step();
        if (n <= 1)
            return n == 0 ? 0 : runs->LowerBound(key, row, count);
        var at = LastNotAbove(runs, n, key, row, ref steps);
        return at < 0 ? 0 : runs[at].Start + runs[at].LowerBound(key, row, LengthOf(runs, n, at, count));
    }

    /// <summary>Last run whose first entry is not above (key, row id), or -1.</summary>
    private static int LastNotAbove<TSteps>(Run* runs, int n, ulong key, ulong row, ref TSteps steps) where TSteps : struct, IStepCounter
    {
        int low = 0, rest = n;
        while (rest > 0)
        {
            var half = (rest + 1) >> 1;
            low += runs[low + half - 1].IsAbove(key, row) ? 0 : half;
            rest -= half;
            steps.Step();
        }
        return low - 1;
    }

    /// <summary>Writes entries from a position on, ascending.</summary>
    /// <returns>How many: as many as there are, at most <paramref name="room"/>.</returns>
    public static int CopyForward(Run* runs, int n, int count, int position, ulong* keys, ulong* rows, int room)
    {
        var copied = 0;
        if (n == 0 || position >= count)
            return 0;
        for (var run = RunOf(runs, n, position); run < n && copied < room; run++)
        {
            var value = runs[run];
            var index = position - value.Start;
            var length = Math.Min(LengthOf(runs, n, run, count) - index, room - copied);
            if (length <= 0 || index < 0)
                break; // only while a writer is at work
            Write(keys + copied, value.KeyAt(index), value.Stride, length);
            Write(rows + copied, value.RowAt(index), (ulong)(long)value.RowStep, length);
            copied += length;
            position += length;
        }
        return copied;
    }

    /// <summary>Writes entries from a position back, descending.</summary>
    public static int CopyBackward(Run* runs, int n, int count, int position, ulong* keys, ulong* rows, int room)
    {
        var copied = 0;
        if (n == 0 || position < 0 || position >= count)
            return 0;
        for (var run = RunOf(runs, n, position); run >= 0 && copied < room; run--)
        {
            var value = runs[run];
            var index = position - value.Start;
            var length = Math.Min(index + 1, room - copied);
            if (length <= 0)
                break;
            Write(keys + copied, value.KeyAt(index), 0 - value.Stride, length);
            Write(rows + copied, value.RowAt(index), (ulong)-(long)value.RowStep, length);
            copied += length;
            position -= length;
        }
        return copied;
    }

    /// <summary>Adds an entry to a latched leaf.</summary>
    /// <param name="leaf">With runs.</param>
    /// <param name="key">Key of the entry.</param>
    /// <param name="row">Row id of the entry.</param>
    /// <param name="maxEntries">That a leaf may hold.</param>
    public static LeafInsert Insert(Node* leaf, ulong key, ulong row, int maxEntries)
    {
        var runs = (Run*)leaf->Block;
        var n = leaf->RunCount;
        var count = leaf->Count;
        if (n > 0)
        {
            ref var last = ref runs[n - 1];
            var length = count - last.Start;
            if (IsBelow(last.KeyAt(length - 1), last.RowAt(length - 1), key, row))
            {
                // Behind everything: by far the most frequent case.
                leaf->AppendStreak++;
                if (count >= maxEntries)
                    return LeafInsert.NoRoom;
                if (!TryExtend(ref last, length, key, row))
                {
                    if (n == leaf->RunRoom)
                        return LeafInsert.NoRoom;
                    runs[n] = new Run { Key = key, Row = row, Start = count };
                    leaf->RunCount = n + 1;
                }
                SetCount(leaf, count + 1);
                leaf->Inserts++;
                return LeafInsert.Inserted;
            }
        }
        var outcome = InsertInside(leaf, runs, n, count, key, row, maxEntries);
        if (outcome == LeafInsert.Inserted)
        {
            SetCount(leaf, count + 1);
            leaf->Inserts++;
            leaf->AppendStreak = 0;
        }
        return outcome;
    }

    /// <summary>Takes the entry at a position out of a latched leaf that has room for one more run.</summary>
    public static void Remove(Node* leaf, int position)
    {
        var runs = (Run*)leaf->Block;
        var n = leaf->RunCount;
        var at = RunOf(runs, n, position);
        var length = LengthOf(runs, n, at, leaf->Count);
        var index = position - runs[at].Start;
        if (length == 1)
        {
            for (var i = at; i + 1 < n; i++)
                runs[i] = runs[i + 1];
            n--;
            Shift(runs, at, n, -1);
        }
        else if (index == 0)
        {
            runs[at].Key = runs[at].KeyAt(1);
            runs[at].Row = runs[at].RowAt(1);
            if (length == 2)
                Forget(ref runs[at]);
            Shift(runs, at + 1, n, -1);
        }
        else
        {
            if (index < length - 1)
            {
                var rest = runs[at];
                rest.Key = runs[at].KeyAt(index + 1);
                rest.Row = runs[at].RowAt(index + 1);
                rest.Start = runs[at].Start + index + 1;
                if (index == length - 2)
                    Forget(ref rest);
                MakeRoom(runs, at + 1, n++, 1);
                runs[at + 1] = rest;
            }
            if (index == 1)
                Forget(ref runs[at]);
            Shift(runs, at + 1, n, -1);
        }
        leaf->RunCount = n;
        SetCount(leaf, leaf->Count - 1);
        leaf->AppendStreak = 0;
    }

    private static LeafInsert InsertInside(Node* leaf, Run* runs, int n, int count, ulong key, ulong row, int maxEntries)
    {
        NoSteps steps = default;
        var at = LastNotAbove(runs, n, key, row, ref steps);
        var index = 0;
        var length = 0;
        if (at >= 0)
        {
            length = LengthOf(runs, n, at, count);
            index = runs[at].LowerBound(key, row, length);
            if (index < length && runs[at].KeyAt(index) == key && runs[at].RowAt(index) == row)
                return LeafInsert.AlreadyPresent;
        }
        if (count >= maxEntries)
            return LeafInsert.NoRoom;
        if (at >= 0 && index < length)
        {
            // Inside a run, which falls into two.
            if (n + 2 > leaf->RunRoom)
                return LeafInsert.NoRoom;
            MakeRoom(runs, at + 1, n, 2);
            n += 2;
            ref var front = ref runs[at];
            runs[at + 1] = new Run { Key = key, Row = row, Start = front.Start + index };
            runs[at + 2] = front;
            runs[at + 2].Key = front.KeyAt(index);
            runs[at + 2].Row = front.RowAt(index);
            runs[at + 2].Start = front.Start + index;
            if (index == 1)
                Forget(ref front);
            if (index == length - 1)
                Forget(ref runs[at + 2]);
            Shift(runs, at + 2, n, 1);
        }
        else if (at >= 0 && TryExtend(ref runs[at], length, key, row))
        {
            Shift(runs, at + 1, n, 1);
            n = TryJoin(runs, n, at, length + 1, count + 1);
        }
        else if (at + 1 < n && TryPrepend(ref runs[at + 1], LengthOf(runs, n, at + 1, count), key, row))
        {
            Shift(runs, at + 2, n, 1);
        }
        else
        {
            if (n == leaf->RunRoom)
                return LeafInsert.NoRoom;
            MakeRoom(runs, at + 1, n++, 1);
            runs[at + 1] = new Run { Key = key, Row = row, Start = at < 0 ? 0 : runs[at].Start + length };
            Shift(runs, at + 2, n, 1);
        }
        leaf->RunCount = n;
        return LeafInsert.Inserted;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryExtend(ref Run run, int length, ulong key, ulong row)
    {
        if (length == 1)
        {
            if (!Run.TryStep(run.Key, run.Row, key, row, out var stride, out var rowStep))
                return false;
            run.Stride = stride;
            run.RowStep = rowStep;
            return true;
        }
        // The key comparison must not wrap: the entry is known to be above the run's last one.
        return run.KeyAt(length) == key && run.RowAt(length) == row && key - run.KeyAt(length - 1) == run.Stride;
    }

    private static bool TryPrepend(ref Run run, int length, ulong key, ulong row)
    {
        if (length == 1)
        {
            if (!Run.TryStep(key, row, run.Key, run.Row, out var stride, out var rowStep))
                return false;
            run.Stride = stride;
            run.RowStep = rowStep;
        }
        else if (run.Key - key != run.Stride || run.Row - row != (ulong)(long)run.RowStep)
        {
            return false;
        }
        run.Key = key;
        run.Row = row;
        return true;
    }

    /// <summary>Joins a run with the next one where that goes on with the same steps.</summary>
    /// <returns>How many runs there are now.</returns>
    private static int TryJoin(Run* runs, int n, int at, int length, int count)
    {
        if (at + 1 >= n)
            return n;
        ref var next = ref runs[at + 1];
        var nextLength = LengthOf(runs, n, at + 1, count);
        if (next.Key - runs[at].KeyAt(length - 1) != runs[at].Stride || next.Row != runs[at].RowAt(length)
            || (nextLength > 1 && (next.Stride != runs[at].Stride || next.RowStep != runs[at].RowStep)))
            return n;
        for (var i = at + 1; i + 1 < n; i++)
            runs[i] = runs[i + 1];
        return n - 1;
    }

    private static bool IsBelow(ulong key, ulong row, ulong otherKey, ulong otherRow) => key < otherKey || (key == otherKey && row < otherRow);

    /// <summary>A run of one entry has no steps.</summary>
    private static void Forget(ref Run run)
    {
        run.Stride = 0;
        run.RowStep = 0;
    }

    private static void Shift(Run* runs, int from, int n, int difference)
    {
        for (var i = from; i < n; i++)
            runs[i].Start += difference;
    }

    private static void MakeRoom(Run* runs, int at, int n, int places)
    {
        for (var i = n - 1; i >= at; i--)
            runs[i + places] = runs[i];
    }

    private static void SetCount(Node* leaf, int count)
    {
        leaf->Count = count;
        leaf->Capacity = count;
        leaf->LastSlot = count - 1;
    }

    /// <summary>values[i] = first + i * step.</summary>
    private static void Write(ulong* values, ulong first, ulong step, int count)
    {
        var i = 0;
        if (Vector256.IsHardwareAccelerated && count >= 4)
        {
            var current = Vector256.Create(first, first + step, first + 2 * step, first + 3 * step);
            var advance = Vector256.Create(4 * step);
            for (; i + 4 <= count; i += 4)
            {
                Vector256.Store(current, values + i);
                current += advance;
            }
        }
        for (; i < count; i++)
            values[i] = first + (ulong)i * step;
    }
}
