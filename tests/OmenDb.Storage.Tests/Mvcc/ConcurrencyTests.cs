using OmenDb.Arrow;
using OmenDb.Storage.Indexes;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Tables;
using OmenDb.Storage.Tests.Tables;
using OmenDb.Storage.Transactions;

namespace OmenDb.Storage.Tests.Mvcc;

/// <summary>Threads against each other, with an invariant that any torn, lost or half-seen change breaks.</summary>
public class ConcurrencyTests
{
    private const int Accounts = 3000; // more than one vector
    private const int Transfers = 1500;

    [Fact]
    public void Transfers_keep_the_sum_in_every_snapshot()
    {
        using var engine = StorageEngine.OpenInMemory();
        var table = Rows.Create(engine);
        var loader = engine.Begin();
        var ids = Rows.Append(table, loader, [.. Enumerable.Range(0, Accounts).Select(i => ((long?)i, (string?)$"account {i}, balance 100", (int?)100))]);
        engine.Commit(loader);
        var readersStop = false;
        Exception? failure = null;
        var readers = Enumerable.Range(0, 2).Select(_ => Start(() =>
        {
            while (!Volatile.Read(ref readersStop))
            {
                using var snapshot = engine.Transactions.OpenSnapshot();
                var rows = Rows.Scan(table, snapshot);
                Assert.Equal(Accounts * 100L, rows.Sum(r => (long)r.Values.Item3!));
                // The string was written by the same update: a row must not be of two moments.
                foreach (var (_, (id, name, score)) in rows)
                    Assert.Equal($"account {id}, balance {score}", name);
            }
        }, e => failure ??= e)).ToArray();
        var writers = Enumerable.Range(0, 3).Select(w => Start(() =>
        {
            var random = new Random(w);
            using var batch = new Batch(3);
            using var selection = new Selection(2048);
            for (var i = 0; i < Transfers; i++)
            {
                var transaction = engine.Begin();
                using (var snapshot = transaction.BeginStatement())
                {
                    var (from, to) = (random.Next(Accounts), random.Next(Accounts));
                    if (from == to || !Move(from, -1) || !Move(to, 1) || i % 10 == 0)
                    {
                        engine.Rollback(transaction);
                        continue;
                    }

                    bool Move(int account, int amount)
                    {
                        Assert.Equal(1, table.Fetch(snapshot, [ids[account]], [0, 1, 2], batch, selection));
                        var balance = batch.Columns[2].Get<int>(0) + amount;
                        using var values = new Batch(2) { Length = 1 };
                        new VectorWriter(ArrowType.Utf8View, values.Columns[0], 1).AppendBytes(System.Text.Encoding.UTF8.GetBytes($"account {account}, balance {balance}"));
                        new VectorWriter(ArrowType.Int32, values.Columns[1], 1).Append(balance);
                        return table.Update(snapshot, [ids[account]], [1, 2], values).IsOk;
                    }
                }
                engine.Commit(transaction);
            }
        }, e => failure ??= e)).ToArray();
        foreach (var writer in writers)
            writer.Join();
        Volatile.Write(ref readersStop, true);
        foreach (var reader in readers)
            reader.Join();
        Assert.True(failure is null, failure?.ToString());
        Assert.Null(table.SlotOf(ids[0]).Versions);
        Assert.Null(table.SlotOf(ids[^1]).Versions);
    }

    [Fact]
    public void A_unique_key_is_never_given_to_two_of_those_who_race_for_it()
    {
        using var engine = StorageEngine.OpenInMemory();
        var table = Rows.Create(engine);
        var index = table.CreateIndex(new IndexDefinition { Oid = 1, Keys = [new IndexKeyColumn(0)], IsUnique = true }, null, out _)!;
        Exception? failure = null;
        var threads = Enumerable.Range(0, 4).Select(w => Start(() =>
        {
            var random = new Random(w);
            for (var i = 0; i < 600; i++)
            {
                var transaction = engine.Begin();
                var ids = new RowId[1];
                using (var batch = Rows.Batch((random.Next(60), "racer", w)))
                {
                    var result = table.Append(transaction, batch, ids);
                    if (result.Status == WriteStatus.Busy)
                        Assert.NotEqual(WaitOutcome.Cancelled, result.Owner!.WaitForEnd(TimeSpan.FromMilliseconds(1), default));
                    if (!result.IsOk || i % 7 == 0)
                    {
                        engine.Rollback(transaction);
                        continue;
                    }
                }
                engine.Commit(transaction);
                var deleter = engine.Begin();
                using (var snapshot = deleter.BeginStatement())
                    Assert.True(table.Delete(snapshot, ids).IsOk);
                if (i % 5 == 0)
                    engine.Rollback(deleter);
                else
                    engine.Commit(deleter);
                using var reader = engine.Transactions.OpenSnapshot();
                var seen = IndexTests.Ids(index, reader);
                Assert.Equal(seen.Distinct().Count(), seen.Count);
            }
        }, e => failure ??= e)).ToArray();
        foreach (var thread in threads)
            thread.Join();
        Assert.True(failure is null, failure?.ToString());
        using var last = engine.Transactions.OpenSnapshot();
        Assert.Equal(Rows.Scan(table, last).Count, IndexTests.Ids(index, last).Count);
        Assert.Equal(table.RowCount, index.EntryCount);
    }

    [Fact]
    public void Parallel_loads_fill_segments_of_their_own_and_lose_nothing()
    {
        using var engine = StorageEngine.OpenInMemory();
        var table = Rows.Create(engine);
        Exception? failure = null;
        var threads = Enumerable.Range(0, 4).Select(w => Start(() =>
        {
            using var batch = Rows.Batch([.. Enumerable.Range(0, 2048).Select(i => ((long?)(w * 2048 + i), (string?)"a string above twelve bytes", (int?)w))]);
            var transaction = engine.Begin();
            for (var i = 0; i < 70; i++)
                Assert.True(table.Append(transaction, batch, default).IsOk);
            engine.Commit(transaction);
        }, e => failure ??= e)).ToArray();
        foreach (var thread in threads)
            thread.Join();
        Assert.True(failure is null, failure?.ToString());
        Assert.Equal(4 * 70 * 2048, table.RowCount);
        Assert.Equal(Enumerable.Range(0, 4 * 2048).Sum(i => (long)i) * 70, Rows.All(engine, table).Sum(r => r.Item1));
    }

    private static Thread Start(Action body, Action<Exception> failed)
    {
        var thread = new Thread(() =>
        {
            try
            {
                body();
            }
            catch (Exception e)
            {
                failed(e);
            }
        });
        thread.Start();
        return thread;
    }
}
