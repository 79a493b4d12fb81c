using OmenDb.Engine.Execution;
using OmenDb.Engine.Physical;

namespace OmenDb.Engine;

/// <summary>What a session keeps of a point look-up from one execution to the next: the plan's reader with its buffers, and the parameters.</summary>
internal sealed class PointState(QueryPlan plan, PointPlan point) : IDisposable
{
    public QueryPlan Plan => plan;

    public int TableOid { get; } = point.TableOid;

    public PointRunner Runner { get; } = point.NewRunner();

    public ParameterSet Parameters { get; } = new(plan.ParameterTypes);

    private Storage.Transactions.Transaction? _usableIn;

    /// <summary>Whether a transaction has used the index already: later statements of it see no less.</summary>
    public bool BuiltBefore(Storage.Transactions.Transaction transaction) => ReferenceEquals(_usableIn, transaction);

    public void NoteUsable(Storage.Transactions.Transaction transaction) => _usableIn = transaction;

    public void Dispose()
    {
        Runner.Dispose();
        Parameters.Dispose();
    }
}
