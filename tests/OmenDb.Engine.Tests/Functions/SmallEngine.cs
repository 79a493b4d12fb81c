using System.Collections.Immutable;
using OmenDb.Arrow;
using OmenDb.Engine.Execution;
using OmenDb.Engine.Expressions;
using OmenDb.Engine.Functions;
using OmenDb.Engine.Functions.Casts;
using OmenDb.Engine.Rows;
using OmenDb.Planner.Binding;
using OmenDb.Planner.Catalog;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Grammar;
using OmenDb.Planner.Plans;
using OmenDb.Types;
using Aggregate = OmenDb.Planner.Plans.Aggregate;
using ExecutionContext = OmenDb.Engine.Execution.ExecutionContext;
using Vector = OmenDb.Arrow.Vector;

namespace OmenDb.Engine.Tests.Functions;

/// <summary>A catalog of functions and casts without tables.</summary>
internal sealed class FunctionCatalog(ExecutionContext context) : IPlannerCatalog
{
    public ImmutableArray<string> SearchPath => ["pg_catalog", "public"];

    public string CurrentDatabase => "omendb";

    public ITableInfo? FindTable(string? schema, string name) => null;

    public bool SchemaExists(string name) => name is "pg_catalog" or "public";

    public IReadOnlyList<FunctionInfo> FindFunctions(string? schema, string name) => FunctionRegistry.Find(name);

    public SqlType? FindType(string? schema, string name) => null;

    public CastContext? FindCast(SqlType from, SqlType to) => CastTable.Find(from, to);

    public ConstantExpression Evaluate(Expression expression) => new(SmallEngine.Evaluate(context, [expression], [], [[]])[0][0], expression.Type);
}

/// <summary>Runs bound plans over boxed rows, so that functions are tested through parser, binder and kernels without operators.</summary>
internal static class SmallEngine
{
    /// <summary>The rows of a query, each column as its output function prints it; null for null.</summary>
    public static List<string?[]> Query(string sql)
    {
        using var context = new ExecutionContext();
        var statement = new Binder(new FunctionCatalog(context)).Bind(SqlParser.ParseStatement(sql));
        var io = IoContexts.Of(context);
        var width = statement.Outputs.Length;
        return [.. Run(context, statement.Plan).Select(row => row.Take(width).Select((v, i) => v is null ? null : BoxedValues.Text(v, statement.Plan.Columns[i].Type, io)).ToArray())];
    }

    private static List<object?[]> Run(ExecutionContext context, LogicalPlan plan)
    {
        switch (plan)
        {
            case Values values:
                return [.. values.Rows.Select(r => r.IsEmpty ? [] : Evaluate(context, r, [], [[]])[0])];
            case Project project:
                return Evaluate(context, [.. project.Projections.Select(p => p.Expression)], project.Input.Columns, Run(context, project.Input));
            case Filter filter:
                var input = Run(context, filter.Input);
                var kept = Evaluate(context, [filter.Predicate], filter.Input.Columns, input);
                return [.. input.Where((_, i) => kept[i][0] is true)];
            case TableFunction function:
                return Expand(context, function);
            case Aggregate { Groups.IsEmpty: true } aggregate:
                return [RunAggregate(context, aggregate)];
            case Sort sort:
                return Order(context, Run(context, sort.Input), sort.Input.Columns, sort.Keys);
            default:
                throw new NotSupportedException($"{plan.GetType().Name} in a function test");
        }
    }

    private static List<object?[]> Expand(ExecutionContext context, TableFunction function)
    {
        List<object?[]> input = function.Input is null ? [[]] : Run(context, function.Input);
        var columns = function.Input?.Columns ?? [];
        var arguments = Evaluate(context, function.Arguments, columns, input);
        var argumentTypes = function.Arguments.Select(a => a.Type).ToArray();
        var types = function.Outputs.Select(o => o.Type).ToArray();
        var result = new List<object?[]>();
        for (var row = 0; row < input.Count; row++)
        {
            var vectors = Columns([arguments[row]], argumentTypes);
            using var call = ((TableFunctionImpl)function.Function).Open(context, new RowArguments(vectors, argumentTypes, 0), types);
            var builders = types.Select(t => new ColumnBuilder(t.Arrow)).ToArray();
            while (call.Next(builders, 3) > 0)
            {
            }
            for (var i = 0; i < builders[0].Count; i++)
            {
                var values = builders.Select((b, k) => ValueBox.Get(b.View(), i, types[k]));
                result.Add([.. input[row], .. values, .. function.Ordinality is null ? Array.Empty<object?>() : [i + 1L]]);
            }
            Array.ForEach(builders, b => b.Dispose());
            Array.ForEach(vectors, v => v.Dispose());
        }
        return result;
    }

