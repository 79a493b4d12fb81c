using System.Text;
using OmenDb.Types;

namespace OmenDb.Engine.Tests.Isolation;

/// <summary>One session of a script, on this engine or on PostgreSQL.</summary>
internal interface IScriptSession : IDisposable
{
    int ProcessId { get; }

    /// <summary>Runs statements; their results as lines, an error as its last line.</summary>
    string Run(string sql);

    /// <summary>The session waits for a lock of another.</summary>
    bool IsBlocked { get; }
}

internal interface IScriptServer : IDisposable
{
    IScriptSession Connect();
}

/// <summary>Runs a script over several sessions, a step at a time, and writes down what each step answered.</summary>
/// <remarks>
/// <code>
/// T1: update t set n = 1      the step
///   1 rows                    its answer
/// T2: update t set n = 2
///   waits                     for a lock
/// T1: commit
///   ok
/// T2> 1 rows                  the answer of the step that waited
/// </code>
/// The runner waits until a step has ended or waits for a lock, never for time. Process ids are replaced by the names of their sessions.</remarks>
internal sealed class ScriptRunner(IScriptServer server) : IDisposable
{
    private readonly Dictionary<string, IScriptSession> _sessions = [];
    private readonly List<(string Name, Task<string> Task)> _waiting = []; // in the order in which they began to wait
    private readonly StringBuilder _transcript = new();

    /// <param name="setup">Statements for a session of its own.</param>
    /// <param name="steps">"name: sql".</param>
    public string Run(IEnumerable<string> setup, IEnumerable<string> steps)
    {
        using (var session = server.Connect())
        {
            foreach (var statement in setup)
            {
                var answer = session.Run(statement);
                if (answer.StartsWith("ERROR", StringComparison.Ordinal))
                    throw new InvalidOperationException($"{statement}: {answer}");
            }
        }
        foreach (var step in steps)
            Step(step);
        Assert.True(_waiting.Count == 0, $"at the end {string.Join(", ", _waiting.Select(w => w.Name))} still waits:\n{_transcript}");
        return _transcript.ToString();
    }

    private void Step(string step)
    {
        var colon = step.IndexOf(':', StringComparison.Ordinal);
        var (name, sql) = (step[..colon], step[(colon + 1)..].Trim());
        if (!_sessions.TryGetValue(name, out var session))
            _sessions.Add(name, session = server.Connect());
        if (_waiting.Exists(w => w.Name == name))
            throw new InvalidOperationException($"{step}: the session still waits:\n{_transcript}");
        _transcript.Append(name).Append(": ").Append(sql).Append('\n');
        var task = Task.Factory.StartNew(() => session.Run(sql), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        if (Settle(session, task))
            Answer("  ", task);
        else
        {
            _transcript.Append("  waits\n");
            _waiting.Add((name, task));
        }
        // Whoever was let go by this step answers now; he may let others go.
        for (var i = 0; i < _waiting.Count;)
        {
            var (waiter, waited) = _waiting[i];
            if (!Settle(_sessions[waiter], waited))
            {
                i++;
                continue;
            }
            _waiting.RemoveAt(i);
            Answer(waiter + "> ", waited);
            i = 0;
        }
    }

    /// <returns>True: ended; false: waits for a lock.</returns>
    private static bool Settle(IScriptSession session, Task<string> task)
    {
        var spin = new SpinWait();
        while (!task.IsCompleted)
        {
            if (session.IsBlocked)
                return task.IsCompleted;
            spin.SpinOnce();
        }
        return true;
    }

    private void Answer(string prefix, Task<string> task)
    {
        var answer = task.GetAwaiter().GetResult();
        foreach (var (name, session) in _sessions)
            answer = answer.Replace($"rocess {session.ProcessId}", $"rocess {name}", StringComparison.Ordinal);
        foreach (var line in answer.Split('\n'))
            _transcript.Append(prefix).Append(line).Append('\n');
    }

    public void Dispose()
    {
        foreach (var session in _sessions.Values)
            session.Dispose();
    }
}

/// <summary>This engine.</summary>
internal sealed class EngineServer : IScriptServer
{
    private readonly Database _database = Database.OpenInMemory();

    public IScriptSession Connect() => new EngineScriptSession(_database.CreateSession());

    public void Dispose() => _database.Dispose();

    private sealed class EngineScriptSession(Engine.Session session) : IScriptSession
    {
        public int ProcessId => session.BackendId;

        public bool IsBlocked => session.Locks.IsWaiting;

        public string Run(string sql)
        {
            var lines = new List<string>();
            try
            {
                foreach (var result in session.ExecuteScript(sql))
                    Read(result.Portal, lines);
            }
            catch (SqlException error)
            {
                lines.Add(Describe(error.SqlState, error.Message, error.Detail, error.Hint));
            }
            return string.Join('\n', lines);
        }

        private void Read(Portal portal, List<string> lines)
        {
            while (portal.NextBatch(out var batch))
            {
                var rows = batch.Selection is { } selection ? selection.FillIndices(batch.Length).ToArray() : [.. Enumerable.Range(0, batch.Length)];
                foreach (var row in rows)
                {
                    lines.Add(string.Join('|', portal.Columns!.Value.Select((c, i) =>
                        batch.Columns[i].IsValid(row) ? TypeIo.FormatString(c.Type, batch.Columns[i], row, session.Settings.Io) : "")));
                }
            }
            if (portal.Columns is not null)
                return;
            var words = portal.CommandTag.Split(' ');
            lines.Add(words[0] is "INSERT" or "UPDATE" or "DELETE" ? $"{words[^1]} rows" : "ok");
        }

        public void Dispose() => session.Dispose();
    }

    /// <summary>An error as transcripts show it; what differs between servers by nature is left out.</summary>
    public static string Describe(string state, string message, string? detail, string? hint)
    {
        var text = $"ERROR {state} {message}";
        if (state == "40P01" && detail is not null)
            text += "\n" + string.Join('\n', detail.Split('\n').Select(line => System.Text.RegularExpressions.Regex.Replace(line, @"on (\w+)[^;]*;", "on $1;")));
        if (state == "40001" && hint is not null)
            text += "\nHINT " + hint;
        return text;
    }
}
