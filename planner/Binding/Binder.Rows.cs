using System.Collections.Immutable;
using OmenDb.Planner.Catalog;
using OmenDb.Planner.Expressions;
using OmenDb.Types;
using S = OmenDb.Planner.Syntax;

namespace OmenDb.Planner.Binding;

// Composite values. As long as the binder sees where a row comes from, it is its fields: a subquery's column of a row type is several columns underneath.
// Where that is not enough the engine makes the row's text of it.
public sealed partial class Binder
{
    /// <summary>Result columns of subqueries that stand for several.</summary>
    private readonly Dictionary<Column, RowExpression> _composites = new(ReferenceEqualityComparer.Instance);

    /// <summary>What a result column is read as.</summary>
    private Expression Read(Column output) => _composites.TryGetValue(output, out var row) ? row : new ColumnExpression(output);

    /// <summary>The plan's columns behind result columns.</summary>
    private IEnumerable<Column> Behind(ImmutableArray<Column> outputs) => _composites.Count == 0 ? outputs
        : outputs.SelectMany(o => _composites.TryGetValue(o, out var row) ? row.Fields.Select(f => ((ColumnExpression)f).Column) : [o]);

    /// <summary>t in SELECT t FROM t.</summary>
    private RowExpression WholeRow(ScopeTable table, int position)
    {
        var columns = table.Columns.Where(c => !c.Hidden).ToList();
        return new RowExpression([.. columns.Select(c => c.Value)])
        {
            Names = [.. columns.Select(c => c.Name)], TypeName = table.Relation?.Name, Position = position,
            IsOptional = columns.Exists(c => c.Value is ColumnExpression column && _nullExtended.Contains(column.Column)),
        };
    }

    private static Expression FieldOf(RowExpression row, string field, int position)
    {
        var index = row.Names.IsDefault ? -1 : row.Names.IndexOf(field);
        if (row.Names.IsDefault && field.StartsWith('f') && int.TryParse(field.AsSpan(1), out var number) && number >= 1 && number <= row.Fields.Length)
            index = number - 1;
        if (index >= 0)
            return row.Fields[index];
        throw new SqlException(SqlState.UndefinedColumn, row.TypeName is { } type
            ? $"column \"{field}\" not found in data type {type}" : $"could not identify column \"{field}\" in record data type") { Position = position };
    }

    /// <summary>A table's row as JSON.</summary>
    private Expression RowJson(RowExpression row)
    {
        var function = _catalog.FindFunctions("pg_catalog", "omendb_row_json")[0];
        var arguments = new List<Expression>();
        for (var i = 0; i < row.Fields.Length; i++)
        {
            arguments.Add(new ConstantExpression(row.Names.IsDefault ? $"f{i + 1}" : row.Names[i], SqlType.Text));
            arguments.Add(row.Fields[i] is RowExpression inner ? RowJson(inner) : Settle(row.Fields[i]));
        }
        var json = new FunctionExpression(function, [.. arguments], SqlType.Json) { Position = row.Position };
        return row.IsOptional
            ? new CaseExpression([new CaseBranch(new NullTestExpression(row, false), new ConstantExpression(null, SqlType.Json))], json, SqlType.Json) : json;
    }

    private static bool IsRowJson(Expression expression) => expression is FunctionExpression { Function.Name: "omendb_row_json" }
        or CaseExpression { Else: FunctionExpression { Function.Name: "omendb_row_json" }, Type.Id: TypeId.Json };

    /// <summary>An argument of a function: rows reach the JSON functions with the names of their fields.</summary>
    private Expression BindArgument(string function, S.SyntaxExpression syntax, Scope scope, ExpressionPlace place)
    {
        var argument = BindExpression(syntax, scope, place);
        return argument is RowExpression row && function is "to_json" or "to_jsonb" or "json_agg" or "jsonb_agg" or "json_build_object" or "jsonb_build_object"
            or "json_build_array" or "jsonb_build_array" or "json_object_agg" or "jsonb_object_agg" ? RowJson((RowExpression)argument) : argument;
    }

    /// <summary>A set-returning function's row in the select list; equal calls of one select list are one call.</summary>
    private RowExpression SetFunctionRow(FunctionInfo function, ImmutableArray<Expression> coerced, ImmutableArray<(string Name, SqlType Type)> columns,
        GroupingContext grouping, int position)
    {
        var known = grouping.SetFunctions.Find(f => f.Function == function && f.Arguments.Length == coerced.Length && f.Outputs.Length == columns.Length
            && f.Arguments.Zip(coerced).All(p => ExpressionTree.Same(p.First, p.Second)));
        if (known is null)
            grouping.SetFunctions.Add(known = new Plans.TableFunction(null, function, coerced, [.. columns.Select(c => NewColumn(c.Name, c.Type))]));
        return new RowExpression([.. known.Outputs.Select(o => new ColumnExpression(o))]) { Names = [.. columns.Select(c => c.Name)], Position = position };
    }
}
