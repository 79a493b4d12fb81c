using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;
using OmenDb.Types;

namespace OmenDb.Planner.Statistics;

/// <summary>Functional dependencies between the columns of a plan: rows that agree in the columns of <c>From</c> agree in those of <c>To</c>, null being equal to null.</summary>
/// <remarks>They come from unique keys, equalities, projections and groupings; what an outer join pads with nulls keeps only those that padding respects.
/// After Paulley and Larson, "Exploiting Uniqueness in Query Optimization" (CASCON 1993). Columns that the plan does not hand on take part as intermediate terms.</remarks>
internal sealed class Dependencies
{
    private readonly List<(HashSet<Column> From, IReadOnlyCollection<Column> To)> _facts = [];

    public Dependencies(LogicalPlan plan) => Collect(plan, isPadded: false);

    /// <summary>All columns that the given ones determine, themselves included.</summary>
    public HashSet<Column> Closure(IEnumerable<Column> columns)
    {
        var known = new HashSet<Column>(columns, ReferenceEqualityComparer.Instance);
        for (var before = -1; before != known.Count;)
        {
            before = known.Count;
            foreach (var (from, to) in _facts)
            {
                if (from.IsSubsetOf(known))
                    known.UnionWith(to);
            }
        }
        return known;
    }

    /// <param name="plan">Whose facts hold in the rows that the root sees.</param>
    /// <param name="isPadded">Some rows of the plan may be replaced by nulls altogether.</param>
    private void Collect(LogicalPlan plan, bool isPadded)
    {
        switch (plan)
        {
            case Scan scan:
                Keys(scan);
                Equalities(scan.Filters, isPadded);
                break;
            case Filter filter:
                Equalities(ExpressionTree.Conjuncts(filter.Predicate), isPadded);
                Collect(filter.Input, isPadded);
                break;
            case Project project:
                foreach (var projection in project.Projections)
                    Computed(projection, isPadded);
                Collect(project.Input, isPadded);
                break;
            case Join { Dependent: false } join:
                if (join.Kind is JoinKind.Inner or JoinKind.Semi)
                    Equalities(ExpressionTree.Conjuncts(join.Condition), isPadded);
                Collect(join.Left, isPadded || join.Kind is JoinKind.Right or JoinKind.Full);
                if (join.Kind is JoinKind.Inner or JoinKind.Left or JoinKind.Right or JoinKind.Full or JoinKind.Single)
                    Collect(join.Right, isPadded || join.Kind is JoinKind.Left or JoinKind.Full or JoinKind.Single);
                break;
            case Aggregate { GroupingSets.IsDefault: true } aggregate:
                if (!isPadded)
                    Add(aggregate.Groups.Select(g => g.Output), aggregate.Columns);
                break;
            case Sort or Limit or Window:
                Collect(plan.Children[0], isPadded);
                break;
        }
    }

    private void Keys(Scan scan)
    {
        foreach (var index in scan.Table.Indexes)
        {
            if (!index.Unique || index.Deferrable || index.PredicateSql is not null)
                continue;
            var key = new List<Column>();
            foreach (var part in index.Columns)
            {
                var at = scan.ScanColumns.FirstOrDefault(c => c.Ordinal == part.Ordinal).Column;
                if (at is { Nullable: false })
                    key.Add(at);
            }
            if (key.Count == index.Columns.Length)
                Add(key, scan.Columns);
        }
    }

    private void Equalities(IEnumerable<Expression> conjuncts, bool isPadded)
    {
        foreach (var conjunct in conjuncts)
        {
            if (conjunct is not ComparisonExpression { Operator: ComparisonOperator.Equal } equality || !HasOneForm(equality.Left.Type) || !equality.Left.Type.Equals(equality.Right.Type))
                continue;
            switch (equality.Left, equality.Right)
            {
                case (ColumnExpression left, ColumnExpression right):
                    Add([left.Column], [right.Column]);
                    Add([right.Column], [left.Column]);
                    break;
                // A padding null stands beside the constant.
                case (ColumnExpression column, ConstantExpression or ParameterExpression) when !isPadded:
                    Add([], [column.Column]);
                    break;
                case (ConstantExpression or ParameterExpression, ColumnExpression column) when !isPadded:
                    Add([], [column.Column]);
                    break;
            }
        }
    }

    private void Computed(Projection projection, bool isPadded)
    {
        if (projection.Expression is ColumnExpression { Column: var column })
        {
            Add([column], [projection.Output]);
            Add([projection.Output], [column]);
        }
        else if (!isPadded && !ExpressionTree.IsVolatile(projection.Expression) && IsPlain(projection.Expression))
        {
            Add(ExpressionTree.Columns(projection.Expression), [projection.Output]);
        }
    }

    /// <summary>Its value depends on its columns alone.</summary>
    public static bool IsPlain(Expression expression) => !ExpressionTree.Any(expression, e => e is SubqueryExpression or InnerPlanExpression);

    /// <summary>Types of which equal values are the same value also when printed: not numerics (1.0 = 1.00), floats (0 = -0), padded characters, collections.</summary>
    private static bool HasOneForm(SqlType type) => type.Id is TypeId.Int2 or TypeId.Int4 or TypeId.Int8 or TypeId.Oid or TypeId.Bool or TypeId.Date or TypeId.Timestamp
        or TypeId.TimestampTz or TypeId.Uuid or TypeId.Text or TypeId.Varchar;

    private void Add(IEnumerable<Column> from, IReadOnlyCollection<Column> to) => _facts.Add((new HashSet<Column>(from, ReferenceEqualityComparer.Instance), to));
}
