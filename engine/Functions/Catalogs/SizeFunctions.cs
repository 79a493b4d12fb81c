using System.Globalization;
using OmenDb.Engine.Catalog;
using OmenDb.Planner.Catalog;
using OmenDb.Storage.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Functions.Catalogs;

/// <summary>pg_*_size and pg_size_pretty: memory of rows and of index nodes.</summary>
internal static class SizeFunctions
{
    public static IEnumerable<FunctionInfo> All()
    {
        yield return CatalogCall.Define<long?>("pg_relation_size", [SqlType.Regclass], SqlType.Int8, static (context, a) => Relation(CatalogCall.Scan(context), a.Get<long>(0)));
        yield return CatalogCall.Define<long?>("pg_relation_size", [SqlType.Regclass, SqlType.Text], SqlType.Int8,
            static (context, a) => a.Get<string>(1) == "main" ? Relation(CatalogCall.Scan(context), a.Get<long>(0)) : 0);
        yield return CatalogCall.Define<long?>("pg_table_size", [SqlType.Regclass], SqlType.Int8, static (context, a) => Relation(CatalogCall.Scan(context), a.Get<long>(0)));
        yield return CatalogCall.Define<long?>("pg_indexes_size", [SqlType.Regclass], SqlType.Int8, static (context, a) => Indexes(CatalogCall.Scan(context), a.Get<long>(0)));
        yield return CatalogCall.Define<long?>("pg_total_relation_size", [SqlType.Regclass], SqlType.Int8, static (context, a) =>
        {
            var scan = CatalogCall.Scan(context);
            return Relation(scan, a.Get<long>(0)) + Indexes(scan, a.Get<long>(0));
        });
        yield return CatalogCall.Define<long?>("pg_database_size", [SqlType.Name], SqlType.Int8, static (context, a) =>
        {
            var scan = CatalogCall.Scan(context);
            return Database(scan, scan.Catalog.FindDatabase(a.Get<string>(0)) ?? throw new SqlException(SqlState.InvalidCatalogName, $"database \"{a.Get<string>(0)}\" does not exist"));
        });
        yield return CatalogCall.Define<long?>("pg_database_size", [SqlType.Oid], SqlType.Int8, static (context, a) =>
        {
            var scan = CatalogCall.Scan(context);
            return scan.Catalog.Find<DatabaseEntry>((int)a.Get<long>(0)) is { } database ? Database(scan, database) : null;
        });
        foreach (var type in new[] { SqlType.Oid, SqlType.Name })
        {
            yield return CatalogCall.Define<long?>("pg_tablespace_size", [type], SqlType.Int8, static (context, _) =>
            {
                var scan = CatalogCall.Scan(context);
                return ClusterTables.DatabaseEntries(scan).Sum(d => Database(scan, d));
            });
        }
        yield return CatalogCall.Define("pg_size_pretty", [SqlType.Int8], SqlType.Text, static (_, a) => Pretty(a.Get<long>(0)));
        yield return CatalogCall.Define("pg_size_pretty", [SqlType.Numeric], SqlType.Text, static (_, a) => Pretty(a.Get<PgNumeric>(0).ToInt64()));
    }

    private static long? Relation(SystemScan scan, long oid) => scan.Catalog.Find((int)oid) switch
    {
        TableEntry table => scan.Session.Database.Storage.GetTable(table).MemoryBytes,
        IndexEntry index => Index(scan, index),
        RelationEntry => 0,
        _ => SystemTables.Find((int)oid) is null ? null : 0,
    };

    private static long Index(SystemScan scan, IndexEntry index)
    {
        if (scan.Catalog.Find<TableEntry>(index.TableOid) is not { } table || scan.Session.Database.Storage.GetTable(table).FindIndex(index.Oid) is not { } tree
            || !tree.TryRetain())
            return 0;
        var bytes = tree.GetStatistics().UsedBytes;
        tree.Release();
        return bytes;
    }

    private static long? Indexes(SystemScan scan, long oid) => scan.Catalog.Find<TableEntry>((int)oid) is { } table
        ? scan.Catalog.IndexesOf(table.Oid).Sum(i => Index(scan, i)) : scan.Catalog.Find((int)oid) is RelationEntry || SystemTables.Find((int)oid) is not null ? 0 : null;

    private static long Database(SystemScan scan, DatabaseEntry database) =>
        scan.Catalog.Children(database.Oid).SelectMany(s => scan.Catalog.Children(s.Oid)).OfType<RelationEntry>().Sum(r => Relation(scan, r.Oid) ?? 0);

    private static readonly string[] _units = ["bytes", "kB", "MB", "GB", "TB", "PB"];

    /// <summary>PostgreSQL goes to the next unit from ten thousand on, and rounds half away from zero.</summary>
    private static string Pretty(long size)
    {
        decimal value = size;
        var unit = 0;
        while (Math.Abs(value) >= (unit == 0 ? 10 * 1024m : 10 * 1024m - 0.5m) && unit < _units.Length - 1)
        {
            value /= 1024;
            unit++;
        }
        return string.Create(CultureInfo.InvariantCulture, $"{Math.Round(value, MidpointRounding.AwayFromZero)} {_units[unit]}");
    }
}
