using OmenDb.Types;

namespace OmenDb.Engine.Tests.Session;

/// <summary>Point look-ups the short way say what the long way says.</summary>
public sealed class PointTests
{
    private static (SessionFixture Db, PreparedQuery Query) Make(string select = "select v, id from t where id = $1")
    {
        var db = new SessionFixture();
        db.Run("create table t (id int8 primary key, v text); insert into t select g, 'value number ' || g from generate_series(1, 5000) g");
        return (db, db.Session.OpenQuery(db.Session.Prepare("p", select)));
    }

    private static string? Read(PreparedQuery query, long id)
    {
        query.Set(0, id);
        if (!query.Execute(out var row))
            return null;
        Assert.Equal(1, row.RowCount);
        Assert.Equal(id, row.Columns[1].Get<long>(0));
        var text = System.Text.Encoding.UTF8.GetString(row.Columns[0].GetBytes(0));
        Assert.False(query.NextBatch(out _));
        return text;
    }

    [Fact]
    public void Rows_come_and_go_with_commits()
    {
        var (db, query) = Make();
        using var other = db.NewSession();
        Assert.Equal("value number 17", Read(query, 17));
        Assert.Null(Read(query, 6000));
        SessionFixture.Run(other, "begin; update t set v = 'new' where id = 17; delete from t where id = 18; insert into t values (6000, 'six'); update t set id = 7000 where id = 19");
        Assert.Equal("value number 17", Read(query, 17));
        Assert.Equal("value number 18", Read(query, 18));
        Assert.Null(Read(query, 6000));
        Assert.Equal("value number 19", Read(query, 19));
        Assert.Null(Read(query, 7000));
        SessionFixture.Run(other, "commit");
        Assert.Equal("new", Read(query, 17));
        Assert.Null(Read(query, 18));
        Assert.Equal("six", Read(query, 6000));
        Assert.Null(Read(query, 19));
        Assert.Equal("value number 19", Read(query, 7000));
        query.Dispose();
        db.Dispose();
    }

    [Theory]
    [InlineData("read committed", "new")]
    [InlineData("repeatable read", "value number 17")]
    [InlineData("serializable", "value number 17")]
    public void Isolation_levels_hold(string level, string second)
    {
        var (db, query) = Make();
        using var other = db.NewSession();
        db.Run($"begin isolation level {level}");
        Assert.Equal("value number 17", Read(query, 17));
        SessionFixture.Run(other, "update t set v = 'new' where id = 17");
        Assert.Equal(second, Read(query, 17));
        Assert.Equal("25001", db.Fails("set transaction isolation level read committed; set transaction isolation level serializable").SqlState);
        db.Run("rollback");
        Assert.Equal("new", Read(query, 17));
        query.Dispose();
        db.Dispose();
    }

    [Fact]
    public void Own_changes_are_seen_and_rolled_back()
    {
        var (db, query) = Make();
        db.Run("begin; update t set v = 'mine' where id = 3; savepoint s; delete from t where id = 3");
        Assert.Null(Read(query, 3));
        db.Run("rollback to s");
        Assert.Equal("mine", Read(query, 3));
        db.Run("rollback");
        Assert.Equal("value number 3", Read(query, 3));
        query.Dispose();
        db.Dispose();
    }

    [Fact]
    public void A_changed_catalog_is_noticed()
    {
        var (db, query) = Make("select v, id from t where id = $1");
        Assert.Equal("value number 5", Read(query, 5));
        db.Run("truncate t; insert into t values (5, 'five')");
        Assert.Equal("five", Read(query, 5));
        db.Run("alter table t drop constraint t_pkey");
        Assert.Equal("five", Read(query, 5));
        db.Run("create unique index t_new on t (id desc)");
        Assert.Equal("five", Read(query, 5));
        Assert.Contains("t_new", db.Run("explain select v, id from t where id = 5"), StringComparison.Ordinal);
        db.Run("drop table t");
        Assert.Equal("42P01", Assert.Throws<SqlException>(() => Read(query, 5)).SqlState);
        query.Dispose();
        db.Dispose();
    }

    [Fact]
    public void A_locked_table_is_waited_for()
    {
        var (db, query) = Make();
        using var other = db.NewSession();
        Assert.Equal("value number 5", Read(query, 5));
        SessionFixture.Run(other, "begin; lock table t in access exclusive mode");
        db.Run("set lock_timeout = 1");
        Assert.Equal("55P03", Assert.Throws<SqlException>(() => Read(query, 5)).SqlState);
        SessionFixture.Run(other, "rollback");
        Assert.Equal("value number 5", Read(query, 5));
        query.Dispose();
        db.Dispose();
    }

    [Fact]
    public void Failed_transactions_nulls_and_other_shapes_take_the_long_way()
    {
        var (db, query) = Make("select v, id from t where id = $1");
        Assert.Equal("22012", db.Fails("begin; select 1 / 0").SqlState);
        Assert.Equal("25P02", Assert.Throws<SqlException>(() => Read(query, 5)).SqlState);
        db.Run("rollback");
        query.Set(0, null);
        Assert.False(query.Execute(out _));
        using var many = db.Session.OpenQuery(db.Session.Prepare("m", "select count(*) from t where id < $1"));
        many.Set(0, 100L);
        Assert.True(many.Execute(out var row));
        Assert.Equal(99, row.Columns[0].Get<long>(0));
        Assert.False(many.NextBatch(out _));
        using var change = db.Session.OpenQuery(db.Session.Prepare("c", "update t set v = v || '!' where id = $1"));
        change.Set(0, 5L);
        Assert.False(change.Execute(out _));
        Assert.Equal("value number 5!", Read(query, 5));
        query.Dispose();
        db.Dispose();
    }

    [Fact]
    public void Portals_take_the_short_way_too()
    {
        var (db, query) = Make();
        var statement = db.Session.GetPrepared("p");
        foreach (var id in (long[])[7, 9999, 8])
        {
            using var portal = db.Session.Bind("", statement, ParameterSource.OfValues(id));
            Assert.Equal(id != 9999, portal.NextBatch(out var row));
            if (id != 9999)
                Assert.Equal(id, row.Columns[1].Get<long>(0));
            Assert.False(portal.NextBatch(out _));
            Assert.Equal(id == 9999 ? "SELECT 0" : "SELECT 1", portal.CommandTag);
            db.Session.Sync();
        }
        Assert.Equal("value number 12", db.Execute("select v from t where id = $1", 12));
        query.Dispose();
        db.Dispose();
    }
}
