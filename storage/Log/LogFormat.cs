using System.Buffers.Binary;
using OmenDb.Arrow.Compute;

namespace OmenDb.Storage.Log;

/// <summary>What a frame is. Persisted: append only, pinned by a test.</summary>
internal enum FrameKind : byte
{
    /// <summary>One whole record.</summary>
    Whole = 1,

    /// <summary>A record that goes on in the next frame.</summary>
    First = 2,

    Middle = 3,

    Last = 4,

    /// <summary>The end of one flush: states what was durable before it, see <see cref="LogFormat"/>.</summary>
    Mark = 5,
}

/// <summary>The bytes of the redo log.</summary>
/// <remarks>
/// <code>
/// directory      0000000000000001.log  0000000000000002.log ...      16 hexadecimal digits = segment number
/// LSN            segment number * segment size + offset in the file; segments have one fixed size for the life of the log
///
/// segment        | header 64 | frame | frame | ... | frame | fewer than 40 unused bytes |
///
/// header          0  u64  magic "OMENLOG1"
///                 8  u32  format version
///                12  u32  segment size in bytes
///                16  u64  segment number
///                24  u64  LSN of byte 0
///                32  28 zero bytes
///                60  u32  CRC32C of bytes 0..59
///
/// frame           0  u32  CRC32C of the payload, continued over bytes 4..23
///                 4  u32  payload length
///                 8  u64  LSN of this frame
///                16  u32  CRC of the frame before it
///                20  u8   kind, then 3 zero bytes
///                24  payload, padded with zeros to a multiple of 8
///
/// mark payload    0  u64  LSN below which everything was durable before this flush began to be written
///                 8  u64  number drawn when the log was opened
/// </code>
/// <para>A record that does not fit into the rest of its segment (or of one buffer) is cut into First, Middle..., Last.</para>
/// <para>Each flush is frames and one mark. Reading stops at the first byte that does not continue the chain. Is that
/// the torn end of the last flush, or damage to something acknowledged? Any mark further on that calls a higher position
/// durable proves damage; without one, nobody was ever told that those bytes were safe, and the log is cut there:</para>
/// <code>
///     A A A m(0) | B B m(A) | C x C m(B)                x in the last flush: C was never acknowledged, cut at x
///     A A A m(0) | B x m(A) | C C C m(B)                m(B) says that B was durable: corruption
/// </code>
/// <para>Why each frame carries its LSN: a recycled file is full of valid frames of its former life; they stand at the
/// wrong place. Why it carries the CRC of its predecessor: after a cut at x, the rest of C stays in the file. New
/// frames are written over it from x on, and when one of them ends exactly where an old one begins, the old one would be
/// read as their successor, bringing a transaction back from the dead. The first frame after opening is a mark with a
/// fresh random number, so not even the same transaction repeated gives the same chain.</para>
/// </remarks>
internal static class LogFormat
{
    public const ulong Magic = 0x31474F4C4E454D4F; // "OMENLOG1", little-endian
    public const uint Version = 1;
    public const int SegmentHeaderSize = 64;
    public const int FrameHeaderSize = 24;
    public const int MarkPayloadSize = 16;

    /// <summary>Less room than this at the end of a segment stays unused: a mark, which is never cut, must fit.</summary>
    public const int MinimumRoom = FrameHeaderSize + MarkPayloadSize;

    public static long Align(long length) => (length + 7) & ~7L;

    public static string SegmentName(long number) => $"{number:x16}.log";

    /// <returns>0 when the name is not that of a segment.</returns>
    public static long SegmentNumber(string name) =>
        name.Length == 20 && name.EndsWith(".log", StringComparison.Ordinal)
        && long.TryParse(name.AsSpan(0, 16), System.Globalization.NumberStyles.AllowHexSpecifier, null, out var number) ? number : 0;

