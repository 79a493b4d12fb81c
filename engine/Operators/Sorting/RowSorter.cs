using System.Buffers.Binary;
using System.Numerics;
using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Execution;
using OmenDb.Engine.Expressions;
using OmenDb.Types;

namespace OmenDb.Engine.Operators.Sorting;

/// <summary>Sorts row numbers by columns.</summary>
/// <remarks>
/// Each row gets 64 bits that order like the leading keys, as many as fit, and is radix-sorted by them; rows with equal bits go on with what comes
/// next. What all rows of such a run have in common takes no bits: numbers count from their least, texts from behind their common beginning
/// <code>
/// count 3..20 | 'Brand#12' .. 'Brand#55' | 'ECONOMY BRUSHED COPPER' ...
///   5 bits    |   2 bytes                |   5 bytes, the rest where these are equal
/// </code>
/// Short runs, and types without such bits, are sorted by comparing values. Equal rows keep their order.
/// </remarks>
internal static unsafe class RowSorter
{
    /// <param name="Column">Flat, over all rows.</param>
    public readonly record struct Key(Vector Column, SqlType Type, bool Descending, bool NullsFirst);

    /// <summary>Up to here rows are compared value by value.</summary>
    private const int ShortRun = 12;

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
            new Run(keys, context, (KeyRow*)scratch.Pointer).Sort(entries, count, 0);
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

    private sealed class Run(Key[] keys, ExecutionContext context, KeyRow* scratch)
    {
        private readonly RowComparer _comparer = new(keys);

        /// <param name="first">The rows agree in the keys before this one.</param>
        public void Sort(KeyRow* entries, int count, int first)
        {
            if (count <= ShortRun)
            {
                if (count > 1)
                    new Span<KeyRow>(entries, count).Sort(_comparer);
                return;
            }
            context.CheckInterrupts();
            for (var i = 0; i < count; i++)
                entries[i].Key = 0;
            var next = first;
            var isExact = Encode(entries, count, ref next, out var mustCompare);
            RadixSort.Sort(entries, scratch, count);
            if (isExact)
                return;
            for (var start = 0; start < count;)
            {
                var key = entries[start].Key;
                var end = start + 1;
                while (end < count && entries[end].Key == key)
                    end++;
                if (mustCompare && end - start > 1)
                    new Span<KeyRow>(entries + start, end - start).Sort(_comparer);
                else
                    Sort(entries + start, end - start, next);
                start = end;
            }
        }

        /// <param name="next">The first key to encode; receives the first that the bits do not decide.</param>
        /// <param name="mustCompare">Nothing more can be encoded.</param>
        /// <returns>True: the bits decide everything.</returns>
        private bool Encode(KeyRow* entries, int count, ref int next, out bool mustCompare)
        {
            var free = 64;
            mustCompare = false;
            for (; next < keys.Length; next++)
            {
                var key = keys[next];
                var hasNulls = key.Column.Validity != null && HasNulls(key.Column, entries, count);
                if (hasNulls && free < 2)
                    return false;
                var done = key.Type.Physical switch
                {
                    PhysicalType.Bool or PhysicalType.Int16 or PhysicalType.Int32 or PhysicalType.Int64 or PhysicalType.Float32 or PhysicalType.Float64 =>
                        Numbers(key, entries, count, hasNulls, ref free),
                    PhysicalType.Int128 => WideNumbers(key, entries, count, hasNulls, ref free),
                    PhysicalType.View when key.Type.Id != TypeId.Numeric => Texts(key, entries, count, hasNulls, ref free, out mustCompare),
                    _ => null,
                };
                if (key.Type.Physical == PhysicalType.Fixed16)
                    Numbers(key, entries, count, hasNulls, ref free); // the first half, the rest is compared
                mustCompare |= done is null;
                if (done is not true)
                    return false;
            }
            return true;
        }

