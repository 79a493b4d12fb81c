namespace OmenDb.Tpch.Targets;

/// <summary>A database system that holds the tables and answers the queries. Used by one thread at a time, its writers by one each.</summary>
public abstract class TpchTarget : IDisposable
{
    /// <summary>System, version and place, for reports.</summary>
    public abstract string Description { get; }

    /// <summary>True where the reference to other tables wants indexes to be found in reasonable time (Q17, Q20); made after the load.</summary>
    public abstract bool WantsForeignKeyIndexes { get; }

    /// <summary>Whether tables are made with their primary keys.</summary>
    public virtual bool WantsPrimaryKeys => true;

    /// <summary>What gathers a table's statistics; the table's name follows.</summary>
    public abstract string AnalyzeCommand { get; }

    /// <summary>Limits how many threads or processes one query may use; 0: as the system has been set up.</summary>
    public abstract void SetThreads(int threads);

    /// <summary>Runs a statement to its end.</summary>
    public abstract void Execute(string sql);

    /// <summary>Runs a query and takes all its rows, fields as PostgreSQL prints them, null for NULL.</summary>
    public abstract IReadOnlyList<IReadOnlyList<string?>> Query(string sql);

    /// <summary>Whether a table of that name is found without a schema.</summary>
    public abstract bool HasTable(string name);

    /// <summary>Begins to append rows to a table, on a connection and in a transaction of its own.</summary>
    public abstract TpchTableWriter OpenWriter(TpchTable table);

    /// <summary>Another connection to the same data, for another thread; disposed before this one.</summary>
    public abstract TpchTarget Connect();

    public abstract void Dispose();
}
