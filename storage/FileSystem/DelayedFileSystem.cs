using System.Diagnostics;

namespace OmenDb.Storage.FileSystem;

/// <summary>A file system whose flushes take at least a given time: a slow device for measurements on a fast one.</summary>
public sealed class DelayedFileSystem(IFileSystem inner, TimeSpan flush) : WrappedFileSystem(inner)
{
    public override void FlushDirectory(string directory) => Take(() => Inner.FlushDirectory(directory));

    protected override void FlushFile(IFile file) => Take(file.Flush);

    private void Take(Action action)
    {
        var began = Stopwatch.GetTimestamp();
        action();
        var rest = flush - Stopwatch.GetElapsedTime(began);
        if (rest <= TimeSpan.Zero)
            return;
        if (Posix.IsAvailable)
            _ = Posix.Sleep((uint)rest.TotalMicroseconds);
        else
            Thread.Sleep(rest); // whole milliseconds only
    }
}