        private static bool HasNulls(Vector column, KeyRow* entries, int count)
        {
            for (var i = 0; i < count; i++)
            {
                if (!column.IsValid((int)entries[i].Row))
                    return true;
            }
            return false;
        }

        /// <summary>Adds one key's bits below those that are there.</summary>
        /// <param name="value">Of <paramref name="width"/> bits, in the key's direction.</param>
        /// <param name="hasNulls">One bit more tells nulls from values.</param>
        /// <param name="shift">Where the bits end.</param>
        private static void Put(ref KeyRow entry, in Key key, ulong value, int width, bool hasNulls, int shift)
        {
            if (hasNulls)
            {
                var isNull = !key.Column.IsValid((int)entry.Row);
                value = isNull ? 0 : value;
                value |= (isNull != key.NullsFirst ? 1UL : 0) << width;
            }
            entry.Key |= value << shift;
        }

        /// <returns>False: the highest bits only.</returns>
        private static bool? Numbers(in Key key, KeyRow* entries, int count, bool hasNulls, ref int free)
        {
            var flip = key.Descending ? ulong.MaxValue : 0;
            ulong min = ulong.MaxValue, max = 0;
            for (var i = 0; i < count; i++)
            {
                var row = (int)entries[i].Row;
                if (hasNulls && !key.Column.IsValid(row))
                    continue;
                var value = Normalise(key.Column, row, key.Type) ^ flip;
                min = Math.Min(min, value);
                max = Math.Max(max, value);
            }
            var width = min >= max ? 0 : 64 - BitOperations.LeadingZeroCount(max - min);
            var room = free - (hasNulls ? 1 : 0);
            var dropped = Math.Max(0, width - room);
            var taken = width - dropped;
            free = room - taken;
            if (taken + (hasNulls ? 1 : 0) == 0)
                return dropped == 0;
            for (var i = 0; i < count; i++)
                Put(ref entries[i], key, (Normalise(key.Column, (int)entries[i].Row, key.Type) ^ flip) - min >> dropped, taken, hasNulls, free);
            return dropped == 0;
        }

        private static bool? WideNumbers(in Key key, KeyRow* entries, int count, bool hasNulls, ref int free)
        {
            Int128 min = Int128.MaxValue, max = Int128.MinValue;
            var values = (Int128*)key.Column.Values;
            for (var i = 0; i < count; i++)
            {
                var row = (int)entries[i].Row;
                if (hasNulls && !key.Column.IsValid(row))
                    continue;
                min = Int128.Min(min, values[row]);
                max = Int128.Max(max, values[row]);
            }
            var width = min >= max ? 0 : 128 - (int)UInt128.LeadingZeroCount((UInt128)(max - min));
            var room = free - (hasNulls ? 1 : 0);
            var dropped = Math.Max(0, width - room);
            var taken = width - dropped;
            free = room - taken;
            if (taken + (hasNulls ? 1 : 0) == 0)
                return dropped == 0;
            for (var i = 0; i < count; i++)
            {
                var value = values[entries[i].Row];
                Put(ref entries[i], key, (ulong)((UInt128)(key.Descending ? max - value : value - min) >> dropped), taken, hasNulls, free);
            }
            return dropped == 0;
        }

