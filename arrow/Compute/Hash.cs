using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OmenDb.Arrow.Compute;

/// <summary>64-bit hashes of rows: for joins, aggregation and partitioning within one process run (never persisted).</summary>
/// <remarks>Values that compare equal hash equally: whatever the kind of vector; int16, int32, int64 and int128 of one value;
/// float32 and float64 of one value; -0 and 0; all NaNs; intervals of one length. All nulls hash alike.</remarks>
public static unsafe class Hash
{
    private const ulong K0 = 0x9E37_79B9_7F4A_7C15; // 2^64 / golden ratio
    private const ulong K1 = 0xD6E8_FEB8_6659_FD93; // odd multipliers with good avalanche
    private const ulong K2 = 0xA076_1D64_78BD_642F;

    /// <summary>What a null hashes to.</summary>
    public const ulong NullHash = 0x5BF0_3635_D9B5_2F37;

    /// <summary>Test hook: all rows hash to the same value, so that every collision path runs. Set before any table is built. Read once per batch.</summary>
    public static bool ForceConstant { get; set; }

    /// <summary>hashes[i] = hash of row i.</summary>
    public static void Rows(Vector vector, int rows, ulong* hashes)
    {
        if (ForceConstant)
        {
            new Span<ulong>(hashes, rows).Fill(K0);
            return;
        }
        Column(vector, rows, hashes);
    }

    /// <summary>Mixes one more column into hashes[i]; the order of columns matters.</summary>
    public static void Combine(Vector vector, int rows, ulong* hashes)
    {
        if (ForceConstant)
            return;
        var column = (ulong*)KernelScratch.Memory(KernelScratch.RowHashes, rows * 8L);
        Column(vector, rows, column);
        for (var i = 0; i < rows; i++)
            hashes[i] = Mix(hashes[i], column[i]);
    }

