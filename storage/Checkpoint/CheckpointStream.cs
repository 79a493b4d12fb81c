using System.Buffers;
using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Storage.FileSystem;
using OmenDb.Storage.Log;
using OmenDb.Types;

namespace OmenDb.Storage.Checkpoint;

/// <summary>Writes a checkpoint file front to back and keeps the checksum of each block.</summary>
internal sealed class CheckpointStream(IFile file) : Stream
{
    private byte[] _block = ArrayPool<byte>.Shared.Rent(CheckpointFormat.BlockBytes); // may be longer
    private readonly List<uint> _crcs = [];
    private long _written;
    private int _used;

    public IReadOnlyList<uint> BlockCrcs => _crcs;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => _written + _used;

    public override long Position
    {
        get => Length;
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var count = Math.Min(buffer.Length, CheckpointFormat.BlockBytes - _used);
            buffer[..count].CopyTo(_block.AsSpan(_used));
            _used += count;
            buffer = buffer[count..];
            if (_used == CheckpointFormat.BlockBytes)
                WriteBlock();
        }
    }

    /// <summary>The last block, and all of it on the device.</summary>
    public void Complete()
    {
        if (_used > 0)
            WriteBlock();
        file.Flush();
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    protected override void Dispose(bool disposing)
    {
        if (disposing && _block.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_block);
            _block = [];
        }
        base.Dispose(disposing);
    }

    public override void Flush()
    {
        // Only Complete makes anything durable.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Reads a whole file, checking every block.</summary>
    /// <exception cref="SqlException">XX001 with the offset of the damaged block.</exception>
    /// <remarks>The buffer is the caller's.</remarks>
    public static NativeBuffer ReadChecked(IFileSystem files, string path, long sizeBytes, IReadOnlyList<uint> blockCrcs)
    {
        if (!files.FileExists(path))
            throw SqlException.Corruption(path, 0, "the file is missing, but the manifest names it");
        using var file = files.Open(path, FileOpenMode.Read);
        if (file.Length != sizeBytes)
            throw SqlException.Corruption(path, Math.Min(file.Length, sizeBytes), $"the file has {file.Length} bytes instead of {sizeBytes}");
        if (blockCrcs.Count != (sizeBytes + CheckpointFormat.BlockBytes - 1) / CheckpointFormat.BlockBytes)
            throw SqlException.Corruption(path, 0, "the manifest has not one checksum for each block");
        var bytes = NativeBuffer.Allocate(sizeBytes, zeroed: false);
        try
        {
            for (var block = 0; block < blockCrcs.Count; block++)
            {
                var offset = (long)block * CheckpointFormat.BlockBytes;
                var span = Block(bytes, offset, (int)Math.Min(CheckpointFormat.BlockBytes, sizeBytes - offset));
                file.ReadExactly(offset, span);
                if (Crc32C.Compute(span) != blockCrcs[block])
                    throw SqlException.Corruption(path, offset, $"wrong checksum of a block of {span.Length} bytes");
            }
        }
        catch
        {
            bytes.Release();
            throw;
        }
        return bytes;
    }

    // In range: a file has ⌈size / block⌉ checksums, and the last block ends at its size.
    private static unsafe Span<byte> Block(NativeBuffer bytes, long offset, int length) => new(bytes.Pointer + offset, length);

    private void WriteBlock()
    {
        var block = _block.AsSpan(0, _used);
        _crcs.Add(Crc32C.Compute(block));
        file.WriteAll(_written, block);
        _written += _used;
        _used = 0;
    }
}
