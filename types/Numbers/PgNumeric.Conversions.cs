using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;

namespace OmenDb.Types;

public readonly partial struct PgNumeric
{
    public static implicit operator PgNumeric(long value) => new(value, 0);

    public static PgNumeric FromInt64(long value) => new(value, 0);

    /// <summary>Rounded half away from zero.</summary>
    /// <returns>False when it does not fit or is not finite.</returns>
    public bool TryToInt64(out long value)
    {
        value = 0;
        if (_kind != NumericKind.Finite)
            return false;
        var rounded = _scale == 0 ? this : Round(0);
        if (!rounded.IsSmall || rounded._small < long.MinValue || rounded._small > long.MaxValue)
            return false;
        value = (long)rounded._small;
        return true;
    }

    /// <exception cref="SqlException">22003; 0A000 for NaN and infinities.</exception>
    public long ToInt64() => ToInteger(long.MinValue, long.MaxValue, "bigint");

    public int ToInt32() => (int)ToInteger(int.MinValue, int.MaxValue, "integer");

    public short ToInt16() => (short)ToInteger(short.MinValue, short.MaxValue, "smallint");

    private long ToInteger(long min, long max, string typeName)
    {
        if (!IsFinite)
        {
            throw new SqlException(SqlState.FeatureNotSupported,
                IsNaN ? $"cannot convert NaN to {typeName}" : $"cannot convert infinity to {typeName}");
        }
        return TryToInt64(out var value) && value >= min && value <= max ? value : throw SqlException.OutOfRange(typeName);
    }

    /// <summary>As a scaled integer, rounded half away from zero; NaN becomes the sentinel.</summary>
    /// <exception cref="SqlException">22003, numeric field overflow.</exception>
    public Int128 ToDecimal128(int precision, int scale)
    {
        if (IsNaN)
            return ScaledDecimal.NaN128;
        if (IsSmall && _scale == scale && Int128.Abs(_small) < Pow10.Wide[precision])
            return _small;
        var fitted = ToPrecision(precision, scale);
        return fitted.IsSmall ? fitted._small : (Int128)fitted._big;
    }

    /// <inheritdoc cref="ToDecimal128"/>
    public long ToDecimal64(int precision, int scale) => IsNaN ? ScaledDecimal.NaN64 : (long)ToDecimal128(precision, scale);

    /// <summary>A value of a numeric(p, s) column with p ≤ 18; the sentinels become special values.</summary>
    public static PgNumeric FromDecimal64(long value, int scale) => value switch
    {
        ScaledDecimal.NaN64 => NaN,
        ScaledDecimal.PositiveInfinity64 => PositiveInfinity,
        ScaledDecimal.NegativeInfinity64 => NegativeInfinity,
        _ => new PgNumeric(value, scale),
    };

    /// <inheritdoc cref="FromDecimal64"/>
    public static PgNumeric FromDecimal128(Int128 value, int scale) =>
        value == ScaledDecimal.NaN128 ? NaN
        : value == ScaledDecimal.PositiveInfinity128 ? PositiveInfinity
        : value == ScaledDecimal.NegativeInfinity128 ? NegativeInfinity
        : FromScaled(value, scale);

    /// <summary>The nearest double; infinite beyond its range.</summary>
    public double ToDouble()
    {
        switch (_kind)
        {
            case NumericKind.NaN: return double.NaN;
            case NumericKind.PositiveInfinity: return double.PositiveInfinity;
            case NumericKind.NegativeInfinity: return double.NegativeInfinity;
        }
        // Both parts exact in a double: one division rounds once.
        if (IsSmall && _scale <= 18 && Int128.Abs(_small) <= 1L << 53)
            return (double)(long)_small / Pow10.Int64[_scale];
        var length = MaxFormattedLength;
        var buffer = length <= 256 ? default : ArrayPool<byte>.Shared.Rent(length);
        var text = buffer ?? stackalloc byte[256];
        var written = Format(text);
        var result = double.Parse(text[..written], NumberStyles.Float, CultureInfo.InvariantCulture);
        if (buffer is not null)
            ArrayPool<byte>.Shared.Return(buffer);
        return result;
    }

    /// <summary>numeric to float8, as a cast does it.</summary>
    /// <exception cref="SqlException">22003 for finite values beyond the range.</exception>
    public double ToFloat8()
    {
        var result = ToDouble();
        if (IsFinite && (double.IsInfinity(result) || result == 0 && !IsZero))
            throw new SqlException(SqlState.NumericValueOutOfRange, $"\"{this}\" is out of range for type double precision");
        return result;
    }

    public float ToFloat4()
    {
        if (!IsFinite)
            return (float)ToDouble();
        var result = float.Parse(ToString(), NumberStyles.Float, CultureInfo.InvariantCulture);
        if (float.IsInfinity(result) || result == 0 && !IsZero)
            throw new SqlException(SqlState.NumericValueOutOfRange, $"\"{this}\" is out of range for type real");
        return result;
    }

    /// <summary>float8 to numeric: 15 significant digits, as PostgreSQL takes.</summary>
    public static PgNumeric FromDouble(double value) => FromDigits(value, 15);

    /// <summary>float4 to numeric: 6 significant digits.</summary>
    public static PgNumeric FromSingle(float value) => FromDigits(value, 6);

    private static PgNumeric FromDigits(double value, int digits)
    {
        if (double.IsNaN(value))
            return NaN;
        if (double.IsInfinity(value))
            return value > 0 ? PositiveInfinity : NegativeInfinity;
        if (value == 0)
            return Zero;
        // C's %.15g rounds exact ties to even, the framework away from zero: take more digits and round here.
        const int Shown = 40;
        Span<byte> text = stackalloc byte[64];
        Math.Abs(value).TryFormat(text, out var length, "E39", CultureInfo.InvariantCulture);
        var e = text[..length].IndexOf((byte)'E');
        if (!Ascii.TryParseInteger(text[(e + 1)..length], out var exponent))
            throw new InvalidOperationException("the framework's E format ends in an exponent");
        long mantissa = 0;
        var tail = false;
        var next = 0;
        for (int i = 0, seen = 0; i < e && seen < Shown; i++)
        {
            if (text[i] == '.')
                continue;
            var digit = text[i] - '0';
            if (seen < digits)
                mantissa = mantissa * 10 + digit;
            else if (seen == digits)
                next = digit;
            else
                tail |= digit != 0;
            seen++;
        }
        if (next > 5 || next == 5 && (tail || (mantissa & 1) != 0))
            mantissa++;
        var scale = digits - 1 - (int)exponent;
        while (scale > 0 && mantissa % 10 == 0)
        {
            mantissa /= 10;
            scale--;
        }
        if (value < 0)
            mantissa = -mantissa;
        return scale >= 0 ? new PgNumeric(mantissa, scale) : FromScaled(mantissa * Pow10.Big(-scale), 0);
    }

    // ---- PostgreSQL's binary format: int16 ndigits, weight, sign, dscale, then base-10000 digits

    /// <summary>Bytes that <see cref="WriteBinary"/> needs at most.</summary>
    public int MaxBinaryLength => 8 + (MaxFormattedLength / 4 + 3) * 2;

    /// <returns>Bytes written.</returns>
    public int WriteBinary(Span<byte> target)
    {
        ushort sign = _kind switch
        {
            NumericKind.NaN => 0xC000,
            NumericKind.PositiveInfinity => 0xD000,
            NumericKind.NegativeInfinity => 0xF000,
            _ => SignOf < 0 ? (ushort)0x4000 : (ushort)0,
        };
        var count = 0;
        var weight = 0;
        if (IsFinite && !IsZero)
        {
            // Base-10000 digits are groups of four decimals counted from the point: pad the mantissa to a multiple of four.
            var pad = (4 - (_scale & 3)) & 3;
            var length = Math.Max(44, DecimalDigits() + 8);
            var rented = length > 256 ? ArrayPool<byte>.Shared.Rent(length) : null;
            var digits = rented ?? stackalloc byte[256];
            var n = WriteMantissaDigits(digits);
            digits.Slice(n, pad).Fill((byte)'0');
            n += pad;
            weight = (n + 3) / 4 - (_scale + pad) / 4 - 1;
            var at = 0;
            var end = n;
            while (end > 0 && digits[end - 1] == '0')
                end--; // zero groups at the end are not sent
            for (var group = n & 3; at < end; group = 4)
            {
                if (group == 0)
                    continue;
                var value = 0;
                for (var i = 0; i < group; i++)
                    value = value * 10 + digits[at++] - '0';
                BinaryPrimitives.WriteInt16BigEndian(target[(8 + count * 2)..], (short)value);
                count++;
            }
            if (rented is not null)
                ArrayPool<byte>.Shared.Return(rented);
        }
        BinaryPrimitives.WriteInt16BigEndian(target, (short)count);
        BinaryPrimitives.WriteInt16BigEndian(target[2..], (short)weight);
        BinaryPrimitives.WriteUInt16BigEndian(target[4..], sign);
        // PostgreSQL sends its header byte for infinities here.
        BinaryPrimitives.WriteUInt16BigEndian(target[6..], IsInfinite ? (ushort)0x20 : _scale);
        return 8 + count * 2;
    }

    /// <summary>Decimal digits of the mantissa, most significant first.</summary>
    internal int WriteMantissaDigits(Span<byte> digits)
    {
        if (IsSmall)
            return ScaledDecimal.Format(Int128.Abs(_small), 0, digits);
        var magnitude = BigInteger.Abs(_big);
        var rented = ArrayPool<char>.Shared.Rent(BigDigitCount(magnitude) + 1);
        magnitude.TryFormat(rented, out var count);
        for (var i = 0; i < count; i++)
            digits[i] = (byte)rented[i];
        ArrayPool<char>.Shared.Return(rented);
        return count;
    }

    /// <exception cref="SqlException">22P03.</exception>
    public static PgNumeric ReadBinary(ReadOnlySpan<byte> data)
    {
        if (data.Length < 8)
            throw Malformed("insufficient data left in message");
        var count = BinaryPrimitives.ReadUInt16BigEndian(data);
        var weight = BinaryPrimitives.ReadInt16BigEndian(data[2..]);
        var sign = BinaryPrimitives.ReadUInt16BigEndian(data[4..]);
        var scale = BinaryPrimitives.ReadUInt16BigEndian(data[6..]);
        switch (sign)
        {
            case 0xC000: return NaN;
            case 0xD000: return PositiveInfinity;
            case 0xF000: return NegativeInfinity;
            case not (0 or 0x4000): throw Malformed("invalid sign in external \"numeric\" value");
        }
        if (scale > MaxScale)
            throw Malformed("invalid scale in external \"numeric\" value");
        if (data.Length != 8 + count * 2)
            throw Malformed("insufficient data left in message");
        Int128 small = 0;
        var big = BigInteger.Zero;
        for (var i = 0; i < count; i++)
        {
            var digit = BinaryPrimitives.ReadInt16BigEndian(data[(8 + i * 2)..]);
            if (digit is < 0 or > 9999)
                throw Malformed("invalid digit in external \"numeric\" value");
            if (i < 9)
                small = small * 10000 + digit;
            else
                big = (i == 9 ? (BigInteger)small : big) * 10000 + digit;
        }
        // Digits present reach down to 10000^(weight - count + 1); what lies below the display scale is cut off.
        var exponent = 4L * (weight - count + 1);
        var mantissa = count > 9 ? big : (BigInteger)small;
        var shift = exponent + scale;
        if (count <= 9 && shift is >= -38 and <= 0)
            small /= Pow10.Wide[(int)-shift];
        else if (count <= 5 && shift is > 0 and <= 16)
            small *= Pow10.Wide[(int)shift];
        else
        {
            mantissa = shift >= 0 ? mantissa * Pow10.Big((int)shift) : BigInteger.Divide(mantissa, Pow10.Big((int)-shift));
            return FromScaled(sign != 0 ? -mantissa : mantissa, scale);
        }
        return FromScaled(sign != 0 ? -small : small, scale);
    }

    private static SqlException Malformed(string message) => new(SqlState.InvalidBinaryRepresentation, message);
}
