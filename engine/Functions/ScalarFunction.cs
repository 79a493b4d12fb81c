using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Execution;
using OmenDb.Engine.Expressions;
using OmenDb.Planner.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Functions;

/// <summary>A scalar function or operator with its kernel.</summary>
public abstract class ScalarFunction : FunctionInfo
{
    /// <summary>No argument makes it raise an error: it may be evaluated for rows and dictionary entries that nobody asked for.</summary>
    public bool IsTotal { get; init; }

    /// <summary>Computes the function for the rows of a batch.</summary>
    /// <param name="context">The call: types, active rows, session, per-call state.</param>
    /// <param name="arguments">Of any vector kind; at least <see cref="FunctionContext.Rows"/> rows.</param>
    /// <param name="result">Scratch to be reset by the function; it may become a Constant, or reference an argument.</param>
    /// <remarks>Errors may be raised only for <see cref="FunctionContext.Selection"/>'s rows, of strict functions only for those
    /// without null arguments. Rows outside must get readable values.</remarks>
    public abstract void Invoke(FunctionContext context, ReadOnlySpan<Vector> arguments, Vector result);
}

/// <summary>One call site of a function on one worker, during one evaluation.</summary>
public sealed unsafe class FunctionContext
{
    private readonly Frame _frame;
    private readonly int _slot;
    private NativeBuffer? _indices;
    private int _identityUpTo;
    private bool _holdsIdentity;

    internal FunctionContext(Frame frame, int slot, SqlType[] argumentTypes, SqlType resultType)
    {
        _frame = frame;
        _slot = slot;
        ArgumentTypes = argumentTypes;
        ResultType = resultType;
    }

    public ExecutionContext Execution => _frame.Context;

    public ExecutionSettings Settings => _frame.Context.Settings;

    /// <exception cref="SqlException">0A000 outside of a session.</exception>
    public ISessionServices Session => _frame.Context.Session ?? throw SqlException.NotSupported("this function outside of a session");

    /// <summary>The call's argument types, with modifiers.</summary>
    public SqlType[] ArgumentTypes { get; }

    public SqlType ResultType { get; }

    internal ResultColumn Result { get; } = new();

    /// <summary>Rows to compute.</summary>
    public int Rows { get; internal set; }

    /// <summary>In mask form; null: all rows.</summary>
    public Selection? Selection { get; internal set; }

    /// <summary>What this call site keeps between batches (a compiled pattern, a cache); disposed with the worker if disposable.</summary>
    public T State<T>() where T : class, new() => (T)(_frame.CallState(_slot) ??= new T());

    /// <summary>The rows that a row-wise function must compute: selected, and (if strict) without null arguments. Ascending.</summary>
    public ReadOnlySpan<int> ActiveRows(ReadOnlySpan<Vector> arguments, bool strict)
    {
        _indices ??= _frame.Own(NativeBuffer.Allocate(Math.Max(64, Math.Max(Rows, _frame.Capacity)) * 4L, zeroed: false));
        if (_indices.Length < Rows * 4L)
        {
            _indices = _frame.Own(NativeBuffer.Allocate(Rows * 4L, zeroed: false));
            _holdsIdentity = false;
        }
        var indices = (int*)_indices.Pointer;
        var anyNulls = false;
        if (strict)
        {
            foreach (var argument in arguments)
            {
                if (argument.IsConstantNull)
                    return [];
                anyNulls |= argument.Validity != null && argument.Kind != VectorKind.Constant;
            }
        }
        if (Selection is null && !anyNulls)
        {
            if (!_holdsIdentity || _identityUpTo < Rows)
            {
                for (var i = 0; i < Rows; i++)
                    indices[i] = i;
                _holdsIdentity = true;
                _identityUpTo = Rows;
            }
            return new ReadOnlySpan<int>(indices, Rows);
        }
        _holdsIdentity = false;
        var active = _frame.Rent();
        if (Selection is null)
            Bits.Fill(active.Mask, Rows, true);
        else
            Bits.Copy(Selection.Mask, active.Mask, Rows);
        if (strict)
        {
            foreach (var argument in arguments)
                Nulls.AndValid(argument, Rows, active.Mask);
        }
        var count = Bits.ToIndices(active.Mask, Rows, indices);
        _frame.Return(active);
        return new ReadOnlySpan<int>(indices, count);
    }
}
