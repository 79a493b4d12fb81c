namespace OmenDb.Storage.FileSystem;

/// <summary>An open file with positional access and no cursor. Concurrent calls are allowed; overlapping writes are the caller's business.</summary>
/// <remarks>Errors as for <see cref="IFileSystem"/>. Dispose does not flush.</remarks>
public interface IFile : IDisposable
{
    string Path { get; }

    long Length { get; }

    /// <returns>Bytes read; may be fewer than asked for at any time, 0 only at the end of the file (or for an empty buffer).</returns>
    int Read(long offset, Span<byte> buffer);

    /// <returns>Bytes written from the start of <paramref name="bytes"/>; may be fewer than given, at least 1.</returns>
    int Write(long offset, ReadOnlySpan<byte> bytes);

    /// <summary>Content and length are on the device when this returns. After an error nothing is known about unflushed
    /// bytes, and a second call proves nothing (the kernel may have marked the pages clean).</summary>
    void Flush();

    /// <summary>Cuts or extends; new bytes read as zero.</summary>
    void SetLength(long length);

    /// <summary>Reserves space so that writes below <paramref name="length"/> cannot fail with 53100, and extends the file to it.</summary>
    void Preallocate(long length);
}

/// <summary>The loops around short reads and short writes, written once.</summary>
public static class FileExtensions
{
    /// <returns>Bytes read: fewer than the buffer only at the end of the file.</returns>
    public static int ReadUpTo(this IFile file, long offset, Span<byte> buffer)
    {
        var done = 0;
        while (done < buffer.Length)
        {
            var read = file.Read(offset + done, buffer[done..]);
            if (read == 0)
                break;
            done += read;
        }
        return done;
    }

    /// <exception cref="Types.SqlException">XX001 when the file ends before the buffer is full.</exception>
    public static void ReadExactly(this IFile file, long offset, Span<byte> buffer)
    {
        var read = file.ReadUpTo(offset, buffer);
        if (read < buffer.Length)
            throw Types.SqlException.Corruption(file.Path, offset + read, $"unexpected end of file, {buffer.Length - read} bytes are missing");
    }

    public static void WriteAll(this IFile file, long offset, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var written = file.Write(offset, bytes);
            offset += written;
            bytes = bytes[written..];
        }
    }

    /// <summary>The whole content; for small files.</summary>
    public static byte[] ReadAllBytes(this IFileSystem files, string path)
    {
        using var file = files.Open(path, FileOpenMode.Read);
        var bytes = new byte[file.Length];
        file.ReadExactly(0, bytes);
        return bytes;
    }

    /// <summary>Replaces a small file so that a crash leaves the old or the new content, and makes the result durable.</summary>
    public static void ReplaceDurably(this IFileSystem files, string directory, string name, ReadOnlySpan<byte> content)
    {
        var temporary = PathOf(directory, name + ".new");
        files.Delete(temporary);
        using (var file = files.Open(temporary, FileOpenMode.CreateNew))
        {
            file.WriteAll(0, content);
            file.Flush();
        }
        files.Rename(temporary, PathOf(directory, name));
        files.FlushDirectory(directory);
    }

    /// <summary>directory/name.</summary>
    public static string PathOf(string directory, string name) => directory.EndsWith('/') ? directory + name : $"{directory}/{name}";
}
