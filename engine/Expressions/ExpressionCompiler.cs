using System.Collections.Immutable;
using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Execution;
using OmenDb.Engine.Functions;
using OmenDb.Engine.Functions.Casts;
using OmenDb.Planner.Expressions;
using OmenDb.Types;

namespace OmenDb.Engine.Expressions;

/// <summary>Where the columns of an input stand: column id to position.</summary>
public sealed class ColumnLayout
{
    private readonly Dictionary<int, int> _positions = [];

    public static readonly ColumnLayout Empty = new([]);

    public ColumnLayout(IEnumerable<Column> columns)
    {
        foreach (var column in columns)
            _positions.TryAdd(column.Id, Count++);
    }

    public int Count { get; private set; }

    public bool TryGet(Column column, out int position) => _positions.TryGetValue(column.Id, out position);

    /// <exception cref="SqlException">XX000, the plan names a column that its input does not produce.</exception>
    public int this[Column column] => _positions.TryGetValue(column.Id, out var position) ? position
        : throw SqlException.Internal($"column {column} is not produced by the plan's input");
}

/// <summary>Bound expressions to compiled nodes over one input layout. One compiler per program: it hands out the scratch slots.</summary>
/// <param name="layout">Of the input.</param>
/// <param name="shares">All expressions are evaluated for the same rows: what occurs twice is computed once.</param>
internal sealed class ExpressionCompiler(ColumnLayout layout, bool shares = false)
{
    private Dictionary<Planner.Catalog.FunctionInfo, List<(FunctionExpression Call, SharedNode Node)>>? _shared;
    private int _conditions; // inside so many expressions that evaluate their operands for some rows only

    /// <summary>Scratch slots handed out so far: what a frame must have.</summary>
    public int SlotCount { get; private set; }

    private int Take(int count = 1)
    {
        var first = SlotCount;
        SlotCount += count;
        return first;
    }

    public Node Compile(Expression expression)
    {
        if (expression is FunctionExpression call)
            return Function(call);
        var isConditional = expression is not (CastExpression or ComparisonExpression or NotExpression or NullTestExpression or BooleanTestExpression);
        _conditions += isConditional ? 1 : 0;
        var node = CompileOther(expression);
        _conditions -= isConditional ? 1 : 0;
        return node;
    }

    private Node CompileOther(Expression expression) => expression switch
    {
        ConstantExpression c => new ConstantNode(c.Value, c.Type, Take()),
        ColumnExpression c => new ColumnNode(c.Type, layout[c.Column]),
        ParameterExpression p => new ParameterNode(p.Index, p.Type, Take()),
        CastExpression c => Cast(Compile(c.Operand), c.Target, c.Context),
        ComparisonExpression c => Comparison(c),
        LogicalExpression l => new LogicalNode(l.IsAnd, [.. l.Operands.Select(Compile)], Take()),
        NotExpression n => new NotNode(Compile(n.Operand), Take()),
        NullTestExpression { Operand: RowExpression row } n => RowNullTest(row, n.Negated),
        NullTestExpression n => new NullTestNode(Compile(n.Operand), n.Negated, Take()),
        BooleanTestExpression b => new BooleanTestNode(Compile(b.Operand), b.Test, Take()),
        CaseExpression c => new CaseNode([.. c.Branches.Select(b => Compile(b.When))], [.. c.Branches.Select(b => Unify(Compile(b.Then), c.Type))],
            Unify(Compile(c.Else), c.Type), c.Type, Take()),
        ConditionalExpression c => Conditional(c),
        InListExpression i => InList(i),
        ArrayComparisonExpression a => ArrayComparison(a),
        ArrayExpression a => new FunctionNode(ArrayFunctions.Construct, [.. a.Elements.Select(e => e.Type.Id == TypeId.Array ? Compile(e) : Unify(Compile(e), ValueBox.ElementType(a.Type)))],
            a.Type, Take(FunctionNode.SlotCount)),
        SubscriptExpression s => new FunctionNode(ArrayFunctions.Subscript, [Compile(s.Array), Compile(s.Index)], s.Type, Take(FunctionNode.SlotCount)),
        RowExpression { IsOptional: true } r => Compile(new CaseExpression(
            [new CaseBranch(new NullTestExpression(r with { IsOptional = false }, false), new ConstantExpression(null, SqlType.Record))], r with { IsOptional = false }, SqlType.Record)),
        RowExpression r => new FunctionNode(RowFunctions.Text, [.. r.Fields.Select(Compile)], SqlType.Record, Take(FunctionNode.SlotCount)),
        InnerPlanExpression i => new InnerPlanNode(QueryExecutor.Compile(i.Plan), [.. i.Arguments.Select(Compile)], i.FirstParameter, i.Type, Take()),
        SubqueryExpression => throw SqlException.Internal("a subquery expression reached the engine"),
        _ => throw SqlException.Internal($"no compilation for {expression.GetType().Name}"),
    };

