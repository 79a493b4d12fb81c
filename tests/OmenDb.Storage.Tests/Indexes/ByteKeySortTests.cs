using OmenDb.Storage.Indexes;

namespace OmenDb.Storage.Tests.Indexes;

public sealed class ByteKeySortTests
{
    /// <summary>Against a plain sort: keys with common beginnings, keys that begin others, zeros at ends, many equal ones; enough for several threads.</summary>
    [Theory]
    [InlineData(0, 4)]
    [InlineData(1, 4)]
    [InlineData(50, 1)]
    [InlineData(3_000, 2)]
    [InlineData(200_000, 3)]
    public void Order_is_that_of_a_plain_sort(int count, int parallelism)
    {
        for (var seed = 1; seed <= (count > 10_000 ? 3 : 40); seed++)
        {
            var random = new Random(seed);
            var prefix = new byte[random.Next(12)];
            random.NextBytes(prefix);
            var letters = random.Next(1, 5);
            var longest = random.Next(1, 14);
            var keys = new List<(byte[] Key, bool HasNull)>();
            var rows = new ulong[count];
            for (var i = 0; i < count; i++)
            {
                var key = new byte[prefix.Length + random.Next(longest + 1)];
                prefix.CopyTo(key, 0);
                for (var at = prefix.Length; at < key.Length; at++)
                    key[at] = (byte)random.Next(letters);
                keys.Add((key, false));
                rows[i] = (ulong)random.Next(Math.Max(1, count));
            }
            var order = ByteKeySort.Order(keys, rows, parallelism);
            Assert.Equal(count, order.Distinct().Count());
            for (var i = 1; i < count; i++)
            {
                var compared = keys[order[i - 1]].Key.AsSpan().SequenceCompareTo(keys[order[i]].Key);
                Assert.True(compared < 0 || (compared == 0 && rows[order[i - 1]] <= rows[order[i]]), $"seed {seed}: positions {i - 1} and {i} are out of order");
            }
        }
    }
}
