using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Execution;

namespace OmenDb.Engine.Operators.Joins;

/// <summary>Which values an integer key of a join has on the side that is read first: what the other side's scan lets through.</summary>
/// <remarks>
/// Exact when the values lie close enough together for one bit per value of the range; otherwise a Bloom filter whose bits for one value stand in
/// one 64-bit word (Putze, Sanders, Singler: "Cache-, hash- and space-efficient bloom filters", 2007), about 2% of strangers pass. Nulls never pass.
/// Written by one thread, then read by any number.
/// </remarks>
internal sealed unsafe class RuntimeFilter : IDisposable
{
    /// <summary>Exact up to so many bits per row: beyond, a Bloom filter is smaller.</summary>
    private const int ExactBitsPerRow = 64;

    /// <summary>With so many rows exact up to a megabyte in any case.</summary>
    private const int ManyRows = 4096;

    private const ulong MostExactBits = 1 << 23;

    private const int BloomBitsPerRow = 16;

    private readonly ExecutionContext _context;
    private NativeBuffer? _words;
    private long _charged;
    private int _shift; // of the hash, to a word's number; -1: exact

    public RuntimeFilter(ExecutionContext context) => _context = context;

    /// <summary>Smallest and largest value; <see cref="Min"/> is the greater one when there is none.</summary>
    public long Min { get; private set; } = long.MaxValue;

    public long Max { get; private set; } = long.MinValue;

    public bool IsEmpty => Min > Max;

    public static bool Supports(PhysicalType type) => type is PhysicalType.Int16 or PhysicalType.Int32 or PhysicalType.Int64;

    /// <summary>Takes in the values of a flat column.</summary>
    public void Build(Vector key, int rowCount)
    {
        switch (key.Physical)
        {
            case PhysicalType.Int16: Build((short*)key.Values, key.Validity, rowCount); break;
            case PhysicalType.Int32: Build((int*)key.Values, key.Validity, rowCount); break;
            default: Build((long*)key.Values, key.Validity, rowCount); break;
        }
    }

    private void Build<T>(T* values, ulong* validity, int rowCount) where T : unmanaged, IBinaryInteger<T>
    {
        long min = long.MaxValue, max = long.MinValue;
        for (var row = 0; row < rowCount; row++)
        {
            if (validity != null && !Bits.Get(validity, row))
                continue;
            var value = long.CreateTruncating(values[row]);
            min = Math.Min(min, value);
            max = Math.Max(max, value);
        }
        (Min, Max) = (min, max);
        if (min > max)
            return;
        var range = (ulong)(max - min);
        if (range < (ulong)rowCount * ExactBitsPerRow + 4096 || (rowCount >= ManyRows && range < MostExactBits))
        {
            _shift = -1;
            var bits = Take((long)(range >> 6) + 1);
            for (var row = 0; row < rowCount; row++)
            {
                if (validity == null || Bits.Get(validity, row))
                {
                    var offset = (ulong)(long.CreateTruncating(values[row]) - min);
                    bits[offset >> 6] |= 1UL << (int)(offset & 63);
                }
            }
            return;
        }
        var words = BitOperations.RoundUpToPowerOf2((ulong)Math.Max(64, (long)rowCount * BloomBitsPerRow / 64));
        _shift = 64 - BitOperations.Log2(words);
        var filter = Take((long)words);
        for (var row = 0; row < rowCount; row++)
        {
            if (validity != null && !Bits.Get(validity, row))
                continue;
            var hash = Hash(long.CreateTruncating(values[row]));
            filter[hash >> _shift] |= BitsOf(hash);
        }
    }

    private ulong* Take(long words)
    {
        _context.Memory.Charge(words * 8);
        _charged = words * 8;
        _words = NativeBuffer.Allocate(words * 8, zeroed: true);
        return (ulong*)_words.Pointer;
    }

