using OmenDb.Arrow;

namespace OmenDb.Types;

/// <summary>An SQL type with its modifiers. Equal by value.</summary>
/// <remarks>
/// Numerics with a precision of up to 18 digits are 64-bit scaled integers, up to 38 digits 128-bit ones, and without precision
/// (<see cref="Precision"/> = 0) the unbounded layout of <c>Numeric</c>. Expressions derive precision and scale, so that
/// arithmetic on columns stays in scaled integers; what a client sees as type modifier is <see cref="TypeModifier"/> of the
/// column or cast that declared it, and -1 for derived types: see <c>OutputColumn</c> in the planner.
/// </remarks>
public sealed record SqlType
{
    private SqlType(TypeId id, int length = -1, int precision = 0, int scale = 0, SqlType? element = null, int oid = 0, string? enumName = null)
    {
        Id = id;
        Length = length;
        Precision = precision;
        Scale = scale;
        Element = element;
        UserOid = oid;
        EnumName = enumName;
    }

    public TypeId Id { get; }

    /// <summary>varchar(n), char(n): characters; limited numerics: the type modifier; time, timestamp and interval: fractional digits; -1 when not given.</summary>
    public int Length { get; }

    /// <summary>Numeric: total digits, 1 to 38; 0 = unbounded.</summary>
    public int Precision { get; }

    /// <summary>Numeric: digits after the point, 0 to 38 (of bounded numerics).</summary>
    public int Scale { get; }

    /// <summary>Arrays: the type of the elements.</summary>
    public SqlType? Element { get; }

    /// <summary>Enums: the OID that the catalog gave; otherwise 0.</summary>
    public int UserOid { get; }

    /// <summary>Enums: the name as clients see it.</summary>
    public string? EnumName { get; }

    public static readonly SqlType Unknown = new(TypeId.Unknown);
    public static readonly SqlType Bool = new(TypeId.Bool);
    public static readonly SqlType Int2 = new(TypeId.Int2);
    public static readonly SqlType Int4 = new(TypeId.Int4);
    public static readonly SqlType Int8 = new(TypeId.Int8);
    public static readonly SqlType Float4 = new(TypeId.Float4);
    public static readonly SqlType Float8 = new(TypeId.Float8);
    /// <summary>numeric without precision.</summary>
    public static readonly SqlType Numeric = new(TypeId.Numeric);
    public static readonly SqlType Text = new(TypeId.Text);
    public static readonly SqlType Json = new(TypeId.Json);
    public static readonly SqlType Jsonb = new(TypeId.Jsonb);
    public static readonly SqlType Bytea = new(TypeId.Bytea);
    public static readonly SqlType Uuid = new(TypeId.Uuid);
    public static readonly SqlType Date = new(TypeId.Date);
    public static readonly SqlType Time = new(TypeId.Time);
    public static readonly SqlType TimeTz = new(TypeId.TimeTz);
    public static readonly SqlType Timestamp = new(TypeId.Timestamp);
    public static readonly SqlType TimestampTz = new(TypeId.TimestampTz);
    public static readonly SqlType Interval = new(TypeId.Interval);
    public static readonly SqlType Varchar = new(TypeId.Varchar);
    /// <summary>bpchar without length, as in 'x'::bpchar.</summary>
    public static readonly SqlType Char = new(TypeId.Char);
    public static readonly SqlType Name = new(TypeId.Name);
    public static readonly SqlType InternalChar = new(TypeId.InternalChar);
    public static readonly SqlType Oid = new(TypeId.Oid);
    public static readonly SqlType Regclass = new(TypeId.Regclass);
    public static readonly SqlType Regtype = new(TypeId.Regtype);
    public static readonly SqlType Regproc = new(TypeId.Regproc);
    public static readonly SqlType Regnamespace = new(TypeId.Regnamespace);
    public static readonly SqlType Xid = new(TypeId.Xid);
    public static readonly SqlType Int2Vector = new(TypeId.Int2Vector);
    public static readonly SqlType OidVector = new(TypeId.OidVector);
    public static readonly SqlType Record = new(TypeId.Record);
    public static readonly SqlType Void = new(TypeId.Void);
    public static readonly SqlType AnyElement = new(TypeId.AnyElement);
    public static readonly SqlType AnyArray = new(TypeId.AnyArray);
    public static readonly SqlType Any = new(TypeId.Any);

    /// <summary>A type that takes no modifiers, by its id.</summary>
    public static SqlType Of(TypeId id) => new(id);

    public static SqlType NumericOf(int precision, int scale) => new(TypeId.Numeric, precision: precision, scale: scale);

    /// <summary>A numeric of more than 38 digits, or with a scale outside 0 to the precision: values in the unbounded layout, held to the limit by casts and
    /// input. In expressions it is the numeric without precision.</summary>
    public static SqlType LimitedNumeric(int precision, int scale) => new(TypeId.Numeric, length: (precision << 16 | scale & 0x7FF) + 4);

