using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using OmenDb.Engine;

namespace OmenDb.Benchmarks;

/// <summary>Prepared SELECT v FROM t WHERE id = $1 in this process, random keys: OmenDB and SQLite's C library (in memory) in turns, autocommit and inside one
/// transaction. Arguments: rows, look-ups per round, rounds, and "shuffled" for keys that were inserted in no order.</summary>
internal static unsafe partial class PointReads
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

    /// <summary>As much of SQLite's interface as this needs.</summary>
    private sealed partial class Sqlite : IDisposable
    {
        private readonly nint _database;
        private readonly nint _statement;

        public Sqlite(int rows, long step)
        {
            Check(sqlite3_open(":memory:", out _database));
            Execute("create table t (id integer primary key, v integer)");
            Execute("begin");
            Check(sqlite3_prepare_v2(_database, "insert into t values (?1, ?2)", -1, out var insert, 0));
            for (var i = 1; i <= rows; i++)
            {
                _ = sqlite3_bind_int64(insert, 1, i * step % rows + 1);
                _ = sqlite3_bind_int64(insert, 2, i * 7L);
                _ = sqlite3_step(insert);
                _ = sqlite3_reset(insert);
            }
            _ = sqlite3_finalize(insert);
            Execute("commit");
            Check(sqlite3_prepare_v2(_database, "select v from t where id = ?1", -1, out _statement, 0));
        }

        public long Read(long[] keys, bool inOne)
        {
            if (inOne)
                Execute("begin");
            var sum = 0L;
            foreach (var key in keys)
            {
                _ = sqlite3_bind_int64(_statement, 1, key);
                if (sqlite3_step(_statement) == 100)
                    sum += sqlite3_column_int64(_statement, 0);
                _ = sqlite3_reset(_statement);
            }
            if (inOne)
                Execute("commit");
            return sum;
        }

        private void Execute(string sql)
        {
            Check(sqlite3_prepare_v2(_database, sql, -1, out var statement, 0));
            _ = sqlite3_step(statement);
            _ = sqlite3_finalize(statement);
        }

        private static void Check(int code)
        {
            if (code != 0)
                throw new InvalidOperationException($"sqlite error {code}");
        }

        public void Dispose()
        {
            _ = sqlite3_finalize(_statement);
            _ = sqlite3_close(_database);
        }

        private const string Library = "libsqlite3.so.0";

        [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
        private static partial int sqlite3_open(string name, out nint database);

        [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
        private static partial int sqlite3_prepare_v2(nint database, string sql, int length, out nint statement, nint tail);

        [LibraryImport(Library)]
        private static partial int sqlite3_bind_int64(nint statement, int index, long value);

        [LibraryImport(Library)]
        private static partial int sqlite3_step(nint statement);

        [LibraryImport(Library)]
        private static partial int sqlite3_reset(nint statement);

        [LibraryImport(Library)]
        private static partial long sqlite3_column_int64(nint statement, int column);

        [LibraryImport(Library)]
        private static partial int sqlite3_finalize(nint statement);

        [LibraryImport(Library)]
        private static partial int sqlite3_close(nint database);
    }
}
