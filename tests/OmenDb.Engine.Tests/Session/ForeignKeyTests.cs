using OmenDb.Types;

namespace OmenDb.Engine.Tests.Session;

/// <summary>Foreign keys among several sessions: whoever comes second waits for the first, and nobody leaves a row without its partner.</summary>
public class ForeignKeyTests
{
    private const string Tables = "create table p (id int primary key, v int default 0); create table c (id serial primary key, p_id int references p)";

    private static Task<string> Start(Engine.Session session, string sql)
    {
        var waiting = Task.Run(() => SessionFixture.Run(session, sql));
        SpinWait.SpinUntil(() => waiting.IsCompleted || session.Locks.IsWaiting);
        return waiting;
    }

    [Theory]
    [InlineData("commit", "23503")]
    [InlineData("rollback", null)]
    public async Task Inserting_a_child_waits_for_who_deletes_its_parent(string end, string? error)
    {
        using var db = new SessionFixture();
        db.Run(Tables + "; insert into p values (1)"); db.Run("begin; delete from p where id = 1");
        using var other = db.NewSession();
        var waiting = Start(other, "insert into c (p_id) values (1)");
        Assert.False(waiting.IsCompleted);
        db.Run(end);
        if (error is null)
            Assert.Equal("INSERT 0 1", await waiting);
        else
            Assert.Equal(error, (await Assert.ThrowsAsync<SqlException>(() => waiting)).SqlState);
    }

    [Theory]
    [InlineData("update p set id = 2 where id = 1", "commit", "23503")]
    [InlineData("update p set id = 2 where id = 1", "rollback", null)]
    public async Task Inserting_a_child_waits_for_who_changes_its_parents_key(string change, string end, string? error)
    {
        using var db = new SessionFixture();
        db.Run(Tables + "; insert into p values (1)"); db.Run("begin; " + change);
        using var other = db.NewSession();
        var waiting = Start(other, "insert into c (p_id) values (1)");
        db.Run(end);
        if (error is null)
            Assert.Equal("INSERT 0 1", await waiting);
        else
            Assert.Equal(error, (await Assert.ThrowsAsync<SqlException>(() => waiting)).SqlState);
    }

    [Theory]
    [InlineData("commit", "23503")]
    [InlineData("rollback", null)]
    public async Task Deleting_a_parent_waits_for_who_inserts_a_child(string end, string? error)
    {
        using var db = new SessionFixture();
        db.Run(Tables + "; insert into p values (1)"); db.Run("begin; insert into c (p_id) values (1)");
        using var other = db.NewSession();
        var waiting = Start(other, "delete from p where id = 1");
        Assert.False(waiting.IsCompleted);
        db.Run(end);
        if (error is null)
            Assert.Equal("DELETE 1", await waiting);
        else
            Assert.Equal(error, (await Assert.ThrowsAsync<SqlException>(() => waiting)).SqlState);
    }

    [Fact]
    public void Children_of_one_parent_do_not_wait_for_each_other_nor_for_changes_that_leave_the_key()
    {
        using var db = new SessionFixture();
        db.Run(Tables + "; insert into p values (1)");
        db.Run("begin; insert into c (p_id) values (1)");
        using var other = db.NewSession();
        Assert.Equal("BEGIN\nINSERT 0 1\nUPDATE 1", SessionFixture.Run(other, "begin; insert into c (p_id) values (1); update p set v = 1 where id = 1"));
        db.Run("commit");
        db.Run("begin; insert into c (p_id) values (1)");
        SessionFixture.Run(other, "commit");
        db.Run("commit");
        Assert.Equal("3", db.Run("select count(*) from c"));
    }

    [Fact]
    public async Task A_cascade_takes_children_that_others_committed_while_it_waited()
    {
        using var db = new SessionFixture();
        db.Run("create table p (id int primary key); create table c (p_id int references p on delete cascade); insert into p values (1)"); db.Run("begin; insert into c values (1)");
        using var other = db.NewSession();
        var waiting = Start(other, "delete from p");
        db.Run("commit");
        Assert.Equal("DELETE 1", await waiting);
        Assert.Equal("0", db.Run("select count(*) from c"));
    }

