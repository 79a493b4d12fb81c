using System.Buffers.Binary;
using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Storage.FileSystem;
using OmenDb.Storage.Tables;
using OmenDb.Storage.Tables.Sealed;
using OmenDb.Types;

namespace OmenDb.Storage.Checkpoint;

/// <summary>A file of sealed columns, as it is read.</summary>
/// <param name="Vectors">Rising.</param>
/// <param name="Columns">Layouts; the bytes are not read.</param>
internal sealed record SealedContents(IReadOnlyList<CapturedVector> Vectors, IReadOnlyList<SealedContents.Column> Columns)
{
    internal sealed record Column(int Physical, PhysicalType Stored, SealedLayout Layout, CapturedBounds[] Bounds, long Offset, uint Crc);
}

/// <summary>Files that hold sealed columns of one segment in the form that they have in memory.</summary>
/// <remarks>
/// <code>
/// checkpoint/0000002b.t17.s3.sealed       little-endian
///
///   "OMENSEAL"
///   column 0: its block, its string blocks      read alone when the column comes back to memory
///   column 1 ...
///   directory:
///     int64 table, int32 segment
///     int32 vectors, each: int32 number, int32 rows, byte any dead, [256 bytes: bit = 1, the row is dead]
///     int32 columns, each:
///       int32 physical number, byte stored type, int64 offset in the file, uint32 CRC32C of its bytes
///       int64 block bytes, int32 string blocks, int64 each, int64 dictionary at, int32 entries, byte sorted, int32 live rows, int32 distinct values
///       int32 vectors, each: int32 number, byte encoding, byte code width, int64 base, int64 values at, int64 bitmap at, int32 nulls,
///                            uint64 least and uint64 greatest key, byte has nulls
///   trailer: int32 bytes of the directory, int32 version (2), uint32 CRC32C of the directory and these two numbers, "OMENSEAL"
/// </code>
/// <para>A column of the table may be there several times, each time with other vectors: when only some of its vectors have been sealed anew. Column
/// vectors that are in no column here have the default, or are in a delta behind this file.</para>
/// </remarks>
internal static class SealedFormat
{
    public const int Version = 2;
    private const int TrailerBytes = 20;
    private const ulong Magic = 0x4C4145534E454D4F; // "OMENSEAL"

    /// <summary>Writes everything; homes come back in the order of the columns.</summary>
    /// <exception cref="SqlException">53100, 58030; XX001: an evicted column could not be read.</exception>
    public static IReadOnlyList<(long Offset, uint Crc)> Write(Stream stream, long table, int segment, SealedCapture capture)
    {
        Span<byte> word = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(word, Magic);
        stream.Write(word);
        CapturedColumn[] columns = [.. capture.Columns];
        var places = new (long Offset, uint Crc)[columns.Length];
        for (var c = 0; c < columns.Length; c++)
        {
            places[c].Offset = stream.Position;
            places[c].Crc = WriteBytes(stream, columns[c].Column);
        }
        var directory = Directory(table, segment, capture, columns, places);
        stream.Write(directory);
        Span<byte> trailer = stackalloc byte[TrailerBytes];
        BinaryPrimitives.WriteInt32LittleEndian(trailer, directory.Length);
        BinaryPrimitives.WriteInt32LittleEndian(trailer[4..], Version);
        BinaryPrimitives.WriteUInt32LittleEndian(trailer[8..], Crc32C.Append(Crc32C.Compute(directory), trailer[..8]));
        BinaryPrimitives.WriteUInt64LittleEndian(trailer[12..], Magic);
        stream.Write(trailer);
        return places;
    }

    private static uint WriteBytes(Stream stream, SealedColumn column)
    {
        if (!column.IsEvicted)
            return WriteResident(stream, column);
        // From file to file: the checksum is looked at on the way.
        var read = column.Home!.Read(column.Type, column.Layout);
        try
        {
            return WriteResident(stream, read);
        }
        finally
        {
            read.Release();
        }
    }

    private static uint WriteResident(Stream stream, SealedColumn column)
    {
        stream.Write(column.Block!.Span);
        var crc = Crc32C.Compute(column.Block.Span);
        foreach (var block in column.StringBlocks ?? [])
        {
            stream.Write(block.Span);
            crc = Crc32C.Append(crc, block.Span);
        }
        return crc;
    }

