using System.Collections.Immutable;
using System.Numerics;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;
using OmenDb.Planner.Statistics;

namespace OmenDb.Planner.Rules;

/// <summary>Orders inner joins by cost: dynamic programming over connected sub-graphs, greedily above <see cref="MaxDynamic"/> inputs.</summary>
/// <remarks>
/// <para>A cluster is a tree of inner joins; whatever is not an inner join is a leaf, optimised on its own first. The cost is the sum of
/// intermediate sizes (C_out) plus the build sides, the measure of Moerkotte and Neumann, "Analysis of Two Existing and One New
/// Dynamic Programming Algorithm for the Generation of Optimal Bushy Join Trees" (VLDB 2006). Cross products only where the graph is not connected.</para>
/// <para>Left of a join stands the probe side, right the build side: the smaller one.</para>
/// </remarks>
internal sealed class JoinOrderRule : Rule
{
    /// <summary>Clusters of up to this many inputs are ordered exactly: at most 3^12 / 2 pairs in the worst case of a clique.</summary>
    private const int MaxDynamic = 12;

    public override string Name => "join_order";

    public override LogicalPlan Apply(LogicalPlan plan, RuleContext context) => new Run().Optimize(plan);

    private sealed class Run
    {
        private readonly CardinalityEstimator _estimator = new();

        public LogicalPlan Optimize(LogicalPlan plan)
        {
            if (!IsClusterJoin(plan))
                return Unchanged(plan, [.. plan.Children.Select(Optimize)]);
            var leaves = new List<LogicalPlan>();
            var conjuncts = new List<Expression>();
            Flatten(plan, leaves, conjuncts);
            for (var i = 0; i < leaves.Count; i++)
                leaves[i] = Optimize(FilterLeaf(leaves[i], conjuncts));
            var ordered = leaves.Count <= MaxDynamic ? OrderDynamic(leaves, conjuncts) : OrderGreedy(leaves, conjuncts);
            return ordered.Columns.SequenceEqual(plan.Columns) ? ordered
                : new Project(ordered, [.. plan.Columns.Select(c => new Projection(c, new ColumnExpression(c)))]);
        }

        /// <summary>What the conditions say of this input alone (filters may not have been pushed down) is no join condition: it is applied at once.</summary>
        private static LogicalPlan FilterLeaf(LogicalPlan leaf, List<Expression> conjuncts)
        {
            var own = conjuncts.FindAll(c => ExpressionTree.Columns(c) is { Count: > 0 } columns && columns.IsSubsetOf(leaf.Columns));
            conjuncts.RemoveAll(own.Contains);
            return ExpressionTree.And(own) is { } predicate ? new Filter(leaf, predicate) : leaf;
        }

        private static LogicalPlan Unchanged(LogicalPlan plan, ImmutableArray<LogicalPlan> children)
        {
            for (var i = 0; i < children.Length; i++)
            {
                if (!ReferenceEquals(children[i], plan.Children[i]))
                    return plan.WithChildren(children);
            }
            return plan;
        }

        private static bool IsClusterJoin(LogicalPlan plan) => plan is Join { Kind: JoinKind.Inner, Dependent: false, AsOf: null };

        private static void Flatten(LogicalPlan plan, List<LogicalPlan> leaves, List<Expression> conjuncts)
        {
            // A projection that only narrows must not split a cluster.
            if (plan is Project project && IsClusterJoin(project.Input) && project.Projections.All(p => p.Expression is ColumnExpression c && ReferenceEquals(c.Column, p.Output)))
                plan = project.Input;
            if (!IsClusterJoin(plan))
            {
                leaves.Add(plan);
                return;
            }
            var join = (Join)plan;
            Flatten(join.Left, leaves, conjuncts);
            Flatten(join.Right, leaves, conjuncts);
            conjuncts.AddRange(ExpressionTree.Conjuncts(join.Condition));
        }

        private sealed record Candidate(LogicalPlan Plan, double Rows, double Cost);

        private LogicalPlan OrderDynamic(List<LogicalPlan> leaves, List<Expression> conjuncts)
        {
            var count = leaves.Count;
            var needs = conjuncts.ConvertAll(c => Needs(c, leaves));
            var best = new Dictionary<int, Candidate>();
            for (var i = 0; i < count; i++)
                best[1 << i] = new Candidate(leaves[i], _estimator.Rows(leaves[i]), 0);
            // Inputs that no condition connects are joined last, by cross products between the connected parts.
            var components = Components(count, needs);
            foreach (var component in components)
            {
                FillComponent(component, best, conjuncts, needs, partial: false);
                // Held together only by a condition over three inputs or more (an OR of comparisons with two subqueries): no pair of
                // its inputs has a condition of its own, so some pair must be a cross product.
                if (!best.ContainsKey(component))
                    FillComponent(component, best, conjuncts, needs, partial: true);
            }
            var parts = components.Select(c => best[c]).OrderByDescending(c => c.Rows).ToList();
            var plan = parts[0];
            var done = components.First(c => ReferenceEquals(best[c], plan));
            foreach (var part in parts.Skip(1))
            {
                var mask = components.First(c => ReferenceEquals(best[c], part));
                plan = Combine(plan, part, done, mask, conjuncts, needs);
                done |= mask;
            }
            var left = conjuncts.Where((_, i) => needs[i] == 0).ToList();
            return ExpressionTree.And(left) is { } constant ? new Filter(plan.Plan, constant) : plan.Plan;
        }

