using OmenDb.Storage;
using OmenDb.Storage.Catalog;

namespace OmenDb.Engine.Catalog;

/// <summary>Temporary tables: ordinary ones in a schema of their session, dropped with it.</summary>
internal static class TemporaryObjects
{
    private const string Prefix = "pg_temp_";

    public static bool IsTemporary(SchemaEntry schema) => schema.Name.StartsWith(Prefix, StringComparison.Ordinal);

    public static bool IsOfAnother(Session session, SchemaEntry schema) => IsTemporary(schema) && schema.Name != session.TemporarySchemaName;

    /// <summary>The session's temporary schema, made when first needed.</summary>
    public static SchemaEntry EnsureSchema(Session session)
    {
        if (session.Transaction.CurrentCatalog.FindSchema(session.DatabaseOid, session.TemporarySchemaName) is { } schema)
            return schema;
        var changes = session.Transaction.Catalog;
        schema = new SchemaEntry { Oid = changes.NewOid(), Name = session.TemporarySchemaName, DatabaseOid = session.DatabaseOid, OwnerOid = session.RoleOid };
        changes.Put(schema);
        return schema;
    }

    /// <summary>The end of a session, and DISCARD TEMP.</summary>
    public static void DropOf(Session session) =>
        Drop(session.Database.Storage, schema => schema.DatabaseOid == session.DatabaseOid && schema.Name == session.TemporarySchemaName);

    /// <summary>At start: what sessions of a process that died have left.</summary>
    public static void DropLeftovers(StorageEngine storage) => Drop(storage, IsTemporary);

    private static void Drop(StorageEngine storage, Func<SchemaEntry, bool> which)
    {
        var schemas = storage.Catalog.Objects.OfType<SchemaEntry>().Where(which).ToArray();
        if (schemas.Length == 0)
            return;
        var transaction = storage.Begin();
        foreach (var schema in schemas)
        {
            foreach (var entry in transaction.CurrentCatalog.Children(schema.Oid).ToArray())
            {
                if (entry is TableEntry table)
                    storage.DropTable(transaction, table);
                else if (entry is not IndexEntry)
                    transaction.Catalog.Drop(entry.Oid);
            }
            transaction.Catalog.Drop(schema.Oid);
        }
        storage.Commit(transaction);
    }
}
