using OmenDb.Arrow;
using OmenDb.Storage.Indexes;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Transactions;

namespace OmenDb.Storage.Tables;

public sealed partial class Table
{
    /// <summary>Makes an index over all rows and keeps it from now on. Nobody else may write the table meanwhile (a share lock).</summary>
    /// <param name="definition">Physical columns.</param>
    /// <param name="snapshot">Of the statement; own changes are indexed too. Null at start, when everything is visible.</param>
    /// <param name="duplicate">A unique index that cannot be: two rows with the same key.</param>
    /// <param name="newest">The newest commit that may have changed rows.</param>
    /// <returns>The index; null when there is a duplicate: nothing has changed then.</returns>
    public TableIndex? CreateIndex(IndexDefinition definition, Snapshot? snapshot, out (RowId First, RowId Second) duplicate,
        Timestamp newest = default)
    {
        var index = new TableIndex(this, definition);
        if (!IndexBuilder.Build(index, _segments, online: null, progress: null, out duplicate))
        {
            index.Release();
            return null;
        }
        if (snapshot?.Transaction is { } maker)
            index.Built = (newest, maker.Stamp, snapshot.Command);
        List(index);
        return index;
    }

    /// <summary>An index that stands empty in the list: writers that begin from now on tell it what they do.</summary>
    internal TableIndex ListEmpty(IndexDefinition definition)
    {
        var index = new TableIndex(this, definition) { IsHidden = true, Backlog = new IndexBacklog() };
        List(index);
        return index;
    }

    private void List(TableIndex index)
    {
        lock (_shape)
            _indexes = [.. _indexes, index];
    }

    /// <summary>The index of a number, as a snapshot may use it; one that it may not use when there is no other. Null: there is none.</summary>
    /// <remarks>There are two of a number for a while after it was made anew: those who were there before may need the former.</remarks>
    public TableIndex? FindIndex(int oid, Snapshot? snapshot = null)
    {
        var indexes = _indexes;
        TableIndex? newest = null;
        for (var i = indexes.Length - 1; i >= 0; i--)
        {
            if (indexes[i].Oid != oid || indexes[i].IsHidden)
                continue;
            if (snapshot is null || indexes[i].IsUsableBy(snapshot))
                return indexes[i];
            newest ??= indexes[i];
        }
        return newest;
    }

    /// <summary>Whether every index that can be found is one that a snapshot may use.</summary>
    public bool HasIndexesFor(Snapshot snapshot)
    {
        foreach (var index in _indexes)
        {
            if (!index.IsHidden && !index.IsUsableBy(snapshot) && !FindIndex(index.Oid, snapshot)!.IsUsableBy(snapshot))
                return false;
        }
        return true;
    }

    /// <summary>Forgets an index: from now on nothing is kept for it. Its memory goes with its last user.</summary>
    /// <param name="index">Nobody finds it any more.</param>
    /// <param name="holders">Transactions that may be in a call that has found it before.</param>
    internal void DropIndex(TableIndex index, IReadOnlyList<Transaction> holders)
    {
        lock (_shape)
        {
            if (!_indexes.Contains(index))
                return;
            _indexes = [.. _indexes.Where(i => i != index)];
        }
        foreach (var holder in holders)
        {
            if (index.TryRetain() && !holder.TryOnEnd(index.Release))
                index.Release();
        }
        index.Release();
    }

    /// <summary>Under the latch: values in place.</summary>
    internal void ReadCells(VectorSlot slot, int row, ReadOnlySpan<int> columns, Span<KeyCell> cells)
    {
        for (var i = 0; i < columns.Length; i++)
        {
            MakeReal(slot, columns[i]);
            cells[i] = KeyCell.InPlace(slot, row, columns[i], _columns[columns[i]]);
        }
    }

    private KeyedIndexes AffectedIndexes(ReadOnlySpan<int> columns)
    {
        List<TableIndex>? affected = null;
        foreach (var index in _indexes)
        {
            foreach (var column in columns)
            {
                if (index.Uses(column))
                {
                    (affected ??= []).Add(index);
                    break;
                }
            }
        }
        return new KeyedIndexes(affected?.ToArray());
    }

