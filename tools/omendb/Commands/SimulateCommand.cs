using System.CommandLine;
using System.Diagnostics;
using OmenDb.Storage.Simulation;

namespace OmenDb.Tools.Server.Commands;

/// <summary><c>omendb simulate</c>: the storage on a faulty device, for as long as wanted.</summary>
internal static class SimulateCommand
{
    private const int TracedLines = 60;

    public static Command Create()
    {
        var command = new Command("simulate", """
            Runs random transactions on a simulated device whose power fails at any moment, which loses and tears writes, fills up and flips bits,
            and compares what is there afterwards with a model. Needs no files and touches none. Each seed is one history and repeats it exactly.
            """);
        var seed = new Option<int>("--seed") { Description = "The first history.", HelpName = "N", DefaultValueFactory = _ => 1 };
        var seconds = new Option<double>("--seconds") { Description = "How long; 0: until all seeds are done.", HelpName = "S" };
        var seeds = new Option<int>("--seeds") { Description = "How many histories; 0: as many as fit into the time. Without --seconds: 1000.", HelpName = "COUNT" };
        var sessions = new Option<int>("--sessions") { Description = "Clients that take turns.", HelpName = "N", DefaultValueFactory = _ => 4 };
        var transactions = new Option<int>("--transactions") { Description = "Transactions in each history.", HelpName = "N", DefaultValueFactory = _ => 200 };
        var threads = new Option<int>("--threads") { Description = "Histories at a time.", HelpName = "N", DefaultValueFactory = _ => Environment.ProcessorCount };
        var trace = new Option<bool>("--trace") { Description = "Print everything that the first history does." };
        foreach (var option in (Option[])[seed, seconds, seeds, sessions, transactions, threads, trace])
            command.Options.Add(option);
        command.SetAction(parsed =>
        {
            var options = new SimulationOptions
            {
                Seed = parsed.GetValue(seed), Sessions = Math.Max(1, parsed.GetValue(sessions)), Transactions = Math.Max(1, parsed.GetValue(transactions)),
            };
            var wanted = parsed.GetValue(seeds);
            var limit = parsed.GetValue(seconds);
            if (wanted <= 0)
                wanted = limit > 0 ? int.MaxValue - options.Seed : 1000;
            return parsed.GetValue(trace)
                ? Report(StorageSimulation.Run(options with { Trace = Console.WriteLine }), options.Seed)
                : new Runner(options, wanted, limit).Run(Math.Max(1, parsed.GetValue(threads)));
        });
        return command;
    }

    private static int Report(SimulationResult result, int seed)
    {
        Console.WriteLine(result.Problem is null
            ? $"seed {seed}: {result.Transactions} transactions, {result.Lives} starts, {result.Checkpoints} checkpoints, nothing wrong"
            : $"seed {seed} FAILED: {result.Problem}");
        return result.Problem is null ? ExitCode.Ok : ExitCode.Corruption;
    }

    /// <summary>Hands out seeds to threads; a history itself has one thread only.</summary>
    private sealed class Runner(SimulationOptions options, int count, double seconds)
    {
        private readonly Stopwatch _clock = Stopwatch.StartNew();
        private readonly object _gate = new();
        private int _next;
        private int _done;
        private int _failed;
        private long _transactions;
        private long _starts;
        private long _checkpoints;
        private double _shownAt;

        public int Run(int threads)
        {
            Console.WriteLine($"seeds from {options.Seed} on, {options.Sessions} sessions, {options.Transactions} transactions each");
            var workers = Enumerable.Range(0, threads).Select(_ => new Thread(Work)).ToList();
            workers.ForEach(worker => worker.Start());
            workers.ForEach(worker => worker.Join());
            Show();
            Console.WriteLine(_failed == 0 ? "nothing wrong" : $"{_failed} histories FAILED");
            return _failed == 0 ? ExitCode.Ok : ExitCode.Corruption;
        }

        private void Work()
        {
            while (true)
            {
                int seed;
                lock (_gate)
                {
                    if (_next >= count || (seconds > 0 && _clock.Elapsed.TotalSeconds >= seconds))
                        return;
                    seed = options.Seed + _next++;
                }
                var result = StorageSimulation.Run(options with { Seed = seed });
                lock (_gate)
                {
                    _done++;
                    _transactions += result.Transactions;
                    _starts += result.Lives;
                    _checkpoints += result.Checkpoints;
                    if (result.Problem is not null)
                        Fail(seed);
                    if (_clock.Elapsed.TotalSeconds - _shownAt > 5)
                        Show();
                }
            }
        }

        /// <summary>Once more, for its last steps.</summary>
        private void Fail(int seed)
        {
            _failed++;
            var lines = new Queue<string>();
            var again = StorageSimulation.Run(options with
            {
                Seed = seed,
                Trace = line =>
                {
                    lines.Enqueue(line);
                    if (lines.Count > TracedLines)
                        lines.Dequeue();
                },
            });
            foreach (var line in lines)
                Console.WriteLine($"    {line}");
            Report(again, seed);
            Console.WriteLine($"    repeat: omendb simulate --seed {seed} --sessions {options.Sessions} --transactions {options.Transactions} --trace");
        }

        private void Show()
        {
            _shownAt = _clock.Elapsed.TotalSeconds;
            Console.WriteLine(FormattableString.Invariant(
                $"{_done} histories, {_transactions} transactions, {_starts} starts, {_checkpoints} checkpoints, {_failed} failed, {_done / _shownAt:F1} histories/s"));
        }
    }
}
