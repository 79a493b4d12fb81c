using System.Collections.Immutable;
using OmenDb.Storage.Catalog;
using OmenDb.Storage.Tests.Tables;
using OmenDb.Types;

namespace OmenDb.Storage.Tests.Catalog;

public class CatalogTests
{
    [Fact]
    public void A_new_directory_has_both_databases_with_schema_public()
    {
        using var engine = StorageEngine.OpenInMemory();
        foreach (var name in new[] { "omendb", "postgres" })
            Assert.NotNull(engine.Catalog.FindSchema(engine.Catalog.FindDatabase(name)!.Oid, "public"));
        Assert.True(engine.Catalog.FindRole("omendb")!.IsSuperuser);
        Assert.True(engine.Catalog.FindDatabase("omendb")!.Oid >= CatalogStore.FirstUserOid);
    }

    [Fact]
    public void Staged_objects_are_the_transactions_own_until_it_commits()
    {
        using var engine = StorageEngine.OpenInMemory();
        var transaction = engine.Begin();
        var mark = transaction.Mark();
        Rows.Create(engine, transaction, "a");
        transaction.RollbackTo(mark);
        Assert.Null(transaction.CurrentCatalog.FindRelation("omendb", "public", "a"));
        Rows.Create(engine, transaction, "b");
        Assert.NotNull(transaction.CurrentCatalog.FindRelation("omendb", "public", "b"));
        Assert.Null(engine.Catalog.FindRelation("omendb", "public", "b"));
        engine.Commit(transaction);
        Assert.NotNull(engine.Catalog.FindRelation("omendb", "public", "b"));
    }

    [Fact]
    public void The_same_name_is_refused_at_once_or_at_commit()
    {
        using var engine = StorageEngine.OpenInMemory();
        var first = engine.Begin();
        var second = engine.Begin();
        Rows.Create(engine, first, "t");
        Assert.Equal(SqlState.DuplicateTable, Assert.Throws<SqlException>(() => Rows.Create(engine, first, "t")).SqlState);
        Rows.Create(engine, second, "t");
        engine.Commit(first);
        var error = Assert.Throws<SqlException>(() => engine.Commit(second));
        Assert.Equal((SqlState.DuplicateTable, "relation \"t\" already exists"), (error.SqlState, error.Message));
        engine.Rollback(second);
        Assert.Single(engine.Catalog.Objects.OfType<TableEntry>());
    }

    [Fact]
    public void Concurrent_changes_of_one_object_conflict_and_of_two_do_not()
    {
        using var engine = StorageEngine.OpenInMemory();
        var setup = engine.Begin();
        var a = Rows.Create(engine, setup, "a");
        var b = Rows.Create(engine, setup, "b");
        engine.Commit(setup);
        var first = engine.Begin();
        var second = engine.Begin();
        var third = engine.Begin();
        first.Catalog.Put(a with { Comment = "first" });
        second.Catalog.Put(a with { Comment = "second" });
        third.Catalog.Put(b with { Name = "c" });
        engine.Commit(first);
        engine.Commit(third);
        Assert.Equal(SqlState.SerializationFailure, Assert.Throws<SqlException>(() => engine.Commit(second)).SqlState);
        engine.Rollback(second);
        Assert.Equal("first", engine.Catalog.Find(a.Oid)!.Comment);
        Assert.Null(engine.Catalog.FindRelation("omendb", "public", "b"));
        Assert.Equal(b.Oid, engine.Catalog.FindRelation("omendb", "public", "c")!.Oid);
    }

    [Fact]
    public void Names_may_be_swapped_in_one_transaction()
    {
        using var engine = StorageEngine.OpenInMemory();
        var setup = engine.Begin();
        var a = Rows.Create(engine, setup, "a");
        var b = Rows.Create(engine, setup, "b");
        engine.Commit(setup);
        var swap = engine.Begin();
        swap.Catalog.Put(a with { Name = "spare" });
        swap.Catalog.Put(b with { Name = "a" });
        swap.Catalog.Put(a with { Name = "b" });
        engine.Commit(swap);
        Assert.Equal(b.Oid, engine.Catalog.FindRelation("omendb", "public", "a")!.Oid);
        Assert.Equal(a.Oid, engine.Catalog.FindRelation("omendb", "public", "b")!.Oid);
    }

    [Fact]
    public void Every_kind_of_object_survives_json()
    {
        CatalogObject[] objects =
        [
            new TableEntry
            {
                Oid = 1, Name = "t", SchemaOid = 2, StorageId = 3, NextColumnId = 9, Comment = "c",
                Columns = [new ColumnEntry { Id = 1, Name = "x", Type = SqlType.NumericOf(12, 2), Physical = 4, NotNull = true, DefaultSql = "1", Identity = ColumnIdentity.Always, SequenceOid = 8 }],
                PhysicalColumns = [new PhysicalColumnEntry(SqlType.VarcharOf(7), [1, 2])],
                Constraints = [new ConstraintEntry { Oid = 5, Name = "k", Kind = ConstraintKind.ForeignKey, ColumnIds = [1], ReferencedTableOid = 7, ReferencedColumnIds = [2], OnDelete = ReferentialAction.Cascade }],
            },
            new IndexEntry { Oid = 1, Name = "i", SchemaOid = 2, TableOid = 1, Keys = [new IndexKeyEntry(1) { Descending = true, NullsFirst = true }], IsUnique = true },
            new ViewEntry { Oid = 1, Name = "v", SchemaOid = 2, Sql = "SELECT 1", Columns = [new ViewColumn("a", SqlType.ArrayOf(SqlType.CharOf(3)))], DependsOn = [4] },
            new SequenceEntry { Oid = 1, Name = "s", SchemaOid = 2, Increment = -3, MinValue = long.MinValue, Type = SqlType.Int2 },
            new EnumEntry { Oid = 1, Name = "e", SchemaOid = 2, Labels = ["a", "b"] },
            new RoleEntry { Oid = 1, Name = "r", PasswordVerifier = "SCRAM", Settings = ImmutableSortedDictionary<string, string>.Empty.Add("a", "b") },
            new DatabaseEntry { Oid = 1, Name = "d" },
            new SchemaEntry { Oid = 1, Name = "n", DatabaseOid = 5 },
        ];
        foreach (var entry in objects)
        {
            var again = CatalogJson.Read(CatalogJson.Write(entry));
            Assert.Equal(entry.GetType(), again.GetType());
            Assert.Equal(CatalogJson.Write(entry), CatalogJson.Write(again));
        }
        var table = (TableEntry)CatalogJson.Read(CatalogJson.Write(objects[0]));
        Assert.Equal((SqlType.NumericOf(12, 2), SqlType.VarcharOf(7), 7), (table.Columns[0].Type, table.PhysicalColumns[0].Type, table.Constraints[0].ReferencedTableOid));
    }
}