        private static bool? Texts(in Key key, KeyRow* entries, int count, bool hasNulls, ref int free, out bool mustCompare)
        {
            mustCompare = false;
            ReadOnlySpan<byte> common = default;
            var any = false;
            var longest = 0;
            for (var i = 0; i < count; i++)
            {
                var row = (int)entries[i].Row;
                if (hasNulls && !key.Column.IsValid(row))
                    continue;
                var bytes = key.Column.GetBytes(row);
                longest = Math.Max(longest, bytes.Length);
                if (any && common.Length > 0)
                    common = common[..common.CommonPrefixLength(bytes)];
                else if (!any)
                    common = bytes;
                any = true;
            }
            var room = free - (hasNulls ? 1 : 0);
            var skipped = common.Length;
            var length = Math.Min(room / 8, longest - skipped);
            if (length == 0 && longest > skipped)
                return false; // no room: the next time
            var width = length * 8;
            free = room - width;
            for (var i = 0; i < count; i++)
            {
                var row = (int)entries[i].Row;
                ulong value = 0;
                if (!hasNulls || key.Column.IsValid(row))
                {
                    value = Prefix(key.Column.GetBytes(row)[skipped..], length);
                    if (key.Descending)
                        value = ~value & (width == 64 ? ulong.MaxValue : (1UL << width) - 1);
                }
                if (width + (hasNulls ? 1 : 0) > 0)
                    Put(ref entries[i], key, value, width, hasNulls, free);
            }
            // An end counts as a zero byte, which only binary strings hold.
            mustCompare = key.Type.Id is not (TypeId.Text or TypeId.Varchar or TypeId.Char or TypeId.Name) && longest > skipped;
            return !mustCompare && longest <= skipped + length;
        }

        /// <summary>The first bytes as a number; what is missing is 0.</summary>
        /// <param name="bytes">A string.</param>
        /// <param name="length">At most 8.</param>
        private static ulong Prefix(ReadOnlySpan<byte> bytes, int length)
        {
            if (length == 0)
                return 0;
            ulong value;
            if (bytes.Length >= 8)
                value = BinaryPrimitives.ReadUInt64BigEndian(bytes);
            else
            {
                Span<byte> padded = stackalloc byte[8];
                padded.Clear();
                bytes.CopyTo(padded);
                value = BinaryPrimitives.ReadUInt64BigEndian(padded);
            }
            return value >> (64 - length * 8);
        }
    }

    /// <summary>64 bits that order like the value.</summary>
    private static ulong Normalise(Vector column, int row, SqlType type)
    {
        const ulong Sign = 0x8000_0000_0000_0000;
        return type.Physical switch
        {
            PhysicalType.Bool => column.GetBool(row) ? 1UL : 0,
            PhysicalType.Int16 => (ulong)((short*)column.Values)[row] ^ Sign,
            PhysicalType.Int32 => (ulong)((int*)column.Values)[row] ^ Sign,
            PhysicalType.Int64 => ((ulong*)column.Values)[row] ^ Sign,
            PhysicalType.Float32 => OrderedFloat(((float*)column.Values)[row]),
            PhysicalType.Fixed16 => BinaryPrimitives.ReadUInt64BigEndian(new ReadOnlySpan<byte>(column.Values + row * 16L, 8)),
            _ => OrderedDouble(((double*)column.Values)[row]),
        };
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

    private sealed class RowComparer(Key[] keys) : IComparer<KeyRow>
    {
        public int Compare(KeyRow x, KeyRow y)
        {
            var order = RowSorter.Compare(keys, (int)x.Row, (int)y.Row);
            return order != 0 ? order : x.Row.CompareTo(y.Row);
        }
    }

    /// <summary>Three-way comparison of two rows by all keys.</summary>
    public static int Compare(Key[] keys, int left, int right) => Compare(keys, left, keys, right);

    /// <summary>The same for rows of different columns.</summary>
    public static int Compare(Key[] leftKeys, int left, Key[] rightKeys, int right)
    {
        for (var k = 0; k < leftKeys.Length; k++)
        {
            var key = leftKeys[k];
            var leftValid = key.Column.IsValid(left);
            var rightValid = rightKeys[k].Column.IsValid(right);
            if (!leftValid || !rightValid)
            {
                if (leftValid == rightValid)
                    continue;
                return leftValid == key.NullsFirst ? 1 : -1;
            }
            var order = TypedCompare.Order(key.Column, left, rightKeys[k].Column, right, key.Type);
            if (order != 0)
                return key.Descending ? -order : order;
        }
        return 0;
    }
}
