using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using OmenDb.Arrow;

namespace OmenDb.Types;

internal sealed class BoolIo : TypeHandler
{
    public override void Parse(SqlType type, ReadOnlySpan<byte> text, IoContext context, VectorWriter writer) => writer.AppendBool(ParseBool(text));

    /// <summary>Unique prefixes of true, false, yes, no; on, off, 1, 0.</summary>
    public static bool ParseBool(ReadOnlySpan<byte> text)
    {
        var word = Ascii.Trim(text);
        Span<byte> lower = stackalloc byte[5];
        if (word.Length is >= 1 and <= 5)
        {
            for (var i = 0; i < word.Length; i++)
                lower[i] = Ascii.ToLower(word[i]);
            ReadOnlySpan<byte> w = lower[..word.Length];
            if ("true"u8.StartsWith(w) || "yes"u8.StartsWith(w) || w.SequenceEqual("on"u8) || w.SequenceEqual("1"u8))
                return true;
            if ("false"u8.StartsWith(w) || "no"u8.StartsWith(w) || w.Length > 1 && "off"u8.StartsWith(w) || w.SequenceEqual("0"u8))
                return false;
        }
        throw SqlException.InvalidText("boolean", Utf8.ToDisplay(text));
    }

    public override void Format(SqlType type, Vector vector, int row, IBufferWriter<byte> target, IoContext context)
    {
        target.GetSpan(1)[0] = vector.GetBool(row) ? (byte)'t' : (byte)'f';
        target.Advance(1);
    }

    public override void Receive(SqlType type, ReadOnlySpan<byte> data, IoContext context, VectorWriter writer)
    {
        CheckLength(data, 1);
        writer.AppendBool(data[0] != 0);
    }

    public override void Send(SqlType type, Vector vector, int row, IBufferWriter<byte> target, IoContext context)
    {
        target.GetSpan(1)[0] = vector.GetBool(row) ? (byte)1 : (byte)0;
        target.Advance(1);
    }
}

internal sealed class IntegerIo : TypeHandler
{
    public override void Parse(SqlType type, ReadOnlySpan<byte> text, IoContext context, VectorWriter writer)
    {
        switch (type.Id)
        {
            case TypeId.Int2: writer.Append((short)ParseInteger(text, short.MinValue, short.MaxValue, "smallint")); break;
            case TypeId.Int4: writer.Append((int)ParseInteger(text, int.MinValue, int.MaxValue, "integer")); break;
            default: writer.Append(ParseInteger(text, long.MinValue, long.MaxValue, "bigint")); break;
        }
    }

    /// <exception cref="SqlException">22P02; 22003.</exception>
    public static long ParseInteger(ReadOnlySpan<byte> text, long min, long max, string typeName)
    {
        var digits = Ascii.Trim(text);
        var negative = false;
        if (digits.Length > 0 && digits[0] is (byte)'-' or (byte)'+')
        {
            negative = digits[0] == '-';
            digits = digits[1..];
        }
        if (digits.Length == 0)
            throw SqlException.InvalidText(typeName, Utf8.ToDisplay(text));
        UInt128 magnitude = 0; // never wraps: saturates past 20 digits
        foreach (var c in digits)
        {
            var digit = (uint)c - '0';
            if (digit > 9)
                throw SqlException.InvalidText(typeName, Utf8.ToDisplay(text));
            if (magnitude <= ulong.MaxValue)
                magnitude = magnitude * 10 + digit;
        }
        var value = negative ? -(Int128)magnitude : (Int128)magnitude;
        return value >= min && value <= max
            ? (long)value
            : throw new SqlException(SqlState.NumericValueOutOfRange, $"value \"{Utf8.ToDisplay(text)}\" is out of range for type {typeName}");
    }

    private static long Value(SqlType type, Vector vector, int row) => type.Id switch
    {
        TypeId.Int2 => vector.Get<short>(row),
        TypeId.Int4 => vector.Get<int>(row),
        _ => vector.Get<long>(row),
    };

