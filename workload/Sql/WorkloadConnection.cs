namespace OmenDb.Workload.Sql;

/// <summary>A session of a system, used by one thread at a time.</summary>
public abstract class WorkloadConnection : IDisposable
{
    public abstract SqlBatch CreateBatch(IReadOnlyList<SqlStatement> statements);

    /// <summary>Runs a statement, or a script without results, to its end.</summary>
    public abstract void Execute(string sql);

    /// <summary>Runs a query and takes all its rows, fields as PostgreSQL prints them, null for NULL.</summary>
    public abstract IReadOnlyList<IReadOnlyList<string?>> Query(string sql);

    /// <summary>Ends what an error left of a transaction. Without one, nothing happens.</summary>
    public abstract void Rollback();

    /// <summary>From any thread: the running statement ends with 57014.</summary>
    public abstract void Cancel();

    public abstract void Dispose();
}