    private static byte[] Directory(long table, int segment, SealedCapture capture, CapturedColumn[] columns, (long Offset, uint Crc)[] places)
    {
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes);
        writer.Write(table);
        writer.Write(segment);
        writer.Write(capture.Vectors.Count);
        foreach (var vector in capture.Vectors)
        {
            writer.Write(vector.Vector);
            writer.Write(vector.Rows);
            writer.Write(vector.Dead is not null);
            foreach (var word in vector.Dead ?? [])
                writer.Write(word);
        }
        writer.Write(columns.Length);
        for (var c = 0; c < columns.Length; c++)
        {
            var layout = columns[c].Column.Layout;
            writer.Write(columns[c].Physical);
            writer.Write((byte)columns[c].Column.Type.Physical);
            writer.Write(places[c].Offset);
            writer.Write(places[c].Crc);
            writer.Write(layout.BlockBytes);
            writer.Write(layout.StringBlocks.Count);
            foreach (var length in layout.StringBlocks)
                writer.Write(length);
            writer.Write(layout.DictionaryAt);
            writer.Write(layout.DictionaryCount);
            writer.Write(layout.DictionaryIsSorted);
            writer.Write(layout.LiveRows);
            writer.Write(layout.DistinctCount);
            var bounds = columns[c].Bounds;
            writer.Write(bounds.Count(b => b.IsPresent));
            for (var v = 0; v < bounds.Length; v++)
            {
                if (!bounds[v].IsPresent)
                    continue;
                ref readonly var vector = ref layout.Vectors[v];
                writer.Write(v);
                writer.Write((byte)vector.Encoding);
                writer.Write(vector.CodeWidth);
                writer.Write(vector.Base);
                writer.Write(vector.ValuesAt);
                writer.Write(vector.ValidityAt);
                writer.Write(vector.Nulls);
                writer.Write(bounds[v].Min);
                writer.Write(bounds[v].Max);
                writer.Write(bounds[v].HasNulls);
            }
        }
        writer.Flush();
        return bytes.ToArray();
    }

    /// <summary>Reads the directory.</summary>
    /// <param name="file">Open.</param>
    /// <param name="sizeBytes">As the manifest has it.</param>
    /// <param name="table">That it must belong to.</param>
    /// <param name="segment">That it must belong to.</param>
    /// <exception cref="SqlException">XX001 with file and offset; 0A000: a newer format; 58030.</exception>
    public static SealedContents Read(IFile file, long sizeBytes, long table, int segment)
    {
        if (file.Length != sizeBytes)
            throw SqlException.Corruption(file.Path, Math.Min(file.Length, sizeBytes), $"the file has {file.Length} bytes instead of {sizeBytes}");
        Span<byte> trailer = stackalloc byte[TrailerBytes];
        Span<byte> head = stackalloc byte[8];
        if (sizeBytes < TrailerBytes + 8)
            throw SqlException.Corruption(file.Path, 0, "it is not a file of sealed columns");
        file.ReadExactly(0, head);
        file.ReadExactly(sizeBytes - TrailerBytes, trailer);
        if (BinaryPrimitives.ReadUInt64LittleEndian(head) != Magic || BinaryPrimitives.ReadUInt64LittleEndian(trailer[12..]) != Magic)
            throw SqlException.Corruption(file.Path, 0, "it is not a file of sealed columns");
        var version = BinaryPrimitives.ReadInt32LittleEndian(trailer[4..]);
        if (version > Version)
            throw SqlException.NotSupported($"checkpoint file \"{file.Path}\" of format version {version} (this program reads up to {Version})");
        var length = BinaryPrimitives.ReadInt32LittleEndian(trailer);
        if (length < 0 || length > sizeBytes - TrailerBytes - 8)
            throw SqlException.Corruption(file.Path, sizeBytes - TrailerBytes, $"a directory of {length} bytes");
        var directory = new byte[length];
        var at = sizeBytes - TrailerBytes - length;
        file.ReadExactly(at, directory);
        if (Crc32C.Append(Crc32C.Compute(directory), trailer[..8]) != BinaryPrimitives.ReadUInt32LittleEndian(trailer[8..]))
            throw SqlException.Corruption(file.Path, at, "wrong checksum of the directory");
        using var reader = new BinaryReader(new MemoryStream(directory));
        if (reader.ReadInt64() != table || reader.ReadInt32() != segment)
            throw SqlException.Corruption(file.Path, at, "it belongs to another table or segment");
        return new SealedContents(ReadVectors(reader), ReadColumns(reader));
    }

    private static CapturedVector[] ReadVectors(BinaryReader reader)
    {
        var vectors = new CapturedVector[reader.ReadInt32()];
        for (var v = 0; v < vectors.Length; v++)
        {
            var number = reader.ReadInt32();
            var rows = reader.ReadInt32();
            ulong[]? dead = null;
            if (reader.ReadBoolean())
            {
                dead = new ulong[RowId.VectorRows / 64];
                for (var w = 0; w < dead.Length; w++)
                    dead[w] = reader.ReadUInt64();
            }
            vectors[v] = new CapturedVector(number, rows, dead);
        }
        return vectors;
    }

    private static SealedContents.Column[] ReadColumns(BinaryReader reader)
    {
        var columns = new SealedContents.Column[reader.ReadInt32()];
        for (var c = 0; c < columns.Length; c++)
        {
            var physical = reader.ReadInt32();
            var stored = (PhysicalType)reader.ReadByte();
            var offset = reader.ReadInt64();
            var crc = reader.ReadUInt32();
            var layout = new SealedLayout { BlockBytes = reader.ReadInt64() };
            var strings = new long[reader.ReadInt32()];
            for (var i = 0; i < strings.Length; i++)
                strings[i] = reader.ReadInt64();
            layout.StringBlocks = strings;
            layout.DictionaryAt = reader.ReadInt64();
            layout.DictionaryCount = reader.ReadInt32();
            layout.DictionaryIsSorted = reader.ReadBoolean();
            layout.LiveRows = reader.ReadInt32();
            layout.DistinctCount = reader.ReadInt32();
            var bounds = new CapturedBounds[RowId.VectorsPerSegment];
            for (var left = reader.ReadInt32(); left > 0; left--)
            {
                var v = reader.ReadInt32();
                layout.Vectors[v] = new VectorLayout
                {
                    Encoding = (SealedEncoding)reader.ReadByte(), CodeWidth = reader.ReadByte(), Base = reader.ReadInt64(),
                    ValuesAt = reader.ReadInt64(), ValidityAt = reader.ReadInt64(), Nulls = reader.ReadInt32(),
                };
                bounds[v] = new CapturedBounds(true, reader.ReadUInt64(), reader.ReadUInt64(), reader.ReadBoolean());
            }
            columns[c] = new SealedContents.Column(physical, stored, layout, bounds, offset, crc);
        }
        return columns;
    }
}
