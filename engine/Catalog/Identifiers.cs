using OmenDb.Types;
using OmenDb.Planner.Grammar;

namespace OmenDb.Engine.Catalog;

/// <summary>Names in SQL text.</summary>
internal static class Identifiers
{
    /// <summary>quote_ident: quotes only where the name would not survive without.</summary>
    public static string Quote(string name)
    {
        var plain = name.Length > 0 && (name[0] is >= 'a' and <= 'z' or '_');
        foreach (var c in name)
            plain &= c is >= 'a' and <= 'z' or >= '0' and <= '9' or '_';
        return plain && !IsReserved(name) ? name : $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }

    public static string Quote(string? schema, string name) => schema is null ? Quote(name) : $"{Quote(schema)}.{Quote(name)}";

    /// <summary>quote_literal, with E'' where there are backslashes.</summary>
    public static string Literal(string text)
    {
        var quoted = text.Replace("'", "''", StringComparison.Ordinal);
        return quoted.Contains('\\') ? $"E'{quoted.Replace("\\", "\\\\", StringComparison.Ordinal)}'" : $"'{quoted}'";
    }

    /// <summary>A name as the user writes it in a string ("s.\"T\""), in its parts, folded.</summary>
    public static IReadOnlyList<string> Split(string text)
    {
        var parts = new List<string>();
        var i = 0;
        while (true)
        {
            while (i < text.Length && char.IsWhiteSpace(text[i]))
                i++;
            var part = new System.Text.StringBuilder();
            if (i < text.Length && text[i] == '"')
            {
                for (i++; i < text.Length; i++)
                {
                    if (text[i] == '"' && (++i >= text.Length || text[i] != '"'))
                        break;
                    part.Append(text[i]);
                }
            }
            else
            {
                for (; i < text.Length && text[i] != '.' && !char.IsWhiteSpace(text[i]); i++)
                    part.Append(char.ToLowerInvariant(text[i]));
            }
            while (i < text.Length && char.IsWhiteSpace(text[i]))
                i++;
            if (part.Length == 0 || (i < text.Length && text[i] != '.'))
                throw new SqlException(SqlState.InvalidName, "invalid name syntax");
            parts.Add(part.ToString());
            if (i >= text.Length)
                return parts;
            i++;
        }
    }

    private static bool IsReserved(string name)
    {
        // A word that the grammar does not take for a column's name by itself.
        try
        {
            return SqlParser.ParseExpression(name) is not Planner.Syntax.ColumnReference;
        }
        catch (SqlException)
        {
            return true;
        }
    }
}
