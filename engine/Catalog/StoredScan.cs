using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Sources;
using OmenDb.Storage;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Tables;

namespace OmenDb.Engine.Catalog;

/// <summary>A scan of a stored table: morsels to workers, vectors that the bounds rule out are not read.</summary>
internal sealed class StoredScan : ITableScan
{
    private readonly record struct ZoneBound(int Physical, ulong Low, ulong High);

    private readonly StoredTable _table;
    private readonly ScanRequest _request;
    private readonly TableScan _scan;
    private readonly int[] _stored; // positions in the request that storage fills
    private readonly int[] _computed;
    private readonly List<ZoneBound> _bounds = [];
    private long _skipped;

    public StoredScan(StoredTable table, Snapshot snapshot, ScanRequest request)
    {
        _table = table;
        _request = request;
        _stored = [.. Enumerable.Range(0, request.Ordinals.Length).Where(i => table.Physical(request.Ordinals[i]) >= 0)];
        _computed = [.. Enumerable.Range(0, request.Ordinals.Length).Where(i => table.Physical(request.Ordinals[i]) < 0)];
        foreach (var bound in request.Bounds)
        {
            var physical = table.Physical(bound.Ordinal);
            if (physical >= 0 && Zone(bound, table.Rows.Columns[physical].Arrow) is { } range)
                _bounds.Add(new ZoneBound(physical, range.Low, range.High));
        }
        _scan = table.Rows.OpenScan(snapshot, [.. _stored.Select(i => table.Physical(request.Ordinals[i]))]);
    }

    public int MaxWorkers => Math.Max(1, _scan.MorselCount);

    public long SkippedVectors => Interlocked.Read(ref _skipped);

    public (long Columns, long Bytes) Loaded => (_scan.LoadedColumns, _scan.LoadedBytes);

    public ITableScanWorker CreateWorker() => new Worker(this);

    public void Dispose() => _scan.Dispose();

    private static (ulong Low, ulong High)? Zone(ScanBound bound, ArrowType type)
    {
        if (!ZoneKey.IsKept(type) || !bound.Value.IsValid(0))
            return null;
        var value = bound.Value;
        ulong? known = type.Physical switch
        {
            PhysicalType.Int8 => ZoneKey.Of(value.Get<sbyte>(0)),
            PhysicalType.Int16 => ZoneKey.Of(value.Get<short>(0)),
            PhysicalType.Int32 => ZoneKey.Of(value.Get<int>(0)),
            PhysicalType.Int64 => ZoneKey.Of(value.Get<long>(0)),
            PhysicalType.Float32 => ZoneKey.Of(value.Get<float>(0)),
            PhysicalType.Float64 => ZoneKey.Of(value.Get<double>(0)),
            PhysicalType.Int128 => ZoneKey.Of(value.Get<Int128>(0)),
            PhysicalType.View => ZoneKey.Of(value.GetBytes(0)),
            _ => null,
        };
        if (known is not { } key)
            return null;
        // Keys of wide values may be shared, so strict bounds are no narrower than the others.
        return bound.Op switch
        {
            CompareOp.Equal => (key, key),
            CompareOp.Less or CompareOp.LessOrEqual => (0, key),
            CompareOp.Greater or CompareOp.GreaterOrEqual => (key, ulong.MaxValue),
            _ => null,
        };
    }

    private bool IsRuledOut(in Morsel morsel, int vector)
    {
        foreach (var bound in _bounds)
        {
            if (!_scan.Zone(morsel, vector, bound.Physical).MayContain(bound.Low, bound.High))
                return true;
        }
        return false;
    }

    private sealed class Worker(StoredScan scan) : ITableScanWorker
    {
        private readonly Selection _scratch = new(RowId.VectorRows);
        private readonly Batch _stored = new(scan._stored.Length);
        private Morsel _morsel;
        private int _vector;

        public bool Next(Batch target)
        {
            while (true)
            {
                if (_vector >= _morsel.VectorCount)
                {
                    if (!scan._scan.TryNextMorsel(out _morsel))
                        return false;
                    _vector = 0;
                }
                var vector = _vector++;
                if (scan.IsRuledOut(_morsel, vector))
                {
                    Interlocked.Increment(ref scan._skipped);
                    continue;
                }
                if (scan._scan.Read(_morsel, vector, _stored, _scratch, out var first) == 0)
                    continue;
                for (var i = 0; i < scan._stored.Length; i++)
                    target.Columns[scan._stored[i]].Reference(_stored.Columns[i]);
                target.Length = _stored.Length;
                target.Selection = _stored.Selection;
                FillComputed(target, first);
                return true;
            }
        }

        private unsafe void FillComputed(Batch target, RowId first)
        {
            if (scan._request.WithRowId)
            {
                var ids = target.Columns[^1];
                ids.ResetFlat(ArrowType.Int64, target.Length);
                for (var i = 0; i < target.Length; i++)
                    ((long*)ids.Values)[i] = (long)first.Value + i;
            }
            if (scan._computed.Length == 0)
                return;
            var rows = new RowId[target.Length];
            for (var i = 0; i < rows.Length; i++)
                rows[i] = first + i;
            foreach (var position in scan._computed)
                SystemColumns.Fill(scan._table, scan._request.Ordinals[position] - scan._table.Entry.Columns.Length, rows, target.Columns[position]);
        }

        public void Dispose()
        {
            _scratch.Dispose();
            _stored.Dispose();
        }
    }
}
