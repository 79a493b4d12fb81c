using OmenDb.Arrow;
using OmenDb.Engine.Catalog;
using OmenDb.Planner.Grammar;
using OmenDb.Planner.Syntax;
using OmenDb.Storage.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine;

/// <summary>One connection. Used by one thread at a time, except <see cref="Cancel"/>.</summary>
public sealed partial class Session : IDisposable
{
    private readonly Dictionary<string, PreparedStatement> _prepared = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Portal> _portals = new(StringComparer.Ordinal);
    private readonly HashSet<Portal> _openPortals = [];
    private readonly StatementCache _cache = new();
    private CancellationTokenSource _cancel = new();
    private bool _disposed;

    internal Session(Database database, int backendId, int secret, RoleEntry role, DatabaseEntry databaseEntry, SessionOptions options,
        IReadOnlyDictionary<string, string> defaults)
    {
        Database = database;
        BackendId = backendId;
        Locks = new SessionLocks(this);
        Secret = secret;
        SessionUser = CurrentUser = role.Name;
        RoleOid = role.Oid;
        DatabaseName = databaseEntry.Name;
        DatabaseOid = databaseEntry.Oid;
        Options = options;
        Settings = new SessionSettings { EnumLabels = EnumLabels, ObjectNames = new SessionObjectNames(this) };
        Settings.SetFact("session_authorization", role.Name);
        Settings.SetFact("is_superuser", role.IsSuperuser ? "on" : "off");
        Settings.SetFact("data_directory", database.Directory);
        foreach (var (name, value) in defaults)
            Settings.SetInitial(name, value);
        foreach (var (name, value) in databaseEntry.Settings)
            Settings.SetInitial(name, value);
        foreach (var (name, value) in role.Settings)
        {
            var slash = name.IndexOf('/', StringComparison.Ordinal);
            if (slash < 0)
                Settings.SetInitial(name, value);
            else if (name[..slash] == databaseEntry.Oid.ToString(System.Globalization.CultureInfo.InvariantCulture))
                Settings.SetInitial(name[(slash + 1)..], value);
        }
        foreach (var (name, value) in options.Parameters)
            Settings.SetInitial(name, value);
    }

    /// <summary>For BackendKeyData and CancelRequest.</summary>
    public int BackendId { get; }

    public int Secret { get; }

    public TransactionStatus TransactionStatus => _failed ? TransactionStatus.Failed : _inBlock ? TransactionStatus.InTransaction : TransactionStatus.Idle;

    public SessionSettings Settings { get; }

    internal Database Database { get; }

    internal string DatabaseName { get; }

    internal int DatabaseOid { get; }

    internal string SessionUser { get; }

    internal string CurrentUser { get; private set; }

    internal int RoleOid { get; }

    internal bool IsSuperuser => Catalog.FindRole(CurrentUser)?.IsSuperuser == true;

    internal SessionOptions Options { get; }

    internal DateTime StartTime { get; } = DateTime.UtcNow;

    /// <summary>Plans made and plans used again, for omendb_statement_cache.</summary>
    internal StatementCache Cache => _cache;

    internal IEnumerable<PreparedStatement> PreparedStatements => _prepared.Values;

    internal IEnumerable<Portal> Portals => _portals.Values;

    internal CancellationToken Cancellation => _cancel.Token;

    /// <summary>NOTICE and WARNING, in the order in which they arise.</summary>
    public event Action<Notice>? NoticeRaised;

    /// <summary>From any thread: the running statement ends with 57014. Without one, nothing happens.</summary>
    public void Cancel()
    {
        if (!_isActive && !_inRequest)
            return;
        Interrupt();
    }

    private void Interrupt()
    {
        _cancel.Cancel();
        Locks.Wake();
    }

    /// <summary>A client's request has begun: until <see cref="EndRequest"/> a cancel counts between two pulls too, while rows are on their way.</summary>
    public void BeginRequest()
    {
        EndIdle();
        _inRequest = true;
    }

    /// <summary>The answer is complete. A cancel that came too late must not end the next statement.</summary>
    public void EndRequest()
    {
        _inRequest = false;
        if (_cancel.IsCancellationRequested && Termination is null)
            _cancel = new CancellationTokenSource();
        BeginIdle();
    }