    private static object?[] RunAggregate(ExecutionContext context, Aggregate aggregate)
    {
        var input = Run(context, aggregate.Input);
        return [.. aggregate.Calls.Select(call =>
        {
            var rows = input;
            if (call.Filter is { } condition)
            {
                var kept = Evaluate(context, [condition], aggregate.Input.Columns, rows);
                rows = [.. rows.Where((_, i) => kept[i][0] is true)];
            }
            rows = Order(context, rows, aggregate.Input.Columns, call.OrderBy);
            var function = (AggregateFunction)call.Function;
            var types = call.Arguments.Select(a => a.Type).ToArray();
            var arguments = Evaluate(context, call.Arguments, aggregate.Input.Columns, rows);
            if (call.Distinct)
                arguments = [.. arguments.DistinctBy(a => string.Join('\u0001', a.Select((v, i) => v is null ? "\u0002" : BoxedValues.Text(v, types[i], IoContext.Default))))];
            if (function.SkipsNulls)
                arguments = [.. arguments.Where(a => !a.Contains(null))];
            var kernel = function.Bind(types, call.Output.Type);
            // Two halves, merged: the kernel's Combine is tested along.
            using var left = new AggregateStates(kernel, context);
            using var right = new AggregateStates(kernel, context);
            left.Grow(1);
            right.Grow(1);
            var half = function.OrderSensitive ? arguments.Count : arguments.Count / 2;
            Feed(kernel, left, arguments[..half], types);
            Feed(kernel, right, arguments[half..], types);
            using var result = new Vector();
            unsafe
            {
                var map = 0;
                kernel.Combine(left, right, null, &map, 1);
            }
            kernel.Finish(left, 0, 1, result);
            return ValueBox.Get(result, 0, call.Output.Type);
        })];
    }

    private static unsafe void Feed(AggregateKernel kernel, AggregateStates states, List<object?[]> rows, SqlType[] types)
    {
        if (rows.Count == 0)
            return;
        var vectors = Columns(rows, types);
        kernel.Update(states, vectors, null, rows.Count, null);
        Array.ForEach(vectors, v => v.Dispose());
    }

    private static List<object?[]> Order(ExecutionContext context, List<object?[]> rows, ImmutableArray<Column> columns, ImmutableArray<SortKey> keys)
    {
        if (keys.IsEmpty)
            return rows;
        var values = Evaluate(context, [.. keys.Select(k => k.Expression)], columns, rows);
        var order = Enumerable.Range(0, rows.Count).Order(Comparer<int>.Create((x, y) =>
        {
            for (var k = 0; k < keys.Length; k++)
            {
                var (a, b) = (values[x][k], values[y][k]);
                var result = a is null || b is null
                    ? ((a is null ? 1 : 0) - (b is null ? 1 : 0)) * (keys[k].NullsFirst ? -1 : 1)
                    : BoxedValues.Compare(a, b, keys[k].Expression.Type) * (keys[k].Descending ? -1 : 1);
                if (result != 0)
                    return result;
            }
            return x.CompareTo(y);
        }));
        return [.. order.Select(i => rows[i])];
    }

    private static Vector[] Columns(List<object?[]> rows, SqlType[] types) => [.. types.Select((type, i) =>
    {
        var vector = new Vector();
        ValueBox.FillFlat(vector, [.. rows.Select(r => r[i])], type);
        return vector;
    })];

    /// <summary>Several expressions over boxed rows.</summary>
    public static List<object?[]> Evaluate(ExecutionContext context, ImmutableArray<Expression> expressions, ImmutableArray<Column> columns, List<object?[]> rows)
    {
        if (rows.Count == 0)
            return [];
        var program = CompiledProgram.Compile(expressions, new ColumnLayout(columns));
        using var frame = program.CreateFrame(context);
        using var batch = new Batch(columns.Length);
        for (var i = 0; i < columns.Length; i++)
            ValueBox.FillFlat(batch.Columns[i], [.. rows.Select(r => r[i])], columns[i].Type);
        batch.Length = rows.Count;
        var results = expressions.Select(_ => new object?[rows.Count]).ToArray();
        for (var e = 0; e < expressions.Length; e++)
        {
            var vector = program.Evaluate(frame, batch, e);
            for (var row = 0; row < rows.Count; row++)
                results[e][row] = ValueBox.Get(vector, row, expressions[e].Type);
        }
        return [.. Enumerable.Range(0, rows.Count).Select(row => results.Select(r => r[row]).ToArray())];
    }
}
