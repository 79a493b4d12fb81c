using System.Text;
using OmenDb.Arrow;
using OmenDb.Storage.Catalog;
using OmenDb.Storage.Indexes;
using OmenDb.Storage.Locks;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Tables;
using OmenDb.Storage.Tests.Tables;
using OmenDb.Storage.Transactions;
using OmenDb.Types;

namespace OmenDb.Storage.Tests.Indexes;

/// <summary>A table (id int8, name text, score int4, flag bool) whose writers take its lock, and whose indexes are compared with its rows.</summary>
internal sealed class IndexedRows
{
    public IndexedRows(StorageEngine engine)
    {
        Engine = engine;
        var transaction = engine.Begin();
        Entry = Rows.Create(engine, transaction, types: [SqlType.Int8, SqlType.Text, SqlType.Int4, SqlType.Bool]);
        engine.Commit(transaction);
    }

    public StorageEngine Engine { get; }

    public TableEntry Entry { get; }

    public Table Table => Engine.GetTable(Entry);

    public LockTag Tag => LockTag.Relation(Entry.Oid, Engine.Catalog.Find<SchemaEntry>(Entry.SchemaOid)!.DatabaseOid);

    /// <summary>A transaction that has the lock of those who write.</summary>
    public Transaction BeginWrite(LockOwner? owner = null)
    {
        var transaction = Engine.Begin();
        if (owner is not null)
            transaction.Owner = owner;
        Engine.Transactions.Locks.Acquire(transaction.Owner, Tag, LockModes.RowExclusive, wait: true);
        return transaction;
    }

    public static Batch Batch(params (long? Id, string? Name, int? Score, bool? Flag)[] rows)
    {
        var batch = new Batch(4) { Length = rows.Length };
        using var three = Rows.Batch([.. rows.Select(r => (r.Id, r.Name, r.Score))]);
        for (var i = 0; i < 3; i++)
            (batch.Columns[i], three.Columns[i]) = (three.Columns[i], batch.Columns[i]);
        var flags = new VectorWriter(ArrowType.Bool, batch.Columns[3], rows.Length);
        foreach (var row in rows)
        {
            if (row.Flag is { } flag)
                flags.AppendBool(flag);
            else
                flags.AppendNull();
        }
        return batch;
    }

    public (WriteResult Result, RowId[] Ids) TryInsert(Transaction transaction, params (long? Id, string? Name, int? Score, bool? Flag)[] rows)
    {
        using var batch = Batch(rows);
        var ids = new RowId[rows.Length];
        return (Table.Append(transaction, batch, ids), ids);
    }

    public RowId[] Insert(Transaction transaction, params (long? Id, string? Name, int? Score, bool? Flag)[] rows)
    {
        var (result, ids) = TryInsert(transaction, rows);
        Assert.Equal(WriteStatus.Ok, result.Status);
        return ids;
    }

    /// <summary>In a transaction of its own.</summary>
    public RowId[] Insert(params (long? Id, string? Name, int? Score, bool? Flag)[] rows)
    {
        var transaction = BeginWrite();
        var ids = Insert(transaction, rows);
        Engine.Commit(transaction);
        return ids;
    }

    public WriteResult Update(Transaction transaction, RowId row, (long? Id, string? Name, int? Score, bool? Flag) values)
    {
        using var batch = Batch(values);
        using var statement = transaction.BeginStatement();
        return Table.Update(statement, [row], [0, 1, 2, 3], batch);
    }

    public WriteResult Delete(Transaction transaction, RowId row)
    {
        using var statement = transaction.BeginStatement();
        return Table.Delete(statement, [row]);
    }

    public const int Kinds = 7;

    public static readonly string[] KindNames = ["id", "name", "score", "score desc, name", "name where flag", "unique id", "unique name, score"];

    public IndexEntry NewEntry(Transaction transaction, int kind) => new()
    {
        Oid = transaction.Catalog.NewOid(), Name = "i" + kind, SchemaOid = Entry.SchemaOid, TableOid = Entry.Oid,
        IsUnique = kind >= 5,
        PredicateColumnId = kind == 4 ? 4 : 0,
        Keys = kind switch
        {
            0 or 5 => [new IndexKeyEntry(1)],
            1 or 4 => [new IndexKeyEntry(2)],
            2 => [new IndexKeyEntry(3)],
            3 => [new IndexKeyEntry(3) { Descending = true, NullsFirst = true }, new IndexKeyEntry(2)],
            _ => [new IndexKeyEntry(2), new IndexKeyEntry(3)],
        },
    };

    /// <summary>Builds an index beside writers and commits it.</summary>
    /// <returns>Null: two rows have one key.</returns>
    public TableIndex? Build(int kind, LockOwner? owner = null, Action? interrupts = null)
    {
        var transaction = BeginDefinition(owner);
        var entry = Last = NewEntry(transaction, kind);
        return Finish(transaction, () => Engine.BuildIndex(transaction, new IndexProgress(entry, interrupts), out _));
    }

    /// <summary>The entry of the last build.</summary>
    public IndexEntry Last { get; private set; } = null!;

