using OmenDb.Engine.Catalog;
using OmenDb.Planner.Grammar;
using OmenDb.Planner.Syntax;
using OmenDb.Storage.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Ddl;

/// <summary>RENAME, SET SCHEMA and OWNER TO.</summary>
internal static class RenameCommands
{
    public static string Rename(Session session, RenameStatement statement)
    {
        var tag = "ALTER " + CommandTags.Kind(statement.Kind);
        session.CheckWritable(tag);
        var names = session.CurrentNames;
        var changes = session.Transaction.Catalog;
        switch (statement.Kind)
        {
            case ObjectKind.Schema:
                var schema = session.Catalog.FindSchema(session.DatabaseOid, statement.Name.Name) ?? throw new SqlException(SqlState.InvalidSchemaName, $"schema \"{statement.Name.Name}\" does not exist");
                ViewTexts.FollowSchema(session, schema, statement.NewName);
                changes.Put(schema with { Name = statement.NewName });
                return tag;
            case ObjectKind.Database:
                var database = session.Catalog.FindDatabase(statement.Name.Name) ?? throw new SqlException(SqlState.InvalidCatalogName, $"database \"{statement.Name.Name}\" does not exist");
                if (database.Oid == session.DatabaseOid)
                    throw new SqlException(SqlState.FeatureNotSupported, "current database cannot be renamed");
                changes.Put(database with { Name = statement.NewName });
                return tag;
            case ObjectKind.Role:
                changes.Put(MiscellaneousCommands.Role(session, statement.Name.Name) with { Name = statement.NewName });
                return tag;
            case ObjectKind.Type:
                var type = names.FindEnum(statement.Name.Schema, statement.Name.Name) ?? throw new SqlException(SqlState.UndefinedObject, $"type \"{statement.Name}\" does not exist");
                changes.Put(type with { Name = statement.NewName });
                return tag;
        }
        if (DdlNames.TryRelation(names, statement.Name) is not { } relation)
        {
            if (!statement.IfExists)
                throw DdlNames.Missing(statement.Name);
            session.Notice($"relation \"{statement.Name}\" does not exist, skipping");
            return tag;
        }
        session.LockRelation(relation is IndexEntry index ? index.TableOid : relation.Oid, TableLockMode.AccessExclusive, relation.Name);
        relation = session.Transaction.CurrentCatalog.Find<RelationEntry>(relation.Oid) ?? throw DdlNames.Missing(statement.Name);
        if (statement.SubName is null)
            RenameRelation(session, relation, statement.NewName);
        else if (statement.SubKind == ObjectKind.Constraint)
            RenameConstraint(session, relation, statement);
        else
            RenameColumn(session, relation, statement);
        session.Database.TableInfos.Forget(relation.Oid);
        return tag;
    }

    private static void RenameRelation(Session session, RelationEntry relation, string name)
    {
        var changes = session.Transaction.Catalog;
        ViewTexts.FollowRelation(session, relation, session.Catalog.Find<SchemaEntry>(relation.SchemaOid)!.Name, name);
        changes.Put(relation with { Name = name });
        // The constraint behind an index bears its name.
        if (relation is IndexEntry index && changes.Current.Find<TableEntry>(index.TableOid) is { } table && table.Constraints.FirstOrDefault(c => c.IndexOid == index.Oid) is { } constraint)
            changes.Put(table with { Constraints = table.Constraints.Replace(constraint, constraint with { Name = name }) });
    }

    private static void RenameConstraint(Session session, RelationEntry relation, RenameStatement statement)
    {
        var table = relation as TableEntry ?? throw new SqlException(SqlState.WrongObjectType, $"\"{relation.Name}\" is not a table");
        var constraint = table.Constraints.FirstOrDefault(c => c.Name == statement.SubName)
            ?? throw new SqlException(SqlState.UndefinedObject, $"constraint \"{statement.SubName}\" for table \"{table.Name}\" does not exist");
        if (table.Constraints.Any(c => c.Name == statement.NewName))
            throw new SqlException(SqlState.DuplicateObject, $"constraint \"{statement.NewName}\" for relation \"{table.Name}\" already exists");
        session.Transaction.Catalog.Put(table with { Constraints = table.Constraints.Replace(constraint, constraint with { Name = statement.NewName }) });
        if (constraint.IndexOid != 0 && session.Transaction.CurrentCatalog.Find<IndexEntry>(constraint.IndexOid) is { } index)
            session.Transaction.Catalog.Put(index with { Name = statement.NewName });
    }

