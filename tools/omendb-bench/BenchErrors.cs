using System.Data.Common;
using Npgsql;
using OmenDb.Tpcc.Transactions;
using OmenDb.Types;
using OmenDb.Workload.Running;
using OmenDb.Ycsb.Targets;

namespace OmenDb.Tools.Bench;

/// <summary>Errors of the database, the server or the file system: told in a sentence, without a stack.</summary>
internal static class BenchErrors
{
    public static bool IsExpected(Exception exception) =>
        exception is SqlException or DbException or IOException or UnauthorizedAccessException or BenchException;

    public static string Describe(Exception exception) => exception switch
    {
        SqlException sql => $"{sql.SqlState}: {sql.Message}{(sql.Detail is { } detail ? $" ({detail})" : "")}",
        PostgresException postgres => $"{postgres.SqlState}: {postgres.MessageText}{(postgres.Detail is { } detail ? $" ({detail})" : "")}",
        LoadFailedException { InnerException: { } cause } => Describe(cause),
        _ => exception.Message,
    };
}

/// <summary>The benchmark cannot go on, and the message says why.</summary>
internal sealed class BenchException(string message) : Exception(message);
