using OmenDb.Types;

namespace OmenDb.Engine.Catalog;

/// <summary>What the catalogs say about values of a type.</summary>
internal readonly record struct TypeShape(short Length, bool ByValue, string Align, string Storage)
{
    public static TypeShape Of(SqlType type) => type.Id switch
    {
        TypeId.Array => new TypeShape(-1, false, IsWide(type.Element!) ? "d" : "i", "x"),
        TypeId.Enum => new TypeShape(4, true, "i", "p"),
        _ when PgTypes.Find(type.Id) is { } known => new TypeShape(known.Length, known.ByValue, known.Align.ToString(),
            known.Length > 0 || type.Id is TypeId.Int2Vector or TypeId.OidVector ? "p" : type.Id is TypeId.Numeric or TypeId.Inet ? "m" : "x"),
        _ => new TypeShape(-1, false, "i", "x"),
    };

    private static bool IsWide(SqlType type) => PgTypes.Find(type.Id)?.Align == 'd';

    /// <summary>pg_collation's OID of the type's default collation; 0: not collatable.</summary>
    public static long Collation(SqlType type) => type.Id switch
    {
        TypeId.Text or TypeId.Varchar or TypeId.Char or TypeId.PgNodeTree => 100,
        TypeId.Name => 950,
        TypeId.Array => Collation(type.Element!),
        _ => 0,
    };

    /// <summary>The default B-tree operator class.</summary>
    public static long OperatorClass(SqlType type) => type.Id switch
    {
        TypeId.Bool => 10003,
        TypeId.Bytea => 10006,
        TypeId.InternalChar => 10007,
        TypeId.Int2 => 1979,
        TypeId.Int4 => 1978,
        TypeId.Int8 => 3124,
        TypeId.Float4 => 10012,
        TypeId.Float8 => 3123,
        TypeId.Numeric => 3125,
        TypeId.Char => 10004,
        TypeId.Name => 10028,
        TypeId.Date => 3122,
        TypeId.Time => 10038,
        TypeId.TimeTz => 10041,
        TypeId.Timestamp => 3128,
        TypeId.TimestampTz => 3127,
        TypeId.Interval => 10022,
        TypeId.Uuid => 10065,
        TypeId.Jsonb => 10088,
        TypeId.Enum => 10069,
        TypeId.Array => 10000,
        TypeId.OidVector => 10032,
        TypeId.Inet => 10015,
        TypeId.Oid or TypeId.Regclass or TypeId.Regtype or TypeId.Regproc or TypeId.Regnamespace or TypeId.Regrole => 1981,
        _ => 3126,
    };
}
