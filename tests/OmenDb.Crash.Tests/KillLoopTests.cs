using Npgsql;
using Xunit.Abstractions;

namespace OmenDb.Crash.Tests;

/// <summary>kill -9 under concurrent transfers, again and again: every acknowledged commit is there afterwards, no half transaction is.</summary>
/// <remarks>Each transfer inserts a ledger row and moves an amount between two accounts. After a restart every account must equal its
/// opening balance plus its ledger entries, and every acknowledged (client, sequence) must be in the ledger.
/// OMENDB_KILLS sets the number of kills (default 3), OMENDB_SEED repeats a choice of amounts and pauses.</remarks>
public sealed class KillLoopTests(ITestOutputHelper output) : IDisposable
{
    private const int Accounts = 50;
    private const int Opening = 1000;
    private const int Clients = 4;

    private readonly string _directory = Path.Combine(Path.GetTempPath(), $"omendb-kill-{Guid.NewGuid():N}");

    public void Dispose()
    {
        if (Directory.Exists(_directory))
            Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public void AcknowledgedCommitsSurviveKills()
    {
        var kills = int.TryParse(Environment.GetEnvironmentVariable("OMENDB_KILLS"), out var given) ? given : 3;
        var seed = int.TryParse(Environment.GetEnvironmentVariable("OMENDB_SEED"), out var fixedSeed) ? fixedSeed : Environment.TickCount;
        output.WriteLine($"seed {seed}, {kills} kills");
        var random = new Random(seed);
        var acknowledged = new int[Clients]; // the last sequence of each client whose commit was answered
        var server = ServerProcess.Start(_directory);
        try
        {
            CreateTables(server);
            for (var round = 0; round < kills; round++)
            {
                RunUntilKilled(server, acknowledged, random.Next(), killAfter: 60 + random.Next(240));
                server.Dispose();
                server = ServerProcess.Start(_directory);
                Check(server, acknowledged, round);
            }
            output.WriteLine($"acknowledged: {string.Join(", ", acknowledged)}");
            Assert.True(acknowledged.Sum() >= kills, "the load must have committed something");
        }
        finally
        {
            server.Dispose();
        }
    }

    private static void CreateTables(ServerProcess server)
    {
        using var connection = new NpgsqlConnection(server.ConnectionString);
        connection.Open();
        Execute(connection, "CREATE TABLE account (id int PRIMARY KEY, balance bigint NOT NULL)");
        Execute(connection, "CREATE TABLE ledger (client int, seq int, source int, target int, amount int NOT NULL, PRIMARY KEY (client, seq))");
        Execute(connection, $"INSERT INTO account SELECT i, {Opening} FROM generate_series(1, {Accounts}) AS g(i)");
    }

    /// <summary>All clients commit transfers; the kill comes while they do, after the given number of commits.</summary>
    private static void RunUntilKilled(ServerProcess server, int[] acknowledged, int seed, int killAfter)
    {
        var commits = 0;
        using var enough = new ManualResetEventSlim();
        var threads = Enumerable.Range(0, Clients).Select(client => new Thread(() =>
        {
            var random = new Random(seed + client);
            try
            {
                using var connection = new NpgsqlConnection(server.ConnectionString);
                connection.Open();
                for (var seq = acknowledged[client] + 1; ; seq++)
                {
                    if (!Transfer(connection, client, seq, random))
                    {
                        seq--; // a conflict rolled it back: the same number again
                        continue;
                    }
                    acknowledged[client] = seq;
                    if (Interlocked.Increment(ref commits) == killAfter)
                        enough.Set();
                }
            }
            catch (NpgsqlException error) when (error is not PostgresException)
            {
                enough.Set(); // the server is gone, as it should be
            }
        })).ToList();
        threads.ForEach(t => t.Start());
        enough.Wait();
        server.Kill();
        threads.ForEach(t => t.Join());
    }

    /// <returns>False when a conflict with another client rolled the transfer back.</returns>
    private static bool Transfer(NpgsqlConnection connection, int client, int seq, Random random)
    {
        int source = random.Next(1, Accounts + 1), target = random.Next(1, Accounts + 1), amount = random.Next(1, 10);
        // The commit of an unanswered transfer may have happened before the kill: then its row is there already.
        try
        {
            using var transaction = connection.BeginTransaction();
            Execute(connection, $"INSERT INTO ledger VALUES ({client}, {seq}, {source}, {target}, {amount})");
            // In ascending order, so that two transfers never wait for each other in a circle.
            foreach (var (account, change) in new[] { (source, -amount), (target, amount) }.OrderBy(x => x.Item1))
                Execute(connection, $"UPDATE account SET balance = balance + {change} WHERE id = {account}");
            transaction.Commit();
            return true;
        }
        catch (PostgresException error) when (error.SqlState == "23505")
        {
            return true; // committed before the kill, the answer was lost
        }
        catch (PostgresException error) when (error.SqlState is "40001" or "40P01")
        {
            return false;
        }
    }

    private static void Check(ServerProcess server, int[] acknowledged, int round)
    {
        using var connection = new NpgsqlConnection(server.ConnectionString);
        connection.Open();
        for (var client = 0; client < Clients; client++)
        {
            var present = Scalar(connection, $"SELECT count(*) FROM ledger WHERE client = {client} AND seq <= {acknowledged[client]}");
            Assert.True(present == acknowledged[client], $"round {round}: client {client} had {acknowledged[client]} commits acknowledged, {present} are there");
        }
        Assert.Equal(Accounts * Opening, Scalar(connection, "SELECT sum(balance)::bigint FROM account"));
        var wrong = Scalar(connection, $"""
            SELECT count(*) FROM account a WHERE a.balance <> {Opening}
                + coalesce((SELECT sum(amount) FROM ledger WHERE target = a.id), 0) - coalesce((SELECT sum(amount) FROM ledger WHERE source = a.id), 0)
            """);
        Assert.True(wrong == 0, $"round {round}: {wrong} accounts do not match the ledger");
    }

    private static void Execute(NpgsqlConnection connection, string sql)
    {
        using var command = new NpgsqlCommand(sql, connection);
        command.ExecuteNonQuery();
    }

    private static long Scalar(NpgsqlConnection connection, string sql)
    {
        using var command = new NpgsqlCommand(sql, connection);
        return Convert.ToInt64(command.ExecuteScalar());
    }
}
