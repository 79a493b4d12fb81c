namespace OmenDb.Arrow;

/// <summary>What kernels dispatch on: the width and interpretation of one value in memory.</summary>
public enum PhysicalType : byte
{
    /// <summary>One bit per value, Arrow bit order.</summary>
    Bool = 0,
    Int16 = 1,
    Int32 = 2,
    Int64 = 3,
    /// <summary>16 bytes, little-endian two's complement (Decimal128).</summary>
    Int128 = 4,
    Float32 = 5,
    Float64 = 6,
    /// <summary>16-byte views with 12 bytes inline: Utf8View and BinaryView.</summary>
    View = 7,
    /// <summary>16 opaque bytes compared as unsigned bytes (uuid).</summary>
    Fixed16 = 8,
    /// <summary>16 bytes: months int32, days int32, microseconds int64.</summary>
    Interval = 9,
    /// <summary>16 bytes per value: offset int64 and length int64 into the child vector (Arrow ListView with 64-bit offsets, interleaved).</summary>
    List = 10,
    /// <summary>8-bit integers; only the Arrow format needs them, no SQL type does.</summary>
    Int8 = 11,
}

/// <summary>Arrow's logical types as far as SQL types need them.</summary>
public enum ArrowTypeId : byte
{
    Null = 0, Bool = 1, Int8 = 2, Int16 = 3, Int32 = 4, Int64 = 5, Float32 = 6, Float64 = 7,
    Decimal64 = 8, Decimal128 = 9, Utf8View = 10, BinaryView = 11, FixedSizeBinary16 = 12,
    Date32 = 13, Time64 = 14, Timestamp = 15, TimestampUtc = 16, IntervalMonthDayMicro = 17, List = 18,
}

/// <summary>An Arrow type with its parameters; equal by value and shared freely.</summary>
/// <param name="Id">Which type.</param>
/// <param name="Precision">Decimals: total digits. Otherwise 0.</param>
/// <param name="Scale">Decimals: digits after the point. Otherwise 0.</param>
/// <param name="Element">Lists: the type of their elements. Otherwise null.</param>
public sealed record ArrowType(ArrowTypeId Id, byte Precision = 0, byte Scale = 0, ArrowType? Element = null)
{
    public static readonly ArrowType Null = new(ArrowTypeId.Null);
    public static readonly ArrowType Bool = new(ArrowTypeId.Bool);
    public static readonly ArrowType Int8 = new(ArrowTypeId.Int8);
    public static readonly ArrowType Int16 = new(ArrowTypeId.Int16);
    public static readonly ArrowType Int32 = new(ArrowTypeId.Int32);
    public static readonly ArrowType Int64 = new(ArrowTypeId.Int64);
    public static readonly ArrowType Float32 = new(ArrowTypeId.Float32);
    public static readonly ArrowType Float64 = new(ArrowTypeId.Float64);
    public static readonly ArrowType Utf8View = new(ArrowTypeId.Utf8View);
    public static readonly ArrowType BinaryView = new(ArrowTypeId.BinaryView);
    public static readonly ArrowType FixedSizeBinary16 = new(ArrowTypeId.FixedSizeBinary16);
    public static readonly ArrowType Date32 = new(ArrowTypeId.Date32);
    public static readonly ArrowType Time64 = new(ArrowTypeId.Time64);
    public static readonly ArrowType Timestamp = new(ArrowTypeId.Timestamp);
    public static readonly ArrowType TimestampUtc = new(ArrowTypeId.TimestampUtc);
    public static readonly ArrowType IntervalMonthDayMicro = new(ArrowTypeId.IntervalMonthDayMicro);

    public static ArrowType Decimal64(int precision, int scale) => new(ArrowTypeId.Decimal64, (byte)precision, (byte)scale);

    public static ArrowType Decimal128(int precision, int scale) => new(ArrowTypeId.Decimal128, (byte)precision, (byte)scale);

    public static ArrowType List(ArrowType element) => new(ArrowTypeId.List, Element: element);

    public PhysicalType Physical => Id switch
    {
        ArrowTypeId.Null or ArrowTypeId.Bool => PhysicalType.Bool,
        ArrowTypeId.Int8 => PhysicalType.Int8,
        ArrowTypeId.Int16 => PhysicalType.Int16,
        ArrowTypeId.Int32 or ArrowTypeId.Date32 => PhysicalType.Int32,
        ArrowTypeId.Int64 or ArrowTypeId.Decimal64 or ArrowTypeId.Time64 or ArrowTypeId.Timestamp or ArrowTypeId.TimestampUtc
            => PhysicalType.Int64,
        ArrowTypeId.Decimal128 => PhysicalType.Int128,
        ArrowTypeId.Float32 => PhysicalType.Float32,
        ArrowTypeId.Float64 => PhysicalType.Float64,
        ArrowTypeId.Utf8View or ArrowTypeId.BinaryView => PhysicalType.View,
        ArrowTypeId.FixedSizeBinary16 => PhysicalType.Fixed16,
        ArrowTypeId.IntervalMonthDayMicro => PhysicalType.Interval,
        ArrowTypeId.List => PhysicalType.List,
        _ => throw new ArgumentOutOfRangeException(nameof(Id), Id, "unknown Arrow type"),
    };
}

/// <summary>Widths of physical types.</summary>
public static class PhysicalTypes
{
    /// <summary>Bytes per value; 0 for Bool, which is one bit.</summary>
    public static int Width(this PhysicalType type) => type switch
    {
        PhysicalType.Bool => 0,
        PhysicalType.Int8 => 1,
        PhysicalType.Int16 => 2,
        PhysicalType.Int32 or PhysicalType.Float32 => 4,
        PhysicalType.Int64 or PhysicalType.Float64 => 8,
        _ => 16,
    };

    /// <summary>Bytes that <paramref name="count"/> values take, rounded up to whole 64-bit words.</summary>
    public static long BytesFor(this PhysicalType type, long count) =>
        type == PhysicalType.Bool ? (count + 63) / 64 * 8 : (count * type.Width() + 7) / 8 * 8;
}
