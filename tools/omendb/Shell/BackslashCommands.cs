using System.Text.RegularExpressions;

namespace OmenDb.Tools.Server.Shell;

/// <summary>The shell's own commands, as in psql: \d, \dt, \di, \dv, \l, \timing, \x, \i, \copy, \q, \?.</summary>
internal sealed partial class BackslashCommands(SqlShell shell)
{
    private const string Help = """
        \d            tables, views and sequences      \d NAME   columns and indexes of one
        \dt \dv \di   tables, views, indexes           \dn \l    schemas, databases
        \i FILE       run a script                     \copy TABLE from|to 'FILE' [options]
        \timing       show how long statements take    \x        one line per column
        \?            this help                        \q        leave
        A statement ends with ;  Ctrl+C cancels, the arrow keys bring back earlier lines.
        """;

    public void Run(string line)
    {
        var blank = line.IndexOfAny([' ', '\t']);
        var name = blank < 0 ? line : line[..blank];
        var argument = blank < 0 ? "" : line[blank..].Trim().TrimEnd(';').TrimEnd();
        switch (name)
        {
            case "\\q" or "\\quit": shell.HasQuit = true; break;
            case "\\?" or "\\h" or "\\help": shell.Output.WriteLine(Help); break;
            case "\\timing":
                shell.ShowTiming = Toggle(argument, shell.ShowTiming);
                shell.Output.WriteLine($"Timing is {(shell.ShowTiming ? "on" : "off")}.");
                break;
            case "\\x":
                shell.Printer.IsExpanded = Toggle(argument, shell.Printer.IsExpanded);
                shell.Output.WriteLine($"Expanded display is {(shell.Printer.IsExpanded ? "on" : "off")}.");
                break;
            case "\\i" or "\\include": Include(argument); break;
            case "\\copy": Copy(argument); break;
            case "\\d" when argument.Length > 0: Describe(argument); break;
            case "\\d": List("List of relations", "'r','v','m','S','p'", argument); break;
            case "\\dt": List("List of tables", "'r','p'", argument); break;
            case "\\dv": List("List of views", "'v','m'", argument); break;
            case "\\di": List("List of indexes", "'i'", argument); break;
            case "\\dn": shell.Execute("SELECT nspname AS \"Name\" FROM pg_catalog.pg_namespace WHERE nspname NOT LIKE 'pg\\_%' ORDER BY 1", "List of schemas"); break;
            case "\\l": shell.Execute("SELECT datname AS \"Name\" FROM pg_catalog.pg_database ORDER BY 1", "List of databases"); break;
            default: shell.Fail($"invalid command {name}\nTry \\? for help."); break;
        }
    }

    private static bool Toggle(string argument, bool now) => argument.ToLowerInvariant() switch
    {
        "on" or "true" or "1" => true,
        "off" or "false" or "0" => false,
        _ => !now,
    };

    private void Include(string path)
    {
        try
        {
            shell.RunFile(Unquote(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            shell.Fail($"\\i: {e.Message}");
        }
    }

    private static string Unquote(string text) => text.Length >= 2 && text[0] == '\'' && text[^1] == '\'' ? text[1..^1].Replace("''", "'", StringComparison.Ordinal) : text;

    [GeneratedRegex(@"^(?<what>.+?)\s+(?<way>from|to)\s+(?<file>'(?:[^']|'')*'|\S+)(?<options>.*)$", RegexOptions.IgnoreCase | RegexOptions.Singleline)]
    private static partial Regex CopyPattern();

    /// <summary>COPY between a table or query and a file of this process.</summary>
    private void Copy(string argument)
    {
        var match = CopyPattern().Match(argument);
        if (!match.Success)
        {
            shell.Fail("\\copy: write \\copy TABLE from 'FILE' [options] or \\copy TABLE to 'FILE' [options]");
            return;
        }
        var isFrom = match.Groups["way"].Value.Equals("from", StringComparison.OrdinalIgnoreCase);
        try
        {
            var path = Unquote(match.Groups["file"].Value);
            using var file = isFrom ? File.OpenRead(path) : File.Create(path);
            shell.Copy($"COPY {match.Groups["what"].Value} {(isFrom ? "FROM STDIN" : "TO STDOUT")}{match.Groups["options"].Value}", file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            shell.Fail($"\\copy: {e.Message}");
        }
    }

    private void List(string title, string kinds, string pattern) => shell.Execute($"""
        SELECT n.nspname AS "Schema", c.relname AS "Name",
               CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'table' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'i' THEN 'index' WHEN 'S' THEN 'sequence' END AS "Type"
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ({kinds}) AND n.nspname NOT IN ('pg_catalog', 'information_schema'){NameFilter(pattern)}
        ORDER BY 1, 2
        """, title);

    /// <summary>A pattern with * and ? as in psql.</summary>
    private static string NameFilter(string pattern) => pattern.Length == 0 ? ""
        : " AND c.relname LIKE " + Literal(Fold(pattern).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal)
            .Replace('*', '%').Replace('?', '_'));

    private static string Fold(string name) => name.StartsWith('"') ? name.Trim('"') : name.ToLowerInvariant();

    private static string Literal(string text) => "'" + text.Replace("'", "''", StringComparison.Ordinal) + "'";

    private void Describe(string name)
    {
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        var schema = dot < 0 ? "" : $" AND n.nspname = {Literal(Fold(name[..dot]))}";
        var table = Literal(Fold(dot < 0 ? name : name[(dot + 1)..]));
        var found = shell.Query($"""
            SELECT c.oid, n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relname = {table}{schema} ORDER BY n.nspname = 'public' DESC, 2
            """);
        if (found is null)
            return;
        if (found.Rows.Count == 0)
        {
            shell.Fail($"Did not find any relation named \"{name}\".");
            return;
        }
        var oid = found.Rows[0][0];
        shell.Execute($"""
            SELECT a.attname AS "Column", pg_catalog.format_type(a.atttypid, a.atttypmod) AS "Type",
                   CASE WHEN a.attnotnull THEN 'not null' ELSE '' END AS "Nullable", coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid), '') AS "Default"
            FROM pg_catalog.pg_attribute a LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
            WHERE a.attrelid = {oid} AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
            """, $"{found.Rows[0][1]}.{found.Rows[0][2]}");
        ListLines("Indexes:", $"SELECT pg_catalog.pg_get_indexdef(indexrelid) FROM pg_catalog.pg_index WHERE indrelid = {oid} ORDER BY indisprimary DESC, 1");
        ListLines("Constraints:", $"SELECT conname || ' ' || pg_catalog.pg_get_constraintdef(oid) FROM pg_catalog.pg_constraint WHERE conrelid = {oid} AND contype IN ('c', 'f') ORDER BY 1");
        ListLines("Referenced by:",
            $"SELECT conrelid::regclass || ' ' || conname || ' ' || pg_catalog.pg_get_constraintdef(oid) FROM pg_catalog.pg_constraint WHERE confrelid = {oid} AND contype = 'f' ORDER BY 1");
    }

    private void ListLines(string heading, string sql)
    {
        if (shell.Query(sql) is not { Rows.Count: > 0 } found)
            return;
        shell.Output.WriteLine(heading);
        foreach (var row in found.Rows)
            shell.Output.WriteLine($"    {row[0]}");
    }
}
