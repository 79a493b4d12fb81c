using System.Text;
using OmenDb.Arrow;
using OmenDb.Storage.Indexes;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Tables;
using OmenDb.Storage.Tests.Tables;
using OmenDb.Storage.Transactions;

namespace OmenDb.Storage.Tests.Tables.Sealed;

/// <summary>Sealing against writers, readers, rollbacks, old snapshots and deletions, with an invariant that any torn or lost change breaks.</summary>
public class SealStressTests
{
    private const int Accounts = 6000;
    private const int Transfers = 700;

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(3, false)]
    public void Transfers_keep_the_sum_while_everything_is_sealed_again_and_again_or_not(int seed, bool seals)
    {
        using var engine = StorageEngine.OpenInMemory();
        var table = Rows.Create(engine);
        var index = table.CreateIndex(new IndexDefinition { Oid = 1, Keys = [new IndexKeyColumn(1)], IsUnique = false }, null, out _)!;
        var loader = engine.Begin();
        var ids = Rows.Append(table, loader, [.. Enumerable.Range(0, Accounts).Select(i => ((long?)i, (string?)Name(i, 100), (int?)100))]);
        engine.Commit(loader);
        var stop = false;
        Exception? failure = null;
        var others = new[]
        {
            Start(() =>
            {
                while (!Volatile.Read(ref stop) && seals)
                    table.Seal(partial: true);
            }),
            Start(() => // readers, some of which keep their snapshot for a while
            {
                var random = new Random(seed);
                while (!Volatile.Read(ref stop))
                {
                    using var snapshot = engine.Transactions.OpenSnapshot();
                    for (var again = random.Next(3); again >= 0; again--)
                        CheckAll(table, snapshot);
                    var some = random.Next(Accounts);
                    using var batch = new Batch(3);
                    using var selection = new Selection(2048);
                    Assert.Equal(1, table.Fetch(snapshot, [ids[some]], [0, 1, 2], batch, selection));
                    Assert.Equal(Name(some, batch.Columns[2].Get<int>(0)), Encoding.UTF8.GetString(batch.Columns[1].GetBytes(0)));
                }
            }),
        };
        var writers = Enumerable.Range(0, 3).Select(w => Start(() =>
        {
            var random = new Random((seed * 10) + w);
            for (var i = 0; i < Transfers; i++)
                Transfer(engine, table, ids, random);
        })).ToArray();
        foreach (var writer in writers)
            writer.Join();
        Volatile.Write(ref stop, true);
        foreach (var other in others)
            other.Join();
        Assert.True(failure is null, failure?.ToString());
        table.Seal(partial: true);
        Assert.All(table.ListSegments(), segment => Assert.Equal("sealed", segment.State));
        using var last = engine.Transactions.OpenSnapshot();
        CheckAll(table, last);
        Assert.Equal(Rows.Scan(table, last).Count, IndexTests.Ids(index, last).Count);

        Thread Start(Action action)
        {
            var thread = new Thread(() =>
            {
                try
                {
                    action();
                }
                catch (Exception e)
                {
                    failure ??= e;
                    Volatile.Write(ref stop, true);
                }
            });
            thread.Start();
            return thread;
        }
    }

    private static string Name(int account, int balance) => $"account {account}, balance {balance}";

    private static void CheckAll(Table table, Snapshot snapshot)
    {
        var rows = Rows.Scan(table, snapshot);
        // A row of an extra account comes and goes with its transaction and has nothing.
        Assert.Equal(Accounts * 100L, rows.Sum(r => (long)r.Values.Item3!));
        foreach (var (_, (id, name, score)) in rows)
            Assert.Equal(Name((int)id!, (int)score!), name);
    }

    private static void Transfer(StorageEngine engine, Table table, RowId[] ids, Random random)
    {
        var transaction = engine.Begin();
        var done = false;
        using (var snapshot = transaction.BeginStatement())
        {
            var (from, to) = (random.Next(Accounts), random.Next(Accounts));
            done = from != to && Move(from, -1) && Move(to, 1) && random.Next(5) != 0;

            bool Move(int account, int amount)
            {
                using var batch = new Batch(3);
                using var selection = new Selection(2048);
                Assert.Equal(1, table.Fetch(snapshot, [ids[account]], [0, 1, 2], batch, selection));
                var balance = batch.Columns[2].Get<int>(0) + amount;
                using var values = new Batch(2) { Length = 1 };
                new VectorWriter(ArrowType.Utf8View, values.Columns[0], 1).AppendBytes(Encoding.UTF8.GetBytes(Name(account, balance)));
                new VectorWriter(ArrowType.Int32, values.Columns[1], 1).Append(balance);
                return table.Update(snapshot, [ids[account]], [1, 2], values).IsOk;
            }
        }
        if (random.Next(4) == 0)
            done &= AppendAndDelete(table, transaction, random);
        if (done)
            engine.Commit(transaction);
        else
            engine.Rollback(transaction);
    }

    private static bool AppendAndDelete(Table table, Transaction transaction, Random random)
    {
        var id = Accounts + random.Next(1000);
        var rows = Rows.Append(table, transaction, (id, Name(id, 0), 0));
        if (random.Next(2) == 0)
            return true;
        using var snapshot = transaction.BeginStatement();
        return table.Delete(snapshot, rows).IsOk;
    }
}
