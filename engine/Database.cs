using System.Collections.Concurrent;
using System.Security.Cryptography;
using OmenDb.Engine.Catalog;
using OmenDb.Engine.Execution;
using OmenDb.Storage;
using OmenDb.Storage.Tables.Sealed;
using OmenDb.Storage.Catalog;
using OmenDb.Storage.FileSystem;
using OmenDb.Types;

namespace OmenDb.Engine;

/// <summary>A data directory: a cluster with its databases and roles. Thread-safe.</summary>
public sealed class Database : IDisposable
{
    private readonly ConcurrentDictionary<int, Session> _sessions = new();
    private readonly DatabaseOptions _options;
    private int _lastBackend;
    private int _disposed;

    private Database(StorageEngine storage, DatabaseOptions options, string directory)
    {
        Storage = storage;
        _options = options;
        Directory = directory;
        Memory = new MemoryAccountant(options.MemoryLimitBytes, storage.Memory);
        TableInfos = new TableInfoCache(storage);
        Locks.Describe = tag => SessionLocks.Describe(this, tag);
        TemporaryObjects.DropLeftovers(storage);
    }

    internal StorageEngine Storage { get; }

    internal MemoryAccountant Memory { get; }

    /// <summary>Null: a database without files.</summary>
    internal SpillSpace? Spill { get; private init; }

    internal Storage.Locks.LockTable Locks => Storage.Transactions.Locks;

    internal SharedSnapshots Snapshots { get; } = new();

    internal TableInfoCache TableInfos { get; }

    internal string Directory { get; }

    internal DateTime StartTime { get; } = DateTime.UtcNow;

    internal IEnumerable<Session> Sessions => _sessions.Values;

    /// <summary>Opens the directory and recovers it; the first start creates role and database "omendb" and database "postgres".</summary>
    /// <exception cref="SqlException">The directory is locked by another process, or damaged.</exception>
    public static Database Open(string directory, DatabaseOptions? options = null) =>
        Open(OsFileSystem.Instance, directory, options);

    /// <summary>The same over another file system, for tests.</summary>
    public static Database Open(IFileSystem files, string directory, DatabaseOptions? options = null) =>
        new(OpenStorage(files, directory, options ?? new DatabaseOptions()), options ?? new DatabaseOptions(), directory)
        {
            Spill = new SpillSpace(files, FileExtensions.PathOf(directory, "tmp")),
        };

    private static StorageEngine OpenStorage(IFileSystem files, string directory, DatabaseOptions options)
    {
        var storage = new StorageOptions
        {
            AutoAnalyzeInterval = options.AutoAnalyze ? TimeSpan.FromSeconds(1) : TimeSpan.Zero,
            Seal = SealOptionsOf(options.Sealing), MemoryLimitBytes = options.MemoryLimitBytes > 0 ? options.MemoryLimitBytes : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4 * 3,
        };
        if (options.RecoveryTarget > TimeSpan.Zero)
            storage = storage with { RecoveryTarget = options.RecoveryTarget };
        return StorageEngine.Open(options.FlushDelay > TimeSpan.Zero ? new DelayedFileSystem(files, options.FlushDelay) : files, directory, storage);
    }

    /// <summary>A database without files that ends with the process.</summary>
    public static Database OpenInMemory(DatabaseOptions? options = null) => new(StorageEngine.OpenInMemory(SealOptionsOf((options ?? new DatabaseOptions()).Sealing)), options ?? new DatabaseOptions(), "");

    private static SealOptions SealOptionsOf(Sealing sealing) => sealing switch
    {
        Sealing.OnDemand => SealOptions.Off,
        Sealing.AfterEveryCommit => SealOptions.Always,
        _ => SealOptions.Default,
    };

    /// <exception cref="SqlException">3D000 unknown database, 28000 unknown role, 53300 too many sessions.</exception>
    public Session CreateSession(SessionOptions? options = null)
    {
        options ??= new SessionOptions();
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        if (_sessions.Count >= _options.MaxConnections)
            throw new SqlException(SqlState.TooManyConnections, "sorry, too many clients already") { Severity = "FATAL" };
        var catalog = Storage.Catalog;
        var role = catalog.FindRole(options.User) ?? throw new SqlException(SqlState.InvalidAuthorizationSpecification, $"role \"{options.User}\" does not exist") { Severity = "FATAL" };
        if (!role.CanLogin)
            throw new SqlException(SqlState.InvalidAuthorizationSpecification, $"role \"{options.User}\" is not permitted to log in") { Severity = "FATAL" };
        var database = catalog.FindDatabase(options.Database) ?? throw new SqlException(SqlState.InvalidCatalogName, $"database \"{options.Database}\" does not exist") { Severity = "FATAL" };
        var session = new Session(this, Interlocked.Increment(ref _lastBackend), RandomNumberGenerator.GetInt32(int.MaxValue), role, database, options, _options.Settings);
        _sessions[session.BackendId] = session;
        return session;
    }

    /// <summary>SCRAM-SHA-256 verifier of a role in PostgreSQL's format; null: no such role, or no password.</summary>
    public string? PasswordVerifier(string role) => Storage.Catalog.FindRole(role)?.PasswordVerifier;

    /// <summary>CancelRequest: ends what that session is doing, with 57014.</summary>
    /// <returns>False when no session has that id and secret.</returns>
    public bool Cancel(int backendId, int secret)
    {
        if (!_sessions.TryGetValue(backendId, out var session) || session.Secret != secret)
            return false;
        session.Cancel();
        return true;
    }

    /// <summary>Makes the next start quick: what the log holds goes to files of its own.</summary>
    /// <exception cref="OperationCanceledException">Nothing is lost: the log goes on.</exception>
    public void Checkpoint(CancellationToken cancellation = default) => Storage.Checkpoint(cancellation);

    /// <summary>Everything committed is on the device when this returns, also what was committed without waiting for it.</summary>
    public void FlushLog() => Storage.FlushLog();

    internal void Forget(Session session) => _sessions.TryRemove(session.BackendId, out _);

    internal Session? FindSession(int backendId) => _sessions.GetValueOrDefault(backendId);

    /// <summary>Ends all sessions and releases the directory. No session may be in use by another thread.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        foreach (var session in _sessions.Values)
            session.Dispose();
        Storage.Dispose();
    }
}
