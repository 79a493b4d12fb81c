using System.Collections.Immutable;
using OmenDb.Storage.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Catalog;

/// <summary>A computed table of pg_catalog or information_schema.</summary>
/// <param name="Oid">PostgreSQL's.</param>
/// <param name="Columns">As in PostgreSQL 15.</param>
/// <param name="Rows">What a scan sees; values in the order of the columns, boxed as in ConstantExpression; null: always empty.</param>
internal sealed record SystemTable(int Oid, string Schema, string Name, ImmutableArray<(string Name, SqlType Type, bool NotNull)> Columns,
    Func<SystemScan, IEnumerable<object?[]>>? Rows)
{
    /// <summary>pg_class calls it a view.</summary>
    public bool IsView { get; init; }

    public int SchemaOid => Schema == "pg_catalog" ? SystemTables.PgCatalogOid : SystemTables.InformationSchemaOid;
}

/// <summary>What the rows are computed from: the catalog as the statement's transaction sees it.</summary>
internal sealed class SystemScan(Session session)
{
    public Session Session { get; } = session;

    public SessionCatalog Names { get; } = session.CurrentNames;

    public CatalogSnapshot Catalog => Names.Snapshot;

    /// <summary>The schemas of the session's database; other sessions' temporary ones included, as in PostgreSQL.</summary>
    public IEnumerable<SchemaEntry> Schemas => Catalog.Children(Session.DatabaseOid).OfType<SchemaEntry>();

    public IEnumerable<RelationEntry> Relations => Schemas.SelectMany(s => Catalog.Children(s.Oid)).OfType<RelationEntry>();

    public IEnumerable<TableEntry> Tables => Relations.OfType<TableEntry>();

    public IEnumerable<EnumEntry> Enums => Schemas.SelectMany(s => Catalog.Children(s.Oid)).OfType<EnumEntry>();

    public IEnumerable<(TableEntry Table, ConstraintEntry Constraint)> Constraints => Tables.SelectMany(t => t.Constraints.Select(c => (t, c)));

    public string SchemaName(int oid) => oid switch
    {
        SystemTables.PgCatalogOid => "pg_catalog",
        SystemTables.InformationSchemaOid => "information_schema",
        _ => Catalog.Find(oid)?.Name ?? "",
    };

    public string OwnerName(int oid) => Catalog.Find<RoleEntry>(oid)?.Name ?? $"unknown (OID={oid})";

    public string Owner(CatalogObject entry) => OwnerName(entry.OwnerOid);

    /// <summary>The type's OID; arrays of enums have theirs in the enum's entry.</summary>
    public long TypeOid(SqlType type) => type.Id == TypeId.Array && type.Element!.Id == TypeId.Enum
        ? Catalog.Find<EnumEntry>(type.Element.UserOid)?.ArrayOid ?? 0
        : PgTypes.OidOf(type);

    /// <summary>Live rows, now.</summary>
    public long RowCount(TableEntry table) => Session.Database.Storage.GetTable(table).RowCount;
}

/// <summary>Values of system columns.</summary>
internal static class SystemValues
{
    public static object?[] Int2s(IEnumerable<int> values) => [.. values.Select(v => (object?)(short)v)];

    public static object?[] Oids(IEnumerable<long> values) => [.. values.Select(v => (object?)v)];

    public static object?[] Texts(IEnumerable<string> values) => [.. values];

    /// <summary>timestamptz: microseconds since 1970.</summary>
    public static long Micros(DateTime utc) => (utc.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    public static string YesNo(bool value) => value ? "YES" : "NO";
}
