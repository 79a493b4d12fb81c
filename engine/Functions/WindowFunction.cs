using OmenDb.Arrow;
using OmenDb.Planner.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Functions;

/// <summary>A window function proper (row_number, lag ...); aggregates over frames are the operator's business.</summary>
public abstract class WindowFunction : FunctionInfo
{
    /// <summary>The result depends on the frame (first_value, last_value, nth_value).</summary>
    public virtual bool UsesFrame => false;

    /// <summary>Writes the results of one partition.</summary>
    /// <param name="partition">Its rows in window order; takes one result per row through its Set methods.</param>
    public abstract void Compute(WindowPartition partition);
}

/// <summary>One partition in window order, as window functions see it.</summary>
public abstract class WindowPartition
{
    /// <summary>Rows of the partition; the functions name them 0 .. RowCount-1.</summary>
    public abstract int RowCount { get; }

    public abstract SqlType ResultType { get; }

    public abstract int ArgumentCount { get; }

    public abstract SqlType ArgumentType(int argument);

    public abstract bool IsNull(int argument, int row);

    /// <summary>An argument's value, boxed as in ConstantExpression; null for null.</summary>
    public abstract object? Argument(int argument, int row);

    /// <summary>First row of the row's peers (rows equal in ORDER BY).</summary>
    public abstract int PeerStart(int row);

    /// <summary>Past the last peer.</summary>
    public abstract int PeerEnd(int row);

    /// <summary>The row's frame as rows [start, end); empty when start = end. Exclusions are not applied.</summary>
    public abstract void Frame(int row, out int start, out int end);

    /// <summary>The value of another row's argument as this row's result (lag, first_value): no boxing.</summary>
    public abstract void SetFromArgument(int row, int argument, int fromRow);

    public abstract void SetInt64(int row, long value);

    public abstract void SetInt32(int row, int value);

    public abstract void SetDouble(int row, double value);

    public abstract void SetNull(int row);
}
