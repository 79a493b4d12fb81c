using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using OmenDb.Types;

namespace OmenDb.Protocol.Postgres.Io;

/// <summary>Messages on their way to the client: collected, then written with one system call per flush.</summary>
/// <remarks>
/// <para>A message is open between <see cref="Begin"/> and <see cref="End"/>, which fills in its length. <see cref="Discard"/> takes back an open one, so
/// that an error in the middle of a row leaves no half message behind.</para>
/// <para>The memory is the connection's own and is reused; after a very long message it is given back.</para>
/// </remarks>
internal sealed class OutputBuffer(IConnectionStream stream) : IBufferWriter<byte>
{
    /// <summary>Rows are sent when this much has gathered: enough to make the system call cheap, little enough to stay in the cache.</summary>
    private const int SendAboveBytes = 64 * 1024;

    private const int InitialBytes = 8 * 1024;
    private const int KeepBytes = 1024 * 1024;

    /// <summary>As in PostgreSQL (MaxAllocSize).</summary>
    private const int MaxMessageBytes = 0x3FFFFFFF;

    private byte[] _buffer = new byte[InitialBytes];
    private int _position;
    private int _open = -1;

    public int UnsentBytes => _position;

    /// <summary>What stands in the buffer: for tests.</summary>
    public ReadOnlySpan<byte> Unsent => _buffer.AsSpan(0, _position);

    public void Begin(byte code)
    {
        _open = _position;
        var head = GetSpan(5);
        head[0] = code;
        _position += 5;
    }

    public void End()
    {
        BinaryPrimitives.WriteInt32BigEndian(_buffer.AsSpan(_open + 1), _position - _open - 1);
        _open = -1;
    }

    /// <summary>Takes back the message that is being written, if any.</summary>
    public void Discard()
    {
        if (_open < 0)
            return;
        _position = _open;
        _open = -1;
    }

    /// <summary>A message without a body.</summary>
    public void Empty(byte code)
    {
        Begin(code);
        End();
    }

    public void WriteByte(byte value)
    {
        GetSpan(1)[0] = value;
        _position++;
    }

    public void WriteInt16(int value)
    {
        BinaryPrimitives.WriteInt16BigEndian(GetSpan(2), (short)value);
        _position += 2;
    }

    public void WriteInt32(int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(GetSpan(4), value);
        _position += 4;
    }

    public void WriteInt64(long value)
    {
        BinaryPrimitives.WriteInt64BigEndian(GetSpan(8), value);
        _position += 8;
    }

    public void WriteBytes(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(GetSpan(bytes.Length));
        _position += bytes.Length;
    }

    /// <summary>UTF-8 with the closing NUL. A NUL inside would end it early: it becomes a blank.</summary>
    public void WriteString(string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        var target = GetSpan(length + 1);
        Encoding.UTF8.GetBytes(text, target);
        target[..length].Replace((byte)0, (byte)' ');
        target[length] = 0;
        _position += length + 1;
    }

    /// <summary>Leaves four bytes for the length of a value that follows.</summary>
    /// <returns>What <see cref="EndValue"/> wants.</returns>
    public int BeginValue()
    {
        GetSpan(4);
        _position += 4;
        return _position;
    }

    public void EndValue(int start) => BinaryPrimitives.WriteInt32BigEndian(_buffer.AsSpan(start - 4), _position - start);

    public void Advance(int count) => _position += count;

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        if (_buffer.Length - _position < Math.Max(sizeHint, 1))
            Grow(Math.Max(sizeHint, 1));
        return _buffer.AsSpan(_position);
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (_buffer.Length - _position < Math.Max(sizeHint, 1))
            Grow(Math.Max(sizeHint, 1));
        return _buffer.AsMemory(_position);
    }

    private void Grow(int more)
    {
        var needed = (long)_position + more;
        if (needed > MaxMessageBytes)
            throw new SqlException(SqlState.ProgramLimitExceeded, "out of memory")
            { Detail = $"Cannot enlarge string buffer containing {_position} bytes by {more} more bytes." };
        var larger = new byte[(int)Math.Min(Math.Max(needed, _buffer.Length * 2L), MaxMessageBytes)];
        _buffer.AsSpan(0, _position).CopyTo(larger);
        _buffer = larger;
    }

    /// <summary>Between messages: sends when enough has gathered.</summary>
    public void FlushIfFull()
    {
        if (_position >= SendAboveBytes)
            Flush();
    }

    /// <summary>Sends everything. Not while a message is open.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    public void Flush()
    {
        if (_position == 0)
            return;
        var length = _position;
        _position = 0;
        stream.Write(_buffer.AsSpan(0, length));
        if (_buffer.Length > KeepBytes)
            _buffer = new byte[InitialBytes];
    }
}
