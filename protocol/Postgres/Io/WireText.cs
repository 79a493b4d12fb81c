using System.Text;
using OmenDb.Types;

namespace OmenDb.Protocol.Postgres.Io;

/// <summary>Text off the wire as strings.</summary>
/// <remarks>Names of statements and portals come again with every Bind, Describe and Execute: a small direct-mapped cache keeps them from
/// being decoded and allocated each time. One instance per connection.</remarks>
internal sealed class WireText
{
    private const int Slots = 32;

    private readonly byte[]?[] _keys = new byte[Slots][];
    private readonly string[] _values = new string[Slots];

    /// <exception cref="SqlException">22021.</exception>
    public static string Decode(ReadOnlySpan<byte> text)
    {
        Utf8.Validate(text);
        return Encoding.UTF8.GetString(text);
    }

    /// <summary>The same as <see cref="Decode"/> for short texts that repeat.</summary>
    public string Name(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
            return "";
        var slot = (text.Length * 31 + text[0] * 7 + text[^1]) & Slots - 1;
        if (_keys[slot] is { } key && text.SequenceEqual(key))
            return _values[slot];
        var value = Decode(text);
        if (text.Length <= 128)
        {
            _keys[slot] = text.ToArray();
            _values[slot] = value;
        }
        return value;
    }
}
