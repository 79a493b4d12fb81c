using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Storage.FileSystem;
using OmenDb.Storage.Simulation;
using OmenDb.Types;

namespace OmenDb.Storage.Tables.Sealed;

/// <summary>A checkpoint file that holds sealed columns. It stays on disk as long as somebody refers to it: the manifest (one reference), and columns that
/// may be read from it again.</summary>
/// <remarks>When a checkpoint has replaced it, the last column that leaves deletes it. A file that a process did not get round to deleting is swept by the
/// next start, which finds it in no manifest.</remarks>
internal sealed class SealedFile(IFileSystem files, string path, long sizeBytes) : SharedMemory
{
    public IFileSystem Files => files;

    public string Path => path;

    public long SizeBytes => sizeBytes;

    protected override void FreeMemory()
    {
        try
        {
            files.Delete(path);
        }
        catch (Exception e) when (e is SqlException or SimulatedCrashException)
        {
            // Readers' threads come here too, and nobody needs the file any more: the next start sweeps it.
        }
    }
}

/// <summary>Where the bytes of a sealed column stand in a file: its block, then its string blocks, one behind the other.</summary>
/// <param name="File">Whoever keeps this retains it.</param>
/// <param name="Offset">Of the first byte.</param>
/// <param name="Crc">CRC32C of all bytes.</param>
internal sealed record SealedHome(SealedFile File, long Offset, uint Crc)
{
    /// <summary>Reads the bytes; one reference is the caller's.</summary>
    /// <param name="type">Of the column as stored.</param>
    /// <param name="layout">Of the bytes.</param>
    /// <exception cref="SqlException">XX001 with file and offset; 58030.</exception>
    public SealedColumn Read(ArrowType type, SealedLayout layout)
    {
        if (!File.Files.FileExists(File.Path))
            throw SqlException.Corruption(File.Path, Offset, "the file is missing, but the manifest names it");
        using var file = File.Files.Open(File.Path, FileOpenMode.Read);
        return Read(file, type, layout);
    }

    /// <inheritdoc cref="Read(ArrowType, SealedLayout)"/>
    public SealedColumn Read(IFile file, ArrowType type, SealedLayout layout)
    {
        var buffers = new List<NativeBuffer>();
        try
        {
            var at = Offset;
            var crc = 0u;
            foreach (var length in layout.StringBlocks.Prepend(layout.BlockBytes))
            {
                var buffer = NativeBuffer.Allocate(length, zeroed: false);
                buffers.Add(buffer);
                file.ReadExactly(at, buffer.Span);
                crc = Crc32C.Append(crc, buffer.Span);
                at += length;
            }
            if (crc != Crc)
                throw SqlException.Corruption(File.Path, Offset, $"wrong checksum of a sealed column of {at - Offset} bytes");
            var column = new SealedColumn(type, layout, buffers[0], buffers[1..]);
            buffers.Clear();
            column.MoveTo(this);
            return column;
        }
        finally
        {
            buffers.ForEach(buffer => buffer.Release());
        }
    }
}
