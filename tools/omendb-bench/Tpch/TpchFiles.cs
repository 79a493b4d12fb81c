using System.Diagnostics;
using OmenDb.Tpch.Generation;
using OmenDb.Tpch.Schema;
using Spectre.Console;

namespace OmenDb.Tools.Bench.Tpch;

/// <summary>--generate-only.</summary>
internal static class TpchFiles
{
    public static void Write(TpchOptions options, IAnsiConsole console, CancellationToken cancellation)
    {
        var generator = new TpchGenerator(options.ScaleFactor, options.Threads);
        var directory = Path.GetFullPath(options.GenerateDirectory!);
        var watch = Stopwatch.StartNew();
        TableProgress.Run(console, generator, progress => TblWriter.WriteDirectory(
            generator, directory, options.TrailingSeparator, options.Threads, progress.Add, cancellation));
        var bytes = TpchSchema.Tables.Sum(table => new FileInfo(Path.Combine(directory, table.Name + ".tbl")).Length);
        console.MarkupLineInterpolated(
            $"{bytes / 1e6:N1} MB in {watch.Elapsed.TotalSeconds:F1} s, {bytes / 1e6 / watch.Elapsed.TotalSeconds:N0} MB/s, in {directory}");
    }
}
