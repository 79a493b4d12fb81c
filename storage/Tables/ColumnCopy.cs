using System.Runtime.CompilerServices;
using OmenDb.Arrow;

namespace OmenDb.Storage.Tables;

/// <summary>Copies rows of vectors of any kind into flat column memory.</summary>
/// <remarks>"Picks" are the physical rows of the batch to copy, null for all from <c>first</c> on.</remarks>
internal static unsafe class ColumnCopy
{
    /// <summary>Writes <paramref name="count"/> values to rows <paramref name="at"/> and following of a flat column.</summary>
    /// <param name="source">Any kind; of the column's physical type.</param>
    /// <param name="picks">Physical rows, or null for consecutive ones.</param>
    /// <param name="first">Index into the picks, or first row.</param>
    /// <param name="count">Rows to copy.</param>
    /// <param name="physical">As stored: lists are views here.</param>
    /// <param name="target">Base of the column.</param>
    /// <param name="at">First row to write.</param>
    /// <param name="arena">Views: where long strings go.</param>
    public static void Values(Vector source, int* picks, int first, int count, PhysicalType physical, byte* target, int at, SegmentArena arena)
    {
        switch (physical)
        {
            case PhysicalType.Bool: Bools(source, picks, first, count, (ulong*)target, at); break;
            case PhysicalType.Int8: Fixed<byte>(source, picks, first, count, target + at); break;
            case PhysicalType.Int16: Fixed<short>(source, picks, first, count, target + at * 2L); break;
            case PhysicalType.Int32 or PhysicalType.Float32: Fixed<int>(source, picks, first, count, target + at * 4L); break;
            case PhysicalType.Int64 or PhysicalType.Float64: Fixed<long>(source, picks, first, count, target + at * 8L); break;
            case PhysicalType.View when source.Physical == PhysicalType.List: Lists(source, picks, first, count, (View*)target + at, arena); break;
            case PhysicalType.View: Views(source, picks, first, count, (View*)target + at, arena); break;
            default: Fixed<Int128>(source, picks, first, count, target + at * 16L); break;
        }
    }

    private static void Fixed<T>(Vector source, int* picks, int first, int count, byte* target) where T : unmanaged
    {
        var output = (T*)target;
        switch (source.Kind)
        {
            case VectorKind.Flat when picks == null:
                Unsafe.CopyBlockUnaligned(target, source.Values + (long)first * sizeof(T), (uint)(count * sizeof(T)));
                break;
            case VectorKind.Flat:
                var values = (T*)source.Values;
                for (var i = 0; i < count; i++)
                    output[i] = values[picks[first + i]];
                break;
            case VectorKind.Constant:
                new Span<T>(output, count).Fill(*(T*)source.Values);
                break;
            default:
                for (var i = 0; i < count; i++)
                    output[i] = source.Get<T>(picks == null ? first + i : picks[first + i]);
                break;
        }
    }

    private static void Bools(Vector source, int* picks, int first, int count, ulong* target, int at)
    {
        if (source.Kind == VectorKind.Flat && picks == null && ((first | at) & 63) == 0)
        {
            CopyBits((ulong*)source.Values + (first >> 6), target + (at >> 6), count);
            return;
        }
        for (var i = 0; i < count; i++)
            SetBit(target, at + i, source.GetBool(picks == null ? first + i : picks[first + i]));
    }

    private static void Views(Vector source, int* picks, int first, int count, View* target, SegmentArena arena)
    {
        using var writer = arena.BeginWrite();
        if (source.Kind == VectorKind.Flat && !source.MayHaveNulls)
        {
            var views = (View*)source.Values;
            var pointers = source.ArenaPointers;
            for (var i = 0; i < count; i++)
            {
                var view = views + (picks == null ? first + i : picks[first + i]);
                target[i] = view->IsInline ? *view : writer.Append(View.Bytes(view, pointers));
            }
            return;
        }
        if (source.Kind == VectorKind.Constant)
        {
            var value = source.IsValid(0) ? source.GetBytes(0) : default;
            for (var i = 0; i < count; i++)
                target[i] = writer.Append(value); // a place belongs to one row
            return;
        }
        for (var i = 0; i < count; i++)
        {
            var row = picks == null ? first + i : picks[first + i];
            target[i] = source.IsValid(row) ? writer.Append(source.GetBytes(row)) : default;
        }
    }

    private static void Lists(Vector source, int* picks, int first, int count, View* target, SegmentArena arena)
    {
        using var writer = arena.BeginWrite();
        var bytes = new System.Buffers.ArrayBufferWriter<byte>();
        for (var i = 0; i < count; i++)
        {
            var row = picks == null ? first + i : picks[first + i];
            if (!source.IsValid(row))
            {
                target[i] = default;
                continue;
            }
            bytes.ResetWrittenCount();
            ListCodec.Encode(source, row, bytes);
            target[i] = writer.Append(bytes.WrittenSpan);
        }
    }

    /// <summary>True when one of the rows is null.</summary>
    public static bool AnyNull(Vector source, int* picks, int first, int count)
    {
        if (!source.MayHaveNulls)
            return false;
        for (var i = 0; i < count; i++)
        {
            if (!source.IsValid(picks == null ? first + i : picks[first + i]))
                return true;
        }
        return false;
    }

    /// <summary>Writes the validity bits of rows to <paramref name="at"/> and following.</summary>
    public static void Validity(Vector source, int* picks, int first, int count, ulong* target, int at)
    {
        if (picks == null && source.Kind != VectorKind.Constant && source.Validity != null && ((first | at) & 63) == 0)
        {
            CopyBits(source.Validity + (first >> 6), target + (at >> 6), count);
            return;
        }
        if (!source.MayHaveNulls)
        {
            SetBits(target, at, count);
            return;
        }
        for (var i = 0; i < count; i++)
            SetBit(target, at + i, source.IsValid(picks == null ? first + i : picks[first + i]));
    }

    public static void SetBit(ulong* words, int bit, bool value)
    {
        var mask = 1UL << (bit & 63);
        // One 64-bit store: a borrower of the word's other bits reads them as they were.
        words[bit >> 6] = value ? words[bit >> 6] | mask : words[bit >> 6] & ~mask;
    }

    public static bool GetBit(ulong* words, int bit) => (words[bit >> 6] >> (bit & 63) & 1) != 0;

    public static void SetBits(ulong* words, int from, int count)
    {
        for (var bit = from; bit < from + count;)
        {
            var inWord = Math.Min(64 - (bit & 63), from + count - bit);
            words[bit >> 6] |= (inWord == 64 ? ulong.MaxValue : (1UL << inWord) - 1) << (bit & 63);
            bit += inWord;
        }
    }

    private static void CopyBits(ulong* source, ulong* target, int count)
    {
        var words = count >> 6;
        Unsafe.CopyBlockUnaligned(target, source, (uint)(words * 8));
        if ((count & 63) != 0)
        {
            var mask = (1UL << (count & 63)) - 1;
            target[words] = (target[words] & ~mask) | (source[words] & mask);
        }
    }
}
