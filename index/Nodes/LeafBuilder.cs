using System.Numerics;
using OmenDb.Index.Keys;
using OmenDb.Index.Memory;

namespace OmenDb.Index.Nodes;

/// <summary>How entries are laid into a new block.</summary>
internal enum LeafLayout
{
    /// <summary>Gaps spread by the model, or evenly where the model would heap entries up.</summary>
    Gapped,

    /// <summary>No gaps: more entries are expected behind the last.</summary>
    Append,
}

/// <summary>An entry that is about to be inserted: the form of the slots must be able to express it.</summary>
internal readonly record struct ComingEntry(bool Exists, ulong PlainKey, ulong RowId);

/// <summary>Builds blocks: fits the model, lays the entries where it predicts them, foresees what the result will cost.</summary>
internal static unsafe class LeafBuilder<TKey> where TKey : unmanaged, IIndexKey<TKey>
{
    /// <summary>Expected shifts per insert above which entries are spread evenly instead of by the model.</summary>
    private const double PlainShifts = 64;

    /// <summary>Mean error (log2) above which entries without gaps are better spread once nothing is appended to them any more.</summary>
    private const float BearableAppendError = 2;

    /// <summary>A new leaf over the entries, which become <paramref name="runs"/> if they may; not latched, not linked.</summary>
    public static Node* Create(ulong* keys, ulong* rows, int count, int capacity, LeafLayout layout, NativePool pool, bool runs = true)
    {
        var leaf = (Node*)pool.Allocate(Node.LeafBytes);
        *leaf = default;
        if (!runs || !TryFillRuns(leaf, keys, rows, count, pool))
            Fill(leaf, keys, rows, count, capacity, layout, pool);
        return leaf;
    }

    /// <summary>Stores the entries as runs if they are worth it. The same effect as <see cref="Fill"/>.</summary>
    public static bool TryFillRuns(Node* leaf, ulong* keys, ulong* rows, int count, NativePool pool)
    {
        if (TKey.HasHeads)
            return false;
        var runs = stackalloc Run[RunLeaf.MaxRuns];
        var used = Run.Encode(keys, rows, count, runs, RunLeaf.MaxRuns);
        if (used < 0 || !RunLeaf.IsWorthwhile(used, count))
            return false;
        FillRuns(leaf, runs, used, count, RunLeaf.RoomFor(used), pool);
        return true;
    }

    /// <summary>Gives the leaf a fresh block of runs; what it had before is the caller's to retire.</summary>
    public static void FillRuns(Node* leaf, Run* runs, int used, int count, int room, NativePool pool)
    {
        leaf->Block = (ulong*)pool.Allocate(RunLeaf.BlockBytes(room));
        leaf->Kind = NodeKind.Leaf;
        leaf->Format = LeafFormat.Runs;
        leaf->Capacity = count;
        leaf->Count = count;
        leaf->LastSlot = count - 1;
        leaf->LensKind = LensKind.Key;
        leaf->LensReference = 0;
        leaf->IsSampled = false;
        leaf->RunCount = used;
        leaf->RunRoom = room;
        leaf->AppendStreak = LeafWriter<TKey>.AppendStreak;
        for (var i = 0; i < used; i++)
            ((Run*)leaf->Block)[i] = runs[i];
    }

