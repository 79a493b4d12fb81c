using System.Globalization;
using OmenDb.Workload.Bulk;

namespace OmenDb.Workload.Sql;

/// <summary>A database system under load: OmenDB in this process, or any server that speaks PostgreSQL's protocol. Thread-safe but for its own session.</summary>
public abstract class WorkloadSystem : IDisposable
{
    private WorkloadConnection? _own;

    /// <summary>System, version and place, for reports.</summary>
    public abstract string Description { get; }

    public abstract bool IsEmbedded { get; }

    /// <summary>Embedded, or a server that calls itself so.</summary>
    public abstract bool IsOmenDb { get; }

    /// <summary>Commits wait for the device. Holds for connections opened afterwards.</summary>
    public bool IsDurable { get; set; } = true;

    /// <summary>What gathers a table's statistics; the table's name follows.</summary>
    public string AnalyzeCommand => IsOmenDb || IsOther ? "ANALYZE" : "VACUUM (ANALYZE)";

    /// <summary>Neither OmenDB nor PostgreSQL.</summary>
    protected virtual bool IsOther => false;

    public WorkloadConnection Open()
    {
        var connection = Connect();
        if (!IsDurable)
            connection.Execute("SET synchronous_commit = off");
        return connection;
    }

    /// <summary>Begins to append rows to a table, in a session and a transaction of its own.</summary>
    /// <param name="columns">All columns of the table, in their order.</param>
    public abstract TableWriter OpenWriter(string table, IReadOnlyList<SqlField> columns);

    public void Execute(string sql) => Own.Execute(sql);

    public IReadOnlyList<IReadOnlyList<string?>> Query(string sql) => Own.Query(sql);

    /// <summary>The only field of the only row.</summary>
    public long QueryNumber(string sql) => long.Parse(Query(sql)[0][0]!, CultureInfo.InvariantCulture);

    /// <summary>Whether a table of that name is found without a schema.</summary>
    public bool HasTable(string name)
    {
        try
        {
            Query($"SELECT 1 FROM {name} LIMIT 0");
            return true;
        }
        catch (Exception exception) when (WorkloadErrors.SqlStateOf(exception) == OmenDb.Types.SqlState.UndefinedTable)
        {
            return false;
        }
    }

    public void Dispose()
    {
        _own?.Dispose();
        GC.SuppressFinalize(this);
    }

    protected abstract WorkloadConnection Connect();

    private WorkloadConnection Own => _own ??= Connect();
}
