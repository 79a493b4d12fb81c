using System.Globalization;
using System.Text;
using OmenDb.Arrow;
using OmenDb.Engine.Expressions;
using OmenDb.Planner.Expressions;
using OmenDb.Types;

namespace OmenDb.Engine.Functions.Casts;

/// <summary>Casts of literals straight to their values, without compiling an expression: loads send thousands of them in one statement.</summary>
internal static class ConstantCasts
{
    [ThreadStatic]
    private static Vector? t_scratch;

    /// <returns>Null: a case for the general way. Errors come from there, except those of input functions.</returns>
    /// <exception cref="SqlException">What the type's input function reports.</exception>
    public static ConstantExpression? TryEvaluate(CastExpression cast, IoContext io)
    {
        if (cast.Operand is not ConstantExpression operand)
            return null;
        if (operand.Value is null)
            return new ConstantExpression(null, cast.Target);
        var value = operand.Value switch
        {
            string text when StringCasts.IsStringLike(operand.Type) => FromText(text, cast.Target, io),
            int number when operand.Type.Id == TypeId.Int4 => FromInteger(number, cast.Target),
            long number when operand.Type.Id == TypeId.Int8 => FromInteger(number, cast.Target),
            long or Int128 when operand.Type is { Id: TypeId.Numeric, Precision: > 0 } => FromDecimal(operand.Value is long l ? l : (Int128)operand.Value, operand.Type.Scale, cast.Target),
            _ => null,
        };
        return value is null ? null : new ConstantExpression(value, cast.Target);
    }

    private static object? FromText(string text, SqlType target, IoContext io)
    {
        switch (target.Id)
        {
            case TypeId.Text or TypeId.Unknown:
                return text;
            // A character has at most as many bytes as UTF-16 units times three: short texts need no count.
            case TypeId.Varchar:
                return target.Length < 0 || text.Length <= target.Length / 3 || IsAscii(text) && text.Length <= target.Length ? text : null;
            case TypeId.Int2 or TypeId.Int4 or TypeId.Int8 or TypeId.Float4 or TypeId.Float8 or TypeId.Numeric or TypeId.Bool or TypeId.Date or TypeId.Time
                or TypeId.Timestamp or TypeId.TimestampTz or TypeId.Interval or TypeId.Uuid or TypeId.Bytea or TypeId.Json or TypeId.Jsonb:
                break;
            default:
                return null;
        }
        Span<byte> bytes = text.Length <= 256 ? stackalloc byte[768] : new byte[Encoding.UTF8.GetMaxByteCount(text.Length)];
        bytes = bytes[..Encoding.UTF8.GetBytes(text, bytes)];
        var vector = t_scratch ??= new Vector();
        TypeIo.Parse(target, bytes, io, new VectorWriter(target.Arrow, vector, 1));
        return ValueBox.Get(vector, 0, target);
    }

    private static bool IsAscii(string text) => System.Text.Ascii.IsValid(text);

    private static object? FromInteger(long value, SqlType target) => target.Id switch
    {
        TypeId.Int2 when value is >= short.MinValue and <= short.MaxValue => (short)value,
        TypeId.Int4 when value is >= int.MinValue and <= int.MaxValue => (int)value,
        TypeId.Int8 => value,
        TypeId.Float8 => (double)value,
        TypeId.Numeric when target.Precision > 0 => Scaled(value, 0, target),
        TypeId.Numeric when target.NumericLimit is null => PgNumeric.FromInt64(value).ToBytes(),
        _ => null,
    };

    private static object? FromDecimal(Int128 mantissa, int scale, SqlType target) => target.Id switch
    {
        TypeId.Numeric when target.Precision > 0 => Scaled(mantissa, scale, target),
        TypeId.Numeric when target.NumericLimit is null => PgNumeric.FromDecimal128(mantissa, scale).ToBytes(),
        // Both are exact in a double: the quotient is the nearest one.
        TypeId.Float8 when scale <= 22 && Int128.Abs(mantissa) <= 1L << 53 => (double)(long)mantissa / double.Parse("1E" + scale.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture),
        _ => null,
    };

    /// <summary>Null where digits would have to be rounded or do not fit.</summary>
    private static object? Scaled(Int128 mantissa, int scale, SqlType target)
    {
        var more = target.Scale - scale;
        if (more < 0 || Int128.Abs(mantissa) >= Pow10.Wide[target.Precision - more < 0 ? 0 : target.Precision - more])
            return null;
        var value = mantissa * Pow10.Wide[more];
        return target.Physical == PhysicalType.Int64 ? (object)(long)value : value;
    }
}
