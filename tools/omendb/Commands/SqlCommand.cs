using System.CommandLine;
using OmenDb.Engine;
using OmenDb.Tools.Server.Shell;
using OmenDb.Types;

namespace OmenDb.Tools.Server.Commands;

/// <summary><c>omendb sql</c>: a shell on an embedded database.</summary>
internal static class SqlCommand
{
    public static Command Create()
    {
        var command = new Command("sql", """
            Type SQL at the data directory itself, without a server; the directory must not be in use by one. A statement ends with a
            semicolon, \? lists the shell's own commands. Reads from a pipe too: echo "select 1;" | omendb sql
            """);
        var data = CommonOptions.Data();
        var database = new Option<string>("--database", "-d") { Description = "The database to use.", HelpName = "NAME", DefaultValueFactory = _ => "omendb" };
        var statement = new Option<string?>("--command", "-c") { Description = "Run this and leave.", HelpName = "SQL" };
        var file = new Option<FileInfo?>("--file", "-f") { Description = "Run this script and leave.", HelpName = "FILE" };
        var stop = new Option<bool>("--stop-on-error") { Description = "Leave at the first error, with exit code 3." };
        var memoryLimit = CommonOptions.MemoryLimit();
        foreach (var option in (Option[])[data, database, statement, file, stop, memoryLimit])
            command.Options.Add(option);
        command.SetAction(parsed => Run(parsed.GetValue(data)!, parsed.GetValue(database)!, parsed.GetValue(statement), parsed.GetValue(file),
            parsed.GetValue(stop), CommonOptions.MemoryOrDefault(parsed.GetValue(memoryLimit))));
        return command;
    }

    private static int Run(string data, string databaseName, string? statement, FileInfo? file, bool stopOnError, long memoryLimitBytes)
    {
        try
        {
            using var database = Database.Open(Path.GetFullPath(data), new DatabaseOptions { MemoryLimitBytes = memoryLimitBytes });
            using var session = database.CreateSession(new SessionOptions { Database = databaseName });
            var shell = new SqlShell(session, Console.Out, stopOnError);
            var isOk = statement is not null ? shell.Run(new StringReader(statement + "\n;"))
                : file is not null ? shell.RunFile(file.FullName)
                : Console.IsInputRedirected ? shell.Run(Console.In)
                : shell.RunInteractive(databaseName);
            return isOk ? ExitCode.Ok : ExitCode.ScriptError;
        }
        catch (SqlException e)
        {
            return ExitCode.Report(e);
        }
        catch (IOException e)
        {
            Console.Error.WriteLine($"omendb: {e.Message}");
            return ExitCode.Failure;
        }
    }
}
