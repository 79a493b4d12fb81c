using System.Collections.Immutable;
using OmenDb.Planner.Binding;
using OmenDb.Protocol.Postgres.Io;
using OmenDb.Types;

namespace OmenDb.Protocol.Postgres.Backend;

/// <summary>How a result goes over the wire: its columns, and for each the format and the code that writes it. Immutable.</summary>
/// <remarks>Made once per prepared statement and choice of formats, so that a repeated Bind decides nothing.</remarks>
internal sealed class ResultShape
{
    private readonly short[] _formats;
    private readonly ValueEncoder[] _encoders;
    private byte[]? _description;

    /// <param name="formats">As in Bind: none, one for all, or one per column.</param>
    /// <exception cref="SqlException">08P01 when the number of formats does not fit; 0A000 for a type without that format.</exception>
    public ResultShape(ImmutableArray<OutputColumn> columns, short[] formats)
    {
        if (formats.Length > 1 && formats.Length != columns.Length)
            throw BodyReader.Malformed($"bind message has {formats.Length} result formats but query has {columns.Length} columns");
        Columns = columns;
        _formats = formats;
        _encoders = new ValueEncoder[columns.Length];
        for (var i = 0; i < _encoders.Length; i++)
            _encoders[i] = new ValueEncoder(columns[i].Type, IsBinary(i));
    }

    public ImmutableArray<OutputColumn> Columns { get; }

    public ReadOnlySpan<ValueEncoder> Encoders => _encoders;

    public bool IsBinary(int column) => _formats.Length switch
    {
        0 => false,
        1 => _formats[0] == 1,
        _ => _formats[column] == 1,
    };

    /// <summary>This shape is what <paramref name="columns"/> in <paramref name="formats"/> would give.</summary>
    public bool Fits(ImmutableArray<OutputColumn> columns, short[] formats) =>
        Columns.Equals(columns) && (ReferenceEquals(_formats, formats) || _formats.AsSpan().SequenceEqual(formats));

    /// <summary>RowDescription: encoded the first time, copied afterwards.</summary>
    public void WriteDescription(OutputBuffer output)
    {
        if (_description is { } bytes)
        {
            output.WriteBytes(bytes);
            return;
        }
        var start = output.UnsentBytes;
        RowDescription.Write(output, this);
        _description = output.Unsent[start..].ToArray();
    }
}
