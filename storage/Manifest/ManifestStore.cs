using System.Globalization;
using System.Text;
using System.Text.Json;
using OmenDb.Arrow.Compute;
using OmenDb.Storage.FileSystem;
using OmenDb.Storage.Log;
using OmenDb.Types;

namespace OmenDb.Storage.Manifest;

/// <summary>The list of what is alive in a data directory, changed by atomic, durable edits.</summary>
/// <remarks>
/// <code>
/// CURRENT              MANIFEST-00000007\n                     replaced by write, flush, rename, directory flush
/// MANIFEST-00000007    1f2e3d4c {"added":[...],"replayFrom":...,"snapshot":true,"version":1}\n      the whole state
///                      0badcafe {"added":[...],"removed":[...],"replayFrom":...}\n                  one line per edit
///                      CRC32C of the JSON text in 8 hexadecimal digits, a space, the JSON text
/// </code>
/// <para>An edit counts when its line is whole. A damaged last line was never acknowledged (its writer waits for the flush before it
/// acts on it) and is dropped; a damaged line with a sound one after it is corruption. When the edits outgrow the state, the state is written
/// as the first line of a new file and CURRENT is switched. All members but those for file numbers are for one thread at a time.</para>
/// </remarks>
public sealed class ManifestStore : IDisposable
{
    public const int FormatVersion = 1;
    private const string CurrentName = "CURRENT";
    private const string Prefix = "MANIFEST-";
    private const long RollSlackBytes = 256 << 10;

    private readonly IFileSystem _files;
    private readonly string _directory;
    private readonly SortedDictionary<long, CheckpointFile> _live = [];
    private readonly SortedDictionary<string, long> _counters = new(StringComparer.Ordinal);
    private long _nextFileNumber = 1; // also taken by loads beside a checkpoint
    private IFile? _file;
    private long _fileNumber;
    private long _length;
    private long _snapshotLength;
    private SqlException? _failure;

    private ManifestStore(IFileSystem files, string directory) => (_files, _directory) = (files, directory);

    /// <summary>Live checkpoint files by number.</summary>
    public IReadOnlyDictionary<long, CheckpointFile> Files => _live;

    /// <summary>Where replay starts; <see cref="Lsn.Zero"/> before the first checkpoint.</summary>
    public Lsn ReplayFrom { get; private set; }

    public Lsn LogDurable { get; private set; }

    public IReadOnlyDictionary<string, long> Counters => _counters;

    /// <summary>True when the directory had no manifest before.</summary>
    public bool IsNew { get; private set; }

    /// <summary>A file number never used before by a live or once live file.</summary>
    public long NextFileNumber => Interlocked.Read(ref _nextFileNumber);

    /// <summary>Opens the manifest that CURRENT names, or makes an empty one.</summary>
    /// <exception cref="SqlException">XX001 damage; 0A000 newer format; 58030, 53100.</exception>
    public static ManifestStore Open(IFileSystem files, string directory)
    {
        var store = new ManifestStore(files, directory);
        var current = FileExtensions.PathOf(directory, CurrentName);
        if (!files.FileExists(current))
        {
            if (files.List(directory).Any(name => name.StartsWith(Prefix, StringComparison.Ordinal) && !name.EndsWith(Prefix + "00000001", StringComparison.Ordinal)))
                throw SqlException.Corruption(current, 0, "the file is missing, although there are manifests");
            store.IsNew = true;
            store.Roll();
            return store;
        }
        var name = Encoding.ASCII.GetString(files.ReadAllBytes(current));
        if (!name.StartsWith(Prefix, StringComparison.Ordinal) || !name.EndsWith('\n')
            || !long.TryParse(name.AsSpan(Prefix.Length).TrimEnd('\n'), NumberStyles.None, CultureInfo.InvariantCulture, out store._fileNumber))
            throw SqlException.Corruption(current, 0, "it names no manifest");
        if (!files.FileExists(store.PathOf(store._fileNumber)))
            throw SqlException.Corruption(current, 0, $"it names \"{name.TrimEnd('\n')}\", which is missing");
        if (store.Load(store.PathOf(store._fileNumber)))
            store._file = files.Open(store.PathOf(store._fileNumber), FileOpenMode.ReadWrite);
        else
            store.Roll(); // a torn last line: begin a clean file rather than write behind it
        store.SweepManifests();
        return store;
    }

    /// <summary>Applies an edit; it is durable when this returns.</summary>
    /// <exception cref="SqlException">From writing (53100, 58030): nothing has changed. From the flush (58030): unknown whether
    /// the edit is durable; the manifest takes no further edits until it is opened again.</exception>
    public void Apply(ManifestEdit edit)
    {
        if (_failure is not null)
            throw new SqlException(SqlState.IoError, _failure.Message, _failure);
        var line = Line(edit);
        var file = _file ?? throw new ObjectDisposedException(nameof(ManifestStore));
        file.WriteAll(_length, line); // after a failure the next edit goes to the same place
        try
        {
            file.Flush();
        }
        catch (SqlException e)
        {
            _failure = e;
            throw;
        }
        _length += line.Length;
        Merge(edit);
        if (_length > (_snapshotLength * 2) + RollSlackBytes)
            Roll();
    }

