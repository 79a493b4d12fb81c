namespace OmenDb.Tpch.Generation.Randomness;

/// <summary>The random stream of one column, standing at the start of one row.</summary>
/// <remarks>
/// x' = 16807 x mod (2^31 - 1), the "minimal standard" generator of Park and Miller, "Random Number Generators: Good Ones Are
/// Hard to Find", CACM 31(10), 1988. Every column has a stream of its own and a fixed number of draws reserved per row (unused
/// ones are skipped), so the state at row r is seed * 16807^(r * draws): any range of rows can be generated on its own.
/// </remarks>
internal struct RandomStream(ColumnSeed seed, long firstRow)
{
    public const int Modulus = int.MaxValue;
    private const long Multiplier = 16807;

    private readonly long _rowFactor = Power(Multiplier, seed.DrawsPerRow);

    /// <summary>State before the first draw of the current row.</summary>
    public long State { get; private set; } = Multiply(seed.Value, Power(Multiplier, seed.DrawsPerRow * firstRow));

    public void NextRow() => State = Multiply(State, _rowFactor);

    public static long Next(long state) => Multiply(state, Multiplier);

    /// <summary>The draw that belongs to a state: low + floor(state / modulus * range), in doubles exactly as dbgen computes it.</summary>
    /// <param name="range">Number of possible values; below 2^31 in magnitude or -2^31 (see <see cref="TextDraws.Alphanumeric"/>).</param>
    public static int Draw(long state, double range) => double.ConvertToIntegerNative<int>(state / (double)Modulus * range);

    /// <summary>a * b mod 2^31 - 1 for factors in 1 .. 2^31 - 2; 2^31 is congruent to 1, so high and low part are simply added.</summary>
    private static long Multiply(long a, long b)
    {
        var product = a * b;
        var sum = (product & Modulus) + (product >> 31);
        return sum >= Modulus ? sum - Modulus : sum;
    }

    private static long Power(long value, long exponent)
    {
        var result = 1L;
        for (; exponent > 0; exponent >>= 1)
        {
            if ((exponent & 1) != 0)
                result = Multiply(result, value);
            value = Multiply(value, value);
        }
        return result;
    }
}
