using System.Globalization;
using System.Text;
using OmenDb.Storage.FileSystem;
using OmenDb.Types;

namespace OmenDb.Storage.Manifest;

/// <summary>A locked data directory of a known format.</summary>
/// <remarks>
/// <code>
/// DIR/omendb.lock       held by the running process; its content is the process id
/// DIR/FORMAT            "omendb N\n", N = version of the layout
/// DIR/CURRENT, MANIFEST-*    what is alive, see <see cref="ManifestStore"/>
/// DIR/log/              redo log, see <see cref="Log.LogFormat"/>
/// DIR/checkpoint/       Arrow files and the catalog
/// DIR/cold/             one Delta Lake table per table
/// DIR/tmp/              spilled data; emptied on opening
/// </code>
/// </remarks>
public sealed class DataDirectory : IDisposable
{
    public const int FormatVersion = 2;
    private const string LockName = "omendb.lock";
    private const string FormatName = "FORMAT";

    private readonly IDisposable _lock;

    private DataDirectory(IFileSystem files, string path, IDisposable held)
    {
        Files = files;
        Path = path;
        _lock = held;
    }

    public IFileSystem Files { get; }

    public string Path { get; }

    public string LogPath => FileExtensions.PathOf(Path, "log");

    public string CheckpointPath => FileExtensions.PathOf(Path, "checkpoint");

    public string ColdPath => FileExtensions.PathOf(Path, "cold");

    public string TemporaryPath => FileExtensions.PathOf(Path, "tmp");

    /// <summary>Locks the directory, and makes it when it is missing or empty.</summary>
    /// <exception cref="SqlException">55006: another process holds it; 0A000: newer format; 55000: a directory with other things in it.</exception>
    public static DataDirectory Open(IFileSystem files, string path)
    {
        files.CreateDirectory(path);
        var held = files.TryLock(FileExtensions.PathOf(path, LockName), out var holder)
            ?? throw new SqlException(SqlState.ObjectInUse,
                $"data directory \"{path}\" is in use by {(holder.Length == 0 ? "another process" : $"the process with id {holder}")}")
            {
                Severity = "FATAL", Hint = "Stop that server, or choose another directory with --data.",
            };
        try
        {
            var directory = new DataDirectory(files, path, held);
            directory.CheckFormat();
            files.DeleteDirectory(directory.TemporaryPath);
            files.CreateDirectory(directory.LogPath);
            files.CreateDirectory(directory.CheckpointPath);
            files.CreateDirectory(directory.TemporaryPath);
            files.FlushDirectory(path);
            return directory;
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    public void Dispose() => _lock.Dispose();

    private void CheckFormat()
    {
        var file = FileExtensions.PathOf(Path, FormatName);
        if (!Files.FileExists(file))
        {
            var others = Files.List(Path).Where(name => name is not (LockName or "FORMAT.new" or "log" or "checkpoint" or "tmp")).ToList();
            if (others.Count > 0)
                throw new SqlException(SqlState.ObjectNotInPrerequisiteState, $"directory \"{Path}\" is neither empty nor a data directory of OmenDB")
                {
                    Severity = "FATAL", Detail = $"It holds \"{others[0]}\", and no file \"{FormatName}\".",
                };
            Files.ReplaceDurably(Path, FormatName, Encoding.ASCII.GetBytes($"omendb {FormatVersion}\n"));
            return;
        }
        var text = Encoding.ASCII.GetString(Files.ReadAllBytes(file));
        if (!text.StartsWith("omendb ", StringComparison.Ordinal)
            || !int.TryParse(text.AsSpan(7).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var version))
            throw SqlException.Corruption(file, 0, "it states no format version");
        if (version > FormatVersion)
            throw new SqlException(SqlState.FeatureNotSupported,
                $"data directory \"{Path}\" has format version {version}, this program reads up to {FormatVersion}")
            {
                Severity = "FATAL", Hint = "Use the newer program that wrote it.",
            };
        // Version 1 has no files of sealed columns; what it has is read as before.
        if (version < FormatVersion)
            Files.ReplaceDurably(Path, FormatName, Encoding.ASCII.GetBytes($"omendb {FormatVersion}\n"));
    }
}
