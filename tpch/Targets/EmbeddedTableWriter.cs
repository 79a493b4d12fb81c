using OmenDb.Engine;
using OmenDb.Tpch.Generation.Chunks;
using OmenDb.Tpch.Schema;

namespace OmenDb.Tpch.Targets;

/// <summary>Appends columns to a table of a database in this process, in a session of its own.</summary>
internal sealed class EmbeddedTableWriter : TpchTableWriter
{
    private readonly Session _session;
    private readonly Appender _appender;
    private readonly ChunkBatch _batch;

    public EmbeddedTableWriter(Database database, TpchTable table)
    {
        _session = database.CreateSession();
        try
        {
            _appender = _session.CreateAppender(TpchSchema.NameOf(table));
        }
        catch
        {
            _session.Dispose();
            throw;
        }
        _batch = new ChunkBatch(_appender.Columns);
    }

    public override void Write(TpchChunk chunk) => _appender.Append(_batch.Fill(chunk));

    public override void Complete() => _appender.Complete();

    public override void Dispose()
    {
        _appender.Dispose();
        _batch.Dispose();
        _session.Dispose();
    }
}