    /// <summary>A leaf that nothing is appended to any more: without gaps where samples or the model find the entries all the same.</summary>
    public static LeafLayout LayoutOfAppended(ulong* keys, ulong* rows, int count, NativePool pool)
    {
        const int Samples = 128;
        if (count < Samples || (!TKey.HasHeads && keys[0] != keys[count - 1]))
            return LeafLayout.Append;
        var sampleKeys = stackalloc ulong[Samples];
        var sampleRows = stackalloc ulong[Samples];
        for (var i = 0; i < Samples; i++)
        {
            var at = (int)((long)i * (count - 1) / (Samples - 1));
            sampleKeys[i] = keys[at];
            sampleRows[i] = rows[at];
        }
        Node trial = default;
        var lens = TKey.ChooseLens(keys[0], keys[count - 1], true, pool);
        var scale = (double)(count - 1) / (Samples - 1);
        FitModel(&trial, sampleKeys, sampleRows, Samples, scale, lens);
        var error = 0;
        for (var i = 0; i < Samples; i++)
        {
            var head = TKey.Head(TKey.Load(sampleKeys[i]), sampleRows[i], lens);
            var predicted = (head > trial.Base ? head - trial.Base : 0) * trial.Slope + trial.Intercept;
            error += BitOperations.Log2((uint)Math.Abs(predicted - i * scale) + 1);
        }
        TKey.FreeLens(lens, pool);
        return error > BearableAppendError * Samples ? LeafLayout.Gapped : LeafLayout.Append;
    }

    /// <summary>Slots for so many entries at this density: a multiple of 64, within the limit.</summary>
    public static int CapacityFor(int count, double density, int maxCapacity) =>
        Math.Clamp(((int)(count / density) + 64) & ~63, 64, maxCapacity);

    /// <summary>Gives the leaf a fresh block over the entries; what it had before is the caller's to retire.</summary>
    /// <param name="leaf">Not visible to readers, or latched.</param>
    /// <param name="keys">Stored keys in order.</param>
    /// <param name="rows">Their row ids.</param>
    /// <param name="count">At most capacity.</param>
    /// <param name="capacity">A multiple of 64.</param>
    /// <param name="layout">Where the gaps go.</param>
    /// <param name="pool">Of the index.</param>
    /// <param name="allowRow">False when entries of another key are about to join those of a single one.</param>
    /// <param name="coming">What is to be inserted next.</param>
    public static void Fill(Node* leaf, ulong* keys, ulong* rows, int count, int capacity, LeafLayout layout, NativePool pool,
        bool allowRow = true, ComingEntry coming = default)
    {
        leaf->Format = ChooseFormat(keys, rows, count, coming, out var keyBase, out leaf->RowPage);
        leaf->Capacity = capacity;
        leaf->Kind = NodeKind.Leaf;
        leaf->IsAppend = layout == LeafLayout.Append;
        leaf->IsPlain = false;
        leaf->Count = count;
        leaf->Inserts = 0;
        leaf->Shifts = 0;
        leaf->Fills = 0;
        leaf->SearchSteps = 0;
        leaf->AppendStreak = layout == LeafLayout.Append ? LeafWriter<TKey>.AppendStreak : 0;
        leaf->WantsSplit = false;
        leaf->WantsMerge = false;
        var lens = count == 0 ? new Lens(LensKind.Key, 0, 0) : TKey.ChooseLens(keys[0], keys[count - 1], allowRow && Continues(keys[0], coming), pool);
        leaf->LensKind = lens.Kind;
        leaf->LensReference = lens.Reference;
        leaf->PrefixLength = lens.PrefixLength;
        FitModel(leaf, keys, rows, count, layout == LeafLayout.Append ? 1.0 : (double)capacity / Math.Max(count, 1), lens);
        if (leaf->Format == LeafFormat.Narrow)
        {
            // The model and the short keys share their base; a model of row ids needs its own.
            leaf->Intercept -= leaf->Slope * (leaf->Base - keyBase);
            leaf->Base = keyBase;
        }
        // Without gaps a line is as far off as the entries are irregular.
        leaf->IsSampled = layout == LeafLayout.Append && MaySample(lens);
        Allocate(leaf, pool);
        SlotPlacement<TKey>.Place(leaf, keys, rows, count, lens, layout);
        if (layout == LeafLayout.Gapped && count > 64 && leaf->ExpectedShifts > PlainShifts)
        {
            leaf->IsPlain = true;
            if (MaySample(lens))
            {
                pool.Free(leaf->Block, LeafView<TKey>.BlockBytes(leaf));
                leaf->IsSampled = true;
                Allocate(leaf, pool);
            }
            SlotPlacement<TKey>.Place(leaf, keys, rows, count, lens, layout);
        }
    }