    public override void Format(SqlType type, Vector vector, int row, IBufferWriter<byte> target, IoContext context)
    {
        Value(type, vector, row).TryFormat(target.GetSpan(20), out var written, default, CultureInfo.InvariantCulture);
        target.Advance(written);
    }

    public override void Receive(SqlType type, ReadOnlySpan<byte> data, IoContext context, VectorWriter writer)
    {
        CheckLength(data, type.Physical.Width());
        switch (type.Id)
        {
            case TypeId.Int2: writer.Append(BinaryPrimitives.ReadInt16BigEndian(data)); break;
            case TypeId.Int4: writer.Append(BinaryPrimitives.ReadInt32BigEndian(data)); break;
            default: writer.Append(BinaryPrimitives.ReadInt64BigEndian(data)); break;
        }
    }

    public override void Send(SqlType type, Vector vector, int row, IBufferWriter<byte> target, IoContext context)
    {
        var value = Value(type, vector, row);
        switch (type.Id)
        {
            case TypeId.Int2:
                BinaryPrimitives.WriteInt16BigEndian(target.GetSpan(2), (short)value);
                target.Advance(2);
                break;
            case TypeId.Int4: SendInt32((int)value, target); break;
            default: SendInt64(value, target); break;
        }
    }
}

/// <summary>oid and the reg types as numbers: names are the catalog's business.</summary>
/// <summary>OIDs; those of named objects by their names.</summary>
internal sealed class OidIo : TypeHandler
{
    private static bool IsNamed(TypeId id) => id is TypeId.Regclass or TypeId.Regtype or TypeId.Regproc or TypeId.Regnamespace or TypeId.Regrole;

    public override void Parse(SqlType type, ReadOnlySpan<byte> text, IoContext context, VectorWriter writer)
    {
        if (context.Names is { } names && IsNamed(type.Id))
        {
            writer.Append(names.Parse(type.Id, Utf8.ToDisplay(text)));
            return;
        }
        var value = IntegerIo.ParseInteger(text, int.MinValue, uint.MaxValue, "oid");
        writer.Append((long)(uint)value); // -1 is 4294967295, as in PostgreSQL
    }

    public override void Format(SqlType type, Vector vector, int row, IBufferWriter<byte> target, IoContext context)
    {
        if (context.Names is { } names && IsNamed(type.Id))
        {
            target.Write(System.Text.Encoding.UTF8.GetBytes(names.Format(type.Id, vector.Get<long>(row))));
            return;
        }
        vector.Get<long>(row).TryFormat(target.GetSpan(20), out var written, default, CultureInfo.InvariantCulture);
        target.Advance(written);
    }

    public override void Receive(SqlType type, ReadOnlySpan<byte> data, IoContext context, VectorWriter writer)
    {
        CheckLength(data, 4);
        writer.Append((long)BinaryPrimitives.ReadUInt32BigEndian(data));
    }

    public override void Send(SqlType type, Vector vector, int row, IBufferWriter<byte> target, IoContext context) =>
        SendInt32((int)(uint)vector.Get<long>(row), target);
}

internal sealed class FloatIo : TypeHandler
{
    public override void Parse(SqlType type, ReadOnlySpan<byte> text, IoContext context, VectorWriter writer)
    {
        if (type.Id == TypeId.Float4)
            writer.Append(FloatText.ParseSingle(text));
        else
            writer.Append(FloatText.ParseDouble(text));
    }

    public override void Format(SqlType type, Vector vector, int row, IBufferWriter<byte> target, IoContext context)
    {
        var span = target.GetSpan(FloatText.MaxLength);
        target.Advance(type.Id == TypeId.Float4
            ? FloatText.Format(vector.Get<float>(row), context.ExtraFloatDigits, span)
            : FloatText.Format(vector.Get<double>(row), context.ExtraFloatDigits, span));
    }

    public override void Receive(SqlType type, ReadOnlySpan<byte> data, IoContext context, VectorWriter writer)
    {
        CheckLength(data, type.Physical.Width());
        if (type.Id == TypeId.Float4)
            writer.Append(BinaryPrimitives.ReadSingleBigEndian(data));
        else
            writer.Append(BinaryPrimitives.ReadDoubleBigEndian(data));
    }

