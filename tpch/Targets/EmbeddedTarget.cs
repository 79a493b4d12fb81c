using OmenDb.Engine;
using OmenDb.Types;

namespace OmenDb.Tpch.Targets;

/// <summary>A database in this process.</summary>
/// <param name="database">Not disposed with the target.</param>
/// <param name="description">For reports.</param>
public sealed class EmbeddedTarget(Database database, string description) : TpchTarget
{
    private readonly Session _session = database.CreateSession();

    public override string Description => description;

    public override bool WantsForeignKeyIndexes => false;

    public override string AnalyzeCommand => "ANALYZE";

    public override void SetThreads(int threads)
    {
        if (threads > 0)
            Execute($"SET omendb.max_parallelism = {threads}");
    }

    public override void Execute(string sql)
    {
        using var result = _session.Execute(sql);
    }

    public override IReadOnlyList<IReadOnlyList<string?>> Query(string sql) => _session.QueryText(sql);

    public override bool HasTable(string name)
    {
        try
        {
            Query($"SELECT 1 FROM {name} LIMIT 0");
            return true;
        }
        catch (SqlException exception) when (exception.SqlState == SqlState.UndefinedTable)
        {
            return false;
        }
    }

    public override TpchTableWriter OpenWriter(TpchTable table) => new EmbeddedTableWriter(database, table);

    public override TpchTarget Connect() => new EmbeddedTarget(database, description);

    public override void Dispose() => _session.Dispose();
}
