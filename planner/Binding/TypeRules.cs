using OmenDb.Types;

namespace OmenDb.Planner.Binding;

/// <summary>PostgreSQL's type categories, which decide overloads and common types (manual, section 10).</summary>
internal static class TypeRules
{
    public static char Category(SqlType type) => type.Id switch
    {
        TypeId.Bool => 'B',
        TypeId.Int2 or TypeId.Int4 or TypeId.Int8 or TypeId.Float4 or TypeId.Float8 or TypeId.Numeric or TypeId.Oid or TypeId.Regclass
            or TypeId.Regtype or TypeId.Regproc or TypeId.Regnamespace or TypeId.Regrole or TypeId.Regoper or TypeId.Money => 'N',
        TypeId.Text or TypeId.Varchar or TypeId.Char or TypeId.Name => 'S',
        TypeId.Date or TypeId.Time or TypeId.TimeTz or TypeId.Timestamp or TypeId.TimestampTz => 'D',
        TypeId.Interval => 'T',
        TypeId.Array or TypeId.Int2Vector or TypeId.OidVector => 'A',
        TypeId.Enum => 'E',
        TypeId.Inet => 'I',
        TypeId.InternalChar or TypeId.PgNodeTree => 'Z',
        TypeId.Unknown => 'X',
        TypeId.AnyElement or TypeId.AnyArray or TypeId.Any or TypeId.Void or TypeId.Record => 'P',
        _ => 'U',
    };

    public static bool IsPreferred(SqlType type) =>
        type.Id is TypeId.Bool or TypeId.Float8 or TypeId.Oid or TypeId.Text or TypeId.TimestampTz or TypeId.Interval or TypeId.Inet;

    /// <summary>The type without its modifiers.</summary>
    public static SqlType Plain(SqlType type) => type.Id switch
    {
        TypeId.Array => SqlType.ArrayOf(Plain(type.Element!)),
        TypeId.Enum => type,
        _ => SqlType.Of(type.Id),
    };

    /// <summary>The exact numeric that holds every value of an integer type.</summary>
    public static SqlType NumericFor(SqlType integer) => integer.Id switch
    {
        TypeId.Int2 => SqlType.NumericOf(5, 0),
        TypeId.Int4 => SqlType.NumericOf(10, 0),
        _ => SqlType.NumericOf(19, 0),
    };

    /// <summary>A numeric that holds the values of both as they print: other scales mean the unbounded form, which keeps each value's own scale.</summary>
    public static SqlType CommonNumeric(SqlType left, SqlType right) =>
        left.Precision == 0 || right.Precision == 0 || left.Scale != right.Scale
            ? SqlType.Numeric
            : SqlType.NumericOf(Math.Max(left.Precision, right.Precision), left.Scale);

    /// <summary>A type of the same base that holds both, modifiers dropped where they differ.</summary>
    public static SqlType Merge(SqlType left, SqlType right)
    {
        if (left.Equals(right))
            return left;
        return left.Id switch
        {
            TypeId.Numeric => CommonNumeric(left, right),
            TypeId.Array => SqlType.ArrayOf(Merge(left.Element!, right.Element!)),
            TypeId.Enum => left,
            _ => SqlType.Of(left.Id),
        };
    }

    /// <summary>The name as messages show it: without modifiers.</summary>
    public static string Display(SqlType type) => type.Id switch
    {
        TypeId.Bool => "boolean",
        TypeId.Int2 => "smallint",
        TypeId.Int4 => "integer",
        TypeId.Int8 => "bigint",
        TypeId.Float4 => "real",
        TypeId.Float8 => "double precision",
        TypeId.Varchar => "character varying",
        TypeId.Char => "character",
        TypeId.Time => "time without time zone",
        TypeId.TimeTz => "time with time zone",
        TypeId.Timestamp => "timestamp without time zone",
        TypeId.TimestampTz => "timestamp with time zone",
        TypeId.InternalChar => "\"char\"",
        TypeId.Array => Display(type.Element!) + "[]",
        TypeId.Enum => type.EnumName!,
        TypeId.PgNodeTree => "pg_node_tree",
        _ => type.Id.ToString().ToLowerInvariant(),
    };
}
