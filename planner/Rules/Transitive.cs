using OmenDb.Planner.Expressions;

namespace OmenDb.Planner.Rules;

/// <summary>What equalities say about other columns: from a = b and a &lt; 5 follows b &lt; 5, from a = b and b = c follows a = c.</summary>
internal static class Transitive
{
    /// <returns>Conjuncts that follow from the given ones and are not among them.</returns>
    public static List<Expression> Infer(IReadOnlyList<Expression> conjuncts)
    {
        var inferred = new List<Expression>();
        var classes = EqualityClasses(conjuncts);
        if (classes.Count == 0)
            return inferred;
        void Add(Expression candidate)
        {
            if (!conjuncts.Any(c => Equivalent(c, candidate)) && !inferred.Exists(c => Equivalent(c, candidate)))
                inferred.Add(candidate);
        }
        foreach (var conjunct in conjuncts)
        {
            // Any predicate over one column alone holds for its equals too.
            var columns = ExpressionTree.Columns(conjunct);
            if (columns.Count != 1 || ExpressionTree.IsVolatile(conjunct) || conjunct is NullTestExpression)
                continue;
            var column = columns.First();
            foreach (var other in classes.Find(c => c.Contains(column)) ?? [])
            {
                if (!ReferenceEquals(other, column) && other.Type.Equals(column.Type))
                    Add(ExpressionTree.Substitute(conjunct, new Dictionary<Column, Expression>(ReferenceEqualityComparer.Instance) { [column] = new ColumnExpression(other) }));
            }
        }
        foreach (var members in classes.Where(c => c.Count > 2))
        {
            for (var i = 0; i < members.Count; i++)
            {
                for (var j = i + 1; j < members.Count; j++)
                    Add(new ComparisonExpression(ComparisonOperator.Equal, new ColumnExpression(members[i]), new ColumnExpression(members[j])));
            }
        }
        return inferred;
    }

    private static bool Equivalent(Expression a, Expression b) => ExpressionTree.Same(a, b)
        || a is ComparisonExpression { Operator: ComparisonOperator.Equal } x && b is ComparisonExpression { Operator: ComparisonOperator.Equal } y
            && ExpressionTree.Same(x.Left, y.Right) && ExpressionTree.Same(x.Right, y.Left);

    /// <summary>Columns that equalities (column = column, same type) tie together.</summary>
    private static List<List<Column>> EqualityClasses(IReadOnlyList<Expression> conjuncts)
    {
        var classes = new List<List<Column>>();
        foreach (var conjunct in conjuncts)
        {
            if (conjunct is not ComparisonExpression { Operator: ComparisonOperator.Equal, Left: ColumnExpression left, Right: ColumnExpression right })
                continue;
            var a = classes.Find(c => c.Contains(left.Column));
            var b = classes.Find(c => c.Contains(right.Column));
            if (a is null && b is null)
            {
                classes.Add([left.Column, right.Column]);
            }
            else if (a is null || b is null)
            {
                (a ?? b)!.Add(a is null ? left.Column : right.Column);
            }
            else if (!ReferenceEquals(a, b))
            {
                a.AddRange(b);
                classes.Remove(b);
            }
        }
        return classes;
    }
}
