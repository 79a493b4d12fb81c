using OmenDb.Storage.Catalog;
using OmenDb.Storage.Indexes;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Tables;
using OmenDb.Storage.Tests.Tables;
using OmenDb.Storage.Transactions;

namespace OmenDb.Storage.Tests.Transactions;

/// <summary>Indexes made and dropped beside rows of the same transaction: what the simulation has found.</summary>
public sealed class IndexDdlTests
{
    private static IndexEntry NewIndex(Transaction transaction, TableEntry table, bool unique) => new()
    {
        Oid = transaction.Catalog.NewOid(), Name = "i", SchemaOid = table.SchemaOid, TableOid = table.Oid, IsUnique = unique, Keys = [new IndexKeyEntry(1)],
    };

    [Fact]
    public void A_unique_index_refuses_nothing_once_its_transaction_has_dropped_it()
    {
        using var engine = StorageEngine.OpenInMemory();
        var transaction = engine.Begin();
        var entry = Rows.Create(engine, transaction);
        IndexEntry index;
        using (var statement = transaction.BeginStatement())
            Assert.NotNull(engine.CreateIndex(transaction, statement, index = NewIndex(transaction, entry, unique: true), out _));
        var table = engine.GetTable(entry);
        Rows.Append(table, transaction, (1, "one", 1));
        engine.Commit(transaction);

        transaction = engine.Begin();
        var mark = transaction.Mark();
        engine.DropIndex(transaction, index);
        Rows.Append(table, transaction, (1, "again", 2));
        Assert.True(transaction.CheckDeferredUnique().IsOk);
        transaction.RollbackTo(mark);
        using (var batch = Rows.Batch((1, "once more", 3)))
            Assert.Equal(WriteStatus.DuplicateKey, table.Append(transaction, batch, []).Status);
        engine.DropIndex(transaction, index);
        Rows.Append(table, transaction, (1, "again", 2));
        engine.Commit(transaction);
        Assert.Equal(2, Rows.All(engine, table).Count);
    }

    [Fact]
    public void A_snapshot_from_before_an_index_was_committed_does_not_use_it()
    {
        using var engine = StorageEngine.OpenInMemory();
        var setup = engine.Begin();
        var entry = Rows.Create(engine, setup);
        var table = engine.GetTable(entry);
        var ids = Rows.Append(table, setup, (1, "one", 1), (2, "two", 2));
        engine.Commit(setup);

        var maker = engine.Begin();
        using (var statement = maker.BeginStatement())
            Assert.True(table.Delete(statement, [ids[0]]).IsOk);
        using var older = engine.Transactions.OpenSnapshot(); // still sees the row, which the index will not have
        TableIndex index;
        using (var statement = maker.BeginStatement())
            index = engine.CreateIndex(maker, statement, NewIndex(maker, entry, unique: false), out _)!;
        using (var own = maker.BeginStatement())
            Assert.True(index.IsUsableBy(own));
        engine.Commit(maker);
        Assert.False(index.IsUsableBy(older));
        Assert.Equal(2, Rows.Scan(table, older).Count);
        using var newer = engine.Transactions.OpenSnapshot();
        Assert.True(index.IsUsableBy(newer));
    }

    [Fact]
    public void A_change_taken_back_leaves_no_entry_for_a_key_that_a_row_had_before_the_index_was_made()
    {
        using var engine = StorageEngine.OpenInMemory();
        var setup = engine.Begin();
        var entry = Rows.Create(engine, setup);
        var table = engine.GetTable(entry);
        var ids = Rows.Append(table, setup, (1, "one", 1));
        engine.Commit(setup);
        var reader = engine.Begin(IsolationLevel.RepeatableRead); // keeps the first version
        using var old = reader.BeginStatement();

        var maker = engine.Begin();
        SetKey(maker, 2);
        TableIndex index;
        using (var statement = maker.BeginStatement())
            index = engine.CreateIndex(maker, statement, NewIndex(maker, entry, unique: false), out _)!;
        engine.Commit(maker);
        var undecided = engine.Begin();
        SetKey(undecided, 1);
        Assert.Equal(2, index.EntryCount);
        engine.Rollback(undecided);
        Assert.Equal(1, index.EntryCount);
        engine.Rollback(reader);

        void SetKey(Transaction transaction, long key)
        {
            using var statement = transaction.BeginStatement();
            using var values = Rows.Longs(key);
            Assert.True(table.Update(statement, ids, [0], values).IsOk);
        }
    }
}
