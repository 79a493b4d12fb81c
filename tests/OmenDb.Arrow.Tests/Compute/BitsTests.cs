using OmenDb.Arrow.Compute;

namespace OmenDb.Arrow.Tests.Compute;

public unsafe class BitsTests
{
    [Fact]
    public void Masks_and_indices_are_inverse() => Generated.ForAllSeeds(random =>
    {
        foreach (var rows in Generated.Lengths)
        {
            using var mask = Generated.Mask(random, rows);
            var bits = (ulong*)mask.Pointer;
            var expected = Enumerable.Range(0, rows).Where(row => Bits.Get(bits, row)).ToArray();
            var indices = new int[rows + 1];
            using var back = NativeBuffer.Allocate(Math.Max(8, Bits.WordsFor(rows) * 8));
            fixed (int* p = indices)
            {
                indices[rows] = -7;
                Assert.Equal(expected.Length, Bits.ToIndices(bits, rows, p));
                Assert.Equal(-7, indices[rows]);
                Assert.Equal(expected, indices[..expected.Length]);
                Bits.FromIndices(p, expected.Length, (ulong*)back.Pointer, rows);
            }
            Assert.True(back.Span.SequenceEqual(mask.Span));
            Assert.Equal(expected.Length, Bits.PopCount(bits, rows));
            Assert.Equal(expected.Length > 0, Bits.Any(bits, rows));
            Assert.Equal(expected.Length == rows, Bits.All(bits, rows));
        }
    });

    [Fact]
    public void Ranges_of_bits_move_to_any_position() => Generated.ForAllSeeds(random =>
    {
        using var source = Generated.Mask(random, 300);
        using var target = Generated.Mask(random, 300);
        using var before = NativeBuffer.CopyOf(target.Span);
        var (from, to) = (random.Next(200), random.Next(200));
        var count = random.Next(101);
        Bits.CopyRange((ulong*)source.Pointer, from, (ulong*)target.Pointer, to, count);
        for (var i = 0; i < 300; i++)
        {
            var expected = i >= to && i < to + count ? Bits.Get((ulong*)source.Pointer, from + i - to) : Bits.Get((ulong*)before.Pointer, i);
            Assert.Equal(expected, Bits.Get((ulong*)target.Pointer, i));
        }
        var value = random.Next(2) == 0;
        Bits.SetRange((ulong*)target.Pointer, from, count, value);
        for (var i = from; i < from + count; i++)
            Assert.Equal(value, Bits.Get((ulong*)target.Pointer, i));
    }, 300);

    [Fact]
    public void Three_valued_logic()
    {
        bool?[] values = [true, false, null];
        using var left = new Vector();
        using var right = new Vector();
        using var result = new Vector();
        var a = new VectorWriter(ArrowType.Bool, left, 9);
        var b = new VectorWriter(ArrowType.Bool, right, 9);
        foreach (var x in values)
        {
            foreach (var y in values)
            {
                Append(a, x);
                Append(b, y);
            }
        }
        Logic.And(left, right, 9, result);
        Expect((x, y) => x & y);
        Logic.Or(left, right, 9, result);
        Expect((x, y) => x | y);
        Logic.Not(left, 9, result);
        Expect((x, _) => !x);
        ulong mask;
        Logic.IsTrue(left, 9, &mask);
        Assert.Equal(0b000_000_111UL, mask);
        Logic.IsFalse(left, 9, &mask);
        Assert.Equal(0b000_111_000UL, mask);

        void Expect(Func<bool?, bool?, bool?> op)
        {
            for (var i = 0; i < 9; i++)
                Assert.Equal(op(values[i / 3], values[i % 3]), result.IsValid(i) ? result.GetBool(i) : null);
        }

        static void Append(VectorWriter writer, bool? value)
        {
            if (value is { } known)
                writer.AppendBool(known);
            else
                writer.AppendNull();
        }
    }

    [Fact]
    public void Logic_over_all_kinds() => Generated.ForAllSeeds(random =>
    {
        var rows = random.Pick(Generated.Lengths);
        using var left = Generated.Vector(random, ArrowType.Bool, rows);
        using var right = Generated.Vector(random, ArrowType.Bool, rows);
        using var result = new Vector();
        Logic.And(left, right, rows, result);
        for (var i = 0; i < rows; i++)
            Assert.Equal(Value(left, i) & Value(right, i), Value(result, i));
        Logic.Or(left, right, rows, result);
        for (var i = 0; i < rows; i++)
            Assert.Equal(Value(left, i) | Value(right, i), Value(result, i));

        static bool? Value(Vector vector, int row) => vector.IsValid(row) ? vector.GetBool(row) : null;
    });

    [Fact]
    public void Checksums_have_the_published_values()
    {
        Assert.Equal(0xE3069283u, Crc32C.Compute("123456789"u8));
        Assert.Equal(0u, Crc32C.Compute([]));
        Assert.Equal(0x8A9136AAu, Crc32C.Compute(new byte[32])); // RFC 3720, B.4
        Assert.Equal(Crc32C.Compute("hello world"u8), Crc32C.Append(Crc32C.Compute("hello"u8), " world"u8));
    }

    [Fact]
    public void Radix_sort_is_a_stable_sort() => Generated.ForAllSeeds(random =>
    {
        var count = random.Pick([0, 1, 2, 47, 49, 1000, 5000]);
        var shift = random.Next(64);
        using var buffer = NativeBuffer.Allocate(Math.Max(1, count) * 32L);
        var entries = (KeyRow*)buffer.Pointer;
        for (var i = 0; i < count; i++)
            entries[i] = new KeyRow((ulong)random.NextInt64(long.MinValue, long.MaxValue) >> shift, i);
        var expected = new Span<KeyRow>(entries, count).ToArray().OrderBy(entry => entry.Key).ToArray();
        RadixSort.Sort(entries, entries + count, count);
        Assert.Equal(expected, new Span<KeyRow>(entries, count).ToArray());
    });

    [Fact]
    public void Byte_keys_sort_bytewise() => Generated.ForAllSeeds(random =>
    {
        var count = random.Next(200);
        var width = random.Next(1, 20);
        var keys = new byte[(count * width) + 1];
        for (var i = 0; i < keys.Length; i++)
            keys[i] = (byte)random.Next(3);
        using var buffer = NativeBuffer.Allocate(Math.Max(1, count) * 32L);
        var entries = (KeyRow*)buffer.Pointer;
        for (var i = 0; i < count; i++)
            entries[i] = new KeyRow(0, i);
        var expected = Enumerable.Range(0, count)
            .OrderBy(row => Convert.ToHexString(keys, row * width, width), StringComparer.Ordinal).Select(row => (long)row).ToArray();
        fixed (byte* k = keys)
            RadixSort.SortByteKeys(k, width, entries, entries + count, count);
        Assert.Equal(expected, new Span<KeyRow>(entries, count).ToArray().Select(entry => entry.Row));
    });

    [Fact]
    public void Large_sorts_go_through_partitions()
    {
        const int Count = 600_000;
        var random = new Random(11);
        using var buffer = NativeBuffer.Allocate(Count * 32L, zeroed: false);
        var entries = (KeyRow*)buffer.Pointer;
        for (var i = 0; i < Count; i++)
            entries[i] = new KeyRow((ulong)random.NextInt64() >> 20, i);
        RadixSort.Sort(entries, entries + Count, Count);
        for (var i = 1; i < Count; i++)
        {
            Assert.True(entries[i - 1].Key < entries[i].Key
                || (entries[i - 1].Key == entries[i].Key && entries[i - 1].Row < entries[i].Row));
        }
    }
}
