using System.Collections.Immutable;
using OmenDb.Planner.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Functions;

/// <summary>Short forms to define row-wise functions: a few lines each.</summary>
/// <remarks>
/// <code>
/// Scalar.Of&lt;double, double&gt;("sqrt", [SqlType.Float8], SqlType.Float8, static (_, x) => x &lt; 0 ? throw ... : Math.Sqrt(x)),
/// Scalar.Text("upper", [SqlType.Text], static (_, a, text) => Upper(a.Get&lt;ReadOnlySpan&lt;byte&gt;&gt;(0), text)) with total: true
/// Scalar.Row&lt;string?&gt;("concat", [SqlType.Any], SqlType.Text, static (_, a) => ..., strict: false, variadic: true)
/// </code>
/// CLR types of arguments and results: see <see cref="ArgumentColumn"/>.
/// </remarks>
public static class Scalar
{
    public static ScalarFunction Of<TResult>(string name, SqlType result, Func<FunctionContext, TResult> body,
        Volatility volatility = Volatility.Immutable, bool strict = true, bool total = false, int oid = 0, int optional = 0)
        where TResult : allows ref struct =>
        new RowFunction<TResult>(body)
        {
            Name = name, Kind = FunctionKind.Scalar, Arguments = [], Result = result, Volatility = volatility, Strict = strict,
            IsTotal = total, Oid = oid, OptionalArguments = optional,
        };

    public static ScalarFunction Of<T1, TResult>(string name, ImmutableArray<SqlType> arguments, SqlType result, Func<FunctionContext, T1, TResult> body,
        Volatility volatility = Volatility.Immutable, bool strict = true, bool total = false, int oid = 0, int optional = 0)
        where T1 : allows ref struct where TResult : allows ref struct =>
        new RowFunction<T1, TResult>(body)
        {
            Name = name, Kind = FunctionKind.Scalar, Arguments = arguments, Result = result, Volatility = volatility, Strict = strict,
            IsTotal = total, Oid = oid, OptionalArguments = optional,
        };

    public static ScalarFunction Of<T1, T2, TResult>(string name, ImmutableArray<SqlType> arguments, SqlType result, Func<FunctionContext, T1, T2, TResult> body,
        Volatility volatility = Volatility.Immutable, bool strict = true, bool total = false, int oid = 0, int optional = 0)
        where T1 : allows ref struct where T2 : allows ref struct where TResult : allows ref struct =>
        new RowFunction<T1, T2, TResult>(body)
        {
            Name = name, Kind = FunctionKind.Scalar, Arguments = arguments, Result = result, Volatility = volatility, Strict = strict,
            IsTotal = total, Oid = oid, OptionalArguments = optional,
        };

    public static ScalarFunction Of<T1, T2, T3, TResult>(string name, ImmutableArray<SqlType> arguments, SqlType result, Func<FunctionContext, T1, T2, T3, TResult> body,
        Volatility volatility = Volatility.Immutable, bool strict = true, bool total = false, int oid = 0, int optional = 0)
        where T1 : allows ref struct where T2 : allows ref struct where T3 : allows ref struct where TResult : allows ref struct =>
        new RowFunction<T1, T2, T3, TResult>(body)
        {
            Name = name, Kind = FunctionKind.Scalar, Arguments = arguments, Result = result, Volatility = volatility, Strict = strict,
            IsTotal = total, Oid = oid, OptionalArguments = optional,
        };

    public static ScalarFunction Of<T1, T2, T3, T4, TResult>(string name, ImmutableArray<SqlType> arguments, SqlType result, Func<FunctionContext, T1, T2, T3, T4, TResult> body,
        Volatility volatility = Volatility.Immutable, bool strict = true, bool total = false, int oid = 0, int optional = 0)
        where T1 : allows ref struct where T2 : allows ref struct where T3 : allows ref struct where T4 : allows ref struct where TResult : allows ref struct =>
        new RowFunction<T1, T2, T3, T4, TResult>(body)
        {
            Name = name, Kind = FunctionKind.Scalar, Arguments = arguments, Result = result, Volatility = volatility, Strict = strict,
            IsTotal = total, Oid = oid, OptionalArguments = optional,
        };

    public static ScalarFunction Of<T1, T2, T3, T4, T5, TResult>(string name, ImmutableArray<SqlType> arguments, SqlType result, Func<FunctionContext, T1, T2, T3, T4, T5, TResult> body,
        Volatility volatility = Volatility.Immutable, bool strict = true, bool total = false, int oid = 0, int optional = 0)
        where T1 : allows ref struct where T2 : allows ref struct where T3 : allows ref struct where T4 : allows ref struct where T5 : allows ref struct where TResult : allows ref struct =>
        new RowFunction<T1, T2, T3, T4, T5, TResult>(body)
        {
            Name = name, Kind = FunctionKind.Scalar, Arguments = arguments, Result = result, Volatility = volatility, Strict = strict,
            IsTotal = total, Oid = oid, OptionalArguments = optional,
        };

    public static ScalarFunction Row<TResult>(string name, ImmutableArray<SqlType> arguments, SqlType result, RowBody<TResult> body,
        Volatility volatility = Volatility.Immutable, bool strict = true, bool variadic = false, bool total = false, int oid = 0, int optional = 0) where TResult : allows ref struct =>
        new GeneralRowFunction<TResult>(body)
        {
            Name = name, Kind = FunctionKind.Scalar, Arguments = arguments, Result = result, Volatility = volatility, Strict = strict,
            Variadic = variadic, IsTotal = total, Oid = oid, OptionalArguments = optional,
        };

    public static ScalarFunction Text(string name, ImmutableArray<SqlType> arguments, TextBody body,
        Volatility volatility = Volatility.Immutable, bool strict = true, bool variadic = false, bool total = false, int oid = 0, int optional = 0, SqlType? result = null) =>
        new TextRowFunction(body)
        {
            Name = name, Kind = FunctionKind.Scalar, Arguments = arguments, Result = result ?? SqlType.Text, Volatility = volatility, Strict = strict,
            Variadic = variadic, IsTotal = total, Oid = oid, OptionalArguments = optional,
        };
}
