using OmenDb.Engine.Tests.Session;
using OmenDb.Types;

namespace OmenDb.Engine.Tests.Isolation;

/// <summary>Money that moves between accounts from many threads, at all levels and with all kinds of locks: none is made or lost, nobody waits for ever,
/// and nothing is left behind.</summary>
public class StressTests
{
    private const int Accounts = 40;
    private const int Total = Accounts * 100;

    [Fact]
    public void Money_is_neither_made_nor_lost()
    {
        using var db = new SessionFixture();
        db.Run($"create table a (id int primary key, n int, note text); insert into a select i, 100, '' from generate_series(1, {Accounts}) i; create index on a (n)");
        var problems = new List<string>();
        var commits = 0;
        var threads = Enumerable.Range(0, 6).Select(number => new Thread(() =>
        {
            try
            {
                using var session = db.NewSession();
                var random = new Random(number);
                for (var i = 0; i < 250; i++)
                {
                    if (Attempt(session, random))
                        Interlocked.Increment(ref commits);
                }
            }
#pragma warning disable CA1031 // whatever a thread runs into fails the test
            catch (Exception error)
#pragma warning restore CA1031
            {
                lock (problems)
                    problems.Add(error.ToString());
            }
        })).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        Assert.True(problems.Count == 0, string.Join("\n", problems));
        Assert.True(commits > 300, $"{commits} commits");
        Assert.Equal($"{Total}|{Accounts}", db.Run("select sum(n), count(*) from a"));
        Assert.Equal(db.Run("select id, n from a order by n, id"), db.Run("set enable_indexscan = off; select id, n from a order by n, id").Split('\n', 2)[1]);
        Assert.DoesNotContain(db.Database.Locks.List(), l => l.Tag.Kind == Storage.Locks.LockKind.Row);
        foreach (var info in db.Database.Locks.List())
            Assert.Fail($"{info.Tag} is still locked");
    }

    private static bool Attempt(Engine.Session session, Random random)
    {
        var level = random.Next(3) switch { 0 => "read committed", 1 => "repeatable read", _ => "serializable" };
        var (from, to, amount) = (random.Next(1, Accounts + 1), random.Next(1, Accounts + 1), random.Next(1, 20));
        try
        {
            SessionFixture.Run(session, $"begin isolation level {level}");
            switch (random.Next(5))
            {
                case 0:
                    Assert.Equal($"{Total}|{Accounts}", SessionFixture.Run(session, "select sum(n), count(*) from a"));
                    break;
                case 1:
                    SessionFixture.Run(session, $"select n from a where id in ({from}, {to}) order by id for update");
                    Move(session, from, to, amount);
                    break;
                case 2:
                    SessionFixture.Run(session, $"select n from a where id = {from} for share");
                    SessionFixture.Run(session, $"savepoint s; update a set n = 0 where id = {to}; rollback to s");
                    Move(session, from, to, amount);
                    break;
                case 3:
                    // A row is replaced by another of the same key.
                    SessionFixture.Run(session, $"with gone as (delete from a where id = {from} returning *) insert into a select id, n, note || 'x' from gone");
                    break;
                default:
                    Move(session, from, to, amount);
                    break;
            }
            SessionFixture.Run(session, random.Next(10) == 0 ? "rollback" : "commit");
            return true;
        }
        catch (SqlException error)
        {
            SessionFixture.Run(session, "rollback");
            // 23505 and missing rows: two may replace a row at the same time.
            Assert.True(error.SqlState is "40001" or "40P01" or "23505", $"{error.SqlState}: {error.Message} {error.Where}");
            return false;
        }
    }

    private static void Move(Engine.Session session, int from, int to, int amount)
    {
        if (from == to)
            return;
        var taken = SessionFixture.Run(session, $"update a set n = n - {amount}, note = 'to {to}' where id = {from} and n >= {amount}");
        if (taken != "UPDATE 1")
            return;
        if (SessionFixture.Run(session, $"update a set n = n + {amount} where id = {to}") != "UPDATE 1")
            throw new SqlException("40001", "the other account is not visible"); // being replaced
    }
}
