namespace OmenDb.Types;

/// <summary>One row of pg_type, as far as it is fixed.</summary>
/// <param name="Id">Our type.</param>
/// <param name="Oid">As in PostgreSQL: drivers know these numbers by heart.</param>
/// <param name="ArrayOid">OID of the array type, 0 = none.</param>
/// <param name="Name">typname.</param>
/// <param name="SqlName">What format_type prints.</param>
/// <param name="Length">typlen: bytes, -1 = variable.</param>
/// <param name="ByValue">typbyval.</param>
/// <param name="Category">typcategory.</param>
/// <param name="IsPreferred">typispreferred.</param>
/// <param name="Align">typalign.</param>
/// <param name="Kind">typtype: b base, p pseudo.</param>
public sealed record PgType(TypeId Id, uint Oid, uint ArrayOid, string Name, string SqlName, short Length, bool ByValue, char Category,
    bool IsPreferred, char Align, char Kind = 'b');

/// <summary>The one table of the built-in types: OIDs, names and aliases. Source: PostgreSQL 15, pg_type.dat.</summary>
public static class PgTypes
{
    public static readonly IReadOnlyList<PgType> All =
    [
        new(TypeId.Bool, 16, 1000, "bool", "boolean", 1, true, 'B', true, 'c'),
        new(TypeId.Bytea, 17, 1001, "bytea", "bytea", -1, false, 'U', false, 'i'),
        new(TypeId.InternalChar, 18, 1002, "char", "\"char\"", 1, true, 'Z', false, 'c'),
        new(TypeId.Name, 19, 1003, "name", "name", 64, false, 'S', false, 'c'),
        new(TypeId.Int8, 20, 1016, "int8", "bigint", 8, true, 'N', false, 'd'),
        new(TypeId.Int2, 21, 1005, "int2", "smallint", 2, true, 'N', false, 's'),
        new(TypeId.Int2Vector, 22, 1006, "int2vector", "int2vector", -1, false, 'A', false, 'i'),
        new(TypeId.Int4, 23, 1007, "int4", "integer", 4, true, 'N', false, 'i'),
        new(TypeId.Regproc, 24, 1008, "regproc", "regproc", 4, true, 'N', false, 'i'),
        new(TypeId.Text, 25, 1009, "text", "text", -1, false, 'S', true, 'i'),
        new(TypeId.Oid, 26, 1028, "oid", "oid", 4, true, 'N', true, 'i'),
        new(TypeId.Tid, 27, 1010, "tid", "tid", 6, false, 'U', false, 's'),
        new(TypeId.Xid, 28, 1011, "xid", "xid", 4, true, 'U', false, 'i'),
        new(TypeId.Cid, 29, 1012, "cid", "cid", 4, true, 'U', false, 'i'),
        new(TypeId.OidVector, 30, 1013, "oidvector", "oidvector", -1, false, 'A', false, 'i'),
        new(TypeId.Json, 114, 199, "json", "json", -1, false, 'U', false, 'i'),
        new(TypeId.PgNodeTree, 194, 0, "pg_node_tree", "pg_node_tree", -1, false, 'Z', false, 'i'),
        new(TypeId.Float4, 700, 1021, "float4", "real", 4, true, 'N', false, 'i'),
        new(TypeId.Float8, 701, 1022, "float8", "double precision", 8, true, 'N', true, 'd'),
        new(TypeId.Unknown, 705, 0, "unknown", "unknown", -2, false, 'X', false, 'c', 'p'),
        new(TypeId.Money, 790, 791, "money", "money", 8, true, 'N', false, 'd'),
        new(TypeId.Inet, 869, 1041, "inet", "inet", -1, false, 'I', true, 'i'),
        new(TypeId.AclItem, 1033, 1034, "aclitem", "aclitem", 12, false, 'U', false, 'i'),
        new(TypeId.Char, 1042, 1014, "bpchar", "character", -1, false, 'S', false, 'i'),
        new(TypeId.Varchar, 1043, 1015, "varchar", "character varying", -1, false, 'S', false, 'i'),
        new(TypeId.Date, 1082, 1182, "date", "date", 4, true, 'D', false, 'i'),
        new(TypeId.Time, 1083, 1183, "time", "time without time zone", 8, true, 'D', false, 'd'),
        new(TypeId.Timestamp, 1114, 1115, "timestamp", "timestamp without time zone", 8, true, 'D', false, 'd'),
        new(TypeId.TimestampTz, 1184, 1185, "timestamptz", "timestamp with time zone", 8, true, 'D', true, 'd'),
        new(TypeId.Interval, 1186, 1187, "interval", "interval", 16, false, 'T', true, 'd'),
        new(TypeId.TimeTz, 1266, 1270, "timetz", "time with time zone", 12, false, 'D', false, 'd'),
        new(TypeId.Numeric, 1700, 1231, "numeric", "numeric", -1, false, 'N', false, 'i'),
        new(TypeId.Regoper, 2203, 2208, "regoper", "regoper", 4, true, 'N', false, 'i'),
        new(TypeId.Regclass, 2205, 2210, "regclass", "regclass", 4, true, 'N', false, 'i'),
        new(TypeId.Regtype, 2206, 2211, "regtype", "regtype", 4, true, 'N', false, 'i'),
        new(TypeId.Record, 2249, 2287, "record", "record", -1, false, 'P', false, 'd', 'p'),
        new(TypeId.Any, 2276, 0, "any", "\"any\"", 4, true, 'P', false, 'i', 'p'),
        new(TypeId.AnyArray, 2277, 0, "anyarray", "anyarray", -1, false, 'P', false, 'd', 'p'),
        new(TypeId.Void, 2278, 0, "void", "void", 4, true, 'P', false, 'i', 'p'),
        new(TypeId.AnyElement, 2283, 0, "anyelement", "anyelement", 4, true, 'P', false, 'i', 'p'),
        new(TypeId.Uuid, 2950, 2951, "uuid", "uuid", 16, false, 'U', false, 'c'),
        new(TypeId.Jsonb, 3802, 3807, "jsonb", "jsonb", -1, false, 'U', false, 'i'),
        new(TypeId.Regnamespace, 4089, 4090, "regnamespace", "regnamespace", 4, true, 'N', false, 'i'),
        new(TypeId.Regrole, 4096, 4097, "regrole", "regrole", 4, true, 'N', false, 'i'),
    ];

