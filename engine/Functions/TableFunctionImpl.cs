using OmenDb.Arrow;
using OmenDb.Engine.Execution;
using OmenDb.Engine.Rows;
using OmenDb.Planner.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Functions;

/// <summary>A set-returning function: called once per input row, it gives batches of result rows.</summary>
public abstract class TableFunctionImpl : FunctionInfo
{
    /// <summary>Starts a call.</summary>
    /// <param name="context">The execution.</param>
    /// <param name="arguments">Of one row.</param>
    /// <param name="resultTypes">Types of the result columns.</param>
    public abstract TableFunctionCall Open(ExecutionContext context, RowArguments arguments, SqlType[] resultTypes);
}

/// <summary>A call in progress.</summary>
public abstract class TableFunctionCall : IDisposable
{
    /// <summary>Appends at most <paramref name="capacity"/> rows to the builders, one per result column.</summary>
    /// <returns>Rows appended; 0: the end.</returns>
    public abstract int Next(ColumnBuilder[] columns, int capacity);

    public virtual void Dispose() => GC.SuppressFinalize(this);
}

/// <summary>A table function given as an enumeration of boxed rows: for small results.</summary>
public sealed class RowsFunction(RowsFunction.Body body) : TableFunctionImpl
{
    public delegate IEnumerable<object?[]> Body(ExecutionContext context, object?[] arguments);

    /// <summary>Result columns; empty: one column named as the function.</summary>
    public (string Name, SqlType Type)[] Outputs { get; init; } = [];

    public Func<SqlType[], SqlType>? TypeOf { get; init; }

    public override SqlType ResultType(ReadOnlySpan<SqlType> arguments) => TypeOf?.Invoke(arguments.ToArray()) ?? Result;

    public override System.Collections.Immutable.ImmutableArray<(string Name, SqlType Type)> ResultColumns(ReadOnlySpan<SqlType> arguments) => [.. Outputs];

    public override TableFunctionCall Open(ExecutionContext context, RowArguments arguments, SqlType[] resultTypes)
    {
        var values = new object?[arguments.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = arguments.Boxed(i);
            if (values[i] is null && Strict)
                return new Call(((IEnumerable<object?[]>)[]).GetEnumerator(), resultTypes);
        }
        return new Call(body(context, values).GetEnumerator(), resultTypes);
    }

    private sealed class Call(IEnumerator<object?[]> rows, SqlType[] types) : TableFunctionCall
    {
        public override int Next(ColumnBuilder[] columns, int capacity)
        {
            var count = 0;
            while (count < capacity && rows.MoveNext())
            {
                for (var i = 0; i < columns.Length; i++)
                    Expressions.ValueBox.AppendBoxed(columns[i], rows.Current[i], types[i]);
                count++;
            }
            return count;
        }

        public override void Dispose()
        {
            rows.Dispose();
            base.Dispose();
        }
    }
}
