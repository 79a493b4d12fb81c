using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Types;

namespace OmenDb.Engine.Expressions;

/// <summary>A compiled expression: immutable, shared by all workers; what changes stands in the <see cref="Frame"/>.</summary>
/// <param name="type">The SQL type of the result.</param>
/// <param name="slot">The node's own place in the frame.</param>
internal abstract class Node(SqlType type, int slot)
{
    public SqlType Type { get; } = type;

    public int Slot { get; } = slot;

    /// <summary>True when the value is the same for all rows of one execution (literals, parameters, and stable functions of them).</summary>
    public virtual bool IsConstant => false;

    /// <summary>True when no input can make the evaluation raise an error.</summary>
    public virtual bool IsTotal => false;

    /// <summary>The value for the rows of the frame's input.</summary>
    /// <param name="frame">The worker's frame.</param>
    /// <param name="selection">In mask form; null: all rows. Other rows have unspecified but readable values.</param>
    /// <returns>A vector of the frame's row count: scratch of this node, or a column of the input. Read-only for the caller.</returns>
    /// <exception cref="SqlException">Only for rows that are selected.</exception>
    public abstract Vector Evaluate(Frame frame, Selection? selection);

    /// <summary>mask = "selected, and the value is true" (for boolean nodes); zeros past the last row.</summary>
    public virtual unsafe void Select(Frame frame, Selection? selection, ulong* mask)
    {
        var value = Evaluate(frame, selection);
        Logic.IsTrue(value, frame.Rows, mask);
        if (selection is not null)
            Bits.And(mask, selection.Mask, mask, frame.Rows);
    }
}

/// <summary>A column of the input, by position.</summary>
internal sealed class ColumnNode(SqlType type, int position) : Node(type, -1)
{
    public int Position { get; } = position;

    public override bool IsTotal => true;

    public override Vector Evaluate(Frame frame, Selection? selection) => frame.Columns[Position];
}

/// <summary>A literal.</summary>
internal sealed class ConstantNode(object? value, SqlType type, int slot) : Node(type, slot)
{
    public object? Value { get; } = value;

    public override bool IsConstant => true;

    public override bool IsTotal => true;

    public override Vector Evaluate(Frame frame, Selection? selection)
    {
        var vector = frame.Scratch(Slot);
        ref var loaded = ref frame.CallState(Slot);
        if (loaded is null)
        {
            ValueBox.ToConstant(Value, Type, vector, frame.Rows);
            loaded = this;
        }
        vector.Length = frame.Rows;
        return vector;
    }
}

/// <summary>$n: read from the execution's parameters, so that compiled plans are shared by executions.</summary>
internal sealed class ParameterNode(int index, SqlType type, int slot) : Node(type, slot)
{
    public int Index { get; } = index;

    public override bool IsConstant => true;

    public override bool IsTotal => true;

    public override Vector Evaluate(Frame frame, Selection? selection)
    {
        var parameters = frame.Context.Parameters;
        if (Index >= parameters.Count)
            throw new SqlException(SqlState.UndefinedParameter, $"there is no parameter ${Index + 1}");
        var vector = frame.Scratch(Slot);
        vector.Reference(parameters[Index]);
        vector.Length = frame.Rows;
        return vector;
    }
}
