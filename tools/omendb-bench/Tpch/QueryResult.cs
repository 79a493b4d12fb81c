namespace OmenDb.Tools.Bench.Tpch;

internal enum AnswerState
{
    /// <summary>No reference at this scale factor or for these parameters.</summary>
    NotChecked,
    Right,
    Wrong,
    /// <summary>The query ended with an error.</summary>
    Failed,
}

/// <summary>One query's runs.</summary>
/// <param name="FirstMs">The first run: plans, compilation and caches are cold. Null: it failed.</param>
/// <param name="RunsMs">The measured runs after it.</param>
/// <param name="RowCount">Rows of the answer.</param>
/// <param name="Remark">What is wrong, for <see cref="AnswerState.Wrong"/> and <see cref="AnswerState.Failed"/>.</param>
internal sealed record QueryResult(
    int Number, double? FirstMs, IReadOnlyList<double> RunsMs, int RowCount, AnswerState Answer, string? Remark)
{
    /// <summary>Of the measured runs; of the first when there are no others.</summary>
    public double? MinMs => RunsMs.Count > 0 ? RunsMs.Min() : FirstMs;

    public double? MedianMs => RunsMs.Count > 0 ? Median(RunsMs) : FirstMs;

    /// <summary>The mean by which ratios are compared fairly; null unless every value is there.</summary>
    public static double? GeometricMean(IEnumerable<double?> values)
    {
        var logarithms = 0.0;
        var count = 0;
        foreach (var value in values)
        {
            if (value is not { } ms)
                return null;
            logarithms += Math.Log(Math.Max(ms, 0.001)); // a clock that did not tick must not make the mean 0
            count++;
        }
        return count == 0 ? null : Math.Exp(logarithms / count);
    }

    private static double Median(IReadOnlyList<double> values)
    {
        double[] sorted = [.. values.Order()];
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