    private Node Function(FunctionExpression call)
    {
        if (call.Function is not ScalarFunction function)
            throw SqlException.Internal($"{call.Function.Name} is no scalar function");
        if (!shares || _conditions > 0)
            return new FunctionNode(function, [.. call.Arguments.Select(Compile)], call.Type, Take(FunctionNode.SlotCount));
        _shared ??= [];
        if (!_shared.TryGetValue(function, out var calls))
            _shared[function] = calls = [];
        foreach (var (known, node) in calls)
        {
            if (ExpressionTree.Same(known, call))
                return node;
        }
        var made = new FunctionNode(function, [.. call.Arguments.Select(Compile)], call.Type, Take(FunctionNode.SlotCount));
        if (made.IsConstant || function.Volatility == Planner.Catalog.Volatility.Volatile)
            return made;
        var shared = new SharedNode(made, Take());
        calls.Add((call, shared));
        return shared;
    }

    /// <summary>The node's value as <paramref name="target"/>; the node itself when nothing has to be done.</summary>
    public Node Cast(Node operand, SqlType target, Planner.Catalog.CastContext context)
    {
        var cast = CastTable.Resolve(operand.Type, target, context);
        return cast is null ? new RetypeNode(operand, target) : new FunctionNode(cast, [operand], target, Take(FunctionNode.SlotCount));
    }

    /// <summary>For branches of one result type: casts only where the representation differs (numerics of another scale).</summary>
    private Node Unify(Node node, SqlType type) =>
        node.Type.Physical == type.Physical && (node.Type.Id != TypeId.Numeric || type.Id != TypeId.Numeric || node.Type.Scale == type.Scale
            || type.Physical == PhysicalType.View)
            ? node
            : Cast(node, type, Planner.Catalog.CastContext.Implicit);

    private Node Comparison(ComparisonExpression c)
    {
        if (c.Left is RowExpression leftRow && c.Right is RowExpression rightRow)
            return Compile(CompareRows(c.Operator, leftRow.Fields, rightRow.Fields));
        return Comparison((CompareOp)c.Operator, Compile(c.Left), Compile(c.Right));
    }

    public ComparisonNode Comparison(CompareOp op, Node left, Node right)
    {
        var (a, b) = Align(left, right);
        return new ComparisonNode(op, a, b, Take());
    }

    /// <summary>Brings two operands of one base type to one representation.</summary>
    private (Node Left, Node Right) Align(Node left, Node right)
    {
        if (left.Type.Id == TypeId.Numeric && right.Type.Id == TypeId.Numeric)
        {
            left = Bounded(left, right.Type);
            right = Bounded(right, left.Type);
            var common = NumericTypes.Common(left.Type, right.Type);
            return (Rescale(left, common), Rescale(right, common));
        }
        if (left.Type.Physical != right.Type.Physical)
            throw SqlException.Internal($"comparison of {left.Type.Id} with {right.Type.Id}");
        return (left, right);
    }

    /// <summary>A literal without bounds beside a bounded numeric becomes a scaled integer: the comparison stays in machine integers.</summary>
    private Node Bounded(Node node, SqlType other)
    {
        if (node is not ConstantNode { Value: byte[] encoded } || other.Physical == PhysicalType.View)
            return node;
        var value = PgNumeric.Read(encoded);
        if (!value.TrimScale().TryGetSmall(out var mantissa, out var scale) || scale > 18 || Int128.Abs(mantissa) >= Pow10.Wide[18])
            return node;
        var precision = Math.Max(Math.Max(1, scale), Pow10.DigitCount((UInt128)Int128.Abs(mantissa)));
        return new ConstantNode((long)mantissa, SqlType.NumericOf(precision, scale), Take());
    }

    private Node Rescale(Node node, SqlType common) =>
        node.Type.Physical == common.Physical && (common.Physical == PhysicalType.View || node.Type.Scale == common.Scale)
            ? node
            : Cast(node, common, Planner.Catalog.CastContext.Implicit);