    /// <summary>Enters appended rows into all indexes.</summary>
    private WriteResult IndexAppended(Transaction transaction, int firstEntry, int firstIndex)
    {
        var indexes = _indexes;
        if (firstIndex != 0 && indexes.Length > 1)
            indexes = [.. indexes.OrderBy(index => index.Oid == firstIndex ? 0 : 1)];
        var rowsBefore = 0;
        var numbers = _numbers ??= new ulong[RowId.VectorRows];
        for (var e = firstEntry; e < transaction.Undo.Count; e++)
        {
            var entry = transaction.Undo[e];
            foreach (var index in indexes)
            {
                if (!index.Definition.IsDeferrable && TryFixedKeys(index, entry, numbers))
                {
                    var added = index.AddFixed(numbers.AsSpan(0, entry.Count), entry.Slot.FirstRow + entry.Start, transaction);
                    if (!added.IsOk)
                        return added with { Row = rowsBefore + added.Row };
                    continue;
                }
                for (var i = 0; i < entry.Count; i++)
                {
                    if (KeyInPlace(index, entry.Slot, entry.Start + i, out var hasNull) is not { } key)
                        continue;
                    var result = index.Add(key, hasNull, entry.Slot.FirstRow + (entry.Start + i), transaction, mayDefer: index.Definition.IsDeferrable);
                    if (!result.IsOk)
                        return result with { Row = rowsBefore + i };
                }
            }
            rowsBefore += entry.Count;
        }
        return WriteResult.Ok;
    }

    [ThreadStatic]
    private static ulong[]? _numbers;

    /// <summary>Reads all keys of appended rows at once, where they are plain numbers.</summary>
    private static unsafe bool TryFixedKeys(TableIndex index, in UndoEntry entry, ulong[] numbers)
    {
        if (!index.Layout.IsFixed || index.Definition.PredicateColumn >= 0)
            return false;
        var slot = entry.Slot;
        slot.Latch.Enter();
        try
        {
            ref var chunk = ref slot.Columns[index.Columns[0]];
            if (chunk.Values is null)
                return false;
            if (chunk.Validity is { } validity)
            {
                for (var row = entry.Start; row < entry.Start + entry.Count; row++)
                {
                    if (!ColumnCopy.GetBit((ulong*)validity.Pointer, row))
                        return false;
                }
            }
            index.Layout.EncodeFixed(chunk.Values.Pointer, entry.Start, numbers.AsSpan(0, entry.Count));
            return true;
        }
        finally
        {
            slot.Latch.Exit();
        }
    }

    private void RemoveInsertedKeys(in UndoEntry entry)
    {
        foreach (var index in _indexes)
        {
            for (var i = 0; i < entry.Count; i++)
                RemoveKeyInPlace(index, entry.Slot, entry.Start + i);
        }
    }

    /// <summary>By whoever collects garbage, without a lock on the table.</summary>
    private void RemoveDeletedKeys(in UndoEntry entry)
    {
        foreach (var index in _indexes)
        {
            if (!index.TryRetain())
                continue;
            foreach (var row in entry.Rows!)
                RemoveKeyInPlace(index, entry.Slot, row);
            index.Release();
        }
    }

    private void RemoveKeyInPlace(TableIndex index, VectorSlot slot, int row)
    {
        if (KeyInPlace(index, slot, row, out var hasNull) is { } key)
            index.Remove(key, hasNull, slot.FirstRow + row);
    }

    /// <summary>The key of the newest version.</summary>
    internal unsafe byte[]? KeyInPlace(TableIndex index, VectorSlot slot, int row, out bool hasNull)
    {
        Span<KeyCell> cells = stackalloc KeyCell[index.Columns.Length];
        slot.Latch.Enter();
        try
        {
            ReadCells(slot, row, index.Columns, cells);
            return index.KeyOf(cells, slot.Arena.Published.Pointers, out hasNull);
        }
        finally
        {
            slot.Latch.Exit();
        }
    }
}
