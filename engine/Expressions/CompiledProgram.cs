using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Execution;
using OmenDb.Planner.Expressions;
using OmenDb.Types;

namespace OmenDb.Engine.Expressions;

/// <summary>Compiled expressions over one input layout. Immutable: shared by workers and executions.</summary>
internal sealed class CompiledProgram
{
    private readonly int _slotCount;

    private CompiledProgram(Node[] roots, int slotCount)
    {
        Roots = roots;
        _slotCount = slotCount;
    }

    public Node[] Roots { get; }

    public int Count => Roots.Length;

    /// <param name="shares">False: the expressions are not all evaluated for the same rows.</param>
    public static CompiledProgram Compile(IEnumerable<Expression> expressions, ColumnLayout layout, bool shares = true)
    {
        var compiler = new ExpressionCompiler(layout, shares);
        Node[] roots = [.. expressions.Select(compiler.Compile)];
        return new CompiledProgram(roots, compiler.SlotCount);
    }

    /// <summary>With each result in the representation of the wanted type (numerics of another scale are converted).</summary>
    public static CompiledProgram Compile(IEnumerable<(Expression Expression, SqlType Type)> expressions, ColumnLayout layout, bool shares = true)
    {
        var compiler = new ExpressionCompiler(layout, shares);
        var roots = new List<Node>();
        foreach (var (expression, type) in expressions)
        {
            var node = compiler.Compile(expression);
            roots.Add(node.Type.Equals(type) ? node : compiler.Cast(node, type, Planner.Catalog.CastContext.Assignment));
        }
        return new CompiledProgram([.. roots], compiler.SlotCount);
    }

    public Frame CreateFrame(ExecutionContext context) => new(context, _slotCount);

    /// <summary>Evaluates all expressions for the selected rows; outputs reference scratch of the frame or columns of the input.</summary>
    public void Evaluate(Frame frame, Batch input, Vector[] outputs)
    {
        frame.SetInput(input.Columns, input.Length);
        var selection = frame.AsMask(input.Selection, out var rented);
        for (var i = 0; i < Roots.Length; i++)
        {
            var value = Roots[i].Evaluate(frame, selection);
            outputs[i].Reference(value);
            outputs[i].Length = input.Length;
        }
        if (rented)
            frame.Return(selection!);
    }

    /// <summary>One expression; the result is scratch or a column of the input.</summary>
    public Vector Evaluate(Frame frame, Batch input, int index)
    {
        frame.SetInput(input.Columns, input.Length);
        var selection = frame.AsMask(input.Selection, out var rented);
        var value = Roots[index].Evaluate(frame, selection);
        if (rented)
            frame.Return(selection!);
        return value;
    }
}

/// <summary>A compiled condition: the conjuncts one after the other, each over the rows that are left.</summary>
internal sealed unsafe class CompiledPredicate
{
    private readonly CompiledProgram _program;

    private CompiledPredicate(CompiledProgram program) => _program = program;

    public static CompiledPredicate Compile(IEnumerable<Expression> conjuncts, ColumnLayout layout) =>
        new(CompiledProgram.Compile(conjuncts.SelectMany(Conjuncts), layout, shares: false));

    public static IEnumerable<Expression> Conjuncts(Expression expression) =>
        expression is LogicalExpression { IsAnd: true } and ? and.Operands.SelectMany(Conjuncts) : [expression];

    public CompiledProgram Program => _program;

    public Frame CreateFrame(ExecutionContext context) => _program.CreateFrame(context);

    /// <summary>The selected rows of <paramref name="input"/> for which all conjuncts are true.</summary>
    /// <param name="frame">From <see cref="CreateFrame"/>.</param>
    /// <param name="input">With or without a selection.</param>
    /// <param name="selection">Receives the rows as a mask; of at least the input's length; not the input's own selection.</param>
    /// <returns>How many rows are left.</returns>
    public int Select(Frame frame, Batch input, Selection selection)
    {
        var rows = input.Length;
        frame.SetInput(input.Columns, rows);
        selection.IsSparse = false;
        if (input.Selection is null)
            selection.SetAll(rows);
        else if (input.Selection.IsSparse)
        {
            Bits.FromIndices(input.Selection.Indices, input.Selection.Count, selection.Mask, rows);
            selection.Count = input.Selection.Count;
        }
        else
        {
            Bits.Copy(input.Selection.Mask, selection.Mask, rows);
            selection.Count = input.Selection.Count;
        }
        var mask = frame.Rent();
        var all = selection.Count == rows;
        foreach (var conjunct in _program.Roots)
        {
            if (selection.Count == 0)
                break;
            conjunct.Select(frame, all ? null : selection, mask.Mask);
            Bits.Copy(mask.Mask, selection.Mask, rows);
            selection.Count = Bits.PopCount(mask.Mask, rows);
            all = selection.Count == rows;
        }
        frame.Return(mask);
        return selection.Count;
    }
}
