using System.CommandLine;
using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;
using OmenDb.Engine;
using OmenDb.Protocol.Postgres;
using OmenDb.Types;

namespace OmenDb.Tools.Server.Commands;

/// <summary><c>omendb serve</c>: the server, until SIGTERM or SIGINT.</summary>
internal static class ServeCommand
{
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(10);

    public static Command Create()
    {
        var command = new Command("serve", "Serve PostgreSQL clients. SIGTERM and Ctrl+C end it cleanly: statements are cancelled, a checkpoint is written, exit code 0. A second one ends it at once, without a checkpoint.");
        Configure(command);
        return command;
    }

    /// <summary>Gives a command the options and the action of the server.</summary>
    public static void Configure(Command command)
    {
        var data = CommonOptions.Data();
        var port = new Option<int>("--port", "-p")
        {
            Description = "TCP port for PostgreSQL clients; 0 = any free one.", HelpName = "PORT", DefaultValueFactory = _ => PostgresServerOptions.DefaultPort,
        };
        var httpPort = new Option<int>("--http-port")
        {
            Description = "TCP port kept for HTTP. This version does not listen on it.", HelpName = "PORT", DefaultValueFactory = _ => 8080,
        };
        var listen = new Option<string>("--listen")
        {
            Description = "Address to listen on. Only loopback addresses: clients need no password yet.", HelpName = "ADDRESS",
            DefaultValueFactory = _ => "127.0.0.1",
        };
        var maxConnections = new Option<int>("--max-connections")
        {
            Description = "Clients at a time; one more is refused.", HelpName = "N", DefaultValueFactory = _ => 100,
        };
        foreach (var number in (Option<int>[])[port, httpPort])
            number.Validators.Add(result =>
            {
                if (result.Tokens.Count > 0 && int.TryParse(result.Tokens[0].Value, out var value) && value is < 0 or > 65535)
                    result.AddError($"{number.Name}: {value} is no port number");
            });
        var recoveryTarget = new Option<int>("--recovery-target-seconds")
        {
            Description = "How long repeating the log after a crash may take: sets how often checkpoints run.", HelpName = "S", DefaultValueFactory = _ => 30,
        };
        recoveryTarget.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && int.TryParse(result.Tokens[0].Value, out var value) && value is < 1 or > 86400)
                result.AddError($"--recovery-target-seconds: {value} is not between 1 and 86400");
        });
        var noSealing = new Option<bool>("--no-sealing") { Description = "Full segments stay as they were written; ALTER TABLE ... SEAL re-encodes them." };
        var flushDelay = new Option<int>("--flush-delay-ms")
        {
            Description = "For measurements: every flush of a file takes at least this long.", HelpName = "MS", Hidden = true,
        };
        var memoryLimit = CommonOptions.MemoryLimit();
        foreach (var option in (Option[])[data, port, httpPort, listen, memoryLimit, maxConnections, recoveryTarget, noSealing, flushDelay])
            command.Options.Add(option);
        command.SetAction(parsed => Run(parsed.GetValue(data)!, parsed.GetValue(listen)!, parsed.GetValue(port), new DatabaseOptions
        {
            MemoryLimitBytes = CommonOptions.MemoryOrDefault(parsed.GetValue(memoryLimit)),
            MaxConnections = parsed.GetValue(maxConnections),
            AutoAnalyze = true,
            Sealing = parsed.GetValue(noSealing) ? Sealing.OnDemand : Sealing.InBackground,
            RecoveryTarget = TimeSpan.FromSeconds(parsed.GetValue(recoveryTarget)),
            FlushDelay = TimeSpan.FromMilliseconds(parsed.GetValue(flushDelay)),
        }));
    }

    private static int Run(string data, string listen, int port, DatabaseOptions options)
    {
        if (!TryParseAddress(listen, out var address))
        {
            Console.Error.WriteLine($"omendb: --listen: \"{listen}\" is no IP address");
            return ExitCode.Failure;
        }
        using var stop = new ManualResetEventSlim();
        var signals = 0;
        Database? running = null;
        void OnSignal(PosixSignalContext context)
        {
            context.Cancel = true;
            if (Interlocked.Increment(ref signals) == 1)
                stop.Set();
            else
                StopAtOnce(Volatile.Read(ref running));
        }
        using var onTerm = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        using var onInt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        try
        {
            var watch = Stopwatch.StartNew();
            var directory = Path.GetFullPath(data);
            // Beside the recovery, on another core.
            var warming = Task.Run(TryWarmUp);
            using var database = Database.Open(directory, options);
            warming.GetAwaiter().GetResult();
            Volatile.Write(ref running, database);
            using var server = new PostgresServer(database, new PostgresServerOptions
            {
                Address = address, Port = port, MaxConnections = options.MaxConnections, Log = line => Console.Error.WriteLine($"{DateTime.UtcNow:u} {line}"),
            });
            PrintBanner(directory, server.Endpoint, watch.ElapsedMilliseconds);
            stop.Wait();
            Console.WriteLine("stopping");
            if (!server.Stop(StopGrace))
                Console.Error.WriteLine("omendb: some clients did not end in time");
            database.Checkpoint();
        }
        catch (SqlException e)
        {
            return ExitCode.Report(e);
        }
        Console.WriteLine("stopped");
        return ExitCode.Ok;
    }

    /// <summary>A server that could not warm up answers its first statements more slowly, and is otherwise whole: it starts.</summary>
    private static void TryWarmUp()
    {
        try
        {
            WarmUp.Run();
        }
        catch (SqlException e)
        {
            Console.Error.WriteLine($"omendb: the first statements will be slow, warming up failed: {e.Message}");
        }
    }

    /// <summary>A second signal: no waiting for clients and no checkpoint, but what was committed is on the device. The log makes the next
    /// start whole.</summary>
    private static void StopAtOnce(Database? database)
    {
        Console.Error.WriteLine("omendb: stopping at once, without a checkpoint");
        try
        {
            database?.FlushLog();
        }
        catch (SqlException e)
        {
            Environment.Exit(ExitCode.Report(e));
        }
        catch (ObjectDisposedException)
        {
            // The clean shutdown has got past its last flush meanwhile.
        }
        Environment.Exit(ExitCode.Ok);
    }

    private static bool TryParseAddress(string text, out IPAddress address)
    {
        if (text is "localhost")
        {
            address = IPAddress.Loopback;
            return true;
        }
        return IPAddress.TryParse(text is "*" ? "0.0.0.0" : text, out address!);
    }

    private static void PrintBanner(string directory, IPEndPoint endpoint, long startMs)
    {
        var version = typeof(ServeCommand).Assembly.GetName().Version?.ToString(3);
        Console.WriteLine($"""
            OmenDB {version}, ready after {startMs} ms
              data      {directory}
              serving   PostgreSQL clients on {endpoint}
              connect   psql -h {endpoint.Address} -p {endpoint.Port} -U omendb omendb
                        postgresql://omendb@{endpoint}/omendb
            Ctrl+C stops it.
            """);
    }
}
