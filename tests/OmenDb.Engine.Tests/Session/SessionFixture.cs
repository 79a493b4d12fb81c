using OmenDb.Types;

namespace OmenDb.Engine.Tests.Session;

/// <summary>A database in memory and a session in it; results as text.</summary>
internal sealed class SessionFixture : IDisposable
{
    public SessionFixture()
    {
        Database = Database.OpenInMemory();
        Session = NewSession();
    }

    public Database Database { get; }

    public Engine.Session Session { get; }

    public List<string> Notices { get; } = [];

    public Engine.Session NewSession()
    {
        var session = Database.CreateSession();
        session.NoticeRaised += notice => Notices.Add($"{notice.Severity}: {notice.Message}");
        return session;
    }

    /// <summary>Runs a script; rows as "a|b" lines, tags of commands without rows.</summary>
    public string Run(string sql) => Run(Session, sql);

    public static string Run(Engine.Session session, string sql)
    {
        var lines = new List<string>();
        foreach (var result in session.ExecuteScript(sql))
            Read(session, result, lines);
        return string.Join('\n', lines);
    }

    public string Execute(string sql, params object?[] parameters)
    {
        var lines = new List<string>();
        using var result = Session.Execute(sql, parameters);
        Read(Session, result, lines);
        return string.Join('\n', lines);
    }

    private static void Read(Engine.Session session, StatementResult result, List<string> lines)
    {
        var portal = result.Portal;
        if (result.Copy == CopyDirection.Out)
        {
            while (result.Read(out var data))
                lines.Add(System.Text.Encoding.UTF8.GetString(data.Span).TrimEnd('\n'));
            lines.Add(portal.CommandTag);
            return;
        }
        while (portal.NextBatch(out var batch))
        {
            var rows = batch.Selection is { } selection ? selection.FillIndices(batch.Length).ToArray() : [.. Enumerable.Range(0, batch.Length)];
            foreach (var row in rows)
            {
                lines.Add(string.Join('|', portal.Columns!.Value.Select((c, i) =>
                    batch.Columns[i].IsValid(row) ? TypeIo.FormatString(c.Type, batch.Columns[i], row, session.Settings.Io) : "")));
            }
        }
        if (portal.Columns is null)
            lines.Add(portal.CommandTag);
    }

    public SqlException Fails(string sql) => Assert.Throws<SqlException>(() => Run(sql));

    public void Dispose()
    {
        Session.Dispose();
        Database.Dispose();
    }
}
