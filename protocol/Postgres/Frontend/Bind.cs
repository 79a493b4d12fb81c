using OmenDb.Protocol.Postgres.Io;
using OmenDb.Types;

namespace OmenDb.Protocol.Postgres.Frontend;

/// <summary>'B', Bind: gives a prepared statement its parameters and so makes a portal.</summary>
/// <remarks>
/// <para>Body: String portal, String statement; Int16 count, Int16 format of parameters each; Int16 count, per parameter Int32 length (-1 = NULL) and bytes;
/// Int16 count, Int16 format of result columns each. PostgreSQL manual, "Message Formats".</para>
/// <para>One instance per connection is filled again and again; its arrays are made anew only when a count changes.</para>
/// </remarks>
internal sealed class Bind
{
    private ReadOnlyMemory<byte> _portal;
    private ReadOnlyMemory<byte> _statement;

    public ReadOnlySpan<byte> Portal => _portal.Span;

    public ReadOnlySpan<byte> Statement => _statement.Span;

    /// <summary>None (all text), one for all, or one per parameter; 0 text, 1 binary.</summary>
    public short[] ParameterFormats { get; private set; } = [];

    /// <summary>Null for NULL; valid as long as the message body.</summary>
    public ReadOnlyMemory<byte>?[] Values { get; private set; } = [];

    /// <summary>None (all text), one for all, or one per column; 0 text, 1 binary.</summary>
    public short[] ResultFormats { get; private set; } = [];

    /// <exception cref="SqlException">08P01; 22023 for an unknown format code.</exception>
    public void Read(ReadOnlyMemory<byte> body)
    {
        var reader = new BodyReader(body.Span);
        _portal = ReadName(body, ref reader);
        _statement = ReadName(body, ref reader);
        ParameterFormats = ReadFormats(ref reader, ParameterFormats);
        var count = reader.ReadCount();
        if (ParameterFormats.Length > 1 && ParameterFormats.Length != count)
            throw BodyReader.Malformed($"bind message has {ParameterFormats.Length} parameter formats but {count} parameters");
        if (Values.Length != count)
            Values = new ReadOnlyMemory<byte>?[count];
        for (var i = 0; i < count; i++)
        {
            var length = reader.ReadInt32();
            if (length == -1)
            {
                Values[i] = null;
                continue;
            }
            var start = reader.Position;
            reader.Take(length);
            Values[i] = body.Slice(start, length);
        }
        ResultFormats = ReadFormats(ref reader, ResultFormats);
        reader.ExpectEnd();
    }

    private static ReadOnlyMemory<byte> ReadName(ReadOnlyMemory<byte> body, ref BodyReader reader)
    {
        var start = reader.Position;
        return body.Slice(start, reader.ReadString().Length);
    }

    private static short[] ReadFormats(ref BodyReader reader, short[] reuse)
    {
        var count = reader.ReadCount();
        // Portals keep the array of their result formats: it is never overwritten with other values.
        var formats = reuse;
        for (var i = 0; i < count; i++)
        {
            var format = reader.ReadInt16();
            if (format is not (0 or 1))
                throw new SqlException(SqlState.InvalidParameterValue, $"unsupported format code: {format}");
            if (ReferenceEquals(formats, reuse) && (reuse.Length != count || reuse[i] != format))
            {
                formats = new short[count];
                reuse.AsSpan(0, Math.Min(i, reuse.Length)).CopyTo(formats);
            }
            formats[i] = format;
        }
        return count == 0 ? [] : formats;
    }
}
