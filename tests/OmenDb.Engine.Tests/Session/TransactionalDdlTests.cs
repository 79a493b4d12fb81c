using OmenDb.Types;

namespace OmenDb.Engine.Tests.Session;

/// <summary>Definitions in transactions, among several sessions.</summary>
public class TransactionalDdlTests
{
    private static Task<string> Start(Engine.Session session, string sql)
    {
        var running = Task.Run(() => SessionFixture.Run(session, sql));
        SpinWait.SpinUntil(() => running.IsCompleted || session.Locks.IsWaiting);
        return running;
    }

    [Fact]
    public void Others_see_nothing_before_the_commit()
    {
        using var db = new SessionFixture();
        db.Run("create table old (a int)");
        using var other = db.NewSession();
        db.Run("begin; create table t (a int primary key); insert into t values (1); create view v as select * from t; create sequence s; create schema sc; create type e as enum ('x')");
        Assert.Equal("1", db.Run("select a from v"));
        foreach (var sql in new[] { "select * from t", "select * from v", "select nextval('s')", "create table sc.x (a int)", "select 'x'::e" })
            Assert.Contains(Assert.Throws<SqlException>(() => SessionFixture.Run(other, sql)).SqlState, new[] { "42P01", "3F000", "42704" });
        Assert.Equal("1", SessionFixture.Run(other, "select count(*) from pg_class where relnamespace = 'public'::regnamespace"));
        db.Run("commit");
        Assert.Equal("1", SessionFixture.Run(other, "select a from v"));
    }

    [Fact]
    public void A_failed_migration_leaves_nothing()
    {
        using var db = new SessionFixture();
        db.Run("create table t (id serial primary key, a int, b text); insert into t (a, b) select i, 'b' || i from generate_series(1, 100) i; create index t_a on t (a)");
        var objects = db.Database.Storage.Catalog.Count;
        var before = db.Run("select count(*), sum(a), max(b) from t; select indexdef from pg_indexes where tablename = 't' order by 1; select attname from pg_attribute where attrelid = 't'::regclass and attnum > 0 order by attnum");
        foreach (var last in new[] { "insert into t (id) values (1)", "alter table t add constraint c check (a2 > 50)", "create unique index on n (x)", "select 1/0", "alter table t add foreign key (a2) references n2" })
        {
            Assert.Throws<SqlException>(() => db.Run("begin; alter table t rename a to a2; alter table t add c int default 4; update t set c = a2, b = null; create index t_c on t (c); drop index t_a; " +
                "alter table t alter a2 type bigint; create index t_x on t ((a2 * 2)) where c > 5; create table n (x int); insert into n values (1), (1); create table n2 (id int primary key); " +
                $"insert into t (a2, c) values (5, 6); create sequence q; select nextval('q'); create view v as select * from t; {last}; commit"));
            db.Run("rollback");
            Assert.Equal(before, db.Run("select count(*), sum(a), max(b) from t; select indexdef from pg_indexes where tablename = 't' order by 1; select attname from pg_attribute where attrelid = 't'::regclass and attnum > 0 order by attnum"));
            Assert.Equal(objects, db.Database.Storage.Catalog.Count);
            Assert.Equal("7|b7", db.Run("select a, b from t where a = 7"));
            Assert.Equal("t_a", db.Run("select indexrelid::regclass from pg_index where indrelid = 't'::regclass and not indisprimary"));
        }
        Assert.Equal("INSERT 0 1", db.Run("insert into t (a, b) values (101, 'z')"));
        Assert.Equal("101|z", db.Run("select a, b from t where a = 101"));
    }

    [Fact]
    public async Task Create_index_waits_for_writers_and_has_their_rows()
    {
        using var db = new SessionFixture();
        db.Run("create table t (a int); insert into t select i from generate_series(1, 100) i");
        db.Run("begin; insert into t values (1000); update t set a = 2000 where a = 1; delete from t where a = 2");
        using var other = db.NewSession();
        var building = Start(other, "create unique index t_a on t (a)");
        Assert.False(building.IsCompleted);
        db.Run("commit");
        Assert.Equal("CREATE INDEX", await building);
        Assert.Equal("1000", db.Run("select a from t where a = 1000"));
        Assert.Equal("2000", db.Run("select a from t where a = 2000"));
        Assert.Equal("", db.Run("select a from t where a in (1, 2)"));
        Assert.Equal("23505", db.Fails("insert into t values (2000)").SqlState);
    }

    [Fact]
    public async Task Two_indexes_at_once()
    {
        using var db = new SessionFixture();
        db.Run("create table t (a int, b int); insert into t select i, i from generate_series(1, 100) i");
        db.Run("begin; create index t_a on t (a)");
        using var other = db.NewSession();
        Assert.Equal("CREATE INDEX", SessionFixture.Run(other, "create index t_b on t (b)"));
        var third = Start(other, "create index t_ab on t ((a + b)) where a > 5");
        Assert.False(third.IsCompleted);
        db.Run("commit");
        Assert.Equal("CREATE INDEX", await third);
        Assert.Equal("8", db.Run("select a from t where a + b = 16 and a > 5"));
        Assert.Equal("3", db.Run("select count(*) from pg_index where indrelid = 't'::regclass"));
    }

