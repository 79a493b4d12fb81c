using OmenDb.Storage.FileSystem;
using OmenDb.Types;

namespace OmenDb.Storage.Simulation;

/// <summary>Files in memory on a device that may fail at any moment, repeatably from a seed.</summary>
/// <remarks>
/// <para>What survives <see cref="Crash"/>: of each file's content what was flushed, plus any subset of the 512-byte sectors written since
/// (in any order, also in versions overwritten later); its length old or new. Of each directory's names what was flushed by
/// <see cref="FlushDirectory"/>, plus a prefix of the changes since, as a journalling file system keeps them in order.
/// A file flush saves no name.</para>
/// <para>One thread at a time is deterministic; many threads are allowed, in the order of their calls.</para>
/// </remarks>
public sealed class SimulatedFileSystem : IFileSystem
{
    private readonly Lock _gate = new();
    private readonly Random _random;
    private readonly int _seed;
    private readonly HashSet<string> _directories = new(StringComparer.Ordinal) { "/" };
    private readonly Dictionary<string, SimulatedFile> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SimulatedFile> _savedNames = new(StringComparer.Ordinal);
    private readonly List<(string Directory, Action<Dictionary<string, SimulatedFile>> Apply)> _unsavedNames = [];
    private readonly HashSet<string> _locks = new(StringComparer.Ordinal);
    private bool _off;

    public SimulatedFileSystem(int seed)
    {
        _seed = seed;
        _random = new Random(seed);
    }

    public SimulatedFaults Faults { get; } = new();

    /// <summary>Changing operations so far: writes, flushes, creations, renames, deletions.</summary>
    public long OperationCount { get; private set; }

    public long WriteCount { get; private set; }

    public long FlushCount { get; private set; }

    public bool HasCrashed => _off;

    /// <summary>Called with the file's path before a flush does anything: what others do while the device is busy.</summary>
    public Action<string>? BeforeFlush { get; set; }

    /// <summary>Ends all access to this file system and gives what the next start finds; without faults at first.</summary>
    public SimulatedFileSystem Crash()
    {
        lock (_gate)
        {
            _off = true;
            var random = new Random(NextSeed());
            var names = new Dictionary<string, SimulatedFile>(_savedNames, StringComparer.Ordinal);
            foreach (var directory in _unsavedNames.Select(n => n.Directory).Distinct().Order(StringComparer.Ordinal).ToArray())
            {
                var changes = _unsavedNames.Where(n => n.Directory == directory).ToArray();
                foreach (var change in changes.Take(random.Next(changes.Length + 1)))
                    change.Apply(names);
            }
            var next = new SimulatedFileSystem(NextSeed() + 1);
            next._directories.UnionWith(_directories);
            foreach (var (name, file) in names.OrderBy(n => n.Key, StringComparer.Ordinal))
                next._names[name] = next._savedNames[name] = file.AfterCrash(random);
            return next;
        }
    }

    /// <summary>Damages the device: one bit of what is stored, now.</summary>
    public void FlipBit(string path, long offset, int bit = 0)
    {
        lock (_gate)
            Find("damage", path).FlipBit(offset, bit);
    }

    /// <summary>All files with their lengths, sorted by path.</summary>
    public IReadOnlyList<(string Path, long Length)> AllFiles()
    {
        lock (_gate)
            return [.. _names.OrderBy(n => n.Key, StringComparer.Ordinal).Select(n => (n.Key, n.Value.Length))];
    }

    /// <summary>One random bit of one random file that is not empty. Returns which, for messages.</summary>
    public string FlipRandomBit()
    {
        lock (_gate)
        {
            var candidates = _names.Where(n => n.Value.Length > 0).OrderBy(n => n.Key, StringComparer.Ordinal).ToArray();
            var (path, file) = candidates[_random.Next(candidates.Length)];
            var offset = _random.NextInt64(file.Length);
            file.FlipBit(offset, _random.Next(8));
            return $"{path} at {offset}";
        }
    }

