using System.Buffers;
using System.Buffers.Binary;
using OmenDb.Arrow;
using OmenDb.Types;

namespace OmenDb.Engine.Copy;

/// <summary>COPY TO: rows of a query as bytes, one row at a time: clients rely on one row per CopyData message, as PostgreSQL sends them.</summary>
internal sealed class CopyOut : CopyOperation, IDisposable
{
    private readonly QueryRun _query;
    private readonly CopyOptions _options;
    private readonly SqlType[] _types;
    private readonly string[] _names;
    private readonly TypeHandler[] _handlers;
    private readonly bool[] _forceQuote;
    private readonly SessionSettings _settings;
    private readonly ArrayBufferWriter<byte> _output = new(4096);
    private readonly ArrayBufferWriter<byte> _value = new(256);
    private readonly SearchValues<byte> _special;
    private Batch? _batch;
    private int[] _rows = [];
    private int _next;
    private bool _started;
    private bool _ended;

    public CopyOut(QueryRun query, CopyOptions options, SessionSettings settings)
    {
        _query = query;
        _options = options;
        _settings = settings;
        _types = [.. query.Plan.Outputs.Select(o => o.Type)];
        _names = [.. query.Plan.Outputs.Select(o => o.Name)];
        _handlers = [.. _types.Select(t => TypeIo.Of(t.Id))];
        foreach (var name in options.ForceQuote ?? [])
        {
            if (!_names.Contains(name))
                throw new SqlException(SqlState.InvalidColumnReference, $"FORCE_QUOTE column \"{name}\" not referenced by COPY");
        }
        _forceQuote = [.. _names.Select(n => options.ForceQuoteAll || options.ForceQuote?.Contains(n) == true)];
        _special = SearchValues.Create(options.Format == CopyFormat.Csv
            ? [options.Delimiter, options.Quote, (byte)'\n', (byte)'\r']
            : [options.Delimiter, (byte)'\\', (byte)'\n', (byte)'\r', (byte)'\t', (byte)'\b', (byte)'\f', 11]);
    }

    public override CopyDirection Direction => CopyDirection.Out;

    public override bool IsBinary => _options.Format == CopyFormat.Binary;

    public override int ColumnCount => _types.Length;

    public long RowCount { get; private set; }

    public override bool Read(out ReadOnlyMemory<byte> data)
    {
        data = default;
        if (_ended)
            return false;
        _output.ResetWrittenCount();
        if (!_started)
        {
            _started = true;
            WriteHeader();
        }
        if ((IsBinary || _output.WrittenCount == 0) && !WriteNextRow())
        {
            _ended = true;
            if (IsBinary)
                WriteInt16(-1);
        }
        data = _output.WrittenMemory;
        return _output.WrittenCount > 0;
    }

    /// <returns>False when there are no more rows.</returns>
    private bool WriteNextRow()
    {
        while (_batch is null || _next >= _rows.Length)
        {
            if (!_query.Next(out _batch))
                return false;
            _rows = _batch.Selection is { } selection ? selection.FillIndices(_batch.Length).ToArray() : [.. Enumerable.Range(0, _batch.Length)];
            _next = 0;
        }
        WriteRow(_batch, _rows[_next++]);
        return true;
    }

    private void WriteHeader()
    {
        if (IsBinary)
        {
            _output.Write(BinaryReader.Signature);
            _output.Write((ReadOnlySpan<byte>)[0, 0, 0, 0, 0, 0, 0, 0]);
            return;
        }
        if (_options.Header == CopyHeader.No)
            return;
        for (var i = 0; i < _names.Length; i++)
        {
            if (i > 0)
                Put(_options.Delimiter);
            var name = System.Text.Encoding.UTF8.GetBytes(_names[i]);
            if (_options.Format == CopyFormat.Csv)
                WriteCsv(name, force: false);
            else
                WriteText(name);
        }
        Put((byte)'\n');
    }

    private void WriteRow(Batch batch, int row)
    {
        RowCount++;
        var io = _settings.Io;
        if (IsBinary)
            WriteInt16((short)_types.Length);
        for (var i = 0; i < _types.Length; i++)
        {
            var column = batch.Columns[i];
            if (i > 0 && !IsBinary)
                Put(_options.Delimiter);
            if (!column.IsValid(row))
            {
                if (IsBinary)
                    WriteInt32(-1);
                else
                    _output.Write(_options.Null);
                continue;
            }
            _value.ResetWrittenCount();
            if (IsBinary)
            {
                _handlers[i].Send(_types[i], column, row, _value, io);
                WriteInt32(_value.WrittenCount);
                _output.Write(_value.WrittenSpan);
                continue;
            }
            _handlers[i].Format(_types[i], column, row, _value, io);
            if (_options.Format == CopyFormat.Csv)
                WriteCsv(_value.WrittenSpan, _forceQuote[i]);
            else
                WriteText(_value.WrittenSpan);
        }
        if (!IsBinary)
            Put((byte)'\n');
    }

    private void WriteText(ReadOnlySpan<byte> text)
    {
        while (true)
        {
            var at = text.IndexOfAny(_special);
            if (at < 0)
            {
                _output.Write(text);
                return;
            }
            _output.Write(text[..at]);
            Put((byte)'\\');
            Put((char)text[at] switch { '\n' => (byte)'n', '\r' => (byte)'r', '\t' => (byte)'t', '\b' => (byte)'b', '\f' => (byte)'f', '\v' => (byte)'v', var c => (byte)c });
            text = text[(at + 1)..];
        }
    }

    private void WriteCsv(ReadOnlySpan<byte> text, bool force)
    {
        // A value that looks like the null text or the end marker must not be taken for it.
        if (!force && !text.ContainsAny(_special) && !text.SequenceEqual(_options.Null) && !(_types.Length == 1 && text.SequenceEqual("\\."u8)))
        {
            _output.Write(text);
            return;
        }
        Put(_options.Quote);
        foreach (var c in text)
        {
            if (c == _options.Quote || c == _options.Escape)
                Put(_options.Escape);
            Put(c);
        }
        Put(_options.Quote);
    }

    private void Put(byte value)
    {
        _output.GetSpan(1)[0] = value;
        _output.Advance(1);
    }

    private void WriteInt16(short value)
    {
        BinaryPrimitives.WriteInt16BigEndian(_output.GetSpan(2), value);
        _output.Advance(2);
    }

    private void WriteInt32(int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(_output.GetSpan(4), value);
        _output.Advance(4);
    }

    public void Dispose() => _query.Dispose();
}
