using OmenDb.Types;

namespace OmenDb.Engine.Functions;

/// <summary>Precision and scale of numeric results: exact in scaled integers while they fit 38 digits, unbounded beyond.</summary>
public static class NumericTypes
{
    /// <summary>The type that holds the values of both.</summary>
    public static SqlType Common(SqlType left, SqlType right)
    {
        if (left.Precision == 0 || right.Precision == 0)
            return SqlType.Numeric;
        var scale = Math.Max(left.Scale, right.Scale);
        return Of(Math.Max(left.Precision - left.Scale, right.Precision - right.Scale) + scale, scale);
    }

    /// <summary>+ and -: one more digit before the point.</summary>
    public static SqlType Sum(SqlType left, SqlType right)
    {
        var common = Common(left, right);
        return common.Precision == 0 ? common : Of(common.Precision + 1, common.Scale);
    }

    /// <summary>*: the digits of both.</summary>
    /// <remarks>Products of a few short columns pass 38 digits by their declared precisions long before their values do: in
    /// price * (1 - discount) * (1 + tax) by 9. They stay 128-bit integers (TPC-H Q1 is five times faster so), and a value that
    /// really needs more digits is an error, 22003, as in a numeric(38, s) column. Declared precisions further out mean it: unbounded.</remarks>
    public static SqlType Product(SqlType left, SqlType right)
    {
        if (left.Precision == 0 || right.Precision == 0)
            return SqlType.Numeric;
        var precision = left.Precision + right.Precision;
        var scale = left.Scale + right.Scale;
        var isShort = Math.Min(left.Precision, right.Precision) <= 18;
        return isShort && precision <= MaxBenignPrecision && scale <= MaxBenignScale ? Of(Math.Min(precision, 38), scale) : Of(precision, scale);
    }

    /// <summary>Up to here a product with a short factor (a 64-bit decimal) counts on its values being shorter than its type.</summary>
    private const int MaxBenignPrecision = 48;

    /// <summary>Leaves 26 digits before the point.</summary>
    private const int MaxBenignScale = 12;

    /// <summary>sum(): room for the total of any number of rows.</summary>
    public static SqlType Total(SqlType type) => type.Precision == 0 ? SqlType.Numeric : SqlType.NumericOf(38, type.Scale);

    private static SqlType Of(int precision, int scale) => precision > 38 ? SqlType.Numeric : SqlType.NumericOf(precision, scale);
}
