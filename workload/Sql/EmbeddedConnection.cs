using OmenDb.Engine;
using OmenDb.Types;

namespace OmenDb.Workload.Sql;

/// <summary>A session of a database in this process.</summary>
internal sealed class EmbeddedConnection(Database database) : WorkloadConnection
{
    private readonly Session _session = database.CreateSession();

    public override SqlBatch CreateBatch(IReadOnlyList<SqlStatement> statements) => new EmbeddedBatch(_session, statements);

    public override void Execute(string sql)
    {
        foreach (var result in _session.ExecuteScript(sql))
        {
            while (result.Portal.NextBatch(out _))
            {
                // rows are not wanted
            }
        }
    }

    public override IReadOnlyList<IReadOnlyList<string?>> Query(string sql) => _session.QueryText(sql);

    public override void Rollback()
    {
        if (_session.TransactionStatus != TransactionStatus.Idle)
            Execute("ROLLBACK");
    }

    public override void Cancel() => _session.Cancel();

    public override void Dispose() => _session.Dispose();
}
