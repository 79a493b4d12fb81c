using System.Collections.Immutable;
using OmenDb.Arrow;
using OmenDb.Engine;
using OmenDb.Planner.Binding;
using OmenDb.Protocol.Postgres.Backend;

namespace OmenDb.Protocol.Postgres.Sessions;

/// <summary>A statement in execution, and how far its rows have been sent.</summary>
internal abstract class WirePortal : IDisposable
{
    public abstract string Name { get; }

    /// <summary>Null: returns no rows.</summary>
    public abstract ImmutableArray<OutputColumn>? Columns { get; }

    public abstract CopyOperation? Copy { get; }

    public abstract bool IsEmptyQuery { get; }

    /// <summary>Set once <see cref="NextBatch"/> has returned false or the COPY is over.</summary>
    public abstract string CommandTag { get; }

    /// <summary>As <see cref="Portal.NextBatch"/>.</summary>
    public abstract bool NextBatch(out Batch batch);

    public abstract void Dispose();

    /// <summary>How the rows go out; null when there are none.</summary>
    public ResultShape? Shape { get; set; }

    /// <summary>The batch whose rows are being sent; null between batches.</summary>
    public Batch? Batch { get; set; }

    /// <summary>Rows of <see cref="Batch"/> that have been sent.</summary>
    public int SentOfBatch { get; set; }

    /// <summary>An Execute stopped at its row limit: tags count the rows since then.</summary>
    public bool WasSuspended { get; set; }

    /// <summary>The statement has ended: there is nothing more to pull.</summary>
    public bool HasEnded { get; set; }
}
