using OmenDb.Tpch.Loading;
using OmenDb.Tpch.Targets;
using Spectre.Console;

namespace OmenDb.Tools.Bench.Tpch;

/// <summary>The writer beside the queries, if there is to be one.</summary>
internal static class TpchWriter
{
    public static SteadyWriter? Start(TpchTarget target, TpchOptions options) =>
        options.WriterRows > 0 ? new SteadyWriter(target.Connect(), options.WriterRows) : null;

    /// <exception cref="BenchException">It has failed.</exception>
    public static void Report(SteadyWriter? writer, TpchTarget target, IAnsiConsole console)
    {
        if (writer is null)
            return;
        if (writer.Failure is { } failure)
            throw new BenchException($"the writer of {target.Description} has failed: {failure.Message}");
        console.MarkupLineInterpolated($"beside the queries {writer.Rate:N0} rows/s were committed to {target.Description}");
    }
}
