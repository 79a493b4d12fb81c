using System.Collections.Immutable;
using OmenDb.Planner.Plans;

namespace OmenDb.Planner.Expressions;

/// <summary>The one place that knows the children of every expression: walking, mapping, comparing.</summary>
public static class ExpressionTree
{
    /// <summary>The direct operands, in evaluation order. A subquery's plan is not among them; its left operands are.</summary>
    public static ImmutableArray<Expression> Children(Expression expression) => expression switch
    {
        ConstantExpression or ColumnExpression or ParameterExpression => [],
        FunctionExpression f => f.Arguments,
        CastExpression c => [c.Operand],
        ComparisonExpression c => [c.Left, c.Right],
        LogicalExpression l => l.Operands,
        NotExpression n => [n.Operand],
        NullTestExpression n => [n.Operand],
        BooleanTestExpression b => [b.Operand],
        CaseExpression c => [.. c.Branches.SelectMany(b => new[] { b.When, b.Then }), c.Else],
        ConditionalExpression c => c.Arguments,
        InListExpression i => [i.Operand, .. i.Items],
        ArrayComparisonExpression a => [a.Left, a.Array],
        ArrayExpression a => a.Elements,
        SubscriptExpression s => [s.Array, s.Index],
        RowExpression r => r.Fields,
        SubqueryExpression s => s.Left,
        InnerPlanExpression i => i.Arguments,
        _ => throw new ArgumentOutOfRangeException(nameof(expression), expression.GetType().Name, "unknown expression"),
    };

    /// <returns>The same object when <paramref name="map"/> changes no child.</returns>
    public static Expression MapChildren(Expression expression, Func<Expression, Expression> map)
    {
        switch (expression)
        {
            case ConstantExpression or ColumnExpression or ParameterExpression:
                return expression;
            case FunctionExpression f:
                return MapAll(f.Arguments, map, out var arguments) ? f with { Arguments = arguments } : f;
            case CastExpression c:
                return Map(c.Operand, map, out var operand) ? c with { Operand = operand } : c;
            case ComparisonExpression c:
                return Map(c.Left, map, out var left) | Map(c.Right, map, out var right) ? c with { Left = left, Right = right } : c;
            case LogicalExpression l:
                return MapAll(l.Operands, map, out var operands) ? l with { Operands = operands } : l;
            case NotExpression n:
                return Map(n.Operand, map, out operand) ? n with { Operand = operand } : n;
            case NullTestExpression n:
                return Map(n.Operand, map, out operand) ? n with { Operand = operand } : n;
            case BooleanTestExpression b:
                return Map(b.Operand, map, out operand) ? b with { Operand = operand } : b;
            case CaseExpression c:
                var changed = Map(c.Else, map, out var otherwise);
                var branches = ImmutableArray.CreateBuilder<CaseBranch>(c.Branches.Length);
                foreach (var branch in c.Branches)
                {
                    changed |= Map(branch.When, map, out var when) | Map(branch.Then, map, out var then);
                    branches.Add(new CaseBranch(when, then));
                }
                return changed ? c with { Branches = branches.MoveToImmutable(), Else = otherwise } : c;
            case ConditionalExpression c:
                return MapAll(c.Arguments, map, out arguments) ? c with { Arguments = arguments } : c;
            case InListExpression i:
                return Map(i.Operand, map, out operand) | MapAll(i.Items, map, out var items) ? i with { Operand = operand, Items = items } : i;
            case ArrayComparisonExpression a:
                return Map(a.Left, map, out left) | Map(a.Array, map, out right) ? a with { Left = left, Array = right } : a;
            case ArrayExpression a:
                return MapAll(a.Elements, map, out items) ? a with { Elements = items } : a;
            case SubscriptExpression s:
                return Map(s.Array, map, out left) | Map(s.Index, map, out right) ? s with { Array = left, Index = right } : s;
            case RowExpression r:
                return MapAll(r.Fields, map, out items) ? r with { Fields = items } : r;
            case SubqueryExpression s:
                return MapAll(s.Left, map, out items) ? s with { Left = items } : s;
            case InnerPlanExpression i:
                return MapAll(i.Arguments, map, out arguments) ? i with { Arguments = arguments } : i;
            default:
                throw new ArgumentOutOfRangeException(nameof(expression), expression.GetType().Name, "unknown expression");
        }
    }

    /// <summary>Rewrites bottom-up: children first, then <paramref name="map"/> on the node itself. Subquery plans are not entered.</summary>
    public static Expression Rewrite(Expression expression, Func<Expression, Expression> map) =>
        expression is ConstantExpression or ColumnExpression or ParameterExpression ? map(expression) : RewriteNode(expression, map);

    private static Expression RewriteNode(Expression expression, Func<Expression, Expression> map) => map(MapChildren(expression, child => Rewrite(child, map)));

    /// <summary>True when some node of the tree satisfies <paramref name="test"/>; subquery plans are not entered.</summary>
    public static bool Any(Expression expression, Func<Expression, bool> test)
    {
        if (test(expression))
            return true;
        foreach (var child in Children(expression))
        {
            if (Any(child, test))
                return true;
        }
        return false;
    }

