using System.Text;

namespace OmenDb.Tools.Server.Shell;

/// <summary>One line of input with cursor keys and history. A line wider than the terminal scrolls sideways.</summary>
/// <remarks>Keys: arrows, Home/End or Ctrl+A/E, Ctrl+Left/Right by words, Ctrl+K/U cut to the end or start, Ctrl+W cuts a word, Ctrl+L clears the screen,
/// Ctrl+C gives the statement up, Ctrl+D at an empty line ends.</remarks>
internal sealed class LineEditor(LineHistory history)
{
    private readonly StringBuilder _line = new();
    private int _cursor;
    private int _historyAt;
    private string _draft = "";

    public enum Ending : byte
    {
        Line, Interrupted, EndOfInput,
    }

    public Ending Read(string prompt, out string line)
    {
        _line.Clear();
        _cursor = 0;
        _historyAt = history.Count;
        _draft = "";
        Console.TreatControlCAsInput = true;
        try
        {
            while (true)
            {
                Draw(prompt);
                var key = Console.ReadKey(intercept: true);
                var isControl = key.Modifiers.HasFlag(ConsoleModifiers.Control);
                if (key.Key == ConsoleKey.Enter)
                {
                    line = _line.ToString();
                    history.Add(line);
                    Console.WriteLine();
                    return Ending.Line;
                }
                if (isControl && key.Key == ConsoleKey.C)
                {
                    Console.WriteLine("^C");
                    line = "";
                    return Ending.Interrupted;
                }
                if (isControl && key.Key == ConsoleKey.D && _line.Length == 0)
                {
                    Console.WriteLine();
                    line = "";
                    return Ending.EndOfInput;
                }
                if (isControl)
                    Control(key.Key);
                else
                    Edit(key);
            }
        }
        finally
        {
            Console.TreatControlCAsInput = false;
        }
    }

    private void Control(ConsoleKey key)
    {
        switch (key)
        {
            case ConsoleKey.A: _cursor = 0; break;
            case ConsoleKey.E: _cursor = _line.Length; break;
            case ConsoleKey.B: _cursor = Math.Max(0, _cursor - 1); break;
            case ConsoleKey.F: _cursor = Math.Min(_line.Length, _cursor + 1); break;
            case ConsoleKey.D: Remove(_cursor, 1); break;
            case ConsoleKey.P: Recall(-1); break;
            case ConsoleKey.N: Recall(1); break;
            case ConsoleKey.K: Remove(_cursor, _line.Length - _cursor); break;
            case ConsoleKey.U:
                Remove(0, _cursor);
                _cursor = 0;
                break;
            case ConsoleKey.W:
                var start = WordLeft();
                Remove(start, _cursor - start);
                _cursor = start;
                break;
            case ConsoleKey.L: Console.Clear(); break;
            case ConsoleKey.H: Backspace(); break;
            case ConsoleKey.LeftArrow: _cursor = WordLeft(); break;
            case ConsoleKey.RightArrow: _cursor = WordRight(); break;
        }
    }

    private void Edit(ConsoleKeyInfo key)
    {
        switch (key.Key)
        {
            case ConsoleKey.LeftArrow: _cursor = Math.Max(0, _cursor - 1); break;
            case ConsoleKey.RightArrow: _cursor = Math.Min(_line.Length, _cursor + 1); break;
            case ConsoleKey.Home: _cursor = 0; break;
            case ConsoleKey.End: _cursor = _line.Length; break;
            case ConsoleKey.UpArrow: Recall(-1); break;
            case ConsoleKey.DownArrow: Recall(1); break;
            case ConsoleKey.Backspace: Backspace(); break;
            case ConsoleKey.Delete: Remove(_cursor, 1); break;
            case ConsoleKey.Tab: Insert("    "); break;
            default:
                if (!char.IsControl(key.KeyChar))
                    Insert(key.KeyChar.ToString());
                break;
        }
    }

    private void Insert(string text)
    {
        _line.Insert(_cursor, text);
        _cursor += text.Length;
    }

    private void Remove(int start, int count) => _line.Remove(start, Math.Min(count, _line.Length - start));

    private void Backspace()
    {
        if (_cursor > 0)
            Remove(--_cursor, 1);
    }

    private int WordLeft()
    {
        var at = _cursor;
        while (at > 0 && char.IsWhiteSpace(_line[at - 1]))
            at--;
        while (at > 0 && !char.IsWhiteSpace(_line[at - 1]))
            at--;
        return at;
    }

    private int WordRight()
    {
        var at = _cursor;
        while (at < _line.Length && char.IsWhiteSpace(_line[at]))
            at++;
        while (at < _line.Length && !char.IsWhiteSpace(_line[at]))
            at++;
        return at;
    }

    private void Recall(int step)
    {
        var target = _historyAt + step;
        if (target < 0 || target > history.Count)
            return;
        if (_historyAt == history.Count)
            _draft = _line.ToString();
        _historyAt = target;
        _line.Clear().Append(target == history.Count ? _draft : history[target]);
        _cursor = _line.Length;
    }

    private void Draw(string prompt)
    {
        var room = Math.Max(10, Console.BufferWidth - prompt.Length - 1);
        var start = Math.Max(0, _cursor - room + 1);
        var shown = _line.ToString(start, Math.Min(room, _line.Length - start));
        // Back to the first column, draw, erase what is left of the old line, and put the cursor where it belongs.
        Console.Write($"\r{prompt}{shown}\u001b[K\r\u001b[{prompt.Length + _cursor - start}C");
    }
}