    /// <summary>Reserves a number for a file to be written.</summary>
    public long TakeFileNumber() => Interlocked.Increment(ref _nextFileNumber) - 1;

    /// <summary>This number is taken, whoever did that.</summary>
    internal void ReserveFileNumber(long number)
    {
        for (var next = NextFileNumber; next <= number; next = NextFileNumber)
            Interlocked.CompareExchange(ref _nextFileNumber, number + 1, next);
    }

    public void Dispose() => _file?.Dispose();

    private string PathOf(long number) => FileExtensions.PathOf(_directory, Prefix + number.ToString("D8", CultureInfo.InvariantCulture));

    private static byte[] Line(ManifestEdit edit)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(edit, ManifestJson.Default.ManifestEdit);
        var crc = Encoding.ASCII.GetBytes($"{Crc32C.Compute(json):x8} ");
        return [.. crc, .. json, (byte)'\n'];
    }

    private void Merge(ManifestEdit edit)
    {
        foreach (var number in edit.Removed ?? [])
            _live.Remove(number);
        foreach (var file in edit.Added ?? [])
        {
            _live[file.Number] = file;
            ReserveFileNumber(file.Number);
        }
        foreach (var (name, value) in edit.Counters ?? new Dictionary<string, long>())
            _counters[name] = value;
        ReplayFrom = new Lsn(edit.ReplayFrom ?? ReplayFrom.Value);
        LogDurable = new Lsn(edit.LogDurable ?? LogDurable.Value);
    }

    /// <returns>False when the last line is torn.</returns>
    private bool Load(string path)
    {
        var bytes = _files.ReadAllBytes(path);
        var position = 0;
        while (position < bytes.Length)
        {
            if (!TryReadLine(bytes.AsSpan(position), out var edit, out var lineLength))
            {
                for (var i = position; i < bytes.Length; i++)
                {
                    if (bytes[i] == '\n' && TryReadLine(bytes.AsSpan(i + 1), out _, out _))
                        throw SqlException.Corruption(path, position, "an edit with a wrong checksum before a sound one");
                }
                if (position == 0)
                    throw SqlException.Corruption(path, 0, "the manifest has no sound first line");
                return false;
            }
            if (edit!.Snapshot == true && edit.Version > FormatVersion)
                throw SqlException.NotSupported($"manifest \"{path}\" of format version {edit.Version} (this program reads up to {FormatVersion})");
            if (position == 0)
                _snapshotLength = lineLength;
            Merge(edit);
            position += lineLength;
        }
        if (position == 0)
            throw SqlException.Corruption(path, 0, "the manifest is empty");
        _length = position;
        return true;
    }

    private static bool TryReadLine(ReadOnlySpan<byte> bytes, out ManifestEdit? edit, out int length)
    {
        edit = null;
        var end = bytes.IndexOf((byte)'\n');
        length = end + 1;
        if (end < 10 || !uint.TryParse(bytes[..8], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var crc)
            || Crc32C.Compute(bytes[9..end]) != crc)
            return false;
        edit = JsonSerializer.Deserialize(bytes[9..end], ManifestJson.Default.ManifestEdit);
        return edit is not null;
    }

    /// <summary>Writes the whole state into the next manifest file and makes it the current one.</summary>
    private void Roll()
    {
        var number = _fileNumber + 1;
        var path = PathOf(number);
        var state = new ManifestEdit
        {
            Added = [.. _live.Values], ReplayFrom = ReplayFrom.Value, LogDurable = LogDurable.Value, Counters = _counters,
            Snapshot = true, Version = FormatVersion,
        };
        var line = Line(state);
        _files.Delete(path); // left by a crash before CURRENT was switched
        var file = _files.Open(path, FileOpenMode.CreateNew);
        try
        {
            file.WriteAll(0, line);
            file.Flush();
            _files.ReplaceDurably(_directory, CurrentName, Encoding.ASCII.GetBytes(Path.GetFileName(path) + "\n"));
        }
        catch (SqlException e)
        {
            file.Dispose();
            if (_file is not null && e.SqlState != SqlState.DiskFull)
                _failure = e; // CURRENT may name the new file by now: edits of the old one would be lost
            throw;
        }
        var previous = _file;
        _file = file;
        _fileNumber = number;
        _length = _snapshotLength = line.Length;
        if (previous is not null)
        {
            previous.Dispose();
            _files.Delete(previous.Path);
        }
    }

    private void SweepManifests()
    {
        foreach (var name in _files.List(_directory))
        {
            var path = FileExtensions.PathOf(_directory, name);
            if ((name.StartsWith(Prefix, StringComparison.Ordinal) && path != PathOf(_fileNumber)) || name == CurrentName + ".new")
                _files.Delete(path);
        }
    }
}