    [Fact]
    public async Task An_index_over_an_expression_waits_for_row_locks()
    {
        using var db = new SessionFixture();
        db.Run("create table t (a int); insert into t values (1), (2)");
        db.Run("begin; select * from t where a = 1 for update");
        using var other = db.NewSession();
        var building = Start(other, "create index on t ((a * 2))");
        Assert.False(building.IsCompleted);
        db.Run("commit");
        Assert.Equal("CREATE INDEX", await building);
        Assert.Equal("2", db.Run("select a from t where a * 2 = 4"));
    }

    [Theory]
    [InlineData("alter table t add c int default 3", "select * from t", "1|3")]
    [InlineData("alter table t alter a type text", "select a || 'x' from t", "1x")]
    [InlineData("truncate t; insert into t values (5)", "select * from t", "5")]
    [InlineData("alter table t rename a to z", "select z from t", "1")]
    public async Task Readers_and_writers_wait_for_changes_of_a_table_and_then_see_them(string ddl, string query, string expected)
    {
        using var db = new SessionFixture();
        db.Run("create table t (a int primary key); insert into t values (1)");
        using var other = db.NewSession();
        SessionFixture.Run(other, "select * from t"); // a plan is kept
        db.Run("begin; " + ddl);
        var reading = Start(other, query);
        Assert.False(reading.IsCompleted);
        db.Run("commit");
        Assert.Equal(expected, await reading);
    }

    [Fact]
    public async Task A_table_that_is_gone_after_the_wait()
    {
        using var db = new SessionFixture();
        db.Run("create table t (a int)");
        using var other = db.NewSession();
        foreach (var command in new[] { "alter table t add b int", "create index on t (a)", "insert into t values (1)", "drop table t", "truncate t", "select * from t" })
        {
            db.Run("begin; drop table t");
            var waiting = Start(other, command);
            Assert.False(waiting.IsCompleted);
            db.Run("commit");
            var error = await Record.ExceptionAsync(() => waiting);
            Assert.True(error is SqlException { SqlState: "42P01" }, $"{command}: {error}");
            db.Run("create table t (a int)");
        }
    }

    [Fact]
    public async Task A_table_that_is_another_one_after_the_wait()
    {
        using var db = new SessionFixture();
        db.Run("create table t (a int)");
        using var other = db.NewSession();
        db.Run("begin; drop table t; create table t (b text)");
        var waiting = Start(other, "alter table t add c int");
        db.Run("commit");
        Assert.Equal("ALTER TABLE", await waiting);
        Assert.Equal("INSERT 0 1", db.Run("insert into t (b, c) values ('x', 1)"));
    }

    [Fact]
    public async Task Adding_a_foreign_key_waits_for_writers_of_both_tables()
    {
        using var db = new SessionFixture();
        db.Run("create table p (id int primary key); create table c (p_id int); insert into p values (1); insert into c values (1)");
        using var other = db.NewSession();
        db.Run("begin; delete from p");
        var adding = Start(other, "alter table c add foreign key (p_id) references p");
        Assert.False(adding.IsCompleted);
        db.Run("commit");
        Assert.Equal("23503", (await Assert.ThrowsAsync<SqlException>(() => adding)).SqlState);
        Assert.Equal("0", db.Run("select count(*) from pg_constraint where contype = 'f'"));
    }

    [Theory]
    [InlineData("create table if not exists n (a int)", "commit", null)]
    [InlineData("create table n (a int)", "commit", "42P07")]
    [InlineData("create table n (a int)", "rollback", null)]
    [InlineData("create sequence n", "commit", "42P07")]
    [InlineData("create view n as select 1", "rollback", null)]
    [InlineData("create schema if not exists sc", "commit", null)]
    public async Task Two_who_want_the_same_name(string sql, string end, string? error)
    {
        using var db = new SessionFixture();
        using var other = db.NewSession();
        db.Run("begin; create table n (a int); create schema sc");
        var waiting = Start(other, sql);
        Assert.False(waiting.IsCompleted);
        db.Run(end);
        Assert.Equal(error, (await Record.ExceptionAsync(() => waiting) as SqlException)?.SqlState);
    }

    [Fact]
    public void Savepoints_take_definitions_and_rows_back_together()
    {
        using var db = new SessionFixture();
        db.Run("create table t (a int primary key, b int); insert into t values (1, 1)");
        db.Run("begin; alter table t drop constraint t_pkey; savepoint s1; insert into t values (1, 2); alter table t add c text default 'c'; savepoint s2; truncate t; drop table t; create table t (x int)");
        Assert.Equal("0", db.Run("select count(*) from t"));
        db.Run("rollback to s2");
        Assert.Equal("1|1|c\n1|2|c", db.Run("select * from t order by b"));
        db.Run("rollback to s1; alter table t add primary key (a)");
        Assert.Equal("1|1", db.Run("select * from t"));
        Assert.Equal("23505", db.Fails("insert into t values (1, 5)").SqlState);
        db.Run("rollback");
        Assert.Equal("23505", db.Fails("insert into t values (1, 5)").SqlState);
        Assert.Equal("1|1", db.Run("select * from t where a = 1"));
    }

    [Fact]
    public void A_sequence_goes_back_with_the_transaction_that_restarted_it()
    {
        using var db = new SessionFixture();
        db.Run("create table t (id int generated always as identity, v int); insert into t (v) values (1), (2)");
        using var other = db.NewSession();
        db.Run("begin; truncate t restart identity; insert into t (v) values (3)");
        Assert.Equal("1", db.Run("select id from t"));
        db.Run("rollback");
        Assert.Equal("3", SessionFixture.Run(other, "insert into t (v) values (4) returning id"));
    }
}
