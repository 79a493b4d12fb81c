using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using OmenDb.Index.Keys;

namespace OmenDb.Index.Nodes;

/// <summary>Lays entries into the slots of a block that nobody else sees yet: first where each goes, then one array after the other, in
/// portions that stay in the cache. Leaves are rebuilt six times for every insert that they ever take: this is half of what those cost.</summary>
internal static unsafe class SlotPlacement<TKey> where TKey : unmanaged, IIndexKey<TKey>
{
    private const int Portion = 512;

    public static void Place(Node* leaf, ulong* keys, ulong* rows, int count, in Lens lens, LeafLayout layout)
    {
        var view = new LeafView<TKey>(leaf);
        var places = stackalloc int[Portion];
        var heads = stackalloc ulong[TKey.HasHeads ? Portion : 0];
        var state = new Progress { Capacity = view.Capacity, Count = count, Layout = layout, IsPlain = leaf->IsPlain };
        new Span<ulong>(view.Bits, view.Capacity >> 6).Clear();
        for (var start = 0; start < count; start += Portion)
        {
            var size = Math.Min(Portion, count - start);
            if (TKey.HasHeads || lens.Kind == LensKind.Row || !Avx512DQ.IsSupported)
                PredictEach(view, keys + start, rows + start, size, lens, places, heads);
            else
                PredictPlain(leaf, keys + start, size, places);
            var free = state.Free;
            Choose(ref state, start, size, places, view.Bits);
            if (view.IsNarrow)
                SpreadNarrow(view.NarrowKeys, keys + start, size, places, free, view.Capacity, view.KeyBase);
            else
                SpreadWide(view.Keys, keys + start, size, places, free, view.Capacity);
            if (view.HasWideRows)
                SpreadWide(view.WideRows, rows + start, size, places, free, view.Capacity);
            else
                SpreadNarrow(view.NarrowRows, rows + start, size, places, free, view.Capacity, view.RowBase);
            if (TKey.HasHeads)
                SpreadWide(view.Heads, heads, size, places, free, view.Capacity);
        }
        leaf->LastSlot = state.Free - 1;
        LeafWriter<TKey>.Clear(view, state.Free, view.Capacity - 1);
        view.SampleAll();
        leaf->ModelError = count == 0 ? 0 : (float)((double)state.Error / count);
        // An insert into a full stretch moves a quarter of it on average.
        leaf->ExpectedShifts = count == 0 ? 0 : (float)(0.25 * state.Squares / count);
    }

    private struct Progress
    {
        public int Capacity;
        public int Count;
        public LeafLayout Layout;
        public bool IsPlain;

        /// <summary>First slot not yet taken.</summary>
        public int Free;

        /// <summary>Length of the stretch without gaps that ends before it.</summary>
        public long Run;

        /// <summary>Sum of log2(1 + error).</summary>
        public long Error;

        /// <summary>Sum of the squares of the lengths of stretches without gaps.</summary>
        public long Squares;
    }

    internal static void PredictEach(in LeafView<TKey> view, ulong* keys, ulong* rows, int size, in Lens lens, int* places, ulong* heads)
    {
        for (var i = 0; i < size; i++)
        {
            var head = TKey.Head(TKey.Load(keys[i]), rows[i], lens);
            places[i] = view.Predict(head);
            if (TKey.HasHeads)
                heads[i] = head;
        }
    }

    /// <summary>The same for keys that are their own heads, eight at a time.</summary>
    internal static void PredictPlain(Node* leaf, ulong* keys, int size, int* places)
    {
        var modelBase = Vector512.Create(leaf->Base);
        var slope = Vector512.Create(leaf->Slope);
        var intercept = Vector512.Create(leaf->Intercept);
        var last = Vector512.Create((double)(leaf->Capacity - 1));
        var i = 0;
        for (; i + 8 <= size; i += 8)
        {
            var distance = Avx512F.Max(Vector512.Load(keys + i), modelBase) - modelBase;
            var position = Avx512DQ.ConvertToVector512Double(distance) * slope + intercept;
            position = Avx512F.Min(Avx512F.Max(position, Vector512<double>.Zero), last);
            Avx512F.ConvertToVector256Int32WithTruncation(position).Store(places + i);
        }
        var view = new LeafView<TKey>(leaf);
        for (; i < size; i++)
            places[i] = view.Predict(keys[i]);
    }

    /// <summary>From predictions to slots, every entry behind the one before it, with room left for those that follow.</summary>
    private static void Choose(ref Progress state, int start, int size, int* places, ulong* bits)
    {
        var free = state.Free;
        var run = state.Run;
        var squares = state.Squares;
        var error = state.Error;
        var room = state.Capacity - state.Count + start; // the last slot that leaves enough for the rest
        for (var i = 0; i < size; i++)
        {
            var predicted = places[i];
            var slot = state.Layout == LeafLayout.Append ? start + i
                : state.IsPlain ? (int)((long)(start + i) * state.Capacity / state.Count)
                : Math.Min(Math.Max(predicted, free), room + i);
            places[i] = slot;
            var distance = slot - predicted;
            error += BitOperations.Log2((uint)((distance ^ distance >> 31) - (distance >> 31)) + 1);
            // The square of a stretch's length is the sum of the odd numbers up to it. No jumps: half of them would be mispredicted.
            run = (run & -(long)SlotSearch.Below(slot, free + 1)) + 1;
            squares += 2 * run - 1;
            bits[slot >> 6] |= 1UL << slot;
            free = slot + 1;
        }
        (state.Free, state.Run, state.Squares, state.Error) = (free, run, squares, error);
    }

    private static void SpreadWide(ulong* slots, ulong* values, int size, int* places, int free, int capacity)
    {
        for (var i = 0; i < size; i++)
        {
            var wide = Vector256.Create(values[i]);
            var to = places[i];
            for (; free + 8 <= capacity; free += 8)
            {
                wide.Store(slots + free);
                wide.Store(slots + free + 4);
                if (free + 8 > to)
                    break;
            }
            if (free + 8 > capacity)
                Fill(slots, free, to, values[i]);
            free = to + 1;
        }
    }

    private static void SpreadNarrow(uint* slots, ulong* values, int size, int* places, int free, int capacity, ulong from)
    {
        for (var i = 0; i < size; i++)
        {
            var value = (uint)(values[i] - from);
            var wide = Vector256.Create(value);
            var to = places[i];
            for (; free + 8 <= capacity; free += 8)
            {
                wide.Store(slots + free);
                if (free + 8 > to)
                    break;
            }
            if (free + 8 > capacity)
                Fill(slots, free, to, value);
            free = to + 1;
        }
    }

    // An entry goes into the slots up to its own, and into some behind, which are written afterwards: eight at a time, because the usual
    // one to three slots would be as many mispredicted ends of a loop. Near the end of the block one at a time.

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fill<T>(T* slots, int from, int to, T value) where T : unmanaged
    {
        for (; from <= to; from++)
            slots[from] = value;
    }
}
