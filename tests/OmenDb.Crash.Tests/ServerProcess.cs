using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace OmenDb.Crash.Tests;

/// <summary>The real server in a process of its own, on a free port, ended by kill -9.</summary>
internal sealed class ServerProcess : IDisposable
{
    private readonly Process _process;

    private ServerProcess(Process process, int port)
    {
        _process = process;
        Port = port;
    }

    public int Port { get; }

    public string ConnectionString => $"Host=127.0.0.1;Port={Port};Username=omendb;Database=omendb;Pooling=false;Server Compatibility Mode=NoTypeLoading;Timeout=30;Command Timeout=60";

    /// <summary>Starts the server and waits until it takes connections.</summary>
    public static ServerProcess Start(string dataDirectory)
    {
        var port = FreePort();
        var assembly = FindServer();
        var start = new ProcessStartInfo("dotnet", [assembly, "serve", "--data", dataDirectory, "--port", port.ToString()])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
        };
        var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        // Drained, so that a full pipe never stops the server.
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        var server = new ServerProcess(process, port);
        for (var deadline = Stopwatch.GetTimestamp() + 60 * Stopwatch.Frequency; ;)
        {
            try
            {
                using var connection = new NpgsqlConnection(server.ConnectionString);
                connection.Open();
                return server;
            }
            catch (NpgsqlException) when (!process.HasExited && Stopwatch.GetTimestamp() < deadline)
            {
                process.WaitForExit(50);
            }
            catch (NpgsqlException error)
            {
                throw new InvalidOperationException($"the server did not start: {(process.HasExited ? errors.Result : error.Message)}", error);
            }
        }
    }

    /// <summary>SIGKILL: nothing of the process gets a chance to finish.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            Kill();
        _process.Dispose();
    }

    private static string FindServer()
    {
        // .../tests/OmenDb.Crash.Tests/bin/<configuration>/net10.0/ -> .../tools/omendb/bin/<configuration>/net10.0/omendb.dll
        var own = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var root = own.Parent!.Parent!.Parent!.Parent!.Parent!.FullName;
        var path = Path.Combine(root, "tools", "omendb", "bin", own.Parent.Name, own.Name, "omendb.dll");
        return File.Exists(path) ? path : throw new FileNotFoundException("the server was not built", path);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
