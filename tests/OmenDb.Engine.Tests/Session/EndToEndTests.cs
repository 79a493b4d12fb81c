namespace OmenDb.Engine.Tests.Session;

public class EndToEndTests
{
    [Fact]
    public void Create_insert_select()
    {
        using var db = new SessionFixture();
        Assert.Equal("CREATE TABLE", db.Run("create table t (id int primary key, name text not null, x numeric(10,2) default 1.5)"));
        Assert.Equal("INSERT 0 2", db.Run("insert into t values (1, 'a', default), (2, 'b', 3)"));
        Assert.Equal("1|a|1.50\n2|b|3.00", db.Run("select * from t order by id"));
        Assert.Equal("UPDATE 1", db.Run("update t set name = 'c' where id = 2"));
        Assert.Equal("2|c", db.Run("select id, name from t where id = 2"));
        Assert.Equal("DELETE 1", db.Run("delete from t where id = 1"));
        Assert.Equal("1", db.Run("select count(*) from t"));
    }

    [Fact]
    public void Unique_violation_names_key_and_constraint()
    {
        using var db = new SessionFixture();
        db.Run("create table t (id int primary key, name text); insert into t values (1, 'a')");
        var error = db.Fails("insert into t values (1, 'b')");
        Assert.Equal("23505", error.SqlState);
        Assert.Equal("duplicate key value violates unique constraint \"t_pkey\"", error.Message);
        Assert.Equal("Key (id)=(1) already exists.", error.Detail);
        Assert.Equal(("public", "t", "t_pkey"), (error.SchemaName, error.TableName, error.ConstraintName));
        Assert.Equal("UPDATE 1", db.Run("update t set id = 2 where id = 1"));
    }

    [Fact]
    public void Blocks_fail_and_roll_back()
    {
        using var db = new SessionFixture();
        db.Run("create table t (id int)");
        Assert.Equal("BEGIN", db.Run("begin"));
        Assert.Equal(TransactionStatus.InTransaction, db.Session.TransactionStatus);
        db.Run("insert into t values (1)");
        Assert.Equal("42P01", db.Fails("select * from missing").SqlState);
        Assert.Equal(TransactionStatus.Failed, db.Session.TransactionStatus);
        var error = db.Fails("select 1");
        Assert.Equal("25P02", error.SqlState);
        Assert.Equal("current transaction is aborted, commands ignored until end of transaction block", error.Message);
        Assert.Equal("ROLLBACK", db.Run("commit"));
        Assert.Equal("0", db.Run("select count(*) from t"));
    }

    [Fact]
    public void Savepoints()
    {
        using var db = new SessionFixture();
        db.Run("create table t (id int)");
        db.Run("begin; insert into t values (1); savepoint a; insert into t values (2)");
        db.Fails("select 1/0");
        db.Run("rollback to a; insert into t values (3)");
        db.Run("commit");
        Assert.Equal("1\n3", db.Run("select id from t order by id"));
    }

    [Fact]
    public void A_script_is_one_transaction()
    {
        using var db = new SessionFixture();
        db.Run("create table t (id int)");
        db.Fails("insert into t values (1); select 1/0");
        Assert.Equal("0", db.Run("select count(*) from t"));
        db.Run("insert into t values (1); insert into t values (2)");
        Assert.Equal("2", db.Run("select count(*) from t"));
    }

    [Fact]
    public void A_prepared_point_query_is_planned_once()
    {
        using var db = new SessionFixture();
        db.Run("create table t (id int primary key, name text); insert into t values (1, 'a'), (2, 'b')");
        var prepared = db.Session.Prepare("p", "select name from t where id = $1");
        db.Session.Sync();
        var planned = db.Session.Cache.Planned;
        for (var i = 1; i <= 2; i++)
        {
            var portal = db.Session.Bind("", prepared, ParameterSource.OfBytes([System.Text.Encoding.UTF8.GetBytes(i.ToString(System.Globalization.CultureInfo.InvariantCulture))], []));
            Assert.True(portal.NextBatch(out var batch));
            Assert.Equal(i == 1 ? "a" : "b", System.Text.Encoding.UTF8.GetString(batch.Columns[0].GetBytes(batch.Selection is { } s ? s.FillIndices(batch.Length)[0] : 0)));
            Assert.False(portal.NextBatch(out _));
            Assert.Equal("SELECT 1", portal.CommandTag);
            db.Session.Sync();
        }
        Assert.Equal(planned, db.Session.Cache.Planned);
    }

    [Fact]
    public void A_plan_is_renewed_when_its_table_was_analyzed_or_has_grown()
    {
        using var db = new SessionFixture();
        db.Run("create table t (id int primary key, name text); insert into t values (1, 'a'), (2, 'b')");
        db.Session.Prepare("p", "select name from t where id = $1");
        db.Session.Sync();
        Assert.Equal("b", db.Run("execute p(2)"));
        var planned = db.Session.Cache.Planned;
        db.Run("insert into t values (3, 'c')");
        Assert.Equal("c", db.Run("execute p(3)"));
        Assert.Equal(planned + 1, db.Session.Cache.Planned); // the insert
        db.Run("analyze t");
        Assert.Equal("c", db.Run("execute p(3)"));
        Assert.Equal(planned + 2, db.Session.Cache.Planned);
        db.Run("insert into t select x, 'd' from generate_series(4, 3000) x");
        Assert.Equal("d", db.Run("execute p(2999)"));
        Assert.Equal(planned + 4, db.Session.Cache.Planned);
        Assert.Equal("d", db.Run("execute p(2998)"));
        Assert.Equal(planned + 4, db.Session.Cache.Planned);
    }
}
