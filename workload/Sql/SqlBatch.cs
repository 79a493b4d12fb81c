namespace OmenDb.Workload.Sql;

/// <summary>Statements that go to the system together: one round trip over a wire. Prepared at the first execution, used by one thread.</summary>
/// <remarks>
/// A batch outside a transaction block is one transaction; <see cref="SqlStatement.Begin"/> and <see cref="SqlStatement.Commit"/> in it open and end a block.
/// The first error ends it; the block, if there is one, waits for its rollback.
/// </remarks>
public abstract class SqlBatch : IDisposable
{
    private readonly SqlRows[] _rows;

    protected SqlBatch(IReadOnlyList<SqlStatement> statements)
    {
        Statements = statements;
        _rows = [.. statements.Select(statement => new SqlRows(statement.Results.Length))];
    }

    public IReadOnlyList<SqlStatement> Statements { get; }

    /// <summary>Begins to give the values of a statement's parameters.</summary>
    public SqlParameters this[int statement]
    {
        get
        {
            var parameters = ParametersOf(statement);
            parameters.Restart();
            return parameters;
        }
    }

    /// <summary>What the statement returned in the last execution.</summary>
    public SqlRows Rows(int statement) => _rows[statement];

    /// <exception cref="OmenDb.Types.SqlException">Embedded: a statement failed.</exception>
    /// <exception cref="Npgsql.NpgsqlException">Over a wire: a statement failed, or the connection.</exception>
    public void Execute()
    {
        foreach (var rows in _rows)
            rows.Clear();
        Run();
    }

    public abstract void Dispose();

    protected abstract SqlParameters ParametersOf(int statement);

    protected abstract void Run();
}
