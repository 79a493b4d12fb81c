using OmenDb.Tools.Bench.Index.Baselines;

namespace OmenDb.Tools.Bench.Index;

internal sealed class BTreeStore : IndexStore
{
    private const int Batch = 1024;
    private readonly NativeBTree _tree = new();
    private readonly ulong[] _rows = new ulong[Batch];
    private readonly ulong[] _keys = new ulong[Batch];

    public override string Name => "B+tree";

    public override bool HasBatchedLookups => true;

    public override void BulkLoad(ulong[] sortedKeys, ulong[] rows) => _tree.BulkLoad(sortedKeys, rows);

    public override void Insert(ReadOnlySpan<ulong> keys, ReadOnlySpan<ulong> rows)
    {
        for (var i = 0; i < keys.Length; i++)
            _tree.Insert(keys[i], rows[i]);
    }

    public override int Lookup(ReadOnlySpan<ulong> keys)
    {
        var found = 0;
        foreach (var key in keys)
            found += _tree.TryGet(key, out _) ? 1 : 0;
        return found;
    }

    public override int LookupBatched(ReadOnlySpan<ulong> keys)
    {
        var found = 0;
        for (var start = 0; start < keys.Length; start += Batch)
            found += _tree.GetBatch(keys.Slice(start, Math.Min(Batch, keys.Length - start)), _rows);
        return found;
    }

    public override long Scan(ReadOnlySpan<ulong> starts, int length)
    {
        long rows = 0;
        foreach (var start in starts)
            rows += _tree.Scan(start, _keys.AsSpan(0, length), _rows.AsSpan(0, length));
        return rows;
    }

    public override int Remove(ReadOnlySpan<ulong> keys, ReadOnlySpan<ulong> rows)
    {
        var removed = 0;
        foreach (var key in keys)
            removed += _tree.Remove(key) ? 1 : 0;
        return removed;
    }

    public override long UsedBytes => _tree.UsedBytes;

    public override int? Height => _tree.Height;

    public override long? NodeCount => _tree.NodeCount;

    public override void Dispose() => _tree.Dispose();
}