    /// <summary>Hashes whole rows over several columns.</summary>
    public static void Rows(ReadOnlySpan<Vector> columns, int rows, ulong* hashes)
    {
        if (columns.IsEmpty)
        {
            new Span<ulong>(hashes, rows).Fill(K0);
            return;
        }
        Rows(columns[0], rows, hashes);
        for (var i = 1; i < columns.Length; i++)
            Combine(columns[i], rows, hashes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Mix(ulong hash, ulong next) => (BitOperations.RotateLeft(hash, 23) ^ next) * K1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Of(long value)
    {
        var x = (ulong)value + K0;
        x = (x ^ x >> 32) * K1;
        x = (x ^ x >> 32) * K1;
        return x ^ x >> 32;
    }

    public static ulong Of(Int128 value) =>
        Wide.FitsInt64(value) ? Of((long)value) : Fold((ulong)value ^ K0, (ulong)(value >>> 64) ^ K1);

    public static ulong Of(double value) => Of(value == 0 ? 0 : double.IsNaN(value) ? 0x7FF8_0000_0000_0000 : BitConverter.DoubleToInt64Bits(value));

    public static ulong Of(bool value) => Of(value ? 1L : 0L);

    /// <summary>A string's hash from its view.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Of(View* view, byte** buffers) =>
        view->IsInline ? Fold(view->Low ^ K0, view->High ^ K1) : Long(View.Bytes(view, buffers));

    /// <summary>A string's hash from its bytes; the same as from its view.</summary>
    public static ulong Of(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > View.MaxInlineLength)
            return Long(bytes);
        var view = View.Inline(bytes);
        return Fold(view.Low ^ K0, view.High ^ K1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Fold(ulong a, ulong b)
    {
        var high = Math.BigMul(a, b, out var low);
        return (low ^ high) * K2 ^ (high >> 29);
    }

    /// <summary>More than 12 bytes: multiply-and-fold over 16 bytes at a time, the last 16 overlapping.</summary>
    private static ulong Long(ReadOnlySpan<byte> bytes)
    {
        var hash = (ulong)bytes.Length * K2;
        if (bytes.Length < 16)
        {
            return Fold(BinaryPrimitives.ReadUInt64LittleEndian(bytes) ^ K0 ^ hash,
                BinaryPrimitives.ReadUInt64LittleEndian(bytes[^8..]) ^ K1);
        }
        var rest = bytes;
        for (; rest.Length > 16; rest = rest[16..])
            hash = Fold(MemoryMarshal.Read<ulong>(rest) ^ K0 ^ hash, MemoryMarshal.Read<ulong>(rest[8..]) ^ K1);
        var last = bytes[^16..];
        return Fold(MemoryMarshal.Read<ulong>(last) ^ K0 ^ hash, MemoryMarshal.Read<ulong>(last[8..]) ^ K1);
    }

    private static void Column(Vector vector, int rows, ulong* hashes)
    {
        if (vector.Kind == VectorKind.Constant)
        {
            ulong one = NullHash;
            if (!vector.IsConstantNull)
                Values(vector, 1, &one);
            new Span<ulong>(hashes, rows).Fill(one);
            return;
        }
        if (vector.Kind == VectorKind.Dictionary && vector.Dictionary!.Length <= rows * 2L)
        {
            var entries = (ulong*)KernelScratch.Memory(KernelScratch.DictionaryHashes, Math.Max(1, vector.Dictionary.Length) * 8L);
            Values(vector.Dictionary, vector.Dictionary.Length, entries);
            for (var row = 0; row < rows; row++)
                hashes[row] = entries[vector.Code(row)];
        }
        else
        {
            Values(Flatten.ToFlat(vector, rows, KernelScratch.LeftOperand), rows, hashes);
        }
        if (vector.Validity == null)
            return;
        for (var word = 0; word < Bits.WordsFor(rows); word++)
        {
            var nulls = ~vector.Validity[word];
            if (word == rows >> 6)
                nulls &= Bits.TailMask(rows);
            for (; nulls != 0; nulls &= nulls - 1)
                hashes[(word << 6) + BitOperations.TrailingZeroCount(nulls)] = NullHash;
        }
    }

    /// <summary>The first rows of a flat (or constant) vector, nulls not looked at.</summary>
    private static void Values(Vector flat, int rows, ulong* hashes)
    {
        switch (flat.Physical)
        {
            case PhysicalType.Bool:
                for (var i = 0; i < rows; i++)
                    hashes[i] = Of(Bits.Get((ulong*)flat.Values, i));
                break;
            case PhysicalType.Int8: Integers((sbyte*)flat.Values, rows, hashes); break;
            case PhysicalType.Int16: Integers((short*)flat.Values, rows, hashes); break;
            case PhysicalType.Int32: Integers((int*)flat.Values, rows, hashes); break;
            case PhysicalType.Int64: Longs((long*)flat.Values, rows, hashes); break;
            case PhysicalType.Int128:
                for (var i = 0; i < rows; i++)
                    hashes[i] = Of(((Int128*)flat.Values)[i]);
                break;
            case PhysicalType.Float32:
                for (var i = 0; i < rows; i++)
                    hashes[i] = Of((double)((float*)flat.Values)[i]);
                break;
            case PhysicalType.Float64:
                for (var i = 0; i < rows; i++)
                    hashes[i] = Of(((double*)flat.Values)[i]);
                break;
            case PhysicalType.View:
                var buffers = flat.ArenaPointers;
                for (var i = 0; i < rows; i++)
                    hashes[i] = flat.Validity != null && !Bits.Get(flat.Validity, i) ? 0 : Of((View*)flat.Values + i, buffers);
                break;
            case PhysicalType.Fixed16:
                for (var i = 0; i < rows; i++)
                    hashes[i] = Fold(((ulong*)flat.Values)[2 * i] ^ K0, ((ulong*)flat.Values)[2 * i + 1] ^ K1);
                break;
            case PhysicalType.Interval:
                for (var i = 0; i < rows; i++)
                {
                    var (days, microseconds) = IntervalOrder.Normalise(((Int128*)flat.Values)[i]);
                    hashes[i] = Mix(Of(days), Of(microseconds));
                }
                break;
            default:
                Lists(flat, rows, hashes);
                break;
        }
    }

    private static void Longs(long* values, int rows, ulong* hashes)
    {
        var row = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            for (; row + 4 <= rows; row += 4)
            {
                var x = Vector256.Load((ulong*)values + row) + Vector256.Create(K0);
                x = (x ^ x >>> 32) * Vector256.Create(K1);
                x = (x ^ x >>> 32) * Vector256.Create(K1);
                (x ^ x >>> 32).Store(hashes + row);
            }
        }
        for (; row < rows; row++)
            hashes[row] = Of(values[row]);
    }

    private static void Integers<T>(T* values, int rows, ulong* hashes) where T : unmanaged, IBinaryInteger<T>
    {
        for (var row = 0; row < rows; row++)
            hashes[row] = Of(long.CreateTruncating(values[row]));
    }

    private static void Lists(Vector lists, int rows, ulong* hashes)
    {
        var child = lists.Child!;
        using var buffer = NativeBuffer.Allocate(Math.Max(1, child.Length) * 8L, zeroed: false);
        var elements = (ulong*)buffer.Pointer;
        Column(child, child.Length, elements);
        for (var row = 0; row < rows; row++)
        {
            var list = ((ListSlot*)lists.Values)[row];
            var hash = K0;
            if (lists.Validity == null || Bits.Get(lists.Validity, row))
            {
                for (var i = list.Offset; i < list.Offset + list.Length; i++)
                    hash = Mix(hash, elements[i]);
            }
            hashes[row] = hash;
        }
    }
}
