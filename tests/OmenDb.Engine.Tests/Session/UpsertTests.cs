using OmenDb.Types;

namespace OmenDb.Engine.Tests.Session;

/// <summary>INSERT ... ON CONFLICT among several sessions: every call counts once.</summary>
public class UpsertTests
{
    private static string Upsert(int id) => $"insert into t values ({id}, 1) on conflict (id) do update set n = t.n + excluded.n";

    [Theory]
    [InlineData("commit", "2")]
    [InlineData("rollback", "1")]
    public async Task Waits_for_an_insert_of_the_same_key(string end, string expected)
    {
        using var db = new SessionFixture();
        db.Run("create table t (id int primary key, n int)");
        db.Run("begin; insert into t values (1, 1)");
        using var other = db.NewSession();
        var waiting = Task.Run(() => SessionFixture.Run(other, Upsert(1)));
        SpinWait.SpinUntil(() => waiting.IsCompleted || other.Locks.IsWaiting);
        db.Run(end);
        Assert.Equal("INSERT 0 1", await waiting);
        Assert.Equal(expected, db.Run("select n from t"));
    }

    [Fact]
    public async Task Inserts_when_the_row_that_it_waited_for_is_gone()
    {
        using var db = new SessionFixture();
        db.Run("create table t (id int primary key, n int); insert into t values (1, 10)");
        db.Run("begin; delete from t");
        using var other = db.NewSession();
        var waiting = Task.Run(() => SessionFixture.Run(other, Upsert(1)));
        SpinWait.SpinUntil(() => waiting.IsCompleted || other.Locks.IsWaiting);
        db.Run("commit");
        Assert.Equal("INSERT 0 1", await waiting);
        Assert.Equal("1", db.Run("select n from t"));
    }

    [Fact]
    public void Repeatable_read_does_not_decide_by_rows_that_it_does_not_see()
    {
        using var db = new SessionFixture();
        db.Run("create table t (id int primary key, n int)");
        using var other = db.NewSession();
        SessionFixture.Run(other, "begin isolation level repeatable read; select * from t");
        db.Run("insert into t values (1, 1)");
        Assert.Equal("40001", Assert.Throws<SqlException>(() => SessionFixture.Run(other, Upsert(1))).SqlState);
        SessionFixture.Run(other, "rollback; begin isolation level repeatable read; select * from t");
        db.Run("insert into t values (2, 1)");
        Assert.Equal("40001", Assert.Throws<SqlException>(() => SessionFixture.Run(other, "insert into t values (2, 1) on conflict do nothing")).SqlState);
    }

    [Fact]
    public void Counters_add_up_under_load()
    {
        using var db = new SessionFixture();
        db.Run("create table t (id int primary key, n int not null)");
        const int Workers = 4;
        const int Rounds = 200;
        Parallel.For(0, Workers, new ParallelOptions { MaxDegreeOfParallelism = Workers }, worker =>
        {
            var random = new Random(7 + worker);
            using var session = db.NewSession();
            for (var i = 0; i < Rounds; i++)
                Assert.Equal("INSERT 0 1", SessionFixture.Run(session, Upsert(random.Next(10))));
        });
        Assert.Equal((Workers * Rounds).ToString(System.Globalization.CultureInfo.InvariantCulture), db.Run("select sum(n) from t"));
        Assert.Equal("10", db.Run("select count(*) from t"));
    }

    [Fact]
    public void Keys_inserted_and_deleted_under_load_stay_unique()
    {
        using var db = new SessionFixture();
        db.Run("create table t (id int primary key, k text unique, n int not null)");
        var inserted = 0;
        var deleted = 0;
        Parallel.For(0, 4, new ParallelOptions { MaxDegreeOfParallelism = 4 }, worker =>
        {
            var random = new Random(70 + worker);
            using var session = db.NewSession();
            for (var i = 0; i < 200; i++)
            {
                var id = random.Next(6);
                if (random.Next(3) == 0)
                    Interlocked.Add(ref deleted, int.Parse(SessionFixture.Run(session, $"delete from t where id = {id}").AsSpan(7), null));
                else if (random.Next(2) == 0)
                    Interlocked.Add(ref inserted, int.Parse(SessionFixture.Run(session, $"insert into t values ({id}, 'k{id}', 1) on conflict do nothing").AsSpan(9), null));
                else if (SessionFixture.Run(session, $"insert into t values ({id}, 'k{id}', 0) on conflict (k) do update set n = t.n + 1 returning n") == "0")
                    Interlocked.Increment(ref inserted);
            }
        });
        Assert.Equal(inserted - deleted, int.Parse(db.Run("select count(*) from t"), null));
        Assert.Equal("0", db.Run("select count(*) from t a, t b where a.id = b.id and a.k <> b.k"));
    }

    [Fact]
    public void Whole_batches_of_conflicts()
    {
        using var db = new SessionFixture();
        db.Run("create table t (id int primary key, n int); insert into t select i, 0 from generate_series(1, 1000) i");
        for (var i = 0; i < 5; i++)
            Assert.Equal("INSERT 0 1000", db.Run("insert into t select i, 1 from generate_series(1, 1000) i on conflict (id) do update set n = t.n + excluded.n"));
        Assert.Equal("1000|5|5", db.Run("select count(*), min(n), max(n) from t"));
    }
}
