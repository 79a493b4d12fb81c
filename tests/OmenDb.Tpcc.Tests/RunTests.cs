using OmenDb.Tpcc.Checks;
using OmenDb.Tpcc.Generation;
using OmenDb.Tpcc.Running;
using OmenDb.Tpcc.Transactions;
using OmenDb.Workload;
using OmenDb.Workload.Running;

namespace OmenDb.Tpcc.Tests;

public sealed class RunTests
{
    [Theory]
    [InlineData(TpccIsolation.ReadCommitted, false)]
    [InlineData(TpccIsolation.RepeatableRead, true)]
    public void Many_terminals_at_once_leave_the_conditions_true(TpccIsolation isolation, bool foreignKeys)
    {
        using var database = new SmallDatabase(2, foreignKeys);
        const int Terminals = 4, Transactions = 100;
        var driver = new LoadDriver(TransactionKinds.All.Select(TransactionKinds.NameOf));
        for (var i = 0; i < Terminals; i++)
        {
            var terminal = Terminal.Create(new TpccRunOptions { Isolation = isolation }, database.Scale, SmallDatabase.Seed, database.System, driver.NewRecorder(), i, null);
            var left = Transactions;
            driver.AddWorker($"terminal {i}", () => terminal.Run(() => left-- == 0 || driver.IsStopping));
        }
        var result = driver.Run(TimeSpan.Zero, TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(1));
        // One deck each: the mix is exact.
        Assert.Equal([45 * Terminals, 43 * Terminals, 4 * Terminals, 4 * Terminals, 4 * Terminals, 0], result.Kinds.Select(kind => (int)kind.Count));
        Assert.All(ConsistencyConditions.Check(database.System), check => Assert.True(check.Violations == 0, check.Condition.Title));
        var rolledBack = result.Kinds[0].Rollbacks;
        Assert.Equal(45 * Terminals - rolledBack, database.Number("SELECT count(*) FROM orders") - 2 * 10 * database.Scale.CustomersPerDistrict);
    }

    [Fact]
    public void Deferred_deliveries_are_done_by_the_queue()
    {
        using var database = new SmallDatabase();
        var driver = new LoadDriver(TransactionKinds.All.Select(TransactionKinds.NameOf));
        var recorder = driver.NewRecorder();
        var queue = new DeliveryQueue(new TpccSession(database.System.Open()), recorder);
        var terminal = Terminal.Create(new TpccRunOptions(), database.Scale, SmallDatabase.Seed, database.System, driver.NewRecorder(), 0, queue);
        var left = 100;
        driver.AddWorker("terminal", () => terminal.Run(() => left-- == 0));
        driver.AddWorker("queue", () => queue.Run(() => recorder.Latency((int)TransactionKind.DeferredDelivery).Count == 4));
        var result = driver.Run(TimeSpan.Zero, TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(1));
        Assert.Equal((4, 4), ((int)result.Kinds[3].Count, (int)result.Kinds[5].Count));
        Assert.Equal(40, database.Number("SELECT sum(c_delivery_cnt) FROM customer"));
    }

    [Fact]
    public void Think_times_have_the_means_of_the_specification()
    {
        var random = new WorkloadRandom(1);
        var mean = Enumerable.Range(0, 20_000).Average(_ => ThinkTimes.Thinking(TransactionKind.NewOrder, random).TotalSeconds);
        Assert.InRange(mean, 11.5, 12.5);
        Assert.Equal(18, ThinkTimes.Keying(TransactionKind.NewOrder).TotalSeconds);
    }

    [Fact]
    public void A_failure_of_one_worker_ends_the_run()
    {
        var driver = new LoadDriver(["work"]);
        driver.AddWorker("bad", () => throw new TpccDataException("planted"));
        driver.AddWorker("good", () => SpinWait.SpinUntil(() => driver.IsStopping));
        Assert.Contains("planted", Assert.Throws<LoadFailedException>(() => driver.Run(TimeSpan.Zero, TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(1))).Message, StringComparison.Ordinal);
    }
}
