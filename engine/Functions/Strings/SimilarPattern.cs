using System.Text;
using OmenDb.Planner.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Functions.Strings;

/// <summary>SIMILAR TO: SQL patterns as regular expressions; substring(x SIMILAR p ESCAPE e).</summary>
internal static class SimilarPattern
{
    public static IEnumerable<FunctionInfo> All()
    {
        yield return Scalar.Of<string, string>("similar_to_escape", [SqlType.Text], SqlType.Text, static (_, p) => Translate(p, "\\"));
        yield return Scalar.Of<string, string, string>("similar_to_escape", [SqlType.Text, SqlType.Text], SqlType.Text, static (_, p, e) => Translate(p, e));
        yield return Scalar.Of<string, string, string, string?>("substring", [SqlType.Text, SqlType.Text, SqlType.Text], SqlType.Text, static (_, s, p, e) =>
        {
            var match = PgRegex.Get(Translate(p, e), "").Match(s, 0);
            if (!match.Success)
                return null;
            return match.Groups.Count > 1 ? match.Groups[1].Success ? match.Groups[1].Value : null : match.Value;
        });
    }

    /// <summary>% is .*, _ is ., escape-doublequote marks the part that substring() gives, brackets stay, regex signs are quoted.</summary>
    internal static string Translate(string pattern, string escape)
    {
        if (escape.EnumerateRunes().Count() > 1)
            throw new SqlException(SqlState.InvalidEscapeSequence, "invalid escape string") { Hint = "Escape string must be empty or one character." };
        var result = new StringBuilder("^(?:");
        var afterEscape = false;
        var inBracket = false;
        var quotes = 0;
        for (var i = 0; i < pattern.Length; i++)
        {
            var c = pattern[i];
            if (afterEscape)
            {
                if (c == '"' && !inBracket)
                {
                    // First part, captured part, last part: the outer ones as short and as long as possible.
                    result.Append(quotes switch
                    {
                        0 => "){1,1}?(",
                        1 => "){1,1}(?:",
                        _ => throw new SqlException("2200C", "SQL regular expression may not contain more than two escape-double-quote separators"),
                    });
                    quotes++;
                }
                else
                {
                    result.Append('\\').Append(c);
                }
                afterEscape = false;
            }
            else if (escape.Length > 0 && c == escape[0])
                afterEscape = true;
            else if (inBracket)
            {
                if (c == '\\')
                    result.Append('\\');
                result.Append(c);
                inBracket = c != ']';
            }
            else
            {
                inBracket = c == '[';
                result.Append(c switch
                {
                    '%' => ".*",
                    '_' => ".",
                    '(' => "(?:",
                    '\\' or '.' or '^' or '$' => "\\" + c,
                    _ => c.ToString(),
                });
            }
        }
        return result.Append(")$").ToString();
    }
}
