using System.Collections.Immutable;
using OmenDb.Planner.Catalog;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;
using OmenDb.Types;

namespace OmenDb.Planner.Rules;

/// <summary>Folds constants, simplifies boolean expressions and factors conjuncts that all branches of an OR share.</summary>
/// <remarks>An expression whose evaluation would raise an error is left alone: it may stand where it is never reached.</remarks>
internal sealed class SimplificationRule : Rule
{
    public override string Name => "simplification";

    public override LogicalPlan Apply(LogicalPlan plan, RuleContext context) =>
        PlanTree.MapExpressions(plan, e => Simplify(e, context));

    private static Expression Simplify(Expression expression, RuleContext context) => ExpressionTree.Rewrite(expression, node => node switch
    {
        SubqueryExpression s => s with { Plan = PlanTree.MapExpressions(s.Plan, e => Simplify(e, context)) },
        _ => SimplifyNode(node, context),
    });

    private static Expression SimplifyNode(Expression node, RuleContext context) => node switch
    {
        ConstantExpression or ColumnExpression or ParameterExpression => node,
        LogicalExpression logical => SimplifyLogical(logical),
        NotExpression not => SimplifyNot(not),
        CaseExpression @case => SimplifyCase(@case),
        FunctionExpression function when function.Function.Volatility == Volatility.Immutable && IsConstant(function) => Fold(function, context),
        FunctionExpression { Function: { Strict: true, Kind: FunctionKind.Scalar } } strict when strict.Arguments.Any(IsNull) => new ConstantExpression(null, strict.Type),
        CastExpression cast when cast.Operand is ConstantExpression && !DependsOnSession(cast) => Fold(cast, context),
        ComparisonExpression c when c.Left is ConstantExpression && c.Right is ConstantExpression => Fold(c, context),
        ComparisonExpression { Operator: not (ComparisonOperator.IsDistinctFrom or ComparisonOperator.IsNotDistinctFrom) } c when IsNull(c.Left) || IsNull(c.Right) =>
            ConstantExpression.NullBool,
        NullTestExpression { Operand: ConstantExpression constant } test => constant.IsNull != test.Negated ? ConstantExpression.True : ConstantExpression.False,
        BooleanTestExpression { Operand: ConstantExpression } => Fold(node, context),
        ConditionalExpression { Kind: ConditionalKind.Coalesce } coalesce => SimplifyCoalesce(coalesce),
        _ => node,
    };

    private static bool IsNull(Expression expression) => expression is ConstantExpression { IsNull: true };

    private static bool IsConstant(FunctionExpression function) => function.Function.Kind == FunctionKind.Scalar && function.Arguments.All(a => a is ConstantExpression);

    /// <summary>Text to a time with zone, or to an OID alias, means something else in another session.</summary>
    private static bool DependsOnSession(CastExpression cast) => cast.Target.Id is TypeId.TimestampTz or TypeId.TimeTz or TypeId.Date or TypeId.Timestamp or TypeId.Time
        or TypeId.Regclass or TypeId.Regtype or TypeId.Regproc or TypeId.Regnamespace or TypeId.Regrole || cast.Operand.Type.Id == TypeId.TimestampTz;

    private static Expression Fold(Expression expression, RuleContext context)
    {
        try
        {
            return context.Catalog.Evaluate(expression) with { Position = expression.Position };
        }
        catch (SqlException)
        {
            return expression; // raised when, and only if, a row reaches it
        }
    }

    private static Expression SimplifyLogical(LogicalExpression logical)
    {
        var operands = new List<Expression>();
        var hasNull = false;
        foreach (var operand in logical.Operands.SelectMany(o => o is LogicalExpression l && l.IsAnd == logical.IsAnd ? l.Operands : [o]))
        {
            switch (operand)
            {
                case ConstantExpression { Value: bool value } when value == logical.IsAnd:
                    continue; // neutral
                case ConstantExpression { Value: bool }:
                    return operand; // decides alone
                case ConstantExpression:
                    hasNull = true;
                    continue;
            }
            if (!operands.Exists(o => ExpressionTree.Same(o, operand)))
                operands.Add(operand);
        }
        if (hasNull)
            operands.Add(ConstantExpression.NullBool);
        if (operands.Count == 0)
            return logical.IsAnd ? ConstantExpression.True : ConstantExpression.False;
        if (operands.Count == 1)
            return operands[0];
        if (!logical.IsAnd)
            return FactorOr(operands);
        return operands.Count == logical.Operands.Length && operands.SequenceEqual(logical.Operands, ReferenceEqualityComparer.Instance) ? logical
            : new LogicalExpression(true, [.. operands]);
    }

