using System.Buffers.Binary;
using OmenDb.Types;

namespace OmenDb.Protocol.Postgres.Io;

/// <summary>Cuts the client's bytes into messages: one code byte, an Int32 length that counts itself, the body.</summary>
/// <remarks>The buffer grows as bytes arrive, never by what a length merely announces; it shrinks again after a long message.</remarks>
internal sealed class MessageReader(IConnectionStream stream)
{
    /// <summary>As in PostgreSQL (MaxAllocSize): 1 GB.</summary>
    private const int MaxMessageBytes = 0x3FFFFFFF;

    /// <summary>Messages that carry only names and numbers.</summary>
    private const int MaxSmallMessageBytes = 10_000;

    private const int InitialBytes = 8 * 1024;
    private const int KeepBytes = 1024 * 1024;

    private byte[] _buffer = new byte[InitialBytes];
    private int _start;
    private int _end;

    /// <summary>Bytes of the next messages are here already.</summary>
    public bool HasBuffered => _end > _start;

    /// <summary>The first message of a connection: no code, a length, a body.</summary>
    /// <param name="maxBytes">Of length field and body.</param>
    /// <param name="body">Valid until the next read.</param>
    /// <returns>False when the stream ended before a message or the length makes no sense: close without an answer, as PostgreSQL does.</returns>
    public bool TryReadStartup(int maxBytes, out ReadOnlyMemory<byte> body)
    {
        body = default;
        if (!Fill(4))
            return false;
        var length = BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(_start));
        if (length < 8 || length > maxBytes || !Fill(length))
            return false;
        body = _buffer.AsMemory(_start + 4, length - 4);
        _start += length;
        return true;
    }

    /// <summary>Waits for the next message.</summary>
    /// <param name="body">What follows the length; valid until the next read.</param>
    /// <returns>False at the end of the stream.</returns>
    /// <exception cref="SqlException">FATAL 08P01: not a message; the position in the stream is lost.</exception>
    public bool TryRead(out byte code, out ReadOnlyMemory<byte> body)
    {
        code = 0;
        body = default;
        if (_start == _end)
        {
            _start = _end = 0;
            if (_buffer.Length > KeepBytes)
                _buffer = new byte[InitialBytes];
        }
        if (!Fill(5))
            return false;
        code = _buffer[_start];
        var length = BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(_start + 1));
        var limit = LimitOf(code);
        if (limit == 0)
            throw SqlException.Protocol($"invalid frontend message type {code}");
        if (length < 4 || length > limit)
            throw SqlException.Protocol("invalid message length");
        if (!Fill(1 + length))
            return false;
        body = _buffer.AsMemory(_start + 5, length - 4);
        _start += 1 + length;
        return true;
    }

    private static int LimitOf(byte code) => code switch
    {
        (byte)'Q' or (byte)'P' or (byte)'B' or (byte)'F' or (byte)'d' => MaxMessageBytes,
        (byte)'C' or (byte)'D' or (byte)'E' or (byte)'H' or (byte)'S' or (byte)'X' or (byte)'c' or (byte)'f' or (byte)'p' => MaxSmallMessageBytes,
        _ => 0,
    };

    /// <summary>Makes at least <paramref name="count"/> bytes stand at the start of the unread part.</summary>
    private bool Fill(int count)
    {
        while (_end - _start < count)
        {
            if (_end == _buffer.Length)
                MakeRoom(count);
            var read = stream.Read(_buffer.AsSpan(_end));
            if (read == 0)
                return false;
            _end += read;
        }
        return true;
    }

    private void MakeRoom(int count)
    {
        var unread = _buffer.AsSpan(_start, _end - _start);
        if (count <= _buffer.Length && _start > 0)
        {
            unread.CopyTo(_buffer);
        }
        else
        {
            // Doubling only when the buffer is really full: a lying length costs its sender as many bytes as us.
            var larger = new byte[(int)Math.Min(Math.Max(_buffer.Length * 2L, InitialBytes), Math.Max(count, (long)InitialBytes) + InitialBytes)];
            unread.CopyTo(larger);
            _buffer = larger;
        }
        _end -= _start;
        _start = 0;
    }
}
