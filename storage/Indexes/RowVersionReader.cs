using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Tables;

namespace OmenDb.Storage.Indexes;

/// <summary>Goes through the versions of one row, newest first, and compares their keys. Holds the vector's latch until disposed.</summary>
internal unsafe ref struct RowVersionReader
{
    private const int MaxCells = 40; // 32 key columns as in PostgreSQL, and a predicate

    [ThreadStatic]
    private static KeyWriter? _writer;

    private readonly TableIndex _index;
    private readonly int _row;
    private readonly int _entry = -1;
    private readonly bool _hasStaleKeys;
    private UndoLink _link;
    private CellBuffer _cells;
    private bool _hasCells;

    [System.Runtime.CompilerServices.InlineArray(MaxCells)]
    private struct CellBuffer
    {
        private KeyCell _first;
    }

    public RowVersionReader(TableIndex index, RowId row)
    {
        _index = index;
        Slot = index.Table.SlotOf(row);
        _row = row.RowInVector;
        Slot.Latch.Enter();
        Exists = _row < Slot.RowCount && !Slot.IsDead(_row);
        if (!Exists || Slot.Versions is not { } versions)
            return;
        var range = versions.FindRange(_row);
        if (range >= 0)
        {
            Inserter = versions.Ranges[range].Stamp;
            InsertCommand = versions.Ranges[range].Command;
        }
        _entry = versions.Find(_row);
        if (_entry < 0)
            return;
        DeletedBy = versions.Entries[_entry].DeletedBy;
        _hasStaleKeys = versions.Entries[_entry].StaleKeys > 0;
        _link = versions.Entries[_entry].Undo;
    }

    public VectorSlot Slot { get; }

    /// <summary>False: dead, or never there.</summary>
    public bool Exists { get; }

    /// <summary>Null: long ago.</summary>
    public VersionStamp? Inserter { get; }

    private int InsertCommand { get; }

    public VersionStamp? DeletedBy { get; }

    /// <summary>The change that made the current version; null: it is the oldest kept.</summary>
    public readonly UndoRecord? Undo => _link.Record;

    /// <summary>Steps to the version before the current one.</summary>
    public bool MoveOlder()
    {
        if (_link.Record is not { } record)
            return false;
        Load();
        var columns = _index.Columns;
        for (var i = 0; i < columns.Length; i++)
        {
            if (KeyCell.FromImage(record, _link.Index, columns[i], _index.Table.Physicals) is { } cell)
                _cells[i] = cell;
        }
        _link = record.Next[_link.Index];
        return true;
    }

    /// <summary>Whether the current version has the key (an empty key: null in the fixed form).</summary>
    public bool Carries(ReadOnlySpan<byte> key)
    {
        Load();
        ReadOnlySpan<KeyCell> cells = _cells;
        cells = cells[.._index.Columns.Length];
        if (_index.Definition.PredicateColumn >= 0 && !(cells[^1].IsValid && cells[^1].Bits != 0))
            return false;
        var writer = _writer ??= new KeyWriter();
        writer.Clear();
        _index.Layout.Encode(cells[.._index.Layout.ColumnCount], Slot.Arena.Published.Pointers, writer);
        return writer.Key.SequenceEqual(key);
    }

    /// <summary>The key of the current version; null: it does not belong to the index.</summary>
    public byte[]? Key(out bool hasNull)
    {
        Load();
        ReadOnlySpan<KeyCell> cells = _cells;
        return _index.KeyOf(cells[.._index.Columns.Length], Slot.Arena.Published.Pointers, out hasNull);
    }

    /// <param name="snapshot">Who asks.</param>
    /// <param name="mustCompare">The row has more than one version: its key may be another in the one that is seen.</param>
    public readonly bool IsVisible(Snapshot snapshot, out bool mustCompare)
    {
        mustCompare = _link.Record is not null || _hasStaleKeys;
        return Exists && Slot.IsVisible(_row, snapshot, out _);
    }

    /// <summary>Whether the version that the snapshot sees has the key.</summary>
    public bool CarriesFor(Snapshot snapshot, ReadOnlySpan<byte> key)
    {
        while (_link.Record is { } record && !snapshot.Sees(record.Stamp, record.Command))
            MoveOlder();
        return Carries(key);
    }

    private void Load()
    {
        if (_hasCells)
            return;
        _hasCells = true;
        Span<KeyCell> cells = _cells;
        _index.Table.ReadCells(Slot, _row, _index.Columns, cells);
    }

    public readonly void Dispose() => Slot.Latch.Exit();
}
