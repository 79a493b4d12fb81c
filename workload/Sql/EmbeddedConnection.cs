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

    public override IReadOnlyList<IReadOnlyList<string?>> Query(string sql)
    {
        using var result = _session.Execute(sql);
        var columns = result.Portal.Columns ?? throw new InvalidOperationException("the statement returns no rows");
        var rows = new List<IReadOnlyList<string?>>();
        while (result.Portal.NextBatch(out var batch))
        {
            var picks = batch.Selection is { } selection ? selection.FillIndices(batch.Length) : default;
            for (var i = 0; i < batch.RowCount; i++)
            {
                var row = batch.Selection is null ? i : picks[i];
                var fields = new string?[columns.Length];
                for (var column = 0; column < columns.Length; column++)
                {
                    var vector = batch.Columns[column];
                    fields[column] = vector.IsValid(row) ? TypeIo.FormatString(columns[column].Type, vector, row, _session.Settings.Io) : null;
                }
                rows.Add(fields);
            }
        }
        return rows;
    }

    public override void Rollback()
    {
        if (_session.TransactionStatus != TransactionStatus.Idle)
            Execute("ROLLBACK");
    }

    public override void Cancel() => _session.Cancel();

    public override void Dispose() => _session.Dispose();
}
