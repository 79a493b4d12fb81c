using System.Globalization;
using OmenDb.Storage.Indexes;
using OmenDb.Storage.Locks;
using OmenDb.Storage.Tables;
using OmenDb.Storage.Tests.Locks;
using OmenDb.Storage.Transactions;
using Xunit.Abstractions;

namespace OmenDb.Storage.Tests.Indexes;

/// <summary>Random writers beside the making of indexes: step by step from seeds (OMENDB_INDEX_SCHEDULES=n), and on real threads.</summary>
public sealed class OnlineIndexRaceTests(ITestOutputHelper output)
{
    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : otherwise;

    [Fact]
    public void Schedules_from_seeds()
    {
        var first = Setting("OMENDB_INDEX_SCHEDULE", 1);
        var count = Setting("OMENDB_INDEX_SCHEDULES", 200);
        var (built, refused) = (0, 0);
        for (var seed = first; seed < first + count; seed++)
        {
            try
            {
                if (Run(seed))
                    built++;
                else
                    refused++;
            }
            catch (Exception error)
            {
                throw new InvalidOperationException($"OMENDB_INDEX_SCHEDULE={seed}", error);
            }
        }
        output.WriteLine($"{built} built, {refused} refused");
        Assert.True(built > count / 3);
    }

    private static bool Run(int seed)
    {
        var random = new Random(seed);
        using var engine = StorageEngine.OpenInMemory();
        using var steps = new Steps();
        var rows = new IndexedRows(engine);
        var kind = random.Next(IndexedRows.Kinds);
        var ids = new List<RowId>(rows.Insert([.. Enumerable.Range(0, 8).Select(i => Values(random, i * 10))]));
        TableIndex? index = null;
        var rebuild = random.Next(2) == 0;
        if (rebuild && (index = rows.Build(kind)) is null)
            return false;
        var builder = steps.Start("builder", me => index = rebuild ? rows.Rebuild(rows.Last, me) : rows.Build(kind, me));
        for (var w = 0; w < 3; w++)
        {
            var own = new Random(seed * 7 + w);
            steps.Start("writer " + w, me =>
            {
                for (var i = 0; i < 5; i++)
                    Work(rows, own, ids, me);
            });
        }
        // Each gets some steps in a row.
        Steps.Actor? running = null;
        var left = 0;
        steps.RunAll(() =>
        {
            if (left-- <= 0 || running is not { CanRun: true })
            {
                var able = steps.Actors.FindAll(a => a.CanRun);
                running = able.Count == 0 ? null : able[random.Next(able.Count)];
                left = random.Next(1, 6);
            }
            return running;
        });
        Assert.All(steps.Actors, a => Assert.True(a.IsDone, $"{a.Name} waits at {a.At}"));
        if (index is null)
        {
            if (!rebuild)
                Assert.Empty(rows.Table.Indexes);
            return false;
        }
        Assert.Same(index, Assert.Single(rows.Table.Indexes));
        Assert.Null(rows.DifferenceAtRest(index, kind));
        return true;
    }

    private static (long?, string?, int?, bool?) Values(Random random, int id) => (id + random.Next(3), random.Next(6) == 0 ? null : $"n{random.Next(6)}{id}",
        random.Next(6) == 0 ? null : random.Next(5), random.Next(3) switch { 0 => null, 1 => true, _ => false });

    /// <summary>One transaction of a few changes.</summary>
    private static void Work(IndexedRows rows, Random random, List<RowId> ids, LockOwner owner)
    {
        var transaction = rows.BeginWrite(owner);
        var added = new List<RowId>();
        var marks = new Stack<UndoMark>();
        for (var i = random.Next(1, 5); i > 0; i--)
        {
            if (random.Next(4) == 0)
                marks.Push(transaction.Mark());
            RowId row;
            lock (ids)
                row = ids[random.Next(ids.Count)];
            var result = WriteResult.Ok;
            switch (random.Next(5))
            {
                case 0:
                    (result, var made) = rows.TryInsert(transaction, Values(random, random.Next(12) * 10));
                    if (result.IsOk)
                        added.AddRange(made);
                    break;
                case 1:
                    result = rows.Delete(transaction, row);
                    break;
                case 2 when added.Count > 0:
                    result = rows.Update(transaction, added[^1], Values(random, random.Next(12) * 10));
                    break;
                default:
                    result = rows.Update(transaction, row, Values(random, random.Next(12) * 10));
                    break;
            }
            if (!result.IsOk || !(result = transaction.CheckDeferredUnique()).IsOk)
            {
                rows.Engine.Rollback(transaction);
                return;
            }
            if (marks.Count > 0 && random.Next(4) == 0)
            {
                transaction.RollbackTo(marks.Pop());
                added.Clear();
            }
        }
        if (random.Next(4) == 0)
        {
            rows.Engine.Rollback(transaction);
            return;
        }
        rows.Engine.Commit(transaction);
        lock (ids)
            ids.AddRange(added);
    }

    [Fact]
    public void Threads()
    {
        var seed = Setting("OMENDB_INDEX_SEED", Environment.TickCount & 0xffff);
        output.WriteLine($"OMENDB_INDEX_SEED={seed}");
        using var engine = StorageEngine.OpenInMemory();
        var rows = new IndexedRows(engine);
        var ids = new List<RowId>(rows.Insert([.. Enumerable.Range(0, 5000).Select(i => Values(new Random(seed + i), i * 10))]));
        var stop = false;
        var transactions = 0;
        Exception? failure = null;
        var writers = Enumerable.Range(0, 4).Select(w =>
        {
            var thread = new Thread(() =>
            {
                try
                {
                    var random = new Random(seed * 31 + w);
                    while (!Volatile.Read(ref stop))
                    {
                        Work(rows, random, ids, new LockOwner());
                        Interlocked.Increment(ref transactions);
                    }
                }
                catch (Exception error)
                {
                    failure ??= error;
                }
            });
            thread.Start();
            return thread;
        }).ToArray();
        var made = new List<(TableIndex Index, int Kind, Storage.Catalog.IndexEntry Entry)>();
        for (var kind = 0; kind < 5; kind++)
        {
            made.Add((rows.Build(kind)!, kind, rows.Last));
            using var snapshot = engine.Transactions.OpenSnapshot();
            Assert.Null(rows.Difference(made[^1].Index, kind, snapshot));
        }
        for (var round = 0; round < 1; round++)
        {
            for (var i = 0; i < made.Count; i++)
            {
                made[i] = made[i] with { Index = rows.Rebuild(made[i].Entry)! };
                using var snapshot = engine.Transactions.OpenSnapshot();
                Assert.Null(rows.Difference(made[i].Index, made[i].Kind, snapshot));
            }
        }
        Volatile.Write(ref stop, true);
        foreach (var writer in writers)
            writer.Join();
        Assert.True(failure is null, failure?.ToString());
        output.WriteLine($"{transactions} transactions");
        Assert.Equal(made.Count, rows.Table.Indexes.Count);
        foreach (var (index, kind, _) in made)
            Assert.True(rows.DifferenceAtRest(index, kind) is null, $"{IndexedRows.KindNames[kind]}, seed {seed}: {rows.DifferenceAtRest(index, kind)}");
    }
}
