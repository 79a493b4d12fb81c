using System.Text;
using OmenDb.Engine.Catalog;

namespace OmenDb.Engine.Ddl;

/// <summary>A column's new name in a kept expression. The text is our own (see <see cref="ExpressionSql"/>): names stand bare or quoted, strings in quotes.</summary>
internal static class ColumnRenaming
{
    public static string Apply(string sql, string from, string to)
    {
        var result = new StringBuilder();
        var i = 0;
        while (i < sql.Length)
        {
            var c = sql[i];
            if (c == '\'' || c == '"')
            {
                var end = i + 1;
                while (end < sql.Length && (sql[end] != c || (end + 1 < sql.Length && sql[end + 1] == c)))
                    end += sql[end] == c ? 2 : 1;
                var piece = sql[i..Math.Min(end + 1, sql.Length)];
                result.Append(c == '"' && piece == $"\"{from.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" ? Identifiers.Quote(to) : piece);
                i = end + 1;
            }
            else if (char.IsLetter(c) || c == '_')
            {
                var end = i;
                while (end < sql.Length && (char.IsLetterOrDigit(sql[end]) || sql[end] is '_' or '$'))
                    end++;
                var word = sql[i..end];
                // Functions, types behind :: and qualifiers are other names.
                var isColumn = word == from && !(end < sql.Length && sql[end] is '(' or '.') && !(i >= 2 && sql[(i - 2)..i] == "::");
                result.Append(isColumn ? Identifiers.Quote(to) : word);
                i = end;
            }
            else
            {
                result.Append(c);
                i++;
            }
        }
        return result.ToString();
    }
}
