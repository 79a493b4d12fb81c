using OmenDb.Storage.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Catalog;

/// <summary>pg_namespace, pg_class and their nearest relatives.</summary>
internal static class RelationTables
{
    public static IEnumerable<SystemTable> All()
    {
        yield return new SystemTable(2615, "pg_catalog", "pg_namespace",
            [("oid", SqlType.Oid), ("nspname", SqlType.Name), ("nspowner", SqlType.Oid), ("nspacl", SqlType.ArrayOf(SqlType.Of(TypeId.AclItem)))],
            scan => scan.Schemas.Select(s => new object?[] { (long)s.Oid, s.Name, (long)s.OwnerOid, null })
                .Append([(long)SystemTables.PgCatalogOid, "pg_catalog", (long)CatalogStore.BootstrapRoleOid, null])
                .Append([(long)SystemTables.InformationSchemaOid, "information_schema", (long)CatalogStore.BootstrapRoleOid, null]));
    }
}