    /// <summary>Adds every column that the expression reads, those that subqueries inside it read from outside included.</summary>
    public static void CollectColumns(Expression expression, ISet<Column> into)
    {
        switch (expression)
        {
            case ColumnExpression column:
                into.Add(column.Column);
                break;
            case SubqueryExpression subquery:
                into.UnionWith(PlanTree.FreeColumns(subquery.Plan));
                break;
        }
        foreach (var child in Children(expression))
            CollectColumns(child, into);
    }

    public static HashSet<Column> Columns(Expression expression)
    {
        var columns = new HashSet<Column>();
        CollectColumns(expression, columns);
        return columns;
    }

    /// <summary>Replaces columns, inside subqueries too.</summary>
    public static Expression Substitute(Expression expression, IReadOnlyDictionary<Column, Expression> replacements) =>
        Rewrite(expression, node => node switch
        {
            ColumnExpression c when replacements.TryGetValue(c.Column, out var replacement) => replacement,
            SubqueryExpression s => s with { Plan = PlanTree.MapExpressions(s.Plan, e => Substitute(e, replacements)) },
            _ => node,
        });

    /// <summary>Structural equality; positions do not count, volatile calls are never equal.</summary>
    public static bool Same(Expression left, Expression right)
    {
        if (ReferenceEquals(left, right))
            return true;
        if (left.GetType() != right.GetType() || !left.Type.Equals(right.Type))
            return false;
        var same = (left, right) switch
        {
            (ConstantExpression a, ConstantExpression b) => SameValue(a.Value, b.Value),
            (ColumnExpression a, ColumnExpression b) => ReferenceEquals(a.Column, b.Column),
            (ParameterExpression a, ParameterExpression b) => a.Index == b.Index,
            (FunctionExpression a, FunctionExpression b) => ReferenceEquals(a.Function, b.Function)
                && a.Function.Volatility != Catalog.Volatility.Volatile,
            (ComparisonExpression a, ComparisonExpression b) => a.Operator == b.Operator,
            (LogicalExpression a, LogicalExpression b) => a.IsAnd == b.IsAnd,
            (NullTestExpression a, NullTestExpression b) => a.Negated == b.Negated,
            (BooleanTestExpression a, BooleanTestExpression b) => a.Test == b.Test,
            (CaseExpression a, CaseExpression b) => a.Branches.Length == b.Branches.Length,
            (ConditionalExpression a, ConditionalExpression b) => a.Kind == b.Kind,
            (InListExpression a, InListExpression b) => a.Negated == b.Negated,
            (ArrayComparisonExpression a, ArrayComparisonExpression b) =>
                a.Operator == b.Operator && a.All == b.All && ReferenceEquals(a.Function, b.Function),
            (InnerPlanExpression a, InnerPlanExpression b) => ReferenceEquals(a.Plan, b.Plan) && a.FirstParameter == b.FirstParameter,
            (SubqueryExpression a, SubqueryExpression b) => ReferenceEquals(a.Plan, b.Plan) && a.Kind == b.Kind && a.Operator == b.Operator,
            _ => true,
        };
        if (!same)
            return false;
        var leftChildren = Children(left);
        var rightChildren = Children(right);
        if (leftChildren.Length != rightChildren.Length)
            return false;
        for (var i = 0; i < leftChildren.Length; i++)
        {
            if (!Same(leftChildren[i], rightChildren[i]))
                return false;
        }
        return true;
    }

    public static bool IsVolatile(Expression expression) =>
        Any(expression, e => e is FunctionExpression { Function.Volatility: Catalog.Volatility.Volatile });

    /// <summary>The operands of a chain of ANDs; the expression itself when it is none.</summary>
    public static ImmutableArray<Expression> Conjuncts(Expression? expression) => expression switch
    {
        null => [],
        LogicalExpression { IsAnd: true } and => [.. and.Operands.SelectMany(o => Conjuncts(o))],
        _ => [expression],
    };

    /// <returns>Null for no operands at all: nothing to test.</returns>
    public static Expression? And(IEnumerable<Expression> operands)
    {
        var list = operands.SelectMany(o => Conjuncts(o)).ToImmutableArray();
        return list.Length switch { 0 => null, 1 => list[0], _ => new LogicalExpression(true, list) };
    }

    private static bool SameValue(object? left, object? right) => (left, right) switch
    {
        (byte[] a, byte[] b) => a.AsSpan().SequenceEqual(b),
        (object?[] a, object?[] b) => a.Length == b.Length && a.Zip(b).All(pair => SameValue(pair.First, pair.Second)),
        _ => Equals(left, right),
    };

    private static bool Map(Expression child, Func<Expression, Expression> map, out Expression result)
    {
        result = map(child);
        return !ReferenceEquals(result, child);
    }

    private static bool MapAll(ImmutableArray<Expression> children, Func<Expression, Expression> map, out ImmutableArray<Expression> result)
    {
        ImmutableArray<Expression>.Builder? builder = null;
        for (var i = 0; i < children.Length; i++)
        {
            var mapped = map(children[i]);
            if (builder is null)
            {
                if (ReferenceEquals(mapped, children[i]))
                    continue;
                builder = ImmutableArray.CreateBuilder<Expression>(children.Length);
                builder.AddRange(children.AsSpan(0, i));
            }
            builder.Add(mapped);
        }
        result = builder?.MoveToImmutable() ?? children;
        return builder is not null;
    }
}
