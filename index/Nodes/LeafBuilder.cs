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

/// <summary>Builds blocks: fits the model, lays the entries where it predicts them, foresees what the result will cost.</summary>
internal static unsafe class LeafBuilder<TKey> where TKey : unmanaged, IIndexKey<TKey>
{
    /// <summary>Expected shifts per insert above which entries are spread evenly instead of by the model.</summary>
    private const double PlainShifts = 64;

    /// <summary>A new leaf over the entries; not latched, not linked.</summary>
    public static Node* Create(ulong* keys, ulong* rows, int count, int capacity, LeafLayout layout, NativePool pool)
    {
        var leaf = (Node*)pool.Allocate(Node.LeafBytes);
        *leaf = default;
        Fill(leaf, keys, rows, count, capacity, layout, pool);
        return leaf;
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
    public static void Fill(Node* leaf, ulong* keys, ulong* rows, int count, int capacity, LeafLayout layout, NativePool pool,
        bool allowRow = true)
    {
        leaf->Block = (ulong*)pool.Allocate(LeafView<TKey>.BlockBytes(capacity));
        leaf->Capacity = capacity;
        leaf->Kind = NodeKind.GappedLeaf;
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
        var lens = count == 0 ? new Lens(LensKind.Key, 0, 0) : TKey.ChooseLens(keys[0], keys[count - 1], allowRow, pool);
        leaf->LensKind = lens.Kind;
        leaf->LensReference = lens.Reference;
        leaf->PrefixLength = lens.PrefixLength;
        FitModel(leaf, keys, rows, count, layout == LeafLayout.Append ? 1.0 : (double)capacity / Math.Max(count, 1), lens);
        Place(leaf, keys, rows, count, lens, layout);
        if (layout == LeafLayout.Gapped && count > 64 && leaf->ExpectedShifts > PlainShifts)
        {
            leaf->IsPlain = true;
            Place(leaf, keys, rows, count, lens, layout);
        }
    }

    /// <summary>Fits the model of an append leaf again to what was appended since; entries stay where they are. Under the latch.</summary>
    public static void Refit(Node* leaf)
    {
        var view = new LeafView<TKey>(leaf);
        // Without gaps slot and rank are the same.
        if (leaf->Count == leaf->LastSlot + 1)
            FitModel(leaf, view.Keys, view.Rows, leaf->Count, 1.0, leaf->Lens);
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

    private static void Place(Node* leaf, ulong* keys, ulong* rows, int count, in Lens lens, LeafLayout layout)
    {
        var view = new LeafView<TKey>(leaf);
        var capacity = view.Capacity;
        new Span<ulong>(view.Bits, capacity >> 6).Clear();
        var heads = TKey.HasHeads ? view.Heads : null;
        var free = 0; // first slot not yet written
        var error = 0.0;
        var shifts = 0.0;
        var run = 0;
        for (var i = 0; i < count; i++)
        {
            var head = TKey.Head(TKey.Load(keys[i]), rows[i], lens);
            var predicted = view.Predict(head);
            var slot = layout == LeafLayout.Append ? i
                : leaf->IsPlain ? (int)((long)i * capacity / count)
                : Math.Min(Math.Max(predicted, free), capacity - (count - i));
            error += BitOperations.Log2((uint)Math.Abs(slot - predicted) + 1);
            if (slot > free)
            {
                shifts += 0.25 * run * run; // an insert into a full run moves a quarter of it on average
                run = 0;
            }
            run++;
            for (; free <= slot; free++)
            {
                view.Keys[free] = keys[i];
                view.Rows[free] = rows[i];
                if (TKey.HasHeads)
                    heads[free] = head;
            }
            view.Bits[slot >> 6] |= 1UL << (slot & 63);
        }
        shifts += 0.25 * run * run;
        leaf->LastSlot = free - 1;
        for (; free < capacity; free++)
        {
            view.Keys[free] = TKey.Sentinel;
            view.Rows[free] = ulong.MaxValue;
            if (TKey.HasHeads)
                heads[free] = ulong.MaxValue;
        }
        leaf->ModelError = count == 0 ? 0 : (float)(error / count);
        leaf->ExpectedShifts = count == 0 ? 0 : (float)(shifts / count);
    }
}
