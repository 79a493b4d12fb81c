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

    public static SqlType Product(SqlType left, SqlType right) =>
        left.Precision == 0 || right.Precision == 0 ? SqlType.Numeric : Of(left.Precision + right.Precision, left.Scale + right.Scale);

    /// <summary>sum(): room for the total of any number of rows.</summary>
    public static SqlType Total(SqlType type) => type.Precision == 0 ? SqlType.Numeric : SqlType.NumericOf(38, type.Scale);

    private static SqlType Of(int precision, int scale) => precision > 38 ? SqlType.Numeric : SqlType.NumericOf(precision, scale);
}
