using System.Runtime.InteropServices;
using System.Text.Json;

namespace OmenDb.Tools.Bench.Index;

/// <summary>The results as a file for programs.</summary>
internal static class IndexJson
{
    public static void Write(string file, IndexOptions options, IReadOnlyList<IndexFigures> figures)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(file)) is { } directory)
            Directory.CreateDirectory(directory);
        using var stream = File.Create(file);
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteString("benchmark", "index");
        json.WriteString("time", DateTime.UtcNow);
        json.WriteString("runtime", RuntimeInformation.FrameworkDescription);
        json.WriteString("os", RuntimeInformation.OSDescription);
        json.WriteNumber("processors", Environment.ProcessorCount);
        json.WriteNumber("keys", options.Keys);
        json.WriteString("distribution", options.Distribution.ToString().ToLowerInvariant());
        json.WriteNumber("seed", options.Seed);
        json.WriteStartArray("results");
        foreach (var figure in figures)
            Write(json, figure);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, IndexFigures figure)
    {
        json.WriteStartObject();
        json.WriteString("phase", figure.Phase.ToString().ToLowerInvariant());
        json.WriteString("store", figure.Kind.ToString().ToLowerInvariant());
        foreach (var (name, samples) in figure.Times)
        {
            if (samples.Best is not { } best)
                continue;
            json.WriteNumber($"{name}_ns", Math.Round(best, 2));
            json.WriteStartArray($"{name}_runs_ns");
            foreach (var value in samples.Values)
                json.WriteNumberValue(Math.Round(value, 2));
            json.WriteEndArray();
        }
        json.WriteNumber("used_bytes", figure.UsedBytes);
        json.WriteNumber("reserved_bytes", figure.ReservedBytes);
        json.WriteNumber("bytes_per_key", Math.Round(figure.BytesPerKey, 3));
        if (figure.UsedBytesAfterDeletes is { } after)
            json.WriteNumber("used_bytes_after_deletes", after);
        if (figure.Height is { } height)
            json.WriteNumber("height", height);
        if (figure.Nodes is { } nodes)
            json.WriteNumber("nodes", nodes);
        if (figure.InsertLatency is { } latency)
        {
            json.WriteNumber("insert_p50_ns", latency.MedianNs);
            json.WriteNumber("insert_p99_ns", latency.P99Ns);
            json.WriteNumber("insert_p9999_ns", latency.P9999Ns);
            json.WriteNumber("insert_max_ns", latency.MaxNs);
        }
        if (figure.Statistics is { } statistics)
        {
            json.WriteNumber("model_nodes", statistics.ModelNodes);
            json.WriteNumber("sorted_nodes", statistics.SortedNodes);
            json.WriteNumber("gapped_leaves", statistics.GappedLeaves);
            json.WriteNumber("plain_leaves", statistics.PlainLeaves);
            json.WriteNumber("append_leaves", statistics.AppendLeaves);
            json.WriteNumber("run_leaves", statistics.RunLeaves);
            json.WriteNumber("runs", statistics.Runs);
            json.WriteNumber("expansions", statistics.Expansions);
            json.WriteNumber("divisions", statistics.Splits);
            json.WriteStartArray("model_error_log2");
            foreach (var count in statistics.ModelErrorLog2)
                json.WriteNumberValue(count);
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }
}
