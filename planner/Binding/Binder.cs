using System.Collections.Immutable;
using OmenDb.Planner.Catalog;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;
using OmenDb.Types;
using S = OmenDb.Planner.Syntax;

namespace OmenDb.Planner.Binding;

/// <summary>A column of a result as clients see it.</summary>
/// <param name="Name">The column's label.</param>
/// <param name="Type">What the batches hold.</param>
/// <param name="TypeModifier">PostgreSQL's atttypmod, -1 for computed columns.</param>
/// <param name="TableOid">The table it comes from unchanged, or 0.</param>
/// <param name="ColumnNumber">1-based attribute number in that table, or 0.</param>
public sealed record OutputColumn(string Name, SqlType Type, int TypeModifier, int TableOid, int ColumnNumber);

/// <summary>A bound query or change.</summary>
/// <param name="Plan">Not optimised yet; produces <paramref name="Outputs"/> in order (possibly with more columns behind them).</param>
/// <param name="Outputs">Empty for changes without RETURNING.</param>
/// <param name="ParameterTypes">By 0-based number; unknown ones were decided as text.</param>
/// <param name="NextColumnId">The first column id that the plan does not use: the optimiser goes on from there.</param>
public sealed record BoundStatement(LogicalPlan Plan, ImmutableArray<OutputColumn> Outputs, ImmutableArray<SqlType> ParameterTypes, int NextColumnId);

/// <summary>Names and types as in PostgreSQL: syntax tree in, logical plan out. One binder per statement.</summary>
/// <remarks>Split by subject: FROM, SELECT, expressions, calls, coercion, changes. Depth of recursion is guarded as in the parser.</remarks>
public sealed partial class Binder
{
    private readonly IPlannerCatalog _catalog;
    private readonly List<SqlType> _parameters = [];
    private readonly bool _allowNewParameters;
    private int _nextColumn;
    private int _nextCte;
    private int _viewDepth;

    /// <param name="catalog">One consistent view for the statement.</param>
    /// <param name="parameterTypes">Types that the client declared; Unknown where it leaves them open.</param>
    /// <param name="allowNewParameters">False where $n has no meaning (views, defaults).</param>
    public Binder(IPlannerCatalog catalog, IEnumerable<SqlType>? parameterTypes = null, bool allowNewParameters = true)
    {
        _catalog = catalog;
        _allowNewParameters = allowNewParameters;
        if (parameterTypes is not null)
            _parameters.AddRange(parameterTypes);
    }

    /// <summary>Told what names mean, when set.</summary>
    public NameTrace? Trace { get; set; }

    /// <summary>Binds a SELECT-like statement or a change.</summary>
    public BoundStatement Bind(S.Statement statement)
    {
        switch (statement)
        {
            case S.QueryStatement query:
                var bound = BindQuery(query.Query, null, isTop: true);
                return Finish(bound.Plan, bound.Outputs);
            case S.InsertStatement or S.UpdateStatement or S.DeleteStatement or S.MergeStatement:
                var root = new Scope(null);
                var change = statement is S.MergeStatement merge ? BindMerge(merge, root) : BindChange(statement, root);
                return Finish(WrapCtes(change, root), [.. change.Returning.Select(r => r.Output)]);
            default:
                throw SqlException.NotSupported("this statement inside another one", statement.ErrorPosition);
        }
    }

    private BoundStatement Finish(LogicalPlan plan, ImmutableArray<Column> outputs)
    {
        for (var i = 0; i < _parameters.Count; i++)
        {
            if (_parameters[i].Id == TypeId.Unknown)
                _parameters[i] = SqlType.Text;
        }
        plan = ResolveParameters(plan);
        return new BoundStatement(plan, [.. outputs.Select(Describe)], [.. _parameters], _nextColumn);
    }

    /// <summary>A parameter may have been used before its type was decided: give every use the decided type.</summary>
    private LogicalPlan ResolveParameters(LogicalPlan plan) => _parameters.Count == 0 ? plan : PlanTree.MapExpressions(plan, ResolveParameters);

