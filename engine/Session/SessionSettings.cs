using OmenDb.Arrow;
using OmenDb.Engine.Execution;
using OmenDb.Engine.Settings;
using OmenDb.Types;

namespace OmenDb.Engine;

/// <summary>The settings of a session. A change inside a transaction is undone with it.</summary>
/// <remarks>Layers of a value: the server's default, then what start-up, role and database gave (RESET goes back to that), then SET,
/// then SET LOCAL until the end of the transaction.</remarks>
public sealed class SessionSettings
{
    private readonly Dictionary<string, string> _resetValues = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, string> _values = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, string> _reported = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<Change> _changes = [];
    private IoContext? _io;
    private ExecutionSettings? _execution;
    private string? _planKey;

    internal SessionSettings()
    {
    }

    /// <param name="Before">Null: there was no value of its own.</param>
    /// <param name="IsLocal">Undone by COMMIT too.</param>
    private sealed record Change(string Name, string? Before, bool IsLocal);

    /// <summary>A reported parameter has a new value: ParameterStatus.</summary>
    public event Action<string, string>? ParameterChanged;

    /// <summary>What is told to a client after authentication, and again by <see cref="ParameterChanged"/> when it changes.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> ReportedParameters =>
        [.. SettingTable.All.Where(s => s.IsReported).Select(s => KeyValuePair.Create(s.Name, s.Show(Raw(s))))];

    /// <summary>As SHOW prints it; null: no such setting.</summary>
    public string? Get(string name)
    {
        if (SettingTable.Find(Alias(name)) is { } setting)
            return setting.Show(Raw(setting));
        return _values.GetValueOrDefault(name) ?? _resetValues.GetValueOrDefault(name);
    }

    /// <summary>What texts and binary values of this session look like.</summary>
    public IoContext Io => _io ??= MakeIo();

    /// <summary>Labels of enum types by OID, from the session's catalog.</summary>
    internal Func<int, IReadOnlyList<string>>? EnumLabels { get; set; }

    /// <summary>What regclass and its relatives are read and written by.</summary>
    internal IObjectNames? ObjectNames { get; set; }

    internal ExecutionSettings Execution => _execution ??= MakeExecution();

    /// <summary>Equal keys mean that the same plan may be used.</summary>
    internal string PlanKey => _planKey ??= string.Join('\0', SettingTable.All.Where(s => s.AffectsPlans).Select(Raw));

    internal string Raw(SettingDefinition setting) =>
        _values.GetValueOrDefault(setting.Name) ?? _resetValues.GetValueOrDefault(setting.Name) ?? setting.Default;

    internal string Raw(string name) => Raw(SettingTable.Find(name)!);

    internal string ResetValue(SettingDefinition setting) => _resetValues.GetValueOrDefault(setting.Name) ?? setting.Default;

    internal bool Bool(string name) => Raw(name) == "on";

