using System.Collections.Immutable;
using OmenDb.Arrow;
using OmenDb.Planner.Binding;

namespace OmenDb.Engine;

/// <summary>The execution of one statement: what a portal pulls from.</summary>
internal abstract class StatementRun : IDisposable
{
    public virtual ImmutableArray<OutputColumn>? Columns => null;

    public virtual CopyOperation? Copy => null;

    /// <summary>The first call starts the statement. False: it has ended and <see cref="Tag"/> is set.</summary>
    public abstract bool Next(out Batch batch);

    /// <summary>After the end.</summary>
    public abstract string Tag { get; }

    public virtual void Dispose()
    {
    }
}
