using System.Buffers.Binary;
using OmenDb.Arrow;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Tables;

namespace OmenDb.Storage.Indexes;

/// <summary>Fills a new index from the rows there are: collect, sort, load.</summary>
/// <remarks>The newest versions are taken, of all rows that are not dead or deleted. Older versions are not entered: snapshots that
/// need them do not use the index (<see cref="TableIndex.IsUsableBy"/>). Beside writers those come too that were replaced since the point
/// from which on snapshots may use it, and rows deleted since then.</remarks>
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

    /// <param name="index">Empty.</param>
    /// <param name="segments">With all rows that were there at the beginning.</param>
    /// <param name="online">Null: nobody writes the table meanwhile.</param>
    /// <param name="progress">Null: nobody looks.</param>
    /// <param name="duplicate">A unique index that cannot be: two rows with the same key.</param>
    public static bool Build(TableIndex index, Segment[] segments, OnlineBuild? online, IndexProgress? progress, out (RowId First, RowId Second) duplicate)
    {
        var found = new Found[segments.Length];
        if (progress is not null)
            progress.VectorsTotal = segments.Sum(s => s.VectorCount);
        if (segments.Length < 2)
            CollectSegments(0, segments.Length);
        else
            InParallel(segments.Length, s => CollectSegments(s, s + 1));
        foreach (var row in found.SelectMany(f => f.Nulls))
            index.AddNull(row);
        if (progress is not null)
            progress.Phase = IndexPhase.Sorting;
        ulong[] rows = Joined(found.Select(f => f.Rows));
        return index.Layout.IsFixed
            ? LoadFixed(index, Joined(found.Select(f => f.FixedKeys)), rows, online, progress, out duplicate)
            : LoadBytes(index, [.. found.SelectMany(f => f.Keys)], rows, online, progress, out duplicate);

        void CollectSegments(int first, int end)
        {
            for (var s = first; s < end; s++)
            {
                found[s] = new Found();
                for (var v = 0; v < segments[s].VectorCount; v++)
                {
                    progress?.CheckInterrupts();
                    var before = found[s].Rows.Count;
                    Collect(index, segments[s].Vector(v), found[s], online is not null);
                    progress?.VectorDone(found[s].Rows.Count - before);
                }
            }
        }
    }

    private static void InParallel(int count, Action<int> body)
    {
        try
        {
            Parallel.For(0, count, body);
        }
        catch (AggregateException several) when (several.InnerExceptions.FirstOrDefault(e => e is OperationCanceledException or Types.SqlException) is { } first)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(first); // as one thread would have thrown it
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

    private static void Collect(TableIndex index, VectorSlot slot, Found found, bool online)
    {
        List<RowId>? versioned = online ? [] : null;
        if (!CollectFixed(index, slot, found, versioned))
            CollectAny(index, slot, found, versioned);
        foreach (var row in versioned ?? [])
            CollectVersions(index, row, found);
    }

    private static void CollectAny(TableIndex index, VectorSlot slot, Found found, List<RowId>? versioned)
    {
        Span<KeyCell> cells = stackalloc KeyCell[index.Columns.Length];
        slot.Latch.Enter();
        try
        {
            for (var row = 0; row < slot.RowCount; row++)
            {
                if (!IsPlain(slot, row, versioned))
                    continue;
                index.Table.ReadCells(slot, row, index.Columns, cells);
                if (index.KeyOf(cells, slot.Arena.Published.Pointers, out var hasNull) is { } key)
                    Add(index, slot.FirstRow + row, key, hasNull, found);
            }
        }
        finally
        {
            slot.Latch.Exit();
        }
    }

    /// <summary>A row with more than one version, or deleted perhaps.</summary>
    private static void CollectVersions(TableIndex index, RowId row, Found found)
    {
        using var reader = new RowVersionReader(index, row);
        var built = index.Built!.Value.At.Value;
        if (!reader.Exists || reader.DeletedBy?.Value <= built)
            return;
        List<byte[]>? keys = null;
        do
        {
            if (reader.Key(out var hasNull) is not { } key || keys?.Exists(known => known.AsSpan().SequenceEqual(key)) == true)
                continue;
            (keys ??= []).Add(key);
            Add(index, row, key, hasNull, found);
        }
        while (reader.Undo is { } record && !index.IsBefore(record) && reader.MoveOlder());
    }

    private static void Add(TableIndex index, RowId row, byte[] key, bool hasNull, Found found)
    {
        if (!index.Layout.IsFixed)
        {
            found.Keys.Add((key, hasNull));
        }
        else if (hasNull)
        {
            found.Nulls.Add(row);
            return;
        }
        else
        {
            found.FixedKeys.Add(BinaryPrimitives.ReadUInt64BigEndian(key));
        }
        found.Rows.Add(row.Value);
    }

    /// <summary>Under the latch: whether the value in place is all that counts of a row.</summary>
    /// <param name="slot">The vector.</param>
    /// <param name="row">In it.</param>
    /// <param name="versioned">Receives rows whose versions are to be looked at one by one; null: nobody writes, what is deleted is out.</param>
    private static bool IsPlain(VectorSlot slot, int row, List<RowId>? versioned)
    {
        if (slot.IsDead(row))
            return false;
        if (slot.Versions is not { } versions || versions.Find(row) is not (>= 0 and var entry))
            return true;
        if (versioned is null)
            return versions.Entries[entry].DeletedBy is null;
        versioned.Add(slot.FirstRow + row);
        return false;
    }

    /// <summary>Plain numbers without nulls are read at once: no key is made into bytes.</summary>
    private static bool CollectFixed(TableIndex index, VectorSlot slot, Found found, List<RowId>? versioned)
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
                if (!IsPlain(slot, row, versioned))
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

    private static bool LoadFixed(TableIndex index, ulong[] keys, ulong[] rows, OnlineBuild? online, IndexProgress? progress, out (RowId First, RowId Second) duplicate)
    {
        KeySort.Sort(ref keys, ref rows, Environment.ProcessorCount);
        progress?.CheckInterrupts();
        duplicate = default;
        List<int>? shared = null;
        for (var i = 0; i < keys.Length;)
        {
            var end = i + 1;
            while (end < keys.Length && keys[end] == keys[i])
                end++;
            if (end - i > 1)
            {
                if (index.Definition.IsUnique && online is null)
                {
                    duplicate = (new RowId(rows[i]), new RowId(rows[i + 1]));
                    return false;
                }
                if (index.Definition.IsUnique)
                    (shared ??= []).Add(i);
                Array.Sort(rows, i, end - i); // equal keys stand in the order of their rows
            }
            i = end;
        }
        BeginLoad(progress);
        if (keys.Length > 0)
            ((FixedKeys)index.Keys).Index.BulkLoad(keys, rows, Environment.ProcessorCount);
        foreach (var i in shared ?? [])
        {
            var key = new byte[8];
            BinaryPrimitives.WriteUInt64BigEndian(key, keys[i]);
            if (!online!.Suspect(key, out duplicate))
                return false;
        }
        return true;
    }

    private static void BeginLoad(IndexProgress? progress)
    {
        progress?.CheckInterrupts();
        if (progress is not null)
            progress.Phase = IndexPhase.Loading;
    }

    private static bool LoadBytes(TableIndex index, List<(byte[] Key, bool HasNull)> keyList, ulong[] rowList, OnlineBuild? online, IndexProgress? progress,
        out (RowId First, RowId Second) duplicate)
    {
        progress?.CheckInterrupts();
        duplicate = default;
        List<byte[]>? shared = null;
        var order = ByteKeySort.Order(keyList, rowList, Environment.ProcessorCount);
        var size = 0L;
        for (var i = 0; i < order.Length; i++)
        {
            var (key, hasNull) = keyList[order[i]];
            size += key.Length;
            if (i == 0 || !index.Definition.IsUnique || (hasNull && !index.Definition.NullsNotDistinct) || !key.AsSpan().SequenceEqual(keyList[order[i - 1]].Key))
                continue;
            if (online is null)
            {
                duplicate = (new RowId(rowList[order[i - 1]]), new RowId(rowList[order[i]]));
                return false;
            }
            (shared ??= []).Add(key);
        }
        BeginLoad(progress);
        if (size > int.MaxValue)
        {
            foreach (var entry in order)
                index.Keys.Insert(keyList[entry].Key, new RowId(rowList[entry]));
        }
        else if (order.Length > 0)
        {
            BulkLoad(index, keyList, rowList, order, (int)size);
        }
        foreach (var key in shared ?? [])
        {
            if (!online!.Suspect(key, out duplicate))
                return false;
        }
        return true;
    }

    private static void BulkLoad(TableIndex index, List<(byte[] Key, bool HasNull)> keyList, ulong[] rowList, int[] order, int size)
    {
        var bytes = new byte[size];
        var ends = new int[order.Length];
        var rows = new ulong[order.Length];
        var at = 0;
        for (var i = 0; i < order.Length; i++)
        {
            var key = keyList[order[i]].Key;
            key.CopyTo(bytes, at);
            at += key.Length;
            ends[i] = at;
            rows[i] = rowList[order[i]];
        }
        index.Keys.BulkLoad(bytes, ends, rows);
    }
}
