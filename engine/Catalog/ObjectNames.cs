using System.Globalization;
using OmenDb.Engine.Functions;
using OmenDb.Planner.Binding;
using OmenDb.Planner.Grammar;
using OmenDb.Storage.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Catalog;

/// <summary>regclass, regtype and their relatives: names of objects to OIDs and back, by a session's catalog.</summary>
internal static class ObjectNames
{
    /// <summary>Types that functions of PostgreSQL have in their signatures and no value has: clients compare with them.</summary>
    private static readonly Dictionary<string, int> _pseudoTypes = new()
    {
        ["trigger"] = 2279, ["event_trigger"] = 3838, ["internal"] = 2281, ["cstring"] = 2275, ["language_handler"] = 2280, ["fdw_handler"] = 3115,
    };

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
        if (type == TypeId.Regtype && _pseudoTypes.TryGetValue(text, out var pseudo))
            return pseudo;
        if (type == TypeId.Regtype)
            return TypeOid(catalog, TypeResolver.Resolve(SqlParser.ParseTypeName(text), catalog));
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
                return FunctionTables.FindOid(name);
        }
    }

    private static int TypeOid(SessionCatalog catalog, SqlType type) => type.Id == TypeId.Array && type.Element!.Id == TypeId.Enum
        ? catalog.Snapshot.Find<EnumEntry>(type.Element.UserOid)?.ArrayOid ?? 0
        : (int)PgTypes.OidOf(type);

    /// <summary>The output function of the type: the name as it must be written now, with its schema when it would not be found without.</summary>
    public static string Display(SessionCatalog catalog, TypeId type, long oid)
    {
        if (oid == 0)
            return "-";
        var number = oid.ToString(CultureInfo.InvariantCulture);
        switch (type)
        {
            case TypeId.Regclass:
                if (SystemTables.Find((int)oid) is { } system)
                    return Identifiers.Quote(system.Schema == "pg_catalog" || catalog.SearchPath.Contains(system.Schema) ? null : system.Schema, system.Name);
                return catalog.Snapshot.Find<RelationEntry>((int)oid) is { } relation
                    ? Identifiers.Quote(catalog.FindEntry(null, relation.Name)?.Oid == relation.Oid ? null : catalog.Snapshot.Find(relation.SchemaOid)?.Name, relation.Name)
                    : number;
            case TypeId.Regtype:
                return oid == 1042 ? "character" : TypeName(catalog, oid, -1) ?? number;
            case TypeId.Regnamespace:
                return oid == SystemTables.PgCatalogOid ? "pg_catalog" : oid == SystemTables.InformationSchemaOid ? "information_schema"
                    : catalog.Snapshot.Find<SchemaEntry>((int)oid) is { } schema ? Identifiers.Quote(schema.Name) : number;
            case TypeId.Regrole:
                return catalog.Snapshot.Find<RoleEntry>((int)oid) is { } role ? Identifiers.Quote(role.Name) : number;
            default:
                return SystemFunctions.NameOf((int)oid) ?? number;
        }
    }

    /// <summary>format_type: enums by the session's catalog; null: no such type.</summary>
    public static string? TypeName(SessionCatalog catalog, long oid, int modifier)
    {
        if (PgTypes.ToSqlType((uint)oid, modifier) is { } type)
            return PgTypes.FormatType(type);
        if (catalog.Snapshot.Find<EnumEntry>((int)oid) is { } entry)
            return EnumName(catalog, entry);
        var element = catalog.Snapshot.Objects.OfType<EnumEntry>().FirstOrDefault(e => e.ArrayOid == oid);
        return element is null ? null : EnumName(catalog, element) + "[]";
    }

    private static string EnumName(SessionCatalog catalog, EnumEntry entry) =>
        Identifiers.Quote(catalog.FindEnum(null, entry.Name)?.Oid == entry.Oid ? null : catalog.Snapshot.Find(entry.SchemaOid)?.Name, entry.Name);
}

/// <summary>The same for text input and output.</summary>
internal sealed class SessionObjectNames(Session session) : IObjectNames
{
    public long Parse(TypeId type, string text) => ObjectNames.Resolve(session.CurrentNames, type, text);

    public string Format(TypeId type, long oid) => ObjectNames.Display(session.CurrentNames, type, oid);
}
