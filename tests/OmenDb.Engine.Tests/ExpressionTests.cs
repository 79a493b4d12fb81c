using OmenDb.Arrow;
using OmenDb.Engine.Execution;
using OmenDb.Engine.Expressions;
using OmenDb.Engine.Functions;
using OmenDb.Planner.Catalog;
using OmenDb.Planner.Expressions;
using OmenDb.Types;
using ExecutionContext = OmenDb.Engine.Execution.ExecutionContext;

namespace OmenDb.Engine.Tests;

public sealed class ExpressionTests
{
    private static ConstantExpression C(object? value, SqlType type) => new(value, type);

    private static ConstantExpression I(int? value) => new(value, SqlType.Int4);

    private static FunctionExpression Call(string name, params Expression[] arguments)
    {
        var types = arguments.Select(a => a.Type).ToArray();
        var function = FunctionRegistry.Find(name).First(f => f.Arguments.Length == types.Length
            && f.Arguments.Zip(types).All(p => p.First.SameBase(p.Second)));
        return new FunctionExpression(function, [.. arguments], function.ResultType(types));
    }

    private static readonly Column A = new(1, "a", SqlType.Int4, true);
    private static readonly Column B = new(2, "b", SqlType.Int4, true);

    /// <summary>Evaluates over rows (a, b).</summary>
    private static object?[] Evaluate(Expression expression, params (int? A, int? B)[] rows)
    {
        using var context = new ExecutionContext();
        var program = CompiledProgram.Compile([expression], new ColumnLayout([A, B]));
        using var frame = program.CreateFrame(context);
        var batch = new Batch(2);
        ValueBox.FillFlat(batch.Columns[0], [.. rows.Select(r => (object?)r.A)], SqlType.Int4);
        ValueBox.FillFlat(batch.Columns[1], [.. rows.Select(r => (object?)r.B)], SqlType.Int4);
        batch.Length = rows.Length;
        var result = program.Evaluate(frame, batch, 0);
        var values = Enumerable.Range(0, rows.Length).Select(i => ValueBox.Get(result, i, program.Roots[0].Type)).ToArray();
        batch.Dispose();
        return values;
    }

    [Fact]
    public void A_case_evaluates_its_branches_only_for_rows_that_reach_them()
    {
        var nonZero = new ComparisonExpression(ComparisonOperator.NotEqual, new ColumnExpression(A), I(0));
        var guarded = new CaseExpression([new CaseBranch(nonZero, Call("/", I(100), new ColumnExpression(A)))], I(-1), SqlType.Int4);
        Assert.Equal([50, -1, -1, 10], Evaluate(guarded, (2, 0), (0, 0), (null, 0), (10, 0)));
        Assert.Equal("22012", Assert.Throws<SqlException>(() => Evaluate(Call("/", I(100), new ColumnExpression(A)), (2, 0), (0, 0))).SqlState);
    }

    [Fact]
    public void And_and_or_do_not_evaluate_what_is_decided()
    {
        var zero = new ComparisonExpression(ComparisonOperator.Equal, new ColumnExpression(A), I(0));
        var quotient = new ComparisonExpression(ComparisonOperator.Greater, Call("/", I(100), new ColumnExpression(A)), I(20));
        Assert.Equal([true, true, false, null], Evaluate(new LogicalExpression(false, [zero, quotient]), (0, 0), (2, 0), (10, 0), (null, 0)));
        Assert.Equal([false, true, false, null], Evaluate(new LogicalExpression(true, [new NotExpression(zero), quotient]), (0, 0), (2, 0), (10, 0), (null, 0)));
    }

    public static TheoryData<bool?, bool?, bool?, bool?> Truth => new()
    {
        { true, true, true, true }, { true, false, false, true }, { true, null, null, true }, { false, true, false, true },
        { false, false, false, false }, { false, null, false, null }, { null, true, null, true }, { null, false, false, null }, { null, null, null, null },
    };

    [Theory, MemberData(nameof(Truth))]
    public void Logic_is_three_valued(bool? left, bool? right, bool? and, bool? or)
    {
        static Expression Of(bool? value, Column column) => value is null
            ? new ComparisonExpression(ComparisonOperator.Equal, new ColumnExpression(column), I(null))
            : new ComparisonExpression(value.Value ? ComparisonOperator.Equal : ComparisonOperator.NotEqual, new ColumnExpression(column), new ColumnExpression(column));
        Assert.Equal(and, Evaluate(new LogicalExpression(true, [Of(left, A), Of(right, B)]), (1, 1))[0]);
        Assert.Equal(or, Evaluate(new LogicalExpression(false, [Of(left, A), Of(right, B)]), (1, 1))[0]);
    }

