namespace OmenDb.Tools.Bench.Plots;

/// <param name="IsLine">Else single points.</param>
internal sealed record PlotSeries(string Name, IReadOnlyList<(double X, double Y)> Points, bool IsLine = true);

/// <summary>What a plot shows, for <see cref="SvgPlot"/> and <see cref="TerminalPlot"/>.</summary>
/// <param name="IsLogarithmic">The vertical axis; values must be positive then.</param>
internal sealed record Plot(string Title, string XLabel, string YLabel, IReadOnlyList<PlotSeries> Series, bool IsLogarithmic = false)
{
    public PlotRange XRange => PlotRange.Linear(Series.SelectMany(series => series.Points).Select(point => point.X));

    public PlotRange YRange => IsLogarithmic
        ? PlotRange.Logarithmic(Series.SelectMany(series => series.Points).Select(point => point.Y))
        : PlotRange.Linear(Series.SelectMany(series => series.Points).Select(point => point.Y));
}

/// <summary>An axis: its ends and its marks.</summary>
internal sealed record PlotRange(double Low, double High, IReadOnlyList<double> Marks, bool IsLogarithmic)
{
    private const int WantedMarks = 6;

    /// <summary>0 at the low end, 1 at the high one.</summary>
    public double Place(double value) => IsLogarithmic
        ? (Math.Log10(Math.Max(value, Low)) - Math.Log10(Low)) / (Math.Log10(High) - Math.Log10(Low))
        : (value - Low) / (High - Low);

    /// <summary>From 0 to a round number, in round steps of 1, 2 or 5 times a power of ten.</summary>
    public static PlotRange Linear(IEnumerable<double> values)
    {
        var most = values.DefaultIfEmpty(1).Max();
        if (most <= 0)
            most = 1;
        var raw = most / WantedMarks;
        var power = Math.Pow(10, Math.Floor(Math.Log10(raw)));
        var step = (raw / power) switch
        {
            <= 1 => power,
            <= 2 => 2 * power,
            <= 5 => 5 * power,
            _ => 10 * power,
        };
        var count = (int)Math.Ceiling(most / step);
        return new PlotRange(0, count * step, [.. Enumerable.Range(0, count + 1).Select(i => i * step)], false);
    }

    /// <summary>Whole powers of ten around the positive values.</summary>
    public static PlotRange Logarithmic(IEnumerable<double> values)
    {
        var positive = values.Where(value => value > 0).DefaultIfEmpty(1).ToArray();
        var low = (int)Math.Floor(Math.Log10(positive.Min()));
        var high = Math.Max(low + 1, (int)Math.Ceiling(Math.Log10(positive.Max())));
        return new PlotRange(Math.Pow(10, low), Math.Pow(10, high), [.. Enumerable.Range(low, high - low + 1).Select(power => Math.Pow(10, power))], true);
    }
}
