using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Spectre.Console;

namespace OmenDb.Tools.Bench.Soak;

/// <summary>Many connections, mixed load, for long: throughput, errors and the server's memory every ten seconds, invariants all the time and at the end.</summary>
internal sealed class SoakRun(SoakOptions options, IAnsiConsole console)
{
    private static readonly TimeSpan ReportEvery = TimeSpan.FromSeconds(10);

    private readonly SoakCounters _counters = new();
    private readonly List<long> _memory = [];

    /// <returns>True: no unexpected error, all invariants hold.</returns>
    public async Task<bool> Execute(CancellationToken cancellation)
    {
        await Prepare();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        end.CancelAfter(options.Duration);
        var watch = Stopwatch.StartNew();
        var clients = Enumerable.Range(0, options.Connections).Select(i => Task.Run(() => new SoakClient(options, _counters, i).Run(end.Token), CancellationToken.None)).ToArray();
        // A client that fails ends the soak at once.
        var failed = clients.Select(client => client.ContinueWith(_ => end.Cancel(), CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default)).ToArray();
        await Report(watch, end.Token);
        await Task.WhenAll(clients);
        return await Check() && !_counters.HasUnexpected;
    }

    private async Task Prepare()
    {
        await using var connection = new NpgsqlConnection(options.ConnectionString);
        await connection.OpenAsync();
        foreach (var script in (string[])[SoakSchema.Create, SoakSchema.Fill])
        {
            await using var command = new NpgsqlCommand(script, connection);
            await command.ExecuteNonQueryAsync();
        }
    }

    private async Task Report(Stopwatch watch, CancellationToken end)
    {
        var before = 0L;
        var last = TimeSpan.Zero;
        while (!end.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(ReportEvery, end);
            }
            catch (OperationCanceledException)
            {
                // the last line is that of the time until the end
            }
            var (now, count) = (watch.Elapsed, _counters.Transactions);
            var rate = (count - before) / Math.Max(0.001, (now - last).TotalSeconds);
            var memory = Memory();
            if (memory is { } bytes)
                _memory.Add(bytes);
            console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{now:hh\\:mm\\:ss}  {rate,8:F0} tx/s  {count,10} in all{(memory is { } m ? $"  server {m >> 20,6} MB" : "")}  {ErrorText()}"));
            (before, last) = (count, now);
        }
    }

    private string ErrorText() => string.Join(", ", _counters.Errors.OrderBy(e => e.Key).Select(e => $"{e.Key}: {e.Value}"));

    private long? Memory()
    {
        if (options.ServerProcess is not { } id)
            return null;
        using var process = Process.GetProcessById(id);
        return process.WorkingSet64;
    }

    private async Task<bool> Check()
    {
        await using var connection = new NpgsqlConnection(options.ConnectionString);
        await connection.OpenAsync();
        var isRight = true;
        foreach (var (name, sql, expected) in SoakSchema.Invariants)
        {
            await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 600 };
            var found = (long)(await command.ExecuteScalarAsync())!;
            isRight &= found == expected;
            console.WriteLine($"{(found == expected ? "right" : $"WRONG: {found} instead of {expected}"),-6} {name}");
        }
        if (_memory.Count >= 4)
            console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"memory at a quarter of the time {_memory[_memory.Count / 4] >> 20} MB, at the end {_memory[^1] >> 20} MB, most {_memory.Max() >> 20} MB"));
        return isRight;
    }
}
