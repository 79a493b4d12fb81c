using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using OmenDb.Isolation.Tests.Checker;

namespace OmenDb.Isolation.Tests.Workload;

/// <param name="Level">"READ COMMITTED", "REPEATABLE READ" or "SERIALIZABLE".</param>
/// <param name="Transactions">Of each session.</param>
public sealed record ListAppendOptions(string Level, int Seed, int Sessions = 4, int Transactions = 150, int KeysAtATime = 4, int AppendsPerKey = 24);

/// <summary>Sessions append to and read lists, and record what they saw. Lists are text in a row per key; few keys at a time make conflicts, and a key
/// that has grown long gives way to a new one. Reads go by the key, by a range of keys, by an index on another column, and over the whole table.</summary>
public sealed class ListAppendWorkload(Func<IHistorySession> connect, ListAppendOptions options)
{
    private readonly ConcurrentBag<HistoryTransaction> _history = [];
    private readonly ConcurrentDictionary<string, int> _errors = new();
    private int _appends;
    private int _transactions;

    /// <summary>Errors that sessions met: the SQLSTATE of those that a client must expect, the whole message of others.</summary>
    public IReadOnlyDictionary<string, int> Errors => _errors;

    /// <summary>Runs all sessions to their end, then reads every list once more.</summary>
    public IReadOnlyList<HistoryTransaction> Run()
    {
        using (var setup = connect())
            setup.Execute("DROP TABLE IF EXISTS lists; CREATE TABLE lists (k int PRIMARY KEY, half int NOT NULL, v text NOT NULL); CREATE INDEX lists_half ON lists (half)");
        var failures = new ConcurrentBag<Exception>();
        var threads = Enumerable.Range(0, options.Sessions).Select(i => new Thread(() =>
        {
            try
            {
                RunSession(new Random((options.Seed * 1000) + i));
            }
            catch (Exception e)
            {
                failures.Add(e); // rethrown below, on the caller's thread
            }
        })).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        if (!failures.IsEmpty)
            throw new AggregateException(failures);
        using var last = connect();
        var rows = last.Execute("SELECT k, v FROM lists ORDER BY k");
        return [.. _history.OrderBy(t => t.Id), new HistoryTransaction(Interlocked.Increment(ref _transactions), Outcome.Committed, [.. rows.Select(ReadStep)])];
    }

    private void RunSession(Random random)
    {
        using var session = connect();
        for (var i = 0; i < options.Transactions; i++)
            RunTransaction(session, random);
    }

    private void RunTransaction(IHistorySession session, Random random)
    {
        var id = Interlocked.Increment(ref _transactions);
        var steps = new List<Step>();
        try
        {
            session.Execute($"BEGIN ISOLATION LEVEL {options.Level}");
            var count = random.Next(1, 6);
            for (var i = 0; i < count; i++)
            {
                if (random.Next(10) == 0)
                    RunSavepoint(session, random, steps);
                else
                    RunStep(session, random, steps);
            }
            var commit = random.Next(12) != 0;
            session.Execute(commit ? "COMMIT" : "ROLLBACK");
            _history.Add(new HistoryTransaction(id, commit ? Outcome.Committed : Outcome.Aborted, [.. steps]));
        }
        catch (StatementException e)
        {
            // 40001 and 40P01 are answers that every client of these levels must expect; others fail the test by their count.
            _errors.AddOrUpdate(e.SqlState is "40001" or "40P01" ? e.SqlState : e.Message, 1, static (_, n) => n + 1);
            session.Execute("ROLLBACK");
            _history.Add(new HistoryTransaction(id, Outcome.Aborted, [.. steps]));
        }
    }

    private void RunSavepoint(IHistorySession session, Random random, List<Step> steps)
    {
        session.Execute("SAVEPOINT s");
        var first = steps.Count;
        for (var i = random.Next(1, 3); i > 0; i--)
            RunStep(session, random, steps);
        if (random.Next(2) == 0)
        {
            session.Execute("RELEASE SAVEPOINT s");
            return;
        }
        session.Execute("ROLLBACK TO SAVEPOINT s");
        var undone = steps.Skip(first).Where(s => s.Value is not null).Select(s => (s.Key, s.Value!.Value)).ToHashSet();
        for (var i = first; i < steps.Count; i++)
        {
            var list = steps[i].List;
            while (!list.IsEmpty && undone.Contains((steps[i].Key, list[^1])))
                list = list[..^1];
            steps[i] = steps[i] with { List = list, IsUndone = steps[i].Value is not null };
        }
    }

    private void RunStep(IHistorySession session, Random random, List<Step> steps)
    {
        var newest = Volatile.Read(ref _appends) / options.AppendsPerKey;
        var key = newest + random.Next(options.KeysAtATime);
        switch (random.Next(12))
        {
            case < 6:
                var value = Interlocked.Increment(ref _appends);
                // Recorded before it runs: of a statement that fails nobody may see anything.
                steps.Add(Step.Append(key, value));
                session.Execute(AppendStatement(random, key, value));
                break;
            case < 9:
                Read(session, $"SELECT k, v FROM lists WHERE k = {key}", [key], steps);
                break;
            case 9:
                Read(session, $"SELECT k, v FROM lists WHERE k BETWEEN {key} AND {key + 2}", [key, key + 1, key + 2], steps);
                break;
            case 10:
                Read(session, $"SELECT k, v FROM lists WHERE half = {key / 2}", [key / 2 * 2, (key / 2 * 2) + 1], steps);
                break;
            default:
                Read(session, $"SELECT k, v FROM lists WHERE length(v) >= 0 AND k + 0 >= {key}", [.. Enumerable.Range(key, options.KeysAtATime + 2)], steps);
                break;
        }
    }

    /// <summary>Upserts, in some cases after a locking read, and changes of an indexed column beside the list.</summary>
    private static string AppendStatement(Random random, int key, int value)
    {
        var upsert = $"INSERT INTO lists VALUES ({key}, {key / 2}, '{value}') ON CONFLICT (k) DO UPDATE SET v = lists.v || ' ' || excluded.v";
        return random.Next(5) switch
        {
            0 => $"SELECT k FROM lists WHERE k = {key} FOR UPDATE; {upsert}",
            1 => upsert + ", half = excluded.half",
            2 => $"UPDATE lists SET half = half WHERE half = {key / 2}; {upsert}",
            _ => upsert,
        };
    }

    /// <param name="keys">Those that the query asks for: without a row their lists were read as empty.</param>
    private static void Read(IHistorySession session, string sql, int[] keys, List<Step> steps)
    {
        var rows = session.Execute(sql).Select(ReadStep).ToDictionary(s => s.Key);
        foreach (var key in keys)
            steps.Add(rows.Remove(key, out var step) ? step : Step.Read(key));
        steps.AddRange(rows.Values);
    }

    private static Step ReadStep(string?[] row) => Step.Read(int.Parse(row[0]!, CultureInfo.InvariantCulture),
        [.. row[1]!.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(v => int.Parse(v, CultureInfo.InvariantCulture))]);
}
