using OmenDb.Storage.FileSystem;
using OmenDb.Types;

namespace OmenDb.Storage.Log;

/// <summary>The segment files: made in advance and filled with zeros, recycled under new names, opened once.</summary>
/// <remarks>Space is always there before bytes for it are accepted (<see cref="EnsureReady"/>), so a full disk refuses a record
/// before anything of it is in the log. A recycled file keeps its old content; frames carry their LSN, so nobody takes it for new.</remarks>
internal sealed class LogSegments(IFileSystem files, string directory, int segmentSize) : IDisposable
{
    private static readonly byte[] Zeros = new byte[256 << 10];

    private readonly Lock _making = new(); // held while files are made and renamed; before _gate
    private readonly Lock _gate = new();   // the open files; never held over file operations that wait for the device
    private readonly Dictionary<long, IFile> _open = [];
    private long _oldest;
    private long _readyEnd;
    private bool _closed;

    /// <summary>Everything below this position has a file behind it.</summary>
    public long ReadyEnd => Volatile.Read(ref _readyEnd);

    /// <summary>Takes over the files from <paramref name="oldest"/> on; <paramref name="current"/> is the segment being written.</summary>
    public void Adopt(long oldest, long current)
    {
        _oldest = oldest;
        _readyEnd = current * segmentSize;
        while (Exists(ReadyEnd / segmentSize))
            _readyEnd += segmentSize;
    }

    /// <exception cref="SqlException">53100, 58030: nothing has changed for the log, a later call may succeed.</exception>
    public void EnsureReady(long end)
    {
        if (ReadyEnd >= end)
            return;
        lock (_making)
        {
            while (_readyEnd < end && !_closed)
            {
                var number = _readyEnd / segmentSize;
                if (!Exists(number))
                    Create(number);
                Volatile.Write(ref _readyEnd, _readyEnd + segmentSize);
            }
        }
    }

    /// <summary>The file of a segment that is ready.</summary>
    public IFile File(long number)
    {
        lock (_gate)
        {
            if (!_open.TryGetValue(number, out var file))
                _open.Add(number, file = files.Open(PathOf(number), FileOpenMode.ReadWrite));
            return file;
        }
    }

    /// <summary>Gives files of segments below <paramref name="keepFrom"/> new names ahead of the log, up to
    /// <paramref name="spares"/> beyond <paramref name="current"/>, and deletes the others.</summary>
    public void Retire(long keepFrom, long current, int spares)
    {
        lock (_making)
        {
            if (keepFrom <= _oldest)
                return;
            var recycled = 0;
            foreach (var number in files.List(directory).Select(LogFormat.SegmentNumber).Where(n => n != 0 && n < keepFrom).Order().ToArray())
            {
                Close(number);
                var target = (_readyEnd / segmentSize) + recycled;
                if (target <= current + spares && HasRightSize(number) && !files.FileExists(PathOf(target)))
                {
                    files.Rename(PathOf(number), PathOf(target));
                    recycled++;
                }
                else
                {
                    files.Delete(PathOf(number));
                }
            }
            // The new names must be durable before anything is written under them.
            files.FlushDirectory(directory);
            Volatile.Write(ref _readyEnd, _readyEnd + ((long)recycled * segmentSize));
            _oldest = keepFrom;
        }
    }

    public void Dispose()
    {
        lock (_making)
            _closed = true; // whoever prepares the next segment in the background has ended, or will do nothing
        lock (_gate)
        {
            foreach (var file in _open.Values)
                file.Dispose();
            _open.Clear();
        }
    }

    private void Close(long number)
    {
        lock (_gate)
        {
            if (_open.Remove(number, out var file))
                file.Dispose();
        }
    }

    private string PathOf(long number) => FileExtensions.PathOf(directory, LogFormat.SegmentName(number));

    private bool Exists(long number) => files.FileExists(PathOf(number)) && HasRightSize(number);

    private bool HasRightSize(long number)
    {
        using var file = files.Open(PathOf(number), FileOpenMode.Read);
        return file.Length == segmentSize;
    }

    private void Create(long number)
    {
        // Zeros are really written, not only reserved: a flush inside then changes no metadata, which halves its cost.
        var temporary = PathOf(number) + ".new";
        files.Delete(temporary);
        try
        {
            using (var file = files.Open(temporary, FileOpenMode.CreateNew))
            {
                file.Preallocate(segmentSize);
                for (var offset = 0; offset < segmentSize; offset += Zeros.Length)
                    file.WriteAll(offset, Zeros.AsSpan(0, Math.Min(Zeros.Length, segmentSize - offset)));
                file.Flush();
            }
            files.Rename(temporary, PathOf(number));
            files.FlushDirectory(directory);
        }
        catch (SqlException)
        {
            files.Delete(temporary); // give the space back: a full disk stays as usable as it was
            throw;
        }
    }
}
