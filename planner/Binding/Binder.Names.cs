using System.Collections.Immutable;
using OmenDb.Planner.Catalog;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;
using OmenDb.Types;
using S = OmenDb.Planner.Syntax;

namespace OmenDb.Planner.Binding;

// Column names, and subqueries inside expressions.
public sealed partial class Binder
{
    private Expression BindColumn(S.ColumnReference reference, Scope scope, ExpressionPlace place)
    {
        if (place == ExpressionPlace.Default)
            throw new SqlException(SqlState.FeatureNotSupported, "cannot use column reference in DEFAULT expression") { Position = reference.ErrorPosition };
        var parts = reference.Parts;
        if (parts.Length == 1)
        {
            for (var level = scope; level is not null; level = level.Outer)
            {
                if (FindUnqualified(level, parts[0], reference, out var owner) is { } found)
                {
                    if (owner is not null)
                        Trace?.AddColumn(reference, owner, parts[0], scope);
                    return found;
                }
            }
            if (FindTable(scope, null, parts[0], reference.ErrorPosition) is { } whole)
                return WholeRow(whole, reference.Position);
            throw UndefinedColumn(scope, null, parts[0], reference.ErrorPosition);
        }
        if (parts.Length > 4)
            throw new SqlException(SqlState.SyntaxError, $"improper qualified name (too many dotted names): {string.Join('.', parts)}") { Position = reference.ErrorPosition };
        var qualifier = parts[^2];
        var schema = parts.Length > 2 ? parts[^3] : null;
        if (parts.Length == 4 && parts[0] != _catalog.CurrentDatabase)
            throw new SqlException(SqlState.FeatureNotSupported, $"cross-database references are not implemented: {string.Join('.', parts)}") { Position = reference.ErrorPosition };
        var table = FindTable(scope, schema, qualifier, reference.ErrorPosition) ?? throw MissingFromEntry(scope, qualifier, reference.ErrorPosition);
        foreach (var column in table.Columns)
        {
            if (column.Name != parts[^1])
                continue;
            Trace?.AddColumn(reference, table, parts[^1], scope);
            return column.Value with { Position = reference.Position };
        }
        throw UndefinedColumn(scope, table, parts[^1], reference.ErrorPosition);
    }

    /// <param name="owner">The entry of FROM that has the column; null for columns merged by USING.</param>
    private static Expression? FindUnqualified(Scope scope, string name, S.ColumnReference reference, out ScopeTable? owner)
    {
        owner = null;
        foreach (var merged in scope.Merged)
        {
            if (merged.Name == name)
                return merged.Value with { Position = reference.Position };
        }
        Expression? found = null;
        Expression? lateral = null;
        foreach (var table in scope.Tables)
        {
            if (!table.IsVisible || table.MergedAway.Contains(name))
                continue;
            foreach (var column in table.Columns)
            {
                if (column.Name != name || column.Hidden && found is not null)
                    continue;
                if (table.LateralOnly)
                {
                    lateral = column.Value;
                    continue;
                }
                if (found is not null && !column.Hidden)
                    throw new SqlException(SqlState.AmbiguousColumn, $"column reference \"{name}\" is ambiguous") { Position = reference.ErrorPosition };
                found = column.Value;
                owner = table;
            }
        }
        if (found is null && lateral is not null)
        {
            throw new SqlException(SqlState.UndefinedColumn, $"column \"{name}\" does not exist")
            {
                Position = reference.ErrorPosition,
                Detail = $"There is a column named \"{name}\", but it cannot be referenced from this part of the query.",
                Hint = "To reference that column, you must mark this subquery with LATERAL.",
            };
        }
        return found is null ? null : found with { Position = reference.Position };
    }

    private static ScopeTable? FindTable(Scope scope, string? schema, string name, int position)
    {
        for (var level = scope; level is not null; level = level.Outer)
        {
            ScopeTable? found = null;
            foreach (var table in level.Tables)
            {
                if (table.Alias != name || schema is not null && table.Schema != schema)
                    continue;
                if (table.LateralOnly)
                {
                    throw new SqlException(SqlState.UndefinedTable, $"invalid reference to FROM-clause entry for table \"{name}\"")
                    {
                        Position = position,
                        Detail = $"There is an entry for table \"{name}\", but it cannot be referenced from this part of the query.",
                    };
                }
                if (found is not null)
                    throw new SqlException(SqlState.AmbiguousAlias, $"table reference \"{name}\" is ambiguous") { Position = position };
                found = table;
            }
            if (found is not null)
                return found;
        }
        return null;
    }

