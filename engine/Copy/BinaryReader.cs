using System.Buffers.Binary;
using OmenDb.Types;

namespace OmenDb.Engine.Copy;

/// <summary>PostgreSQL's binary format.</summary>
/// <remarks>
/// <code>
/// "PGCOPY\n" 0xFF "\r\n" 0x00 | int32 flags | int32 length of the extension, extension
/// per row: int16 fields | per field: int32 length or -1 for null, bytes
/// int16 -1
/// </code>
/// PostgreSQL manual, COPY, "Binary Format".
/// </remarks>
internal sealed class BinaryReader(CopyTarget target) : CopyReader
{
    public static ReadOnlySpan<byte> Signature => [0x50, 0x47, 0x43, 0x4F, 0x50, 0x59, 0x0A, 0xFF, 0x0D, 0x0A, 0x00];

    private bool _headerDone;
    private int _row;

    public override int Read(ReadOnlySpan<byte> data, bool isFinal)
    {
        var used = 0;
        if (!_headerDone)
        {
            if (data.Length < 19)
                return isFinal && data.Length > 0 ? throw Invalid("COPY file signature not recognized") : 0;
            if (!data[..11].SequenceEqual(Signature))
                throw Invalid("COPY file signature not recognized");
            var flags = BinaryPrimitives.ReadInt32BigEndian(data[11..]);
            if ((flags & ~0xFFFF) != 0)
                throw Invalid("unrecognized critical flags in COPY file header");
            var extension = BinaryPrimitives.ReadInt32BigEndian(data[15..]);
            if (extension < 0)
                throw Invalid("invalid COPY file header (missing length)");
            if (data.Length < 19 + extension)
                return 0;
            used = 19 + extension;
            _headerDone = true;
        }
        while (!IsEnded)
        {
            var length = RowLength(data[used..]);
            if (length < 0)
                break;
            if (!IsEnded)
                Take(data.Slice(used, length));
            used += length;
        }
        if (isFinal && !IsEnded && used < data.Length)
            throw Invalid("unexpected EOF in COPY data");
        return used;
    }

    private int RowLength(ReadOnlySpan<byte> data)
    {
        if (data.Length < 2)
            return -1;
        var fields = BinaryPrimitives.ReadInt16BigEndian(data);
        if (fields == -1)
        {
            IsEnded = true;
            return 2;
        }
        if (fields != target.FieldCount)
            throw Invalid($"row field count is {fields}, expected {target.FieldCount}");
        var at = 2;
        for (var i = 0; i < fields; i++)
        {
            if (data.Length < at + 4)
                return -1;
            var length = BinaryPrimitives.ReadInt32BigEndian(data[at..]);
            if (length < -1)
                throw Invalid("invalid field size");
            at += 4 + Math.Max(0, length);
            if (data.Length < at)
                return -1;
        }
        return at;
    }

    private void Take(ReadOnlySpan<byte> row)
    {
        _row++;
        var at = 2;
        for (var i = 0; i < target.FieldCount; i++)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(row[at..]);
            at += 4;
            if (length < 0)
            {
                target.SetNull(i);
                continue;
            }
            target.SetBinary(i, row.Slice(at, length), _row);
            at += length;
        }
        target.EndRow(_row);
    }

    private SqlException Invalid(string message) => new(SqlState.BadCopyFileFormat, message) { Where = $"COPY {target.TableName}, line {_row + 1}" };
}