    private static readonly Dictionary<TypeId, PgType> ById = All.ToDictionary(type => type.Id);
    private static readonly Dictionary<uint, PgType> ByOid = All.ToDictionary(type => type.Oid);
    private static readonly Dictionary<uint, PgType> ByArrayOid = All.Where(type => type.ArrayOid != 0).ToDictionary(type => type.ArrayOid);
    private static readonly Dictionary<string, PgType> ByName = MakeNames();

    private static Dictionary<string, PgType> MakeNames()
    {
        var names = All.ToDictionary(type => type.Name, StringComparer.Ordinal);
        foreach (var type in All)
            names.TryAdd(type.SqlName, type);
        void Alias(string alias, TypeId id) => names[alias] = ById[id];
        Alias("int", TypeId.Int4);
        Alias("decimal", TypeId.Numeric);
        Alias("dec", TypeId.Numeric);
        Alias("float", TypeId.Float8);
        Alias("char varying", TypeId.Varchar);
        Alias("national character varying", TypeId.Varchar);
        Alias("national character", TypeId.Char);
        Alias("nchar", TypeId.Char);
        return names;
    }

    /// <summary>The row of a type; null for arrays and enums.</summary>
    public static PgType? Find(TypeId id) => ById.GetValueOrDefault(id);

    /// <summary>By typname or SQL name, in lower case; <c>"char"</c> the internal type is "char", SQL's char is "character".</summary>
    public static PgType? Find(string name) => ByName.GetValueOrDefault(name);

