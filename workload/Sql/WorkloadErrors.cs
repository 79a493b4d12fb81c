using Npgsql;
using OmenDb.Types;

namespace OmenDb.Workload.Sql;

/// <summary>Errors of all systems, seen alike.</summary>
public static class WorkloadErrors
{
    /// <returns>Null: no error of a statement.</returns>
    public static string? SqlStateOf(Exception exception) => exception switch
    {
        SqlException sql => sql.SqlState,
        PostgresException postgres => postgres.SqlState,
        _ => null,
    };

    /// <summary>Serialization failure or deadlock: the transaction is to be run again, as every client must expect.</summary>
    public static bool IsRetryable(Exception exception) => SqlStateOf(exception) is "40001" or "40P01";
}
