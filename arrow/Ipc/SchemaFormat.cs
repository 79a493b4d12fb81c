using System.Collections.Immutable;

namespace OmenDb.Arrow.Ipc;

/// <summary>Tags of the Type union in Arrow's Schema.fbs.</summary>
internal enum WireType : byte
{
    None = 0, Null = 1, Int = 2, FloatingPoint = 3, Binary = 4, Utf8 = 5, Bool = 6, Decimal = 7, Date = 8, Time = 9, Timestamp = 10,
    Interval = 11, List = 12, FixedSizeBinary = 15, LargeBinary = 19, LargeUtf8 = 20, LargeList = 21, BinaryView = 23, Utf8View = 24,
}

/// <summary>A field as it stands in a file: our type, and how its values are laid out there.</summary>
internal sealed record WireField(Field Field, WireType Wire, int BitWidth, bool Signed, short Unit, WireField? Child, long? DictionaryId,
    int IndexBits, bool IndexSigned);

/// <summary>Schema.fbs: from our schema to the table and back.</summary>
internal static class SchemaFormat
{
    public const int IndexBits = 32;
    private const int DeepestNesting = 32;

    public static int Write(FlatBuilder builder, Schema schema, IReadOnlySet<int> dictionaryColumns)
    {
        var fields = new int[schema.Fields.Length];
        for (var i = 0; i < fields.Length; i++)
            fields[i] = WriteField(builder, schema.Fields[i], dictionaryColumns.Contains(i) ? i : null);
        var fieldVector = builder.OffsetVector(fields);
        var metadata = WriteMetadata(builder, schema.Metadata);
        builder.StartTable(4);
        builder.Short(0, 0); // little-endian
        builder.Reference(1, fieldVector);
        builder.Reference(2, metadata);
        return builder.EndTable();
    }

    private static int WriteField(FlatBuilder builder, Field field, long? dictionaryId)
    {
        var children = field.Type.Id == ArrowTypeId.List
            ? builder.OffsetVector([WriteField(builder, new Field("item", field.Type.Element!), null)])
            : builder.OffsetVector([]);
        var (wire, type) = WriteType(builder, field.Type);
        var dictionary = 0;
        if (dictionaryId is { } id)
        {
            builder.StartTable(2);
            builder.Int(0, IndexBits);
            builder.Byte(1, 1);
            var index = builder.EndTable();
            builder.StartTable(4);
            builder.Long(0, id);
            builder.Reference(1, index);
            dictionary = builder.EndTable();
        }
        var metadata = WriteMetadata(builder, field.Metadata);
        var name = builder.String(field.Name);
        builder.StartTable(7);
        builder.Reference(0, name);
        builder.Reference(3, type);
        builder.Reference(4, dictionary);
        builder.Reference(5, children);
        builder.Reference(6, metadata);
        builder.Byte(1, field.Nullable ? (byte)1 : (byte)0);
        builder.Byte(2, (byte)wire);
        return builder.EndTable();
    }

