using System.Globalization;

namespace OmenDb.Tools.Bench.Workloads;

/// <summary>Numbers for people.</summary>
internal static class Figures
{
    /// <summary>Three digits or more, with a unit that suits.</summary>
    public static string Latency(double ns) => ns switch
    {
        0 => "-",
        < 1e4 => string.Create(CultureInfo.InvariantCulture, $"{ns / 1e3:F2} µs"),
        < 1e6 => string.Create(CultureInfo.InvariantCulture, $"{ns / 1e3:F0} µs"),
        < 1e7 => string.Create(CultureInfo.InvariantCulture, $"{ns / 1e6:F2} ms"),
        < 1e9 => string.Create(CultureInfo.InvariantCulture, $"{ns / 1e6:F0} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{ns / 1e9:F2} s"),
    };

    public static string Rate(double perSecond) => perSecond.ToString(perSecond < 100 ? "N2" : "N0", CultureInfo.InvariantCulture);
}
