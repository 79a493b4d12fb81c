using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace OmenDb.Arrow.Compute;

/// <summary>A key that compares as an unsigned number, and the row it belongs to.</summary>
[StructLayout(LayoutKind.Sequential)]
public record struct KeyRow(ulong Key, long Row);

/// <summary>Stable sorts of (key, row) pairs by unsigned key.</summary>
public static unsafe class RadixSort
{
    /// <summary>Up to here insertion beats counting.</summary>
    private const int InsertionLimit = 48;

    /// <summary>From here on the first pass splits into 256 partitions that then fit the caches (512k pairs are 8 MB).</summary>
    private const int PartitionLimit = 1 << 19;

    /// <param name="entries">Sorted in place.</param>
    /// <param name="scratch">Room for as many; content undefined afterwards.</param>
    /// <param name="count">Pairs.</param>
    public static void Sort(KeyRow* entries, KeyRow* scratch, long count) => SortBytes(entries, scratch, count, 7);

    /// <summary>Sorts by the bytes <paramref name="top"/> (7 is the most significant) down to 0; the bytes above are equal.</summary>
    private static void SortBytes(KeyRow* entries, KeyRow* scratch, long count, int top)
    {
        if (count <= InsertionLimit)
        {
            Insertion(entries, (int)count);
            return;
        }
        // Bytes in which all keys agree need no pass.
        ulong all = ulong.MaxValue, any = 0;
        for (long i = 0; i < count; i++)
        {
            all &= entries[i].Key;
            any |= entries[i].Key;
        }
        var differing = all ^ any;
        while (top >= 0 && (differing >> (top * 8) & 0xFF) == 0)
            top--;
        if (top < 0)
            return;
        if (count > PartitionLimit && top > 0)
        {
            Partition(entries, scratch, count, top);
            return;
        }
        var source = entries;
        var target = scratch;
        var counts = stackalloc long[256];
        for (var b = 0; b <= top; b++)
        {
            if ((differing >> (b * 8) & 0xFF) == 0)
                continue;
            Distribute(source, target, count, b * 8, counts);
            var filled = target;
            target = source;
            source = filled;
        }
        if (source != entries)
            Buffer.MemoryCopy(source, entries, count * sizeof(KeyRow), count * sizeof(KeyRow));
    }

    private static void Partition(KeyRow* entries, KeyRow* scratch, long count, int top)
    {
        var ends = stackalloc long[256];
        Distribute(entries, scratch, count, top * 8, ends);
        Buffer.MemoryCopy(scratch, entries, count * sizeof(KeyRow), count * sizeof(KeyRow));
        long start = 0;
        for (var i = 0; i < 256; i++)
        {
            if (ends[i] - start > 1)
                SortBytes(entries + start, scratch + start, ends[i] - start, top - 1);
            start = ends[i];
        }
    }

    /// <summary>One counting pass; afterwards <paramref name="counts"/> holds the end of each bucket.</summary>
    private static void Distribute(KeyRow* source, KeyRow* target, long count, int shift, long* counts)
    {
        new Span<long>(counts, 256).Clear();
        for (long i = 0; i < count; i++)
            counts[source[i].Key >> shift & 0xFF]++;
        long next = 0;
        for (var i = 0; i < 256; i++)
        {
            var here = counts[i];
            counts[i] = next;
            next += here;
        }
        for (long i = 0; i < count; i++)
            target[counts[source[i].Key >> shift & 0xFF]++] = source[i];
    }

    private static void Insertion(KeyRow* entries, int count)
    {
        for (var i = 1; i < count; i++)
        {
            var entry = entries[i];
            var at = i;
            for (; at > 0 && entries[at - 1].Key > entry.Key; at--)
                entries[at] = entries[at - 1];
            entries[at] = entry;
        }
    }

    /// <summary>Sorts rows by byte keys of one width, stably: 8 bytes at a time, ties by the next 8.</summary>
    /// <param name="keys">Row r's key is at keys + r * width.</param>
    /// <param name="width">Bytes per key.</param>
    /// <param name="entries">Row numbers to sort; the keys in it are overwritten.</param>
    /// <param name="scratch">Room for as many entries.</param>
    /// <param name="count">Entries.</param>
    public static void SortByteKeys(byte* keys, int width, KeyRow* entries, KeyRow* scratch, long count) =>
        SortFrom(keys, width, 0, entries, scratch, count);

    private static void SortFrom(byte* keys, int width, int offset, KeyRow* entries, KeyRow* scratch, long count)
    {
        var take = Math.Min(8, width - offset);
        if (take <= 0 || count < 2)
            return;
        for (long i = 0; i < count; i++)
            entries[i].Key = Chunk(keys + entries[i].Row * width + offset, take);
        Sort(entries, scratch, count);
        if (offset + take == width)
            return;
        for (long start = 0; start < count;)
        {
            var end = start + 1;
            while (end < count && entries[end].Key == entries[start].Key)
                end++;
            if (end - start > 1)
            {
                var key = entries[start].Key;
                SortFrom(keys, width, offset + take, entries + start, scratch + start, end - start);
                // The deeper sort left its own chunk there; neighbours compare by this one.
                for (var i = start; i < end; i++)
                    entries[i].Key = key;
            }
            start = end;
        }
    }

    private static ulong Chunk(byte* bytes, int count)
    {
        if (count == 8)
            return BinaryPrimitives.ReverseEndianness(*(ulong*)bytes);
        ulong key = 0;
        for (var i = 0; i < count; i++)
            key |= (ulong)bytes[i] << (56 - 8 * i);
        return key;
    }
}