    public static void WriteSegmentHeader(Span<byte> header, long number, int segmentSize)
    {
        header = header[..SegmentHeaderSize];
        header.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(header, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], Version);
        BinaryPrimitives.WriteInt32LittleEndian(header[12..], segmentSize);
        BinaryPrimitives.WriteInt64LittleEndian(header[16..], number);
        BinaryPrimitives.WriteInt64LittleEndian(header[24..], number * segmentSize);
        BinaryPrimitives.WriteUInt32LittleEndian(header[60..], Crc32C.Compute(header[..60]));
    }

    /// <summary>False for anything that is not a sound header of any segment.</summary>
    public static bool ReadSegmentHeader(ReadOnlySpan<byte> header, out uint version, out int segmentSize, out long number)
    {
        version = BinaryPrimitives.ReadUInt32LittleEndian(header[8..]);
        segmentSize = BinaryPrimitives.ReadInt32LittleEndian(header[12..]);
        number = BinaryPrimitives.ReadInt64LittleEndian(header[16..]);
        return BinaryPrimitives.ReadUInt64LittleEndian(header) == Magic
            && BinaryPrimitives.ReadUInt32LittleEndian(header[60..]) == Crc32C.Compute(header[..60])
            && BinaryPrimitives.ReadInt64LittleEndian(header[24..]) == number * segmentSize;
    }

    /// <summary>Fills in the header; in <paramref name="frame"/> the payload already stands at byte 24, and the padding is zero.</summary>
    /// <returns>The frame's CRC, which the next frame carries.</returns>
    public static uint SealFrame(Span<byte> frame, int payloadLength, uint payloadCrc, Lsn lsn, uint previousCrc, FrameKind kind)
    {
        BinaryPrimitives.WriteInt32LittleEndian(frame[4..], payloadLength);
        BinaryPrimitives.WriteInt64LittleEndian(frame[8..], lsn.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[16..], previousCrc);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[20..], (uint)kind);
        var crc = Crc32C.Append(payloadCrc, frame[4..FrameHeaderSize]);
        BinaryPrimitives.WriteUInt32LittleEndian(frame, crc);
        return crc;
    }

    /// <summary>Reads the frame at the start of <paramref name="bytes"/> (the rest of its segment).</summary>
    public static bool TryReadFrame(ReadOnlySpan<byte> bytes, Lsn lsn, out FrameView frame)
    {
        frame = default;
        if (bytes.Length < FrameHeaderSize || BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]) != lsn.Value)
            return false;
        var length = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        var kind = BinaryPrimitives.ReadUInt32LittleEndian(bytes[20..]);
        if (length > (uint)(bytes.Length - FrameHeaderSize) || kind is < (uint)FrameKind.Whole or > (uint)FrameKind.Mark)
            return false;
        var payload = bytes.Slice(FrameHeaderSize, (int)length);
        var crc = Crc32C.Append(Crc32C.Compute(payload), bytes[4..FrameHeaderSize]);
        if (crc != BinaryPrimitives.ReadUInt32LittleEndian(bytes) || (kind == (uint)FrameKind.Mark && length != MarkPayloadSize))
            return false;
        frame = new FrameView((FrameKind)kind, payload, crc, BinaryPrimitives.ReadUInt32LittleEndian(bytes[16..]));
        return true;
    }
}

/// <summary>A frame whose CRC and LSN were found right.</summary>
internal readonly ref struct FrameView(FrameKind kind, ReadOnlySpan<byte> payload, uint crc, uint previousCrc)
{
    public FrameKind Kind { get; } = kind;
    public ReadOnlySpan<byte> Payload { get; } = payload;
    public uint Crc { get; } = crc;
    public uint PreviousCrc { get; } = previousCrc;

    /// <summary>Header, payload and padding.</summary>
    public int Size => (int)(LogFormat.FrameHeaderSize + LogFormat.Align(Payload.Length));

    /// <summary>Of a mark: everything below was durable before its flush.</summary>
    public Lsn Durable => new(BinaryPrimitives.ReadInt64LittleEndian(Payload));
}
