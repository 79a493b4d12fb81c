using OmenDb.Types;

namespace OmenDb.Engine.Tests.Session;

public class ConcurrencyTests
{
    [Fact]
    public async Task Read_committed_waits_and_sees_the_new_row()
    {
        using var db = new SessionFixture();
        db.Run("create table t (id int primary key, n int); insert into t values (1, 10)");
        db.Run("begin; update t set n = n + 1 where id = 1");
        using var other = db.NewSession();
        var waiting = Task.Run(() => SessionFixture.Run(other, "update t set n = n + 100 where id = 1 returning n"));
        SpinWait.SpinUntil(() => waiting.IsCompleted || other.Locks.IsWaiting);
        db.Run("commit");
        Assert.Equal("111", await waiting);
    }

    [Fact]
    public void Repeatable_read_fails_with_40001()
    {
        using var db = new SessionFixture();
        db.Run("create table t (id int, n int); insert into t values (1, 10)");
        db.Run("begin isolation level repeatable read; select * from t");
        using var other = db.NewSession();
        SessionFixture.Run(other, "update t set n = 11");
        Assert.Equal("10", db.Run("select n from t"));
        var error = db.Fails("update t set n = 12");
        Assert.Equal(("40001", "could not serialize access due to concurrent update"), (error.SqlState, error.Message));
    }

    [Fact]
    public async Task Deadlocks_end_with_40P01()
    {
        using var db = new SessionFixture();
        db.Run("create table t (id int primary key, n int); insert into t values (1, 0), (2, 0)");
        db.Run("begin; update t set n = 1 where id = 1");
        using var other = db.NewSession();
        SessionFixture.Run(other, "begin; update t set n = 2 where id = 2");
        var waiting = Task.Run(() => SessionFixture.Run(other, "update t set n = 2 where id = 1"));
        SpinWait.SpinUntil(() => waiting.IsCompleted || other.Locks.IsWaiting);
        Assert.Equal("40P01", db.Fails("update t set n = 1 where id = 2").SqlState);
        Assert.Equal("UPDATE 1", await waiting);
    }

    [Fact]
    public async Task Drop_waits_for_readers_and_cancel_ends_the_wait()
    {
        using var db = new SessionFixture();
        db.Run("create table t (id int)");
        db.Run("begin; select * from t");
        using var other = db.NewSession();
        var waiting = Task.Run(() => SessionFixture.Run(other, "drop table t"));
        SpinWait.SpinUntil(() => waiting.IsCompleted || other.Locks.IsWaiting);
        Assert.True(db.Database.Cancel(other.BackendId, other.Secret));
        var error = await Assert.ThrowsAsync<SqlException>(() => waiting);
        Assert.Equal(("57014", "canceling statement due to user request"), (error.SqlState, error.Message));
        db.Run("commit");
        Assert.Equal("DROP TABLE", SessionFixture.Run(other, "drop table t"));
    }

    [Fact]
    public void Upsert_updates_and_skips()
    {
        using var db = new SessionFixture();
        db.Run("create table t (id int primary key, n int); insert into t values (1, 10)");
        Assert.Equal("INSERT 0 2", db.Run("insert into t values (1, 5), (2, 6) on conflict (id) do update set n = t.n + excluded.n"));
        Assert.Equal("INSERT 0 0", db.Run("insert into t values (1, 5) on conflict do nothing"));
        Assert.Equal("1|15\n2|6", db.Run("select * from t order by id"));
    }
}