    private static void Allocate(Node* leaf, NativePool pool) => leaf->Block = (ulong*)pool.Allocate(LeafView<TKey>.BlockBytes(leaf));

    private static bool MaySample(in Lens lens) => !TKey.HasHeads && lens.Kind == LensKind.Key;

    /// <summary>Whether a leaf of one key stays one of one key: only then its row ids may be searched.</summary>
    private static bool Continues(ulong stored, in ComingEntry coming) => !coming.Exists || TKey.HasHeads || stored == coming.PlainKey;

    /// <summary>The shortest slots that can express all entries and the coming one, with room around them.</summary>
    private static LeafFormat ChooseFormat(ulong* keys, ulong* rows, int count, in ComingEntry coming, out ulong keyBase, out uint rowPage)
    {
        keyBase = 0;
        rowPage = 0;
        if (count == 0 && !coming.Exists)
            return LeafFormat.NarrowRows;
        var least = coming.Exists ? coming.RowId : ulong.MaxValue;
        var most = coming.Exists ? coming.RowId : 0;
        for (var i = 0; i < count; i++)
        {
            least = Math.Min(least, rows[i]);
            most = Math.Max(most, rows[i]);
        }
        if (most >= uint.MaxValue - 1)
        {
            rowPage = (uint)(least >> 31);
            if (most - ((ulong)rowPage << 31) >= uint.MaxValue)
                return LeafFormat.Wide;
        }
        if (TKey.HasHeads || (count > 0 && keys[0] == keys[count - 1]))
            return LeafFormat.NarrowRows;
        var first = count > 0 ? keys[0] : coming.PlainKey;
        var last = count > 0 ? keys[count - 1] : coming.PlainKey;
        if (coming.Exists)
        {
            first = Math.Min(first, coming.PlainKey);
            last = Math.Max(last, coming.PlainKey);
        }
        // Half the reach is kept free: a leaf that outgrows its base is rebuilt.
        if (last - first >= uint.MaxValue / 2)
            return LeafFormat.NarrowRows;
        keyBase = first - Math.Min(first, uint.MaxValue / 4);
        return LeafFormat.Narrow;
    }

    /// <summary>Least squares of slot over head, relative to the first head: so that keys beyond 2^53 keep their differences exactly.</summary>
    private static void FitModel(Node* leaf, ulong* keys, ulong* rows, int count, double scale, in Lens lens)
    {
        leaf->Base = 0;
        leaf->Slope = 0;
        leaf->Intercept = 0;
        if (count < 2)
            return;
        var first = TKey.Head(TKey.Load(keys[0]), rows[0], lens);
        leaf->Base = first;
        var span = TKey.Head(TKey.Load(keys[count - 1]), rows[count - 1], lens) - first;
        if (span == 0)
            return;
        // Heads scaled to 0..1 keep the sums of squares far from overflow and cancellation.
        var unit = 1.0 / span;
        var sumX = 0.0;
        var sumXX = 0.0;
        var sumXY = 0.0;
        for (var i = 0; i < count; i++)
        {
            var x = (TKey.Head(TKey.Load(keys[i]), rows[i], lens) - first) * unit;
            sumX += x;
            sumXX += x * x;
            sumXY += x * i;
        }
        var sumY = 0.5 * count * (count - 1.0);
        var spread = count * sumXX - sumX * sumX;
        var slope = spread > 0 ? (count * sumXY - sumX * sumY) / spread : 0;
        if (!(slope > 0) || !double.IsFinite(slope * unit))
            slope = count - 1; // a straight line between the ends
        leaf->Slope = slope * unit * scale;
        leaf->Intercept = (sumY - slope * sumX) / count * scale;
    }
}
