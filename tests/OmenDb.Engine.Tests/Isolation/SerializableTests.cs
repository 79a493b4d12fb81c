using OmenDb.Engine.Tests.Session;
using OmenDb.Types;

namespace OmenDb.Engine.Tests.Isolation;

/// <summary>SERIALIZABLE: histories equal to one after the other, and no failures without a reason.</summary>
public class SerializableTests
{
    [Theory]
    [InlineData("select n from t where id = 1", "update t set n = n + 1 where id = 2")]
    [InlineData("select * from t where id between 10 and 20", "update t set n = 7 where id = 21")]
    [InlineData("select * from t where id between 10 and 20", "insert into t values (1000, 1)")]
    [InlineData("select sum(n) from t where n < 10", "update t set n = n + 1 where n > 50")]
    [InlineData("select * from t join u on u.id = t.n where t.id = 5", "update u set v = 'x' where id = 6")]
    [InlineData("select * from t where id in (1, 2, 3)", "delete from t where id in (4, 5)")]
    [InlineData("update t set n = 0 where id = 30", "update t set n = 0 where id = 31")]
    [InlineData("delete from t where id = 30", "insert into t values (1001, 5)")]
    public void Disjoint_rows_do_not_conflict(string one, string other)
    {
        using var db = new SessionFixture();
        db.Run("create table t (id int primary key, n int); insert into t select i, i from generate_series(1, 200) i; " +
            "create table u (id int primary key, v text); insert into u select i, 'u' || i from generate_series(1, 3000) i; analyze; create table log (id int)");
        using var second = db.NewSession();
        db.Run("begin isolation level serializable");
        SessionFixture.Run(second, "begin isolation level serializable");
        db.Run(one);
        SessionFixture.Run(second, other);
        SessionFixture.Run(second, "commit");
        db.Run("insert into log values (1)");
        Assert.Equal("COMMIT", db.Run("commit"));
    }

    [Theory]
    [InlineData("select n from t where id = 1", "update t set n = 7 where id = 1")]
    [InlineData("select n from t where id = 1000", "insert into t values (1000, 1)")]
    [InlineData("select * from t where id between 10 and 20", "delete from t where id = 15")]
    [InlineData("select * from t where id >= 500 and n < 5", "insert into t values (501, 1)")]
    [InlineData("select max(n) from t", "update t set n = 999 where id = 3")]
    [InlineData("select * from t join u on u.id = t.n where t.id = 5", "update u set v = 'x' where id = 5")]
    [InlineData("select * from t where n = $$7$$", "update t set n = 7 where id = 9")]
    [InlineData("select count(*) from t where exists (select from u where u.id = t.n + 2990)", "delete from u where id = 2995")]
    [InlineData("with c as (select * from t where n > 190) select count(*) from c", "insert into t values (1000, 300)")]
    [InlineData("select * from t order by id limit 3", "delete from t where id = 2")]
    [InlineData("select * from only_later", "insert into only_later values (1)")]
    public void What_was_read_must_still_be_so(string read, string change)
    {
        using var db = new SessionFixture();
        db.Run("create table t (id int primary key, n int); insert into t select i, i from generate_series(1, 200) i; " +
            "create table u (id int primary key, v text); insert into u select i, 'u' || i from generate_series(1, 3000) i; analyze; create table log (id int); create table only_later (id int)");
        using var second = db.NewSession();
        db.Run("begin isolation level serializable");
        db.Run(read);
        SessionFixture.Run(second, change);
        var error = db.Fails("insert into log values (1); commit");
        Assert.Equal(("40001", "could not serialize access due to read/write dependencies among transactions", "The transaction might succeed if retried."),
            (error.SqlState, error.Message, error.Hint));
        db.Run("rollback; begin isolation level serializable");
        db.Run(read);
        Assert.Equal("COMMIT", db.Run("commit")); // no write, no conflict
    }

    [Fact]
    public void A_prepared_look_up_notes_each_of_its_values()
    {
        using var db = new SessionFixture();
        db.Run("create table t (id int primary key, n int); insert into t select i, i from generate_series(1, 200) i; analyze; create table log (id int)");
        using var second = db.NewSession();
        foreach (var (changed, fails) in new[] { (3, true), (4, false) })
        {
            db.Run("begin isolation level serializable");
            db.Execute("select n from t where id = $1", 1);
            db.Execute("select n from t where id = $1", 3);
            SessionFixture.Run(second, $"update t set n = n + 1 where id = {changed}");
            if (fails)
                Assert.Equal("40001", db.Fails("insert into log values (1); commit").SqlState);
            else
                Assert.Equal("INSERT 0 1\nCOMMIT", db.Run("insert into log values (1); commit"));
            db.Run("rollback");
        }
    }

