using OmenDb.Storage.Mvcc;

namespace OmenDb.Storage.Tests.Mvcc;

public sealed class HorizonTests
{
    /// <summary>An opener claims its slot with the newest commit that it has read, and looks again: meanwhile the slot shows a value that may be old.</summary>
    [Fact]
    public void Horizon_never_goes_back()
    {
        var registry = new SnapshotRegistry();
        ulong lastVisible = 9;
        Assert.Equal(9UL, registry.Horizon(ref lastVisible));
        var slot = registry.OpenAt(7); // as the slot stands between claim and second look
        Assert.Equal(9UL, registry.Horizon(ref lastVisible));
        registry.Release(slot);
    }

    [Fact]
    public void An_open_snapshot_holds_it()
    {
        var registry = new SnapshotRegistry();
        ulong lastVisible = 9;
        var slot = registry.Open(ref lastVisible, out var timestamp);
        lastVisible = 12;
        Assert.Equal((9UL, 9UL), (timestamp, registry.Horizon(ref lastVisible)));
        registry.Release(slot);
        Assert.Equal(12UL, registry.Horizon(ref lastVisible));
    }
}