    private SqlException MissingFromEntry(Scope scope, string name, int position)
    {
        // Aliased tables hide their own names: say so, as PostgreSQL does.
        for (var level = scope; level is not null; level = level.Outer)
        {
            foreach (var table in level.Tables)
            {
                if (_aliasedTables.TryGetValue(table, out var own) && own == name)
                {
                    return new SqlException(SqlState.UndefinedTable, $"invalid reference to FROM-clause entry for table \"{name}\"")
                    {
                        Position = position, Hint = $"Perhaps you meant to reference the table alias \"{table.Alias}\".",
                    };
                }
            }
        }
        return new SqlException(SqlState.UndefinedTable, $"missing FROM-clause entry for table \"{name}\"") { Position = position };
    }

    /// <summary>Tables that FROM renamed, with their own names: for the hint of a wrong qualifier.</summary>
    private readonly Dictionary<ScopeTable, string> _aliasedTables = new(ReferenceEqualityComparer.Instance);

    private static SqlException UndefinedColumn(Scope scope, ScopeTable? table, string name, int position)
    {
        var shown = table is null ? $"\"{name}\"" : $"{table.Alias}.{name}";
        return new SqlException(SqlState.UndefinedColumn, $"column {shown} does not exist") { Position = position, Hint = SuggestColumn(scope, table, name) };
    }

    /// <summary>The closest names by edit distance, as PostgreSQL's hint: one or two candidates, at most half of the name wrong.</summary>
    private static string? SuggestColumn(Scope scope, ScopeTable? only, string name)
    {
        var best = Math.Min(3, name.Length / 2) + 1;
        var candidates = new List<string>();
        for (var level = scope; level is not null; level = level.Outer)
        {
            foreach (var table in level.Tables)
            {
                if (only is not null && !ReferenceEquals(table, only) || table.LateralOnly)
                    continue;
                foreach (var column in table.Columns)
                {
                    if (column.Hidden)
                        continue;
                    var distance = EditDistance(name, column.Name);
                    if (distance > best)
                        continue;
                    if (distance < best)
                        candidates.Clear();
                    best = distance;
                    if (distance <= Math.Min(3, name.Length / 2))
                        candidates.Add($"{table.Alias}.{column.Name}");
                }
            }
        }
        return candidates.Count switch
        {
            1 => $"Perhaps you meant to reference the column \"{candidates[0]}\".",
            2 => $"Perhaps you meant to reference the column \"{candidates[0]}\" or the column \"{candidates[1]}\".",
            _ => null,
        };
    }

    private static int EditDistance(string left, string right)
    {
        var previous = Enumerable.Range(0, right.Length + 1).ToArray();
        var current = new int[right.Length + 1];
        for (var i = 1; i <= left.Length; i++)
        {
            current[0] = i;
            for (var j = 1; j <= right.Length; j++)
                current[j] = Math.Min(Math.Min(current[j - 1], previous[j]) + 1, previous[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1));
            (previous, current) = (current, previous);
        }
        return previous[right.Length];
    }

    private Expression BindField(S.FieldExpression field, Scope scope, ExpressionPlace place)
    {
        // (information_schema._pg_expandarray(x)).n and (t).column are the forms in use; t.column through a whole-row name is the second.
        if (field.Operand is S.ColumnReference { Parts.Length: 1 } name && FindTable(scope, null, name.Parts[0], field.ErrorPosition) is { } table)
        {
            foreach (var column in table.Columns)
            {
                if (column.Name == field.Field)
                    return column.Value with { Position = field.Position };
            }
            // A column of the same name may be a row itself.
            if (FindColumnOrNull(name, scope) is not RowExpression)
                throw UndefinedColumn(scope, table, field.Field, field.ErrorPosition);
        }
        if (field.Operand is S.FunctionCall call && BindSetFunctionField(call, field.Field, scope, place) is { } value)
            return value;
        var operand = BindExpression(field.Operand, scope, place);
        if (operand is Expressions.RowExpression row)
            return FieldOf(row, field.Field, field.ErrorPosition);
        if (operand.Type.Id != TypeId.Record)
        {
            throw new SqlException(SqlState.WrongObjectType, $"column notation .{field.Field} applied to type {TypeRules.Display(operand.Type)}, which is not a composite type")
            {
                Position = field.Operand.ErrorPosition,
            };
        }
        throw SqlException.NotSupported("selecting a field of a composite value that was stored or computed", field.ErrorPosition);
    }

    private static Expression? FindColumnOrNull(S.ColumnReference name, Scope scope)
    {
        for (var level = scope; level is not null; level = level.Outer)
        {
            if (FindUnqualified(level, name.Parts[0], name, out _) is { } found)
                return found;
        }
        return null;
    }