    private static (WireType Wire, int Table) WriteType(FlatBuilder builder, ArrowType type)
    {
        var zone = type.Id == ArrowTypeId.TimestampUtc ? builder.String("UTC") : 0;
        builder.StartTable(3);
        WireType wire;
        switch (type.Id)
        {
            case ArrowTypeId.Null: wire = WireType.Null; break;
            case ArrowTypeId.Bool: wire = WireType.Bool; break;
            case ArrowTypeId.Int8 or ArrowTypeId.Int16 or ArrowTypeId.Int32 or ArrowTypeId.Int64:
                wire = WireType.Int;
                builder.Int(0, type.Physical.Width() * 8);
                builder.Byte(1, 1);
                break;
            case ArrowTypeId.Float32 or ArrowTypeId.Float64:
                wire = WireType.FloatingPoint;
                builder.Short(0, type.Id == ArrowTypeId.Float32 ? (short)1 : (short)2);
                break;
            case ArrowTypeId.Decimal64 or ArrowTypeId.Decimal128:
                wire = WireType.Decimal;
                builder.Int(0, type.Precision);
                builder.Int(1, type.Scale);
                builder.Int(2, type.Id == ArrowTypeId.Decimal64 ? 64 : 128);
                break;
            case ArrowTypeId.Utf8View: wire = WireType.Utf8View; break;
            case ArrowTypeId.BinaryView: wire = WireType.BinaryView; break;
            case ArrowTypeId.FixedSizeBinary16:
                wire = WireType.FixedSizeBinary;
                builder.Int(0, 16);
                break;
            case ArrowTypeId.Date32:
                wire = WireType.Date;
                builder.Short(0, 0); // days
                break;
            case ArrowTypeId.Time64:
                wire = WireType.Time;
                builder.Short(0, 2); // microseconds
                builder.Int(1, 64);
                break;
            case ArrowTypeId.Timestamp or ArrowTypeId.TimestampUtc:
                wire = WireType.Timestamp;
                builder.Short(0, 2);
                builder.Reference(1, zone);
                break;
            case ArrowTypeId.IntervalMonthDayMicro:
                wire = WireType.Interval;
                builder.Short(0, 2); // months, days, nanoseconds
                break;
            default: wire = WireType.List; break;
        }
        return (wire, builder.EndTable());
    }

    private static int WriteMetadata(FlatBuilder builder, IReadOnlyDictionary<string, string>? metadata)
    {
        if (metadata is null || metadata.Count == 0)
            return 0;
        var pairs = new List<int>();
        foreach (var (key, value) in metadata)
        {
            var k = builder.String(key);
            var v = builder.String(value);
            builder.StartTable(2);
            builder.Reference(0, k);
            builder.Reference(1, v);
            pairs.Add(builder.EndTable());
        }
        return builder.OffsetVector([.. pairs]);
    }

    public static (Schema Schema, WireField[] Fields) Read(FlatTable table)
    {
        if (table.Short(0) != 0)
            throw new NotSupportedException("big-endian Arrow data is not supported");
        var fields = new WireField[table.Count(1, 4)];
        for (var i = 0; i < fields.Length; i++)
            fields[i] = ReadField(table.TableElement(1, i), 0);
        var schema = new Schema([.. fields.Select(field => field.Field)]) { Metadata = ReadMetadata(table, 2) };
        return (schema, fields);
    }

    private static WireField ReadField(FlatTable table, int depth)
    {
        if (depth > DeepestNesting)
            throw table.Corrupt("fields are nested too deeply");
        var name = table.String(0) ?? "";
        var wire = (WireType)table.Byte(2);
        var parameters = table.Table(3) ?? throw table.Corrupt($"field \"{name}\" has no type");
        WireField? child = null;
        if (wire is WireType.List or WireType.LargeList)
        {
            if (table.Count(5, 4) != 1)
                throw table.Corrupt($"list field \"{name}\" must have one child");
            child = ReadField(table.TableElement(5, 0), depth + 1);
        }
        var (type, bits, signed, unit) = ReadType(name, wire, parameters, child);
        long? dictionary = null;
        int indexBits = 32, indexSigned = 1;
        if (table.Table(4) is { } encoding)
        {
            dictionary = encoding.Long(0);
            if (encoding.Table(1) is { } index)
                (indexBits, indexSigned) = (index.Int(0), index.Byte(1));
            if (indexBits is not (8 or 16 or 32 or 64))
                throw encoding.Corrupt($"dictionary indexes of {indexBits} bits");
        }
        var field = new Field(name, type, table.Byte(1) != 0) { Metadata = ReadMetadata(table, 6) };
        return new WireField(field, wire, bits, signed, unit, child, dictionary, indexBits, indexSigned != 0);
    }

