using OmenDb.Engine.Catalog;
using OmenDb.Planner.Catalog;
using OmenDb.Storage.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Functions.Catalogs;

/// <summary>Comments on objects.</summary>
internal static class DescriptionFunctions
{
    public static IEnumerable<FunctionInfo> All()
    {
        yield return CatalogCall.Define<string?>("obj_description", [SqlType.Oid, SqlType.Name], SqlType.Text, static (context, a) => Object(CatalogCall.Scan(context), a.Get<long>(0), a.Get<string>(1)));
        yield return CatalogCall.Define<string?>("obj_description", [SqlType.Oid], SqlType.Text, static (context, a) => Object(CatalogCall.Scan(context), a.Get<long>(0), null));
        yield return CatalogCall.Define<string?>("col_description", [SqlType.Oid, SqlType.Int4], SqlType.Text,
            static (context, a) => CatalogCall.Scan(context).Catalog.Find<TableEntry>((int)a.Get<long>(0))?.ColumnById(a.Get<int>(1))?.Comment);
        yield return CatalogCall.Define<string?>("shobj_description", [SqlType.Oid, SqlType.Name], SqlType.Text, static (context, a) => Shared(CatalogCall.Scan(context), a.Get<long>(0), a.Get<string>(1)));
    }

    private static string? Object(SystemScan scan, long oid, string? catalog)
    {
        switch (catalog)
        {
            case "pg_class": return scan.Catalog.Find<RelationEntry>((int)oid)?.Comment;
            case "pg_namespace": return oid == SystemTables.PgCatalogOid ? "system catalog schema" : scan.Catalog.Find<SchemaEntry>((int)oid)?.Comment;
            case "pg_type": return scan.Catalog.Find<EnumEntry>((int)oid)?.Comment;
            case null or "pg_constraint":
                foreach (var (_, constraint) in scan.Constraints)
                {
                    if (constraint.Oid == oid)
                        return constraint.Comment;
                }
                return catalog is null ? scan.Catalog.Find((int)oid)?.Comment : null;
            default:
                return SystemTables.FindOid(null, catalog) is null ? throw new SqlException(SqlState.UndefinedTable, $"relation \"{catalog}\" does not exist") : null;
        }
    }

    private static string? Shared(SystemScan scan, long oid, string catalog) => catalog switch
    {
        "pg_database" => scan.Catalog.Find<DatabaseEntry>((int)oid)?.Comment,
        "pg_authid" => scan.Catalog.Find<RoleEntry>((int)oid)?.Comment,
        _ => SystemTables.FindOid(null, catalog) is null ? throw new SqlException(SqlState.UndefinedTable, $"relation \"{catalog}\" does not exist") : null,
    };
}
