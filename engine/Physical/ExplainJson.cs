using System.Text;
using System.Text.Json;
using OmenDb.Engine.Operators;
using OmenDb.Engine.Pipelines;

namespace OmenDb.Engine.Physical;

/// <summary>Plans as EXPLAIN (FORMAT JSON) has them: an array of one object with the root under "Plan".</summary>
internal static class ExplainJson
{
    public static string Of(PhysicalOperator root, OperatorMetrics[]? metrics)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartArray();
            writer.WriteStartObject();
            writer.WritePropertyName("Plan");
            Write(root, metrics, writer);
            writer.WriteEndObject();
            writer.WriteEndArray();
        }
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static void Write(PhysicalOperator node, OperatorMetrics[]? metrics, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("Node Type", node.Name);
        writer.WriteNumber("Plan Rows", Math.Round(node.EstimatedRows));
        if (metrics?[node.Id] is { } m)
        {
            writer.WriteNumber("Actual Rows", m.Rows);
            writer.WriteNumber("Actual Total Time", Math.Round(m.Milliseconds, 3));
            writer.WriteNumber("Actual Batches", m.Loops);
            writer.WriteNumber("Skipped Vectors", m.SkippedVectors);
            if (m.SpilledBytes > 0)
                writer.WriteNumber("Spilled Bytes", m.SpilledBytes);
            if (m.LoadedColumns > 0)
            {
                writer.WriteNumber("Columns Read From Disk", m.LoadedColumns);
                writer.WriteNumber("Bytes Read From Disk", m.LoadedBytes);
            }
            foreach (var (label, text) in ExplainText.IndexLines(m))
                writer.WriteString(label, text);
        }
        foreach (var group in node.Details.GroupBy(d => d.Label))
        {
            // A label that comes more than once (grouping sets) is a list.
            if (group.Count() == 1)
                writer.WriteString(group.Key, group.First().Text);
            else
            {
                writer.WriteStartArray(group.Key);
                foreach (var (_, text) in group)
                    writer.WriteStringValue(text);
                writer.WriteEndArray();
            }
        }
        if (node.Children.Length > 0)
        {
            writer.WriteStartArray("Plans");
            foreach (var child in node.Children)
                Write(child, metrics, writer);
            writer.WriteEndArray();
        }
        writer.WriteEndObject();
    }
}
