using System.Collections.Immutable;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;
using OmenDb.Types;
using S = OmenDb.Planner.Syntax;

namespace OmenDb.Planner.Binding;

// WITH: common table expressions, recursive ones included.
public sealed partial class Binder
{
    private static CteBinding? FindCte(Scope scope, string name)
    {
        for (Scope? level = scope; level is not null; level = level.Outer)
        {
            if (level.Ctes.TryGetValue(name, out var cte))
                return cte;
        }
        return null;
    }

    private void BindWith(S.WithClause with, Scope scope)
    {
        foreach (var table in with.Tables)
        {
            if (scope.Ctes.ContainsKey(table.Name))
                throw new SqlException(SqlState.DuplicateAlias, $"WITH query name \"{table.Name}\" specified more than once") { Position = table.ErrorPosition };
            if (table.Search is not null || table.Cycle is not null)
                throw SqlException.NotSupported("SEARCH or CYCLE in WITH", table.ErrorPosition);
            if (with.IsRecursive && table.Body is S.QueryStatement { Query: var body } && UnionBody(body) is null && Mentions(body, table.Name))
            {
                throw new SqlException(SqlState.InvalidRecursion,
                    $"recursive query \"{table.Name}\" does not have the form non-recursive-term UNION [ALL] recursive-term") { Position = table.ErrorPosition };
            }
            // Added only after its body is bound: a CTE sees the ones before it, itself only under RECURSIVE.
            var cte = with.IsRecursive && table.Body is S.QueryStatement query && UnionBody(query.Query) is { } union && Mentions(query.Query, table.Name)
                ? BindRecursive(table, query.Query, union, scope)
                : BindPlainCte(table, scope);
            scope.Ctes[table.Name] = cte;
        }
    }

    private CteBinding BindPlainCte(S.CommonTableExpression table, Scope scope)
    {
        LogicalPlan plan;
        ImmutableArray<Column> outputs;
        var isChange = table.Body is not S.QueryStatement;
        if (table.Body is S.QueryStatement query)
        {
            (plan, outputs) = BindQuery(query.Query, scope);
        }
        else
        {
            if (scope.Outer is not null)
                throw new SqlException(SqlState.FeatureNotSupported, "WITH clause containing a data-modifying statement must be at the top level") { Position = table.ErrorPosition };
            plan = BindChange(table.Body, scope);
            outputs = plan.Columns;
        }
        if (table.Columns.Length > outputs.Length)
        {
            throw new SqlException(SqlState.InvalidColumnReference,
                $"WITH query \"{table.Name}\" has {outputs.Length} columns available but {table.Columns.Length} columns specified") { Position = table.ErrorPosition };
        }
        return new CteBinding(_nextCte++, table.Name, outputs)
        {
            Plan = plan, Names = table.Columns, Materialized = table.Materialized, IsChange = isChange,
        };
    }

    private FromResult BindCteReference(CteBinding cte, S.TableReference reference)
    {
        cte.References++;
        if (cte.IsChange && cte.Columns.IsEmpty)
        {
            throw new SqlException(SqlState.FeatureNotSupported, $"WITH query \"{cte.Name}\" does not have a RETURNING clause") { Position = reference.ErrorPosition };
        }
        var outputs = cte.Columns.Select((c, i) => new Column(_nextColumn++, i < cte.Names.Length ? cte.Names[i] : c.Name, c.Type,
            c.Nullable || _nullExtended.Contains(c)) { Origin = c.Origin }).ToImmutableArray();
        var plan = new CteReference(cte.Id, cte.Name, outputs);
        return FromColumns(plan, outputs, reference.Alias, cte.Name);
    }

    /// <summary>Puts the scope's CTEs around the plan that used them: inlined when used once, computed once and shared otherwise.</summary>
    private static LogicalPlan WrapCtes(LogicalPlan plan, Scope scope)
    {
        // Later CTEs may use earlier ones: the last is the innermost.
        foreach (var cte in scope.Ctes.Values.Reverse())
        {
            if (cte.References == 0 && !cte.IsChange)
                continue;
            var inline = !cte.IsChange && !cte.IsRecursive && cte.Materialized != true && cte.References == 1
                && !HasVolatile(cte.Plan!);
            if (inline)
            {
                plan = ReplaceReference(plan, cte);
                continue;
            }
            var definition = cte.Plan!.Columns.Length == cte.Columns.Length ? cte.Plan
                : new Project(cte.Plan, [.. cte.Columns.Select(c => new Projection(c, new ColumnExpression(c)))]);
            plan = new CteDefinition(cte.Id, cte.Name, definition, plan);
        }
        return plan;
    }

    private static bool HasVolatile(LogicalPlan plan) =>
        PlanTree.Expressions(plan).Any(ExpressionTree.IsVolatile) || plan.Children.Any(HasVolatile);

    private static LogicalPlan ReplaceReference(LogicalPlan plan, CteBinding cte)
    {
        Expression InExpression(Expression expression) => ExpressionTree.Rewrite(expression, node =>
            node is SubqueryExpression s && ReplaceReference(s.Plan, cte) is var inner && !ReferenceEquals(inner, s.Plan) ? s with { Plan = inner } : node);
        return PlanTree.Rewrite(plan, node =>
        {
            if (node is CteReference reference && reference.Id == cte.Id)
                return new Project(cte.Plan!, [.. reference.Outputs.Select((c, i) => new Projection(c, new ColumnExpression(cte.Columns[i])))]);
            return PlanTree.MapOwnExpressions(node, InExpression);
        });
    }

