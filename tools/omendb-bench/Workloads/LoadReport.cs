using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using OmenDb.Workload.Measuring;
using Spectre.Console;

namespace OmenDb.Tools.Bench.Workloads;

/// <summary>The results of a load, for people and for programs.</summary>
internal static class LoadReport
{
    public static readonly double[] Percentiles = [50, 95, 99, 99.9];

    public static Table ToTable(LoadResult result)
    {
        var table = new Table().Border(TableBorder.Rounded);
        table.AddColumn("");
        foreach (var name in (string[])["count", "per second", "mean", .. Percentiles.Select(p => string.Create(CultureInfo.InvariantCulture, $"p{p}")), "max", "retries", "rolled back"])
            table.AddColumn(new TableColumn(name).RightAligned());
        foreach (var kind in result.Kinds.Where(kind => kind.Count > 0))
        {
            table.AddRow(
            [
                kind.Name, kind.Count.ToString("N0", CultureInfo.InvariantCulture), Figures.Rate(kind.Count / result.Seconds), Figures.Latency(kind.Latency.MeanNs),
                .. Percentiles.Select(p => Figures.Latency(kind.Latency.PercentileNs(p))), Figures.Latency(kind.Latency.MaxNs),
                kind.Retries.ToString(CultureInfo.InvariantCulture), kind.Rollbacks.ToString(CultureInfo.InvariantCulture),
            ]);
        }
        return table;
    }

    /// <summary>What this process used: of an embedded system all, else the driver alone.</summary>
    public static string Describe(RuntimeUse use, LoadResult result, bool isEmbedded)
    {
        var operations = Math.Max(1, result.Kinds.Sum(kind => kind.Count));
        return string.Create(CultureInfo.InvariantCulture,
            $"{(isEmbedded ? "process" : "driver")}: {use.CpuSeconds / result.Seconds:F2} cores, {use.AllocatedBytes / (double)operations:N0} bytes allocated per operation, collections {use.Gen0}/{use.Gen1}/{use.Gen2}");
    }

    public static void WriteMachine(Utf8JsonWriter json, string benchmark, string target)
    {
        json.WriteString("benchmark", benchmark);
        json.WriteString("target", target);
        json.WriteString("time", DateTime.UtcNow);
        json.WriteString("runtime", RuntimeInformation.FrameworkDescription);
        json.WriteString("os", RuntimeInformation.OSDescription);
        json.WriteNumber("processors", Environment.ProcessorCount);
    }

    public static void Write(Utf8JsonWriter json, LoadResult result)
    {
        json.WriteNumber("seconds", Math.Round(result.Seconds, 3));
        json.WriteNumber("cpu_seconds", Math.Round(result.Runtime.CpuSeconds, 3));
        json.WriteNumber("allocated_bytes", result.Runtime.AllocatedBytes);
        json.WriteNumber("gen2_collections", result.Runtime.Gen2);
        json.WriteStartArray("operations");
        foreach (var kind in result.Kinds.Where(kind => kind.Count > 0))
        {
            json.WriteStartObject();
            json.WriteString("name", kind.Name);
            json.WriteNumber("count", kind.Count);
            json.WriteNumber("per_second", Math.Round(kind.Count / result.Seconds, 3));
            json.WriteNumber("retries", kind.Retries);
            json.WriteNumber("rolled_back", kind.Rollbacks);
            json.WriteNumber("mean_us", Math.Round(kind.Latency.MeanNs / 1e3, 2));
            foreach (var p in Percentiles)
                json.WriteNumber(string.Create(CultureInfo.InvariantCulture, $"p{p}_us"), Math.Round(kind.Latency.PercentileNs(p) / 1e3, 2));
            json.WriteNumber("max_us", Math.Round(kind.Latency.MaxNs / 1e3, 2));
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("intervals");
        foreach (var interval in result.Intervals)
        {
            var all = new LatencyHistogram();
            foreach (var latency in interval.Latencies)
                all.Add(latency);
            json.WriteStartArray();
            json.WriteNumberValue(Math.Round(interval.Seconds, 2));
            json.WriteNumberValue(Math.Round(all.Count / interval.Length, 1));
            json.WriteNumberValue(Math.Round(all.PercentileNs(50) / 1e3, 1));
            json.WriteNumberValue(Math.Round(all.PercentileNs(99) / 1e3, 1));
            json.WriteEndArray();
        }
        json.WriteEndArray();
    }

    /// <summary>Writes a JSON file with one object.</summary>
    public static void WriteFile(string file, Action<Utf8JsonWriter> content)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(file)) is { } directory)
            Directory.CreateDirectory(directory);
        using var stream = File.Create(file);
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        content(json);
        json.WriteEndObject();
    }
}
