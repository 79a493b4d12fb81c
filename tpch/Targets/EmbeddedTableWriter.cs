using OmenDb.Engine;
using OmenDb.Tpch.Generation;
using OmenDb.Tpch.Generation.Chunks;
using OmenDb.Tpch.Schema;

namespace OmenDb.Tpch.Targets;

/// <summary>Appends to a table of a database in this process.</summary>
internal sealed class EmbeddedTableWriter : TpchTableWriter
{
    private readonly Session _session;
    private readonly StatementResult _copy;
    private byte[] _text = [];

    public EmbeddedTableWriter(Database database, TpchTable table)
    {
        _session = database.CreateSession();
        try
        {
            _copy = _session.Execute($"COPY {TpchSchema.NameOf(table)} FROM STDIN WITH (DELIMITER '|')");
        }
        catch
        {
            _session.Dispose();
            throw;
        }
    }

    public override void Write(TpchChunk chunk)
    {
        var length = TblWriter.Format(chunk, trailingSeparator: false, ref _text);
        _copy.Write(_text.AsSpan(0, length));
    }

    public override void Complete() => _copy.Complete();

    public override void Dispose()
    {
        _copy.Dispose();
        _session.Dispose();
    }
}
