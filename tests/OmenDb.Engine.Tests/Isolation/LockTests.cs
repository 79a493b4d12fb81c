using OmenDb.Engine.Tests.Session;
using OmenDb.Types;

namespace OmenDb.Engine.Tests.Isolation;

/// <summary>What scripts cannot show: time limits, deadlocks (whose victim differs from PostgreSQL's), what monitoring sees.</summary>
public class LockTests
{
    private static Task<string> Start(Engine.Session session, string sql)
    {
        var task = Task.Factory.StartNew(() => SessionFixture.Run(session, sql), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        SpinWait.SpinUntil(() => task.IsCompleted || session.Locks.IsWaiting);
        return task;
    }

    [Fact]
    public async Task A_deadlock_of_rows_names_both_sides()
    {
        using var db = new SessionFixture();
        db.Run("create table t (id int primary key, n int); insert into t values (1, 0), (2, 0)");
        using var other = db.NewSession();
        db.Run("begin; update t set n = 1 where id = 1");
        SessionFixture.Run(other, "begin; update t set n = 2 where id = 2");
        var numbers = db.Run("select transactionid from pg_locks where locktype = 'transactionid' order by 1").Split('\n');
        var waiting = Start(other, "update t set n = 2 where id = 1");
        var error = db.Fails("update t set n = 1 where id = 2");
        Assert.Equal(("40P01", "deadlock detected", "See server log for query details."), (error.SqlState, error.Message, error.Hint));
        var (mine, its) = (db.Session.BackendId, other.BackendId);
        Assert.Equal($"Process {mine} waits for ShareLock on transaction {numbers[1]}; blocked by process {its}.\n" +
            $"Process {its} waits for ShareLock on transaction {numbers[0]}; blocked by process {mine}.", error.Detail);
        Assert.Equal("while updating tuple (0,2) in relation \"t\"", error.Where!.Replace("locking", "updating", StringComparison.Ordinal));
        Assert.Equal("UPDATE 1", await waiting);
    }

    [Fact]
    public async Task Deadlocks_go_through_rows_tables_and_advisory_locks()
    {
        using var db = new SessionFixture();
        db.Run("create table t (id int primary key); insert into t values (1); create table u (id int)");
        using var second = db.NewSession();
        using var third = db.NewSession();
        db.Run("begin; select * from t for update");
        SessionFixture.Run(second, "begin; lock table u in exclusive mode");
        SessionFixture.Run(third, "begin; select pg_advisory_xact_lock(5)");
        var two = Start(second, "select pg_advisory_lock(5)");
        var three = Start(third, "delete from t");
        var error = db.Fails("insert into u values (1)");
        Assert.Equal("40P01", error.SqlState);
        Assert.Equal(
            $"Process {db.Session.BackendId} waits for RowExclusiveLock on relation {db.Run("rollback; select 'u'::regclass::oid").Split('\n')[1]} of database {db.Session.DatabaseOid}; blocked by process {second.BackendId}.\n"
            + $"Process {second.BackendId} waits for ExclusiveLock on advisory lock [{db.Session.DatabaseOid},0,5,1]; blocked by process {third.BackendId}.\n"
            + $"Process {third.BackendId} waits for ExclusiveLock on tuple (0,1) of relation {db.Run("select 't'::regclass::oid")} of database {db.Session.DatabaseOid}; blocked by process {db.Session.BackendId}.",
            error.Detail!.Replace("AccessExclusiveLock on tuple", "ExclusiveLock on tuple", StringComparison.Ordinal));
        Assert.Equal("DELETE 1", await three);
        SessionFixture.Run(third, "rollback");
        await two;
    }

    [Fact]
    public async Task A_place_in_the_queue_is_no_deadlock()
    {
        using var db = new SessionFixture();
        db.Run("create table t (id int primary key); insert into t values (1); create table u (id int); insert into u values (1)");
        using var writer = db.NewSession();
        using var reader = db.NewSession();
        db.Run("begin; select * from t for share");
        SessionFixture.Run(reader, "begin; select * from u for update");
        var waiting = Start(writer, "select * from t for update");
        var reading = Start(reader, "select * from t for share"); // behind the writer
        // Now the first waits for the reader, who waits for the writer, who waits for the first: the reader overtakes the writer.
        var first = Start(db.Session, "update u set id = 2");
        Assert.Equal("1", await reading);
        SessionFixture.Run(reader, "commit");
        Assert.Equal("UPDATE 1", await first);
        Assert.False(waiting.IsCompleted);
        db.Run("commit");
        Assert.Equal("1", await waiting);
    }

    [Fact]
    public async Task Exclusive_waiters_are_not_starved_by_sharers()
    {
        using var db = new SessionFixture();
        db.Run("create table t (id int primary key); insert into t values (1)");
        using var writer = db.NewSession();
        using var late = db.NewSession();
        db.Run("begin; select * from t for share");
        var writing = Start(writer, "begin; update t set id = 1; select pg_sleep(0)");
        var lateTask = Start(late, "select * from t for share");
        Assert.False(lateTask.IsCompleted);
        db.Run("commit");
        await writing;
        Assert.False(lateTask.IsCompleted);
        SessionFixture.Run(writer, "commit");
        Assert.Equal("1", await lateTask);
    }

    [Theory]
    [InlineData("select * from t for update", "while locking tuple (0,1) in relation \"t\"")]
    [InlineData("update t set id = 2", "while locking tuple (0,1) in relation \"t\"")]
    [InlineData("lock table t in share mode", null)]
    [InlineData("insert into t values (2)", null)]
    [InlineData("select pg_advisory_lock(1)", null)]
    public void Lock_timeout_ends_waits(string sql, string? where)
    {
        using var db = new SessionFixture();
        db.Run("create table t (id int primary key); insert into t values (1)");
        using var other = db.NewSession();
        SessionFixture.Run(other, "begin; update t set id = 1; insert into t values (2); select pg_advisory_xact_lock(1)");
        db.Run("set lock_timeout = 10; begin");
        var error = db.Fails(sql);
        Assert.Equal(("55P03", "canceling statement due to lock timeout", where), (error.SqlState, error.Message, error.Where));
        db.Run("rollback; set lock_timeout = 0; set statement_timeout = 10; begin");
        error = db.Fails(sql);
        Assert.Equal(("57014", "canceling statement due to statement timeout"), (error.SqlState, error.Message));
    }

    [Fact]
    public async Task Monitoring_sees_who_waits_for_whom()
    {
        using var db = new SessionFixture();
        db.Run("create table t (id int primary key); insert into t values (1)");
        using var first = db.NewSession();
        using var second = db.NewSession();
        db.Run("begin; update t set id = 1");
        var one = Start(first, "update t set id = 3");
        var two = Start(second, "delete from t");
        Assert.Equal($"{{{db.Session.BackendId}}}|{{{first.BackendId}}}", db.Run($"select pg_blocking_pids({first.BackendId}), pg_blocking_pids({second.BackendId})"));
        Assert.Equal($"{first.BackendId}|Lock|transactionid\n{second.BackendId}|Lock|tuple",
            db.Run("select pid, wait_event_type, wait_event from pg_stat_activity where wait_event_type = 'Lock' order by pid"));
        Assert.Equal($"transactionid|ShareLock|f|{first.BackendId}\ntransactionid|ExclusiveLock|t|{db.Session.BackendId}\ntuple|AccessExclusiveLock|f|{second.BackendId}\ntuple|AccessExclusiveLock|t|{first.BackendId}",
            db.Run("select locktype, mode, granted, pid from pg_locks where locktype in ('tuple', 'transactionid') order by 1, 3, 2, 4"));
        Assert.Equal("t", db.Run($"select pg_cancel_backend({first.BackendId})"));
        Assert.Equal("57014", (await Assert.ThrowsAsync<SqlException>(() => one)).SqlState);
        Assert.Equal("t", db.Run($"select pg_terminate_backend({second.BackendId})"));
        Assert.Equal(("57P01", "FATAL"), await Assert.ThrowsAsync<SqlException>(() => two) is var error ? (error.SqlState, error.Severity) : default);
        db.Run("commit");
        Assert.Equal("", db.Run("select locktype from pg_locks where locktype in ('tuple', 'transactionid')"));
        Assert.Equal("f", db.Run("select pg_cancel_backend(-1)"));
    }

    [Theory]
    [InlineData("begin; set idle_in_transaction_session_timeout = 5", "25P03", "terminating connection due to idle-in-transaction timeout")]
    [InlineData("set idle_session_timeout = 5", "57P05", "terminating connection due to idle-session timeout")]
    [InlineData("set transaction_timeout = 5; begin", "25P04", "terminating connection due to transaction timeout")]
    public void Idle_sessions_end(string sql, string state, string message)
    {
        using var db = new SessionFixture();
        using var idle = db.NewSession();
        using var ended = new ManualResetEventSlim();
        idle.TerminationRequested += ended.Set;
        idle.BeginRequest();
        SessionFixture.Run(idle, sql);
        idle.EndRequest();
        Assert.True(ended.Wait(TimeSpan.FromSeconds(20)));
        Assert.Equal((state, message, "FATAL"), (idle.Termination!.SqlState, idle.Termination.Message, idle.Termination.Severity));
    }

    [Fact]
    public void Rows_of_a_table_are_locked_one_by_one_below_a_limit()
    {
        using var db = new SessionFixture();
        db.Run("create table t (id int primary key); insert into t select * from generate_series(1, 10)");
        using var other = db.NewSession();
        Assert.Equal("BEGIN\n1\n2", SessionFixture.Run(other, "begin; select id from t order by id limit 2 for update skip locked"));
        Assert.Equal("3", db.Run("select id from t order by id for update skip locked limit 1"));
        Assert.Equal("4\n5", db.Run("select id from t order by id for update skip locked limit 2 offset 1"));
    }

    [Fact]
    public void Thousands_of_savepoints_stay_cheap()
    {
        using var db = new SessionFixture();
        db.Run("create table t (id int primary key, n int); insert into t values (1, 0); begin");
        for (var i = 1; i <= 5000; i++)
            db.Run($"savepoint s{i}; update t set n = n + 1");
        db.Run("rollback to s3000");
        Assert.Equal("2999", db.Run("select n from t"));
        db.Run("commit");
        Assert.Equal("2999", db.Run("select n from t"));
    }

    [Fact]
    public void A_snapshot_goes_from_one_transaction_to_another()
    {
        using var db = new SessionFixture();
        db.Run("create table t (id int primary key); insert into t values (1)");
        using var other = db.NewSession();
        db.Run("begin isolation level repeatable read");
        var id = db.Run("select pg_export_snapshot()");
        SessionFixture.Run(other, "insert into t values (2)");
        Assert.Equal("BEGIN\nSET\n1", SessionFixture.Run(other, $"begin isolation level repeatable read; set transaction snapshot '{id}'; select * from t"));
        db.Run("commit; insert into t values (3)");
        Assert.Equal("1\nCOMMIT\n1\n2\n3", SessionFixture.Run(other, "select * from t; commit; select * from t order by id"));
        string Code(string sql)
        {
            var code = Assert.Throws<SqlException>(() => SessionFixture.Run(other, sql)).SqlState;
            SessionFixture.Run(other, "rollback");
            return code;
        }
        Assert.Equal("22023", Code($"begin isolation level repeatable read; set transaction snapshot '{id}'"));
        db.Run("begin isolation level repeatable read");
        id = db.Run("select pg_export_snapshot()");
        Assert.Equal("0A000", Code($"begin; set transaction snapshot '{id}'"));
        Assert.Equal("0A000", Code($"begin isolation level serializable; set transaction snapshot '{id}'"));
        Assert.Equal("25001", Code($"begin isolation level repeatable read; select 1; set transaction snapshot '{id}'"));
    }

    [Theory]
    [InlineData("select * from v for update")]
    [InlineData("select * from (select * from v limit 1) s for update")]
    [InlineData("select * from t, generate_series(1, 2) g for update of g")]
    public void What_cannot_be_locked_is_refused(string sql)
    {
        using var db = new SessionFixture();
        db.Run("create table t (id int); create view v as select distinct id from t");
        Assert.Equal("0A000", db.Fails(sql).SqlState);
    }
}
