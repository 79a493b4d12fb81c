using OmenDb.Types;

namespace OmenDb.Engine.Copy;

/// <summary>CSV as PostgreSQL reads it: quoted fields may hold delimiters and line ends.</summary>
internal sealed class CsvReader(CopyTarget target, CopyOptions options) : CopyReader
{
    private readonly record struct Field(int Start, int Length, bool Quoted, bool InScratch);

    private readonly List<Field> _fields = [];
    private byte[] _scratch = new byte[256];
    private int _scratchLength;
    private int _line = 1;
    private bool _headerDone = options.Header == CopyHeader.No;

    public override int Read(ReadOnlySpan<byte> data, bool isFinal)
    {
        var used = 0;
        while (used < data.Length && !IsEnded)
        {
            var rest = data[used..];
            var length = Split(rest, isFinal, out var next, out var lines);
            if (length < 0)
                break;
            used += next;
            var line = _line;
            _line += lines;
            Take(rest, rest[..length], line);
        }
        return used;
    }

    /// <summary>Cuts the first record into fields.</summary>
    /// <returns>Its length without the line end; -1: its end is not there yet.</returns>
    private int Split(ReadOnlySpan<byte> data, bool isFinal, out int next, out int lines)
    {
        _fields.Clear();
        _scratchLength = 0;
        next = 0;
        lines = 1;
        var at = 0;
        var start = 0;
        var inScratch = false; // the field so far was copied, because quotes were taken out
        var scratchStart = 0;
        var quoted = false;
        while (true)
        {
            var found = data[at..].IndexOfAny([options.Delimiter, options.Quote, (byte)'\n', (byte)'\r']);
            if (found < 0)
            {
                if (!isFinal)
                    return -1;
                found = data.Length - at;
            }
            if (inScratch)
                Copy(data.Slice(at, found));
            at += found;
            if (at < data.Length && data[at] == options.Quote)
            {
                if (!inScratch)
                {
                    inScratch = true;
                    scratchStart = _scratchLength;
                    Copy(data[start..at]);
                }
                quoted = true;
                if (!Quoted(data, ref at, ref lines, isFinal))
                    return -1;
                continue;
            }
            if (at < data.Length && data[at] == '\r' && at + 1 == data.Length && !isFinal)
                return -1; // perhaps a \n follows
            _fields.Add(inScratch ? new Field(scratchStart, _scratchLength - scratchStart, quoted, true) : new Field(start, at - start, quoted, false));
            if (at >= data.Length || data[at] != options.Delimiter)
            {
                next = at >= data.Length ? data.Length : data[at] == '\r' && at + 1 < data.Length && data[at + 1] == '\n' ? at + 2 : at + 1;
                return at;
            }
            at++;
            start = at;
            inScratch = quoted = false;
        }
    }

    /// <summary>Copies the inside of quotes; <paramref name="at"/> goes from the opening to behind the closing one.</summary>
    private bool Quoted(ReadOnlySpan<byte> data, ref int at, ref int lines, bool isFinal)
    {
        at++;
        while (true)
        {
            var found = data[at..].IndexOfAny(options.Quote, options.Escape, (byte)'\n');
            if (found < 0)
            {
                if (!isFinal)
                    return false;
                throw Bad("unterminated CSV quoted field", target, _line, data);
            }
            Copy(data.Slice(at, found));
            at += found;
            var c = data[at];
            if (c == '\n')
            {
                lines++;
                Copy(data.Slice(at++, 1));
                continue;
            }
            if (c == options.Escape)
            {
                if (at + 1 >= data.Length && !isFinal)
                    return false;
                if (at + 1 < data.Length && (data[at + 1] == options.Quote || data[at + 1] == options.Escape))
                {
                    Copy(data.Slice(at + 1, 1));
                    at += 2;
                    continue;
                }
                if (c != options.Quote)
                {
                    Copy(data.Slice(at++, 1)); // an escape in front of anything else is itself
                    continue;
                }
            }
            at++;
            return true;
        }
    }

    private void Copy(ReadOnlySpan<byte> bytes)
    {
        if (_scratchLength + bytes.Length > _scratch.Length)
            Array.Resize(ref _scratch, Math.Max(_scratch.Length * 2, _scratchLength + bytes.Length));
        bytes.CopyTo(_scratch.AsSpan(_scratchLength));
        _scratchLength += bytes.Length;
    }

    private ReadOnlySpan<byte> Text(ReadOnlySpan<byte> data, Field field) =>
        field.InScratch ? _scratch.AsSpan(field.Start, field.Length) : data.Slice(field.Start, field.Length);

    private void Take(ReadOnlySpan<byte> data, ReadOnlySpan<byte> line, int number)
    {
        if (line is [(byte)'\\', (byte)'.'])
        {
            IsEnded = true;
            return;
        }
        if (!System.Text.Ascii.IsValid(line))
            Validate(line, target, number);
        if (!_headerDone)
        {
            _headerDone = true;
            if (options.Header == CopyHeader.Match)
            {
                var names = new List<string?>();
                foreach (var field in _fields)
                    names.Add(Utf8.ToDisplay(Text(data, field)));
                CheckHeader(target, names);
            }
            return;
        }
        if (target.FieldCount == 0 && line.IsEmpty)
        {
            target.EndRow(number);
            return;
        }
        if (_fields.Count > target.FieldCount)
            throw Extra(target, number, line);
        if (_fields.Count < target.FieldCount)
            throw Missing(target, _fields.Count, number, line);
        for (var i = 0; i < _fields.Count; i++)
        {
            var text = Text(data, _fields[i]);
            var isNull = text.SequenceEqual(options.Null) && (_fields[i].Quoted ? target.ForceNull[i] : !target.ForceNotNull[i]);
            if (isNull)
                target.SetNull(i);
            else
                target.SetText(i, text, number);
        }
        target.EndRow(number);
    }
}
