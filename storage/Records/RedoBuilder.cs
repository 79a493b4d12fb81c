using OmenDb.Storage.Catalog;
using OmenDb.Storage.Checkpoint;
using OmenDb.Storage.Simulation;
using OmenDb.Storage.Transactions;

namespace OmenDb.Storage.Records;

/// <summary>Writes a transaction's undo list, read forwards, as redo records.</summary>
/// <remarks>Row values are read at commit: the rows are the transaction's own, so they are its last word. A large transaction
/// goes to the log in parts while it commits, each below the size at which frames are cut, so that memory stays bounded.</remarks>
internal sealed class RedoBuilder(ICommitLog log, BulkFiles? bulk) : IRedoBuilder
{
    /// <summary>A part is sent when it has grown to this.</summary>
    private const int PartBytes = 4 << 20;

    public RedoFrame Build(Transaction transaction)
    {
        var frame = new Frame();
        try
        {
            frame.Buffer.BeginFrame(RedoFrameKind.Commit, transaction.Id.Value);
            var load = transaction.Bulk = bulk?.Write(transaction);
            foreach (var file in load?.Files ?? [])
                SegmentFileRecord.Write(file, frame.Buffer);
            foreach (var entry in transaction.Undo)
            {
                if (entry.Kind == UndoKind.Insert && load is not null && load.Has(entry.Slot))
                    continue; // changes of those rows are in the file too; to repeat them does no harm
                if (entry.Kind == UndoKind.Delete && PlantedBugs.Has(PlantedBug.UnloggedDelete))
                    continue;
                switch (entry.Kind)
                {
                    case UndoKind.Insert: InsertBatchRecord.Write(entry.Table, entry.Slot, entry.Start, entry.Count, frame.Buffer); break;
                    case UndoKind.Update: UpdateRecord.Write(entry.Table, entry.Record!, frame.Buffer); break;
                    default: DeleteRecord.Write(entry.Table, entry.Slot, entry.Rows!, frame.Buffer); break;
                }
                if (frame.Buffer.Length >= PartBytes)
                    SendPart(transaction, frame.Buffer);
            }
            return frame;
        }
        catch
        {
            frame.Dispose();
            throw;
        }
    }

    private void SendPart(Transaction transaction, RedoBuffer buffer)
    {
        transaction.BeginParts(log);
        buffer.SetKind(RedoFrameKind.Part);
        log.Append(buffer.Bytes);
        buffer.BeginFrame(RedoFrameKind.Commit, transaction.Id.Value);
    }

    private sealed class Frame : RedoFrame
    {
        public readonly RedoBuffer Buffer = new();

        public override ReadOnlySpan<byte> Bytes => Buffer.Bytes;

        public override void SetTimestamp(ulong timestamp, CatalogChanges? catalog)
        {
            if (catalog is not null)
            {
                foreach (var (oid, entry) in catalog.Final)
                    CatalogChangeRecord.Write(oid, entry, Buffer);
            }
            Buffer.SetTimestamp(timestamp);
        }

        public override void Dispose() => Buffer.Dispose();
    }
}
