using System.Text;
using OmenDb.Types;

namespace OmenDb.Protocol.Postgres.Frontend;

/// <summary>The <c>options</c> parameter of the start-up packet: -c name=value and --name=value, split at blanks.</summary>
/// <remarks>A backslash keeps the next character. PostgreSQL manual, "Frontend/Backend Protocol", start-up message.</remarks>
internal static class CommandLineOptions
{
    /// <exception cref="SqlException">FATAL 42601: something else than a setting.</exception>
    public static List<KeyValuePair<string, string>> Parse(string options)
    {
        var settings = new List<KeyValuePair<string, string>>();
        var words = Split(options);
        for (var i = 0; i < words.Count; i++)
        {
            var word = words[i];
            string? setting = null;
            if (word == "-c" && i + 1 < words.Count)
                setting = words[++i];
            else if (word.StartsWith("-c", StringComparison.Ordinal) || word.StartsWith("--", StringComparison.Ordinal))
                setting = word[2..];
            var equals = setting?.IndexOf('=', StringComparison.Ordinal) ?? -1;
            if (equals <= 0)
                throw new SqlException(SqlState.SyntaxError, $"invalid command-line argument for server process: {word}") { Severity = "FATAL" };
            // As on PostgreSQL's command line, - stands for _ in names.
            settings.Add(new(setting![..equals].Replace('-', '_'), setting[(equals + 1)..]));
        }
        return settings;
    }

    private static List<string> Split(string options)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        var inWord = false;
        for (var i = 0; i < options.Length; i++)
        {
            var c = options[i];
            if (char.IsWhiteSpace(c))
            {
                if (inWord)
                    words.Add(word.ToString());
                word.Clear();
                inWord = false;
                continue;
            }
            if (c == '\\' && i + 1 < options.Length)
                c = options[++i];
            word.Append(c);
            inWord = true;
        }
        if (inWord)
            words.Add(word.ToString());
        return words;
    }
}