    private static Expression CompareRows(ComparisonOperator op, ImmutableArray<Expression> left, ImmutableArray<Expression> right)
    {
        Expression Field(ComparisonOperator o, int i) => left[i] is RowExpression l && right[i] is RowExpression r
            ? CompareRows(o, l.Fields, r.Fields) : new ComparisonExpression(o, left[i], right[i]);
        var indexes = Enumerable.Range(0, left.Length);
        switch (op)
        {
            case ComparisonOperator.Equal or ComparisonOperator.IsNotDistinctFrom:
                return Combine(true, indexes.Select(i => Field(op, i)));
            case ComparisonOperator.NotEqual or ComparisonOperator.IsDistinctFrom:
                return Combine(false, indexes.Select(i => Field(op, i)));
        }
        var strict = op is ComparisonOperator.Less or ComparisonOperator.LessOrEqual ? ComparisonOperator.Less : ComparisonOperator.Greater;
        var result = Field(op, left.Length - 1);
        for (var i = left.Length - 2; i >= 0; i--)
            result = Combine(false, [Field(strict, i), Combine(true, [Field(ComparisonOperator.Equal, i), result])]);
        return result;
    }

    private static Expression Combine(bool and, IEnumerable<Expression> parts)
    {
        var operands = parts.ToImmutableArray();
        return operands.Length == 1 ? operands[0] : new LogicalExpression(and, operands);
    }

    private Node RowNullTest(RowExpression row, bool negated) =>
        row.Fields.IsEmpty ? new ConstantNode(true, SqlType.Bool, Take())
            : Compile(Combine(true, row.Fields.Select(f => new NullTestExpression(f, negated))));

    private Node Conditional(ConditionalExpression c)
    {
        if (c.Kind == ConditionalKind.NullIf)
        {
            var equal = Compile(new ComparisonExpression(ComparisonOperator.Equal, c.Arguments[0], c.Arguments[1]));
            return new NullIfNode(Unify(Compile(c.Arguments[0]), c.Type), equal, c.Type, Take());
        }
        Node[] arguments = [.. c.Arguments.Select(a => Unify(Compile(a), c.Type))];
        return c.Kind == ConditionalKind.Coalesce
            ? new CoalesceNode(arguments, c.Type, Take())
            : new ExtremeNode(c.Kind == ConditionalKind.Greatest, arguments, c.Type, Take(ExtremeNode.SlotCount));
    }

    private Node InList(InListExpression i)
    {
        if (i.Operand is RowExpression row)
        {
            var any = Combine(false, i.Items.Select(item => CompareRows(ComparisonOperator.Equal, row.Fields, ((RowExpression)item).Fields)));
            return Compile(i.Negated ? new NotExpression(any) : any);
        }
        var operand = Compile(i.Operand);
        var items = i.Items.Select(Compile).ToArray();
        if (operand.Type.Id == TypeId.Numeric)
        {
            for (var k = 0; k < items.Length; k++)
                items[k] = Bounded(items[k], operand.Type);
            var common = items.Aggregate(operand.Type, (type, item) => NumericTypes.Common(type, item.Type));
            operand = Rescale(operand, common);
            items = Array.ConvertAll(items, item => Rescale(item, common));
        }
        return new InListNode(operand, items, i.Negated, Take());
    }

    private ArrayComparisonNode ArrayComparison(ArrayComparisonExpression a)
    {
        var left = Compile(a.Left);
        var array = Compile(a.Array);
        if (a.Function is null)
        {
            var element = ValueBox.ElementType(array.Type);
            if (left.Type.Physical != element.Physical || (element.Id == TypeId.Numeric && element.Physical != PhysicalType.View && element.Scale != left.Type.Scale))
                left = Cast(left, element, Planner.Catalog.CastContext.Implicit);
        }
        return new ArrayComparisonNode((CompareOp)a.Operator, a.Function as ScalarFunction, left, array, a.All, Take(ArrayComparisonNode.SlotCount));
    }
}

/// <summary>The operand under another type of the same representation.</summary>
internal sealed class RetypeNode(Node operand, SqlType type) : Node(type, -1)
{
    public Node Operand => operand;

    public override bool IsConstant => operand.IsConstant;

    public override bool IsTotal => operand.IsTotal;

    public override Vector Evaluate(Frame frame, Selection? selection) => operand.Evaluate(frame, selection);

    public override unsafe void Select(Frame frame, Selection? selection, ulong* mask) => operand.Select(frame, selection, mask);
}

/// <summary>A part of several expressions of one program, which are all evaluated for the same rows: computed once per input.</summary>
internal sealed class SharedNode(FunctionNode call, int slot) : Node(call.Type, slot)
{
    private sealed class State
    {
        public long Sequence;
        public Vector? Value;
    }

    public FunctionNode Call => call;

    public override bool IsTotal => call.IsTotal;

    public override Vector Evaluate(Frame frame, Selection? selection)
    {
        var state = (State)(frame.CallState(Slot) ??= new State());
        if (state.Sequence != frame.Sequence || state.Value is null)
        {
            state.Value = call.Evaluate(frame, selection);
            state.Sequence = frame.Sequence;
        }
        return state.Value;
    }
}
