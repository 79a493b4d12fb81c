using OmenDb.Types;

namespace OmenDb.Engine.Tests.Session;

/// <summary>Indexes made, made anew and dropped through SQL while other sessions are at the table.</summary>
public class OnlineIndexTests
{
    private static Task<string> Start(Engine.Session session, string sql)
    {
        var waiting = Task.Run(() => SessionFixture.Run(session, sql));
        SpinWait.SpinUntil(() => waiting.IsCompleted || session.Locks.IsWaiting);
        return waiting;
    }

    [Theory]
    [InlineData("create index t_v on t (v)")]
    [InlineData("create unique index t_v on t (v)")]
    [InlineData("create index concurrently t_v on t (v)")]
    [InlineData("reindex table t")]
    [InlineData("reindex index concurrently t_pkey")]
    public async Task Writers_make_progress_while_an_index_is_being_made(string command)
    {
        using var db = new SessionFixture();
        using var maker = db.NewSession();
        using var writer = db.NewSession();
        db.Run("create table t (id int primary key, v int); insert into t select x, x from generate_series(1, 3000) g(x)");
        db.Run("begin; update t set v = -1 where id = 1"); // holds the build open
        var making = Start(maker, command);
        Assert.False(making.IsCompleted);
        for (var i = 0; i < 50; i++)
        {
            SessionFixture.Run(writer, $"insert into t values ({10_000 + i}, {10_000 + i})");
            SessionFixture.Run(writer, $"update t set v = v + 100000 where id = {i + 2}");
            SessionFixture.Run(writer, $"delete from t where id = {i + 100}");
            SessionFixture.Run(writer, $"begin; update t set id = -id where id = {i + 200}; rollback");
        }
        Assert.False(making.IsCompleted);
        db.Run("commit");
        Assert.Equal(command.StartsWith("reindex", StringComparison.Ordinal) ? "REINDEX" : "CREATE INDEX", await making);
        Assert.Equal("3000", db.Run("select count(*) from t"));
        Assert.Equal("1", db.Run("select count(*) from t where id = 10049"));
        Assert.Equal("0", db.Run("select count(*) from t where id = 149"));
        Assert.Equal("1", db.Run("select id from t where v = -1"));
        Assert.Equal("51", db.Run("select id from t where v = 100051"));
        Assert.Equal("23505", db.Fails("insert into t values (10049, 0)").SqlState);
    }

    [Fact]
    public async Task A_key_that_a_writer_doubles_meanwhile_ends_the_build_and_leaves_nothing()
    {
        using var db = new SessionFixture();
        using var maker = db.NewSession();
        db.Run("create table t (id int primary key, v int); insert into t select x, x from generate_series(1, 100) g(x)");
        db.Run("begin; update t set v = 7 where id = 8");
        var making = Start(maker, "create unique index t_v on t (v)");
        db.Run("commit");
        var error = await Assert.ThrowsAsync<SqlException>(() => making);
        Assert.Equal(("23505", "could not create unique index \"t_v\"", "Key (v)=(7) is duplicated."), (error.SqlState, error.Message, error.Detail));
        Assert.Equal("0", db.Run("select count(*) from pg_class where relname = 't_v'"));
        Assert.Equal("INSERT 0 1", db.Run("insert into t values (200, 7)"));
    }

    [Fact]
    public async Task A_build_that_waits_can_be_cancelled()
    {
        using var db = new SessionFixture();
        using var maker = db.NewSession();
        db.Run("create table t (id int primary key, v int); insert into t values (1, 1)");
        db.Run("begin; update t set v = 2");
        var making = Start(maker, "create index t_v on t (v)");
        Assert.Equal("CREATE INDEX CONCURRENTLY|waiting for writers before build|t",
            db.Run("select command, phase, relid::regclass from pg_stat_progress_create_index"));
        maker.Cancel();
        Assert.Equal("57014", (await Assert.ThrowsAsync<SqlException>(() => making)).SqlState);
        db.Run("commit");
        Assert.Equal("0", db.Run("select count(*) from pg_class where relname = 't_v'"));
        Assert.Equal("CREATE INDEX", SessionFixture.Run(maker, "create index t_v on t (v)"));
    }

    [Fact]
    public async Task A_change_of_the_table_waits_for_the_build()
    {
        using var db = new SessionFixture();
        using var maker = db.NewSession();
        using var changer = db.NewSession();
        db.Run("create table t (id int primary key, v int); insert into t values (1, 1)");
        db.Run("begin; update t set v = 2");
        var making = Start(maker, "create index t_v on t (v)");
        var changing = Start(changer, "alter table t drop column v");
        Assert.False(changing.IsCompleted);
        db.Run("commit");
        Assert.Equal("CREATE INDEX", await making);
        Assert.Equal("ALTER TABLE", await changing);
        Assert.Equal("1", db.Run("select count(*) from pg_index where indrelid = 't'::regclass"));
    }

