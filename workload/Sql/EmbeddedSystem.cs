using OmenDb.Engine;
using OmenDb.Workload.Bulk;

namespace OmenDb.Workload.Sql;

/// <summary>A database in this process.</summary>
/// <param name="database">Not disposed with the system.</param>
public sealed class EmbeddedSystem(Database database) : WorkloadSystem
{
    public override string Description { get; } = $"OmenDB {typeof(Database).Assembly.GetName().Version?.ToString(3)} embedded";

    public override bool IsEmbedded => true;

    public override bool IsOmenDb => true;

    public override TableWriter OpenWriter(string table, IReadOnlyList<SqlField> columns) => new EmbeddedTableWriter(database, table, columns);

    protected override WorkloadConnection Connect() => new EmbeddedConnection(database);
}
