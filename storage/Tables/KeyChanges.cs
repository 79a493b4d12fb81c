using OmenDb.Storage.Indexes;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Transactions;

namespace OmenDb.Storage.Tables;

/// <summary>The indexes whose keys an update may change; none, most of the time.</summary>
internal readonly struct KeyedIndexes(TableIndex[]? indexes)
{
    public ReadOnlySpan<TableIndex> All => indexes;

    public KeyChanges Begin(Table table, ReadOnlySpan<RowId> rows) => indexes is null ? default : new KeyChanges(table, indexes, rows.ToArray());

    public KeyChanges Begin(Table table, UndoRecord record)
    {
        if (indexes is null)
            return default;
        var rows = new RowId[record.Rows.Length];
        for (var i = 0; i < rows.Length; i++)
            rows[i] = record.Slot.FirstRow + record.Rows[i];
        return new KeyChanges(table, indexes, rows);
    }
}

/// <summary>Keys of some rows of one vector before and after a change. Keys are read under the vector's latch and applied after it: index
/// nodes are latched before vectors, never the other way.</summary>
internal readonly struct KeyChanges
{
    private readonly struct Key
    {
        public byte[]? Bytes { get; init; } // null: the row is not in the index
        public bool HasNull { get; init; }

        public bool Same(in Key other) => Bytes is null ? other.Bytes is null : other.Bytes is not null && Bytes.AsSpan().SequenceEqual(other.Bytes);
    }

    private readonly Table? _table;
    private readonly TableIndex[] _indexes;
    private readonly RowId[] _rows;
    private readonly Key[] _old;
    private readonly Key[] _new;

    public KeyChanges(Table table, TableIndex[] indexes, RowId[] rows)
    {
        _table = table;
        _indexes = indexes;
        _rows = rows;
        _old = new Key[indexes.Length * rows.Length];
        _new = new Key[indexes.Length * rows.Length];
    }

    /// <summary>Under the latch, before the change (or after it was taken back).</summary>
    public void ReadOldKeys(VectorSlot slot, ushort[] rows) => Read(slot, rows, _old);

    /// <summary>Under the latch, after the change (or before it is taken back).</summary>
    public void ReadNewKeys(VectorSlot slot, ushort[] rows) => Read(slot, rows, _new);

    private unsafe void Read(VectorSlot slot, ushort[] rows, Key[] target)
    {
        if (_table is null)
            return;
        Span<KeyCell> cells = stackalloc KeyCell[40];
        for (var i = 0; i < _indexes.Length; i++)
        {
            var columns = _indexes[i].Columns;
            for (var r = 0; r < rows.Length; r++)
            {
                _table.ReadCells(slot, rows[r], columns, cells);
                // The arena after the cells: a default that has just been made real may stand in a new block.
                var bytes = _indexes[i].KeyOf(cells[..columns.Length], slot.Arena.Published.Pointers, out var hasNull);
                target[i * rows.Length + r] = new Key { Bytes = bytes, HasNull = hasNull };
            }
        }
    }

    /// <summary>Under the latch, with both keys read: notes rows that got another unique key, and how many keys each leaves behind.</summary>
    public void Note(UndoRecord record, VectorVersions versions)
    {
        if (_table is null)
            return;
        for (var i = 0; i < _indexes.Length; i++)
        {
            var isKey = _indexes[i].Definition.IsUnique && _indexes[i].Definition.PredicateColumn < 0;
            for (var r = 0; r < _rows.Length; r++)
            {
                ref readonly var before = ref _old[i * _rows.Length + r];
                if (before.Same(_new[i * _rows.Length + r]))
                    continue;
                if (isKey)
                    (record.KeyChanged ??= new bool[_rows.Length])[r] = true;
                if (before.Bytes is null)
                    continue;
                (record.StaleKeys ??= new ushort[_rows.Length])[r]++;
                versions.GetOrAdd(record.Rows[r]).StaleKeys++;
            }
        }
    }

    /// <summary>Adds entries for keys that are new, and notes those that only old snapshots need.</summary>
    public WriteResult Apply(Transaction transaction)
    {
        if (_table is null)
            return WriteResult.Ok;
        for (var i = 0; i < _indexes.Length; i++)
        {
            for (var r = 0; r < _rows.Length; r++)
            {
                ref readonly var before = ref _old[i * _rows.Length + r];
                ref readonly var after = ref _new[i * _rows.Length + r];
                if (before.Same(after))
                    continue;
                if (before.Bytes is not null)
                    transaction.Stale.Add(new StaleKey(_indexes[i], before.Bytes, _rows[r]));
                if (after.Bytes is null)
                    continue;
                var result = _indexes[i].Add(after.Bytes, after.HasNull, _rows[r], transaction, mayDefer: true);
                if (!result.IsOk)
                    return result with { Row = r };
            }
        }
        return WriteResult.Ok;
    }

    /// <summary>After the change was taken back: entries of keys that no version carries go.</summary>
    /// <remarks>
    /// A version that everybody's snapshots have left behind does not count, though it may still be linked:
    /// <code>
    /// row: A, then B (commit 5)     this transaction              garbage collection of commit 5
    /// ----------------------------  ----------------------------  ------------------------------------------
    ///                               B becomes A again
    ///                                                             entry A: the row has it again, not removed
    ///                               takes A back: entry A?
    ///                               commit 5's record has it
    ///                                                             unlinks the record; entry A would stay for ever
    /// </code></remarks>
    public void RemoveNewKeys(Transaction transaction)
    {
        if (_table is null)
            return;
        var horizon = transaction.Horizon;
        for (var i = 0; i < _indexes.Length; i++)
        {
            for (var r = 0; r < _rows.Length; r++)
            {
                ref readonly var before = ref _old[i * _rows.Length + r];
                ref readonly var after = ref _new[i * _rows.Length + r];
                if (after.Bytes is not null && !before.Same(after))
                    _indexes[i].RemoveUnused(new StaleKey(_indexes[i], after.Bytes, _rows[r]), horizon);
            }
        }
    }
}
