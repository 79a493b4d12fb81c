using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Types;

namespace OmenDb.Engine.Functions;

/// <summary>Functions written for one row at a time; the loop, nulls and selections are here.</summary>
public abstract class RowFunction : ScalarFunction
{
    public sealed override void Invoke(FunctionContext context, ReadOnlySpan<Vector> arguments, Vector result)
    {
        if (Strict)
        {
            foreach (var argument in arguments)
            {
                if (!argument.IsConstantNull)
                    continue;
                Expressions.ValueBox.ToConstant(null, context.ResultType, result, context.Rows);
                return;
            }
        }
        var rows = context.ActiveRows(arguments, Strict);
        var column = context.Result;
        column.Begin(result, context.ResultType, context.Rows);
        if (Strict)
        {
            foreach (var argument in arguments)
                Nulls.Propagate(argument, result);
        }
        Run(context, arguments, rows, column);
        column.End();
    }

    /// <summary>Writes the result of every row of <paramref name="rows"/>.</summary>
    protected abstract void Run(FunctionContext context, ReadOnlySpan<Vector> arguments, ReadOnlySpan<int> rows, ResultColumn result);
}

/// <summary>No arguments: computed once per batch when stable, per row when volatile.</summary>
public sealed class RowFunction<TResult>(Func<FunctionContext, TResult> body) : RowFunction where TResult : allows ref struct
{
    protected override void Run(FunctionContext context, ReadOnlySpan<Vector> arguments, ReadOnlySpan<int> rows, ResultColumn result)
    {
        foreach (var row in rows)
            result.Write(row, body(context));
    }
}

/// <summary>1 argument.</summary>
public sealed class RowFunction<T1, TResult>(Func<FunctionContext, T1, TResult> body) : RowFunction
    where T1 : allows ref struct where TResult : allows ref struct
{
    protected override void Run(FunctionContext context, ReadOnlySpan<Vector> arguments, ReadOnlySpan<int> rows, ResultColumn result)
    {
        var a1 = new ArgumentColumn(arguments[0], context.ArgumentTypes[0]);
        foreach (var row in rows)
            result.Write(row, body(context, a1.Read<T1>(row)));
    }
}

/// <summary>2 arguments.</summary>
public sealed class RowFunction<T1, T2, TResult>(Func<FunctionContext, T1, T2, TResult> body) : RowFunction
    where T1 : allows ref struct where T2 : allows ref struct where TResult : allows ref struct
{
    protected override void Run(FunctionContext context, ReadOnlySpan<Vector> arguments, ReadOnlySpan<int> rows, ResultColumn result)
    {
        var a1 = new ArgumentColumn(arguments[0], context.ArgumentTypes[0]);
        var a2 = new ArgumentColumn(arguments[1], context.ArgumentTypes[1]);
        foreach (var row in rows)
            result.Write(row, body(context, a1.Read<T1>(row), a2.Read<T2>(row)));
    }
}

/// <summary>3 arguments.</summary>
public sealed class RowFunction<T1, T2, T3, TResult>(Func<FunctionContext, T1, T2, T3, TResult> body) : RowFunction
    where T1 : allows ref struct where T2 : allows ref struct where T3 : allows ref struct where TResult : allows ref struct
{
    protected override void Run(FunctionContext context, ReadOnlySpan<Vector> arguments, ReadOnlySpan<int> rows, ResultColumn result)
    {
        var a1 = new ArgumentColumn(arguments[0], context.ArgumentTypes[0]);
        var a2 = new ArgumentColumn(arguments[1], context.ArgumentTypes[1]);
        var a3 = new ArgumentColumn(arguments[2], context.ArgumentTypes[2]);
        foreach (var row in rows)
            result.Write(row, body(context, a1.Read<T1>(row), a2.Read<T2>(row), a3.Read<T3>(row)));
    }
}

/// <summary>4 arguments.</summary>
public sealed class RowFunction<T1, T2, T3, T4, TResult>(Func<FunctionContext, T1, T2, T3, T4, TResult> body) : RowFunction
    where T1 : allows ref struct where T2 : allows ref struct where T3 : allows ref struct where T4 : allows ref struct where TResult : allows ref struct
{
    protected override void Run(FunctionContext context, ReadOnlySpan<Vector> arguments, ReadOnlySpan<int> rows, ResultColumn result)
    {
        var a1 = new ArgumentColumn(arguments[0], context.ArgumentTypes[0]);
        var a2 = new ArgumentColumn(arguments[1], context.ArgumentTypes[1]);
        var a3 = new ArgumentColumn(arguments[2], context.ArgumentTypes[2]);
        var a4 = new ArgumentColumn(arguments[3], context.ArgumentTypes[3]);
        foreach (var row in rows)
            result.Write(row, body(context, a1.Read<T1>(row), a2.Read<T2>(row), a3.Read<T3>(row), a4.Read<T4>(row)));
    }
}

