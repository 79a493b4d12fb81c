using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using OmenDb.Types;

namespace OmenDb.Engine.Copy;

/// <summary>PostgreSQL's text format: a line per row, backslash escapes.</summary>
internal sealed class TextReader(CopyTarget target, CopyOptions options) : CopyReader
{
    private byte[] _scratch = new byte[256];
    private int[] _ends = new int[64]; // of the fields of a line without escapes
    private int _line;
    private bool _headerDone = options.Header == CopyHeader.No;

    public override int Read(ReadOnlySpan<byte> data, bool isFinal)
    {
        var used = 0;
        while (used < data.Length && !IsEnded)
        {
            var rest = data[used..];
            var length = LineLength(rest, out var next, isFinal);
            if (length < 0)
                break;
            used += next;
            _line++;
            ReadLine(rest[..length]);
        }
        return used;
    }

    /// <summary>Bytes of the first line without its end, and where the next begins; -1: its end is not there yet.</summary>
    private static int LineLength(ReadOnlySpan<byte> data, out int next, bool isFinal)
    {
        var from = 0;
        while (true)
        {
            var at = data[from..].IndexOfAny((byte)'\n', (byte)'\r');
            if (at < 0)
            {
                next = data.Length;
                return isFinal ? data.Length : -1;
            }
            at += from;
            // A backslash in front makes it data; a backslash that is escaped itself does not.
            var backslashes = 0;
            while (at - backslashes > 0 && data[at - backslashes - 1] == '\\')
                backslashes++;
            if ((backslashes & 1) != 0)
            {
                from = at + 1;
                continue;
            }
            if (data[at] == '\r')
            {
                if (at + 1 == data.Length && !isFinal)
                {
                    next = 0;
                    return -1; // perhaps a \n follows
                }
                next = at + 1 < data.Length && data[at + 1] == '\n' ? at + 2 : at + 1;
                return at;
            }
            next = at + 1;
            return at;
        }
    }

    private void ReadLine(ReadOnlySpan<byte> line)
    {
        if (line is [(byte)'\\', (byte)'.'])
        {
            IsEnded = true;
            return;
        }
        if (!_headerDone)
        {
            _headerDone = true;
            if (options.Header == CopyHeader.Match)
                CheckHeader(target, [.. Utf8.ToDisplay(line).Split((char)options.Delimiter)]);
            return;
        }
        if (!System.Text.Ascii.IsValid(line))
            Validate(line, target, _line);
        if (target.FieldCount == 0 && line.IsEmpty)
        {
            target.EndRow(_line);
            return;
        }
        if (line.Contains((byte)'\\'))
            ReadEscaped(line);
        else
            ReadPlain(line);
        target.EndRow(_line);
    }

    /// <summary>No backslash in it: the delimiters alone divide it.</summary>
    private void ReadPlain(ReadOnlySpan<byte> line)
    {
        var count = Split(line);
        if (count > target.FieldCount)
            throw Extra(target, _line, line);
        var start = 0;
        for (var field = 0; field < count; field++)
        {
            var text = line[start.._ends[field]];
            start = _ends[field] + 1;
            if (text.SequenceEqual(options.Null))
                target.SetNull(field);
            else
                target.SetText(field, text, _line);
        }
        if (count < target.FieldCount)
            throw Missing(target, count, _line, line);
    }

    /// <summary>Notes where fields end, 32 bytes at a time.</summary>
    /// <returns>How many fields there are.</returns>
    private int Split(ReadOnlySpan<byte> line)
    {
        var count = 0;
        var at = 0;
        var delimiter = Vector256.Create(options.Delimiter);
        for (; at + Vector256<byte>.Count <= line.Length; at += Vector256<byte>.Count)
        {
            var found = Vector256.Equals(Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(line), (nuint)at), delimiter).ExtractMostSignificantBits();
            if (count + Vector256<byte>.Count >= _ends.Length)
                Array.Resize(ref _ends, _ends.Length * 2);
            for (; found != 0; found &= found - 1)
                _ends[count++] = at + BitOperations.TrailingZeroCount(found);
        }
        for (; at <= line.Length; at++)
        {
            if (at < line.Length && line[at] != options.Delimiter)
                continue;
            if (count == _ends.Length)
                Array.Resize(ref _ends, _ends.Length * 2);
            _ends[count++] = at;
        }
        return count;
    }

    private void ReadEscaped(ReadOnlySpan<byte> line)
    {
        var field = 0;
        var rest = line;
        while (true)
        {
            var length = FieldLength(rest, out var escaped);
            if (field >= target.FieldCount)
                throw Extra(target, _line, line);
            var text = rest[..length];
            if (text.SequenceEqual(options.Null))
                target.SetNull(field);
            else
                target.SetText(field, escaped ? Unescape(text, line) : text, _line);
            field++;
            if (length == rest.Length)
                break;
            rest = rest[(length + 1)..];
        }
        if (field < target.FieldCount)
            throw Missing(target, field, _line, line);
    }

    private int FieldLength(ReadOnlySpan<byte> rest, out bool escaped)
    {
        escaped = false;
        var at = 0;
        while (true)
        {
            var found = rest[at..].IndexOfAny(options.Delimiter, (byte)'\\');
            if (found < 0)
                return rest.Length;
            at += found;
            if (rest[at] == options.Delimiter)
                return at;
            escaped = true;
            at = Math.Min(at + 2, rest.Length);
        }
    }

    private ReadOnlySpan<byte> Unescape(ReadOnlySpan<byte> text, ReadOnlySpan<byte> line)
    {
        if (_scratch.Length < text.Length)
            _scratch = new byte[text.Length * 2];
        var count = 0;
        var high = false;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c != '\\' || i + 1 == text.Length)
            {
                _scratch[count++] = c;
                continue;
            }
            c = text[++i];
            switch ((char)c)
            {
                case 'b': c = (byte)'\b'; break;
                case 'f': c = (byte)'\f'; break;
                case 'n': c = (byte)'\n'; break;
                case 'r': c = (byte)'\r'; break;
                case 't': c = (byte)'\t'; break;
                case 'v': c = 11; break;
                case >= '0' and <= '7':
                    var octal = c - '0';
                    for (var digits = 1; digits < 3 && i + 1 < text.Length && text[i + 1] is >= (byte)'0' and <= (byte)'7'; digits++)
                        octal = octal * 8 + text[++i] - '0';
                    c = (byte)octal;
                    high |= c >= 0x80 || c == 0;
                    break;
                case 'x' when i + 1 < text.Length && char.IsAsciiHexDigit((char)text[i + 1]):
                    var hex = Convert.ToInt32(((char)text[++i]).ToString(), 16);
                    if (i + 1 < text.Length && char.IsAsciiHexDigit((char)text[i + 1]))
                        hex = hex * 16 + Convert.ToInt32(((char)text[++i]).ToString(), 16);
                    c = (byte)hex;
                    high |= c >= 0x80 || c == 0;
                    break;
            }
            _scratch[count++] = c;
        }
        var result = _scratch.AsSpan(0, count);
        if (high)
            Validate(result, target, _line);
        return result;
    }
}