    public IFile Open(string path, FileOpenMode mode)
    {
        lock (_gate)
        {
            ThrowIfOff();
            var exists = _names.TryGetValue(path, out var file);
            if (exists && mode == FileOpenMode.CreateNew)
                throw FileErrors.FromErrno("open", path, 17);
            if (!exists && mode is FileOpenMode.Read or FileOpenMode.ReadWrite && !exists)
                throw FileErrors.FromErrno("open", path, 2);
            if (!exists)
            {
                if (!_directories.Contains(DirectoryOf(path)))
                    throw FileErrors.FromErrno("open", path, 2);
                CountOperation();
                var made = file = new SimulatedFile();
                Change(DirectoryOf(path), names => names[path] = made);
            }
            return new Handle(this, path, file!, mode != FileOpenMode.Read);
        }
    }

    public bool FileExists(string path)
    {
        lock (_gate)
        {
            ThrowIfOff();
            return _names.ContainsKey(path);
        }
    }

    public bool DirectoryExists(string path)
    {
        lock (_gate)
        {
            ThrowIfOff();
            return _directories.Contains(path.TrimEnd('/'));
        }
    }

    /// <remarks>Directories are durable at once; only the names of files get lost.</remarks>
    public void CreateDirectory(string path)
    {
        lock (_gate)
        {
            ThrowIfOff();
            for (var at = path.TrimEnd('/'); at.Length > 1; at = DirectoryOf(at))
                _directories.Add(at);
        }
    }

    public IReadOnlyList<string> List(string directory)
    {
        lock (_gate)
        {
            ThrowIfOff();
            return [.. _names.Keys.Concat(_directories.Where(d => d != "/")).Where(p => DirectoryOf(p) == directory.TrimEnd('/'))
                .Select(p => p[(p.LastIndexOf('/') + 1)..]).Order(StringComparer.Ordinal)];
        }
    }

    public void Rename(string from, string to)
    {
        lock (_gate)
        {
            var file = Find("rename", from);
            CountOperation();
            // One journal entry, also between directories.
            Change(DirectoryOf(to), names =>
            {
                names.Remove(from);
                names[to] = file;
            });
        }
    }

    public void Delete(string path)
    {
        lock (_gate)
        {
            ThrowIfOff();
            if (!_names.ContainsKey(path))
                return;
            CountOperation();
            Change(DirectoryOf(path), names => names.Remove(path));
        }
    }

