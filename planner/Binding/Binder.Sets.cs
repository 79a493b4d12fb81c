using System.Collections.Immutable;
using OmenDb.Planner.Catalog;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;
using OmenDb.Types;
using S = OmenDb.Planner.Syntax;

namespace OmenDb.Planner.Binding;

// VALUES and set operations, and the clauses on top of them.
public sealed partial class Binder
{
    private (LogicalPlan, ImmutableArray<Column>) BindValues(S.ValuesQuery values, Scope? outer, bool keepUnknown)
    {
        var scope = new Scope(outer);
        var width = values.Rows[0].Values.Length;
        var rows = new List<List<Expression>>();
        foreach (var row in values.Rows)
        {
            if (row.Values.Length != width)
                throw new SqlException(SqlState.SyntaxError, "VALUES lists must all be the same length") { Position = row.Values[0].ErrorPosition };
            rows.Add([.. row.Values.Select(v => BindExpression(v, scope, ExpressionPlace.Values))]);
        }
        var columns = ImmutableArray.CreateBuilder<Column>(width);
        for (var i = 0; i < width; i++)
        {
            var at = i;
            var cells = rows.ConvertAll(r => r[at]);
            if (!(keepUnknown && cells.TrueForAll(c => c.Type.Id == TypeId.Unknown)))
            {
                var type = CommonType(cells, "VALUES");
                for (var r = 0; r < rows.Count; r++)
                    rows[r][i] = CoerceToCommon(rows[r][i], type, "VALUES");
            }
            columns.Add(NewColumn($"column{i + 1}", rows[0][i].Type, rows.Exists(r => IsNullable(r[at]))));
        }
        var outputs = columns.MoveToImmutable();
        return (new Values(outputs, [.. rows.Select(r => r.ToImmutableArray())]), outputs);
    }

    private (LogicalPlan, ImmutableArray<Column>) BindSetOperation(S.SetOperation set, Scope? outer)
    {
        var kind = set.Kind switch
        {
            S.SetOperationKind.Union => SetOperationKind.Union,
            S.SetOperationKind.Intersect => SetOperationKind.Intersect,
            _ => SetOperationKind.Except,
        };
        var (plan, outputs) = BindQuery(set.Inputs[0], outer, keepUnknown: true);
        for (var i = 1; i < set.Inputs.Length; i++)
        {
            var (right, rightOutputs) = BindQuery(set.Inputs[i], outer, keepUnknown: true);
            var name = kind.ToString().ToUpperInvariant();
            if (outputs.Length != rightOutputs.Length)
                throw new SqlException(SqlState.SyntaxError, $"each {name} query must have the same number of columns") { Position = set.Inputs[i].ErrorPosition };
            var isLast = i == set.Inputs.Length - 1;
            var types = new List<SqlType>();
            for (var c = 0; c < outputs.Length; c++)
            {
                Expression l = OutputExpression(plan, outputs[c]), r = OutputExpression(right, rightOutputs[c]);
                types.Add(l.Type.Id == TypeId.Unknown && r.Type.Id == TypeId.Unknown && !isLast ? SqlType.Text : CommonType([l, r], name));
            }
            plan = ConvertOutputs(plan, outputs, types, name);
            right = ConvertOutputs(right, rightOutputs, types, name);
            var columns = outputs.Select((o, c) => NewColumn(o.Name, types[c],
                IsNullable(new ColumnExpression(plan.Columns[c])) || IsNullable(new ColumnExpression(right.Columns[c])))).ToImmutableArray();
            plan = new SetOperation(kind, set.IsAll, plan, right, columns);
            outputs = columns;
        }
        return (plan, outputs);
    }

    /// <summary>What a projection computes for a column, so that literals can still take the other side's type.</summary>
    private static Expression OutputExpression(LogicalPlan plan, Column column) =>
        plan is Project project && project.Projections.FirstOrDefault(p => ReferenceEquals(p.Output, column)) is { Expression: ConstantExpression or ParameterExpression } projection
            ? projection.Expression
            : new ColumnExpression(column);

    /// <summary>A plan that produces exactly the outputs, in the given types.</summary>
    private LogicalPlan ConvertOutputs(LogicalPlan plan, ImmutableArray<Column> outputs, List<SqlType> types, string what)
    {
        if (plan.Columns.SequenceEqual(outputs) && outputs.Select(o => o.Type).SequenceEqual(types))
            return plan;
        var project = plan as Project;
        var replaceable = project is not null && project.Columns.SequenceEqual(outputs);
        var projections = outputs.Select((o, i) =>
        {
            var source = replaceable ? project!.Projections[i].Expression : new ColumnExpression(o);
            var converted = CoerceToCommon(source, types[i], what);
            return new Projection(converted.Type.Equals(o.Type) && replaceable ? o : NewColumnFor(o.Name, converted), converted);
        });
        return new Project(replaceable ? project!.Input : plan, [.. projections]);
    }

    /// <summary>ORDER BY and LIMIT over a set operation or VALUES: only output names and positions can be named.</summary>
    private (LogicalPlan, ImmutableArray<Column>) BindTop((LogicalPlan Plan, ImmutableArray<Column> Outputs) body, TopClauses top, Scope? outer)
    {
        var (plan, outputs) = body;
        if (!top.Locking.IsEmpty)
            throw new SqlException(SqlState.FeatureNotSupported, "FOR UPDATE is not allowed with UNION/INTERSECT/EXCEPT") { Position = top.Locking[0].ErrorPosition };
        if (!top.OrderBy.IsEmpty)
        {
            var targets = outputs.Select(o => new Target(o.Name, new ColumnExpression(o))).ToList();
            var scope = new Scope(outer);
            scope.Tables.Add(new ScopeTable("", null, [.. outputs.Select(o => new ScopeColumn(o.Name, new ColumnExpression(o)))]));
            var keys = new List<SortKey>();
            foreach (var item in top.OrderBy)
            {
                var key = BindOrderItem(item, scope, targets);
                if (key.Expression is not ColumnExpression && plan is SetOperation)
                {
                    throw new SqlException(SqlState.FeatureNotSupported, "invalid UNION/INTERSECT/EXCEPT ORDER BY clause")
                    {
                        Position = item.ErrorPosition, Detail = "Only result column names can be used, not expressions or functions.",
                        Hint = "Add the expression/function to every SELECT, or move the UNION into a FROM clause.",
                    };
                }
                keys.Add(key);
            }
            plan = new Sort(plan, [.. keys]);
        }
        return (BindLimit(plan, top, outer), outputs);
    }
}
