using OmenDb.Storage.Checkpoint;

namespace OmenDb.Storage.Tests.Checkpoint;

public sealed class ReplayRateTests
{
    private const long Mebibyte = 1 << 20;

    [Fact]
    public void The_log_may_grow_to_what_the_last_recovery_would_have_repeated_in_time()
    {
        var rate = new ReplayRate();
        Assert.Equal(1200 * Mebibyte, rate.BytesIn(TimeSpan.FromSeconds(30))); // before anything was measured
        Assert.Empty(rate.Counters);
        rate.Measured(100, TimeSpan.FromMilliseconds(1)); // too little to tell
        Assert.Empty(rate.Counters);
        rate.Measured(200 * Mebibyte, TimeSpan.FromSeconds(2));
        Assert.Equal(1000 * Mebibyte, rate.BytesIn(TimeSpan.FromSeconds(10)));
        var next = new ReplayRate();
        next.Load(rate.Counters);
        Assert.Equal(1000 * Mebibyte, next.BytesIn(TimeSpan.FromSeconds(10)));
        Assert.Equal(16 * Mebibyte, next.BytesIn(TimeSpan.Zero)); // one segment at least
    }
}
