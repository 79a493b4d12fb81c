using OmenDb.Arrow;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Tables;

namespace OmenDb.Storage.Indexes;

/// <summary>Fills a new index from the rows there are: collect, sort, load.</summary>
/// <remarks>The newest versions are taken, of all rows that are not dead or deleted. Older versions are not entered: snapshots that
/// need them do not use the index (<see cref="TableIndex.IsUsableBy"/>).</remarks>
internal static unsafe class IndexBuilder
{
    /// <summary>Keys and rows of one segment.</summary>
    private sealed class Found
    {
        public readonly List<(byte[] Key, bool HasNull)> Keys = [];
        public readonly List<ulong> FixedKeys = [];
        public readonly List<ulong> Rows = [];
        public readonly List<RowId> Nulls = [];
    }

    public static bool Build(TableIndex index, Segment[] segments, out (RowId First, RowId Second) duplicate)
    {
        var found = new Found[segments.Length];
        if (segments.Length < 2)
            CollectSegments(0, segments.Length);
        else
            Parallel.For(0, segments.Length, s => CollectSegments(s, s + 1));
        foreach (var row in found.SelectMany(f => f.Nulls))
            index.AddNull(row);
        ulong[] rows = Joined(found.Select(f => f.Rows));
        return index.Layout.IsFixed
            ? LoadFixed(index, Joined(found.Select(f => f.FixedKeys)), rows, out duplicate)
            : LoadBytes(index, [.. found.SelectMany(f => f.Keys)], rows, out duplicate);

        void CollectSegments(int first, int end)
        {
            for (var s = first; s < end; s++)
            {
                found[s] = new Found();
                for (var v = 0; v < segments[s].VectorCount; v++)
                    Collect(index, segments[s].Vector(v), found[s]);
            }
        }
    }

    private static ulong[] Joined(IEnumerable<List<ulong>> pieces)
    {
        var lists = pieces.ToArray();
        var joined = new ulong[lists.Sum(list => list.Count)];
        var at = 0;
        foreach (var list in lists)
        {
            list.CopyTo(joined, at);
            at += list.Count;
        }
        return joined;
    }

    private static void Collect(TableIndex index, VectorSlot slot, Found found)
    {
        if (CollectFixed(index, slot, found))
            return;
        Span<KeyCell> cells = stackalloc KeyCell[index.Columns.Length];
        slot.Latch.Enter();
        try
        {
            for (var row = 0; row < slot.RowCount; row++)
            {
                if (slot.IsDead(row) || IsDeleted(slot.Versions, row))
                    continue;
                index.Table.ReadCells(slot, row, index.Columns, cells);
                if (index.KeyOf(cells, slot.Arena.Published.Pointers, out var hasNull) is not { } key)
                    continue;
                var id = slot.FirstRow + row;
                if (index.Layout.IsFixed)
                {
                    if (hasNull)
                    {
                        found.Nulls.Add(id);
                        continue;
                    }
                    found.FixedKeys.Add(System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(key));
                }
                else
                {
                    found.Keys.Add((key, hasNull));
                }
                found.Rows.Add(id.Value);
            }
        }
        finally
        {
            slot.Latch.Exit();
        }
    }

    /// <summary>Plain numbers without nulls are read at once: no key is made into bytes.</summary>
    private static bool CollectFixed(TableIndex index, VectorSlot slot, Found found)
    {
        if (!index.Layout.IsFixed || index.Definition.PredicateColumn >= 0)
            return false;
        slot.Latch.Enter();
        try
        {
            ref var chunk = ref slot.Columns[index.Columns[0]];
            if (!chunk.HasMemory || chunk.Validity is not null || chunk.Sealed?.NullCount(slot.FirstRow.Vector) > 0)
                return false; // all default, or nulls: the long way
            var numbers = new ulong[slot.RowCount];
            if (chunk.Sealed is { } narrow)
            {
                using var values = NativeBuffer.Allocate(narrow.Type.Physical.BytesFor(slot.RowCount), zeroed: false);
                narrow.Decode(slot.FirstRow.Vector, slot.RowCount, values.Pointer);
                index.Layout.EncodeFixed(values.Pointer, 0, numbers);
            }
            else
            {
                index.Layout.EncodeFixed(chunk.Values!.Pointer, 0, numbers); // in range: values reach to the row count
            }
            for (var row = 0; row < numbers.Length; row++)
            {
                if (slot.IsDead(row) || IsDeleted(slot.Versions, row))
                    continue;
                found.FixedKeys.Add(numbers[row]);
                found.Rows.Add((slot.FirstRow + row).Value);
            }
            return true;
        }
        finally
        {
            slot.Latch.Exit();
        }
    }

    private static bool IsDeleted(VectorVersions? versions, int row) =>
        versions is not null && versions.Find(row) is >= 0 and var entry && versions.Entries[entry].DeletedBy is not null;

    private static bool LoadFixed(TableIndex index, ulong[] keys, ulong[] rows, out (RowId, RowId) duplicate)
    {
        KeySort.Sort(ref keys, ref rows, Environment.ProcessorCount);
        duplicate = default;
        var bytes = new byte[keys.Length * 8];
        var ends = new int[keys.Length];
        for (var i = 0; i < keys.Length;)
        {
            var end = i + 1;
            while (end < keys.Length && keys[end] == keys[i])
                end++;
            if (end - i > 1)
            {
                if (index.Definition.IsUnique)
                {
                    duplicate = (new RowId(rows[i]), new RowId(rows[i + 1]));
                    return false;
                }
                Array.Sort(rows, i, end - i); // equal keys stand in the order of their rows
            }
            for (; i < end; i++)
            {
                System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(i * 8), keys[i]);
                ends[i] = (i + 1) * 8;
            }
        }
        if (keys.Length > 0)
            index.Keys.BulkLoad(bytes, ends, rows);
        return true;
    }

    private static bool LoadBytes(TableIndex index, List<(byte[] Key, bool HasNull)> keyList, ulong[] rowList, out (RowId, RowId) duplicate)
    {
        duplicate = default;
        var order = new int[keyList.Count];
        for (var i = 0; i < order.Length; i++)
            order[i] = i;
        Array.Sort(order, (a, b) =>
        {
            var byKey = keyList[a].Key.AsSpan().SequenceCompareTo(keyList[b].Key);
            return byKey != 0 ? byKey : rowList[a].CompareTo(rowList[b]);
        });
        var size = 0L;
        foreach (var (key, _) in keyList)
            size += key.Length;
        var ends = new int[order.Length];
        var rows = new ulong[order.Length];
        if (size > int.MaxValue)
        {
            for (var i = 0; i < order.Length; i++)
                index.Keys.Insert(keyList[order[i]].Key, new RowId(rowList[order[i]]));
            return true;
        }
        var bytes = new byte[size];
        var at = 0;
        for (var i = 0; i < order.Length; i++)
        {
            var (key, hasNull) = keyList[order[i]];
            if (i > 0 && index.Definition.IsUnique && key.AsSpan().SequenceEqual(keyList[order[i - 1]].Key)
                && (index.Definition.NullsNotDistinct || !hasNull))
            {
                duplicate = (new RowId(rowList[order[i - 1]]), new RowId(rowList[order[i]]));
                return false;
            }
            key.CopyTo(bytes, at);
            at += key.Length;
            ends[i] = at;
            rows[i] = rowList[order[i]];
        }
        if (order.Length > 0)
            index.Keys.BulkLoad(bytes, ends, rows);
        return true;
    }
}
