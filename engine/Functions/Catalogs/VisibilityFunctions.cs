using OmenDb.Engine.Catalog;
using OmenDb.Planner.Catalog;
using OmenDb.Storage.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Functions.Catalogs;

/// <summary>pg_*_is_visible: whether an object is found by its name alone.</summary>
internal static class VisibilityFunctions
{
    public static IEnumerable<FunctionInfo> All()
    {
        yield return CatalogCall.Define<bool?>("pg_table_is_visible", [SqlType.Oid], SqlType.Bool, static (context, a) => IsRelationVisible(CatalogCall.Scan(context), a.Get<long>(0)));
        yield return CatalogCall.Define<bool?>("pg_type_is_visible", [SqlType.Oid], SqlType.Bool, static (context, a) => IsTypeVisible(CatalogCall.Scan(context), a.Get<long>(0)));
        foreach (var kind in new[] { "function", "operator", "opclass", "opfamily", "collation", "conversion", "ts_config", "ts_dict", "ts_parser", "ts_template", "statistics_obj" })
            yield return CatalogCall.Always($"pg_{kind}_is_visible", [SqlType.Oid], SqlType.Bool, true);
        yield return CatalogCall.Define("pg_my_temp_schema", [], SqlType.Oid, static (context, _) =>
        {
            var session = CatalogCall.Session(context.Session);
            return (long)(session.Catalog.FindSchema(session.DatabaseOid, session.TemporarySchemaName)?.Oid ?? 0);
        });
        yield return CatalogCall.Define("pg_is_other_temp_schema", [SqlType.Oid], SqlType.Bool, static (context, a) =>
        {
            var session = CatalogCall.Session(context.Session);
            return session.Catalog.Find<SchemaEntry>((int)a.Get<long>(0)) is { } schema && TemporaryObjects.IsTemporary(schema) && schema.Name != session.TemporarySchemaName;
        });
    }

    /// <returns>Null: there is no such relation.</returns>
    private static bool? IsRelationVisible(SystemScan scan, long oid)
    {
        if (SystemTables.Find((int)oid) is { } system)
            return scan.Names.SearchPath.Contains(system.Schema);
        if (scan.Catalog.Find<RelationEntry>((int)oid) is not { } relation)
            return null;
        foreach (var schema in scan.Names.SearchPath)
        {
            if (SystemTables.Find(schema, relation.Name) is not null)
                return false;
            if (scan.Catalog.FindSchema(scan.Session.DatabaseOid, schema) is { } entry && scan.Catalog.FindRelation(entry.Oid, relation.Name) is { } found)
                return found.Oid == relation.Oid;
        }
        return false;
    }

    private static bool? IsTypeVisible(SystemScan scan, long oid)
    {
        if (PgTypes.ToSqlType((uint)oid) is not null)
            return true;
        var entry = scan.Catalog.Find<EnumEntry>((int)oid) ?? scan.Enums.FirstOrDefault(e => e.ArrayOid == oid);
        return entry is null ? null : scan.Names.FindEnum(null, entry.Name)?.Oid == entry.Oid;
    }
}
