namespace OmenDb.Tools.Bench.Index;

internal sealed class SortedDictionaryStore : IndexStore
{
    private readonly long _heapBefore = GC.GetTotalMemory(forceFullCollection: true);
    private SortedDictionary<ulong, ulong> _map = [];

    public override string Name => "SortedDictionary";

    public override bool HasScans => false; // it has no lower bound

    public override int MaxKeys => 20_000_000;

    public override void BulkLoad(ulong[] sortedKeys, ulong[] rows) => Insert(sortedKeys, rows);

    public override void Insert(ReadOnlySpan<ulong> keys, ReadOnlySpan<ulong> rows)
    {
        for (var i = 0; i < keys.Length; i++)
            _map.Add(keys[i], rows[i]);
    }

    public override int Lookup(ReadOnlySpan<ulong> keys)
    {
        var found = 0;
        foreach (var key in keys)
            found += _map.TryGetValue(key, out _) ? 1 : 0;
        return found;
    }

    public override int Remove(ReadOnlySpan<ulong> keys, ReadOnlySpan<ulong> rows)
    {
        var removed = 0;
        foreach (var key in keys)
            removed += _map.Remove(key) ? 1 : 0;
        return removed;
    }

    /// <summary>Growth of the managed heap since the store was made.</summary>
    public override long UsedBytes => GC.GetTotalMemory(forceFullCollection: true) - _heapBefore;

    public override void Dispose()
    {
        _map = [];
        GC.Collect();
    }
}
