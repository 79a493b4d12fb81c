using OmenDb.Tpch.Schema;

namespace OmenDb.Tpch.Generation.Columns;

/// <summary>A char(n) or varchar(n) column: the values' UTF-8 bytes one after the other, and where each begins.</summary>
/// <remarks>char(n) values carry no padding. dbgen's text is plain ASCII.</remarks>
public sealed class TextColumn : TpchColumn
{
    private readonly byte[] _bytes;
    private readonly int[] _offsets;
    private int _appended;

    /// <param name="maxBytes">Longest value; reserved for each of <paramref name="capacity"/> rows.</param>
    internal TextColumn(TpchColumnDefinition definition, int capacity, int maxBytes) : base(definition)
    {
        MaxTextBytes = maxBytes;
        _bytes = new byte[checked(capacity * maxBytes)];
        _offsets = new int[capacity + 1];
    }

    /// <summary>All values, back to back.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _offsets[Count]);

    /// <summary>Count + 1 entries: value i is Bytes[Offsets[i] .. Offsets[i + 1]].</summary>
    public ReadOnlySpan<int> Offsets => _offsets.AsSpan(0, Count + 1);

    public ReadOnlySpan<byte> this[int row] => _bytes.AsSpan(_offsets[row].._offsets[row + 1]);

    public override int MaxTextBytes { get; }

    public override int FormatText(int row, Span<byte> target)
    {
        var value = this[row];
        value.CopyTo(target);
        return value.Length;
    }

    internal void Clear() => _appended = 0;

    internal void Append(ReadOnlySpan<byte> value) => value.CopyTo(AppendUninitialized(value.Length));

    /// <summary>Appends a value of the given length, to be written by the caller.</summary>
    internal Span<byte> AppendUninitialized(int length)
    {
        var start = _offsets[_appended];
        _offsets[++_appended] = start + length;
        return _bytes.AsSpan(start, length);
    }

    /// <summary>The value at <paramref name="row"/>, to be changed in place.</summary>
    internal Span<byte> Writable(int row) => _bytes.AsSpan(_offsets[row].._offsets[row + 1]);
}
