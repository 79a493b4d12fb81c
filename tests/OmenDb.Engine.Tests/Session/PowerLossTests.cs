using OmenDb.Storage.Simulation;
using OmenDb.Types;

namespace OmenDb.Engine.Tests.Session;

/// <summary>SQL on a file system whose power fails: after the restart there are whole transactions and nothing else.</summary>
public class PowerLossTests
{
    private const int Seeds = 4;

    private static IEnumerable<int> AllSeeds => int.TryParse(Environment.GetEnvironmentVariable("OMENDB_SIMULATION_SEED"), out var seed) ? [seed] : Enumerable.Range(1, Seeds);

    /// <returns>False: the power failed, or what it tore answered with an error.</returns>
    private static bool TryRun(Engine.Session session, string sql, out string result)
    {
        result = "";
        try
        {
            result = SessionFixture.Run(session, sql);
            return true;
        }
        catch (SqlException error) when (error.SqlState is SqlState.IoError or SqlState.InternalError)
        {
            return false;
        }
        catch (SimulatedCrashException)
        {
            return false;
        }
    }

    /// <summary>Lives with a crash somewhere in each.</summary>
    private static void Live(int seed, int lives, Action<Database, Engine.Session, Random> live, Action<Database, Engine.Session> check)
    {
        var random = new Random(seed);
        var files = new SimulatedFileSystem(seed);
        for (var life = 0; life < lives; life++)
        {
            files.Faults.CrashAtOperation = random.Next(20, 250);
            Database? database = null;
            try
            {
                database = Database.Open(files, "/db");
                using var session = database.CreateSession();
                live(database, session, random);
            }
            catch (Exception error) when (error is SimulatedCrashException or SqlException { SqlState: SqlState.IoError or SqlState.InternalError })
            {
                // the power has failed
            }
            finally
            {
                Close(database);
            }
            files = files.Crash();
            using var restarted = Database.Open(files, "/db");
            using var reader = restarted.CreateSession();
            check(restarted, reader);
            restarted.Checkpoint();
        }
    }

    private static void Close(Database? database)
    {
        try
        {
            database?.Dispose();
        }
        catch (Exception error) when (error is SimulatedCrashException or SqlException)
        {
            // the power has failed
        }
    }

    [Fact]
    public void Sequences_never_repeat_a_value()
    {
        foreach (var seed in AllSeeds)
        {
            var given = new HashSet<string>();
            Live(seed, 4, (database, session, random) =>
            {
                if (!TryRun(session, "create sequence if not exists s increment 3", out _) || !TryRun(session, "create table if not exists t (id bigserial, v int)", out _))
                    return;
                for (var i = 0; i < 300; i++)
                {
                    var sql = random.Next(12) switch
                    {
                        0 => "begin; select 's' || nextval('s'); rollback",
                        1 => "begin; insert into t (v) values (1) returning 't' || id; rollback",
                        2 => $"alter sequence s increment {random.Next(1, 200)}",
                        3 => "checkpoint",
                        4 => "insert into t (v) select 1 from generate_series(1, 600) returning 't' || id",
                        5 or 6 => "insert into t (v) values (1) returning 't' || id",
                        _ => "select 's' || nextval('s')",
                    };
                    if (!TryRun(session, sql, out var lines))
                        return;
                    foreach (var line in lines.Split('\n').Where(l => l.Length > 1 && l[0] is 's' or 't'))
                        Assert.True(given.Add(line), $"seed {seed}: {line} was given out twice");
                }
            }, (_, _) => { });
            Assert.True(given.Count > 100, $"seed {seed}: {given.Count} values");
        }
    }

    [Fact]
    public void A_sequence_made_and_used_before_a_checkpoint_and_committed_behind_it_goes_on()
    {
        var files = new SimulatedFileSystem(1);
        using (var database = Database.Open(files, "/db"))
        {
            using var session = database.CreateSession();
            SessionFixture.Run(session, "begin; create sequence s; select nextval('s'), nextval('s')");
            database.Checkpoint();
            SessionFixture.Run(session, "commit");
            files = files.Crash();
            Close(database);
        }
        using var again = Database.Open(files, "/db");
        using var reader = again.CreateSession();
        Assert.True(long.Parse(SessionFixture.Run(reader, "select nextval('s')"), null) > 2);
    }

    [Fact]
    public void Migrations_are_there_as_a_whole_or_not_at_all()
    {
        foreach (var seed in AllSeeds)
        {
            var number = 0;
            var acknowledged = new HashSet<int>();
            Live(seed, 4, (database, session, random) =>
            {
                if (!TryRun(session, "create table if not exists done (n int primary key, dropped bool default false)", out _))
                    return;
                for (var i = 0; i < 40; i++)
                {
                    var n = ++number;
                    var rows = random.Next(1, 40);
                    var migration = $"begin; create table m{n} (id serial primary key, a int, n int references done (n) on delete cascade); insert into done values ({n}); " +
                        $"insert into m{n} (a, n) select i, {n} from generate_series(1, {rows}) i; create index m{n}_a on m{n} (a); alter table m{n} add b text default 'new'; " +
                        $"alter table m{n} alter a type bigint using a * 2; create view v{n} as select * from m{n}; update m{n} set b = 'b' || a where id % 2 = 0; commit";
                    if (!TryRun(session, migration, out _))
                        return;
                    acknowledged.Add(n);
                    if (random.Next(3) == 0 && !TryRun(session, $"begin; drop table m{n} cascade; update done set dropped = true where n = {n}; commit", out _))
                        return;
                    if (random.Next(4) == 0 && !TryRun(session, "checkpoint", out _))
                        return;
                    if (random.Next(3) == 0 && !TryRun(session, $"begin; create table r{n} (a int unique); insert into r{n} values (1); drop table done cascade; rollback", out _))
                        return;
                }
            }, (database, session) => Check(session, seed, number, acknowledged));
            Assert.True(acknowledged.Count > 3, $"seed {seed}: {acknowledged.Count} migrations");
        }
    }

    private static void Check(Engine.Session session, int seed, int last, HashSet<int> acknowledged)
    {
        if (SessionFixture.Run(session, "select to_regclass('done')") != "done")
        {
            Assert.Empty(acknowledged);
            return;
        }
        var expected = new List<string> { "done", "done_pkey" };
        var done = SessionFixture.Run(session, "select n, dropped from done order by n").Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .ToDictionary(line => int.Parse(line.Split('|')[0], null), line => line.Split('|')[1] == "t");
        Assert.True(acknowledged.IsSubsetOf(done.Keys), $"seed {seed}: an acknowledged migration is lost");
        foreach (var (n, dropped) in done)
        {
            if (dropped)
                continue;
            expected.AddRange([$"m{n}", $"m{n}_id_seq", $"m{n}_pkey", $"m{n}_a", $"v{n}"]);
            Assert.Equal("t|t|t", SessionFixture.Run(session, $"select count(*) = max(id), bool_and(a = id * 2), bool_and(b = case when id % 2 = 0 then 'b' || a else 'new' end) from v{n}"));
            Assert.Equal("1", SessionFixture.Run(session, $"select id from m{n} where a = 2"));
            Assert.Equal("23503", Assert.Throws<SqlException>(() => SessionFixture.Run(session, $"insert into m{n} (n) values (-1)")).SqlState);
        }
        Assert.Equal(string.Join('\n', expected.Order(StringComparer.Ordinal)),
            SessionFixture.Run(session, "select relname::text from pg_class where relnamespace = 'public'::regnamespace order by 1"));
        Assert.True(last >= done.Count);
    }
}
