namespace OmenDb.Tpch.Generation;

/// <summary>Row counts of the scaled tables at one scale factor, rounded as dbgen rounds them.</summary>
/// <remarks>
/// Below 1, dbgen cuts the factor to thousandths and gives each table at least one row; from 1 on it takes whole factors only.
/// Above 10,000 integer keys would overflow, and dbgen itself switches generators at 30,000.
/// </remarks>
public sealed class TpchScale
{
    /// <exception cref="ArgumentOutOfRangeException">Not in 0.001 .. 1 nor a whole number up to 10,000.</exception>
    public TpchScale(double factor)
    {
        if (!(factor >= 0.001 && factor <= 10_000) || (factor > 1 && factor != Math.Truncate(factor)))
        {
            throw new ArgumentOutOfRangeException(
                nameof(factor), factor, "the scale factor must be between 0.001 and 1, or a whole number up to 10000");
        }
        Factor = factor;
        Suppliers = Scaled(10_000);
        Customers = Scaled(150_000);
        Parts = Scaled(200_000);
        Orders = Scaled(1_500_000);
        Clerks = Math.Max((long)factor * 1000, 1000);
    }

    public double Factor { get; }
    public long Suppliers { get; }
    public long Customers { get; }
    public long Parts { get; }
    public long Orders { get; }
    public long Clerks { get; }

    private long Scaled(long perScaleFactor) =>
        Factor < 1
            ? Math.Max((long)(int)(1000 * Factor) * perScaleFactor / 1000, 1)
            : (long)Factor * perScaleFactor;
}