    /// <summary>Precision and scale of a <see cref="LimitedNumeric"/>; null for all others.</summary>
    public (int Precision, int Scale)? NumericLimit =>
        Id == TypeId.Numeric && Precision == 0 && Length >= 4 ? ((Length - 4) >> 16, ((Length - 4 & 0x7FF) ^ 1024) - 1024) : null;

    public static SqlType VarcharOf(int length) => new(TypeId.Varchar, length);

    public static SqlType CharOf(int length) => new(TypeId.Char, length);

    /// <summary>time, timestamp, timestamptz or interval with fractional digits.</summary>
    public static SqlType WithFraction(TypeId id, int digits) => new(id, digits);

    public static SqlType ArrayOf(SqlType element) => new(TypeId.Array, element: element);

    public static SqlType EnumOf(string name, int oid) => new(TypeId.Enum, oid: oid, enumName: name);

    /// <summary>What vectors of this type are in memory. The one mapping from SQL to Arrow.</summary>
    public ArrowType Arrow => _arrow ??= MapToArrow();

    private ArrowType? _arrow;

    public PhysicalType Physical => Arrow.Physical;

    /// <summary>Text-like: stored as UTF-8 views and compared bytewise (collation C).</summary>
    public bool IsString => Id is TypeId.Text or TypeId.Varchar or TypeId.Char or TypeId.Name or TypeId.Json or TypeId.Unknown;

    public bool IsInteger => Id is TypeId.Int2 or TypeId.Int4 or TypeId.Int8;

    public bool IsFloat => Id is TypeId.Float4 or TypeId.Float8;

    public bool IsNumber => IsInteger || IsFloat || Id == TypeId.Numeric;

    public bool IsDateTime => Id is TypeId.Date or TypeId.Time or TypeId.Timestamp or TypeId.TimestampTz or TypeId.Interval or TypeId.TimeTz;

    /// <summary>Equality without modifiers: numeric(10,2) and numeric(5) are the same type to function resolution.</summary>
    public bool SameBase(SqlType other) => Id == other.Id && UserOid == other.UserOid
        && (Element is null ? other.Element is null : other.Element is not null && Element.SameBase(other.Element));

    public bool Equals(SqlType? other) => other is not null && Id == other.Id && Length == other.Length && Precision == other.Precision
        && Scale == other.Scale && UserOid == other.UserOid && Equals(Element, other.Element);

    public override int GetHashCode() => HashCode.Combine(Id, Length, Precision, Scale, UserOid, Element);

    /// <summary>PostgreSQL's atttypmod: -1 when the type has no modifier.</summary>
    public int TypeModifier => Id switch
    {
        TypeId.Numeric when Precision > 0 => (Precision << 16 | Scale) + 4,
        TypeId.Numeric when NumericLimit is not null => Length,
        TypeId.Varchar or TypeId.Char when Length >= 0 => Length + 4,
        TypeId.Time or TypeId.TimeTz or TypeId.Timestamp or TypeId.TimestampTz when Length >= 0 => Length,
        TypeId.Interval when Length >= 0 => 0x7FFF << 16 | Length,
        TypeId.Array => Element!.TypeModifier,
        _ => -1,
    };

    private ArrowType MapToArrow() => Id switch
    {
        TypeId.Bool => ArrowType.Bool,
        TypeId.Int2 => ArrowType.Int16,
        TypeId.Int4 => ArrowType.Int32,
        TypeId.Int8 => ArrowType.Int64,
        // 32-bit unsigned in PostgreSQL: kept in 64 bits so that no comparison needs an unsigned twin.
        TypeId.Oid or TypeId.Regclass or TypeId.Regtype or TypeId.Regproc or TypeId.Regnamespace or TypeId.Regrole or TypeId.Regoper
            or TypeId.Xid or TypeId.Cid => ArrowType.Int64,
        TypeId.Float4 => ArrowType.Float32,
        TypeId.Float8 => ArrowType.Float64,
        TypeId.Numeric when Precision is > 0 and <= 18 => ArrowType.Decimal64(Precision, Scale),
        TypeId.Numeric when Precision is > 18 and <= 38 => ArrowType.Decimal128(Precision, Scale),
        TypeId.Numeric => ArrowType.BinaryView,
        TypeId.Jsonb => ArrowType.Utf8View,
        // 12 bytes, see TimeTz.
        TypeId.TimeTz => ArrowType.BinaryView,
        TypeId.Bytea => ArrowType.BinaryView,
        TypeId.Uuid => ArrowType.FixedSizeBinary16,
        TypeId.Date => ArrowType.Date32,
        TypeId.Time => ArrowType.Time64,
        TypeId.Timestamp => ArrowType.Timestamp,
        TypeId.TimestampTz => ArrowType.TimestampUtc,
        TypeId.Interval => ArrowType.IntervalMonthDayMicro,
        // Ordinal of the label, in the order of declaration, so that comparison is on integers.
        TypeId.Enum => ArrowType.Int32,
        TypeId.Array => ArrowType.List(Element!.Arrow),
        TypeId.Int2Vector => ArrowType.List(ArrowType.Int16),
        TypeId.OidVector => ArrowType.List(ArrowType.Int64),
        TypeId.Void => ArrowType.Bool,
        _ => ArrowType.Utf8View,
    };
}
