using OmenDb.Storage.Catalog;
using OmenDb.Storage.Log;
using OmenDb.Storage.Manifest;
using OmenDb.Storage.Tables;
using OmenDb.Types;

namespace OmenDb.Storage.Records;

/// <summary>Applies the log to tables, catalog and sequences at start. Row records may go to threads of their own; definitions wait for them.</summary>
internal sealed class RedoReplay : IRedoConsumer, IDisposable
{
    private readonly TableStore _tables;
    private readonly CatalogStore _catalog;
    private readonly SequenceStore _sequences;
    private readonly ulong _after;
    private readonly Dictionary<ulong, List<byte[]>> _parts = [];
    private readonly ReplayWorkers? _workers;
    private readonly Action<Table, CheckpointFile> _load;

    /// <param name="tables">As of the checkpoint.</param>
    /// <param name="catalog">Likewise.</param>
    /// <param name="sequences">Likewise.</param>
    /// <param name="after">The newest commit in the checkpoint.</param>
    /// <param name="parallelism">Threads; 1: the caller's only.</param>
    /// <param name="load">Loads a file of a bulk load, on any of the threads.</param>
    public RedoReplay(TableStore tables, CatalogStore catalog, SequenceStore sequences, ulong after, int parallelism,
        Action<Table, CheckpointFile> load)
    {
        _tables = tables;
        _catalog = catalog;
        _sequences = sequences;
        _load = load;
        _after = LastTimestamp = after;
        if (parallelism > 1)
            _workers = new ReplayWorkers(parallelism, ApplyRows);
    }

    /// <summary>The newest commit that was found.</summary>
    public ulong LastTimestamp { get; private set; }

    /// <summary>Bytes of records that were looked at.</summary>
    public long Bytes { get; private set; }

    /// <summary>Returns when everything is applied.</summary>
    public void Finish() => _workers?.Drain();

    public void Dispose() => _workers?.Dispose();

    public void Replay(Lsn start, Lsn end, ReadOnlySpan<byte> record)
    {
        Bytes += record.Length;
        var reader = new RedoReader(record);
        var kind = (RedoFrameKind)reader.U8();
        var transaction = reader.U64();
        var timestamp = reader.U64();
        switch (kind)
        {
            case RedoFrameKind.Part:
                if (!_parts.TryGetValue(transaction, out var list))
                    _parts.Add(transaction, list = []);
                list.Add(record.ToArray());
                break;
            case RedoFrameKind.Commit:
                _parts.Remove(transaction, out var before);
                if (timestamp <= _after)
                    return; // in the checkpoint already
                // Definitions stand behind the rows (they are merged last) and are applied first: rows need their tables and columns.
                Apply(record[RedoBuffer.HeaderBytes..], definitions: true);
                foreach (var part in before ?? [])
                    Apply(part.AsSpan(RedoBuffer.HeaderBytes), definitions: false);
                Apply(record[RedoBuffer.HeaderBytes..], definitions: false);
                LastTimestamp = Math.Max(LastTimestamp, timestamp);
                break;
            case RedoFrameKind.Loose:
                Apply(record[RedoBuffer.HeaderBytes..], definitions: true);
                Apply(record[RedoBuffer.HeaderBytes..], definitions: false);
                break;
            default:
                throw SqlException.NotSupported($"log frame of kind {(int)kind} at {start}, written by a newer version,");
        }
    }

    private void Apply(ReadOnlySpan<byte> records, bool definitions)
    {
        var rest = new RedoReader(records);
        while (!rest.AtEnd)
        {
            var kind = (RecordKind)rest.U8();
            var bytes = rest.Take(rest.I32());
            if (definitions != (kind == RecordKind.CatalogChange))
                continue;
            var body = new RedoReader(bytes);
            switch (kind)
            {
                case RecordKind.InsertBatch or RecordKind.Update or RecordKind.Delete or RecordKind.SegmentFile:
                    if (_workers is null)
                        ApplyRows(kind, bytes);
                    else
                        _workers.Post(kind, bytes);
                    break;
                case RecordKind.CatalogChange:
                    _workers?.Drain();
                    ApplyCatalog(CatalogChangeRecord.Read(ref body));
                    break;
                case RecordKind.SequenceAdvance:
                    var (oid, value, called) = SequenceAdvanceRecord.Read(ref body);
                    _sequences.Restore(oid, value, called);
                    break;
                case RecordKind.Statistics:
                    StatisticsRecord.Replay(bytes, _tables.Find);
                    break;
                default:
                    throw SqlException.NotSupported($"log record of kind {(int)kind}, written by a newer version,");
            }
        }
    }

    private void ApplyRows(RecordKind kind, ReadOnlySpan<byte> bytes)
    {
        var body = new RedoReader(bytes);
        switch (kind)
        {
            case RecordKind.InsertBatch: InsertBatchRecord.Replay(ref body, _tables.Find); break;
            case RecordKind.Update: UpdateRecord.Replay(ref body, _tables.Find); break;
            case RecordKind.SegmentFile: SegmentFileRecord.Replay(ref body, _tables.Find, _load); break;
            default: DeleteRecord.Replay(ref body, _tables.Find); break;
        }
    }

    private void ApplyCatalog((int Oid, CatalogObject? Entry) change)
    {
        var old = _catalog.Newest.Find(change.Oid) as TableEntry;
        if (change.Entry is null)
            _catalog.Unload(change.Oid);
        else
            _catalog.Load(change.Entry);
        if (old is not null && (change.Entry as TableEntry)?.StorageId != old.StorageId)
            _tables.Drop(old.StorageId);
        if (change.Entry is TableEntry table)
            _tables.Ensure(table);
    }
}
