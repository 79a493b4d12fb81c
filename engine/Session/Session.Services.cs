using System.Collections.Immutable;
using OmenDb.Engine.Catalog;
using OmenDb.Engine.Execution;
using OmenDb.Planner.Syntax;
using OmenDb.Storage.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine;

// What functions ask of their session: names, settings, sequences.
public sealed partial class Session
{
    private readonly Dictionary<int, long> _currentValues = []; // by sequence
    private SessionServices? _services;
    private int _lastSequence;
    private (string Setting, long Version, ImmutableArray<string> Path) _searchPath = ("", long.MinValue, []);

    internal ISessionServices Services => _services ??= new SessionServices(this);

    internal const string TemporarySchema = "pg_temp";

    /// <summary>The name under which this session's temporary schema is kept.</summary>
    internal string TemporarySchemaName => $"pg_temp_{BackendId}";

    /// <summary>pg_temp means the session's own.</summary>
    internal string SchemaAlias(string name) => name == TemporarySchema ? TemporarySchemaName : name;

    /// <summary>The schemas in which names are looked up: temporary objects and pg_catalog first unless written elsewhere; those that do not exist are left out.</summary>
    internal ImmutableArray<string> EffectiveSearchPath(CatalogSnapshot snapshot)
    {
        var setting = Settings.Raw("search_path");
        if (_searchPath.Setting == setting && _searchPath.Version == snapshot.Version)
            return _searchPath.Path;
        var path = ImmutableArray.CreateBuilder<string>();
        foreach (var written in SchemaList(setting))
        {
            var name = written == "$user" ? CurrentUser : written == TemporarySchema ? TemporarySchemaName : written;
            if (!path.Contains(name) && (name is "pg_catalog" or "information_schema" || snapshot.FindSchema(DatabaseOid, name) is not null))
                path.Add(name);
        }
        if (!path.Contains("pg_catalog"))
            path.Insert(0, "pg_catalog");
        if (!path.Contains(TemporarySchemaName) && snapshot.FindSchema(DatabaseOid, TemporarySchemaName) is not null)
            path.Insert(0, TemporarySchemaName);
        _searchPath = (setting, snapshot.Version, path.ToImmutable());
        return _searchPath.Path;
    }

    /// <summary>The identifiers of a search_path value.</summary>
    internal static IEnumerable<string> SchemaList(string setting)
    {
        var i = 0;
        while (i < setting.Length)
        {
            while (i < setting.Length && (setting[i] == ',' || char.IsWhiteSpace(setting[i])))
                i++;
            if (i >= setting.Length)
                yield break;
            if (setting[i] == '"')
            {
                var end = setting.IndexOf('"', i + 1);
                end = end < 0 ? setting.Length : end;
                yield return setting[(i + 1)..end];
                i = end + 1;
                continue;
            }
            var stop = setting.IndexOf(',', i);
            stop = stop < 0 ? setting.Length : stop;
            yield return setting[i..stop].Trim().ToLowerInvariant();
            i = stop;
        }
    }

    /// <summary>The schema that new objects without schema go to.</summary>
    /// <exception cref="SqlException">3F000.</exception>
    internal SchemaEntry CreationSchema(string? written, int position)
    {
        if (written is not null)
        {
            if (written is "pg_catalog" or "information_schema")
                throw new SqlException(SqlState.InsufficientPrivilege, $"permission denied for schema {written}");
            if (written == TemporarySchema)
                return TemporaryObjects.EnsureSchema(this);
            return Catalog.FindSchema(DatabaseOid, written)
                ?? throw new SqlException(SqlState.InvalidSchemaName, $"schema \"{written}\" does not exist") { Position = position };
        }
        foreach (var name in EffectiveSearchPath(Transaction.CurrentCatalog))
        {
            if (name is not "pg_catalog" and not "information_schema" && name != TemporarySchemaName && Catalog.FindSchema(DatabaseOid, name) is { } schema)
                return schema;
        }
        throw new SqlException(SqlState.InvalidSchemaName, "no schema has been selected to create in") { Position = position };
    }

    private SequenceEntry FindSequence(string text)
    {
        var oid = ObjectNames.Resolve(CurrentNames, TypeId.Regclass, text);
        return Transaction.CurrentCatalog.Find(oid) switch
        {
            SequenceEntry sequence => sequence,
            { } other => throw new SqlException(SqlState.WrongObjectType, $"\"{other.Name}\" is not a sequence"),
            _ => throw new SqlException(SqlState.UndefinedTable, $"relation \"{text}\" does not exist"),
        };
    }