    /// <summary>Simple query protocol: the statements of a script, in one implicit transaction unless it says otherwise. Lazy: each
    /// statement starts when it is pulled.</summary>
    /// <remarks>A script of blanks gives one result with <see cref="Portal.IsEmptyQuery"/>. After the last statement's end its implicit
    /// transaction is committed. Leaving the enumeration early rolls it back.</remarks>
    public IEnumerable<StatementResult> ExecuteScript(string sql)
    {
        ClosePrepared("");
        ClosePortal("");
        var script = Guarded(() => _cache.Script(sql));
        if (script.Statements.IsEmpty)
        {
            yield return new StatementResult(EmptyPortal(sql));
            yield break;
        }
        var completed = false;
        try
        {
            for (var i = 0; i < script.Statements.Length; i++)
            {
                var isLast = i == script.Statements.Length - 1;
                var index = i;
                using var portal = Guarded(() => OpenScriptStatement(sql, script, index));
                portal.CommitsAtEnd = isLast;
                yield return new StatementResult(portal);
                portal.Drain();
                if (portal.HasFailed)
                    yield break;
            }
            completed = true;
        }
        finally
        {
            if (!completed && !_inBlock)
                AbortImplicit();
        }
    }

    private Portal OpenScriptStatement(string sql, CachedScript script, int index)
    {
        var parsed = script.Statements[index];
        CheckAllowed(parsed.Statement);
        var prepared = new PreparedStatement("", sql, parsed.Statement) { Script = script, ScriptIndex = index };
        Describe(prepared, []);
        return OpenPortal("", prepared, ParameterSource.Empty, isNamed: false);
    }

    private Portal EmptyPortal(string sql)
    {
        var portal = new Portal(this, "", new PreparedStatement("", sql, null), new EmptyRun());
        portal.SetCompleted("");
        return portal;
    }

    /// <summary>One statement with parameters $1, $2 ...; changes and commands have ended when this returns.</summary>
    /// <remarks>Rows are pulled from the portal; an implicit transaction is committed at their end, or when the result is disposed before.</remarks>
    public StatementResult Execute(string sql, params object?[] parameters)
    {
        var script = Guarded(() => _cache.Script(sql));
        if (script.Statements.IsEmpty)
            return new StatementResult(EmptyPortal(sql));
        if (script.Statements.Length > 1)
            throw Fail(new SqlException(SqlState.SyntaxError, "cannot insert multiple commands into a prepared statement"));
        var portal = Guarded(() =>
        {
            CheckAllowed(script.Statements[0].Statement);
            var prepared = new PreparedStatement("", sql, script.Statements[0].Statement) { Script = script };
            Describe(prepared, []);
            return OpenPortal("", prepared, ParameterSource.OfValues(parameters), isNamed: false);
        });
        portal.CommitsAtEnd = true;
        if (portal.Columns is null && portal.Copy is null)
            portal.Drain();
        return new StatementResult(portal);
    }

    /// <param name="name">Empty: the unnamed statement, which is replaced.</param>
    /// <param name="parameterOids">Types declared by the client; 0 or missing: to be inferred.</param>
    public PreparedStatement Prepare(string name, string sql, ReadOnlySpan<int> parameterOids = default)
    {
        var oids = parameterOids.ToArray();
        return Guarded(() =>
        {
            var script = _cache.Script(sql);
            if (script.Statements.Length > 1)
                throw new SqlException(SqlState.SyntaxError, "cannot insert multiple commands into a prepared statement");
            var statement = script.Statements.IsEmpty ? null : script.Statements[0].Statement;
            if (statement is not null)
                CheckAllowed(statement);
            if (name.Length > 0 && _prepared.ContainsKey(name))
                throw new SqlException(SqlState.DuplicatePreparedStatement, $"prepared statement \"{name}\" already exists");
            // Scripts keep plans only for statements without declared types: with them, each statement keeps its own.
            var prepared = new PreparedStatement(name, sql, statement) { Script = Array.TrueForAll(oids, o => o == 0) ? script : null };
            if (statement is not null)
                Describe(prepared, oids);
            _prepared[name] = prepared;
            return prepared;
        });
    }

    /// <exception cref="SqlException">26000.</exception>
    public PreparedStatement GetPrepared(string name)
    {
        if (_prepared.TryGetValue(name, out var prepared))
            return prepared;
        throw Fail(new SqlException(SqlState.InvalidSqlStatementName,
            name.Length == 0 ? "unnamed prepared statement does not exist" : $"prepared statement \"{name}\" does not exist"));
    }