    private static (ArrowType Type, int Bits, bool Signed, short Unit) ReadType(string name, WireType wire, FlatTable table, WireField? child)
    {
        switch (wire)
        {
            case WireType.Null: return (ArrowType.Null, 0, false, 0);
            case WireType.Bool: return (ArrowType.Bool, 1, false, 0);
            case WireType.Int:
                var (bits, signed) = (table.Int(0), table.Byte(1) != 0);
                ArrowType? integer = (bits, signed) switch
                {
                    (8, true) => ArrowType.Int8,
                    (16, true) or (8, false) => ArrowType.Int16,
                    (32, true) or (16, false) => ArrowType.Int32,
                    (64, true) or (32, false) => ArrowType.Int64,
                    _ => null,
                };
                return integer is null ? throw NotSupported(name, $"integers of {bits} bits, unsigned") : (integer, bits, signed, (short)0);
            case WireType.FloatingPoint:
                return table.Short(0) switch
                {
                    1 => (ArrowType.Float32, 32, true, 0),
                    2 => (ArrowType.Float64, 64, true, 0),
                    _ => throw NotSupported(name, "half-precision floats"),
                };
            case WireType.Decimal:
                var (precision, scale, width) = (table.Int(0), table.Int(1), table.Int(2, 128));
                if (precision is < 1 or > 38 || scale < 0 || scale > precision)
                    throw NotSupported(name, $"decimal({precision}, {scale})");
                return width switch
                {
                    64 when precision <= 18 => (ArrowType.Decimal64(precision, scale), 64, true, 0),
                    128 => (ArrowType.Decimal128(precision, scale), 128, true, 0),
                    _ => throw NotSupported(name, $"decimals of {width} bits"),
                };
            case WireType.Utf8 or WireType.LargeUtf8 or WireType.Utf8View: return (ArrowType.Utf8View, 0, false, 0);
            case WireType.Binary or WireType.LargeBinary or WireType.BinaryView: return (ArrowType.BinaryView, 0, false, 0);
            case WireType.FixedSizeBinary:
                return table.Int(0) == 16 ? (ArrowType.FixedSizeBinary16, 128, false, (short)0) : throw NotSupported(name, $"{table.Int(0)}-byte binary");
            case WireType.Date:
                return table.Short(0, 1) == 0 ? (ArrowType.Date32, 32, true, (short)0) : throw NotSupported(name, "dates in milliseconds");
            case WireType.Time: return (ArrowType.Time64, table.Int(1, 32) == 64 ? 64 : 32, true, Unit(table.Short(0, 1)));
            case WireType.Timestamp:
                return (string.IsNullOrEmpty(table.String(1)) ? ArrowType.Timestamp : ArrowType.TimestampUtc, 64, true, Unit(table.Short(0)));
            case WireType.Interval:
                return table.Short(0) == 2 ? (ArrowType.IntervalMonthDayMicro, 128, true, (short)0) : throw NotSupported(name, "this interval unit");
            case WireType.List or WireType.LargeList:
                return (ArrowType.List(child!.Field.Type), wire == WireType.List ? 32 : 64, true, 0);
            default: throw NotSupported(name, $"type number {(byte)wire}");
        }

        short Unit(short unit) => unit is >= 0 and <= 3 ? unit : throw table.Corrupt($"time unit {unit}");
    }

    private static NotSupportedException NotSupported(string field, string what) => new($"Arrow field \"{field}\": {what} is not supported");

    private static ImmutableDictionary<string, string>? ReadMetadata(FlatTable table, int slot)
    {
        var count = table.Count(slot, 4);
        if (count == 0)
            return null;
        var pairs = ImmutableDictionary.CreateBuilder<string, string>();
        for (var i = 0; i < count; i++)
        {
            var pair = table.TableElement(slot, i);
            pairs[pair.String(0) ?? ""] = pair.String(1) ?? "";
        }
        return pairs.ToImmutable();
    }
}
