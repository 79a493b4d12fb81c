using System.Collections.Immutable;
using OmenDb.Engine.Catalog;
using OmenDb.Planner.Catalog;
using OmenDb.Storage.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Functions.Catalogs;

/// <summary>has_*_privilege and access lists. Roles that may log in may do everything here, so the answer is yes whenever the question is sound.</summary>
internal static class PrivilegeFunctions
{
    private static readonly ImmutableArray<string> _table = ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "RULE"];
    private static readonly ImmutableArray<string> _column = ["SELECT", "INSERT", "UPDATE", "REFERENCES"];

    public static IEnumerable<FunctionInfo> All()
    {
        foreach (var function in Family("table", TypeId.Regclass, _table).Concat(Family("any_column", TypeId.Regclass, _column)).Concat(Family("sequence", TypeId.Regclass, ["USAGE", "SELECT", "UPDATE"]))
            .Concat(Family("schema", TypeId.Regnamespace, ["CREATE", "USAGE"])).Concat(Family("database", TypeId.Unknown, ["CREATE", "CONNECT", "TEMPORARY", "TEMP"]))
            .Concat(Family("function", TypeId.Regproc, ["EXECUTE"])).Concat(Family("type", TypeId.Regtype, ["USAGE"])).Concat(Family("language", TypeId.Void, ["USAGE"]))
            .Concat(Family("tablespace", TypeId.Void, ["CREATE"])).Concat(Family("server", TypeId.Void, ["USAGE"])).Concat(Family("foreign_data_wrapper", TypeId.Void, ["USAGE"])))
            yield return function;
        foreach (var user in new[] { null, SqlType.Name, SqlType.Oid })
        {
            foreach (var table in new[] { SqlType.Text, SqlType.Oid })
            {
                foreach (var column in new[] { SqlType.Text, SqlType.Int2 })
                {
                    ImmutableArray<SqlType> arguments = user is null ? [table, column, SqlType.Text] : [user, table, column, SqlType.Text];
                    yield return CatalogCall.Define<bool?>("has_column_privilege", arguments, SqlType.Bool,
                        static (context, a) => Check(CatalogCall.Scan(context), a.Boxed(a.Count - 3), TypeId.Regclass, a.Get<string>(a.Count - 1), _column));
                }
            }
            foreach (var role in new[] { SqlType.Name, SqlType.Oid })
                yield return CatalogCall.Define("pg_has_role", user is null ? [role, SqlType.Text] : [user, role, SqlType.Text], SqlType.Bool, static (_, _) => true);
        }
        yield return CatalogCall.Always<object?>("acldefault", [SqlType.InternalChar, SqlType.Oid], CatalogCall.AclArray, null);
        yield return CatalogCall.Rows("aclexplode", [CatalogCall.AclArray], SqlType.Record,
            [("grantor", SqlType.Oid), ("grantee", SqlType.Oid), ("privilege_type", SqlType.Text), ("is_grantable", SqlType.Bool)], static (_, _) => []);
        yield return CatalogCall.Always("row_security_active", [SqlType.Oid], SqlType.Bool, false);
    }

    private static IEnumerable<FunctionInfo> Family(string kind, TypeId names, ImmutableArray<string> privileges)
    {
        foreach (var user in new[] { null, SqlType.Name, SqlType.Oid })
        {
            foreach (var target in new[] { SqlType.Text, SqlType.Oid })
            {
                ImmutableArray<SqlType> arguments = user is null ? [target, SqlType.Text] : [user, target, SqlType.Text];
                yield return CatalogCall.Define<bool?>($"has_{kind}_privilege", arguments, SqlType.Bool,
                    (context, a) => Check(CatalogCall.Scan(context), a.Boxed(a.Count - 2), names, a.Get<string>(a.Count - 1), privileges));
            }
        }
    }

    /// <returns>Null: no object has that OID.</returns>
    private static bool? Check(SystemScan scan, object? target, TypeId names, string privilege, ImmutableArray<string> known)
    {
        foreach (var written in privilege.Split(','))
        {
            var word = written.Trim().ToUpperInvariant();
            if (!known.Contains(word.EndsWith(" WITH GRANT OPTION", StringComparison.Ordinal) ? word[..^18] : word))
                throw new SqlException(SqlState.InvalidParameterValue, $"unrecognized privilege type: \"{written.Trim()}\"");
        }
        switch (names)
        {
            case TypeId.Void:
                return true;
            case TypeId.Unknown when target is string database:
                return scan.Catalog.FindDatabase(database) is null ? throw new SqlException(SqlState.InvalidCatalogName, $"database \"{database}\" does not exist") : true;
            case TypeId.Unknown:
                return scan.Catalog.Find<DatabaseEntry>((int)(long)target!) is null ? null : true;
            case TypeId.Regproc when target is string signature:
                var end = signature.IndexOf('(', StringComparison.Ordinal);
                ObjectNames.Resolve(scan.Names, names, end < 0 ? signature : signature[..end]);
                return true;
            default:
                if (target is string name)
                {
                    ObjectNames.Resolve(scan.Names, names, name);
                    return true;
                }
                return names != TypeId.Regclass || SystemTables.Find((int)(long)target!) is not null || scan.Catalog.Find<RelationEntry>((int)(long)target!) is not null ? true : null;
        }
    }
}
