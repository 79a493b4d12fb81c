using System.Collections.Frozen;
using System.Collections.Immutable;
using OmenDb.Engine.Sources;
using OmenDb.Planner.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Catalog;

/// <summary>A computed table of pg_catalog or information_schema.</summary>
/// <param name="Oid">PostgreSQL's where it has a fixed one.</param>
/// <param name="Columns">As in PostgreSQL 15.</param>
/// <param name="Rows">What a scan sees; values boxed as in ConstantExpression.</param>
internal sealed record SystemTable(int Oid, string Schema, string Name, ImmutableArray<(string Name, SqlType Type)> Columns, Func<SystemScan, IEnumerable<object?[]>> Rows)
{
    /// <summary>pg_class calls it a view.</summary>
    public bool IsView { get; init; }
}

/// <summary>What the rows are computed from: the catalog as the statement's transaction sees it.</summary>
internal sealed class SystemScan(Session session)
{
    public Session Session { get; } = session;

    public SessionCatalog Names { get; } = session.CurrentNames;

    public Storage.Catalog.CatalogSnapshot Catalog => Names.Snapshot;

    /// <summary>The schemas of the session's database; other sessions' temporary ones included, as in PostgreSQL.</summary>
    public IEnumerable<Storage.Catalog.SchemaEntry> Schemas => Catalog.Children(Session.DatabaseOid).OfType<Storage.Catalog.SchemaEntry>();

    public IEnumerable<Storage.Catalog.RelationEntry> Relations => Schemas.SelectMany(s => Catalog.Children(s.Oid)).OfType<Storage.Catalog.RelationEntry>();
}

/// <summary>All system tables. A new one is a static member of its family's class and one line there.</summary>
internal static class SystemTables
{
    public const int PgCatalogOid = 11;
    public const int InformationSchemaOid = 13000;

    private static readonly FrozenDictionary<(string, string), SystemTable> _tables =
        Families().SelectMany(f => f).ToFrozenDictionary(t => (t.Schema, t.Name));

    private static readonly FrozenDictionary<(string, string), ITableInfo> _infos = _tables.ToFrozenDictionary(t => t.Key, t => Describe(t.Value));

    private static IEnumerable<IEnumerable<SystemTable>> Families()
    {
        yield return RelationTables.All();
    }

    public static IEnumerable<SystemTable> All => _tables.Values;

    public static ITableInfo? Find(string schema, string name) => _infos.GetValueOrDefault((schema, name));

    public static int? FindOid(string? schema, string name) => _tables.GetValueOrDefault((schema ?? "pg_catalog", name))?.Oid;

    public static int? SchemaOid(SessionCatalog names, string name) => name switch
    {
        "pg_catalog" => PgCatalogOid,
        "information_schema" => InformationSchemaOid,
        _ => names.Snapshot.FindSchema(names.Session.DatabaseOid, names.Session.SchemaAlias(name))?.Oid,
    };

    private static ITableInfo Describe(SystemTable table) =>
        new RelationInfo(table.Oid, table.Schema, table.Name, TableKind.SystemTable,
            [.. table.Columns.Select(c => new ColumnInfo(c.Name, c.Type)), new ColumnInfo("tableoid", SqlType.Oid, true) { Hidden = true }])
        {
            Handle = new MemorySource([.. table.Columns.Select(c => c.Type), SqlType.Oid],
                context => table.Rows(new SystemScan(StatementScope.Of(context).Session)).Select(row => (object?[])[.. row, (long)table.Oid])),
        };
}