    public static PgType? Find(uint oid) => ByOid.GetValueOrDefault(oid);

    /// <summary>The OID that clients see; an enum's array has none of its own here, its catalog entry knows it (0).</summary>
    public static uint OidOf(SqlType type) => type.Id switch
    {
        TypeId.Enum => (uint)type.UserOid,
        TypeId.Array => type.Element!.Id == TypeId.Array ? OidOf(type.Element) : ById.TryGetValue(type.Element.Id, out var element) ? element.ArrayOid : 0,
        _ => ById[type.Id].Oid,
    };

    /// <summary>Type and modifier as clients and pg_attribute state them; null for an OID that is not built in.</summary>
    public static SqlType? ToSqlType(uint oid, int typeModifier = -1)
    {
        if (ByArrayOid.TryGetValue(oid, out var element))
            return SqlType.ArrayOf(WithModifier(element.Id, typeModifier));
        return ByOid.TryGetValue(oid, out var type) ? WithModifier(type.Id, typeModifier) : null;
    }

    private static SqlType WithModifier(TypeId id, int modifier) => modifier < 0 ? SqlType.Of(id) : id switch
    {
        TypeId.Numeric when modifier >= 4 && (modifier - 4 >> 16) <= 38 && (modifier - 4 & 0x7FF) <= (modifier - 4 >> 16) =>
            SqlType.NumericOf(modifier - 4 >> 16 & 0xFFFF, modifier - 4 & 0x7FF),
        TypeId.Numeric when modifier >= 4 => SqlType.LimitedNumeric(modifier - 4 >> 16, ((modifier - 4 & 0x7FF) ^ 1024) - 1024),
        TypeId.Varchar when modifier >= 4 => SqlType.VarcharOf(modifier - 4),
        TypeId.Char when modifier >= 4 => SqlType.CharOf(modifier - 4),
        TypeId.Time or TypeId.TimeTz or TypeId.Timestamp or TypeId.TimestampTz => SqlType.WithFraction(id, Math.Min(modifier, 6)),
        TypeId.Interval when (modifier & 0xFFFF) <= 6 => SqlType.WithFraction(id, modifier & 0xFFFF),
        _ => SqlType.Of(id),
    };

    /// <summary>format_type: numeric(15,2), character varying(10), timestamp(3) without time zone, integer[].</summary>
    public static string FormatType(SqlType type)
    {
        switch (type.Id)
        {
            case TypeId.Array: return type.Element!.Id == TypeId.Array ? FormatType(type.Element) : FormatType(type.Element) + "[]";
            case TypeId.Enum: return type.EnumName ?? $"enum {type.UserOid}";
            case TypeId.Numeric when type.Precision > 0: return $"numeric({type.Precision},{type.Scale})";
            case TypeId.Numeric when type.NumericLimit is var (precision, scale): return $"numeric({precision},{scale})";
            case TypeId.Varchar when type.Length >= 0: return $"character varying({type.Length})";
            case TypeId.Char: return type.Length >= 0 ? $"character({type.Length})" : "bpchar";
            case TypeId.Time when type.Length >= 0: return $"time({type.Length}) without time zone";
            case TypeId.TimeTz when type.Length >= 0: return $"time({type.Length}) with time zone";
            case TypeId.Timestamp when type.Length >= 0: return $"timestamp({type.Length}) without time zone";
            case TypeId.TimestampTz when type.Length >= 0: return $"timestamp({type.Length}) with time zone";
            case TypeId.Interval when type.Length >= 0: return $"interval({type.Length})";
            default: return ById[type.Id].SqlName;
        }
    }

    /// <summary>format_type(oid, typmod); "???" for an unknown OID, "-" for 0, as in PostgreSQL.</summary>
    public static string FormatType(uint oid, int typeModifier) =>
        oid == 0 ? "-" : oid == 1042 && typeModifier < 0 ? "character" : ToSqlType(oid, typeModifier) is { } type ? FormatType(type) : "???";
}