/// <summary>5 arguments.</summary>
public sealed class RowFunction<T1, T2, T3, T4, T5, TResult>(Func<FunctionContext, T1, T2, T3, T4, T5, TResult> body) : RowFunction
    where T1 : allows ref struct where T2 : allows ref struct where T3 : allows ref struct where T4 : allows ref struct where T5 : allows ref struct where TResult : allows ref struct
{
    protected override void Run(FunctionContext context, ReadOnlySpan<Vector> arguments, ReadOnlySpan<int> rows, ResultColumn result)
    {
        var a1 = new ArgumentColumn(arguments[0], context.ArgumentTypes[0]);
        var a2 = new ArgumentColumn(arguments[1], context.ArgumentTypes[1]);
        var a3 = new ArgumentColumn(arguments[2], context.ArgumentTypes[2]);
        var a4 = new ArgumentColumn(arguments[3], context.ArgumentTypes[3]);
        var a5 = new ArgumentColumn(arguments[4], context.ArgumentTypes[4]);
        foreach (var row in rows)
            result.Write(row, body(context, a1.Read<T1>(row), a2.Read<T2>(row), a3.Read<T3>(row), a4.Read<T4>(row), a5.Read<T5>(row)));
    }
}

/// <summary>The arguments of one row, for functions that are variadic, polymorphic or not strict.</summary>
public readonly ref struct RowArguments(ReadOnlySpan<Vector> vectors, SqlType[] types, int row)
{
    private readonly ReadOnlySpan<Vector> _vectors = vectors;

    public int Count => _vectors.Length;

    /// <summary>Some of the arguments.</summary>
    public RowArguments Slice(int start, int count) => new(_vectors.Slice(start, count), types[start..(start + count)], row);

    public SqlType Type(int index) => types[index];

    public bool IsNull(int index) => !_vectors[index].IsValid(row);

    public bool IsConstant(int index) => _vectors[index].Kind == VectorKind.Constant;

    /// <summary>The value of an argument that is not null.</summary>
    public T Get<T>(int index) where T : allows ref struct => new ArgumentColumn(_vectors[index], types[index]).Read<T>(row);

    /// <summary>Writes the text of an argument that is not null, as its type's output function gives it.</summary>
    public void Format(int index, System.Buffers.IBufferWriter<byte> target, IoContext io) => TypeIo.FormatText(types[index], _vectors[index], row, target, io);

    /// <summary>Boxed as in ConstantExpression; null for null.</summary>
    public object? Boxed(int index) => Expressions.ValueBox.Get(_vectors[index], row, types[index]);
}

public delegate TResult RowBody<out TResult>(FunctionContext context, RowArguments arguments) where TResult : allows ref struct;

/// <summary>Any number of arguments of any types.</summary>
public sealed class GeneralRowFunction<TResult>(RowBody<TResult> body) : RowFunction where TResult : allows ref struct
{
    protected override void Run(FunctionContext context, ReadOnlySpan<Vector> arguments, ReadOnlySpan<int> rows, ResultColumn result)
    {
        foreach (var row in rows)
            result.Write(row, body(context, new RowArguments(arguments, context.ArgumentTypes, row)));
    }
}

/// <summary>Writes the UTF-8 text of one row to <c>output.Text</c>.</summary>
public delegate void TextBody(FunctionContext context, RowArguments arguments, System.Buffers.ArrayBufferWriter<byte> text);

/// <summary>A function whose text result is written piece by piece, without a string per row.</summary>
public sealed class TextRowFunction(TextBody body) : RowFunction
{
    protected override void Run(FunctionContext context, ReadOnlySpan<Vector> arguments, ReadOnlySpan<int> rows, ResultColumn result)
    {
        foreach (var row in rows)
        {
            body(context, new RowArguments(arguments, context.ArgumentTypes, row), result.Text);
            result.WriteText(row);
        }
    }
}
