using OmenDb.Storage.FileSystem;
using OmenDb.Storage.Log;
using OmenDb.Storage.Simulation;
using OmenDb.Types;

namespace OmenDb.Storage.Tests.Log;

public sealed class RedoLogFaultTests
{
    [Fact]
    public void A_failed_flush_is_final()
    {
        var files = new SimulatedFileSystem(1);
        var log = LogTest.Open(files, out _);
        log.WaitDurable(log.Append(LogTest.Record(1, 100)));
        files.Faults.FailFlushAfter = 1;
        var lost = log.Append(LogTest.Record(2, 100));
        var error = Assert.Throws<SqlException>(() => log.WaitDurable(lost));
        Assert.Equal(SqlState.IoError, error.SqlState);
        Assert.Contains("simulated flush error", error.Message);
        // The device works again, but nobody knows what it has: every later call fails, also for the same position.
        Assert.Equal(SqlState.IoError, Assert.Throws<SqlException>(() => log.WaitDurable(lost)).SqlState);
        Assert.Equal(SqlState.IoError, Assert.Throws<SqlException>(() => log.Append(LogTest.Record(3, 100))).SqlState);
        Assert.Equal(SqlState.IoError, Assert.Throws<SqlException>(() => log.TruncateBefore(lost)).SqlState);
        log.Dispose();
        var next = files.Crash();
        using var again = LogTest.Open(next, out var collected);
        Assert.Equal(1, collected.Ids[0]);
        Assert.DoesNotContain(3, collected.Ids);
    }

    [Fact]
    public void A_failed_write_is_final_for_all_who_wait()
    {
        var files = new SimulatedFileSystem(2);
        var log = LogTest.Open(files, out _);
        log.WaitDurable(log.Append(LogTest.Record(1, 100)));
        files.Faults.FailWriteAfter = 1;
        var lsns = Enumerable.Range(2, 8).Select(i => log.Append(LogTest.Record(i, 100))).ToList();
        var errors = new SqlException?[lsns.Count];
        var threads = lsns.Select((lsn, i) => new Thread(() => errors[i] = Record.Exception(() => log.WaitDurable(lsn)) as SqlException)).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        Assert.All(errors, e => Assert.Equal(SqlState.IoError, e?.SqlState));
        log.Dispose();
    }

    [Fact]
    public void A_full_disk_refuses_records_and_later_accepts_them()
    {
        var files = new SimulatedFileSystem(3);
        using var log = LogTest.Open(files, out _);
        var accepted = new List<int> { 0 };
        var last = log.Append(LogTest.Record(0, 3000));
        log.WaitDurable(last);
        files.Faults.Capacity = (3 * LogTest.Small.SegmentSize) + 1000;
        var refused = 0;
        for (var i = 1; refused < 5; i++)
        {
            try
            {
                last = log.Append(LogTest.Record(i, 3000));
                log.WaitDurable(last);
                accepted.Add(i);
                Assert.Equal(0, refused);
            }
            catch (SqlException e)
            {
                Assert.Equal(SqlState.DiskFull, e.SqlState);
                refused++;
            }
        }
        Assert.True(accepted.Count > 8);
        log.Flush();
        files.Faults.Capacity = long.MaxValue;
        log.WaitDurable(log.Append(LogTest.Record(1000, 3000)));
        accepted.Add(1000);
        using var again = LogTest.Open(files.Crash(), out var collected);
        Assert.Equal(accepted, collected.Ids);
    }

    [Fact]
    public void A_torn_tail_is_cut_and_damage_before_it_is_reported()
    {
        // Three flushes; the bytes of each are damaged in turn, one at a time.
        var files = new SimulatedFileSystem(4);
        var log = LogTest.Open(files, out _);
        var ends = new List<Lsn>();
        for (var i = 0; i < 3; i++)
        {
            ends.Add(log.Append(LogTest.Record(i, 200)));
            log.WaitDurable(ends[^1]);
        }
        files = files.Crash();
        var path = $"/db/log/{1:x16}.log";
        var size = LogTest.Small.SegmentSize;
        var acknowledged = (ends[1].Value % size) + LogFormat.FrameHeaderSize + LogFormat.MarkPayloadSize; // the second flush ends with its mark
        var cut = 0;
        var reported = 0;
        for (var offset = 0; offset < ends[2].Value % size; offset += 7)
        {
            files.FlipBit(path, offset, offset % 8);
            try
            {
                var reader = new LogReader(files, "/db/log", size, new Lsn(size));
                var read = new List<Lsn>();
                while (reader.Next(out _, out var end, out _))
                    read.Add(end);
                // Padding and reserved bytes are checked too, except those after a payload: there a flip is harmless.
                if (read.Count < 3)
                {
                    Assert.Equal(ends[..2], read);
                    Assert.True(offset >= acknowledged, $"damage at {offset} was taken for a torn tail");
                    cut++;
                }
            }
            catch (SqlException e)
            {
                Assert.Equal(SqlState.DataCorrupted, e.SqlState);
                Assert.Contains(path, e.Message);
                Assert.True(offset < acknowledged);
                reported++;
            }
            files.FlipBit(path, offset, offset % 8);
        }
        Assert.True(cut > 20 && reported > 40, $"{cut} cut, {reported} reported");
    }

