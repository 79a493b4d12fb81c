using System.Globalization;
using OmenDb.Engine.Operators;
using OmenDb.Engine.Pipelines;

namespace OmenDb.Engine.Physical;

/// <summary>Plans as PostgreSQL-like text trees.</summary>
internal static class ExplainText
{
    public static List<string> Of(PhysicalOperator root, OperatorMetrics[]? metrics, bool verbose)
    {
        var lines = new List<string>();
        Write(root, metrics, verbose, 0, lines);
        return lines;
    }

    private static void Write(PhysicalOperator node, OperatorMetrics[]? metrics, bool verbose, int depth, List<string> lines)
    {
        // Projections only rename and compute: shown when asked for, as PostgreSQL does not have them as nodes.
        if (node is ProjectOperator && !verbose)
        {
            Write(node.Children[0], metrics, verbose, depth, lines);
            return;
        }
        var indent = depth == 0 ? "" : new string(' ', depth * 6 - 4) + "->  ";
        var detail = new string(' ', depth * 6 + 2);
        var actual = "";
        if (metrics?[node.Id] is { } m)
        {
            actual = m.Loops == 0 ? " (never executed)"
                : string.Create(CultureInfo.InvariantCulture, $" (actual time={m.Milliseconds:F3} rows={m.Rows} batches={m.Loops})");
        }
        lines.Add(string.Create(CultureInfo.InvariantCulture, $"{indent}{node.Name}  (rows={node.EstimatedRows:F0}){actual}"));
        foreach (var (label, text) in node.Details)
            lines.Add($"{detail}{label}: {text}");
        if (metrics?[node.Id] is { SkippedVectors: > 0 } skipped)
            lines.Add($"{detail}Skipped Vectors: {skipped.SkippedVectors}");
        if (metrics?[node.Id] is { SpilledBytes: > 0 } spilled)
            lines.Add($"{detail}Spilled: {(spilled.SpilledBytes + 1023) / 1024} kB");
        if (metrics?[node.Id] is { LoadedColumns: > 0 } loaded)
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"{detail}Columns Read From Disk: {loaded.LoadedColumns} ({loaded.LoadedBytes / 1024} kB)"));
        if (metrics?[node.Id] is { } index)
        {
            foreach (var (label, text) in IndexLines(index))
                lines.Add($"{detail}{label}: {text}");
        }
        foreach (var child in node.Children)
            Write(child, metrics, verbose, depth + 1, lines);
    }

    /// <summary>What index operators have to tell: how the learned index was searched, and what was read of it.</summary>
    public static IEnumerable<(string Label, string Text)> IndexLines(OperatorMetrics metrics)
    {
        var traces = metrics.Traces;
        if (traces.Lookups == 1)
        {
            yield return ("Index Search", string.Create(CultureInfo.InvariantCulture,
                $"levels={traces.MaxLevels} predicted={traces.LastPredictedSlot} actual={traces.LastActualSlot} steps={traces.SearchSteps} fall-back nodes={traces.FallbackNodes}"));
        }
        else if (traces.Lookups > 1)
        {
            yield return ("Index Searches", string.Create(CultureInfo.InvariantCulture,
                $"{traces.Lookups} levels={(double)traces.Levels / traces.Lookups:F1} error={(double)traces.Error / traces.Lookups:F1} (max {traces.MaxError}) steps={(double)traces.SearchSteps / traces.Lookups:F1} fall-back nodes={traces.FallbackNodes}"));
        }
        if (metrics.IndexEntries > 0)
            yield return ("Index Entries", metrics.IndexEntries.ToString(CultureInfo.InvariantCulture));
    }
}
