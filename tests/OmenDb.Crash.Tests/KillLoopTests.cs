using System.Runtime.CompilerServices;
using Npgsql;
using Xunit.Abstractions;

namespace OmenDb.Crash.Tests;

/// <summary>kill -9 under concurrent load, again and again: every acknowledged commit is there afterwards, no half transaction is.</summary>
/// <remarks>
/// <para>Each transfer inserts a ledger row, moves an amount between two accounts, and gives the client's own row in place a new key. After a
/// restart every account must equal its opening balance plus its ledger entries, every acknowledged (client, sequence) must be in the
/// ledger, and each client's key must be the one of its last ledger row.</para>
/// <para>Beside them one session creates, alters and drops tables, one forces checkpoints, and one commits without waiting for the disk: what it has
/// written must be there from the first row on without a gap, but nothing of it is owed.</para>
/// <para>OMENDB_KILLS sets the number of kills (default 3), OMENDB_SEED repeats a choice of amounts and pauses.</para>
/// </remarks>
public sealed class KillLoopTests(ITestOutputHelper output) : IDisposable
{
    private const int Accounts = 50;
    private const int Opening = 1000;
    private const int Clients = 4;
    private const int RowsOfDefinedTables = 20;

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
        var defined = new StrongBox<int>();  // likewise of the session that defines tables
        var gained = 0L;
        var server = ServerProcess.Start(_directory);
        try
        {
            CreateTables(server);
            for (var round = 0; round < kills; round++)
            {
                RunUntilKilled(server, acknowledged, defined, random.Next(), killAfter: 60 + random.Next(240));
                server.Dispose();
                server = ServerProcess.Start(_directory);
                gained = Check(server, acknowledged, defined, round);
            }
            output.WriteLine($"acknowledged: {string.Join(", ", acknowledged)} transfers, {defined.Value} definitions; {gained} commits without waiting found");
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
        Execute(connection, "CREATE TABLE place (key bigint PRIMARY KEY, client int NOT NULL UNIQUE, seq int NOT NULL)");
        Execute(connection, "CREATE TABLE unwaited (seq int PRIMARY KEY, note text)");
        Execute(connection, $"INSERT INTO place SELECT i, i, 0 FROM generate_series(0, {Clients - 1}) AS g(i)");
        Execute(connection, $"INSERT INTO account SELECT i, {Opening} FROM generate_series(1, {Accounts}) AS g(i)");
    }