    [Fact]
    public void A_missing_segment_and_a_log_shorter_than_the_manifest_knows_are_corruption()
    {
        var files = new SimulatedFileSystem(5);
        var log = LogTest.Open(files, out _);
        var last = Lsn.Zero;
        for (var i = 0; i < 30; i++)
            log.WaitDurable(last = log.Append(LogTest.Record(i, 3000)));
        log.Dispose();
        var error = Assert.Throws<SqlException>(() => LogTest.Open(files, out _, default, LogTest.Small with { KnownDurable = new Lsn(last.Value + 5000) }));
        Assert.Equal(SqlState.DataCorrupted, error.SqlState);
        var middle = $"/db/log/{3:x16}.log";
        files.Delete(middle);
        error = Assert.Throws<SqlException>(() => LogTest.Open(files, out _));
        Assert.Equal(SqlState.DataCorrupted, error.SqlState);
        Assert.Contains(middle, error.Message);
        error = Assert.Throws<SqlException>(() => LogTest.Open(files, out _, new Lsn((3 * LogTest.Small.SegmentSize) + 64)));
        Assert.Contains(middle, error.Message);
    }

    [Fact]
    public void After_a_clean_close_damage_to_the_last_flush_is_seen_too()
    {
        var files = new SimulatedFileSystem(6);
        var log = LogTest.Open(files, out _);
        var last = log.Append(LogTest.Record(1, 200));
        log.Dispose();
        files.FlipBit($"/db/log/{1:x16}.log", (last.Value % LogTest.Small.SegmentSize) - 100);
        Assert.Equal(SqlState.DataCorrupted, Assert.Throws<SqlException>(() => LogTest.Open(files, out _)).SqlState);
    }

    [Fact]
    public void Cancelling_ends_the_wait_only()
    {
        var files = new SimulatedFileSystem(7);
        using var log = LogTest.Open(files, out _);
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        var lsn = log.Append(LogTest.Record(1, 10));
        log.WaitDurable(lsn, cancelled.Token); // nobody else leads: it is flushed, not cancelled
        Assert.True(log.DurableLsn >= lsn);
    }

    /// <summary>What a checkpoint does with the end of the log: found by the simulation, one history in 1,500.</summary>
    [Fact]
    public void A_frame_of_an_earlier_run_does_not_come_back_when_recovery_begins_before_it()
    {
        // Two runs that differ in nothing but their random number: the frames of one stand at the places of the other's.
        var (files, end) = Written(run: 1);
        var (others, otherEnd) = Written(run: 2);
        Assert.Equal(end, otherEnd);
        const string Path = "/db/log/0000000000000001.log";
        var offset = end.Value % LogTest.Small.SegmentSize;
        using (var from = others.Open(Path, FileOpenMode.Read))
        using (var to = files.Open(Path, FileOpenMode.ReadWrite))
        {
            var rest = new byte[LogTest.Small.SegmentSize - offset];
            from.ReadExactly(offset, rest);
            to.WriteAll(offset, rest);
        }
        using (var log = LogTest.Open(files, out var collected))
        {
            Assert.Equal([1], collected.Ids); // from the front, the chain tells
            Assert.Equal(end, log.EndLsn);
            log.Anchor(end);
            Assert.True(log.DurableLsn > end);
        }
        using (LogTest.Open(files.Crash(), out var collected, from: end))
            Assert.Empty(collected.Ids);

        (SimulatedFileSystem Files, Lsn End) Written(ulong run)
        {
            var device = new SimulatedFileSystem(5);
            using var log = LogTest.Open(device, out _, options: LogTest.Small with { NewRunNumber = () => run });
            log.WaitDurable(log.Append(LogTest.Record(1, 100)));
            var between = log.EndLsn;
            if (run == 2)
                log.WaitDurable(log.Append(LogTest.Record(2, 100)));
            return (device, between);
        }
    }
}
