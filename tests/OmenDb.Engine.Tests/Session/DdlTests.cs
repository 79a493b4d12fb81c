namespace OmenDb.Engine.Tests.Session;

public class DdlTests
{
    [Fact]
    public void Serial_identity_and_sequences()
    {
        using var db = new SessionFixture();
        db.Run("create table t (id serial primary key, k int generated always as identity, v text)");
        Assert.Equal("1|1\n2|2", db.Run("insert into t (v) values ('a'), ('b') returning id, k"));
        Assert.Equal("2", db.Run("select lastval()"));
        Assert.Equal("428C9", db.Fails("insert into t (k) values (5)").SqlState);
        db.Run("create sequence s start 10 increment 5");
        Assert.Equal("10", db.Run("select nextval('s')"));
        Assert.Equal("15", db.Run("select nextval('public.s'::regclass)"));
        Assert.Equal("15", db.Run("select currval('s')"));
        Assert.Equal("100", db.Run("select setval('s', 100)"));
        Assert.Equal("105", db.Run("select nextval('s')"));
        Assert.Equal("105|t", db.Run("select last_value, is_called from s"));
        Assert.Equal("2BP01", db.Fails("drop sequence t_id_seq").SqlState);
    }

    [Fact]
    public void Alter_table()
    {
        using var db = new SessionFixture();
        db.Run("create table t (a int); insert into t values (1), (2)");
        db.Run("alter table t add column b text default 'x' not null, add c int");
        Assert.Equal("1|x|\n2|x|", db.Run("select * from t order by a"));
        Assert.Equal("23502", db.Fails("alter table t alter c set not null").SqlState);
        db.Run("update t set c = a * 10; alter table t alter c set not null; alter table t alter c type bigint; alter table t rename c to d");
        Assert.Equal("10\n20", db.Run("select d from t order by d"));
        Assert.Equal("23502", db.Fails("insert into t (a) values (3)").SqlState);
        db.Run("alter table t add constraint positive check (d > 0)");
        var error = db.Fails("insert into t values (3, 'y', -1)");
        Assert.Equal(("23514", "new row for relation \"t\" violates check constraint \"positive\"", "Failing row contains (3, y, -1)."), (error.SqlState, error.Message, error.Detail));
        db.Run("alter table t drop column b; alter table t add primary key (a)");
        Assert.Equal("1|10\n2|20", db.Run("select * from t order by a"));
        Assert.Equal("23505", db.Fails("insert into t values (1, 5)").SqlState);
        Assert.Equal("42701", db.Fails("alter table t add a int").SqlState);
        Assert.Equal("ALTER TABLE", db.Run("alter table t rename to u"));
        Assert.Equal("2", db.Run("select count(*) from u"));
    }

    [Fact]
    public void Drop_respects_views()
    {
        using var db = new SessionFixture();
        db.Run("create table t (a int); insert into t values (1); create view v as select a + 1 as b from t");
        Assert.Equal("2", db.Run("select b from v"));
        var error = db.Fails("drop table t");
        Assert.Equal(("2BP01", "cannot drop table t because other objects depend on it", "view v depends on table t", "Use DROP ... CASCADE to drop the dependent objects too."),
            (error.SqlState, error.Message, error.Detail, error.Hint));
        Assert.Equal("DROP TABLE", db.Run("drop table t cascade"));
        Assert.Contains("NOTICE: drop cascades to view v", db.Notices);
        Assert.Equal("42P01", db.Fails("select * from v").SqlState);
        Assert.Equal("DROP TABLE", db.Run("drop table if exists t"));
        Assert.Contains("NOTICE: table \"t\" does not exist, skipping", db.Notices);
    }

    [Fact]
    public void Indexes_on_expressions_and_partial_ones()
    {
        using var db = new SessionFixture();
        db.Run("create table t (a int, b text); insert into t values (1, 'X'), (2, 'y')");
        db.Run("create unique index on t (lower(b)); create unique index one on t (a) where b = 'z'");
        Assert.Equal("23505", db.Fails("insert into t values (3, 'Y')").SqlState);
        db.Run("insert into t values (2, 'q'), (5, 'z')");
        Assert.Equal("23505", db.Fails("update t set b = 'z', a = 5 where b = 'q'").SqlState);
        Assert.Equal("23505", db.Fails("create unique index on t (a)").SqlState);
        Assert.Equal("DROP INDEX", db.Run("drop index one"));
        Assert.Equal("1|X\n2|q\n2|y\n5|z", db.Run("select * from t order by a, b"));
    }

    [Fact]
    public void Ddl_is_transactional_and_schemas_hold_things()
    {
        using var db = new SessionFixture();
        db.Run("begin; create table t (a int); insert into t values (1); rollback");
        Assert.Equal("42P01", db.Fails("select * from t").SqlState);
        db.Run("create schema s; create table s.t (a int); insert into s.t values (7); set search_path = s, public");
        Assert.Equal("7", db.Run("select a from t"));
        Assert.Equal("2BP01", db.Fails("drop schema s").SqlState);
        db.Run("drop schema s cascade");
        Assert.Equal("42P01", db.Fails("select a from t").SqlState);
    }

    [Fact]
    public void Tables_from_queries_enums_temporary_tables()
    {
        using var db = new SessionFixture();
        Assert.Equal("SELECT 3", db.Run("create table t as select generate_series as a, 'x' as b from generate_series(1, 3)"));
        Assert.Equal("SELECT 2", db.Run("select a into u from t where a > 1"));
        Assert.Equal("2", db.Run("select count(*) from u"));
        db.Run("create type mood as enum ('sad', 'ok', 'happy'); create table m (x mood); insert into m values ('happy'), ('sad')");
        Assert.Equal("sad\nhappy", db.Run("select x from m order by x"));
        Assert.Equal("22P02", db.Fails("insert into m values ('angry')").SqlState);
        db.Run("create temp table t (z int); insert into t values (9)");
        Assert.Equal("9", db.Run("select * from t"));
        using var other = db.NewSession();
        Assert.Equal("3", SessionFixture.Run(other, "select count(*) from t"));
    }

    [Fact]
    public void Truncate_and_comment()
    {
        using var db = new SessionFixture();
        db.Run("create table t (id serial, a int); insert into t (a) values (1), (2)");
        Assert.Equal("TRUNCATE TABLE", db.Run("truncate t restart identity"));
        Assert.Equal("1", db.Run("insert into t (a) values (5) returning id"));
        Assert.Equal("COMMENT", db.Run("comment on table t is 'hello'"));
        Assert.Equal("COMMENT", db.Run("comment on column t.a is 'world'"));
    }

    [Fact]
    public void Result_columns_name_the_attribute_also_after_a_dropped_one()
    {
        using var db = new SessionFixture();
        db.Run("create table t (a int, b int, c int); alter table t drop column a");
        using var result = db.Session.Execute("select c, b, b + 1 from t");
        Assert.Equal([3, 2, 0], result.Portal.Columns!.Value.Select(column => column.ColumnNumber));
    }
}
