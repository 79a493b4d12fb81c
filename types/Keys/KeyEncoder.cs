using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using OmenDb.Arrow;

namespace OmenDb.Types;

/// <summary>How one column of a key is ordered.</summary>
public readonly record struct KeyColumn(SqlType Type, bool Descending, bool NullsFirst);

/// <summary>Keys whose unsigned order is SQL order: 64-bit integers for short types, bytes for the rest.</summary>
/// <remarks>
/// Normalised bytes of a column:
/// <code>
/// marker byte  0x01 null before values | 0x02 value | 0x03 null after values
/// fixed types  big-endian with the sign bit flipped; DESC inverts all bytes of the value
/// text, bytea  the bytes, 0x00 written as 0x00 0xFF, ended by 0x00 0x01: a prefix sorts before what it begins
/// numeric      class byte (1 -Infinity, 2 negative, 3 zero, 4 positive, 5 Infinity, 6 NaN); finite values: decimal exponent
///              (int32, sign flipped), digits in pairs + 1, 0x00; negative values have exponent and digits inverted
/// </code>
/// Floats: -0 equals 0, NaN is last. Integers, dates, times, floats (up to the sign of zero), uuid, text and bytea can be decoded;
/// numeric (its display scale) and interval (its units) cannot.
/// </remarks>
public static class KeyEncoder
{
    private const ulong SignBit = 1UL << 63;

    /// <summary>True when a value of the type fits the 8-byte form.</summary>
    public static bool IsShort(SqlType type) => type.Physical is PhysicalType.Bool or PhysicalType.Int16 or PhysicalType.Int32 or PhysicalType.Int64
        or PhysicalType.Float32 or PhysicalType.Float64;

