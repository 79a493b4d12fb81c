using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;
using OmenDb.Engine;

namespace OmenDb.Workload.Sql;

/// <summary>Values in the wire's formats, in memory that is used again: what a server gets out of a Bind message, without a message.</summary>
internal sealed class EmbeddedParameters : SqlParameters
{
    private static readonly DateTime PostgresEpoch = new(2000, 1, 1, 0, 0, 0, DateTimeKind.Unspecified);

    private readonly SqlField[] _fields;
    private readonly ReadOnlyMemory<byte>?[] _values;
    private byte[] _buffer = new byte[256];
    private int _used;
    private int _next;

    public EmbeddedParameters(SqlField[] fields)
    {
        _fields = fields;
        _values = new ReadOnlyMemory<byte>?[fields.Length];
        // Numerics as text: their binary form is base 10,000 and no shorter to make.
        Source = ParameterSource.OfBytes(_values, [.. fields.Select(field => (short)(field.Kind == SqlKind.Numeric ? 0 : 1))]);
    }

    /// <summary>Reads the present values whenever it is bound.</summary>
    public ParameterSource Source { get; }

    public override SqlParameters Int(int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(Reserve(SqlKind.Int4, 4), value);
        return Commit(4);
    }

    public override SqlParameters Long(long value)
    {
        BinaryPrimitives.WriteInt64BigEndian(Reserve(SqlKind.Int8, 8), value);
        return Commit(8);
    }

    public override SqlParameters Numeric(long units)
    {
        var target = Reserve(SqlKind.Numeric, 24);
        var length = 0;
        if (units < 0)
            target[length++] = (byte)'-';
        var scale = _fields[_next].Scale;
        var divisor = 1L;
        for (var i = 0; i < scale; i++)
            divisor *= 10;
        var (whole, rest) = Math.DivRem(Math.Abs(units), divisor);
        Utf8Formatter.TryFormat(whole, target[length..], out var written);
        length += written;
        if (scale > 0)
        {
            target[length++] = (byte)'.';
            for (var digit = scale - 1; digit >= 0; digit--)
            {
                target[length + digit] = (byte)('0' + rest % 10);
                rest /= 10;
            }
            length += scale;
        }
        return Commit(length);
    }

    public override SqlParameters Text(string value)
    {
        var target = Reserve(SqlKind.Text, Encoding.UTF8.GetMaxByteCount(value.Length));
        return Commit(Encoding.UTF8.GetBytes(value, target));
    }

    public override SqlParameters Timestamp(DateTime value)
    {
        BinaryPrimitives.WriteInt64BigEndian(Reserve(SqlKind.Timestamp, 8), (value - PostgresEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
        return Commit(8);
    }

    public override SqlParameters Null()
    {
        _values[_next++] = null;
        return this;
    }

    internal override void Restart()
    {
        _used = 0;
        _next = 0;
    }

    private Span<byte> Reserve(SqlKind kind, int length)
    {
        if (_fields[_next].Kind != kind)
            throw new InvalidOperationException($"parameter ${_next + 1} is declared as {_fields[_next].Kind}, not {kind}");
        if (_buffer.Length - _used < length)
        {
            // Values already given keep the old memory.
            _buffer = new byte[Math.Max(length, _buffer.Length * 2)];
            _used = 0;
        }
        return _buffer.AsSpan(_used);
    }

    private EmbeddedParameters Commit(int length)
    {
        _values[_next++] = _buffer.AsMemory(_used, length);
        _used += length;
        return this;
    }
}