    [Fact]
    public void Integers_overflow_with_22003()
    {
        var sum = Call("+", new ColumnExpression(A), new ColumnExpression(B));
        Assert.Equal([3, null], Evaluate(sum, (1, 2), (null, 5)));
        var error = Assert.Throws<SqlException>(() => Evaluate(sum, (int.MaxValue, 1)));
        Assert.Equal(("22003", "integer out of range"), (error.SqlState, error.Message));
    }

    [Fact]
    public void Decimals_are_exact_and_stay_scaled_integers()
    {
        var product = Call("*", C(12345L, SqlType.NumericOf(15, 2)), Call("-", C(1L, SqlType.NumericOf(1, 0)), C(4L, SqlType.NumericOf(15, 2))));
        Assert.Equal(4, product.Type.Scale);
        Assert.Equal((Int128)1185120, Evaluate(product, (1, 1))[0]);
        var quotient = Evaluate(Call("/", C(100L, SqlType.NumericOf(10, 2)), C(3L, SqlType.NumericOf(1, 0))), (1, 1))[0];
        Assert.Equal("0.33333333333333333333", PgNumeric.Read((byte[])quotient!).ToString());
    }

    [Fact]
    public void In_lists_know_null()
    {
        var list = new InListExpression(new ColumnExpression(A), [I(1), I(2), I(null)], false);
        Assert.Equal([true, null, null], Evaluate(list, (1, 0), (3, 0), (null, 0)));
        var many = new InListExpression(new ColumnExpression(A), [.. Enumerable.Range(10, 20).Select(i => (Expression)I(i))], true);
        Assert.Equal([true, false, null], Evaluate(many, (1, 0), (12, 0), (null, 0)));
    }

    [Fact]
    public void Coalesce_nullif_greatest()
    {
        Expression a = new ColumnExpression(A), b = new ColumnExpression(B);
        Assert.Equal([1, 2, 7], Evaluate(new ConditionalExpression(ConditionalKind.Coalesce, [a, b, I(7)], SqlType.Int4), (1, 2), (null, 2), (null, null)));
        Assert.Equal([null, 1, null], Evaluate(new ConditionalExpression(ConditionalKind.NullIf, [a, b], SqlType.Int4), (1, 1), (1, 2), (null, 2)));
        Assert.Equal([5, 3, 2, null], Evaluate(new ConditionalExpression(ConditionalKind.Greatest, [a, b], SqlType.Int4), (1, 5), (3, null), (2, 2), (null, null)));
        Assert.Equal([1, 3, 2, null], Evaluate(new ConditionalExpression(ConditionalKind.Least, [a, b], SqlType.Int4), (1, 5), (3, null), (2, 2), (null, null)));
    }

    [Fact]
    public void Row_functions_take_all_kinds_of_types()
    {
        var twice = Scalar.Of<ReadOnlySpan<byte>, int, string>("twice", [SqlType.Text, SqlType.Int4], SqlType.Text,
            static (_, s, n) => string.Concat(Enumerable.Repeat(System.Text.Encoding.UTF8.GetString(s), n)));
        var call = new FunctionExpression(twice, [C("ab", SqlType.Text), new ColumnExpression(A)], SqlType.Text);
        Assert.Equal(["abab", null, "ababababababab"], Evaluate(call, (2, 0), (null, 0), (7, 0)));
        var array = new ArrayExpression([new ColumnExpression(A), new ColumnExpression(B)], SqlType.ArrayOf(SqlType.Int4));
        Assert.Equal([1, null], (object?[])Evaluate(array, (1, null))[0]!);
        Assert.Equal([2, null], Evaluate(new SubscriptExpression(array, I(2), SqlType.Int4), (1, 2), (1, null)));
        Assert.Equal([true, null, false], Evaluate(new ArrayComparisonExpression(ComparisonOperator.Equal, I(1), array, false), (1, null), (2, null), (2, 3)));
    }

    [Fact]
    public void Concat_and_like()
    {
        var concat = Call("||", C("abc", SqlType.Text), C("defghijklmnop", SqlType.Text));
        Assert.Equal("abcdefghijklmnop", Evaluate(concat, (1, 1))[0]);
        Assert.Equal(true, Evaluate(Call("~~", concat, C("%hij%", SqlType.Text)), (1, 1))[0]);
        Assert.Equal(false, Evaluate(Call("!~~", concat, C("%hij%", SqlType.Text)), (1, 1))[0]);
        Assert.Equal("22025", Assert.Throws<SqlException>(() => Evaluate(Call("~~", concat, C("a\\", SqlType.Text)), (1, 1))).SqlState);
    }
}