    // The high bits choose the word, bits from the middle the three within it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Hash(long value)
    {
        var hash = (ulong)value * 0x9E37_79B9_7F4A_7C15;
        return (hash ^ (hash >> 32)) * 0xD6E8_FEB8_6659_FD93;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong BitsOf(ulong hash) => 1UL << (int)(hash & 63) | 1UL << (int)(hash >> 6 & 63) | 1UL << (int)(hash >> 12 & 63);

    /// <summary>Restricts a mask to the rows whose value may be in the filter.</summary>
    /// <param name="key">Flat.</param>
    /// <param name="rowCount">Rows of the batch.</param>
    /// <param name="mask">One bit per row; only rows that are set are looked at.</param>
    public void Restrict(Vector key, int rowCount, ulong* mask)
    {
        if (IsEmpty)
        {
            Bits.Fill(mask, rowCount, false);
            return;
        }
        if (key.Validity != null)
            Bits.And(mask, key.Validity, mask, rowCount);
        switch (key.Physical)
        {
            case PhysicalType.Int16: Restrict((short*)key.Values, rowCount, mask); break;
            case PhysicalType.Int32: Restrict((int*)key.Values, rowCount, mask); break;
            default: Restrict((long*)key.Values, rowCount, mask); break;
        }
    }

    private void Restrict<T>(T* values, int rowCount, ulong* mask) where T : unmanaged, IBinaryInteger<T>
    {
        for (var word = 0; word << 6 < rowCount; word++)
        {
            var wanted = mask[word];
            if (wanted == 0)
                continue;
            var first = values + (word << 6);
            var length = Math.Min(64, rowCount - (word << 6));
            // Few rows are picked one by one; a full word is looked up without a branch.
            if (BitOperations.PopCount(wanted) < 16)
                mask[word] = _shift < 0 ? PickExact(first, wanted) : PickHashed(first, wanted);
            else
                mask[word] = wanted & (_shift < 0 ? AllExact(first, length) : AllHashed(first, length));
        }
    }

    private ulong PickExact<T>(T* values, ulong wanted) where T : unmanaged, IBinaryInteger<T>
    {
        var bits = (ulong*)_words!.Pointer;
        var range = (ulong)(Max - Min);
        var found = 0UL;
        for (; wanted != 0; wanted &= wanted - 1)
        {
            var row = BitOperations.TrailingZeroCount(wanted);
            var offset = (ulong)(long.CreateTruncating(values[row]) - Min);
            if (offset <= range && (bits[offset >> 6] >> (int)(offset & 63) & 1) != 0)
                found |= 1UL << row;
        }
        return found;
    }

    private ulong AllExact<T>(T* values, int length) where T : unmanaged, IBinaryInteger<T>
    {
        var bits = (ulong*)_words!.Pointer;
        var range = (ulong)(Max - Min);
        var min = Min;
        var found = 0UL;
        var row = 0;
        if (Avx2.IsSupported && typeof(T) == typeof(int) && Max <= int.MaxValue && Min >= int.MinValue)
            row = ExactInts((int*)values, length, ref found);
        else if (Avx2.IsSupported && typeof(T) == typeof(long) && range < 1UL << 36)
            row = ExactLongs((long*)values, length, ref found);
        for (; row < length; row++)
        {
            var offset = (ulong)(long.CreateTruncating(values[row]) - min);
            var inside = offset <= range;
            offset = inside ? offset : 0;
            found |= (bits[offset >> 6] >> (int)(offset & 63) & (inside ? 1UL : 0)) << row;
        }
        return found;
    }

    /// <summary>Eight at a time; rows outside of the range look at word 0 and lose.</summary>
    private int ExactInts(int* values, int length, ref ulong found)
    {
        var bits = (int*)_words!.Pointer;
        var min = Vector256.Create((int)Min);
        // Unsigned, by shifting the order: offset <= range.
        var flip = Vector256.Create(int.MinValue);
        var most = Vector256.Create((int)((uint)(Max - Min) ^ 0x8000_0000));
        var row = 0;
        for (; row + 8 <= length; row += 8)
        {
            var offset = Vector256.Load(values + row) - min;
            var outside = Vector256.GreaterThan(offset ^ flip, most);
            offset = Vector256.AndNot(offset, outside);
            var words = Avx2.GatherVector256(bits, (offset >>> 5), 4);
            var bit = Avx2.ShiftLeftLogicalVariable(words, (Vector256.Create(31) - (offset & Vector256.Create(31))).AsUInt32());
            found |= (ulong)Vector256.AndNot(bit, outside).ExtractMostSignificantBits() << row;
        }
        return row;
    }

    private int ExactLongs(long* values, int length, ref ulong found)
    {
        var bits = (long*)_words!.Pointer;
        var min = Vector256.Create(Min);
        var flip = Vector256.Create(long.MinValue);
        var most = Vector256.Create((Max - Min) ^ long.MinValue);
        var row = 0;
        for (; row + 4 <= length; row += 4)
        {
            var offset = Vector256.Load(values + row) - min;
            var outside = Vector256.GreaterThan(offset ^ flip, most);
            offset = Vector256.AndNot(offset, outside);
            var words = Avx2.GatherVector256(bits, offset >>> 6, 8);
            var bit = Avx2.ShiftLeftLogicalVariable(words, (Vector256.Create(63L) - (offset & Vector256.Create(63L))).AsUInt64());
            found |= (ulong)Vector256.AndNot(bit, outside).ExtractMostSignificantBits() << row;
        }
        return row;
    }

    private ulong PickHashed<T>(T* values, ulong wanted) where T : unmanaged, IBinaryInteger<T>
    {
        var filter = (ulong*)_words!.Pointer;
        var found = 0UL;
        for (; wanted != 0; wanted &= wanted - 1)
        {
            var row = BitOperations.TrailingZeroCount(wanted);
            var hash = Hash(long.CreateTruncating(values[row]));
            var bits = BitsOf(hash);
            if ((filter[hash >> _shift] & bits) == bits)
                found |= 1UL << row;
        }
        return found;
    }

    private ulong AllHashed<T>(T* values, int length) where T : unmanaged, IBinaryInteger<T>
    {
        var filter = (ulong*)_words!.Pointer;
        var found = 0UL;
        var row = 0;
        if (Avx2.IsSupported)
        {
            var shift = _shift;
            var low = Vector256.Create(63L);
            var one = Vector256.Create(1UL);
            for (; row + 4 <= length; row += 4)
            {
                var keys = typeof(T) == typeof(long) ? Vector256.Load((ulong*)values + row)
                    : typeof(T) == typeof(int) ? Avx2.ConvertToVector256Int64((int*)values + row).AsUInt64()
                    : Avx2.ConvertToVector256Int64((short*)values + row).AsUInt64();
                var hash = keys * Vector256.Create(0x9E37_79B9_7F4A_7C15);
                hash = (hash ^ (hash >>> 32)) * Vector256.Create(0xD6E8_FEB8_6659_FD93);
                var bits = Avx2.ShiftLeftLogicalVariable(one, hash & low.AsUInt64())
                    | Avx2.ShiftLeftLogicalVariable(one, hash >>> 6 & low.AsUInt64()) | Avx2.ShiftLeftLogicalVariable(one, hash >>> 12 & low.AsUInt64());
                var words = Avx2.GatherVector256(filter, (hash >>> shift).AsInt64(), 8); // in range: as many words as the shift leaves bits
                found |= (ulong)Vector256.Equals(words & bits, bits).ExtractMostSignificantBits() << row;
            }
        }
        for (; row < length; row++)
        {
            var hash = Hash(long.CreateTruncating(values[row]));
            var bits = BitsOf(hash);
            found |= ((filter[hash >> _shift] & bits) == bits ? 1UL : 0) << row;
        }
        return found;
    }

    public void Dispose()
    {
        _words?.Release();
        _words = null;
        _context.Memory.Release(_charged);
        _charged = 0;
    }
}