    private Expressions.SubqueryExpression BindSubquery(S.SyntaxExpression syntax, Scope scope, ExpressionPlace place)
    {
        switch (syntax)
        {
            case S.ExistsExpression exists:
                var plan = BindQuery(exists.Query, scope).Plan;
                return new Expressions.SubqueryExpression(SubqueryKind.Exists, plan, [], ComparisonOperator.Equal, SqlType.Bool);
            case S.SubqueryExpression scalar:
                var (scalarPlan, column) = BindOneColumn(scalar.Query, scope, scalar.ErrorPosition);
                return new Expressions.SubqueryExpression(SubqueryKind.Scalar, scalarPlan, [], ComparisonOperator.Equal, column.Type);
            case S.ArraySubqueryExpression array:
                var (arrayPlan, element) = BindOneColumn(array.Query, scope, array.ErrorPosition);
                return new Expressions.SubqueryExpression(SubqueryKind.Array, arrayPlan, [], ComparisonOperator.Equal,
                    element.Type.Id == TypeId.Array ? element.Type : SqlType.ArrayOf(element.Type));
            case S.InSubqueryExpression inQuery:
                var any = BindQuantified(BindExpression(inQuery.Operand, scope, place), ComparisonOperator.Equal, false, inQuery.Query, scope,
                    inQuery.OperatorPosition);
                return inQuery.Negated
                    ? any with { Kind = SubqueryKind.All, Operator = ComparisonOperator.NotEqual }
                    : any;
            default:
                var quantified = (S.QuantifiedSubqueryExpression)syntax;
                if (!TryComparison(quantified.Operator, out var comparison))
                    throw SqlException.NotSupported($"operator {quantified.Operator} with ANY or ALL (subquery)", quantified.OperatorPosition + 1);
                return BindQuantified(BindExpression(quantified.Left, scope, place), comparison, quantified.IsAll, quantified.Query, scope, quantified.OperatorPosition);
        }
    }

    private Expressions.SubqueryExpression BindQuantified(
        Expression left, ComparisonOperator comparison, bool isAll, S.QueryExpression query, Scope scope, int position)
    {
        var (plan, outputs) = BindQuery(query, scope);
        ImmutableArray<Expression> lefts = left is Expressions.RowExpression row ? row.Fields : [left];
        if (lefts.Length != outputs.Length)
        {
            var message = lefts.Length < outputs.Length ? "subquery has too many columns" : "subquery has too few columns";
            throw new SqlException(SqlState.SyntaxError, message) { Position = position + 1 };
        }
        if (lefts.Length > 1 && comparison is not (ComparisonOperator.Equal or ComparisonOperator.NotEqual))
            throw SqlException.NotSupported("an ordering comparison of rows with a subquery", position + 1);
        // Both sides in one type: the left by a cast, the right by a projection on top of the subquery.
        var projections = new List<Projection>();
        var casts = false;
        var coercedLeft = new List<Expression>();
        for (var i = 0; i < outputs.Length; i++)
        {
            Expression right = new ColumnExpression(outputs[i]) { Position = position };
            var type = ComparisonType(comparison, lefts[i], right, position);
            coercedLeft.Add(Coerce(lefts[i], type, CastContext.Implicit, lefts[i].Position + 1));
            var coerced = Coerce(right, type, CastContext.Implicit, position + 1);
            casts |= !ReferenceEquals(coerced, right);
            projections.Add(new Projection(coerced is ColumnExpression c ? c.Column : NewColumn(outputs[i].Name, coerced.Type, outputs[i].Nullable), coerced));
        }
        if (casts || plan.Columns.Length != outputs.Length)
            plan = new Project(plan, [.. projections]);
        return new Expressions.SubqueryExpression(isAll ? SubqueryKind.All : SubqueryKind.Any, plan, [.. coercedLeft], comparison, SqlType.Bool);
    }

    private (LogicalPlan Plan, Column Column) BindOneColumn(S.QueryExpression query, Scope scope, int position)
    {
        var (plan, outputs) = BindQuery(query, scope);
        if (outputs.Length != 1)
            throw new SqlException(SqlState.SyntaxError, outputs.IsEmpty ? "subquery must return a column" : "subquery must return only one column") { Position = position };
        // Hidden sort columns must not be visible to whoever reads "the" column.
        return plan.Columns.Length == 1 ? (plan, outputs[0]) : (new Project(plan, [new Projection(outputs[0], new ColumnExpression(outputs[0]))]), outputs[0]);
    }
}