    internal long NextValue(SequenceEntry sequence)
    {
        var value = Database.Storage.NextValue(sequence);
        _currentValues[sequence.Oid] = value;
        _lastSequence = sequence.Oid;
        return value;
    }

    /// <summary>DISCARD SEQUENCES.</summary>
    internal void ForgetSequences()
    {
        _currentValues.Clear();
        _lastSequence = 0;
    }

    internal sealed class SessionServices(Session session) : ISessionServices
    {
        /// <summary>For functions that need more of the session.</summary>
        public Session Session => session;

        public string CurrentUser => session.CurrentUser;

        public string SessionUser => session.SessionUser;

        public string CurrentDatabase => session.DatabaseName;

        public IReadOnlyList<string> SearchPath => session.EffectiveSearchPath(session.Transaction.CurrentCatalog);

        public int BackendProcessId => session.BackendId;

        public string? GetSetting(string name) => session.Settings.Get(name);

        public void SetSetting(string name, string value, bool isLocal) => session.ChangeSetting(name, value, isLocal);

        public long NextValue(string sequence)
        {
            session.CheckWritable("nextval()");
            return session.NextValue(session.FindSequence(sequence));
        }

        public long CurrentValue(string sequence)
        {
            var entry = session.FindSequence(sequence);
            return session._currentValues.TryGetValue(entry.Oid, out var value) ? value
                : throw new SqlException(SqlState.ObjectNotInPrerequisiteState, $"currval of sequence \"{entry.Name}\" is not yet defined in this session");
        }

        public long LastValue() =>
            session._lastSequence != 0 && session.Catalog.Find(session._lastSequence) is not null && session._currentValues.TryGetValue(session._lastSequence, out var value)
                ? value
                : throw new SqlException(SqlState.ObjectNotInPrerequisiteState, "lastval is not yet defined in this session");

        public void SetValue(string sequence, long value, bool isCalled)
        {
            session.CheckWritable("setval()");
            var entry = session.FindSequence(sequence);
            session.Database.Storage.SetValue(entry, value, isCalled);
            if (isCalled)
            {
                session._currentValues[entry.Oid] = value;
                session._lastSequence = entry.Oid;
            }
        }

        public void Notice(string severity, string message) => session.Raise(new Notice(severity, severity == "WARNING" ? SqlState.Warning : SqlState.SuccessfulCompletion, message));
    }

    /// <summary>SET and set_config; settings of the transaction act on it.</summary>
    internal void ChangeSetting(string name, string? value, bool isLocal)
    {
        switch (name.ToLowerInvariant())
        {
            case "transaction_isolation" when value is not null:
                SetModes(new TransactionModes(IsolationOf(value), null, null));
                break;
            case "transaction_read_only" when value is not null:
                SetModes(new TransactionModes(null, OmenDb.Engine.Settings.SettingTable.Find("transaction_read_only")!.Parse(value) == "on", null));
                break;
            case "role":
                SetRole(value);
                break;
            case "session_authorization":
                if (value is not null && value != SessionUser && value != "default")
                    throw SqlException.NotSupported("SET SESSION AUTHORIZATION to another user");
                break;
            default:
                Settings.Set(name, value, isLocal);
                break;
        }
    }

    private static Planner.Syntax.IsolationLevel IsolationOf(string value) =>
        OmenDb.Engine.Settings.SettingTable.Find("transaction_isolation")!.Parse(value) switch
        {
            "serializable" => Planner.Syntax.IsolationLevel.Serializable,
            "repeatable read" => Planner.Syntax.IsolationLevel.RepeatableRead,
            "read uncommitted" => Planner.Syntax.IsolationLevel.ReadUncommitted,
            _ => Planner.Syntax.IsolationLevel.ReadCommitted,
        };

    private void SetRole(string? name)
    {
        if (name is null or "none" or "default")
        {
            CurrentUser = SessionUser;
            Settings.SetUntracked("role", null);
            return;
        }
        var role = Catalog.FindRole(name) ?? throw new SqlException(SqlState.InvalidParameterValue, $"role \"{name}\" does not exist");
        CurrentUser = role.Name;
        Settings.SetUntracked("role", role.Name);
    }
}