    public TableIndex? Rebuild(IndexEntry entry, LockOwner? owner = null)
    {
        var transaction = BeginDefinition(owner);
        return Finish(transaction, () => Engine.RebuildIndex(transaction, new IndexProgress(entry, null), out _));
    }

    public Transaction BeginDefinition(LockOwner? owner)
    {
        var transaction = Engine.Begin();
        if (owner is not null)
            transaction.Owner = owner;
        Engine.Transactions.Locks.Acquire(transaction.Owner, Tag, LockModes.ShareUpdateExclusive, wait: true);
        return transaction;
    }

    private TableIndex? Finish(Transaction transaction, Func<TableIndex?> make)
    {
        try
        {
            var index = make();
            if (index is null)
                Engine.Rollback(transaction);
            else
                Engine.Commit(transaction);
            return index;
        }
        catch
        {
            Engine.Rollback(transaction);
            throw;
        }
    }

    /// <summary>What an index has that a snapshot's rows do not have, or the other way round; null: nothing.</summary>
    public string? Difference(TableIndex index, int kind, Snapshot snapshot)
    {
        var expected = Scan(snapshot).Where(r => kind != 4 || r.Flag == true).ToDictionary(r => r.Row);
        var found = new List<RowId>();
        var rows = new RowId[64];
        using (var cursor = index.OpenCursor(snapshot, [IndexRange.All]))
        {
            for (var count = cursor.Next(rows); count > 0; count = cursor.Next(rows))
                found.AddRange(rows.AsSpan(0, count));
        }
        if (found.Distinct().Count() != found.Count)
            return "a row comes twice";
        if (found.FirstOrDefault(r => !expected.ContainsKey(r)) is { Value: > 0 } extra)
            return $"row {extra} is in the index and not in the table";
        if (expected.Keys.Except(found).Select(r => (RowId?)r).FirstOrDefault() is { } missing)
            return $"row {missing} = {expected[missing]} is not in the index";
        for (var i = 1; i < found.Count; i++)
        {
            if (Compare(kind, expected[found[i - 1]], expected[found[i]]) > 0)
                return $"{expected[found[i - 1]]} stands before {expected[found[i]]}";
        }
        return null;
    }

    /// <summary>The same when nobody is there: then there are exactly the entries that the rows need.</summary>
    public string? DifferenceAtRest(TableIndex index, int kind)
    {
        int count;
        using (var snapshot = Engine.Transactions.OpenSnapshot())
        {
            if (Difference(index, kind, snapshot) is { } difference)
                return difference;
            count = Scan(snapshot).Count(r => kind != 4 || r.Flag == true);
        }
        if (index.EntryCount != count)
            return $"{index.EntryCount} entries for {count} rows";
        foreach (var segment in Table.Segments)
        {
            for (var v = 0; v < segment.VectorCount; v++)
            {
                if (segment.Vector(v).Versions is not null)
                    return $"vector {v} of segment {segment.Number} is not quiet";
            }
        }
        return null;
    }

    private static int Compare(int kind, in Found left, in Found right) => kind switch
    {
        0 or 5 => left.Id is null || right.Id is null ? (left.Id is null ? 1 : 0) - (right.Id is null ? 1 : 0) : left.Id.Value.CompareTo(right.Id.Value),
        1 or 4 => Names(left, right),
        2 => Scores(left, right),
        3 => -Scores(left, right) is not 0 and var byScore ? byScore : Names(left, right),
        _ => Names(left, right) is not 0 and var byName ? byName : Scores(left, right),
    };

    // Nulls stand last; C collation.
    private static int Names(in Found left, in Found right) =>
        left.Name is null || right.Name is null ? (left.Name is null ? 1 : 0) - (right.Name is null ? 1 : 0) : string.CompareOrdinal(left.Name, right.Name);

    private static int Scores(in Found left, in Found right) =>
        left.Score is null || right.Score is null ? (left.Score is null ? 1 : 0) - (right.Score is null ? 1 : 0) : left.Score.Value.CompareTo(right.Score.Value);

    public readonly record struct Found(RowId Row, long? Id, string? Name, int? Score, bool? Flag);

    public List<Found> Scan(Snapshot snapshot)
    {
        var result = new List<Found>();
        using var scan = Table.OpenScan(snapshot, [0, 1, 2, 3]);
        using var batch = new Batch(4);
        using var selection = new Selection(2048);
        while (scan.TryNextMorsel(out var morsel))
        {
            for (var v = 0; v < morsel.VectorCount; v++)
            {
                if (scan.Read(morsel, v, batch, selection, out var first) == 0)
                    continue;
                for (var row = 0; row < batch.Length; row++)
                {
                    if (batch.Selection is not null && !Rows.IsSelected(batch.Selection, row))
                        continue;
                    var flag = batch.Columns[3];
                    result.Add(new Found(first + row, batch.Columns[0].IsValid(row) ? batch.Columns[0].Get<long>(row) : null,
                        batch.Columns[1].IsValid(row) ? Encoding.UTF8.GetString(batch.Columns[1].GetBytes(row)) : null,
                        batch.Columns[2].IsValid(row) ? batch.Columns[2].Get<int>(row) : null, flag.IsValid(row) ? flag.GetBool(row) : null));
                }
            }
        }
        return result;
    }
}