    /// <summary>The 8-byte form of a value that is not null.</summary>
    /// <param name="type">One for which <see cref="IsShort"/> holds.</param>
    /// <param name="vector">A vector of that type.</param>
    /// <param name="row">A row that is not null.</param>
    public static ulong EncodeShort(SqlType type, Vector vector, int row) => type.Physical switch
    {
        PhysicalType.Bool => vector.GetBool(row) ? 1UL : 0,
        PhysicalType.Int16 => FromInt64(vector.Get<short>(row)),
        PhysicalType.Int32 => FromInt64(vector.Get<int>(row)),
        PhysicalType.Int64 => FromInt64(vector.Get<long>(row)),
        PhysicalType.Float32 => FromDouble(vector.Get<float>(row)), // widening keeps the order
        PhysicalType.Float64 => FromDouble(vector.Get<double>(row)),
        _ => throw new ArgumentException($"{type.Id} has no 8-byte key", nameof(type)),
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong FromInt64(long value) => (ulong)value ^ SignBit;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long ToInt64(ulong key) => (long)(key ^ SignBit);

    public static ulong FromDouble(double value)
    {
        if (double.IsNaN(value))
            return ulong.MaxValue;
        var bits = BitConverter.DoubleToInt64Bits(value == 0 ? 0.0 : value);
        return bits < 0 ? ~(ulong)bits : (ulong)bits | SignBit;
    }

    public static double ToDouble(ulong key) => key == ulong.MaxValue ? double.NaN
        : BitConverter.Int64BitsToDouble((key & SignBit) != 0 ? (long)(key ^ SignBit) : (long)~key);

    /// <summary>Appends the value of an 8-byte key again: the inverse of <see cref="EncodeShort"/>.</summary>
    public static void DecodeShort(SqlType type, ulong key, VectorWriter writer)
    {
        switch (type.Physical)
        {
            case PhysicalType.Bool: writer.AppendBool(key != 0); break;
            case PhysicalType.Int16: writer.Append((short)ToInt64(key)); break;
            case PhysicalType.Int32: writer.Append((int)ToInt64(key)); break;
            case PhysicalType.Int64: writer.Append(ToInt64(key)); break;
            case PhysicalType.Float32: writer.Append((float)ToDouble(key)); break;
            case PhysicalType.Float64: writer.Append(ToDouble(key)); break;
            default: throw new ArgumentException($"{type.Id} has no 8-byte key", nameof(type));
        }
    }

    /// <summary>Appends the normalised bytes of one column of a composite key.</summary>
    public static void Append(KeyColumn column, Vector vector, int row, ArrayBufferWriter<byte> target)
    {
        if (!vector.IsValid(row))
        {
            target.GetSpan(1)[0] = column.NullsFirst ? (byte)1 : (byte)3;
            target.Advance(1);
            return;
        }
        target.GetSpan(1)[0] = 2;
        target.Advance(1);
        var start = target.WrittenCount;
        AppendValue(column.Type, vector, row, target);
        if (!column.Descending)
            return;
        // The buffer writer owns its array: what was just written is inverted in place.
        var written = System.Runtime.InteropServices.MemoryMarshal.AsMemory(target.WrittenMemory).Span[start..];
        foreach (ref var b in written)
            b = (byte)~b;
    }

    private static void AppendValue(SqlType type, Vector vector, int row, ArrayBufferWriter<byte> target)
    {
        switch (type.Physical)
        {
            case PhysicalType.Bool:
                target.GetSpan(1)[0] = vector.GetBool(row) ? (byte)1 : (byte)0;
                target.Advance(1);
                break;
            case PhysicalType.Int128: AppendInt128(vector.Get<Int128>(row), target); break;
            case PhysicalType.Interval: AppendInt128(vector.Get<PgInterval>(row).ComparisonValue, target); break;
            case PhysicalType.Fixed16:
                vector.Get<UInt128>(row).CopyBytes(target.GetSpan(16));
                target.Advance(16);
                break;
            case PhysicalType.View when type.Id == TypeId.Numeric: AppendNumeric(PgNumeric.Read(vector.GetBytes(row)), target); break;
            case PhysicalType.View: AppendEscaped(vector.GetBytes(row), target); break;
            case PhysicalType.List: throw SqlException.NotSupported("an array in an index key");
            default:
                BinaryPrimitives.WriteUInt64BigEndian(target.GetSpan(8), EncodeShort(type, vector, row));
                target.Advance(8);
                break;
        }
    }

    private static void CopyBytes(this UInt128 value, Span<byte> target) =>
        System.Runtime.InteropServices.MemoryMarshal.Write(target, in value); // memory order is network order already

    private static void AppendInt128(Int128 value, ArrayBufferWriter<byte> target)
    {
        var span = target.GetSpan(16);
        BinaryPrimitives.WriteInt128BigEndian(span, value);
        span[0] ^= 0x80;
        target.Advance(16);
    }

    private static void AppendEscaped(ReadOnlySpan<byte> bytes, ArrayBufferWriter<byte> target)
    {
        while (true)
        {
            var zero = bytes.IndexOf((byte)0);
            target.Write(zero < 0 ? bytes : bytes[..zero]);
            if (zero < 0)
                break;
            target.Write("\0"u8);
            target.GetSpan(1)[0] = 0xFF;
            target.Advance(1);
            bytes = bytes[(zero + 1)..];
        }
        target.Write("\0\u0001"u8);
    }

    /// <summary>The bytes of a numeric, without marker.</summary>
    public static void AppendNumeric(PgNumeric value, ArrayBufferWriter<byte> target)
    {
        var sign = value.SignOf;
        target.GetSpan(1)[0] = value.Kind switch
        {
            NumericKind.NegativeInfinity => 1,
            NumericKind.PositiveInfinity => 5,
            NumericKind.NaN => 6,
            _ => (byte)(3 + sign),
        };
        target.Advance(1);
        if (!value.IsFinite || sign == 0)
            return;
        var length = Math.Max(48, value.DecimalDigits() + 4);
        var rented = length > 256 ? ArrayPool<byte>.Shared.Rent(length) : null;
        var digits = rented ?? stackalloc byte[256];
        var count = value.WriteMantissaDigits(digits);
        var exponent = count - value.Scale;
        while (digits[count - 1] == '0')
            count--;
        if ((count & 1) != 0)
            digits[count++] = (byte)'0';
        var invert = sign < 0 ? (byte)0xFF : (byte)0;
        var span = target.GetSpan(5 + count / 2);
        BinaryPrimitives.WriteUInt32BigEndian(span, (uint)exponent ^ 1u << 31);
        for (var i = 0; i < count; i += 2)
            span[4 + i / 2] = (byte)(1 + (digits[i] - '0') * 10 + digits[i + 1] - '0');
        span[4 + count / 2] = 0;
        for (var i = 0; i < 5 + count / 2; i++)
            span[i] ^= invert;
        target.Advance(5 + count / 2);
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
    }
}
