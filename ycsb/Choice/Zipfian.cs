using OmenDb.Workload;

namespace OmenDb.Ycsb.Choice;

/// <summary>Numbers from 0 on, of which number i comes with a probability proportional to 1 / (i + 1)^theta: the generator of Gray et al.,
/// "Quickly generating billion-record synthetic databases", 1994, section 3.</summary>
/// <remarks>The sum zeta(n) is kept and only extended when n grows. Used by one thread.</remarks>
public sealed class Zipfian
{
    /// <summary>YCSB's skew.</summary>
    public const double DefaultTheta = 0.99;

    /// <summary>Up to here zeta is summed term by term, beyond it the rest is integrated.</summary>
    private const long Summed = 1_000_000;

    private readonly double _theta;
    private readonly double _alpha;
    private readonly double _zeta2;
    private long _count;
    private double _zeta;
    private double _eta;

    public Zipfian(long count, double theta = DefaultTheta)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        _theta = theta;
        _alpha = 1 / (1 - theta);
        _zeta2 = Zeta(2, theta);
        _count = count;
        _zeta = Zeta(count, theta);
        SetEta();
    }

    public long Count => _count;

    /// <summary>Sum of 1 / i^theta for i from 1 to n; beyond a million terms by Euler and Maclaurin, whose error is below 1e-12 there.</summary>
    public static double Zeta(long n, double theta)
    {
        var sum = 0.0;
        for (var i = Math.Min(n, Summed); i > 0; i--) // smallest terms first
            sum += Math.Pow(i, -theta);
        return n <= Summed ? sum : sum + Tail(Summed, n, theta);
    }

    /// <summary>From now on among more numbers. The sum is extended, not made anew.</summary>
    public void Grow(long count)
    {
        if (count <= _count)
            return;
        if (count - _count > Summed)
            _zeta = Zeta(count, _theta);
        else
        {
            for (var i = _count + 1; i <= count; i++)
                _zeta += Math.Pow(i, -_theta);
        }
        _count = count;
        SetEta();
    }

    public long Next(WorkloadRandom random)
    {
        var u = random.NextDouble();
        var scaled = u * _zeta;
        if (scaled < 1)
            return 0;
        if (scaled < 1 + Math.Pow(0.5, _theta))
            return Math.Min(1, _count - 1);
        return Math.Min((long)(_count * Math.Pow(_eta * u - _eta + 1, _alpha)), _count - 1);
    }

    private void SetEta() => _eta = (1 - Math.Pow(2.0 / _count, 1 - _theta)) / (1 - _zeta2 / _zeta);

    /// <summary>Sum of 1 / i^theta for i from a + 1 to b.</summary>
    private static double Tail(double a, double b, double theta) =>
        (Math.Pow(b, 1 - theta) - Math.Pow(a, 1 - theta)) / (1 - theta)
        + (Math.Pow(b, -theta) - Math.Pow(a, -theta)) / 2
        - theta * (Math.Pow(b, -theta - 1) - Math.Pow(a, -theta - 1)) / 12;
}
