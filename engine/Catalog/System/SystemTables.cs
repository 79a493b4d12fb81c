using System.Collections.Frozen;
using System.Collections.Immutable;
using OmenDb.Engine.Sources;
using OmenDb.Planner.Binding;
using OmenDb.Planner.Catalog;
using OmenDb.Planner.Grammar;
using OmenDb.Types;

namespace OmenDb.Engine.Catalog;

/// <summary>All system tables. Their names, OIDs and columns stand in relations.txt; what fills one is a line in the family's class
/// (a table without such a line is empty: PostgreSQL has objects of that kind, this server has none).</summary>
internal static class SystemTables
{
    public const int PgCatalogOid = 11;
    public const int InformationSchemaOid = 13207;

    private static readonly FrozenDictionary<(string, string), SystemTable> _tables = Define().ToFrozenDictionary(t => (t.Schema, t.Name));

    private static readonly FrozenDictionary<int, SystemTable> _byOid = _tables.Values.ToFrozenDictionary(t => t.Oid);

    private static readonly FrozenDictionary<(string, string), ITableInfo> _infos = _tables.ToFrozenDictionary(t => t.Key, t => Describe(t.Value));

    private static IEnumerable<IEnumerable<(string Name, Func<SystemScan, IEnumerable<object?[]>> Rows)>> Families()
    {
        yield return RelationTables.All();
        yield return ConstraintTables.All();
        yield return TypeTables.All();
        yield return FunctionTables.All();
        yield return ClusterTables.All();
        yield return ListingViews.All();
        yield return StatisticsView.All();
        yield return SettingViews.All();
        yield return ActivityViews.All();
        yield return EngineViews.All();
        yield return InformationTables.All();
        yield return InformationConstraints.All();
    }

    /// <summary>Ascending by OID.</summary>
    public static IReadOnlyList<SystemTable> All { get; } = [.. _tables.Values.OrderBy(t => t.Oid)];

    public static ITableInfo? Find(string schema, string name) => _infos.GetValueOrDefault((schema, name));

    public static SystemTable? Find(int oid) => _byOid.GetValueOrDefault(oid);

    public static SystemTable Table(string name) => _tables[("pg_catalog", name)];

    public static int? FindOid(string? schema, string name) => _tables.GetValueOrDefault((schema ?? "pg_catalog", name))?.Oid;

    public static int? SchemaOid(SessionCatalog names, string name) => name switch
    {
        "pg_catalog" => PgCatalogOid,
        "information_schema" => InformationSchemaOid,
        _ => names.Snapshot.FindSchema(names.Session.DatabaseOid, names.Session.SchemaAlias(name))?.Oid,
    };

    private static IEnumerable<SystemTable> Define()
    {
        var rows = Families().SelectMany(f => f).ToDictionary(r => r.Name, r => r.Rows);
        foreach (var line in SystemResources.Lines("relations.txt"))
        {
            // schema.name oid kind column type, column type! ...; ! is NOT NULL.
            var parts = line.Split(' ', 4);
            var dot = parts[0].IndexOf('.', StringComparison.Ordinal);
            var schema = parts[0][..dot];
            var name = parts[0][(dot + 1)..];
            var columns = parts[3].Split(", ").Select(column =>
            {
                var space = column.IndexOf(' ', StringComparison.Ordinal);
                var type = column[(space + 1)..];
                return (column[..space], TypeOf(type.TrimEnd('!')), type.EndsWith('!'));
            }).ToImmutableArray();
            rows.Remove(schema == "pg_catalog" ? name : parts[0], out var source);
            if (source is null && SystemResources.HasRows(name))
            {
                var fixedRows = new Lazy<IReadOnlyList<object?[]>>(() => SystemResources.Rows(name, columns));
                source = _ => fixedRows.Value;
            }
            yield return new SystemTable(int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture), schema, name, columns, source) { IsView = parts[2] == "v" };
        }
        if (rows.Count > 0)
            throw SqlException.Internal($"rows for the unknown system table {rows.Keys.First()}");
    }

    private static SqlType TypeOf(string name) => name switch
    {
        "varchar(3)" => SqlType.VarcharOf(3),
        "timestamptz(-2)" => SqlType.WithFraction(TypeId.TimestampTz, 2),
        "_aclitem" => SqlType.ArrayOf(SqlType.Of(TypeId.AclItem)),
        "char" => SqlType.InternalChar,
        "_char" => SqlType.ArrayOf(SqlType.InternalChar),
        // Arrays of no known element type are shown as arrays of text.
        "anyarray" or "_pg_statistic" => SqlType.ArrayOf(SqlType.Text),
        "pg_lsn" or "pg_ndistinct" or "pg_dependencies" or "pg_mcv_list" => SqlType.Text,
        _ when name.StartsWith('_') => SqlType.ArrayOf(TypeOf(name[1..])),
        _ => PgTypes.Find(name) is { } type ? SqlType.Of(type.Id) : throw SqlException.Internal($"unknown type {name} of a system column"),
    };

    private static ITableInfo Describe(SystemTable table) =>
        new RelationInfo(table.Oid, table.Schema, table.Name, TableKind.SystemTable,
            [.. table.Columns.Select(c => new ColumnInfo(c.Name, c.Type, c.NotNull)), new ColumnInfo("tableoid", SqlType.Oid, true) { Hidden = true },
                new ColumnInfo("ctid", SqlType.Of(TypeId.Tid), true) { Hidden = true }, new ColumnInfo("xmin", SqlType.Xid, true) { Hidden = true }])
        {
            Handle = new MemorySource([.. table.Columns.Select(c => c.Type), SqlType.Oid, SqlType.Of(TypeId.Tid), SqlType.Xid],
                context => table.Rows is null ? [] : table.Rows(new SystemScan(StatementScope.Of(context).Session))
                    .Select((row, i) => (object?[])[.. row, (long)table.Oid, $"(0,{i + 1})", 2L])),
        };
}
