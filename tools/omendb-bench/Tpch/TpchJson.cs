using System.Runtime.InteropServices;
using System.Text.Json;

namespace OmenDb.Tools.Bench.Tpch;

/// <summary>The results as a file for programs.</summary>
internal static class TpchJson
{
    public static void Write(string file, TpchRunResult run)
    {
        using var stream = Create(file);
        Write(stream, run);
    }

    /// <summary>Two systems measured in one run: an array of both.</summary>
    public static void Write(string file, TpchRunResult ours, TpchRunResult theirs)
    {
        using var stream = Create(file);
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartArray();
        Write(json, ours);
        Write(json, theirs);
        json.WriteEndArray();
    }

    public static void Write(Stream stream, TpchRunResult run)
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        Write(json, run);
    }

    private static FileStream Create(string file)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(file)) is { } directory)
            Directory.CreateDirectory(directory);
        return File.Create(file);
    }

    private static void Write(Utf8JsonWriter json, TpchRunResult run)
    {
        json.WriteStartObject();
        json.WriteString("benchmark", "tpch");
        json.WriteString("target", run.Target);
        json.WriteString("time", DateTime.UtcNow);
        json.WriteString("runtime", RuntimeInformation.FrameworkDescription);
        json.WriteString("os", RuntimeInformation.OSDescription);
        json.WriteNumber("processors", Environment.ProcessorCount);
        json.WriteNumber("scale_factor", run.Options.ScaleFactor);
        json.WriteNumber("threads", run.Options.Threads);
        json.WriteNumber("runs", run.Options.Runs);
        if (run.Options.Seed is { } seed)
            json.WriteNumber("seed", seed);
        Number(json, "load_seconds", run.LoadSeconds);
        if (run.PeakMemoryBytes is { } peak)
            json.WriteNumber("peak_memory_bytes", peak);
        Number(json, "geomean_first_ms", QueryResult.GeometricMean(run.Queries.Select(query => query.FirstMs)));
        Number(json, "geomean_min_ms", QueryResult.GeometricMean(run.Queries.Select(query => query.MinMs)));
        Number(json, "geomean_median_ms", QueryResult.GeometricMean(run.Queries.Select(query => query.MedianMs)));
        json.WriteStartArray("queries");
        foreach (var query in run.Queries)
        {
            json.WriteStartObject();
            json.WriteNumber("number", query.Number);
            Number(json, "first_ms", query.FirstMs);
            Number(json, "min_ms", query.MinMs);
            Number(json, "median_ms", query.MedianMs);
            json.WriteStartArray("runs_ms");
            foreach (var ms in query.RunsMs)
                json.WriteNumberValue(Math.Round(ms, 3));
            json.WriteEndArray();
            json.WriteNumber("rows", query.RowCount);
            json.WriteString("answer", query.Answer switch
            {
                AnswerState.Right => "right",
                AnswerState.Wrong => "wrong",
                AnswerState.Failed => "failed",
                _ => "not checked",
            });
            if (query.Remark is { } remark)
                json.WriteString("remark", remark);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Number(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number)
            json.WriteNumber(name, Math.Round(number, 3));
        else
            json.WriteNull(name);
    }
}
