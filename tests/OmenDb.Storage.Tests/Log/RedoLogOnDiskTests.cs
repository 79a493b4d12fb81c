using OmenDb.Storage.FileSystem;
using OmenDb.Storage.Log;

namespace OmenDb.Storage.Tests.Log;

public sealed class RedoLogOnDiskTests : IDisposable
{
    private readonly string _directory = Path.Combine(Path.GetTempPath(), "omendb-log-" + Guid.NewGuid().ToString("N"));

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Records_of_all_sizes_come_back_in_order()
    {
        var sizes = new[] { 4, 5, 24, 100, 3999, 4000, 4096, 5000, 16300, 16384, 19999, 20000, 20001, 70000, 300000, 8, 16 };
        var ends = new List<Lsn>();
        using (var log = RedoLog.Open(OsFileSystem.Instance, _directory, LogTest.Small, Lsn.Zero, new Collected()))
        {
            for (var i = 0; i < 200; i++)
                ends.Add(log.Append(LogTest.Record(i, sizes[i % sizes.Length])));
            log.WaitDurable(ends[^1]);
            Assert.True(log.DurableLsn >= ends[^1]);
        }
        var back = new Collected();
        using (RedoLog.Open(OsFileSystem.Instance, _directory, LogTest.Small, Lsn.Zero, back))
        {
            Assert.Equal(Enumerable.Range(0, 200), back.Ids);
            for (var i = 0; i < 200; i++)
            {
                Assert.Equal(LogTest.Record(i, sizes[i % sizes.Length]), back.Records[i].Record);
                Assert.Equal(ends[i], back.Records[i].End);
            }
        }
        var rest = new Collected();
        using (RedoLog.Open(OsFileSystem.Instance, _directory, LogTest.Small, ends[149], rest))
            Assert.Equal(Enumerable.Range(150, 50), rest.Ids);
    }

    [Fact]
    public void Many_threads_commit_in_groups_and_nothing_is_lost()
    {
        const int Threads = 8;
        const int PerThread = 100;
        long flushes;
        using (var log = RedoLog.Open(OsFileSystem.Instance, _directory, LogTest.Small with { PrepareInBackground = true }, Lsn.Zero, new Collected()))
        {
            var last = Lsn.Zero;
            log.Durable = durable =>
            {
                Assert.True(durable >= last);
                last = durable;
            };
            var threads = Enumerable.Range(0, Threads).Select(t => new Thread(() =>
            {
                for (var i = 0; i < PerThread; i++)
                {
                    var lsn = log.Append(LogTest.Record((t * PerThread) + i, 50 + ((t * 7 + i * 13) % 3000)));
                    log.WaitDurable(lsn);
                    Assert.True(log.DurableLsn >= lsn);
                }
            })).ToList();
            threads.ForEach(t => t.Start());
            threads.ForEach(t => t.Join());
            flushes = log.FlushCount;
        }
        Assert.InRange(flushes, 1, Threads * PerThread);
        var back = new Collected();
        using (RedoLog.Open(OsFileSystem.Instance, _directory, LogTest.Small, Lsn.Zero, back))
        {
            Assert.Equal(Enumerable.Range(0, Threads * PerThread), back.Ids.Order());
            for (var t = 0; t < Threads; t++)
                Assert.Equal(Enumerable.Range(t * PerThread, PerThread), back.Ids.Where(id => id / PerThread == t));
        }
    }

    [Fact]
    public void Segments_are_recycled_and_holds_keep_them()
    {
        using var log = RedoLog.Open(OsFileSystem.Instance, _directory, LogTest.Small, Lsn.Zero, new Collected());
        Lsn Fill()
        {
            var lsn = Lsn.Zero;
            for (var i = 0; i < 40; i++)
                lsn = log.Append(LogTest.Record(i, 4000));
            log.WaitDurable(lsn);
            return lsn;
        }
        var first = Fill();
        var hold = log.Hold(first);
        var second = Fill();
        log.TruncateBefore(second);
        var afterHold = Directory.GetFiles(_directory).Select(Path.GetFileName).Order().First();
        Assert.Equal($"{first.Value / LogTest.Small.SegmentSize:x16}.log", afterHold);
        hold.Advance(second);
        log.TruncateBefore(second);
        hold.Dispose();
        for (var round = 0; round < 20; round++)
        {
            log.TruncateBefore(Fill());
            Assert.InRange(Directory.GetFiles(_directory).Length, 1, LogTest.Small.SpareSegments + 2);
        }
    }
}