    /// <summary>All clients commit transfers; the kill comes while they do, after the given number of commits.</summary>
    private static void RunUntilKilled(ServerProcess server, int[] acknowledged, StrongBox<int> defined, int seed, int killAfter)
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
        threads.Add(new Thread(() => UntilKilled(server, connection => Define(connection, defined))));
        threads.Add(new Thread(() => UntilKilled(server, connection => Execute(connection, "CHECKPOINT"))));
        threads.Add(new Thread(() => UntilKilled(server, WriteWithoutWaiting)));
        threads.ForEach(t => t.Start());
        enough.Wait();
        server.Kill();
        threads.ForEach(t => t.Join());
    }

    private static void UntilKilled(ServerProcess server, Action<NpgsqlConnection> step)
    {
        try
        {
            using var connection = new NpgsqlConnection(server.ConnectionString);
            connection.Open();
            while (true)
                step(connection);
        }
        catch (NpgsqlException error) when (error is not PostgresException)
        {
            // The server is gone, as it should be.
        }
    }

    /// <summary>Odd steps make a table with rows and an index and drop the one before the last, even steps add a column to it; each in one transaction.</summary>
    private static void Define(NpgsqlConnection connection, StrongBox<int> defined)
    {
        var step = defined.Value + 1;
        try
        {
            using var transaction = connection.BeginTransaction();
            if (step % 2 == 0)
            {
                Execute(connection, $"ALTER TABLE d{step - 1} ADD COLUMN extra int DEFAULT {step}");
            }
            else
            {
                Execute(connection, $"CREATE TABLE d{step} (id int PRIMARY KEY, note text)");
                Execute(connection, $"INSERT INTO d{step} SELECT i, 'row ' || i FROM generate_series(1, {RowsOfDefinedTables}) AS g(i)");
                Execute(connection, $"CREATE INDEX ON d{step} (note)");
                if (step > 4)
                    Execute(connection, $"DROP TABLE d{step - 4}");
            }
            transaction.Commit();
        }
        catch (PostgresException error) when (error.SqlState is "42P07" or "42701")
        {
            // Committed before the kill, the answer was lost.
        }
        defined.Value = step;
    }

    private static void WriteWithoutWaiting(NpgsqlConnection connection)
    {
        Execute(connection, "SET synchronous_commit = off");
        Execute(connection, "INSERT INTO unwaited SELECT coalesce(max(seq), 0) + 1, 'a note' FROM unwaited");
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
            Execute(connection, $"UPDATE place SET key = {KeyOf(client, seq)}, seq = {seq} WHERE client = {client}");
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

    private static long KeyOf(int client, int seq) => client + ((long)seq * Clients);

    /// <returns>How many rows there are of those that nobody waited for.</returns>
    private static long Check(ServerProcess server, int[] acknowledged, StrongBox<int> defined, int round)
    {
        using var connection = new NpgsqlConnection(server.ConnectionString);
        connection.Open();
        for (var client = 0; client < Clients; client++)
        {
            var present = Scalar(connection, $"SELECT count(*) FROM ledger WHERE client = {client} AND seq <= {acknowledged[client]}");
            Assert.True(present == acknowledged[client], $"round {round}: client {client} had {acknowledged[client]} commits acknowledged, {present} are there");
            var last = (int)Scalar(connection, $"SELECT coalesce(max(seq), 0) FROM ledger WHERE client = {client}");
            Assert.True(last == acknowledged[client] || last == acknowledged[client] + 1, $"round {round}: client {client} has {last} ledger rows");
            Assert.Equal(1, Scalar(connection, $"SELECT count(*) FROM place WHERE key = {KeyOf(client, last)} AND client = {client} AND seq = {last}"));
            Assert.Equal(1, Scalar(connection, $"SELECT count(*) FROM place WHERE client = {client}"));
        }
        Assert.Equal(Accounts * Opening, Scalar(connection, "SELECT sum(balance)::bigint FROM account"));
        var wrong = Scalar(connection, $"""
            SELECT count(*) FROM account a WHERE a.balance <> {Opening}
                + coalesce((SELECT sum(amount) FROM ledger WHERE target = a.id), 0) - coalesce((SELECT sum(amount) FROM ledger WHERE source = a.id), 0)
            """);
        Assert.True(wrong == 0, $"round {round}: {wrong} accounts do not match the ledger");
        CheckDefinitions(connection, defined, round);
        var count = Scalar(connection, "SELECT count(*) FROM unwaited");
        Assert.True(count == Scalar(connection, "SELECT coalesce(max(seq), 0) FROM unwaited"), $"round {round}: a row is missing among those that nobody waited for");
        return count;
    }

    /// <summary>The tables are those after the last acknowledged step, or after the one that was under way.</summary>
    private static void CheckDefinitions(NpgsqlConnection connection, StrongBox<int> defined, int round)
    {
        var found = new List<int>();
        using (var command = new NpgsqlCommand("SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relname LIKE 'd%'", connection))
        using (var reader = command.ExecuteReader())
        {
            while (reader.Read())
            {
                if (int.TryParse(reader.GetString(0).AsSpan(1), out var number))
                    found.Add(number);
            }
        }
        found.Sort();
        var step = defined.Value;
        if (!found.SequenceEqual(TablesAfter(step)) || HasColumn(connection, step + 1))
            step++;
        Assert.True(found.SequenceEqual(TablesAfter(step)), $"round {round}: tables {string.Join(' ', found)} after step {defined.Value}");
        foreach (var table in found)
        {
            Assert.Equal(RowsOfDefinedTables, Scalar(connection, $"SELECT count(*) FROM d{table}"));
            Assert.Equal(1, Scalar(connection, $"SELECT count(*) FROM d{table} WHERE note = 'row 7'"));
            if (table + 1 <= step)
                Assert.Equal((table + 1) * RowsOfDefinedTables, Scalar(connection, $"SELECT sum(extra) FROM d{table}"));
        }
        defined.Value = step;
    }

    private static IEnumerable<int> TablesAfter(int step)
    {
        var newest = step % 2 == 0 ? step - 1 : step;
        return Enumerable.Range(Math.Max(1, newest - 3), 4).Where(number => number % 2 != 0 && number <= newest);
    }

    /// <summary>Whether a step that adds a column has happened.</summary>
    private static bool HasColumn(NpgsqlConnection connection, int step) => step % 2 == 0 && Scalar(connection, $"""
        SELECT count(*) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.relname = 'd{step - 1}' AND a.attname = 'extra'
        """) == 1;

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
