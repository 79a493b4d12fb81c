namespace OmenDb.Tools.Bench.Index;

internal enum KeyDistribution
{
    /// <summary>0, 1, 2, ...; loaded and appended with consecutive row ids.</summary>
    Seq,

    /// <summary>Anywhere in 63 bits.</summary>
    Uniform,

    /// <summary>exp of a normal distribution with deviation 2, times 10^9, as in the ALEX paper.</summary>
    Lognormal,

    /// <summary>Density falls as 1/key over 2^48: all magnitudes are equally frequent, small numbers are dense.</summary>
    Zipf,

    /// <summary>A thousand dense clusters in 63 bits.</summary>
    Clustered,

    /// <summary>Microseconds, a burst of events now and then; appended with consecutive row ids.</summary>
    Timeseries,

    /// <summary>Adversarial: exponential spacing over 63 bits.</summary>
    Exponential,

    /// <summary>Adversarial: dense keys and one far outlier at each end.</summary>
    Outlier,

    /// <summary>Adversarial: nine tenths of the keys within one millionth of the range.</summary>
    Hotspot,
}
