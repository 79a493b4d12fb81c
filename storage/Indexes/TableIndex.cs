using OmenDb.Arrow;
using OmenDb.Index;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Simulation;
using OmenDb.Storage.Tables;
using OmenDb.Storage.Transactions;

namespace OmenDb.Storage.Indexes;

/// <summary>What an index is made of.</summary>
public sealed record IndexDefinition
{
    /// <summary>The catalog's OID.</summary>
    public required int Oid { get; init; }

    public required IndexKeyColumn[] Keys { get; init; }

    public bool IsUnique { get; init; }

    public bool NullsNotDistinct { get; init; }

    /// <summary>Of a deferrable constraint: keys in common are never refused at once, only looked at again later.</summary>
    public bool IsDeferrable { get; init; }

    /// <summary>Physical bool column: rows where it is true belong to the index; -1: all rows do.</summary>
    public int PredicateColumn { get; init; } = -1;
}

/// <summary>An index of a table: entries (key, row id) for every version that somebody may see.</summary>
/// <remarks>An entry only says that some version of the row has the key; look-ups compare with the version that their snapshot sees.
/// Rows whose key has a null: in the fixed form they stand in an index of their own.</remarks>
public sealed class TableIndex : IDisposable
{
    [ThreadStatic]
    private static KeyWriter? _writer;

    private readonly OrderedKeys _keys;
    private readonly int[] _columns; // key columns, then the predicate's
    private OrderedKeys? _nulls;     // fixed form: rows with a null key, by row id
    private long _removals;
    private int _references = 1;
    private volatile IndexBacklog? _backlog;

    internal TableIndex(Table table, IndexDefinition definition)
    {
        Table = table;
        Definition = definition;
        Layout = new KeyLayout(definition.Keys, [.. definition.Keys.Select(k => table.Column(k.Column))], definition.NullsNotDistinct);
        _keys = Layout.IsFixed ? new FixedKeys() : new ByteKeys();
        _columns = [.. definition.Keys.Select(k => k.Column)];
        if (definition.PredicateColumn >= 0)
            _columns = [.. _columns, definition.PredicateColumn];
        table.KeepResident(_columns);
    }

    public Table Table { get; }

    public IndexDefinition Definition { get; }

    public int Oid => Definition.Oid;

    /// <summary>Not found by its number: it is being made, or was dropped by a transaction that has not ended and keeps everybody else from the table.
    /// Kept up to date nevertheless.</summary>
    internal bool IsHidden
    {
        get => Volatile.Read(ref _isHidden);
        set => Volatile.Write(ref _isHidden, value);
    }

    private bool _isHidden;

    /// <summary>True from a moment on after which it will not be found again.</summary>
    public bool IsOver => IsHidden;

    /// <summary>Dropped or given up: refuses nothing.</summary>
    internal bool IsLenient
    {
        get => Volatile.Read(ref _isLenient);
        set => Volatile.Write(ref _isLenient, value);
    }

    private bool _isLenient;

    /// <summary>Of an index that is being filled: where changes go until its tree is there. Null: to the tree.</summary>
    internal IndexBacklog? Backlog
    {
        get => _backlog;
        set => _backlog = value;
    }

    /// <summary>The entry of the catalog that is being made, as long as no committed catalog has it; null: look there.</summary>
    public Catalog.IndexEntry? Making { get; internal set; }

    /// <summary>Entries, stale ones included.</summary>
    public long EntryCount => _keys.Count + (_nulls?.Count ?? 0);

    /// <summary>State of the learned index, by a walk over its nodes; rows with null keys are apart in fixed form.</summary>
    public OmenDb.Index.AlexStatistics GetStatistics() => _keys.GetStatistics();

    /// <summary>Built from the newest versions at this point, and by whom: what his own changes replaced is not here either. Null: at a start, when
    /// there is one version of each row.</summary>
    internal (Timestamp At, VersionStamp? By, int Command)? Built { get; set; }

    /// <summary>False: read the table instead.</summary>
    /// <remarks>A snapshot older than the building of the index may need versions that were never entered.</remarks>
    public bool IsUsableBy(Snapshot snapshot) =>
        Built is not var (at, by, command) || (snapshot.ReadTimestamp >= at && (by is null || snapshot.Sees(by, command)));

