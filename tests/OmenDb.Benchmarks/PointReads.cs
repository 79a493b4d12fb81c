using System.Diagnostics;
using System.Globalization;
using OmenDb.Engine;
using OmenDb.Workload.Sqlite;

namespace OmenDb.Benchmarks;

/// <summary>Prepared SELECT v FROM t WHERE id = $1 in this process, random keys: OmenDB and SQLite's C library (in memory) in turns, autocommit and inside one
/// transaction. Arguments: rows, look-ups per round, rounds, and "shuffled" for keys that were inserted in no order.</summary>
internal static class PointReads
{
    public static void Run(string[] args)
    {
        var rows = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 1_000_000;
        var lookups = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 1_000_000;
        var rounds = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 5;
        // A step that has no divisor in common with the number of rows visits all of them.
        var step = args.Length > 3 && args[3] == "shuffled" ? 7_368_787L : 1;
        var random = new Random(42);
        var keys = new long[lookups];
        for (var i = 0; i < keys.Length; i++)
            keys[i] = random.Next(rows) + 1;

        using var database = Database.OpenInMemory();
        using var session = database.CreateSession();
        foreach (var sql in (string[])["create table t (id int8 primary key, v int8)", $"insert into t select g * {step} % {rows} + 1, g * 7 from generate_series(1::int8, {rows}) g"])
        {
            using var result = session.Execute(sql);
        }
        using var query = session.OpenQuery(session.Prepare("point", "select v from t where id = $1"));
        using var sqlite = new Sqlite(rows, step);
        var times = new Dictionary<string, List<double>>();
        for (var round = 0; round <= rounds; round++)
        {
            foreach (var (name, run) in new (string, Func<long>)[]
            {
                ("omendb autocommit", () => Omen(query, keys)),
                ("sqlite autocommit", () => sqlite.Read(keys, inOne: false)),
                ("omendb in one transaction", () => InBlock(session, () => Omen(query, keys))),
                ("sqlite in one transaction", () => sqlite.Read(keys, inOne: true)),
                ("omendb Bind and Portal, autocommit", () => Portals(session, keys.AsSpan(0, keys.Length / 10))),
            })
            {
                var allocated = GC.GetAllocatedBytesForCurrentThread();
                var watch = Stopwatch.StartNew();
                var sum = run();
                var count = name.Contains("Portal", StringComparison.Ordinal) ? keys.Length / 10 : keys.Length;
                var nanoseconds = watch.Elapsed.TotalNanoseconds / count;
                allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
                if (round == 0)
                    continue; // warm-up
                if (!times.TryGetValue(name, out var list))
                    times[name] = list = [];
                list.Add(nanoseconds);
                if (round == rounds)
                    Console.WriteLine($"{name,-36} median {Median(list),7:F0} ns  best {list.Min(),7:F0}  worst {list.Max(),7:F0}  {(double)allocated / count,6:F0} bytes/look-up  (sum {sum})");
            }
        }
        Console.WriteLine($"sqlite / omendb: autocommit {Median(times["sqlite autocommit"]) / Median(times["omendb autocommit"]):F2}, "
            + $"in one transaction {Median(times["sqlite in one transaction"]) / Median(times["omendb in one transaction"]):F2}  ({rows} rows)");
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static long Omen(PreparedQuery query, long[] keys)
    {
        var sum = 0L;
        foreach (var key in keys)
        {
            query.Set(0, key);
            if (query.Execute(out var row))
                sum += row.Columns[0].Get<long>(0);
        }
        return sum;
    }

    private static long InBlock(Session session, Func<long> body)
    {
        using (session.Execute("begin"))
        {
        }
        var sum = body();
        using (session.Execute("commit"))
        {
        }
        return sum;
    }

    private static long Portals(Session session, ReadOnlySpan<long> keys)
    {
        var sum = 0L;
        var statement = session.GetPrepared("point");
        foreach (var key in keys)
        {
            using var portal = session.Bind("", statement, ParameterSource.OfValues(key));
            while (portal.NextBatch(out var row))
                sum += row.Columns[0].Get<long>(0);
            session.Sync();
        }
        return sum;
    }

    private sealed class Sqlite : IDisposable
    {
        private readonly SqliteConnection _connection = SqliteConnection.OpenInMemory();
        private readonly SqliteStatement _select;

        public Sqlite(int rows, long step)
        {
            _connection.Execute("create table t (id integer primary key, v integer)");
            _connection.Execute("begin");
            var insert = _connection.Prepare("insert into t values (?1, ?2)");
            for (var i = 1; i <= rows; i++)
            {
                insert.Bind(1, i * step % rows + 1).Bind(2, i * 7L).Step();
                insert.Reset();
            }
            _connection.Execute("commit");
            _select = _connection.Prepare("select v from t where id = ?1");
        }

        public long Read(long[] keys, bool inOne)
        {
            if (inOne)
                _connection.Execute("begin");
            var sum = 0L;
            foreach (var key in keys)
            {
                if (_select.Bind(1, key).Step())
                    sum += _select.Int64(0);
                _select.Reset();
            }
            if (inOne)
                _connection.Execute("commit");
            return sum;
        }

        public void Dispose() => _connection.Dispose();
    }
}
