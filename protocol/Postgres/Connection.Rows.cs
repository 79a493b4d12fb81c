using OmenDb.Arrow;
using OmenDb.Protocol.Postgres.Backend;
using OmenDb.Protocol.Postgres.Sessions;
using OmenDb.Types;

namespace OmenDb.Protocol.Postgres;

internal sealed partial class Connection
{
    /// <summary>Pulls batches and writes their rows until the end or the limit.</summary>
    /// <param name="maxRows">0: no limit.</param>
    /// <returns>Rows sent. <see cref="WirePortal.HasEnded"/> tells whether the end was reached.</returns>
    private long SendRows(WirePortal portal, int maxRows)
    {
        var context = Session.IoContext;
        long sent = 0;
        while (true)
        {
            if (portal.Batch is null)
            {
                if (!portal.NextBatch(out var next))
                {
                    portal.HasEnded = true;
                    return sent;
                }
                // Rows of a statement without a result (a change without RETURNING) have no reader.
                if (portal.Shape is null || next.RowCount == 0)
                    continue;
                portal.Batch = next;
                portal.SentOfBatch = 0;
            }
            var batch = portal.Batch;
            var count = batch.RowCount - portal.SentOfBatch;
            if (maxRows > 0)
                count = (int)Math.Min(count, maxRows - sent);
            SendRows(batch, portal.SentOfBatch, count, portal.Shape!, context);
            sent += count;
            portal.SentOfBatch += count;
            if (portal.SentOfBatch == batch.RowCount)
                portal.Batch = null;
            if (sent == maxRows && maxRows > 0)
                return sent;
        }
    }

    private void SendRows(Batch batch, int start, int count, ResultShape shape, IoContext context)
    {
        if (batch.Selection is { } selection)
        {
            foreach (var row in selection.FillIndices(batch.Length).Slice(start, count))
            {
                DataRow.Write(_output, shape, batch, row, context);
                _output.FlushIfFull();
            }
            return;
        }
        for (var row = start; row < start + count; row++)
        {
            DataRow.Write(_output, shape, batch, row, context);
            _output.FlushIfFull();
        }
    }
}