    public override void Send(SqlType type, Vector vector, int row, IBufferWriter<byte> target, IoContext context)
    {
        // The framework's NaN has its sign bit set, C's has not.
        if (type.Id == TypeId.Float4)
        {
            var single = vector.Get<float>(row);
            SendInt32(float.IsNaN(single) ? 0x7FC00000 : BitConverter.SingleToInt32Bits(single), target);
        }
        else
        {
            var value = vector.Get<double>(row);
            SendInt64(double.IsNaN(value) ? 0x7FF8000000000000 : BitConverter.DoubleToInt64Bits(value), target);
        }
    }
}

internal sealed class NumericIo : TypeHandler
{
    private static bool Is64(SqlType type) => type.Physical == PhysicalType.Int64;

    public override void Parse(SqlType type, ReadOnlySpan<byte> text, IoContext context, VectorWriter writer)
    {
        if (type.Precision == 0)
            Append(type.NumericLimit is var (precision, scale) ? PgNumeric.Parse(text).ToPrecision(precision, scale) : PgNumeric.Parse(text), writer);
        else if (Is64(type))
            writer.Append(ScaledDecimal.Parse64(text, type.Precision, type.Scale));
        else
            writer.Append(ScaledDecimal.Parse128(text, type.Precision, type.Scale));
    }

    private static void Append(PgNumeric value, VectorWriter writer)
    {
        var length = value.EncodedLength;
        if (length <= 256)
        {
            Span<byte> bytes = stackalloc byte[256];
            writer.AppendBytes(bytes[..value.Write(bytes)]);
            return;
        }
        var rented = ArrayPool<byte>.Shared.Rent(length);
        writer.AppendBytes(rented.AsSpan(0, value.Write(rented)));
        ArrayPool<byte>.Shared.Return(rented);
    }

    private static PgNumeric Value(SqlType type, Vector vector, int row) =>
        type.Precision == 0 ? PgNumeric.Read(vector.GetBytes(row))
        : Is64(type) ? PgNumeric.FromDecimal64(vector.Get<long>(row), type.Scale)
        : PgNumeric.FromDecimal128(vector.Get<Int128>(row), type.Scale);

    public override void Format(SqlType type, Vector vector, int row, IBufferWriter<byte> target, IoContext context)
    {
        if (type.Precision == 0)
        {
            var value = PgNumeric.Read(vector.GetBytes(row));
            target.Advance(value.Format(target.GetSpan(value.MaxFormattedLength)));
            return;
        }
        var span = target.GetSpan(ScaledDecimal.MaxTextLength);
        target.Advance(Is64(type)
            ? ScaledDecimal.Format(vector.Get<long>(row), type.Scale, span)
            : ScaledDecimal.Format(vector.Get<Int128>(row), type.Scale, span));
    }

    public override void Receive(SqlType type, ReadOnlySpan<byte> data, IoContext context, VectorWriter writer)
    {
        var value = PgNumeric.ReadBinary(data);
        if (type.Precision == 0)
            Append(value, writer);
        else if (Is64(type))
            writer.Append(value.ToDecimal64(type.Precision, type.Scale));
        else
            writer.Append(value.ToDecimal128(type.Precision, type.Scale));
    }

    public override void Send(SqlType type, Vector vector, int row, IBufferWriter<byte> target, IoContext context)
    {
        var value = Value(type, vector, row);
        target.Advance(value.WriteBinary(target.GetSpan(value.MaxBinaryLength)));
    }
}

/// <summary>void prints as an empty string.</summary>
internal sealed class VoidIo : TypeHandler
{
    public override void Parse(SqlType type, ReadOnlySpan<byte> text, IoContext context, VectorWriter writer) => writer.AppendBool(false);

    public override void Format(SqlType type, Vector vector, int row, IBufferWriter<byte> target, IoContext context)
    {
    }

    public override void Receive(SqlType type, ReadOnlySpan<byte> data, IoContext context, VectorWriter writer) => writer.AppendBool(false);

    public override void Send(SqlType type, Vector vector, int row, IBufferWriter<byte> target, IoContext context)
    {
    }
}