        /// <param name="partial">Inputs count as connected already when a condition reads both, though it needs others as well.</param>
        private void FillComponent(int component, Dictionary<int, Candidate> best, List<Expression> conjuncts, List<int> needs, bool partial)
        {
            // Sub-sets in ascending order: all parts of a set come before it.
            for (var set = (component - 1) & component; ; set = (set - 1) & component)
            {
                var subset = component & ~set;
                if (subset != 0 && BitOperations.PopCount((uint)subset) > 1)
                    FindBest(subset, best, conjuncts, needs, partial);
                if (set == 0)
                    break;
            }
        }

        private void FindBest(int set, Dictionary<int, Candidate> best, List<Expression> conjuncts, List<int> needs, bool partial)
        {
            Candidate? found = null;
            for (var left = (set - 1) & set; left != 0; left = (left - 1) & set)
            {
                var right = set & ~left;
                if (left < right || !best.TryGetValue(left, out var a) || !best.TryGetValue(right, out var b))
                    continue;
                var connected = false;
                foreach (var need in needs)
                    connected |= (partial || (need & ~set) == 0) && (need & left) != 0 && (need & right) != 0;
                if (!connected)
                    continue;
                var candidate = Combine(a, b, left, right, conjuncts, needs);
                if (found is null || candidate.Cost < found.Cost)
                    found = candidate;
            }
            if (found is not null)
                best[set] = found;
        }

        private Candidate Combine(Candidate a, Candidate b, int left, int right, List<Expression> conjuncts, List<int> needs)
        {
            if (a.Rows < b.Rows)
                (a, b, left, right) = (b, a, right, left);
            var set = left | right;
            // Exactly the conditions that become possible here.
            var condition = ExpressionTree.And(conjuncts.Where((_, i) => needs[i] != 0 && (needs[i] & ~set) == 0 && (needs[i] & ~left) != 0 && (needs[i] & ~right) != 0));
            var join = new Join(JoinKind.Inner, a.Plan, b.Plan, condition);
            var rows = _estimator.Rows(join);
            // Building a hash table costs about twice a probe.
            return new Candidate(join, rows, a.Cost + b.Cost + rows + 2 * b.Rows + 0.2 * a.Rows);
        }

        private LogicalPlan OrderGreedy(List<LogicalPlan> leaves, List<Expression> conjuncts)
        {
            // Greedy operator ordering: always the pair with the smallest result next.
            var parts = leaves.ConvertAll(l => new Candidate(l, _estimator.Rows(l), 0));
            var rest = new List<Expression>(conjuncts);
            while (parts.Count > 1)
            {
                (int I, int J, Candidate Result, List<Expression> Used)? next = null;
                for (var connectedOnly = true; next is null; connectedOnly = false)
                {
                    for (var i = 0; i < parts.Count; i++)
                    {
                        for (var j = 0; j < i; j++)
                        {
                            var used = rest.FindAll(c => IsBetween(c, parts[i].Plan, parts[j].Plan));
                            if (used.Count == 0 && connectedOnly)
                                continue;
                            var (a, b) = parts[i].Rows < parts[j].Rows ? (parts[j], parts[i]) : (parts[i], parts[j]);
                            var join = new Join(JoinKind.Inner, a.Plan, b.Plan, ExpressionTree.And(used));
                            var rows = _estimator.Rows(join);
                            if (next is null || rows < next.Value.Result.Rows)
                                next = (i, j, new Candidate(join, rows, 0), used);
                        }
                    }
                }
                var (first, second, result, conditions) = next.Value;
                parts.RemoveAt(first);
                parts.RemoveAt(second);
                parts.Add(result);
                rest.RemoveAll(conditions.Contains);
            }
            return ExpressionTree.And(rest) is { } left ? new Filter(parts[0].Plan, left) : parts[0].Plan;
        }

        private static bool IsBetween(Expression conjunct, LogicalPlan left, LogicalPlan right)
        {
            var columns = ExpressionTree.Columns(conjunct);
            return columns.Count > 0 && columns.All(c => left.Columns.Contains(c) || right.Columns.Contains(c));
        }

        /// <summary>The leaves whose columns a conjunct reads, as a bit mask.</summary>
        private static int Needs(Expression conjunct, List<LogicalPlan> leaves)
        {
            var mask = 0;
            foreach (var column in ExpressionTree.Columns(conjunct))
            {
                var index = leaves.FindIndex(l => l.Columns.Contains(column));
                if (index >= 0)
                    mask |= 1 << index;
            }
            return mask;
        }

        private static List<int> Components(int count, List<int> needs)
        {
            var components = new List<int>();
            for (var i = 0; i < count; i++)
                components.Add(1 << i);
            foreach (var need in needs)
            {
                var touched = components.FindAll(c => (c & need) != 0);
                if (touched.Count < 2)
                    continue;
                components.RemoveAll(touched.Contains);
                components.Add(touched.Aggregate((a, b) => a | b));
            }
            return components;
        }
    }
}