    /// <summary>(a and b) or (a and c) is a and (b or c): join conditions inside an OR come out.</summary>
    private static Expression FactorOr(List<Expression> branches)
    {
        var sets = branches.ConvertAll(b => ExpressionTree.Conjuncts(b));
        var common = sets[0].Where(c => !ExpressionTree.IsVolatile(c) && sets.TrueForAll(s => s.Any(x => ExpressionTree.Same(x, c)))).ToList();
        if (common.Count == 0)
            return new LogicalExpression(false, [.. branches]);
        var rests = new List<Expression>();
        foreach (var set in sets)
        {
            if (ExpressionTree.And(set.Where(x => !common.Exists(c => ExpressionTree.Same(x, c)))) is not { } rest)
                return ExpressionTree.And(common)!; // one branch is the common part alone
            rests.Add(rest);
        }
        return ExpressionTree.And([.. common, new LogicalExpression(false, [.. rests])])!;
    }

    private static Expression SimplifyNot(NotExpression not) => not.Operand switch
    {
        ConstantExpression { Value: bool value } => value ? ConstantExpression.False : ConstantExpression.True,
        ConstantExpression => ConstantExpression.NullBool,
        NotExpression inner => inner.Operand,
        NullTestExpression test => test with { Negated = !test.Negated },
        ComparisonExpression c => c with
        {
            Operator = c.Operator switch
            {
                ComparisonOperator.Equal => ComparisonOperator.NotEqual,
                ComparisonOperator.NotEqual => ComparisonOperator.Equal,
                ComparisonOperator.Less => ComparisonOperator.GreaterOrEqual,
                ComparisonOperator.LessOrEqual => ComparisonOperator.Greater,
                ComparisonOperator.Greater => ComparisonOperator.LessOrEqual,
                ComparisonOperator.GreaterOrEqual => ComparisonOperator.Less,
                ComparisonOperator.IsDistinctFrom => ComparisonOperator.IsNotDistinctFrom,
                _ => ComparisonOperator.IsDistinctFrom,
            },
        },
        InListExpression list => list with { Negated = !list.Negated },
        LogicalExpression logical => SimplifyLogical(new LogicalExpression(!logical.IsAnd, [.. logical.Operands.Select(o => SimplifyNot(new NotExpression(o)))])),
        _ => not,
    };

    private static Expression SimplifyCase(CaseExpression @case)
    {
        var branches = new List<CaseBranch>();
        foreach (var branch in @case.Branches)
        {
            if (branch.When is ConstantExpression { Value: null or false })
                continue;
            if (branch.When is ConstantExpression)
                return branches.Count == 0 ? branch.Then : new CaseExpression([.. branches], branch.Then, @case.Type) { Position = @case.Position };
            branches.Add(branch);
        }
        return branches.Count == 0 ? @case.Else : branches.Count == @case.Branches.Length ? @case : @case with { Branches = [.. branches] };
    }

    private static Expression SimplifyCoalesce(ConditionalExpression coalesce)
    {
        var arguments = new List<Expression>();
        foreach (var argument in coalesce.Arguments.Where(a => !IsNull(a)))
        {
            arguments.Add(argument);
            if (argument is ConstantExpression)
                break; // never null: what follows is never asked
        }
        return arguments.Count switch
        {
            0 => new ConstantExpression(null, coalesce.Type),
            1 => arguments[0],
            _ when arguments.Count == coalesce.Arguments.Length => coalesce,
            _ => coalesce with { Arguments = [.. arguments] },
        };
    }
}
