using System.Text;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Statistics;
using OmenDb.Types;

namespace OmenDb.Planner.Plans;

/// <summary>A logical plan as an indented tree: the logical half of EXPLAIN VERBOSE, and what rule tests compare.</summary>
public static class PlanText
{
    /// <param name="plan">Any logical plan.</param>
    /// <param name="estimator">Prints expected rows when given.</param>
    public static string Of(LogicalPlan plan, CardinalityEstimator? estimator = null)
    {
        var text = new StringBuilder();
        Write(plan, 0, text, estimator);
        return text.ToString();
    }

    private static void Write(LogicalPlan plan, int depth, StringBuilder text, CardinalityEstimator? estimator)
    {
        text.Append(' ', depth * 2).Append(Describe(plan));
        if (estimator is not null)
            text.Append($" (rows={estimator.Rows(plan):0})");
        text.Append('\n');
        foreach (var child in plan.Children)
            Write(child, depth + 1, text, estimator);
    }

    private static string Describe(LogicalPlan plan) => plan switch
    {
        Scan p => $"Scan {p.Alias} [{string.Join(", ", p.ScanColumns.Select(c => c.Column.Name))}]{List(" filter ", p.Filters)}",
        Values p => $"Values {p.Rows.Length} x {p.Outputs.Length}",
        Filter p => $"Filter {Of(p.Predicate)}",
        Project p => $"Project {string.Join(", ", p.Projections.Select(Of))}",
        Join p => $"{(p.Dependent ? "Dependent " : "")}{p.Kind} Join{(p.Condition is null ? "" : " on " + Of(p.Condition))}{(p.Mark is null ? "" : $" mark {p.Mark}")}",
        Aggregate p => $"Aggregate{List(" by ", p.Groups.Select(Of))}{List(" determining ", p.Determined.Select(i => p.Groups[i].Output.ToString()))}{List(" compute ", p.Calls.Select(Of))}",
        Window p => $"Window {string.Join(", ", p.Calls.Select(c => $"{c.Output} = {c.Function.Name}"))}",
        Sort p => $"Sort {Keys(p.Keys)}",
        Limit p => $"Limit{(p.Count is null ? "" : " " + Of(p.Count))}{(p.Offset is null ? "" : " offset " + Of(p.Offset))}",
        Distinct p => $"Distinct{List(" on ", p.On)}",
        SetOperation p => $"{p.Kind}{(p.All ? " All" : "")}",
        TableFunction p => $"Function {p.Function.Name}({string.Join(", ", p.Arguments.Select(Of))})",
        CteDefinition p => $"With {p.Name}#{p.Id}",
        CteReference p => $"Reference {p.Name}#{p.Id}",
        RecursiveUnion p => $"Recursive {p.Name}#{p.Id}",
        LockRows p => $"Lock {p.Strength}",
        ChangePlan p => $"{p.GetType().Name} {p.Table.Name}",
        _ => plan.GetType().Name,
    };

    private static string List(string before, IEnumerable<Expression> expressions) => List(before, expressions.Select(Of));

    private static string List(string before, IEnumerable<string> items)
    {
        var joined = string.Join(", ", items);
        return joined.Length == 0 ? "" : before + joined;
    }

    private static string Of(Projection p) => p.Expression is ColumnExpression c && ReferenceEquals(c.Column, p.Output) ? $"{p.Output}" : $"{p.Output} = {Of(p.Expression)}";

    private static string Of(AggregateCall c) => $"{c.Output} = {c.Function.Name}({(c.Distinct ? "distinct " : "")}{string.Join(", ", c.Arguments.Select(Of))})";

    private static string Keys(IEnumerable<SortKey> keys) => string.Join(", ", keys.Select(k => Of(k.Expression) + (k.Descending ? " desc" : "")));

    /// <summary>An expression in the form of SQL, columns with their ids.</summary>
    public static string Of(Expression expression) => expression switch
    {
        ConstantExpression { Value: null } => "null",
        ConstantExpression { Value: string s } => $"'{s}'",
        ConstantExpression { Value: bool b } => b ? "true" : "false",
        ConstantExpression { Type: { Id: TypeId.Numeric, Scale: > 0 and var scale } } c => ((double)Convert.ToDecimal(c.Value is Int128 wide ? (double)wide : c.Value) / Math.Pow(10, scale)).ToString($"F{scale}"),
        ConstantExpression c => $"{c.Value}",
        ColumnExpression c => c.Column.ToString(),
        ParameterExpression p => $"${p.Index + 1}",
        FunctionExpression { Arguments: [var a, var b] } f when !char.IsLetter(f.Function.Name[0]) => $"({Of(a)} {f.Function.Name} {Of(b)})",
        FunctionExpression f => $"{f.Function.Name}({string.Join(", ", f.Arguments.Select(Of))})",
        CastExpression c => $"{Of(c.Operand)}::{c.Target.Id}",
        ComparisonExpression c => $"({Of(c.Left)} {Symbol(c.Operator)} {Of(c.Right)})",
        LogicalExpression l => $"({string.Join(l.IsAnd ? " and " : " or ", l.Operands.Select(Of))})",
        NotExpression n => $"not {Of(n.Operand)}",
        NullTestExpression n => $"{Of(n.Operand)} is {(n.Negated ? "not " : "")}null",
        BooleanTestExpression b => $"{Of(b.Operand)} {b.Test}",
        CaseExpression c => $"case {string.Join(" ", c.Branches.Select(b => $"when {Of(b.When)} then {Of(b.Then)}"))} else {Of(c.Else)} end",
        ConditionalExpression c => $"{c.Kind}({string.Join(", ", c.Arguments.Select(Of))})",
        InListExpression i => $"{Of(i.Operand)} {(i.Negated ? "not " : "")}in ({string.Join(", ", i.Items.Select(Of))})",
        ArrayComparisonExpression a => $"{Of(a.Left)} {Symbol(a.Operator)} {(a.All ? "all" : "any")} ({Of(a.Array)})",
        ArrayExpression a => $"array[{string.Join(", ", a.Elements.Select(Of))}]",
        SubscriptExpression s => $"{Of(s.Array)}[{Of(s.Index)}]",
        RowExpression r => $"row({string.Join(", ", r.Fields.Select(Of))})",
        SubqueryExpression s => $"{s.Kind} subquery",
        InnerPlanExpression => "inner plan",
        _ => expression.GetType().Name,
    };

    private static string Symbol(ComparisonOperator comparison) => comparison switch
    {
        ComparisonOperator.Equal => "=",
        ComparisonOperator.NotEqual => "<>",
        ComparisonOperator.Less => "<",
        ComparisonOperator.LessOrEqual => "<=",
        ComparisonOperator.Greater => ">",
        ComparisonOperator.GreaterOrEqual => ">=",
        ComparisonOperator.IsDistinctFrom => "is distinct from",
        _ => "is not distinct from",
    };
}