    [Fact]
    public void An_older_snapshot_reads_without_the_index_and_others_with_it()
    {
        using var db = new SessionFixture();
        using var older = db.NewSession();
        db.Run("create table t (id int primary key, v int, name text); insert into t select x, x % 500, 'N' || x from generate_series(1, 5000) g(x)");
        SessionFixture.Run(older, "prepare q (int) as select count(*) from t where v = $1");
        SessionFixture.Run(older, "begin isolation level repeatable read");
        Assert.Equal("10", SessionFixture.Run(older, "execute q (7)"));
        db.Run("update t set v = 7 where id = 8; delete from t where id = 7; create index t_v on t (v); create index t_name on t (lower(name))");
        Assert.Equal("10", SessionFixture.Run(older, "execute q (7)"));
        Assert.Equal("7", SessionFixture.Run(older, "select id from t where lower(name) = 'n7'"));
        Assert.Equal("10", SessionFixture.Run(older, "select count(*) from t where v = 7"));
        Assert.DoesNotContain("Index", SessionFixture.Run(older, "explain (costs off) select id from t where v = 7"));
        Assert.Contains("t_v", db.Run("explain (costs off) select id from t where v = 7"));
        Assert.Equal("10", SessionFixture.Run(older, "select count(*) from t a join (values (7)) k(v) on a.v = k.v"));
        Assert.Equal("ROLLBACK", SessionFixture.Run(older, "rollback"));
        Assert.Contains("t_v", SessionFixture.Run(older, "explain (costs off) execute q (7)"));
        Assert.Equal("10", SessionFixture.Run(older, "execute q (7)"));
        Assert.Equal("", db.Run("select id from t where lower(name) = 'n7'"));
    }

    [Fact]
    public void A_prepared_point_look_up_goes_on_through_new_trees()
    {
        using var db = new SessionFixture();
        using var other = db.NewSession();
        db.Run("create table t (id int primary key, v int); insert into t select x, x from generate_series(1, 3000) g(x)");
        SessionFixture.Run(other, "begin isolation level repeatable read; select v from t where id = 1");
        for (var round = 0; round < 5; round++)
        {
            Assert.Equal("17", db.Execute("select v from t where id = $1", 17));
            Assert.Equal("REINDEX", db.Run("reindex table t"));
            Assert.Equal("18", db.Execute("select v from t where id = $1", 18));
            db.Run($"insert into t values ({4000 + round}, {round})");
            Assert.Equal($"{round}", db.Execute("select v from t where id = $1", 4000 + round));
            Assert.Equal("", SessionFixture.Run(other, $"select v from t where id = {4000 + round}"));
            Assert.Equal("19", SessionFixture.Run(other, "select v from t where id = 19"));
        }
        SessionFixture.Run(other, "rollback");
        Assert.Equal("20", db.Execute("select v from t where id = $1", 20));
    }

    [Fact]
    public void Statements_planned_before_an_index_was_dropped_concurrently_end()
    {
        using var db = new SessionFixture();
        using var reader = db.NewSession();
        db.Run("create table t (id int primary key, v int); insert into t select x, x from generate_series(1, 9000) g(x); create index t_v on t (v)");
        SessionFixture.Run(reader, "begin; declare c cursor for select v from t where v > 10 order by v");
        Assert.Equal("11\n12\n13", SessionFixture.Run(reader, "fetch 3 from c"));
        Assert.Equal("DROP INDEX", db.Run("drop index concurrently t_v"));
        Assert.DoesNotContain("t_v", db.Run("explain (costs off) select v from t where v = 11"));
        Assert.Equal("14\n15", SessionFixture.Run(reader, "fetch 2 from c"));
        Assert.EndsWith("9000", SessionFixture.Run(reader, "fetch all from c"));
        Assert.Equal("COMMIT", SessionFixture.Run(reader, "commit"));
    }

    [Fact]
    public void A_pattern_that_is_a_parameter_bounds_an_index_scan_when_it_has_a_beginning()
    {
        using var db = new SessionFixture();
        db.Run("create table t (id int primary key, name text); insert into t select x, 'n' || x from generate_series(1, 9000) g(x); create index t_name on t (name); analyze t");
        db.Run("prepare q (text) as select id from t where name like $1");
        Assert.Equal("17", db.Run("execute q ('n17')"));
        Assert.Contains("Index Scan using t_name", db.Run("explain (analyze, costs off) execute q ('n17%')"));
        Assert.Contains("Seq Scan on t", db.Run("explain (analyze, costs off) execute q ('%17')"));
        Assert.Contains("Index Scan using t_name", db.Run("explain (analyze, costs off) execute q ('n18%')"));
        Assert.Equal("4017", db.Run("execute q ('%4017')"));
        Assert.Equal("17", db.Execute("select id from t where name like $1 order by 1 limit 1", "n17%"));
        Assert.Equal("17", db.Execute("select id from t where name like $1 order by 1 limit 1", "_17"));
    }
}
