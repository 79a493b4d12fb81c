using OmenDb.Index;

namespace OmenDb.Tools.Bench.Index;

/// <summary>The index itself, with everything that concurrent use costs it.</summary>
internal sealed class AlexStore : IndexStore
{
    private const int Batch = 1024;
    private readonly AlexIndex _index = new();
    private readonly ulong[] _rows = new ulong[Batch];
    private readonly ulong[] _keys = new ulong[Batch];
    private readonly bool[] _found = new bool[Batch];

    public override string Name => "OmenDB ALEX";

    public override bool HasBatchedLookups => true;

    public override void BulkLoad(ulong[] sortedKeys, ulong[] rows) => _index.BulkLoad(sortedKeys, rows);

    public override bool HasParallelLoad => true;

    public override void BulkLoadParallel(ulong[] sortedKeys, ulong[] rows, int threads) => _index.BulkLoad(sortedKeys, rows, threads);

    public override void BulkLoadUnsorted(ulong[] keys, ulong[] rows, int threads) => _index.BulkLoadUnsorted(keys, rows, threads);

    public override void Insert(ReadOnlySpan<ulong> keys, ReadOnlySpan<ulong> rows)
    {
        for (var i = 0; i < keys.Length; i++)
            _index.Insert(keys[i], rows[i]);
    }

    public override int Lookup(ReadOnlySpan<ulong> keys)
    {
        var found = 0;
        foreach (var key in keys)
            found += _index.TryGetFirst(key, out _) ? 1 : 0;
        return found;
    }

    public override int LookupBatched(ReadOnlySpan<ulong> keys)
    {
        var found = 0;
        for (var start = 0; start < keys.Length; start += Batch)
        {
            var part = keys.Slice(start, Math.Min(Batch, keys.Length - start));
            found += _index.GetBatch(part, _rows, _found);
        }
        return found;
    }

    public override long Scan(ReadOnlySpan<ulong> starts, int length)
    {
        long rows = 0;
        foreach (var start in starts)
        {
            var cursor = _index.Seek(start);
            rows += cursor.NextBatch(_keys.AsSpan(0, length), _rows.AsSpan(0, length));
        }
        return rows;
    }

    public override int Remove(ReadOnlySpan<ulong> keys, ReadOnlySpan<ulong> rows)
    {
        var removed = 0;
        for (var i = 0; i < keys.Length; i++)
            removed += _index.Remove(keys[i], rows[i]) ? 1 : 0;
        return removed;
    }

    public override long UsedBytes => _index.GetStatistics().UsedBytes;

    public override long ReservedBytes => _index.GetStatistics().ReservedBytes;

    public override int? Height => _index.GetStatistics().Height;

    public override long? NodeCount => _index.GetStatistics().Nodes;

    public override AlexStatistics? Statistics => _index.GetStatistics();

    public override void Dispose() => _index.Dispose();
}
