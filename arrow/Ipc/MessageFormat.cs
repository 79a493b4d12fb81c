using System.Buffers.Binary;

namespace OmenDb.Arrow.Ipc;

/// <summary>Message.fbs: the frame around every piece of a stream or file.</summary>
/// <remarks><code>
/// | FF FF FF FF | int32 metadata length | metadata (FlatBuffer), padded to 8 | body, padded to 64 |
/// </code>
/// Metadata length 0 ends a stream. Very old writers leave the first four bytes out.</remarks>
internal static class MessageFormat
{
    public const byte SchemaHeader = 1;
    public const byte DictionaryHeader = 2;
    public const byte BatchHeader = 3;
    public const short Version5 = 4;
    public const int BodyAlignment = 64;

    /// <summary>Metadata longer than this is taken for damage.</summary>
    public const int MostMetadataBytes = 64 << 20;

    public static ReadOnlySpan<byte> FileMagic => "ARROW1"u8;

    public static long Padded(long length) => (length + BodyAlignment - 1) / BodyAlignment * BodyAlignment;

    /// <summary>The framed metadata, ready to be written.</summary>
    public static byte[] Frame(FlatBuilder builder, byte headerType, int header, long bodyLength)
    {
        builder.StartTable(5);
        builder.Long(3, bodyLength);
        builder.Reference(2, header);
        builder.Short(0, Version5);
        builder.Byte(1, headerType);
        var metadata = builder.Finish(builder.EndTable());
        var padded = (8 + metadata.Length + 7) / 8 * 8;
        var frame = new byte[padded];
        BinaryPrimitives.WriteInt32LittleEndian(frame, -1);
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(4), padded - 8);
        metadata.CopyTo(frame.AsSpan(8));
        return frame;
    }
}