    /// <summary>One more user; false: its memory is gone.</summary>
    public bool TryRetain()
    {
        var references = Volatile.Read(ref _references);
        while (references > 0)
        {
            var seen = Interlocked.CompareExchange(ref _references, references + 1, references);
            if (seen == references)
                return true;
            references = seen;
        }
        return false;
    }

    /// <summary>One more user, who has found it under a lock on its table.</summary>
    internal void Retain()
    {
        if (!TryRetain())
            throw Types.SqlException.Internal($"index {Oid} was opened after its end");
    }

    /// <summary>One user less; with the last the memory goes.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _references) == 0)
            Dispose();
    }

    /// <summary>Reads ranges in the index's order.</summary>
    /// <param name="snapshot">Must outlive the cursor.</param>
    /// <param name="ranges">Ascending and apart, when the order matters (an IN list is sorted and without doubles).</param>
    /// <param name="backward">From the last range's end to the first's beginning.</param>
    /// <param name="skipColumns">See <see cref="IndexCursor.SkipColumns"/>.</param>
    public IndexCursor OpenCursor(Snapshot snapshot, IndexRange[] ranges, bool backward = false, int skipColumns = 0) =>
        new(this, snapshot, ranges, backward) { SkipColumns = skipColumns };

    /// <summary>How the place where a range begins is found, for EXPLAIN ANALYZE.</summary>
    public OmenDb.Index.LookupTrace Trace(IndexRange range) => _keys.Trace(range.Low);

    /// <summary>Whether a cursor can give out the values of a key column.</summary>
    /// <param name="key">Position in the key.</param>
    public bool CanDecode(int key) => Layout.CanDecode(key);

    /// <summary>The row with a key in a unique index, as a snapshot sees it: the fast path of point reads, without allocation when the
    /// key's first entry is the one (others are there only while old versions are).</summary>
    /// <param name="snapshot">Decides.</param>
    /// <param name="values">One vector per key column.</param>
    /// <param name="valueRow">Which row of the vectors; a null there finds nothing.</param>
    /// <param name="row">The row.</param>
    public unsafe bool TryFind(Snapshot snapshot, ReadOnlySpan<Vector> values, int valueRow, out RowId row)
    {
        var writer = _writer ??= new KeyWriter();
        writer.Clear();
        for (var i = 0; i < values.Length; i++)
        {
            var cell = KeyCell.FromVector(values[i], valueRow);
            if (!cell.IsValid)
            {
                row = RowId.None;
                return false;
            }
            Layout.EncodeOne(i, values[i].Physical, cell, values[i].Kind == VectorKind.Dictionary ? values[i].Dictionary!.ArenaPointers : values[i].ArenaPointers, writer);
        }
        var removals = Removals;
        if (!_keys.TryGetFirst(writer.Key, out row))
            return false;
        if (Sees(snapshot, row, writer.Key, removals))
            return true;
        using var cursor = OpenCursor(snapshot, [IndexRange.Equal(this, values, valueRow)]);
        Span<RowId> rows = stackalloc RowId[1];
        var found = cursor.Next(rows) == 1;
        row = found ? rows[0] : RowId.None;
        return found;
    }

    internal KeyLayout Layout { get; }

    internal ReadOnlySpan<int> Columns => _columns;

    internal OrderedKeys Keys => _keys;

    internal OrderedKeys? Nulls => Volatile.Read(ref _nulls);

    internal bool Uses(int column) => Array.IndexOf(_columns, column) >= 0;

    /// <summary>The key of a row's cells; null: the row does not belong to the index. An empty key: null in the fixed form.</summary>
    internal unsafe byte[]? KeyOf(ReadOnlySpan<KeyCell> cells, byte** arena, out bool hasNull)
    {
        hasNull = false;
        if (!Belongs(cells))
            return null;
        var writer = _writer ??= new KeyWriter();
        writer.Clear();
        hasNull = !Layout.Encode(cells[..Layout.ColumnCount], arena, writer);
        return writer.ToArray();
    }

    private bool Belongs(ReadOnlySpan<KeyCell> cells) =>
        Definition.PredicateColumn < 0 || (cells[^1].IsValid && cells[^1].Bits != 0);

    /// <summary>Adds an entry for a new version.</summary>
    /// <param name="key">From <see cref="KeyOf"/>.</param>
    /// <param name="hasNull">A key column is null.</param>
    /// <param name="row">The row.</param>
    /// <param name="transaction">Who writes.</param>
    /// <param name="mayDefer">Updates: a key in common with a row that the statement may still change is looked at again at its end.</param>
    internal WriteResult Add(byte[] key, bool hasNull, RowId row, Transaction transaction, bool mayDefer)
    {
        if (_backlog is { } backlog && backlog.TryAdd(new IndexBacklog.Note(key, hasNull, row, false)))
            return WriteResult.Ok;
        if (hasNull && Layout.IsFixed)
        {
            NullKeys().Insert(NullKey(row), row);
            return WriteResult.Ok;
        }
        if (!Definition.IsUnique || IsLenient || PlantedBugs.Has(PlantedBug.MissedUniqueCheck) || (hasNull && !Definition.NullsNotDistinct))
        {
            _keys.Insert(key, row);
            return WriteResult.Ok;
        }
        var probe = new UniqueProbe(this, key, row, transaction);
        switch (_keys.InsertUnique(key, row, ref probe).Kind)
        {
            case InsertOutcomeKind.Inserted:
                return WriteResult.Ok;
            case InsertOutcomeKind.AlreadyPresent:
                // An older version left it here; whether another row has taken the key since was not looked at.
                transaction.Deferred.Add(new DeferredKey(this, key, row));
                return WriteResult.Ok;
            default:
                if (!mayDefer || probe.Result.Status == WriteStatus.Busy)
                    return probe.Result;
                _keys.Insert(key, row);
                transaction.Deferred.Add(new DeferredKey(this, key, row));
                return WriteResult.Ok;
        }
    }

    /// <summary>Adds entries of appended rows, of the fixed form and without nulls: no key is made into bytes unless it conflicts.</summary>
    /// <param name="numbers">Keys of consecutive rows.</param>
    /// <param name="first">Id of the first.</param>
    /// <param name="transaction">Who writes.</param>
    internal WriteResult AddFixed(ReadOnlySpan<ulong> numbers, RowId first, Transaction transaction)
    {
        if (_backlog is { } backlog && backlog.TryAdd(numbers, first))
            return WriteResult.Ok;
        var index = ((FixedKeys)_keys).Index;
        if (!Definition.IsUnique || IsLenient || PlantedBugs.Has(PlantedBug.MissedUniqueCheck))
        {
            for (var i = 0; i < numbers.Length; i++)
                index.Insert(numbers[i], (first + i).Value);
            return WriteResult.Ok;
        }
        for (var i = 0; i < numbers.Length; i++)
        {
            var probe = new FixedUniqueProbe(this, numbers[i], first + i, transaction);
            // A new row id is there already only when the index was filled after the row came; its builder looks at the key then.
            if (index.InsertUnique(numbers[i], (first + i).Value, ref probe).Kind == InsertOutcomeKind.Conflict)
                return probe.Result with { Row = i };
        }
        return WriteResult.Ok;
    }

    internal void Remove(byte[] key, bool hasNull, RowId row)
    {
        if (PlantedBugs.Has(PlantedBug.StaleIndexEntry) || (_backlog is { } backlog && backlog.TryAdd(new IndexBacklog.Note(key, hasNull, row, true))))
            return;
        RemoveNow(key, hasNull, row);
    }

    private void RemoveNow(byte[] key, bool hasNull, RowId row)
    {
        if (hasNull && Layout.IsFixed)
            Nulls?.Remove(NullKey(row), row);
        else
            _keys.Remove(key, row);
        Interlocked.Increment(ref _removals);
    }

    /// <summary>Removes an entry unless a version that somebody may see carries its key.</summary>
    internal StaleOutcome RemoveUnused(in StaleKey stale, ulong horizon) =>
        _backlog is { } backlog && backlog.TryAdd(new IndexBacklog.Note(stale.Key, Layout.IsFixed && stale.Key.Length == 0, stale.Row, false))
            ? Carries(stale.Row, stale.Key, horizon) : RemoveUnusedNow(stale, horizon);

    private StaleOutcome RemoveUnusedNow(in StaleKey stale, ulong horizon)
    {
        var probe = new RemovalProbe(this, stale.Key, horizon);
        if (Layout.IsFixed && stale.Key.Length == 0)
            Nulls?.RemoveIf(NullKey(stale.Row), stale.Row, ref probe);
        else
            _keys.RemoveIf(stale.Key, stale.Row, ref probe);
        Interlocked.Increment(ref _removals);
        return probe.Outcome;
    }

    /// <summary>Does what was noted while the index was filled.</summary>
    /// <returns>True: the entry is in.</returns>
    internal bool Settle(in IndexBacklog.Note note, ulong horizon)
    {
        if (note.IsLast)
        {
            RemoveNow(note.Key, note.HasNull, note.Row);
            return false;
        }
        if (Carries(note.Row, note.Key, horizon) == StaleOutcome.Gone)
        {
            RemoveUnusedNow(new StaleKey(this, note.Key, note.Row), horizon);
            return false;
        }
        // Whatever ends the need for it is noted after it has happened: that note comes later.
        if (note.HasNull && Layout.IsFixed)
            AddNull(note.Row);
        else
            _keys.Insert(note.Key, note.Row);
        return true;
    }

    internal List<RowId> RowsOf(byte[] key)
    {
        var rows = new List<RowId>();
        _keys.GetAll(key, rows);
        return rows;
    }

    internal bool HasSeveral(byte[] key) => RowsOf(key).Count > 1;

    /// <summary>Looks again whether a key has one live row only.</summary>
    internal WriteResult Recheck(Transaction transaction, in DeferredKey deferred)
    {
        if (!NewestCarries(deferred.Row, deferred.Key))
            return WriteResult.Ok; // the row has another key by now, or is deleted
        if (IsLenient)
            return WriteResult.Ok;
        var rows = new List<RowId>();
        _keys.GetAll(deferred.Key, rows);
        foreach (var row in rows)
        {
            if (row == deferred.Row)
                continue;
            var result = Judge(row, deferred.Key, transaction);
            if (!result.IsOk)
                return result;
        }
        return WriteResult.Ok;
    }

    /// <summary>Whether a row stands in the way of a key that a transaction wants: the newest versions count, whoever wrote them.</summary>
    internal WriteResult Judge(RowId row, byte[] key, Transaction transaction)
    {
        using var reader = new RowVersionReader(this, row);
        if (!reader.Exists)
            return WriteResult.Ok;
        var inserter = reader.Inserter;
        var busy = inserter is not null && IsOther(inserter, transaction, out var owner) ? owner : null;
        if (reader.DeletedBy is { } deleter)
        {
            if (!IsOther(deleter, transaction, out var deleting))
                return WriteResult.Ok; // gone, or we are deleting it
            busy ??= deleting;
        }
        var newest = true;
        do
        {
            if (newest && reader.Undo is { } change && IsOther(change.Stamp, transaction, out var changing))
                busy ??= changing;
            if (reader.Carries(key))
            {
                return busy is null
                    ? new WriteResult { Status = WriteStatus.DuplicateKey, Index = this, Other = row }
                    : new WriteResult { Status = WriteStatus.Busy, Index = this, Other = row, Owner = busy, Epoch = busy.Epoch };
            }
            newest = false;
            // What a transaction that has not ended replaced may come back.
        }
        while (reader.Undo is { } record && IsOther(record.Stamp, transaction, out _) && reader.MoveOlder());
        return WriteResult.Ok;
    }

    /// <summary>Which version that somebody may still see carries the key.</summary>
    /// <param name="row">The row.</param>
    /// <param name="key">As stored.</param>
    /// <param name="horizon">Changes at or before it are seen by everybody: what they replaced does not count.</param>
    internal StaleOutcome Carries(RowId row, byte[] key, ulong horizon)
    {
        using var reader = new RowVersionReader(this, row);
        if (!reader.Exists)
            return StaleOutcome.Gone;
        var outcome = StaleOutcome.CarriedNow;
        do
        {
            if (reader.Carries(key))
            {
                // Whoever wrote it may take it back: then the entry is needed no longer than the version before.
                var isOpen = outcome == StaleOutcome.CarriedNow && reader.Undo is { Stamp.IsCommitted: false };
                return isOpen ? StaleOutcome.CarriedBefore : outcome;
            }
            outcome = StaleOutcome.CarriedBefore;
        }
        while (reader.Undo is { } record && record.Stamp.Value > horizon && !IsBefore(record) && reader.MoveOlder());
        return StaleOutcome.Gone;
    }

    /// <summary>Whether what a change replaced was never entered here: it happened before the index was built. An entry left for such a version, by
    /// a rolled back change to that very key, would have nobody to remove it.</summary>
    internal bool IsBefore(UndoRecord record) => Built is var (at, by, command)
        && (record.Stamp.Value <= at.Value || (ReferenceEquals(record.Stamp, by) && record.Command <= command));

    private bool NewestCarries(RowId row, byte[] key)
    {
        using var reader = new RowVersionReader(this, row);
        return reader.Exists && reader.DeletedBy is null && reader.Carries(key);
    }

    /// <summary>Counts entries removed. An entry that a reader holds while this does not change is still there: only then a quiet vector says that
    /// its row has the entry's key.</summary>
    /// <remarks>
    /// <code>
    /// reader                                      garbage collection
    /// ------------------------------------------  -------------------------------------------
    /// notes the count; reads the entry (k1, r)
    ///                                             removes (k1, r): no snapshot sees the version with k1
    ///                                             counts; the vector of r becomes quiet
    /// r is visible, but has k2: the count tells
    /// </code></remarks>
    internal long Removals => Volatile.Read(ref _removals);

    /// <summary>Whether the version that a snapshot sees carries the key of an entry.</summary>
    /// <remarks>Removals are those counted before the entry was read.</remarks>
    internal bool Sees(Snapshot snapshot, RowId row, ReadOnlySpan<byte> key, long removals)
    {
        var slot = Table.SlotOf(row);
        slot.Latch.Enter();
        var quiet = slot.Versions is null;
        var visible = row.RowInVector < slot.RowCount && !slot.IsDead(row.RowInVector);
        slot.Latch.Exit();
        if (quiet && Removals == removals)
            return visible;
        using var reader = new RowVersionReader(this, row);
        return reader.IsVisible(snapshot, out var mustCompare) && ((!mustCompare && Removals == removals) || reader.CarriesFor(snapshot, key));
    }

    /// <summary>Which entries of a batch a snapshot sees.</summary>
    internal void Sees(Snapshot snapshot, KeyBatch batch, bool areNulls, long removals, Span<bool> seen)
    {
        for (var i = 0; i < batch.Count;)
        {
            // Rows that stand together share one latch.
            var first = new RowId(batch.Rows[i]);
            var slot = Table.SlotOf(first);
            var vector = batch.Rows[i] / RowId.VectorRows;
            var end = i + 1;
            while (end < batch.Count && batch.Rows[end] / RowId.VectorRows == vector)
                end++;
            slot.Latch.Enter();
            var quiet = slot.Versions is null;
            if (quiet)
            {
                for (var j = i; j < end; j++)
                {
                    var row = new RowId(batch.Rows[j]).RowInVector;
                    seen[j] = row < slot.RowCount && !slot.IsDead(row);
                }
            }
            slot.Latch.Exit();
            if (!quiet || Removals != removals)
            {
                for (var j = i; j < end; j++)
                    seen[j] = Sees(snapshot, new RowId(batch.Rows[j]), areNulls ? default : batch.Key(j), removals);
            }
            i = end;
        }
    }

    private static bool IsOther(VersionStamp stamp, Transaction transaction, out Transaction? owner)
    {
        owner = stamp.Owner; // before the value, as in Table.Judge
        var value = stamp.Value;
        return (value & Timestamp.TransactionBit) != 0 && value != transaction.Id.Value;
    }

    internal void AddNull(RowId row) => NullKeys().Insert(NullKey(row), row);

    private static byte[] NullKey(RowId row)
    {
        var key = new byte[8];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(key, row.Value);
        return key;
    }

    private OrderedKeys NullKeys()
    {
        if (Nulls is { } nulls)
            return nulls;
        var made = new FixedKeys();
        var there = Interlocked.CompareExchange(ref _nulls, made, null);
        if (there is not null)
            made.Dispose();
        return there ?? made;
    }

    public void Dispose()
    {
        _keys.Dispose();
        _nulls?.Dispose();
    }
}
