using OmenDb.Types;

namespace OmenDb.Engine.Copy;

/// <summary>COPY FROM: bytes cut anywhere go in, whole rows come out to the target.</summary>
internal sealed class CopyIn : CopyOperation, IDisposable
{
    private readonly CopyTarget _target;
    private readonly CopyReader _reader;
    private byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    public CopyIn(CopyTarget target, CopyOptions options)
    {
        _target = target;
        _reader = options.Format switch
        {
            CopyFormat.Csv => new CsvReader(target, options),
            CopyFormat.Binary => new BinaryReader(target),
            _ => new TextReader(target, options),
        };
        IsBinary = options.Format == CopyFormat.Binary;
    }

    public override CopyDirection Direction => CopyDirection.In;

    public override bool IsBinary { get; }

    public override int ColumnCount => _target.FieldCount;

    public override void Write(ReadOnlySpan<byte> data)
    {
        if (_reader.IsEnded)
            return; // what follows the end marker is ignored
        if (_start == _end)
        {
            // Nothing is left over: whole rows are read where they stand.
            var used = Read(data, isFinal: false);
            data = data[used..];
            (_start, _end) = (0, 0);
        }
        if (data.IsEmpty || _reader.IsEnded)
            return;
        if (_end + data.Length > _buffer.Length)
        {
            var left = _end - _start;
            var target = left + data.Length > _buffer.Length ? new byte[Math.Max(_buffer.Length * 2, left + data.Length)] : _buffer;
            _buffer.AsSpan(_start, left).CopyTo(target);
            (_buffer, _start, _end) = (target, 0, left);
        }
        data.CopyTo(_buffer.AsSpan(_end));
        _end += data.Length;
        _start += Read(_buffer.AsSpan(_start, _end - _start), isFinal: false);
    }

    public override void Complete()
    {
        if (!_reader.IsEnded)
            Read(_buffer.AsSpan(_start, _end - _start), isFinal: true);
        _target.Finish();
    }

    private int Read(ReadOnlySpan<byte> data, bool isFinal)
    {
        try
        {
            return _reader.Read(data, isFinal);
        }
        catch (SqlException)
        {
            _target.Settle(); // an error in an earlier row comes first
            throw;
        }
    }

    public void Dispose() => _target.Dispose();
}

/// <summary>One of the formats.</summary>
internal abstract class CopyReader
{
    /// <summary>The end marker was read.</summary>
    public bool IsEnded { get; protected set; }

    /// <summary>Reads the whole rows at the beginning of the data.</summary>
    /// <param name="isFinal">No more data follows: the last row may lack its line end.</param>
    /// <returns>Bytes used.</returns>
    public abstract int Read(ReadOnlySpan<byte> data, bool isFinal);

    protected static void Validate(ReadOnlySpan<byte> line, CopyTarget target, int number)
    {
        try
        {
            Utf8.Validate(line);
        }
        catch (SqlException error)
        {
            throw CopyTarget.WithContext(error, $"COPY {target.TableName}, line {number}");
        }
    }

    protected static SqlException Missing(CopyTarget target, int field, int line, ReadOnlySpan<byte> text) =>
        Bad($"missing data for column \"{target.Names[field]}\"", target, line, text);

    protected static SqlException Extra(CopyTarget target, int line, ReadOnlySpan<byte> text) => Bad("extra data after last expected column", target, line, text);

    protected static SqlException Bad(string message, CopyTarget target, int line, ReadOnlySpan<byte> text) => new(SqlState.BadCopyFileFormat, message)
    {
        Where = $"COPY {target.TableName}, line {line}: \"{Utf8.ToDisplay(text.Length > 100 ? text[..100] : text)}{(text.Length > 100 ? "..." : "")}\"",
    };

    /// <summary>HEADER MATCH.</summary>
    protected static void CheckHeader(CopyTarget target, IReadOnlyList<string?> names)
    {
        if (names.Count != target.FieldCount)
        {
            throw new SqlException(SqlState.BadCopyFileFormat, $"wrong number of fields in header line: got {names.Count}, expected {target.FieldCount}")
            {
                Where = $"COPY {target.TableName}, line 1",
            };
        }
        for (var i = 0; i < names.Count; i++)
        {
            if (names[i] != target.Names[i])
            {
                throw new SqlException(SqlState.BadCopyFileFormat, names[i] is null
                    ? $"column name mismatch in header line field {i + 1}: got null value (\"\"), expected \"{target.Names[i]}\""
                    : $"column name mismatch in header line field {i + 1}: got \"{names[i]}\", expected \"{target.Names[i]}\"")
                {
                    Where = $"COPY {target.TableName}, line 1",
                };
            }
        }
    }
}
