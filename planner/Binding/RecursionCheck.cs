using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;
using OmenDb.Types;

namespace OmenDb.Planner.Binding;

/// <summary>Where the recursive term of WITH RECURSIVE may name its own query: once, and only where more rows of the last round
/// can never take a result back. Elsewhere the rounds would have no fixed point and might never end.</summary>
internal static class RecursionCheck
{
    /// <exception cref="SqlException">42P19.</exception>
    public static void Verify(LogicalPlan recursive, int id, string name, int position)
    {
        SqlException Error(string message) => new(SqlState.InvalidRecursion, message) { Position = position };
        SqlException Within(string place) => Error($"recursive reference to query \"{name}\" must not appear within {place}");

        var references = 0;
        Walk(recursive);

        void Walk(LogicalPlan plan)
        {
            switch (plan)
            {
                case CteReference reference when reference.Id == id:
                    if (++references > 1)
                        throw Error($"recursive reference to query \"{name}\" must not appear more than once");
                    break;
                case Aggregate { Calls.IsEmpty: false } aggregate when Refers(aggregate.Input, id):
                    throw Error("aggregate functions are not allowed in a recursive query's recursive term");
                case Join { Kind: JoinKind.Left or JoinKind.Full } outer when Refers(outer.Right, id):
                case Join { Kind: JoinKind.Right or JoinKind.Full } right when Refers(right.Left, id):
                    throw Within("an outer join");
                case SetOperation { Kind: SetOperationKind.Except } except when Refers(except.Right, id):
                    throw Within("EXCEPT");
                case SetOperation { Kind: SetOperationKind.Intersect, All: true } intersect when Refers(intersect.Left, id) || Refers(intersect.Right, id):
                    throw Within("INTERSECT");
            }
            if (PlanTree.Expressions(plan).Any(e => ExpressionTree.Any(e, part => part is SubqueryExpression s && Refers(s.Plan, id))))
                throw Within("a subquery");
            foreach (var child in plan.Children)
                Walk(child);
        }
    }

    private static bool Refers(LogicalPlan plan, int id) =>
        plan is CteReference reference && reference.Id == id
        || plan.Children.Any(child => Refers(child, id))
        || PlanTree.Expressions(plan).Any(e => ExpressionTree.Any(e, part => part is SubqueryExpression s && Refers(s.Plan, id)));
}