    [Fact]
    public async Task A_child_on_its_way_out_is_waited_for()
    {
        using var db = new SessionFixture();
        db.Run(Tables + "; insert into p values (1); insert into c (p_id) values (1)"); db.Run("begin; delete from c");
        using var other = db.NewSession();
        var waiting = Start(other, "delete from p");
        Assert.False(waiting.IsCompleted);
        db.Run("commit");
        Assert.Equal("DELETE 1", await waiting);
    }

    [Fact]
    public void Repeatable_read_sees_children_committed_after_its_snapshot_in_checks()
    {
        using var db = new SessionFixture();
        db.Run("create table p (id int primary key); create table c (p_id int references p); create table d (p_id int references p on delete cascade); insert into p values (1), (2)");
        using var other = db.NewSession();
        SessionFixture.Run(other, "begin isolation level repeatable read; select * from p");
        db.Run("insert into c values (1)");
        Assert.Equal("23503", Assert.Throws<SqlException>(() => SessionFixture.Run(other, "delete from p where id = 1")).SqlState);
        SessionFixture.Run(other, "rollback; begin isolation level repeatable read; select * from p");
        db.Run("insert into d values (2)");
        Assert.Equal("40001", Assert.Throws<SqlException>(() => SessionFixture.Run(other, "delete from p where id = 2")).SqlState);
    }

    [Fact]
    public async Task Deferred_checks_at_commit_wait_too()
    {
        using var db = new SessionFixture();
        db.Run("create table p (id int primary key); create table c (p_id int references p deferrable initially deferred); insert into p values (1)"); db.Run("begin; insert into c values (1)");
        using var other = db.NewSession();
        SessionFixture.Run(other, "begin; delete from p");
        var waiting = Start(db.Session, "commit");
        Assert.False(waiting.IsCompleted);
        SessionFixture.Run(other, "commit");
        Assert.Equal("23503", (await Assert.ThrowsAsync<SqlException>(() => waiting)).SqlState);
        Assert.Equal(TransactionStatus.Idle, db.Session.TransactionStatus);
        Assert.Equal("0", db.Run("select count(*) from c"));
    }

    [Fact]
    public void No_orphans_under_load()
    {
        using var db = new SessionFixture();
        db.Run("create table p (id int primary key, v int); create table c (id int primary key, p_id int not null references p); " +
            "create table g (c_id int references c on delete cascade); insert into p select i, 0 from generate_series(0, 7) i");
        var unexpected = new System.Collections.Concurrent.ConcurrentBag<string>();
        var done = 0;
        Parallel.For(0, 4, new ParallelOptions { MaxDegreeOfParallelism = 4 }, worker =>
        {
            var random = new Random(1000 + worker);
            using var session = db.NewSession();
            for (var i = 0; i < 150; i++)
            {
                var p = random.Next(8);
                var id = worker * 1000 + i;
                var sql = random.Next(6) switch
                {
                    0 => $"delete from p where id = {p}",
                    1 => $"insert into p values ({p}, 0) on conflict do nothing",
                    2 => $"update c set p_id = {p} where id % 7 = {random.Next(7)} and id / 1000 = {worker}",
                    3 => $"delete from c where p_id = {p} and id / 1000 = {worker}",
                    4 => $"update p set id = id where id = {p}",
                    _ => $"begin; insert into c values ({id}, {p}); insert into g values ({id}); commit",
                };
                try
                {
                    SessionFixture.Run(session, sql);
                    Interlocked.Increment(ref done);
                }
                catch (SqlException error)
                {
                    if (error.SqlState is not ("23503" or "40P01" or "40001"))
                        unexpected.Add($"{sql}: {error.SqlState} {error.Message}");
                    if (session.TransactionStatus != TransactionStatus.Idle)
                        SessionFixture.Run(session, "rollback");
                }
            }
        });
        Assert.Empty(unexpected);
        Assert.True(done > 100);
        Assert.Equal("0", db.Run("select count(*) from c where not exists (select 1 from p where p.id = c.p_id)"));
        Assert.Equal("0", db.Run("select count(*) from g where not exists (select 1 from c where c.id = g.c_id)"));
        Assert.Equal("ALTER TABLE", db.Run("alter table c add constraint again foreign key (p_id) references p"));
    }
}
