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
            ForeignKeyConstraint foreign => ForeignKeyCommands.Make(session, table, definition, foreign, column, taken),
            ExclusionConstraint => throw SqlException.NotSupported("EXCLUDE", syntax.ErrorPosition),
            _ => throw SqlException.NotSupported("this constraint", syntax.ErrorPosition),
        };
        table = table with { Constraints = table.Constraints.Add(added) };
        session.Transaction.Catalog.Put(table);
        if (added.IsDeferrable && added.IndexOid != 0)
            IndexCommands.Rebuild(session, added.IndexOid); // what the storage does at once depends on it
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
            : DdlNames.Free(catalog, table.SchemaOid, table.Name, columns.Concat(unique.Include), "key"));
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
        if (table.Constraints.FirstOrDefault(c => c.IndexOid == index.Oid) is not null)
            throw new SqlException(SqlState.ObjectNotInPrerequisiteState, $"index \"{index.Name}\" is already associated with a constraint") { Position = unique.ErrorPosition };
        var flaw = !index.IsUnique ? $"\"{index.Name}\" is not a unique index" : index.Keys.Any(k => k.ExpressionSql is not null) ? $"index \"{index.Name}\" contains expressions"
            : index.PredicateSql is not null ? $"\"{index.Name}\" is a partial index"
            : index.Keys.Any(k => k.Descending || k.NullsFirst) ? $"index \"{index.Name}\" column number {index.Keys.IndexOf(index.Keys.First(k => k.Descending || k.NullsFirst)) + 1} does not have default sorting behavior" : null;
        if (flaw is not null)
        {
            throw new SqlException(SqlState.WrongObjectType, flaw)
            {
                Position = unique.ErrorPosition, Detail = "Cannot create a primary key or unique constraint using such an index.",
            };
        }
        var ids = index.Keys.Select(k => k.ColumnId).ToArray();
        if (unique.IsPrimaryKey)
            table = AlterColumns.SetNotNull(session, table, ids);
        var name = unique.Name ?? index.Name;
        if (name != index.Name)
            session.Notice($"ALTER TABLE / ADD CONSTRAINT USING INDEX will rename index \"{index.Name}\" to \"{name}\"");
        session.Transaction.Catalog.Put(index with { Name = name, IsPrimary = unique.IsPrimaryKey });
        return new ConstraintEntry
        {
            Oid = session.Transaction.Catalog.NewOid(),
            Name = name,
            Kind = unique.IsPrimaryKey ? ConstraintKind.PrimaryKey : ConstraintKind.Unique,
            ColumnIds = [.. ids],
            IndexOid = index.Oid,
            IsDeferrable = unique.Deferrable == true,
            IsInitiallyDeferred = unique.InitiallyDeferred,
        };
    }

    /// <summary>ALTER TABLE ALTER CONSTRAINT.</summary>
    public static TableEntry Alter(Session session, TableEntry table, AlterConstraintAction action)
    {
        var constraint = table.Constraints.FirstOrDefault(c => c.Name == action.Name)
            ?? throw new SqlException(SqlState.UndefinedObject, $"constraint \"{action.Name}\" of relation \"{table.Name}\" does not exist");
        if (constraint.Kind != ConstraintKind.ForeignKey)
            throw new SqlException(SqlState.WrongObjectType, $"constraint \"{action.Name}\" of relation \"{table.Name}\" is not a foreign key constraint");
        table = table with
        {
            Constraints = table.Constraints.Replace(constraint, constraint with { IsDeferrable = action.Deferrable == true, IsInitiallyDeferred = action.InitiallyDeferred }),
        };
        session.Transaction.Catalog.Put(table);
        return table;
    }

    /// <summary>Foreign keys that need a unique index.</summary>
    public static IEnumerable<(TableEntry Table, ConstraintEntry Constraint)> NeedingIndex(CatalogSnapshot catalog, IndexEntry index) =>
        catalog.ReferencesTo(index.TableOid).Where(r => r.Constraint.ReferencedIndexOid == index.Oid);

    /// <summary>Drops foreign keys that depend on something, or refuses.</summary>
    /// <param name="what">"index p_pkey".</param>
    /// <param name="subject">"constraint p_pkey on table p".</param>
    /// <exception cref="SqlException">2BP01.</exception>
    public static void DropDependent(Session session, IReadOnlyList<(TableEntry Table, ConstraintEntry Constraint)> dependents, string subject, string what, bool cascade)
    {
        if (dependents.Count == 0)
            return;
        if (!cascade)
        {
            throw new SqlException(SqlState.DependentObjectsStillExist, $"cannot drop {subject} because other objects depend on it")
            {
                Detail = string.Join('\n', dependents.Select(d => $"constraint {d.Constraint.Name} on table {d.Table.Name} depends on {what}")),
                Hint = "Use DROP ... CASCADE to drop the dependent objects too.",
            };
        }
        if (dependents.Count == 1)
            session.Notice($"drop cascades to constraint {dependents[0].Constraint.Name} on table {dependents[0].Table.Name}");
        else
        {
            session.Raise(new Notice("NOTICE", SqlState.SuccessfulCompletion, $"drop cascades to {dependents.Count} other objects")
            {
                Detail = string.Join('\n', dependents.Select(d => $"drop cascades to constraint {d.Constraint.Name} on table {d.Table.Name}")),
            });
        }
        foreach (var (table, constraint) in dependents)
        {
            session.LockRelation(table.Oid, TableLockMode.AccessExclusive, table.Name);
            var now = session.Transaction.CurrentCatalog.Find<TableEntry>(table.Oid)!;
            session.Transaction.Catalog.Put(now with { Constraints = [.. now.Constraints.Where(c => c.Oid != constraint.Oid)] });
        }
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
        if (constraint.IndexOid != 0 && session.Transaction.CurrentCatalog.Find<IndexEntry>(constraint.IndexOid) is { } needed)
        {
            DropDependent(session, [.. NeedingIndex(session.Transaction.CurrentCatalog, needed)], $"constraint {constraint.Name} on table {table.Name}", $"index {needed.Name}", action.Cascade);
            table = session.Transaction.CurrentCatalog.Find<TableEntry>(table.Oid)!;
        }
        if (constraint.Kind == ConstraintKind.ForeignKey && session.Transaction.CurrentCatalog.Find<TableEntry>(constraint.ReferencedTableOid) is { } referenced)
            session.LockRelation(referenced.Oid, TableLockMode.AccessExclusive, referenced.Name);
        table = table with { Constraints = [.. table.Constraints.Where(c => c.Oid != constraint.Oid)] };
        session.Transaction.Catalog.Put(table);
        if (constraint.IndexOid != 0 && session.Transaction.CurrentCatalog.Find<IndexEntry>(constraint.IndexOid) is { } index)
            session.Database.Storage.DropIndex(session.Transaction, index);
        return table;
    }
}
