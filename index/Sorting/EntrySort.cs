using System.Runtime.InteropServices;
using OmenDb.Index.Nodes;

namespace OmenDb.Index.Sorting;

/// <summary>Sorts pairs (key, row id) by both: a sample divides them into buckets that fit a core's cache, which are then sorted one by one.</summary>
/// <remarks>
/// <code>
///   classify (per thread)   count (per thread and bucket)   scatter (per thread)   sort (per bucket)
///   source ───────────────► positions ────────────────────► scratch ─────────────► back to source
/// </code>
/// Splitters come from the data: skewed keys make equal buckets all the same. A key that fills a bucket alone needs its rows sorted only.
/// </remarks>
internal static unsafe class EntrySort
{
    private const int Buckets = 256;
    private const int SamplesPerBucket = 16;

    /// <summary>Entries below which buckets do not pay.</summary>
    private const int LeastEntries = 1 << 16;

    public static void Sort(Span<ulong> keys, Span<ulong> rows, int parallelism)
    {
        if (IsSorted(keys, rows))
            return; // given out in order: the common case of identity keys
        if (keys.Length < LeastEntries)
        {
            SortBucket(keys, rows);
            return;
        }
        var bytes = (nuint)keys.Length * sizeof(ulong);
        var scratch = (ulong*)NativeMemory.Alloc(2 * bytes);
        try
        {
            fixed (ulong* firstKey = keys, firstRow = rows)
                new Pass(firstKey, firstRow, scratch, scratch + keys.Length, keys.Length, parallelism).Run();
        }
        finally
        {
            NativeMemory.Free(scratch);
        }
    }

    private static bool IsSorted(ReadOnlySpan<ulong> keys, ReadOnlySpan<ulong> rows)
    {
        for (var i = 1; i < keys.Length; i++)
        {
            if (keys[i] < keys[i - 1] || (keys[i] == keys[i - 1] && rows[i] < rows[i - 1]))
                return false;
        }
        return true;
    }

    private static void SortBucket(Span<ulong> keys, Span<ulong> rows)
    {
        keys.Sort(rows);
        for (var start = 0; start < keys.Length;)
        {
            var end = start + 1;
            while (end < keys.Length && keys[end] == keys[start])
                end++;
            if (end > start + 1)
                rows[start..end].Sort();
            start = end;
        }
    }

    /// <summary>One division into buckets and their sorting.</summary>
    private sealed class Pass(ulong* keys, ulong* rows, ulong* toKeys, ulong* toRows, int count, int parallelism)
    {
        private readonly ulong[] _splitters = new ulong[Buckets]; // bucket i holds keys below splitter i; the last is a dummy
        private readonly int _parts = parallelism;
        private readonly ParallelOptions _options = new() { MaxDegreeOfParallelism = parallelism };

        public void Run()
        {
            Sample();
            var places = new int[_parts][];
            Parallel.For(0, _parts, _options, part => places[part] = Count(part));
            var starts = new int[Buckets + 1];
            var sum = 0;
            for (var bucket = 0; bucket < Buckets; bucket++)
            {
                starts[bucket] = sum;
                for (var part = 0; part < _parts; part++)
                    (places[part][bucket], sum) = (sum, sum + places[part][bucket]);
            }
            starts[Buckets] = count;
            Parallel.For(0, _parts, _options, part => Scatter(part, places[part]));
            Parallel.For(0, Buckets, _options, bucket =>
            {
                var start = starts[bucket];
                var length = starts[bucket + 1] - start;
                var bucketKeys = new Span<ulong>(toKeys + start, length);
                var bucketRows = new Span<ulong>(toRows + start, length);
                SortBucket(bucketKeys, bucketRows);
                bucketKeys.CopyTo(new Span<ulong>(keys + start, length));
                bucketRows.CopyTo(new Span<ulong>(rows + start, length));
            });
        }

        private void Sample()
        {
            var sample = new ulong[Buckets * SamplesPerBucket];
            var random = new Random(count);
            for (var i = 0; i < sample.Length; i++)
                sample[i] = keys[random.Next(count)];
            Array.Sort(sample);
            for (var i = 0; i < Buckets - 1; i++)
                _splitters[i] = sample[(i + 1) * SamplesPerBucket];
            _splitters[Buckets - 1] = ulong.MaxValue;
        }

        private (int Start, int End) Part(int part) => ((int)((long)count * part / _parts), (int)((long)count * (part + 1) / _parts));

        private int[] Count(int part)
        {
            var (start, end) = Part(part);
            var counts = new int[Buckets];
            fixed (ulong* splitters = _splitters)
            {
                for (var i = start; i < end; i++)
                    counts[BucketOf(splitters, keys[i])]++;
            }
            return counts;
        }

        private void Scatter(int part, int[] places)
        {
            var (start, end) = Part(part);
            fixed (ulong* splitters = _splitters)
            {
                for (var i = start; i < end; i++)
                {
                    var place = places[BucketOf(splitters, keys[i])]++;
                    toKeys[place] = keys[i];
                    toRows[place] = rows[i];
                }
            }
        }

        /// <summary>Splitters that are not above the key: the same bucket for all entries of a key.</summary>
        private static int BucketOf(ulong* splitters, ulong key)
        {
            var bucket = 0;
            for (var half = Buckets / 2; half > 0; half >>= 1)
                bucket += half & -(1 - SlotSearch.Below(key, splitters[bucket + half - 1]));
            return bucket;
        }
    }
}
