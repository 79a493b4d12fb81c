using System.Collections.Immutable;
using OmenDb.Engine.Catalog;
using OmenDb.Planner.Binding;
using OmenDb.Planner.Syntax;
using OmenDb.Storage.Catalog;
using OmenDb.Types;
using ReferentialAction = OmenDb.Storage.Catalog.ReferentialAction;

namespace OmenDb.Engine.Ddl;

/// <summary>Constraints of tables that are there: keys, checks, foreign keys.</summary>
internal static class ConstraintCommands
{
    /// <param name="column">The column that it was written at, or null.</param>
    /// <returns>The table with the constraint, as staged.</returns>
    public static TableEntry Add(Session session, TableEntry table, TableDefinition definition, ConstraintSyntax syntax, string? column)
    {
        var taken = table.Constraints.Select(c => c.Name).ToList();
        if (syntax.Name is { } written && taken.Contains(written))
            throw new SqlException(SqlState.DuplicateObject, $"constraint \"{written}\" for relation \"{table.Name}\" already exists");
        var added = syntax switch
        {
            CheckConstraint check => definition.Check(check, column, taken),
            UniqueConstraint unique => AddKey(session, ref table, unique, column),
            ForeignKeyConstraint foreign => throw SqlException.NotSupported("FOREIGN KEY", foreign.ErrorPosition),
            ExclusionConstraint => throw SqlException.NotSupported("EXCLUDE", syntax.ErrorPosition),
            _ => throw SqlException.NotSupported("this constraint", syntax.ErrorPosition),
        };
        table = table with { Constraints = table.Constraints.Add(added) };
        session.Transaction.Catalog.Put(table);
        return table;
    }

    private static ConstraintEntry AddKey(Session session, ref TableEntry table, UniqueConstraint unique, string? column)
    {
        if (unique.UsingIndex is not null)
            return Adopt(session, ref table, unique);
        var columns = column is not null ? [column] : unique.Columns;
        var kind = unique.IsPrimaryKey ? "PRIMARY KEY" : "UNIQUE";
        if (unique.IsPrimaryKey && table.Constraints.Any(c => c.Kind == ConstraintKind.PrimaryKey))
            throw new SqlException(SqlState.InvalidTableDefinition, $"multiple primary keys for table \"{table.Name}\" are not allowed") { Position = unique.ErrorPosition };
        var ids = new List<int>();
        foreach (var name in columns)
        {
            var found = table.FindColumn(name)
                ?? throw new SqlException(SqlState.UndefinedColumn, $"column \"{name}\" named in key does not exist") { Position = unique.ErrorPosition };
            if (ids.Contains(found.Id))
                throw new SqlException(SqlState.DuplicateColumn, $"column \"{name}\" appears twice in {kind.ToLowerInvariant()} constraint") { Position = unique.ErrorPosition };
            ids.Add(found.Id);
        }
        if (unique.IsPrimaryKey && table.Columns.Any(c => ids.Contains(c.Id) && !c.NotNull))
            table = AlterColumns.SetNotNull(session, table, [.. ids]);
        var catalog = session.Transaction.CurrentCatalog;
        var indexName = unique.Name ?? (unique.IsPrimaryKey
            ? DdlNames.Free(catalog, table.SchemaOid, table.Name, [], "pkey")
            : DdlNames.Free(catalog, table.SchemaOid, table.Name, columns, "key"));
        var index = new IndexEntry
        {
            Oid = session.Transaction.Catalog.NewOid(),
            Name = indexName,
            SchemaOid = table.SchemaOid,
            OwnerOid = table.OwnerOid,
            TableOid = table.Oid,
            Keys = [.. ids.Select(id => new IndexKeyEntry(id))],
            IsUnique = true,
            IsPrimary = unique.IsPrimaryKey,
            NullsNotDistinct = unique.NullsNotDistinct,
            IncludedColumnIds = [.. Included(table, unique.Include)],
        };
        IndexCommands.Build(session, index);
        return new ConstraintEntry
        {
            Oid = session.Transaction.Catalog.NewOid(),
            Name = indexName,
            Kind = unique.IsPrimaryKey ? ConstraintKind.PrimaryKey : ConstraintKind.Unique,
            ColumnIds = [.. ids],
            IndexOid = index.Oid,
            IsDeferrable = unique.Deferrable == true,
            IsInitiallyDeferred = unique.InitiallyDeferred,
        };
    }

    private static IEnumerable<int> Included(TableEntry table, ImmutableArray<string> columns) => columns.Select(c => DdlNames.Column(table, c).Id);

    /// <summary>ADD CONSTRAINT ... USING INDEX.</summary>
    private static ConstraintEntry Adopt(Session session, ref TableEntry table, UniqueConstraint unique)
    {
        var index = session.Transaction.CurrentCatalog.FindRelation(table.SchemaOid, unique.UsingIndex!) as IndexEntry;
        if (index is null || index.TableOid != table.Oid)
            throw new SqlException(SqlState.UndefinedObject, $"index \"{unique.UsingIndex}\" does not exist") { Position = unique.ErrorPosition };
        if (!index.IsUnique || index.PredicateSql is not null || index.Keys.Any(k => k.ExpressionSql is not null))
            throw new SqlException(SqlState.WrongObjectType, $"\"{index.Name}\" is not a plain unique index") { Position = unique.ErrorPosition };
        var ids = index.Keys.Select(k => k.ColumnId).ToArray();
        if (unique.IsPrimaryKey)
            table = AlterColumns.SetNotNull(session, table, ids);
        var name = unique.Name ?? index.Name;
        session.Transaction.Catalog.Put(index with { Name = name, IsPrimary = unique.IsPrimaryKey });
        return new ConstraintEntry
        {
            Oid = session.Transaction.Catalog.NewOid(),
            Name = name,
            Kind = unique.IsPrimaryKey ? ConstraintKind.PrimaryKey : ConstraintKind.Unique,
            ColumnIds = [.. ids],
            IndexOid = index.Oid,
        };
    }

    /// <summary>ALTER TABLE DROP CONSTRAINT.</summary>
    public static TableEntry Drop(Session session, TableEntry table, DropConstraintAction action)
    {
        var constraint = table.Constraints.FirstOrDefault(c => c.Name == action.Name);
        if (constraint is null)
        {
            if (!action.IfExists)
                throw new SqlException(SqlState.UndefinedObject, $"constraint \"{action.Name}\" of relation \"{table.Name}\" does not exist");
            session.Notice($"constraint \"{action.Name}\" of relation \"{table.Name}\" does not exist, skipping");
            return table;
        }
        table = table with { Constraints = table.Constraints.Remove(constraint) };
        session.Transaction.Catalog.Put(table);
        if (constraint.IndexOid != 0 && session.Transaction.CurrentCatalog.Find<IndexEntry>(constraint.IndexOid) is { } index)
            session.Database.Storage.DropIndex(session.Transaction, index);
        return table;
    }
}