    public void DeleteDirectory(string path)
    {
        lock (_gate)
        {
            ThrowIfOff();
            foreach (var name in _names.Keys.Where(n => n.StartsWith(path + "/", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToArray())
            {
                CountOperation();
                Change(DirectoryOf(name), names => names.Remove(name));
            }
            _directories.RemoveWhere(d => d == path || d.StartsWith(path + "/", StringComparison.Ordinal));
        }
    }

    public void FlushDirectory(string directory)
    {
        lock (_gate)
        {
            CountOperation();
            FlushCount++;
            foreach (var change in _unsavedNames.Where(n => n.Directory == directory.TrimEnd('/')))
                change.Apply(_savedNames);
            _unsavedNames.RemoveAll(n => n.Directory == directory.TrimEnd('/'));
        }
    }

    public IDisposable? TryLock(string path, out string holder)
    {
        lock (_gate)
        {
            ThrowIfOff();
            holder = "simulated";
            return _locks.Add(path) ? new Unlock(this, path) : null;
        }
    }

    public long FreeSpace(string directory)
    {
        lock (_gate)
            return Faults.Capacity == long.MaxValue ? long.MaxValue : Math.Max(0, Faults.Capacity - Used());
    }

    /// <summary>Not HashCode, which differs between processes.</summary>
    private int NextSeed() => unchecked((_seed * 16777619) ^ ((int)OperationCount * 1000003));

    private static string DirectoryOf(string path) => path.LastIndexOf('/') is > 0 and var slash ? path[..slash] : "/";

    private void Change(string directory, Action<Dictionary<string, SimulatedFile>> apply)
    {
        apply(_names);
        _unsavedNames.Add((directory, apply));
    }

    private SimulatedFile Find(string action, string path)
    {
        ThrowIfOff();
        return _names.TryGetValue(path, out var file) ? file : throw FileErrors.FromErrno(action, path, 2);
    }

    private long Used()
    {
        var used = 0L;
        foreach (var file in _names.Values)
            used += file.Length;
        return used;
    }

    /// <summary>Throws when the power fails during this operation.</summary>
    private void CountOperation()
    {
        ThrowIfOff();
        if (++OperationCount == Faults.CrashAtOperation)
        {
            _off = true;
            throw new SimulatedCrashException();
        }
    }

    private void ThrowIfOff()
    {
        if (_off)
            throw new SimulatedCrashException();
    }

    private sealed class Unlock(SimulatedFileSystem owner, string path) : IDisposable
    {
        public void Dispose()
        {
            lock (owner._gate)
                owner._locks.Remove(path);
        }
    }

    private sealed class Handle(SimulatedFileSystem owner, string path, SimulatedFile file, bool writable) : IFile
    {
        public string Path => path;

        public long Length
        {
            get
            {
                lock (owner._gate)
                {
                    owner.ThrowIfOff();
                    return file.Length;
                }
            }
        }

        public int Read(long offset, Span<byte> buffer)
        {
            lock (owner._gate)
            {
                owner.ThrowIfOff();
                if (buffer.Length > 1 && owner.Hits(owner.Faults.ShortTransfers))
                    buffer = buffer[..owner._random.Next(1, buffer.Length)];
                if (owner.Hits(owner.Faults.ReadErrors))
                    throw FileErrors.IoError("read", path, "simulated read error", null);
                var read = file.Read(offset, buffer);
                if (read > 0 && owner.Hits(owner.Faults.FlippedBits))
                    buffer[owner._random.Next(read)] ^= (byte)(1 << owner._random.Next(8));
                return read;
            }
        }

        public int Write(long offset, ReadOnlySpan<byte> bytes)
        {
            lock (owner._gate)
            {
                owner.ThrowIfOff();
                Writable();
                if (bytes.Length > 1 && owner.Hits(owner.Faults.ShortTransfers))
                    bytes = bytes[..owner._random.Next(1, bytes.Length)];
                if (owner.Faults.FailWriteAfter > 0 && --owner.Faults.FailWriteAfter == 0)
                    throw FileErrors.IoError("write", path, "simulated write error", null);
                Allocate(offset + bytes.Length);
                owner.WriteCount++;
                file.Write(offset, bytes); // before the crash check: an interrupted write may have arrived in part
                owner.CountOperation();
                if (owner.Hits(owner.Faults.BackgroundWriteBack))
                    file.SaveSome(owner._random, forget: false);
                return bytes.Length;
            }
        }

        public void Flush()
        {
            owner.BeforeFlush?.Invoke(path);
            lock (owner._gate)
            {
                owner.FlushCount++;
                owner.CountOperation();
                if (owner.Faults.FailFlushAfter > 0 && --owner.Faults.FailFlushAfter == 0)
                {
                    file.SaveSome(owner._random, forget: true);
                    throw FileErrors.IoError("flush", path, "simulated flush error", null);
                }
                if (!owner.Hits(owner.Faults.IgnoredFlushes))
                    file.Save();
            }
        }

        public void SetLength(long length)
        {
            lock (owner._gate)
            {
                Writable();
                Allocate(length);
                file.SetLength(length);
                owner.CountOperation();
            }
        }

        public void Preallocate(long length)
        {
            if (length > Length)
                SetLength(length);
        }

        public void Dispose()
        {
        }

        private void Writable()
        {
            if (!writable)
                throw FileErrors.IoError("write", path, "the file was opened for reading", null);
        }

        private void Allocate(long length)
        {
            if (length > file.Length && owner.Faults.Capacity != long.MaxValue && owner.Used() + length - file.Length > owner.Faults.Capacity)
                throw FileErrors.DiskFull("write", path, null);
        }
    }

    /// <summary>No number is drawn for a fault that is switched off, so switching one on does not shift the others' history.</summary>
    private bool Hits(double probability) => probability > 0 && _random.NextDouble() < probability;
}
