using OmenDb.Storage.Catalog;
using OmenDb.Storage.Indexes;
using OmenDb.Storage.Simulation;
using OmenDb.Storage.Tests.Tables;
using OmenDb.Types;

namespace OmenDb.Storage.Tests.Transactions;

public class RecoveryTests
{
    private static (TableEntry, Storage.Tables.Table) Find(StorageEngine engine, string name)
    {
        var entry = (TableEntry)engine.Catalog.FindRelation("omendb", "public", name)!;
        return (entry, engine.GetTable(entry));
    }

    [Fact]
    public void Committed_work_comes_back_after_a_crash_and_nothing_else()
    {
        var files = new SimulatedFileSystem(1);
        RowId[] ids;
        SequenceEntry sequence;
        {
            var engine = StorageEngine.Open(files, "/data");
            var setup = engine.Begin();
            var entry = Rows.Create(engine, setup, "t");
            using (var statement = setup.BeginStatement())
                Assert.NotNull(engine.CreateIndex(setup, statement, new IndexEntry
                {
                    Oid = setup.Catalog.NewOid(), Name = "t_pkey", SchemaOid = entry.SchemaOid, TableOid = entry.Oid, IsUnique = true,
                    Keys = [new IndexKeyEntry(1)],
                }, out _));
            sequence = new SequenceEntry { Oid = setup.Catalog.NewOid(), Name = "s", SchemaOid = entry.SchemaOid };
            setup.Catalog.Put(sequence);
            engine.Commit(setup);
            var table = engine.GetTable(entry);
            Assert.Equal(1, engine.NextValue(sequence));
            Assert.Equal(2, engine.NextValue(sequence));
            var writer = engine.Begin();
            ids = Rows.Append(table, writer, (1, "one", 10), (2, "a name that is longer than twelve bytes", null), (3, null, 30));
            engine.Commit(writer);
            writer = engine.Begin();
            using (var statement = writer.BeginStatement())
            using (var values = Rows.Texts(null, "x"))
            {
                table.Update(statement, [ids[0], ids[1]], [1], values);
                table.Delete(statement, [ids[2]]);
            }
            var mark = writer.Mark();
            Rows.Append(table, writer, (8, "not this one", 80));
            writer.RollbackTo(mark);
            Rows.Append(table, writer, (4, "four", 40));
            engine.Commit(writer);
            var lost = engine.Begin();
            Rows.Append(table, lost, (5, "five", 50));
            files = files.Crash();
        }
        using (var engine = StorageEngine.Open(files, "/data"))
        {
            var (entry, table) = Find(engine, "t");
            Assert.Equal([(1L, null, 10), (2L, "x", null), (4L, "four", 40)], Rows.All(engine, table));
            Assert.Equal(3, table.RowCount);
            Assert.True(engine.NextValue(sequence) > 2);
            var index = Assert.Single(table.Indexes);
            using (var snapshot = engine.Transactions.OpenSnapshot())
                Assert.Equal([1, 2, 4], IndexTests.Ids(index, snapshot));
            var writer = engine.Begin();
            Rows.Append(table, writer, (6, "six", 60));
            engine.Commit(writer);
        }
        using (var engine = StorageEngine.Open(files, "/data"))
        {
            var (_, table) = Find(engine, "t");
            Assert.Equal([1L, 2L, 4L, 6L], Rows.All(engine, table).Select(r => r.Item1!.Value));
        }
    }

    [Fact]
    public void Definitions_are_recovered_with_added_columns_truncation_and_drops()
    {
        var files = new SimulatedFileSystem(2);
        using (var engine = StorageEngine.Open(files, "/data"))
        {
            var setup = engine.Begin();
            var entry = Rows.Create(engine, setup, "t");
            var gone = Rows.Create(engine, setup, "gone");
            Rows.Append(engine.GetTable(entry), setup, (1, "one", 10));
            Rows.Append(engine.GetTable(gone), setup, (1, "one", 10));
            engine.Commit(setup);
            var change = engine.Begin();
            var (physical, widened) = engine.AddColumn(change, entry, SqlType.Int4, BitConverter.GetBytes(77));
            change.Catalog.Put(widened with
            {
                Columns = widened.Columns.Add(new ColumnEntry { Id = 4, Name = "extra", Type = SqlType.Int4, Physical = physical }), NextColumnId = 5,
            });
            engine.DropTable(change, gone);
            engine.Commit(change);
            var truncate = engine.Begin();
            var empty = Rows.Create(engine, truncate, "truncated");
            Rows.Append(engine.GetTable(empty), truncate, (1, "one", 10));
            engine.Commit(truncate);
            truncate = engine.Begin();
            var staged = engine.Truncate(truncate, empty);
            Rows.Append(engine.GetTable(staged), truncate, (2, "two", 20));
            engine.Commit(truncate);
        }
        using (var engine = StorageEngine.Open(files.Crash(), "/data"))
        {
            var (entry, table) = Find(engine, "t");
            Assert.Equal("extra", entry.Columns[3].Name);
            using var snapshot = engine.Transactions.OpenSnapshot();
            using var batch = new Arrow.Batch(1);
            using var selection = new Arrow.Selection(2048);
            Assert.Equal(1, table.Fetch(snapshot, [RowId.Of(0, 0)], [3], batch, selection));
            Assert.Equal(77, batch.Columns[0].Get<int>(0));
            Assert.Null(engine.Catalog.FindRelation("omendb", "public", "gone"));
            Assert.Equal([(2L, "two", 20)], Rows.All(engine, Find(engine, "truncated").Item2));
        }
    }

    [Fact]
    public void A_transaction_larger_than_a_part_is_recovered_whole()
    {
        var files = new SimulatedFileSystem(3);
        using (var engine = StorageEngine.Open(files, "/data"))
        {
            var loader = engine.Begin();
            var table = engine.GetTable(Rows.Create(engine, loader));
            var text = new string('x', 1000);
            using var batch = Rows.Batch([.. Enumerable.Range(0, 2048).Select(i => ((long?)i, (string?)(text + i), (int?)i))]);
            for (var i = 0; i < 5; i++)
                Assert.True(table.Append(loader, batch, default).IsOk);
            engine.Commit(loader);
        }
        using (var engine = StorageEngine.Open(files.Crash(), "/data"))
        {
            var rows = Rows.All(engine, Find(engine, "t").Item2);
            Assert.Equal(5 * 2048, rows.Count);
            Assert.All(rows, r => Assert.Equal(1000 + $"{r.Item1}".Length, r.Item2!.Length));
        }
    }
}
