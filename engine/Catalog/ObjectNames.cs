using System.Globalization;
using OmenDb.Engine.Functions;
using OmenDb.Planner.Binding;
using OmenDb.Planner.Grammar;
using OmenDb.Types;

namespace OmenDb.Engine.Catalog;

/// <summary>regclass, regtype and their relatives: names of objects to OIDs and back, by a session's catalog.</summary>
internal static class ObjectNames
{
    public static bool IsReg(TypeId type) => type is TypeId.Regclass or TypeId.Regtype or TypeId.Regproc or TypeId.Regnamespace or TypeId.Regrole;

    /// <summary>The input function of the type.</summary>
    /// <exception cref="SqlException">42P01, 42704, 42883, 3F000.</exception>
    public static int Resolve(SessionCatalog catalog, TypeId type, string text) => TryResolve(catalog, type, text)
        ?? throw (type switch
        {
            TypeId.Regclass => new SqlException(SqlState.UndefinedTable, $"relation \"{text}\" does not exist"),
            TypeId.Regtype => new SqlException(SqlState.UndefinedObject, $"type \"{text}\" does not exist"),
            TypeId.Regproc => new SqlException(SqlState.UndefinedFunction, $"function \"{text}\" does not exist"),
            TypeId.Regnamespace => new SqlException(SqlState.InvalidSchemaName, $"schema \"{text}\" does not exist"),
            _ => new SqlException(SqlState.UndefinedObject, $"role \"{text}\" does not exist"),
        });

    /// <returns>Null when there is no such object: to_regclass and its relatives.</returns>
    public static int? TryResolve(SessionCatalog catalog, TypeId type, string text)
    {
        if (text == "-")
            return 0;
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return (int)number;
        if (type == TypeId.Regtype)
            return (int)Types.PgTypes.OidOf(TypeResolver.Resolve(SqlParser.ParseTypeName(text), catalog));
        var parts = Identifiers.Split(text);
        var name = parts[^1];
        var schema = parts.Count > 1 ? parts[^2] : null;
        switch (type)
        {
            case TypeId.Regclass:
                return catalog.FindEntry(schema, name)?.Oid ?? SystemTables.FindOid(schema, name);
            case TypeId.Regnamespace:
                return SystemTables.SchemaOid(catalog, name);
            case TypeId.Regrole:
                return catalog.Snapshot.FindRole(name)?.Oid;
            default:
                var functions = FunctionRegistry.Find(name);
                return functions.Count == 0 ? null : functions[0].Oid;
        }
    }
}
