using OmenDb.Engine.Catalog;
using OmenDb.Planner.Syntax;
using OmenDb.Storage.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Ddl;

/// <summary>Names in commands to catalog objects, with PostgreSQL's errors.</summary>
internal static class DdlNames
{
    public static RelationEntry? TryRelation(SessionCatalog names, QualifiedName name)
    {
        if (name.Catalog is { } catalog && catalog != names.CurrentDatabase)
            throw new SqlException(SqlState.FeatureNotSupported, $"cross-database references are not implemented: \"{name}\"") { Position = name.ErrorPosition };
        return names.FindEntry(name.Schema, name.Name);
    }

    /// <exception cref="SqlException">42P01; 42501 for system tables.</exception>
    public static RelationEntry Relation(SessionCatalog names, QualifiedName name)
    {
        if (TryRelation(names, name) is { } found)
            return found;
        if (SystemTables.Find(name.Schema ?? "pg_catalog", name.Name) is not null)
            throw new SqlException(SqlState.InsufficientPrivilege, $"permission denied: \"{name.Name}\" is a system catalog");
        throw Missing(name);
    }

    public static SqlException Missing(QualifiedName name) =>
        new(SqlState.UndefinedTable, $"relation \"{name}\" does not exist") { Position = name.ErrorPosition };

    /// <summary>Keeps a name for this transaction: whoever wants it too waits for our end, and then sees whether it is taken. Ask the catalog
    /// afterwards.</summary>
    /// <remarks>A lock on a relation that cannot be: its OID is the name's hash, below zero. Two names with one hash wait for nothing at times.</remarks>
    public static void Reserve(Session session, int parentOid, string name) =>
        session.LockRelation(-1 - (HashCode.Combine(parentOid, name) & 0x3fff_ffff), Planner.Syntax.TableLockMode.ShareUpdateExclusive, name);

    /// <summary>The relation of a name, locked: while we waited, the name may have gone to another one.</summary>
    /// <returns>As the catalog has it once it is locked; null: there is none.</returns>
    public static RelationEntry? TryLocked(Session session, QualifiedName name, Planner.Syntax.TableLockMode mode)
    {
        var held = 0;
        while (TryRelation(session.CurrentNames, name) is { } relation)
        {
            var owner = relation is IndexEntry index ? index.TableOid : relation.Oid;
            if (owner == held)
                return relation;
            session.LockRelation(owner, mode, relation.Name);
            held = owner;
        }
        return null;
    }

    /// <summary>The table of a name, locked.</summary>
    /// <exception cref="SqlException">42P01, 42809.</exception>
    public static TableEntry LockedTable(Session session, QualifiedName name, Planner.Syntax.TableLockMode mode) =>
        TryLocked(session, name, mode) is TableEntry table ? table : Table(session.CurrentNames, name);

    /// <exception cref="SqlException">42P01, 42809.</exception>
    public static TableEntry Table(SessionCatalog names, QualifiedName name) => Relation(names, name) as TableEntry
        ?? throw new SqlException(SqlState.WrongObjectType, $"\"{name.Name}\" is not a table") { Position = name.ErrorPosition };

    public static SequenceEntry Sequence(SessionCatalog names, QualifiedName name) => Relation(names, name) as SequenceEntry
        ?? throw new SqlException(SqlState.WrongObjectType, $"\"{name.Name}\" is not a sequence") { Position = name.ErrorPosition };

    public static ColumnEntry Column(TableEntry table, string name, int position = 0) => table.FindColumn(name)
        ?? throw new SqlException(SqlState.UndefinedColumn, $"column \"{name}\" of relation \"{table.Name}\" does not exist") { Position = position };

    /// <summary>What PostgreSQL calls the kind of a relation.</summary>
    public static string Noun(CatalogObject entry) => entry switch
    {
        TableEntry => "table",
        ViewEntry => "view",
        IndexEntry => "index",
        SequenceEntry => "sequence",
        SchemaEntry => "schema",
        EnumEntry => "type",
        _ => entry.Noun,
    };

    /// <summary>A name that no relation of the schema has: t_a_key, t_a_key1, ...; at most 63 bytes.</summary>
    public static string Free(CatalogSnapshot catalog, int schemaOid, string table, IEnumerable<string> columns, string suffix, Func<string, bool>? alsoTaken = null)
    {
        var middle = string.Join('_', columns);
        for (var n = 0; ; n++)
        {
            var end = $"_{suffix}{(n == 0 ? "" : n.ToString(System.Globalization.CultureInfo.InvariantCulture))}";
            var first = table;
            var second = middle;
            // The longer of the two is cut first, as PostgreSQL does.
            while (first.Length + (second.Length > 0 ? second.Length + 1 : 0) + end.Length > 63)
            {
                if (first.Length > second.Length)
                    first = first[..^1];
                else
                    second = second[..^1];
            }
            var name = first + (second.Length > 0 ? "_" + second : "") + end;
            if (catalog.FindRelation(schemaOid, name) is null && alsoTaken?.Invoke(name) != true)
                return name;
        }
    }

    public static string Position(int ordinal) => ordinal.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
