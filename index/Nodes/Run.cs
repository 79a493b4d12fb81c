using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OmenDb.Index.Nodes;

/// <summary>Entries whose keys advance by <see cref="Stride"/> and whose row ids advance by <see cref="RowStep"/>.</summary>
/// <remarks>A run does not know its length: it ends where the next one starts. Of a single entry both steps are 0 until a second one
/// gives them a value. A stride of 0 is one key with many rows; the row step is positive then.</remarks>
[StructLayout(LayoutKind.Sequential)]
internal struct Run
{
    public ulong Key;
    public ulong Row;
    public ulong Stride;

    /// <summary>Position of the first entry among those of the leaf.</summary>
    public int Start;
    public int RowStep;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly ulong KeyAt(int index) => Key + (ulong)(uint)index * Stride;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly ulong RowAt(int index) => Row + (ulong)((long)RowStep * index);

    /// <summary>Whether the first entry is above (key, row id).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool IsAbove(ulong key, ulong row) => Key > key || (Key == key && Row > row);

    /// <summary>First index from 0 to length whose entry is not below (key, row id).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly int LowerBound(ulong key, ulong row, int length)
    {
        if (key < Key)
            return 0;
        var stride = Stride; // once: a racing writer may change it between the check and the division
        if (stride == 0)
            return LowerBoundInKey(key, row, length);
        var distance = key - Key;
        var index = stride == 1 ? distance : distance / stride;
        if (index >= (ulong)length)
            return length;
        var at = (int)index;
        return index * stride != distance || RowAt(at) < row ? at + 1 : at;
    }

    private readonly int LowerBoundInKey(ulong key, ulong row, int length)
    {
        if (key > Key)
            return length;
        if (row <= Row)
            return 0;
        var step = RowStep;
        if (step <= 0)
            return length; // a single entry
        var index = (row - Row - 1) / (ulong)step + 1;
        return index > (ulong)length ? length : (int)index;
    }

    /// <summary>Steps from one entry to the next, if a run can express them.</summary>
    public static bool TryStep(ulong key, ulong row, ulong nextKey, ulong nextRow, out ulong stride, out int rowStep)
    {
        stride = nextKey - key;
        var difference = (long)(nextRow - row);
        rowStep = (int)difference;
        return rowStep == difference;
    }

    /// <summary>Writes the entries as runs.</summary>
    /// <returns>How many runs, -1 when they do not fit.</returns>
    public static unsafe int Encode(ulong* keys, ulong* rows, int count, Run* runs, int room)
    {
        var n = 0;
        for (var i = 0; i < count;)
        {
            if (n == room)
                return -1;
            var next = i + 1;
            ulong stride = 0;
            var rowStep = 0;
            if (next < count && TryStep(keys[i], rows[i], keys[next], rows[next], out stride, out rowStep))
            {
                next++;
                while (next < count && keys[next] - keys[next - 1] == stride && rows[next] - rows[next - 1] == (ulong)(long)rowStep)
                    next++;
            }
            runs[n++] = new Run { Key = keys[i], Row = rows[i], Stride = next == i + 1 ? 0 : stride, RowStep = next == i + 1 ? 0 : rowStep, Start = i };
            i = next;
        }
        return n;
    }
}
