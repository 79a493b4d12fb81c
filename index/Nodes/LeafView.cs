using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using OmenDb.Index.Keys;

namespace OmenDb.Index.Nodes;

/// <summary>The entries and the model of one leaf as they belong together at one version.</summary>
/// <remarks>
/// <code>
///   block with slots (64-byte aligned): [stored keys x capacity][row ids x capacity]([heads x capacity])[occupied bits]([samples])
///   key and row id of a slot take 8 + 8, 8 + 4 or 4 + 4 bytes: see <see cref="LeafFormat"/>
/// </code>
/// An unoccupied slot repeats the next entry to its right, behind the last one stand sentinels (all ones, or no address): so the arrays
/// are sorted over all slots, a lower bound needs no bitmap, and the row id found beside a key is valid even in a gap.
/// Samples are the last keys of every 16 slots, as wide as keys, filled up to a window with the greatest number: see
/// <see cref="Node.IsSampled"/>. In a leaf with runs a slot is the position of an entry, and all are occupied.
/// </remarks>
internal readonly unsafe struct LeafView<TKey> where TKey : unmanaged, IIndexKey<TKey>
{
    public readonly byte* Block;
    public readonly int Capacity;
    public readonly LeafFormat Format;
    public readonly bool IsSampled;
    private readonly uint _rowPage;
    private readonly ulong _base;
    private readonly double _slope;
    private readonly double _intercept;
    private readonly Lens _lens;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public LeafView(Node* leaf)
    {
        Block = (byte*)leaf->Block;
        Capacity = leaf->Capacity;
        Format = leaf->Format;
        IsSampled = leaf->IsSampled;
        _rowPage = leaf->RowPage;
        _base = leaf->Base;
        _slope = leaf->Slope;
        _intercept = leaf->Intercept;
        _lens = leaf->Lens;
    }

    /// <summary>Only 8-byte keys may be shorter or in runs.</summary>
    public bool IsRuns
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => !TKey.HasHeads && Format == LeafFormat.Runs;
    }

    public bool IsNarrow
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => !TKey.HasHeads && Format == LeafFormat.Narrow;
    }

    public bool HasWideRows
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Format == LeafFormat.Wide;
    }

    public ulong* Keys => (ulong*)Block;

    public uint* NarrowKeys => (uint*)Block;

    public ulong* WideRows => (ulong*)Block + Capacity;

    public uint* NarrowRows
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (uint*)(Block + (long)Capacity * (IsNarrow ? 4 : 8));
    }

    /// <summary>Byte keys only.</summary>
    public ulong* Heads => (ulong*)(Block + (long)Capacity * (HasWideRows ? 16 : 12));

    public ulong* Bits => (ulong*)(Block + Capacity * SlotBytes(Format));

    /// <summary>4 bytes each in a narrow leaf, else 8.</summary>
    public byte* Samples => (byte*)(Bits + (Capacity >> 6));

    public Run* Runs => (Run*)Block;

    /// <summary>Shares its place with the length of a prefix.</summary>
    public int RunCount => _lens.PrefixLength;

    public ulong RowBase => (ulong)_rowPage << 31;

    public ulong KeyBase => _base;

    /// <summary>Bytes of a slot beside its bit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long SlotBytes(LeafFormat format) =>
        (format == LeafFormat.Wide ? 16 : format == LeafFormat.NarrowRows ? 12 : 8) + (TKey.HasHeads ? 8 : 0);

    /// <summary>Of a block with slots.</summary>
    public static long BlockBytes(LeafFormat format, int capacity, bool isSampled) =>
        capacity * SlotBytes(format) + capacity / 8 + (isSampled ? SampleRoom(format, capacity) * (format == LeafFormat.Narrow ? 4 : 8) : 0);

    public static long BlockBytes(Node* leaf) =>
        leaf->Format == LeafFormat.Runs ? RunLeaf.BlockBytes(leaf->RunRoom) : BlockBytes(leaf->Format, leaf->Capacity, leaf->IsSampled);

    private static int SampleRoom(LeafFormat format, int capacity) =>
        Math.Max(capacity / SlotSearch.SampledSlots, SlotSearch.WindowBytes / (format == LeafFormat.Narrow ? 4 : 8));

    /// <summary>Brings the samples up to date with slots that were written.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Sample(int from, int to)
    {
        if (!IsSampled)
            return;
        const int Block = SlotSearch.SampledSlots;
        for (var last = from | (Block - 1); last <= to; last += Block)
        {
            if (IsNarrow)
                ((uint*)Samples)[last / Block] = NarrowKeys[last];
            else
                ((ulong*)Samples)[last / Block] = Keys[last];
        }
    }

    /// <summary>Makes the samples of a new block.</summary>
    public void SampleAll()
    {
        if (!IsSampled)
            return;
        new Span<byte>(Samples, SampleRoom(Format, Capacity) * (IsNarrow ? 4 : 8)).Fill(byte.MaxValue);
        Sample(0, Capacity - 1);
    }

    /// <summary>Stored key of a slot; of a slot behind the last entry the key's sentinel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Key(int slot)
    {
        if (IsNarrow)
            return NarrowKeys[slot] is var offset && offset == uint.MaxValue ? TKey.Sentinel : _base + offset;
        if (IsRuns)
            return RunAt(slot, out var index).KeyAt(index);
        return Keys[slot];
    }

    /// <summary>Row id of a slot; behind the last entry the greatest number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Row(int slot)
    {
        if (HasWideRows)
            return WideRows[slot];
        if (IsRuns)
            return RunAt(slot, out var index).RowAt(index);
        return NarrowRows[slot] is var offset && offset == uint.MaxValue ? ulong.MaxValue : RowBase + offset;
    }

    private ref Run RunAt(int position, out int index)
    {
        var run = RunLeaf.RunOf(Runs, RunCount, position);
        index = position - Runs[run].Start;
        return ref Runs[run];
    }

    /// <summary>Whether the form of the slots can express the entry; what it says of runs is no use.</summary>
    public bool Fits(in TKey key, ulong rowId) =>
        (HasWideRows || rowId - RowBase < uint.MaxValue) && (!IsNarrow || TKey.Plain(key) - _base < uint.MaxValue);

    /// <summary>Opens the leaf for an optimistic read, to be ended by <see cref="LeafLatch.Validate"/>.</summary>
    /// <returns>False when the leaf is obsolete.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryOpen(Node* leaf, out LeafView<TKey> view, out ulong version)
    {
        while (true)
        {
            if (!LeafLatch.BeginRead(leaf, out version))
            {
                view = default;
                return false;
            }
            view = new LeafView<TKey>(leaf);
            // Block and capacity must belong together before the first access, or it could leave the block.
            if (LeafLatch.Validate(leaf, version))
                return true;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Predict(ulong head)
    {
        var position = (head > _base ? head - _base : 0) * _slope + _intercept;
        return position <= 0 ? 0 : position >= Capacity ? Capacity - 1 : (int)position;
    }

    public int Predict(in TKey key, ulong rowId)
    {
        if (!IsRuns)
            return Predict(TKey.Head(key, rowId, _lens));
        NoSteps steps = default;
        return Math.Min(RunLeaf.LowerBound(Runs, RunCount, Capacity, TKey.Plain(key), rowId, ref steps), Math.Max(Capacity - 1, 0));
    }

    /// <summary>Where the search of a key will come to, before the block is read: 8-byte keys under their own lens.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Foresee(ulong head)
    {
        if (!IsSampled)
            return Predict(head);
        return Math.Min(BlockOf(head) * SlotSearch.SampledSlots, Capacity - 1);
    }

    /// <summary>Block of 16 slots in which the lower bound of a key lies, the number of blocks when there is none.</summary>
    private int BlockOf(ulong head) => IsNarrow
        ? SlotSearch.CountSamples((uint*)Samples, Capacity, Offset(head, _base), Predict(head))
        : SlotSearch.CountSamples((ulong*)Samples, Capacity, head, Predict(head));

    /// <summary>The lower bound of a key by samples: two steps of a B+tree, whatever the keys are like.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private int LowerBoundSampled(ulong head)
    {
        var start = BlockOf(head) * SlotSearch.SampledSlots;
        if (start >= Capacity)
            return Capacity;
        if (Sse.IsSupported)
            Sse.Prefetch0(HasWideRows ? WideRows + start : NarrowRows + start);
        return start + (IsNarrow
            ? SlotSearch.CountInBlock(NarrowKeys + start, Offset(head, _base))
            : SlotSearch.CountInBlock(Keys + start, head));
    }

    /// <summary>Fetches what a look-up of the key reads first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(in TKey key)
    {
        if (!Sse.IsSupported)
            return;
        if (IsRuns)
        {
            Sse.Prefetch0(Block);
            return;
        }
        var predicted = Foresee(TKey.Head(key, 0, _lens));
        if (IsNarrow)
        {
            Sse.Prefetch0(NarrowKeys + predicted);
            Sse.Prefetch0(NarrowRows + predicted);
            return;
        }
        // The window may lie in two lines.
        var keys = (TKey.HasHeads ? Heads : Keys) + predicted;
        Sse.Prefetch0(keys - Math.Min(4, predicted));
        Sse.Prefetch0(keys + Math.Min(3, Capacity - 1 - predicted));
        if (HasWideRows)
            Sse.Prefetch0(WideRows + predicted);
        else
            Sse.Prefetch0(NarrowRows + predicted);
    }

    /// <summary>Fetches the bits around the place of an entry, which an insert asks after the search.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PrefetchBits(in TKey key, ulong rowId)
    {
        if (Sse.IsSupported)
            Sse.Prefetch0(Bits + (Foresee(TKey.Head(key, rowId, _lens)) >> 6));
    }

    /// <summary>Fetches what a scan of so many entries from the key on reads: three stretches of memory whose first lines would be waited
    /// for one after the other.</summary>
    public void PrefetchScan(in TKey key, ulong rowId, int entries)
    {
        if (!Sse.IsSupported || IsRuns)
            return;
        const int LineBytes = 64;
        var predicted = Foresee(TKey.Head(key, rowId, _lens));
        Sse.Prefetch0(Bits + (predicted >> 6));
        // Some three slots for two entries; what lies farther the hardware foresees.
        var slots = Math.Min(Math.Min(entries, 256) * 3 / 2, Capacity - predicted);
        var keys = Block + (long)predicted * (IsNarrow ? 4 : 8);
        var rows = HasWideRows ? (byte*)(WideRows + predicted) : (byte*)(NarrowRows + predicted);
        var keyBytes = slots * (IsNarrow ? 4 : 8);
        var rowBytes = slots * (HasWideRows ? 8 : 4);
        for (var i = 0; i < keyBytes; i += LineBytes)
        {
            Sse.Prefetch0(keys + i);
            if (i < rowBytes)
                Sse.Prefetch0(rows + i);
        }
    }

    /// <summary>First slot that is not below (key, row id), <see cref="Capacity"/> when there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int LowerBound<TSteps>(in TKey key, ulong rowId, ref TSteps steps) where TSteps : struct, IStepCounter
    {
        if (IsRuns)
            return RunLeaf.LowerBound(Runs, RunCount, Capacity, TKey.Plain(key), rowId, ref steps);
        var head = TKey.Head(key, rowId, _lens);
        if (TKey.HasHeads)
        {
            var slot = SlotSearch.LowerBound(Heads, Capacity, head, Predict(head), ref steps);
            return SettleTies(slot, key, rowId, ref steps);
        }
        if (_lens.Kind == LensKind.Row)
            return LowerBoundByRow(key, head, ref steps);
        int found;
        if (IsSampled)
        {
            steps.Step();
            found = LowerBoundSampled(head);
            return rowId == 0 ? found : SettleTies(found, key, rowId, ref steps);
        }
        var predicted = Predict(head);
        if (IsNarrow)
        {
            if (Sse.IsSupported)
                Sse.Prefetch0(NarrowRows + predicted); // the row id is wanted next: its cache miss overlaps that of the search
            found = SlotSearch.LowerBound(NarrowKeys, Capacity, Offset(head, _base), predicted, ref steps);
        }
        else
        {
            if (Sse.IsSupported)
                Sse.Prefetch0(HasWideRows ? WideRows + predicted : NarrowRows + predicted);
            found = SlotSearch.LowerBound(Keys, Capacity, head, predicted, ref steps);
        }
        return rowId == 0 ? found : SettleTies(found, key, rowId, ref steps);
    }

    public int LowerBound(in TKey key, ulong rowId)
    {
        NoSteps steps = default;
        return LowerBound(key, rowId, ref steps);
    }

    /// <summary>8-byte keys, one key in the whole leaf: the row ids are searched.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private int LowerBoundByRow<TSteps>(in TKey key, ulong head, ref TSteps steps) where TSteps : struct, IStepCounter
    {
        // They say nothing about another key.
        var order = TKey.CompareStored(_lens.Reference, key);
        if (order != 0)
            return order > 0 ? 0 : Capacity;
        return HasWideRows
            ? SlotSearch.LowerBound(WideRows, Capacity, head, Predict(head), ref steps)
            : SlotSearch.LowerBound(NarrowRows, Capacity, Offset(head, RowBase), Predict(head), ref steps);
    }

    /// <summary>The number relative to the base; what cannot be expressed lies before the first slot, or at the first sentinel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Offset(ulong value, ulong from) => value < from ? 0 : (uint)Math.Min(value - from, uint.MaxValue);

    /// <summary>Whether the slot holds exactly this entry; the slot comes from <see cref="LowerBound(in TKey, ulong)"/>.</summary>
    public bool Holds(int slot, in TKey key, ulong rowId)
    {
        if (slot >= Capacity || Row(slot) != rowId)
            return false;
        var stored = Key(slot);
        if (stored != TKey.Sentinel || IsRuns)
            return TKey.CompareStored(stored, key) == 0;
        // The greatest 8-byte key looks like what stands behind the last entry: the bitmap knows.
        return !TKey.HasHeads && NextOccupied(slot) is var at && at < Capacity && Row(at) == rowId && TKey.CompareStored(Key(at), key) == 0;
    }

    /// <summary>First occupied slot at or behind <paramref name="slot"/>, <see cref="Capacity"/> when there is none.</summary>
    public int NextOccupied(int slot)
    {
        if (slot >= Capacity)
            return Capacity;
        if (IsRuns)
            return slot;
        var bits = Bits;
        var word = slot >> 6;
        var rest = bits[word] & (ulong.MaxValue << (slot & 63));
        while (rest == 0)
        {
            if (++word << 6 >= Capacity)
                return Capacity;
            rest = bits[word];
        }
        return (word << 6) + BitOperations.TrailingZeroCount(rest);
    }

    /// <summary>Last occupied slot at or before <paramref name="slot"/>, -1 when there is none.</summary>
    public int PreviousOccupied(int slot)
    {
        if (slot < 0 || IsRuns)
            return slot;
        var bits = Bits;
        var word = slot >> 6;
        var rest = bits[word] & (ulong.MaxValue >> (63 - (slot & 63)));
        while (rest == 0)
        {
            if (--word < 0)
                return -1;
            rest = bits[word];
        }
        return (word << 6) + 63 - BitOperations.LeadingZeroCount(rest);
    }

    /// <summary>First unoccupied slot at or behind <paramref name="slot"/>, <see cref="Capacity"/> when there is none.</summary>
    public int NextGap(int slot)
    {
        if (slot >= Capacity)
            return Capacity;
        var bits = Bits;
        var word = slot >> 6;
        var rest = ~bits[word] & (ulong.MaxValue << (slot & 63));
        while (rest == 0)
        {
            if (++word << 6 >= Capacity)
                return Capacity;
            rest = ~bits[word];
        }
        return (word << 6) + BitOperations.TrailingZeroCount(rest);
    }

    /// <summary>Last unoccupied slot at or before <paramref name="slot"/>, -1 when there is none.</summary>
    public int PreviousGap(int slot)
    {
        if (slot < 0)
            return -1;
        var bits = Bits;
        var word = slot >> 6;
        var rest = ~bits[word] & (ulong.MaxValue >> (63 - (slot & 63)));
        while (rest == 0)
        {
            if (--word < 0)
                return -1;
            rest = ~bits[word];
        }
        return (word << 6) + 63 - BitOperations.LeadingZeroCount(rest);
    }

    /// <summary>Whether the slot's entry is below (key, row id).</summary>
    public bool IsBelow(int slot, in TKey key, ulong rowId)
    {
        var order = TKey.CompareStored(Key(slot), key);
        return order < 0 || (order == 0 && Row(slot) < rowId);
    }

    public bool IsOccupied(int slot) => (Bits[slot >> 6] >> (slot & 63) & 1) != 0;

    /// <summary>Copies all entries in order to the arrays, which need no more room than the leaf's count.</summary>
    public int Compact(ulong* keys, ulong* rows, int count)
    {
        return IsRuns
            ? RunLeaf.CopyForward(Runs, RunCount, Capacity, 0, keys, rows, count)
            : SlotCopy<TKey>.Forward(this, 0, keys, rows, count);
    }

    /// <summary>From the first slot whose head is not below on to the first whose entry is not: heads may tie.</summary>
    private int SettleTies<TSteps>(int slot, in TKey key, ulong rowId, ref TSteps steps) where TSteps : struct, IStepCounter
    {
        if (slot >= Capacity || !IsBelow(slot, key, rowId))
            return slot;
        var low = slot + 1;
        var bound = 1;
        while (slot + bound < Capacity && IsBelow(slot + bound, key, rowId))
        {
            low = slot + bound + 1;
            bound <<= 1;
            steps.Step();
        }
        var high = Math.Min(slot + bound, Capacity);
        while (low < high)
        {
            var middle = (int)((uint)(low + high) >> 1);
            if (IsBelow(middle, key, rowId))
                low = middle + 1;
            else
                high = middle;
            steps.Step();
        }
        return low;
    }
}