    /// <summary>No error when there is none of that name.</summary>
    public void ClosePrepared(string name) => _prepared.Remove(name);

    /// <param name="portalName">Empty: the unnamed portal, which is replaced.</param>
    public Portal Bind(string portalName, PreparedStatement statement, ParameterSource parameters) => Guarded(() =>
    {
        if (statement.Syntax is not null)
            CheckAllowed(statement.Syntax);
        if (portalName.Length == 0)
            ClosePortal("");
        else if (_portals.ContainsKey(portalName))
            throw new SqlException(SqlState.DuplicateCursor, $"cursor \"{portalName}\" already exists");
        if (statement.IsEmpty)
        {
            var empty = EmptyPortal(statement.Sql);
            _portals[portalName] = empty;
            return empty;
        }
        return OpenPortal(portalName, statement, parameters, isNamed: true);
    });

    private Portal OpenPortal(string name, PreparedStatement statement, ParameterSource parameters, bool isNamed)
    {
        var portal = new Portal(this, name, statement, CreateRun(statement, parameters)) { Depth = _savepoints.Count };
        _openPortals.Add(portal);
        if (isNamed)
            _portals[name] = portal;
        return portal;
    }

    /// <exception cref="SqlException">34000.</exception>
    public Portal GetPortal(string name) => _portals.TryGetValue(name, out var portal) ? portal
        : throw Fail(new SqlException(SqlState.InvalidCursorName, $"portal \"{name}\" does not exist"));

    /// <summary>No error when there is none of that name.</summary>
    public void ClosePortal(string name)
    {
        if (_portals.Remove(name, out var portal))
            portal.Dispose();
    }

    /// <summary>An error in the extended protocol outside the session (a malformed message): the transaction fails as by an error of a statement.</summary>
    public void FailTransaction() => AbortAfterError();

    /// <summary>Ends the implicit transaction of the extended protocol: commits it, or rolls back after an error.</summary>
    /// <exception cref="SqlException">The commit failed.</exception>
    public void Sync()
    {
        if (!_inBlock)
            Guarded(() => CommitImplicit());
    }

    internal bool Pull(Portal portal, StatementRun run, out Batch batch)
    {
        using var activity = Activate(portal.Statement.Sql);
        try
        {
            CheckInterrupts();
            if (run.Next(out batch))
                return true;
            Complete(portal, run);
            return false;
        }
#pragma warning disable CA1031 // every error ends the statement, and goes on to the caller as an SqlException
        catch (Exception error)
#pragma warning restore CA1031
        {
            portal.HasFailed = true;
            portal.CloseRun();
            throw Fail(error);
        }
    }

    /// <summary>The statement has run to its end.</summary>
    internal void Complete(Portal portal, StatementRun run)
    {
        var tag = run.Tag;
        portal.CloseRun();
        if (portal.CommitsAtEnd && !_inBlock)
            CommitImplicit();
        portal.SetCompleted(tag);
    }

    internal void Forget(Portal portal)
    {
        _openPortals.Remove(portal);
        if (_portals.TryGetValue(portal.Name, out var named) && ReferenceEquals(named, portal))
            _portals.Remove(portal.Name);
        // An embedded caller has read enough of a query: that is no error.
        if (portal is { CommitsAtEnd: true, IsCompleted: false, HasFailed: false } && !_inBlock && !_disposed)
            CommitImplicit();
    }

    internal void Raise(Notice notice)
    {
        static int Rank(string severity) => severity switch
        {
            "DEBUG" or "DEBUG1" => 5, "LOG" => 6, "INFO" => 100, "NOTICE" => 7, "WARNING" => 8, _ => 9,
        };
        var least = Settings.Raw("client_min_messages") switch { "error" => 9, "warning" => 8, "notice" => 7, "log" => 6, _ => 1 };
        if (Rank(notice.Severity) >= least)
            NoticeRaised?.Invoke(notice);
    }

    internal void Notice(string message, string sqlState = SqlState.SuccessfulCompletion) => Raise(new Notice("NOTICE", sqlState, message));

    internal void Warning(string sqlState, string message) => Raise(new Notice("WARNING", sqlState, message));

    /// <summary>Rolls back what is open.</summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _idleTimer?.Dispose();
        RollbackAll();
        LeaveReaders();
        Locks.UnlockAll();
        TemporaryObjects.DropOf(this);
        _cancel.Dispose();
        Database.Forget(this);
    }
}