    internal int Int(string name) => int.Parse(Raw(name), System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Settings that the user made up ("my.var"), with their values.</summary>
    internal IEnumerable<KeyValuePair<string, string>> Custom => _values.Where(v => SettingTable.Find(v.Key) is null);

    /// <summary>SET SCHEMA and SET NAMES have been mapped by the grammar; this maps what SHOW and set_config still write.</summary>
    private static string Alias(string name) => name.Equals("time zone", StringComparison.OrdinalIgnoreCase) ? "TimeZone" : name;

    /// <summary>A value from start-up, role or database.</summary>
    /// <exception cref="SqlException">22023; 42704; 55P02.</exception>
    internal void SetInitial(string name, string value)
    {
        var setting = Changeable(name, atStart: true);
        _resetValues[setting?.Name ?? name] = setting is null ? value : setting.Parse(value);
        Changed();
    }

    /// <summary>A fact about the session: its user, the server's directory.</summary>
    internal void SetFact(string name, string value)
    {
        _resetValues[name] = value;
        Changed();
    }

    /// <param name="name">Any case.</param>
    /// <param name="value">Null: back to the reset value.</param>
    /// <param name="isLocal">SET LOCAL.</param>
    /// <exception cref="SqlException">22023; 42704; 55P02.</exception>
    internal void Set(string name, string? value, bool isLocal)
    {
        var setting = Changeable(Alias(name), atStart: false);
        var key = setting?.Name ?? name.ToLowerInvariant();
        var parsed = value is null ? null : setting is null ? value : setting.Parse(value);
        _changes.Add(new Change(key, _values.GetValueOrDefault(key), isLocal));
        Put(key, parsed);
    }

    /// <summary>RESET ALL.</summary>
    internal void ResetAll()
    {
        foreach (var name in _values.Keys.ToArray())
        {
            if (name is not ("transaction_isolation" or "transaction_read_only" or "transaction_deferrable" or "role"))
                Set(name, null, isLocal: false);
        }
    }

    /// <summary>Sets a value that no rollback takes back: those that belong to the transaction itself.</summary>
    internal void SetUntracked(string name, string? value) => Put(name, value);

    /// <summary>A place to go back to.</summary>
    internal int Mark => _changes.Count;

    internal void RollbackTo(int mark)
    {
        for (var i = _changes.Count - 1; i >= mark; i--)
            Put(_changes[i].Name, _changes[i].Before);
        _changes.RemoveRange(mark, _changes.Count - mark);
    }

    /// <summary>The transaction has committed: local changes end, others stay.</summary>
    internal void Commit()
    {
        if (_changes.Count == 0)
            return;
        // Per name: the value before the first local change that no session-wide change follows.
        foreach (var name in _changes.Select(c => c.Name).Distinct().ToArray())
        {
            var ofName = _changes.FindAll(c => c.Name == name);
            var lastSession = ofName.FindLastIndex(c => !c.IsLocal);
            if (lastSession == ofName.Count - 1)
                continue;
            Put(name, ofName[lastSession + 1].Before);
        }
        _changes.Clear();
    }

    private static SettingDefinition? Changeable(string name, bool atStart)
    {
        var setting = SettingTable.Find(name);
        if (setting is null)
        {
            if (!name.Contains('.') || name.StartsWith("omendb.", StringComparison.OrdinalIgnoreCase))
                throw Unknown(name);
            return null;
        }
        var error = setting.Context switch
        {
            SettingContext.Internal => $"parameter \"{setting.Name}\" cannot be changed",
            SettingContext.Postmaster => $"parameter \"{setting.Name}\" cannot be changed without restarting the server",
            SettingContext.Sighup => $"parameter \"{setting.Name}\" cannot be changed now",
            _ => null,
        };
        if (error is not null && !(atStart && setting.Context == SettingContext.Internal && setting.Name == "is_superuser"))
            throw new SqlException(SqlState.CantChangeRuntimeParameter, error);
        return setting;
    }

    internal static SqlException Unknown(string name) => new(SqlState.UndefinedObject, $"unrecognized configuration parameter \"{name}\"");

    private void Put(string name, string? value)
    {
        if (value is null)
            _values.Remove(name);
        else
            _values[name] = value;
        // Every transaction sets these three, and nothing that is derived here depends on them.
        if (name is not ("transaction_isolation" or "transaction_read_only" or "transaction_deferrable"))
            Changed();
        if (SettingTable.Find(name) is { IsReported: true } setting)
        {
            var shown = setting.Show(Raw(setting));
            if (_reported.TryGetValue(setting.Name, out var told) ? told != shown : shown != setting.Show(ResetValue(setting)))
            {
                _reported[setting.Name] = shown;
                ParameterChanged?.Invoke(setting.Name, shown);
            }
        }
    }

    private void Changed()
    {
        _io = null;
        _execution = null;
        _planKey = null;
    }

    private IoContext MakeIo()
    {
        var dateStyle = Raw("DateStyle").Split(", ");
        return new IoContext
        {
            TimeZone = Types.TimeZone.Get(Raw("TimeZone")),
            DateStyle = dateStyle[0] switch { "SQL" => DateStyle.Sql, "Postgres" => DateStyle.Postgres, "German" => DateStyle.German, _ => DateStyle.Iso },
            DateOrder = dateStyle[1] switch { "DMY" => DateOrder.Dmy, "YMD" => DateOrder.Ymd, _ => DateOrder.Mdy },
            IntervalStyle = Raw("IntervalStyle") switch
            {
                "postgres_verbose" => IntervalStyle.PostgresVerbose,
                "sql_standard" => IntervalStyle.SqlStandard,
                "iso_8601" => IntervalStyle.Iso8601,
                _ => IntervalStyle.Postgres,
            },
            ExtraFloatDigits = Int("extra_float_digits"),
            ByteaEscape = Raw("bytea_output") == "escape",
            EnumLabels = EnumLabels,
            Names = ObjectNames,
        };
    }

    private ExecutionSettings MakeExecution() => new()
    {
        TimeZone = Zone(Raw("TimeZone")),
        TimeZoneName = Raw("TimeZone"),
        DateStyle = Raw("DateStyle"),
        IntervalStyle = Raw("IntervalStyle"),
        ExtraFloatDigits = Int("extra_float_digits"),
        StatementTimeoutMs = Int("statement_timeout"),
        MaxParallelism = Int("omendb.max_parallelism"),
        BatchCapacity = Math.Min(Int("omendb.vector_size"), Batch.DefaultCapacity),
        ConstantHash = Bool("omendb.constant_hash"),
        ForceSpill = Bool("omendb.force_spill"),
        QueryMemoryLimitBytes = (long)Int("omendb.memory_limit_mb") << 20,
    };

    private static TimeZoneInfo Zone(string name)
    {
        if (TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone))
            return zone;
        var offset = TimeSpan.FromSeconds(Types.TimeZone.Get(name).OffsetAtUtc(0));
        return TimeZoneInfo.CreateCustomTimeZone(name, offset, name, name);
    }
}
