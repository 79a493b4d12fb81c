using System.Diagnostics;
using System.Globalization;
using System.Text;
using OmenDb.Engine;
using OmenDb.Types;
using Spectre.Console;

namespace OmenDb.Tools.Server.Shell;

/// <summary>Reads statements and commands, runs them in a session, prints what comes back.</summary>
internal sealed class SqlShell
{
    private readonly Session _session;
    private readonly TextWriter _output;
    private readonly bool _stopOnError;
    private readonly bool _isTerminal;
    private readonly ResultPrinter _printer;
    private readonly StatementSplitter _splitter = new();
    private readonly BackslashCommands _commands;
    private volatile bool _isRunning;
    private TextReader _input = TextReader.Null;

    public SqlShell(Session session, TextWriter output, bool stopOnError)
    {
        _session = session;
        _output = output;
        _stopOnError = stopOnError;
        _isTerminal = !Console.IsOutputRedirected && !Console.IsInputRedirected;
        _printer = new ResultPrinter(output, _isTerminal);
        _commands = new BackslashCommands(this);
        session.NoticeRaised += notice => WriteError($"{notice.Severity}:  {notice.Message}" + (notice.Hint is { } hint ? $"\nHINT:  {hint}" : ""));
    }

    public TextWriter Output => _output;

    public ResultPrinter Printer => _printer;

    public bool ShowTiming { get; set; }

    public bool HasQuit { get; set; }

    /// <summary>Some statement failed.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>Lines with a prompt, until \q or the end of input.</summary>
    public bool RunInteractive(string databaseName)
    {
        _output.WriteLine("OmenDB, embedded. Statements end with ;   \\? for help, \\q to leave");
        var history = new LineHistory();
        var editor = new LineEditor(history);
        ConsoleCancelEventHandler onCancel = (_, e) =>
        {
            e.Cancel = true;
            if (_isRunning)
                _session.Cancel();
        };
        Console.CancelKeyPress += onCancel;
        _input = Console.In;
        try
        {
            while (!HasQuit)
            {
                var state = _session.TransactionStatus switch { TransactionStatus.InTransaction => "*", TransactionStatus.Failed => "!", _ => "" };
                switch (editor.Read($"{databaseName}{_splitter.PromptMark}{state}> ", out var line))
                {
                    case LineEditor.Ending.EndOfInput:
                        return true;
                    case LineEditor.Ending.Interrupted:
                        _splitter.Clear();
                        break;
                    default:
                        TakeLine(line);
                        break;
                }
            }
            return true;
        }
        finally
        {
            Console.CancelKeyPress -= onCancel;
            history.Save();
        }
    }

    /// <summary>Runs a script to its end, or to its first error when told so.</summary>
    /// <returns>False: stopped at an error.</returns>
    public bool Run(TextReader input)
    {
        var outer = _input;
        _input = input;
        try
        {
            while (!HasQuit && input.ReadLine() is { } line)
            {
                TakeLine(line);
                if (HasFailed && _stopOnError)
                    return false;
            }
            if (!_splitter.IsEmpty)
                Execute(_splitter.TakeRest());
            return !(HasFailed && _stopOnError);
        }
        finally
        {
            _input = outer;
        }
    }

    /// <exception cref="IOException">The file cannot be read.</exception>
    public bool RunFile(string path)
    {
        using var reader = new StreamReader(path);
        return Run(reader);
    }

    private void TakeLine(string line)
    {
        if (_splitter.IsEmpty && line.AsSpan().TrimStart().StartsWith("\\"))
        {
            _splitter.Clear();
            _commands.Run(line.Trim());
            return;
        }
        foreach (var statement in _splitter.Feed(line))
        {
            Execute(statement);
            if (HasFailed && _stopOnError)
                return;
        }
    }

    /// <summary>Runs one statement and prints its result or error.</summary>
    /// <returns>True when it succeeded.</returns>
    public bool Execute(string sql, string? title = null) => Guard(sql, () =>
    {
        foreach (var result in _session.ExecuteScript(sql))
        {
            using (result)
                Show(result, title);
        }
    }, isOwn: title is not null);

    /// <summary>Runs a query of the shell's own.</summary>
    /// <returns>Null after an error, which has been printed.</returns>
    public ResultRows? Query(string sql)
    {
        ResultRows? rows = null;
        Guard(sql, () =>
        {
            foreach (var result in _session.ExecuteScript(sql))
            {
                using (result)
                {
                    if (result.Portal.Columns is { } columns)
                        rows = ResultRows.Read(result.Portal, columns, _session.Settings.Io);
                }
            }
        }, isOwn: true);
        return rows;
    }

    /// <summary>Runs a COPY with the client's side given.</summary>
    public bool Copy(string sql, Stream data) => Guard(sql, () =>
    {
        foreach (var result in _session.ExecuteScript(sql))
        {
            using (result)
            {
                if (result.Copy == CopyDirection.In)
                    SendFile(result, data);
                else if (result.Copy == CopyDirection.Out)
                    ReceiveFile(result, data);
                _output.WriteLine(result.Portal.CommandTag);
            }
        }
    });

    private static void SendFile(StatementResult result, Stream data)
    {
        var buffer = new byte[64 * 1024];
        int count;
        while ((count = data.Read(buffer)) > 0)
            result.Write(buffer.AsSpan(0, count));
        result.Complete();
    }

    private static void ReceiveFile(StatementResult result, Stream data)
    {
        while (result.Read(out var bytes))
            data.Write(bytes.Span);
    }

    // isOwn: a query of the shell itself, which no one times.
    private bool Guard(string sql, Action action, bool isOwn = false)
    {
        var watch = Stopwatch.StartNew();
        _isRunning = true;
        try
        {
            action();
            return true;
        }
        catch (SqlException e)
        {
            HasFailed = true;
            WriteError(ErrorText.Of(e, sql));
            return false;
        }
        finally
        {
            _isRunning = false;
            if (ShowTiming && !isOwn)
                _output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Time: {watch.Elapsed.TotalMilliseconds:F3} ms"));
        }
    }

    private void Show(StatementResult result, string? title)
    {
        switch (result.Copy)
        {
            case CopyDirection.In:
                CopyFromInput(result);
                break;
            case CopyDirection.Out:
                while (result.Read(out var data))
                    _output.Write(Encoding.UTF8.GetString(data.Span));
                _output.Flush();
                return;
            default:
                if (result.Portal.Columns is { } columns)
                {
                    _printer.Print(ResultRows.Read(result.Portal, columns, _session.Settings.Io), title);
                    return;
                }
                while (result.Portal.NextBatch(out _))
                {
                    // A change without RETURNING: only its tag counts.
                }
                break;
        }
        if (result.Portal.CommandTag.Length > 0)
            _output.WriteLine(result.Portal.CommandTag);
    }

    /// <summary>COPY FROM STDIN: the lines that follow, up to \.</summary>
    private void CopyFromInput(StatementResult result)
    {
        if (_isTerminal)
            _output.WriteLine("Enter the rows, one a line, then \\. on a line of its own.");
        while (_input.ReadLine() is { } line && line != "\\.")
            result.Write(Encoding.UTF8.GetBytes(line + "\n"));
        result.Complete();
    }

    public void WriteError(string text)
    {
        _output.Flush();
        if (_isTerminal)
            AnsiConsole.Write(new Text(text + "\n", new Style(Color.Red)));
        else
            Console.Error.WriteLine(text);
    }

    public void Fail(string message)
    {
        HasFailed = true;
        WriteError(message);
    }
}
