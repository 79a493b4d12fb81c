namespace OmenDb.Engine;

/// <summary>The values of $1, $2 ... for one Bind: bytes off the wire, or CLR values. Read during Bind only.</summary>
public sealed class ParameterSource
{
    public static readonly ParameterSource Empty = new([], [], null);

    private readonly ReadOnlyMemory<byte>?[] _bytes;
    private readonly short[] _formats;
    private readonly object?[]? _values;

    private ParameterSource(ReadOnlyMemory<byte>?[] bytes, short[] formats, object?[]? values)
    {
        _bytes = bytes;
        _formats = formats;
        _values = values;
    }

    public int Count => _values?.Length ?? _bytes.Length;

    /// <param name="values">One per parameter; null for NULL. The memory must stay until Bind returns.</param>
    /// <param name="formats">0 text, 1 binary: none (all text), one for all, or one per parameter.</param>
    public static ParameterSource OfBytes(ReadOnlyMemory<byte>?[] values, short[] formats) => new(values, formats, null);

    /// <param name="values">int, long, string, bool, decimal, double, DateTime, Guid, byte[] ...; null for NULL.</param>
    public static ParameterSource OfValues(params object?[] values) => new([], [], values);

    /// <summary>True when the values are CLR objects.</summary>
    internal bool HasValues => _values is not null;

    internal object? Value(int index) => _values![index];

    internal ReadOnlyMemory<byte>? Bytes(int index) => _bytes[index];

    internal int FormatCount => _formats.Length;

    internal short Format(int index) => _formats.Length switch
    {
        0 => 0,
        1 => _formats[0],
        _ => _formats[index],
    };
}