    private Expression ResolveParameters(Expression expression) => ExpressionTree.Rewrite(expression, node => node switch
    {
        ParameterExpression { Type.Id: TypeId.Unknown } p => p with { Type = _parameters[p.Index] },
        SubqueryExpression s => s with { Plan = ResolveParameters(s.Plan) },
        _ => node,
    });

    /// <summary>What RowDescription tells about a column.</summary>
    private OutputColumn Describe(Column column)
    {
        var modifier = _declaredModifiers.TryGetValue(column, out var declared) ? declared : -1;
        return column.Origin is ({ } table, var ordinal)
            ? new OutputColumn(column.Name, column.Type, table.Columns[ordinal].Type.TypeModifier, table.Kind == TableKind.View ? 0 : table.Oid,
                table.Columns[ordinal].Number is > 0 and var number ? number : ordinal + 1)
            : new OutputColumn(column.Name, column.Type, modifier, 0, 0);
    }

    private readonly Dictionary<Column, int> _declaredModifiers = new(ReferenceEqualityComparer.Instance);

    internal Column NewColumn(string name, SqlType type, bool nullable = true) => new(_nextColumn++, name, type, nullable);

    /// <summary>A column for an expression: a plain column keeps its origin and nullability.</summary>
    private Column NewColumnFor(string name, Expression expression)
    {
        if (expression is ColumnExpression { Column: var source })
            return new Column(_nextColumn++, name, source.Type, IsNullable(expression)) { Origin = source.Origin };
        var column = NewColumn(name, expression.Type, IsNullable(expression));
        if (expression is CastExpression { Context: CastContext.Explicit } cast)
            _declaredModifiers[column] = cast.Target.TypeModifier;
        else if (expression is ConstantExpression && expression.Type.Id is TypeId.Varchar or TypeId.Char)
            _declaredModifiers[column] = expression.Type.TypeModifier;
        return column;
    }

    /// <summary>Columns on the null-extended side of an outer join of this statement.</summary>
    private readonly HashSet<Column> _nullExtended = new(ReferenceEqualityComparer.Instance);

    private bool IsNullable(Expression expression) => expression switch
    {
        ConstantExpression c => c.IsNull,
        ColumnExpression c => c.Column.Nullable || _nullExtended.Contains(c.Column),
        NullTestExpression or BooleanTestExpression => false,
        ComparisonExpression { Operator: ComparisonOperator.IsDistinctFrom or ComparisonOperator.IsNotDistinctFrom } => false,
        SubqueryExpression { Kind: SubqueryKind.Exists } => false,
        ComparisonExpression c => IsNullable(c.Left) || IsNullable(c.Right),
        LogicalExpression l => l.Operands.Any(IsNullable),
        NotExpression n => IsNullable(n.Operand),
        CastExpression c => IsNullable(c.Operand),
        _ => true,
    };

    /// <summary>Binds a stored expression (default, check, index expression, generated column) over a table's columns.</summary>
    /// <param name="syntax">The parsed text.</param>
    /// <param name="columns">What names resolve to; empty for defaults.</param>
    /// <param name="tableName">Qualifier that is accepted too; null when there is none.</param>
    /// <param name="target">The type that the value is assigned to; null keeps the expression's own.</param>
    /// <param name="targetName">The column's name for the error message.</param>
    public Expression BindStandalone(S.SyntaxExpression syntax, ImmutableArray<Column> columns, string? tableName, SqlType? target, string? targetName = null)
    {
        var scope = new Scope(null);
        if (tableName is not null)
            scope.Tables.Add(new ScopeTable(tableName, null, [.. columns.Select(c => new ScopeColumn(c.Name, new ColumnExpression(c)))]));
        var place = tableName is null ? ExpressionPlace.Default : ExpressionPlace.Check;
        var expression = BindExpression(syntax, scope, place);
        expression = target is null ? Settle(expression) : AssignTo(expression, target, targetName ?? "?column?", syntax.ErrorPosition);
        return ResolveParameters(expression);
    }

    /// <summary>Binds the elements of EXECUTE: values for parameters of the given types.</summary>
    public Expression BindParameterValue(S.SyntaxExpression syntax, SqlType type) =>
        AssignTo(BindExpression(syntax, new Scope(null), ExpressionPlace.Values), type, "$n", syntax.ErrorPosition);
}
