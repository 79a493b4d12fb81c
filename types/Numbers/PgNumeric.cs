using System.Buffers.Binary;
using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace OmenDb.Types;

/// <summary>What a numeric is, in the order in which numerics compare.</summary>
public enum NumericKind : byte
{
    Finite = 0,
    NegativeInfinity = 1,
    PositiveInfinity = 2,
    NaN = 3,
}

/// <summary>numeric without bounds: a decimal mantissa, a display scale, and PostgreSQL's special values.</summary>
/// <remarks>
/// In vectors it stands in this form, all little-endian, always the shortest:
/// <code>
/// | header uint16 | mantissa word uint64 | mantissa word uint64 | ...   least significant word first
///   bits 0-13: display scale (digits after the point); special values: 1 = -Infinity, 2 = Infinity, 3 = NaN
///   bit 14: special value        bit 15: negative
/// </code>
/// Value = ±mantissa / 10^scale. Zero has no words; mantissas below 2^64 take 10 bytes and so stand inline in a view.
/// In work, mantissas up to 2^126 are an <see cref="Int128"/> and nothing is allocated; wider ones are a <see cref="BigInteger"/>.
/// Digits of every result are those of PostgreSQL 15 (src/backend/utils/adt/numeric.c states the rules in its comments).
/// </remarks>
public readonly partial struct PgNumeric : IEquatable<PgNumeric>, IComparable<PgNumeric>
{
    /// <summary>Digits before the point.</summary>
    public const int MaxIntegerDigits = 131072;

    /// <summary>Digits after the point that a value can show.</summary>
    public const int MaxScale = 16383;

    /// <summary>PostgreSQL's limit for the scale of computed results.</summary>
    public const int MaxResultScale = 1000;

    private const int MinSignificantDigits = 16;
    private const ushort SpecialFlag = 0x4000;
    private const ushort NegativeFlag = 0x8000;
    private const ushort ScaleMask = 0x3FFF;

    /// <summary>Bytes that <see cref="Write"/> needs for a mantissa that fits 128 bits.</summary>
    public const int MaxSmallLength = 18;

    private static readonly Int128 SmallLimit = Int128.One << 126;

    private readonly Int128 _small;
    private readonly BigInteger _big; // used when it is not zero; then |_big| > SmallLimit
    private readonly ushort _scale;
    private readonly NumericKind _kind;

    private PgNumeric(NumericKind kind) => _kind = kind;

    private PgNumeric(Int128 small, int scale)
    {
        Debug.Assert(small <= SmallLimit && small >= -SmallLimit, "small mantissas leave room for one addition");
        _small = small;
        _scale = (ushort)scale;
    }

    private PgNumeric(BigInteger big, int scale)
    {
        _big = big;
        _scale = (ushort)scale;
    }

    public static readonly PgNumeric NaN = new(NumericKind.NaN);
    public static readonly PgNumeric PositiveInfinity = new(NumericKind.PositiveInfinity);
    public static readonly PgNumeric NegativeInfinity = new(NumericKind.NegativeInfinity);
    public static readonly PgNumeric Zero = new(Int128.Zero, 0);
    public static readonly PgNumeric One = new(Int128.One, 0);

    public NumericKind Kind => _kind;

    /// <summary>Digits after the point, as shown; 0 for special values.</summary>
    public int Scale => _scale;

    public bool IsFinite => _kind == NumericKind.Finite;

    public bool IsNaN => _kind == NumericKind.NaN;

    public bool IsInfinite => _kind is NumericKind.NegativeInfinity or NumericKind.PositiveInfinity;

    private bool IsSmall => _big.IsZero;

    public bool IsZero => _kind == NumericKind.Finite && _big.IsZero && _small == 0;

    /// <summary>-1, 0 or 1; 0 for NaN.</summary>
    public int SignOf => _kind switch
    {
        NumericKind.Finite => IsSmall ? Int128.Sign(_small) : _big.Sign,
        NumericKind.NegativeInfinity => -1,
        NumericKind.PositiveInfinity => 1,
        _ => 0,
    };

    /// <summary>The mantissa of a finite value.</summary>
    public BigInteger Mantissa => IsSmall ? (BigInteger)_small : _big;

    /// <summary>The mantissa when it fits 127 bits: no allocation.</summary>
    public bool TryGetSmall(out Int128 mantissa, out int scale)
    {
        mantissa = _small;
        scale = _scale;
        return _kind == NumericKind.Finite && IsSmall;
    }

    /// <param name="mantissa">Any; value = mantissa / 10^scale.</param>
    /// <param name="scale">0 to <see cref="MaxScale"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PgNumeric FromScaled(Int128 mantissa, int scale) =>
        mantissa <= SmallLimit && mantissa >= -SmallLimit ? new PgNumeric(mantissa, scale) : new PgNumeric((BigInteger)mantissa, scale);

    /// <summary>The value in its canonical working form.</summary>
    /// <exception cref="SqlException">22003 when it has too many digits before the point, or the scale is too large.</exception>
    public static PgNumeric FromScaled(BigInteger mantissa, int scale)
    {
        if (mantissa.GetBitLength() <= 126)
            return scale <= MaxScale ? new PgNumeric((Int128)mantissa, scale) : throw Overflow();
        // 3.33 bits per digit: only near the limit is the exact count needed.
        if (scale > MaxScale || mantissa.GetBitLength() > 430_000
            && BigInteger.Abs(mantissa) >= Pow10.Big(MaxIntegerDigits + scale))
            throw Overflow();
        return new PgNumeric(mantissa, scale);
    }

    public static SqlException Overflow() => new(SqlState.NumericValueOutOfRange, "value overflows numeric format");

    // ---- encoding in vectors

    /// <summary>Bytes that <see cref="Write"/> will fill.</summary>
    public int EncodedLength
    {
        get
        {
            if (_kind != NumericKind.Finite)
                return 2;
            if (!IsSmall)
                return ExactBigLength();
            var magnitude = (UInt128)Int128.Abs(_small);
            return magnitude == 0 ? 2 : magnitude >> 64 == 0 ? 10 : 18;
        }
    }

    private int ExactBigLength() => 2 + (int)((BigInteger.Abs(_big).GetBitLength() + 63) / 64) * 8;

    /// <summary>Writes the form that stands in vectors.</summary>
    /// <returns>Bytes written, <see cref="EncodedLength"/>.</returns>
    public int Write(Span<byte> target)
    {
        if (_kind != NumericKind.Finite)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(target, (ushort)(SpecialFlag | (ushort)_kind));
            return 2;
        }
        if (IsSmall)
        {
            var header = _small < 0 ? (ushort)(_scale | NegativeFlag) : _scale;
            BinaryPrimitives.WriteUInt16LittleEndian(target, header);
            var magnitude = (UInt128)Int128.Abs(_small);
            if (magnitude == 0)
                return 2;
            BinaryPrimitives.WriteUInt64LittleEndian(target[2..], (ulong)magnitude);
            if (magnitude >> 64 == 0)
                return 10;
            BinaryPrimitives.WriteUInt64LittleEndian(target[10..], (ulong)(magnitude >> 64));
            return 18;
        }
        var length = ExactBigLength();
        BinaryPrimitives.WriteUInt16LittleEndian(target, _big.Sign < 0 ? (ushort)(_scale | NegativeFlag) : _scale);
        var words = target[2..length];
        words.Clear();
        if (!BigInteger.Abs(_big).TryWriteBytes(words, out _, isUnsigned: true))
            throw new ArgumentException("the target is too short", nameof(target));
        return length;
    }

    /// <param name="encoded">What <see cref="Write"/> wrote.</param>
    public static PgNumeric Read(ReadOnlySpan<byte> encoded)
    {
        var header = BinaryPrimitives.ReadUInt16LittleEndian(encoded);
        if ((header & SpecialFlag) != 0)
            return new PgNumeric((NumericKind)(header & ScaleMask));
        var scale = header & ScaleMask;
        Int128 magnitude;
        switch (encoded.Length)
        {
            case 2:
                return new PgNumeric(Int128.Zero, scale);
            case 10:
                magnitude = BinaryPrimitives.ReadUInt64LittleEndian(encoded[2..]);
                break;
            case 18:
                var wide = new UInt128(BinaryPrimitives.ReadUInt64LittleEndian(encoded[10..]), BinaryPrimitives.ReadUInt64LittleEndian(encoded[2..]));
                if (wide > (UInt128)SmallLimit)
                    goto default;
                magnitude = (Int128)wide;
                break;
            default:
                var big = new BigInteger(encoded[2..], isUnsigned: true);
                return new PgNumeric((header & NegativeFlag) != 0 ? -big : big, scale);
        }
        return new PgNumeric((header & NegativeFlag) != 0 ? -magnitude : magnitude, scale);
    }

    public byte[] ToBytes()
    {
        var result = new byte[EncodedLength];
        Write(result);
        return result;
    }

    // ---- order

    /// <summary>PostgreSQL's order: -Infinity, finite values, Infinity, NaN; NaN equals NaN; the display scale does not count.</summary>
    public int CompareTo(PgNumeric other)
    {
        if (_kind != NumericKind.Finite || other._kind != NumericKind.Finite)
            return Rank(_kind).CompareTo(Rank(other._kind));
        if (IsSmall && other.IsSmall)
        {
            if (_scale == other._scale)
                return _small.CompareTo(other._small);
            if (TryAlign(this, other, out var left, out var right))
                return left.CompareTo(right);
        }
        var sign = SignOf.CompareTo(other.SignOf);
        if (sign != 0)
            return sign;
        if (_scale == other._scale)
            return Mantissa.CompareTo(other.Mantissa);
        var scale = Math.Max(_scale, other._scale);
        return BigAt(scale).CompareTo(other.BigAt(scale));
    }

    private static int Rank(NumericKind kind) => kind switch
    {
        NumericKind.NegativeInfinity => 0,
        NumericKind.Finite => 1,
        NumericKind.PositiveInfinity => 2,
        _ => 3,
    };

    public bool Equals(PgNumeric other) => CompareTo(other) == 0;

    public override bool Equals(object? obj) => obj is PgNumeric other && Equals(other);

    /// <summary>Equal for equal values of different scale.</summary>
    public override int GetHashCode()
    {
        if (_kind != NumericKind.Finite)
            return (int)_kind * 0x3C6EF372;
        var normal = TrimScale();
        return normal.IsSmall
            ? HashCode.Combine((ulong)(UInt128)normal._small, (ulong)((UInt128)normal._small >> 64), normal._scale)
            : HashCode.Combine(normal._big, normal._scale);
    }

    public static bool operator ==(PgNumeric left, PgNumeric right) => left.CompareTo(right) == 0;

    public static bool operator !=(PgNumeric left, PgNumeric right) => left.CompareTo(right) != 0;

    public static bool operator <(PgNumeric left, PgNumeric right) => left.CompareTo(right) < 0;

    public static bool operator >(PgNumeric left, PgNumeric right) => left.CompareTo(right) > 0;

    public static bool operator <=(PgNumeric left, PgNumeric right) => left.CompareTo(right) <= 0;

    public static bool operator >=(PgNumeric left, PgNumeric right) => left.CompareTo(right) >= 0;

    /// <summary>Both mantissas at the larger scale, when they still fit.</summary>
    private static bool TryAlign(PgNumeric a, PgNumeric b, out Int128 left, out Int128 right)
    {
        left = a._small;
        right = b._small;
        return a._scale == b._scale
            || (a._scale < b._scale ? TryScaleUp(ref left, b._scale - a._scale) : TryScaleUp(ref right, a._scale - b._scale));
    }

    private static bool TryScaleUp(ref Int128 mantissa, int digits)
    {
        if (digits > 37)
            return mantissa == 0;
        var factor = Pow10.Wide[digits];
        if ((long)mantissa == mantissa && digits <= 18)
        {
            mantissa *= (long)factor; // 63 + 60 bits
            return true;
        }
        if (Int128.Abs(mantissa) > SmallLimit / factor)
            return false;
        mantissa *= factor;
        return true;
    }

    private BigInteger BigAt(int scale) => scale == _scale ? Mantissa : Mantissa * Pow10.Big(scale - _scale);
}