    private static S.SetOperation? UnionBody(S.QueryExpression query) => query switch
    {
        S.SetOperation { Kind: S.SetOperationKind.Union } union => union,
        _ => null,
    };

    private CteBinding BindRecursive(S.CommonTableExpression table, S.QueryExpression query, S.SetOperation union, Scope scope)
    {
        var initialSyntax = union.Inputs.Length == 2 ? union.Inputs[0] : union with { Inputs = union.Inputs.RemoveAt(union.Inputs.Length - 1) };
        var recursiveSyntax = union.Inputs[^1];
        if (Mentions(initialSyntax, table.Name))
        {
            throw new SqlException(SqlState.InvalidRecursion, $"recursive reference to query \"{table.Name}\" must not appear within its non-recursive term")
            {
                Position = table.ErrorPosition,
            };
        }
        var (initial, initialOutputs) = BindQuery(initialSyntax, scope);
        var outputs = initialOutputs.Select((c, i) => NewColumn(i < table.Columns.Length ? table.Columns[i] : c.Name, c.Type)).ToImmutableArray();
        var working = new CteBinding(_nextCte++, table.Name, outputs);
        var inner = new Scope(scope);
        inner.Ctes[table.Name] = working;
        var (recursive, recursiveOutputs) = BindQuery(recursiveSyntax, inner, keepUnknown: true);
        RecursionCheck.Verify(recursive, working.Id, table.Name, table.ErrorPosition);
        if (recursiveOutputs.Length != outputs.Length)
            throw new SqlException(SqlState.SyntaxError, "each UNION query must have the same number of columns") { Position = recursiveSyntax.ErrorPosition };
        for (var i = 0; i < outputs.Length; i++)
        {
            if (!recursiveOutputs[i].Type.SameBase(outputs[i].Type) && !CanCoerce(recursiveOutputs[i].Type, outputs[i].Type, Catalog.CastContext.Implicit))
            {
                throw new SqlException(SqlState.DatatypeMismatch,
                    $"recursive query \"{table.Name}\" column {i + 1} has type {TypeRules.Display(outputs[i].Type)} in non-recursive term but type {TypeRules.Display(recursiveOutputs[i].Type)} overall")
                {
                    Position = table.ErrorPosition, Hint = "Cast the output of the non-recursive term to the correct type.",
                };
            }
        }
        var types = outputs.Select(c => c.Type).ToList();
        var widened = types.Select((t, i) => t.Id == TypeId.Numeric ? SqlType.Numeric : t).ToList();
        if (!widened.SequenceEqual(types))
        {
            // A numeric's scale may grow from round to round: the unbounded form holds every value as it prints.
            var columns = outputs.Select((c, i) => NewColumn(c.Name, widened[i])).ToImmutableArray();
            working = new CteBinding(working.Id, table.Name, columns);
            inner.Ctes[table.Name] = working;
            (recursive, recursiveOutputs) = BindQuery(recursiveSyntax, inner, keepUnknown: true);
            outputs = columns;
        }
        initial = ConvertOutputs(initial, initialOutputs, widened, "UNION");
        recursive = ConvertOutputs(recursive, recursiveOutputs, widened, "UNION");
        var plan = new RecursiveUnion(working.Id, table.Name, union.IsAll, initial, recursive, outputs);
        return new CteBinding(_nextCte++, table.Name, outputs) { Plan = plan, IsRecursive = true };
    }

    /// <summary>True when a FROM clause somewhere inside names the table; good enough to tell recursive from plain bodies.</summary>
    private static bool Mentions(S.QueryExpression query, string name) => query switch
    {
        S.SetOperation set => set.Inputs.Any(i => Mentions(i, name)),
        S.QueryWithClauses clauses => Mentions(clauses.Body, name)
            || clauses.With is not null && clauses.With.Tables.Any(t => t.Body is S.QueryStatement q && Mentions(q.Query, name)),
        S.SelectCore select => select.From.Any(f => Mentions(f, name)) || MentionsInSubquery(select.Where, name),
        _ => false,
    };

    private static bool Mentions(S.FromItem item, string name) => item switch
    {
        S.TableReference table => table.Name.Schema is null && table.Name.Name == name,
        S.SubqueryReference subquery => Mentions(subquery.Query, name),
        S.JoinReference join => Mentions(join.Left, name) || Mentions(join.Right, name),
        _ => false,
    };

    private static bool MentionsInSubquery(S.SyntaxExpression? expression, string name) => expression switch
    {
        S.AndExpression and => and.Operands.Any(o => MentionsInSubquery(o, name)),
        S.OrExpression or => or.Operands.Any(o => MentionsInSubquery(o, name)),
        S.NotExpression not => MentionsInSubquery(not.Operand, name),
        S.ExistsExpression exists => Mentions(exists.Query, name),
        S.InSubqueryExpression inQuery => Mentions(inQuery.Query, name),
        S.SubqueryExpression scalar => Mentions(scalar.Query, name),
        _ => false,
    };
}
