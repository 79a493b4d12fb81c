using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Execution;
using OmenDb.Engine.Expressions;
using OmenDb.Types;

namespace OmenDb.Engine.Operators.Sorting;

/// <summary>Sorts row numbers by columns.</summary>
/// <remarks>Each row gets 64 bits that order like the leading keys, as many as fit, and is radix-sorted by them; where they do not
/// hold all keys, runs of equal bits are sorted by comparing the values. Equal rows keep their order.</remarks>
internal static unsafe class RowSorter
{
    /// <param name="Column">Flat, over all rows.</param>
    public readonly record struct Key(Vector Column, SqlType Type, bool Descending, bool NullsFirst);

    /// <returns>Row numbers (int32) in order; the caller disposes.</returns>
    public static NativeBuffer Sort(Key[] keys, int count, ExecutionContext context)
    {
        var result = NativeBuffer.Allocate(Math.Max(4, count * 4L), zeroed: false);
        var rows = (int*)result.Pointer;
        if (keys.Length == 0 || count <= 1)
        {
            for (var i = 0; i < count; i++)
                rows[i] = i;
            return result;
        }
        context.Memory.Charge(count * 32L);
        try
        {
            using var entryBuffer = NativeBuffer.Allocate(count * 16L, zeroed: false);
            using var scratch = NativeBuffer.Allocate(count * 16L, zeroed: false);
            var entries = (KeyRow*)entryBuffer.Pointer;
            for (var i = 0; i < count; i++)
                entries[i] = new KeyRow(0, i);
            var exact = Encode(keys, entries, count);
            RadixSort.Sort(entries, (KeyRow*)scratch.Pointer, count);
            if (!exact)
                SortRuns(keys, entries, count, context);
            for (var i = 0; i < count; i++)
                rows[i] = (int)entries[i].Row;
            return result;
        }
        catch
        {
            result.Release();
            throw;
        }
        finally
        {
            context.Memory.Release(count * 32L);
        }
    }

    /// <returns>True when the 64 bits decide the order completely.</returns>
    private static bool Encode(Key[] keys, KeyRow* entries, int count)
    {
        var free = 64;
        foreach (var key in keys)
        {
            var width = BitsOf(key.Type);
            if (width < 0 || free == 0)
                return false;
            var nullable = key.Column.Validity != null;
            var needed = width + (nullable ? 1 : 0);
            var taken = Math.Min(needed, free);
            var valueBits = taken - (nullable ? 1 : 0);
            var shift = free - taken;
            for (var i = 0; i < count; i++)
            {
                ulong bits;
                if (nullable && !key.Column.IsValid(i))
                    bits = key.NullsFirst ? 0 : valueBits == 64 ? 0 : 1UL << valueBits;
                else
                {
                    var value = Normalise(key.Column, i, key.Type);
                    if (key.Descending)
                        value = ~value;
                    value = valueBits == 0 ? 0 : value >> (64 - valueBits);
                    bits = nullable && key.NullsFirst ? value | 1UL << valueBits : value;
                }
                entries[i].Key |= bits << shift;
            }
            free -= taken;
            if (taken < needed || !IsExact(key.Type))
                return false;
        }
        return true;
    }

    /// <summary>Significant bits of <see cref="Normalise"/>, in its high end; -1: no normal form here.</summary>
    private static int BitsOf(SqlType type) => type.Physical switch
    {
        PhysicalType.Bool => 1,
        PhysicalType.Int16 => 16,
        PhysicalType.Int32 or PhysicalType.Float32 => 32,
        PhysicalType.Int64 or PhysicalType.Float64 => 64,
        PhysicalType.Int128 => 64,
        PhysicalType.View when type.Id != TypeId.Numeric => 64,
        PhysicalType.Fixed16 => 64,
        _ => -1,
    };

    private static bool IsExact(SqlType type) => type.Physical is not (PhysicalType.Int128 or PhysicalType.View or PhysicalType.Fixed16);

    /// <summary>64 bits that order like the value, the most significant first.</summary>
    private static ulong Normalise(Vector column, int row, SqlType type)
    {
        const ulong Sign = 0x8000_0000_0000_0000;
        switch (type.Physical)
        {
            case PhysicalType.Bool: return column.GetBool(row) ? Sign : 0;
            case PhysicalType.Int16: return (ulong)(ushort)(((short*)column.Values)[row] ^ short.MinValue) << 48;
            case PhysicalType.Int32: return (ulong)((uint*)column.Values)[row] << 32 ^ Sign;
            case PhysicalType.Int64: return ((ulong*)column.Values)[row] ^ Sign;
            case PhysicalType.Float32: return (ulong)OrderedFloat(((float*)column.Values)[row]) << 32;
            case PhysicalType.Float64: return OrderedDouble(((double*)column.Values)[row]);
            case PhysicalType.Int128: return (ulong)(((Int128*)column.Values)[row] >> 64) ^ Sign;
            case PhysicalType.Fixed16: return BinaryPrimitives.ReadUInt64BigEndian(new ReadOnlySpan<byte>(column.Values + row * 16L, 8));
            default:
                var bytes = column.GetBytes(row);
                if (bytes.Length >= 8)
                    return BinaryPrimitives.ReadUInt64BigEndian(bytes);
                Span<byte> padded = stackalloc byte[8];
                padded.Clear();
                bytes.CopyTo(padded);
                return BinaryPrimitives.ReadUInt64BigEndian(padded);
        }
    }

    private static ulong OrderedDouble(double value)
    {
        if (double.IsNaN(value))
            return ulong.MaxValue;
        var bits = BitConverter.DoubleToUInt64Bits(value == 0 ? 0 : value);
        return (bits >> 63) != 0 ? ~bits : bits | 0x8000_0000_0000_0000;
    }

    private static uint OrderedFloat(float value)
    {
        if (float.IsNaN(value))
            return uint.MaxValue;
        var bits = BitConverter.SingleToUInt32Bits(value == 0 ? 0 : value);
        return (bits >> 31) != 0 ? ~bits : bits | 0x8000_0000;
    }

    private static void SortRuns(Key[] keys, KeyRow* entries, int count, ExecutionContext context)
    {
        var comparer = new RowComparer(keys);
        for (var start = 0; start < count;)
        {
            var end = start + 1;
            while (end < count && entries[end].Key == entries[start].Key)
                end++;
            if (end - start > 1)
            {
                new Span<KeyRow>(entries + start, end - start).Sort(comparer);
                context.CheckInterrupts();
            }
            start = end;
        }
    }

    private sealed class RowComparer(Key[] keys) : IComparer<KeyRow>
    {
        public int Compare(KeyRow x, KeyRow y)
        {
            var order = RowSorter.Compare(keys, (int)x.Row, (int)y.Row);
            return order != 0 ? order : x.Row.CompareTo(y.Row);
        }
    }

    /// <summary>Three-way comparison of two rows by all keys.</summary>
    public static int Compare(Key[] keys, int left, int right)
    {
        foreach (var key in keys)
        {
            var leftValid = key.Column.IsValid(left);
            var rightValid = key.Column.IsValid(right);
            if (!leftValid || !rightValid)
            {
                if (leftValid == rightValid)
                    continue;
                return leftValid == key.NullsFirst ? 1 : -1;
            }
            var order = TypedCompare.Order(key.Column, left, key.Column, right, key.Type);
            if (order != 0)
                return key.Descending ? -order : order;
        }
        return 0;
    }
}
