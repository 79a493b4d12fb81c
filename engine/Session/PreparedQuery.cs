using OmenDb.Arrow;
using OmenDb.Engine.Execution;
using OmenDb.Types;

namespace OmenDb.Engine;

/// <summary>A prepared statement that one caller in this process runs again and again: set the parameters, execute, read, and once more. Allocates next to nothing
/// where the plan is a point look-up.</summary>
/// <remarks>
/// <code>
/// using var query = session.OpenQuery(session.Prepare("", "select v from t where id = $1"));
/// query.Set(0, 4711L);
/// if (query.Execute(out var row)) { row.Columns[0].Get&lt;long&gt;(0) ... }
/// </code>
/// Used by the session's thread. Rows are valid until the next call.
/// </remarks>
public sealed class PreparedQuery : IDisposable
{
    private readonly Session _session;
    private readonly PreparedStatement _statement;
    private Portal? _portal;

    internal PreparedQuery(Session session, PreparedStatement statement)
    {
        _session = session;
        _statement = statement;
        Parameters = new ParameterSet(statement.ParameterTypes);
    }

    /// <summary>The values for the next execution, in the statement's types.</summary>
    public ParameterSet Parameters { get; }

    /// <summary>The short way's buffers; the session gives and takes them.</summary>
    internal PointState? Point { get; set; }

    internal PreparedStatement Statement => _statement;

    public unsafe void Set(int index, long value)
    {
        var vector = Parameters[index];
        // A constant that has a value already is only overwritten.
        if (vector is { Kind: VectorKind.Constant, Physical: PhysicalType.Int64 } && vector.Validity == null && Parameters.Types[index].Id == TypeId.Int8)
            *(long*)vector.Values = value;
        else if (Parameters.Types[index].Id == TypeId.Int4 && value is < int.MinValue or > int.MaxValue)
            throw SqlException.OutOfRange("integer");
        else
            Parameters.Set(index, value);
    }

    /// <param name="index">0-based.</param>
    /// <param name="value">As <see cref="ParameterSet.Set"/> takes it.</param>
    public void Set(int index, object? value) => Parameters.Set(index, value);

    /// <summary>Runs the statement up to its first rows. Outside a transaction block it is committed at its end.</summary>
    /// <returns>False: it returned no rows, and has ended.</returns>
    /// <exception cref="SqlException">The statement failed.</exception>
    public bool Execute(out Batch batch)
    {
        ClosePortal();
        if (_session.RunPoint(this, out batch) is { } found)
            return found;
        _portal = _session.OpenLong(_statement, Parameters);
        return _portal.NextBatch(out batch);
    }

    /// <summary>More rows of the execution.</summary>
    public bool NextBatch(out Batch batch)
    {
        if (_portal is not null)
            return _portal.NextBatch(out batch);
        batch = null!;
        return false;
    }

    private void ClosePortal()
    {
        _portal?.Dispose();
        _portal = null;
    }

    public void Dispose()
    {
        ClosePortal();
        Point?.Dispose();
        Parameters.Dispose();
    }
}
