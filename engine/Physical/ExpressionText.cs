using OmenDb.Engine.Expressions;
using OmenDb.Planner.Expressions;
using OmenDb.Types;

namespace OmenDb.Engine.Physical;

/// <summary>Bound expressions as EXPLAIN shows them.</summary>
internal static class ExpressionText
{
    public static string Conjunction(IEnumerable<Expression> conjuncts)
    {
        var parts = conjuncts.Select(Of).ToArray();
        return parts.Length == 1 ? parts[0] : "(" + string.Join(" AND ", parts) + ")";
    }

    public static string Of(SortKey key) =>
        Of(key.Expression) + (key.Descending ? " DESC" : "") + (key.NullsFirst == key.Descending ? "" : key.NullsFirst ? " NULLS FIRST" : " NULLS LAST");

    public static string Of(Expression expression) => expression switch
    {
        ConstantExpression c => Constant(c),
        ColumnExpression c => c.Column.Name,
        ParameterExpression p => $"${p.Index + 1}",
        FunctionExpression { Function.Name: var name } f when !char.IsLetter(name[0]) && name[0] != '_' =>
            f.Arguments.Length == 2 ? $"({Of(f.Arguments[0])} {name} {Of(f.Arguments[1])})" : $"({name} {Of(f.Arguments[0])})",
        FunctionExpression f => $"{f.Function.Name}({string.Join(", ", f.Arguments.Select(Of))})",
        CastExpression c => $"({Of(c.Operand)})::{Functions.Casts.TypeNames.Of(c.Target)}",
        ComparisonExpression c => $"({Of(c.Left)} {Operator(c.Operator)} {Of(c.Right)})",
        LogicalExpression l => "(" + string.Join(l.IsAnd ? " AND " : " OR ", l.Operands.Select(Of)) + ")",
        NotExpression n => $"(NOT {Of(n.Operand)})",
        NullTestExpression n => $"({Of(n.Operand)} IS {(n.Negated ? "NOT " : "")}NULL)",
        BooleanTestExpression b => $"({Of(b.Operand)} {Test(b.Test)})",
        CaseExpression c => "CASE " + string.Join(" ", c.Branches.Select(b => $"WHEN {Of(b.When)} THEN {Of(b.Then)}")) + $" ELSE {Of(c.Else)} END",
        ConditionalExpression c => $"{c.Kind.ToString().ToUpperInvariant()}({string.Join(", ", c.Arguments.Select(Of))})",
        InListExpression i => $"({Of(i.Operand)} {(i.Negated ? "<> ALL" : "= ANY")} ({string.Join(", ", i.Items.Select(Of))}))",
        ArrayComparisonExpression a => $"({Of(a.Left)} {a.Function?.Name ?? Operator(a.Operator)} {(a.All ? "ALL" : "ANY")} ({Of(a.Array)}))",
        ArrayExpression a => $"ARRAY[{string.Join(", ", a.Elements.Select(Of))}]",
        SubscriptExpression s => $"{Of(s.Array)}[{Of(s.Index)}]",
        RowExpression r => $"ROW({string.Join(", ", r.Fields.Select(Of))})",
        _ => expression.GetType().Name,
    };

    private static string Constant(ConstantExpression c) => c.Value switch
    {
        null => "NULL",
        bool b => b ? "true" : "false",
        string s => $"'{s.Replace("'", "''")}'",
        byte[] bytes when c.Type.Id == TypeId.Numeric => PgNumeric.Read(bytes).ToString(),
        long scaled when c.Type.Id == TypeId.Numeric => PgNumeric.FromDecimal64(scaled, c.Type.Scale).ToString(),
        Int128 scaled when c.Type.Id == TypeId.Numeric => PgNumeric.FromDecimal128(scaled, c.Type.Scale).ToString(),
        int days when c.Type.Id == TypeId.Date => "'" + DateText(days) + "'::date",
        object?[] items => $"'{Braces(items)}'",
        var other => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{other}"),
    };

    private static string Braces(object?[] items) =>
        "{" + string.Join(",", items.Select(i => i is null ? "NULL" : i is object?[] inner ? Braces(inner) : i.ToString())) + "}";

    private static string DateText(int days)
    {
        if (DateTimes.IsInfinite(days))
            return days > 0 ? "infinity" : "-infinity";
        var (year, month, day) = DateTimes.FromDays(days);
        return $"{year:D4}-{month:D2}-{day:D2}";
    }

    private static string Operator(ComparisonOperator op) => op switch
    {
        ComparisonOperator.Equal => "=",
        ComparisonOperator.NotEqual => "<>",
        ComparisonOperator.Less => "<",
        ComparisonOperator.LessOrEqual => "<=",
        ComparisonOperator.Greater => ">",
        ComparisonOperator.GreaterOrEqual => ">=",
        ComparisonOperator.IsDistinctFrom => "IS DISTINCT FROM",
        _ => "IS NOT DISTINCT FROM",
    };

    private static string Test(BooleanTest test) => test switch
    {
        BooleanTest.IsTrue => "IS TRUE",
        BooleanTest.IsNotTrue => "IS NOT TRUE",
        BooleanTest.IsFalse => "IS FALSE",
        BooleanTest.IsNotFalse => "IS NOT FALSE",
        BooleanTest.IsUnknown => "IS UNKNOWN",
        _ => "IS NOT UNKNOWN",
    };
}