    /// <summary>Random transactions, a statement of each in turn. Those that commit must give what they give one after the other, in the
    /// order of their commits (those without writes: after what was committed when they began).</summary>
    [Fact]
    public void Histories_are_serial()
    {
        for (var seed = 1; seed <= 12; seed++)
            CheckHistory(seed);
    }

    private sealed class Running(Engine.Session session)
    {
        public Engine.Session Session { get; } = session;

        public List<(string Sql, string Answer)> Done { get; } = [];

        public bool Writes { get; set; }

        public int Before { get; set; } // commits when it began

        public int Left { get; set; }
    }

    private const string Setup = "create table t (id int primary key, k int, n int); create index on t (k); " +
        "insert into t select i, i % 5, i from generate_series(1, 20) i; create table u (k int, m int); insert into u select i, i from generate_series(0, 4) i";

    private static void CheckHistory(int seed)
    {
        var random = new Random(seed);
        using var db = new SessionFixture();
        db.Run(Setup);
        var sessions = Enumerable.Range(0, 4).Select(_ => new Running(db.NewSession())).ToArray();
        var committed = new List<Running>();
        var readers = new List<Running>();
        var failures = 0;
        for (var step = 0; step < 400; step++)
        {
            var place = random.Next(sessions.Length);
            var running = sessions[place];
            if (running.Left == 0)
            {
                SessionFixture.Run(running.Session, "begin isolation level serializable; select 1");
                running.Before = committed.Count;
                running.Left = random.Next(2, 7);
            }
            var sql = running.Left == 1 ? "commit" : Statement(random);
            var task = Task.Factory.StartNew(() => SessionFixture.Run(running.Session, sql), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            SpinWait.SpinUntil(() => task.IsCompleted || running.Session.Locks.IsWaiting);
            if (!task.IsCompleted)
                running.Session.Cancel();
            string? answer = null;
            try
            {
                answer = task.GetAwaiter().GetResult();
            }
            catch (SqlException error)
            {
                Assert.True(error.SqlState is "40001" or "57014" or "23505" or "40P01", $"seed {seed}: {sql}: {error.Message}");
                failures++;
            }
            if (answer is not null && sql != "commit")
            {
                running.Done.Add((sql, answer));
                running.Writes |= !sql.StartsWith("select", StringComparison.Ordinal) && !answer.EndsWith(" 0", StringComparison.Ordinal);
                running.Left--;
                continue;
            }
            if (answer is not null)
                (running.Writes ? committed : readers).Add(running);
            else
                SessionFixture.Run(running.Session, "rollback");
            sessions[place] = new Running(running.Session);
        }
        foreach (var running in sessions)
            running.Session.Dispose();
        Assert.True(committed.Count > 20 && failures > 5, $"seed {seed}: {committed.Count} commits, {failures} failures");
        Replay(db, committed, readers, seed);
    }

    private static string Statement(Random random)
    {
        int Id() => random.Next(1, 26);
        int K() => random.Next(5);
        return random.Next(10) switch
        {
            0 => $"select n from t where id = {Id()}",
            1 => $"select sum(n), count(*) from t where k = {K()}",
            2 => $"select count(*) from t where id between {Id()} and {Id()}",
            3 => $"select sum(t.n + u.m) from t join u on u.k = t.k where u.m > {K()}",
            4 => $"update t set n = n + (select coalesce(sum(n), 0) % 7 from t where k = {K()}) where id = {Id()}",
            5 => $"update t set k = {K()} where id = {Id()}",
            6 => $"delete from t where id = {Id()}",
            7 => $"insert into t select {Id()}, {K()}, coalesce(max(n), 0) % 100 from t where k = {K()}",
            8 => $"update u set m = (select count(*) from t where k = {K()}) where k = {K()}",
            _ => $"update t set n = n % 50 where n > {random.Next(60, 200)} and k = {K()}",
        };
    }

    private static void Replay(SessionFixture db, List<Running> committed, List<Running> readers, int seed)
    {
        using var serial = new SessionFixture();
        serial.Run(Setup);
        for (var i = 0; i <= committed.Count; i++)
        {
            foreach (var reader in readers.Where(r => r.Before == i))
                Again(reader);
            if (i < committed.Count)
                Again(committed[i]);
        }
        const string All = "select * from t order by id; select * from u order by k";
        Assert.Equal(serial.Run(All), db.Run(All));

        void Again(Running running)
        {
            serial.Run("begin");
            foreach (var (sql, answer) in running.Done)
            {
                var now = serial.Run(sql);
                Assert.True(now == answer, $"seed {seed}: {sql} gave {answer}, one after the other {now}");
            }
            serial.Run("commit");
        }
    }
}
