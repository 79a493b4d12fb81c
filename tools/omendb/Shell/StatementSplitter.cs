using System.Text;

namespace OmenDb.Tools.Server.Shell;

/// <summary>Cuts typed lines into statements at semicolons that stand in no string, quoted name, comment, dollar quote or parentheses.</summary>
/// <remarks>Keeps its place between lines, so that a long script is looked at once.</remarks>
internal sealed class StatementSplitter
{
    private enum Place : byte
    {
        Code, String, EscapeString, Name, BlockComment, DollarQuote,
    }

    private readonly StringBuilder _text = new();
    private Place _place;
    private int _commentDepth;
    private int _parentheses;
    private string _dollarTag = "";

    /// <summary>Something that is no blank has been typed since the last statement.</summary>
    public bool IsEmpty => _place == Place.Code && string.IsNullOrWhiteSpace(_text.ToString());

    /// <summary>The end of psql's prompt: = at the start, - in a statement, ' " * $ ( inside something open.</summary>
    public char PromptMark => _place switch
    {
        Place.String or Place.EscapeString => '\'',
        Place.Name => '"',
        Place.BlockComment => '*',
        Place.DollarQuote => '$',
        _ => _parentheses > 0 ? '(' : IsEmpty ? '=' : '-',
    };

    public void Clear()
    {
        _text.Clear();
        _place = Place.Code;
        _parentheses = _commentDepth = 0;
    }

    /// <summary>What stands at the end without a semicolon.</summary>
    public string TakeRest()
    {
        var rest = _text.ToString();
        Clear();
        return rest;
    }

    /// <summary>Adds a line and gives the statements that it completes, without their semicolons.</summary>
    public IEnumerable<string> Feed(string line)
    {
        var i = 0;
        while (i < line.Length)
        {
            var c = line[i];
            var next = i + 1 < line.Length ? line[i + 1] : '\0';
            switch (_place)
            {
                case Place.Code when c == ';' && _parentheses == 0:
                    i++;
                    if (!string.IsNullOrWhiteSpace(_text.ToString()))
                        yield return _text.ToString();
                    _text.Clear();
                    continue;
                case Place.Code when c == '-' && next == '-':
                    // A comment stays with its statement: positions of errors count it.
                    if (!IsEmpty)
                        _text.Append(line, i, line.Length - i);
                    i = line.Length;
                    continue;
                case Place.Code when c == '/' && next == '*':
                    _place = Place.BlockComment;
                    _commentDepth = 1;
                    _text.Append("/*");
                    i += 2;
                    continue;
                case Place.Code when c == '$' && TryDollarTag(line, i, out var tag):
                    _place = Place.DollarQuote;
                    _dollarTag = tag;
                    _text.Append(tag);
                    i += tag.Length;
                    continue;
                case Place.Code:
                    if (c == '\'')
                        _place = i > 0 && line[i - 1] is 'e' or 'E' && (i == 1 || !IsNamePart(line[i - 2])) ? Place.EscapeString : Place.String;
                    else if (c == '"')
                        _place = Place.Name;
                    else if (c == '(')
                        _parentheses++;
                    else if (c == ')')
                        _parentheses = Math.Max(0, _parentheses - 1);
                    break;
                case Place.EscapeString when c == '\\' && next != '\0':
                    _text.Append(c).Append(next);
                    i += 2;
                    continue;
                case Place.String or Place.EscapeString when c == '\'':
                case Place.Name when c == '"':
                    _place = Place.Code; // a doubled quote opens it again at once
                    break;
                case Place.BlockComment when c == '*' && next == '/' || c == '/' && next == '*':
                    _commentDepth += c == '/' ? 1 : -1;
                    if (_commentDepth == 0)
                        _place = Place.Code;
                    _text.Append(c).Append(next);
                    i += 2;
                    continue;
                case Place.DollarQuote when string.CompareOrdinal(line, i, _dollarTag, 0, _dollarTag.Length) == 0:
                    _place = Place.Code;
                    _text.Append(_dollarTag);
                    i += _dollarTag.Length;
                    continue;
            }
            _text.Append(c);
            i++;
        }
        if (_text.Length > 0)
            _text.Append('\n');
    }

    private static bool IsNamePart(char c) => char.IsLetterOrDigit(c) || c is '_' or '$';

    /// <summary>$$ or $name$, but not inside a name and not $1.</summary>
    private static bool TryDollarTag(string line, int start, out string tag)
    {
        tag = "";
        if (start > 0 && IsNamePart(line[start - 1]))
            return false;
        var end = start + 1;
        while (end < line.Length && (char.IsLetter(line[end]) || line[end] == '_' || end > start + 1 && char.IsDigit(line[end])))
            end++;
        if (end >= line.Length || line[end] != '$')
            return false;
        tag = line[start..(end + 1)];
        return true;
    }
}
