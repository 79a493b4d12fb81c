using System.Numerics;

namespace OmenDb.Types;

/// <summary>Powers of ten in the widths that decimals use.</summary>
public static class Pow10
{
    private static readonly long[] Longs = MakeLongs();
    private static readonly Int128[] Wides = MakeWides();
    private static readonly BigInteger[] Bigs = MakeBigs();

    /// <summary>10^0 to 10^18.</summary>
    public static ReadOnlySpan<long> Int64 => Longs;

    /// <summary>10^0 to 10^38.</summary>
    public static ReadOnlySpan<Int128> Wide => Wides;

    /// <param name="exponent">Not negative.</param>
    public static BigInteger Big(int exponent) => exponent < Bigs.Length ? Bigs[exponent] : BigInteger.Pow(10, exponent);

    /// <summary>Decimal digits of a value that is not negative; 0 has none.</summary>
    public static int DigitCount(UInt128 value)
    {
        if (value == 0)
            return 0;
        // 1233/4096 is just above log10(2): the estimate is right or one too small.
        var bits = 128 - (int)UInt128.LeadingZeroCount(value);
        var digits = bits * 1233 >> 12;
        return digits > 38 || value < (UInt128)Wides[digits] ? digits : digits + 1;
    }

    private static long[] MakeLongs()
    {
        var result = new long[19];
        result[0] = 1;
        for (var i = 1; i < result.Length; i++)
            result[i] = result[i - 1] * 10;
        return result;
    }

    private static Int128[] MakeWides()
    {
        var result = new Int128[39];
        result[0] = 1;
        for (var i = 1; i < result.Length; i++)
            result[i] = result[i - 1] * 10;
        return result;
    }

    private static BigInteger[] MakeBigs()
    {
        var result = new BigInteger[128];
        result[0] = BigInteger.One;
        for (var i = 1; i < result.Length; i++)
            result[i] = result[i - 1] * 10;
        return result;
    }
}