    private static void RenameColumn(Session session, RelationEntry relation, RenameStatement statement)
    {
        if (relation is ViewEntry view)
        {
            RenameViewColumn(session, view, statement);
            return;
        }
        var table = relation as TableEntry ?? throw new SqlException(SqlState.WrongObjectType, $"cannot rename columns of relation \"{relation.Name}\"");
        var column = table.FindColumn(statement.SubName!) ?? throw new SqlException(SqlState.UndefinedColumn, $"column \"{statement.SubName}\" does not exist");
        if (table.FindColumn(statement.NewName) is not null)
            throw new SqlException(SqlState.DuplicateColumn, $"column \"{statement.NewName}\" of relation \"{table.Name}\" already exists");
        ViewTexts.FollowColumn(session, table, column.Name, statement.NewName);
        string? Renamed(string? sql) => sql is null ? null : ColumnRenaming.Apply(sql, column.Name, statement.NewName);
        table = table with
        {
            Columns = [.. table.Columns.Select(c => (c.Id == column.Id ? c with { Name = statement.NewName } : c) with { GeneratedSql = Renamed(c.GeneratedSql) })],
            Constraints = [.. table.Constraints.Select(c => c with { CheckSql = Renamed(c.CheckSql) })],
        };
        session.Transaction.Catalog.Put(table);
        foreach (var index in session.Transaction.CurrentCatalog.IndexesOf(table.Oid).ToArray())
        {
            if (index.PredicateSql is not null || index.Keys.Any(k => k.ExpressionSql is not null))
                session.Transaction.Catalog.Put(index with { PredicateSql = Renamed(index.PredicateSql), Keys = [.. index.Keys.Select(k => k with { ExpressionSql = Renamed(k.ExpressionSql) })] });
        }
    }

    private static void RenameViewColumn(Session session, ViewEntry view, RenameStatement statement)
    {
        var column = view.Columns.FirstOrDefault(c => c.Name == statement.SubName)
            ?? throw new SqlException(SqlState.UndefinedColumn, $"column \"{statement.SubName}\" does not exist");
        if (view.Columns.Any(c => c.Name == statement.NewName))
            throw new SqlException(SqlState.DuplicateColumn, $"column \"{statement.NewName}\" of relation \"{view.Name}\" already exists");
        ViewTexts.FollowColumn(session, view, column.Name, statement.NewName);
        session.Transaction.Catalog.Put(view with { Columns = view.Columns.Replace(column, column with { Name = statement.NewName }) });
    }

    public static string SetSchema(Session session, SetSchemaStatement statement)
    {
        var tag = "ALTER " + CommandTags.Kind(statement.Kind);
        var names = session.CurrentNames;
        var target = session.CreationSchema(statement.NewSchema, 0);
        var changes = session.Transaction.Catalog;
        if (statement.Kind == ObjectKind.Type)
        {
            var type = names.FindEnum(statement.Name.Schema, statement.Name.Name) ?? throw new SqlException(SqlState.UndefinedObject, $"type \"{statement.Name}\" does not exist");
            changes.Put(type with { SchemaOid = target.Oid });
            return tag;
        }
        if (DdlNames.TryRelation(names, statement.Name) is not { } relation)
        {
            if (!statement.IfExists)
                throw DdlNames.Missing(statement.Name);
            session.Notice($"relation \"{statement.Name}\" does not exist, skipping");
            return tag;
        }
        session.LockRelation(relation.Oid, TableLockMode.AccessExclusive, relation.Name);
        ViewTexts.FollowRelation(session, relation, target.Name, relation.Name);
        changes.Put(relation with { SchemaOid = target.Oid });
        foreach (var index in changes.Current.IndexesOf(relation.Oid).ToArray())
            changes.Put(index with { SchemaOid = target.Oid });
        foreach (var sequence in changes.Current.Objects.OfType<SequenceEntry>().Where(s => s.OwnerTableOid == relation.Oid).ToArray())
            changes.Put(sequence with { SchemaOid = target.Oid });
        return tag;
    }

    public static string Owner(Session session, OwnerStatement statement)
    {
        var owner = MiscellaneousCommands.Role(session, statement.NewOwner).Oid;
        var changes = session.Transaction.Catalog;
        CatalogObject? entry = statement.Kind switch
        {
            ObjectKind.Schema => session.Catalog.FindSchema(session.DatabaseOid, statement.Name.Name) ?? throw new SqlException(SqlState.InvalidSchemaName, $"schema \"{statement.Name.Name}\" does not exist"),
            ObjectKind.Database => session.Catalog.FindDatabase(statement.Name.Name) ?? throw new SqlException(SqlState.InvalidCatalogName, $"database \"{statement.Name.Name}\" does not exist"),
            ObjectKind.Type => session.CurrentNames.FindEnum(statement.Name.Schema, statement.Name.Name) ?? throw new SqlException(SqlState.UndefinedObject, $"type \"{statement.Name}\" does not exist"),
            _ => throw SqlException.NotSupported($"ALTER {CommandTags.Kind(statement.Kind)} OWNER TO", statement.ErrorPosition),
        };
        changes.Put(entry with { OwnerOid = owner });
        return "ALTER " + CommandTags.Kind(statement.Kind);
    }
}
