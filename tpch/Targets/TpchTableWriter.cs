using OmenDb.Tpch.Generation.Chunks;

namespace OmenDb.Tpch.Targets;

/// <summary>Appends chunks to one table. Disposed without <see cref="Complete"/>, it leaves nothing in the table.</summary>
public abstract class TpchTableWriter : IDisposable
{
    /// <summary>Takes the chunk's rows; the chunk may be filled again when this returns.</summary>
    public abstract void Write(TpchChunk chunk);

    /// <summary>Commits.</summary>
    public abstract void Complete();

    public abstract void Dispose();
}
