using System.Text;
using OmenDb.Engine.Expressions;
using OmenDb.Engine.Functions.Casts;
using OmenDb.Planner.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Functions.Arrays;

/// <summary>Functions and operators of arrays, which start at 1 in every dimension. Boxed, an array of arrays is nested; see <see cref="NestedArray"/>.</summary>
internal static class ArrayFunctions
{
    private static readonly SqlType A = SqlType.AnyArray, E = SqlType.AnyElement, Int = SqlType.Int4, Text = SqlType.Text;
    private static readonly SqlType TextArray = SqlType.ArrayOf(SqlType.Text);

    public static IEnumerable<FunctionInfo> All()
    {
        foreach (var name in new[] { "array_length", "array_upper" })
            yield return Scalar.Row<int?>(name, [A, Int], Int, static (_, a) => Length(a.Get<ListValue>(0), a.Get<int>(1)));
        yield return Scalar.Row<int?>("array_lower", [A, Int], Int, static (_, a) => Length(a.Get<ListValue>(0), a.Get<int>(1)) is null ? null : 1);
        yield return Scalar.Row<int?>("array_ndims", [A], Int, static (_, a) => a.Get<ListValue>(0).Dimensions.Length is var n and > 0 ? n : null);
        yield return Scalar.Row<string?>("array_dims", [A], Text, static (_, a) =>
            a.Get<ListValue>(0).Dimensions is { Length: > 0 } dimensions ? string.Concat(dimensions.Select(n => $"[1:{n}]")) : null);
        yield return Scalar.Row("cardinality", [A], Int, static (_, a) => Count(a, 0));

        foreach (var name in new[] { "array_append", "||" })
        {
            yield return ArrayRow(name, [A, E], static (_, a) =>
            {
                object?[] items = a.IsNull(0) ? [] : Items(a, 0);
                RequireOneDimension(items);
                return (object?[])[.. items, Boxed(a, 1)];
            });
        }
        foreach (var name in new[] { "array_prepend", "||" })
        {
            yield return ArrayRow(name, [E, A], static (_, a) =>
            {
                object?[] items = a.IsNull(1) ? [] : Items(a, 1);
                RequireOneDimension(items);
                return (object?[])[Boxed(a, 0), .. items];
            });
        }
        foreach (var name in new[] { "array_cat", "||" })
        {
            yield return ArrayRow(name, [A, A], static (_, a) => a.IsNull(0)
                ? a.IsNull(1) ? null : Items(a, 1)
                : a.IsNull(1) ? Items(a, 0) : Concatenate(Items(a, 0), Items(a, 1)));
        }

        yield return Scalar.Row<int?>("array_position", [A, E], Int, static (_, a) => Position(a, 1), strict: false);
        yield return Scalar.Row<int?>("array_position", [A, E, Int], Int, static (_, a) => a.IsNull(2)
            ? throw new SqlException(SqlState.NullValueNotAllowed, "initial position must not be null")
            : Position(a, a.Get<int>(2)), strict: false);
        yield return Scalar.Row<object?>("array_positions", [A, E], SqlType.ArrayOf(Int), static (_, a) =>
        {
            if (a.IsNull(0))
                return null;
            var (items, wanted, type) = (Items(a, 0), Boxed(a, 1), Element(a));
            RequireOneDimension(items, "searching for elements in multidimensional arrays is not supported");
            return Enumerable.Range(0, items.Length).Where(i => BoxedValues.Same(items[i], wanted, type)).Select(i => (object?)(i + 1)).ToArray();
        }, strict: false);
        yield return ArrayRow("array_remove", [A, E], static (_, a) =>
        {
            if (a.IsNull(0))
                return null;
            var (wanted, type) = (Boxed(a, 1), Element(a));
            RequireOneDimension(Items(a, 0), "removing elements from multidimensional arrays is not supported");
            return Items(a, 0).Where(i => !BoxedValues.Same(i, wanted, type)).ToArray();
        });
        yield return ArrayRow("array_replace", [A, E, E], static (_, a) =>
        {
            if (a.IsNull(0))
                return null;
            var (wanted, with, type) = (Boxed(a, 1), Boxed(a, 2), Element(a));
            return NestedArray.Map(Items(a, 0), i => BoxedValues.Same(i, wanted, type) ? with : i);
        });
        yield return ArrayRow("array_fill", [E, SqlType.ArrayOf(Int)], static (_, a) => Fill(a));
        yield return Scalar.Row<object?>("trim_array", [A, Int], A, static (_, a) =>
        {
            var items = Items(a, 0);
            var n = a.Get<int>(1);
            return n < 0 || n > items.Length
                ? throw new SqlException(SqlState.ArraySubscriptError, $"number of elements to trim must be between 0 and {items.Length}")
                : items[..^n];
        });
        // Bounds in pairs, null where left open.
        yield return Scalar.Row<object?>("omendb_array_slice", [A, Int], A, static (_, a) => a.IsNull(0) ? null : Slice(Items(a, 0), a, 1), strict: false, variadic: true);
        yield return Scalar.Row<object?>("omendb_array_element", [A, Int], E, static (_, a) =>
        {
            object? item = a.Get<object?[]>(0);
            for (var i = 1; i < a.Count; i++)
            {
                if (item is not object?[] items || a.Get<int>(i) is var at && (at < 1 || at > items.Length))
                    return null;
                item = items[a.Get<int>(i) - 1];
            }
            return item is object?[] ? null : item;
        }, variadic: true);

        yield return Scalar.Row("@>", [A, A], SqlType.Bool, static (_, a) => Contains(a, 0, 1));
        yield return Scalar.Row("<@", [A, A], SqlType.Bool, static (_, a) => Contains(a, 1, 0));
        yield return Scalar.Row("&&", [A, A], SqlType.Bool, static (_, a) =>
        {
            var (left, right, type) = (Leaves(a, 0), Leaves(a, 1), Element(a));
            return left.Any(x => x is not null && right.Any(y => y is not null && BoxedValues.Same(x, y, type)));
        });

        yield return Scalar.Row<string?>("array_to_string", [A, Text], Text, static (c, a) => Join(c, a), Volatility.Stable, strict: false);
        yield return Scalar.Row<string?>("array_to_string", [A, Text, Text], Text, static (c, a) => Join(c, a), Volatility.Stable, strict: false);
        yield return Scalar.Row<object?>("string_to_array", [Text, Text], TextArray, static (_, a) => Split(a), strict: false);
        yield return Scalar.Row<object?>("string_to_array", [Text, Text, Text], TextArray, static (_, a) => Split(a), strict: false);
        foreach (var count in new[] { 2, 3 })
        {
            yield return new RowsFunction((_, a) => a[0] is null ? [] : Split((string)a[0]!, (string?)a[1], count == 3 ? (string?)a[2] : null).Select(s => new object?[] { s }))
            {
                Name = "string_to_table", Kind = FunctionKind.Table, Arguments = [.. Enumerable.Repeat(Text, count)], Result = Text, Strict = false,
            };
        }
        yield return new UnnestFunction { Name = "unnest", Kind = FunctionKind.Table, Arguments = [A], Result = E };
        foreach (var count in new[] { 2, 3 })
        {
            yield return new RowsFunction((_, a) => Subscripts((object?[])a[0]!, (int)a[1]!, count == 3 && (bool)a[2]!))
            {
                Name = "generate_subscripts", Kind = FunctionKind.Table, Arguments = count == 2 ? [A, Int] : [A, Int, SqlType.Bool], Result = Int,
            };
        }
        yield return Scalar.Row("width_bucket", [E, A], Int, static (_, a) => Bucket(a));
    }

    private static int Count(RowArguments a, int index) => a.Get<ListValue>(index).Count;

    private static int? Length(ListValue list, int dimension)
    {
        var dimensions = list.Dimensions;
        return dimension >= 1 && dimension <= dimensions.Length ? dimensions[dimension - 1] : null;
    }

    private static void RequireOneDimension(object?[] items, string? message = null)
    {
        if (items.Length == 0 || items[0] is not object?[])
            return;
        throw message is null ? new SqlException(SqlState.DataException, "argument must be empty or one-dimensional array")
            : new SqlException(SqlState.FeatureNotSupported, message);
    }

    /// <summary>Arrays of one depth one after the other; an array of one level less becomes the first or last part of the other.</summary>
    private static object?[] Concatenate(object?[] left, object?[] right)
    {
        if (left.Length == 0 || right.Length == 0)
            return left.Length == 0 ? right : left;
        var (a, b) = (NestedArray.Dimensions(left), NestedArray.Dimensions(right));
        var fits = a.Length == b.Length ? a.AsSpan(1).SequenceEqual(b.AsSpan(1))
            : a.Length == b.Length + 1 ? a.AsSpan(1).SequenceEqual(b) : b.Length == a.Length + 1 && b.AsSpan(1).SequenceEqual(a);
        if (!fits)
        {
            throw new SqlException(SqlState.ArraySubscriptError, "cannot concatenate incompatible arrays")
            {
                Detail = Math.Abs(a.Length - b.Length) > 1 ? $"Arrays of {a.Length} and {b.Length} dimensions are not compatible for concatenation."
                    : a.Length == b.Length ? "Arrays with differing element dimensions are not compatible for concatenation."
                    : "Arrays with differing dimensions are not compatible for concatenation.",
            };
        }
        return a.Length == b.Length ? [.. left, .. right] : a.Length > b.Length ? [.. left, right] : [left, .. right];
    }

    /// <param name="items">An array or a part of one.</param>
    /// <param name="a">The call.</param>
    /// <param name="argument">The lower bound for this level; levels without bounds stay whole.</param>
    private static object?[] Slice(object?[] items, RowArguments a, int argument)
    {
        if (argument >= a.Count)
            return items;
        var low = a.IsNull(argument) ? 1 : Math.Max(1, a.Get<int>(argument));
        var high = a.IsNull(argument + 1) ? items.Length : Math.Min(items.Length, a.Get<int>(argument + 1));
        if (low > high || argument + 2 < a.Count && items[0] is not object?[])
            return [];
        var result = items[(low - 1)..high];
        for (var i = 0; i < result.Length && result[i] is object?[] inner; i++)
        {
            var part = Slice(inner, a, argument + 2);
            if (part.Length == 0)
                return [];
            result[i] = part;
        }
        return result;
    }

    /// <summary>A function of any element type that gives an array: numerics of different scale meet in the unbounded form.</summary>
    private sealed class ArrayRowFunction(RowBody<object?> body) : RowFunction
    {
        public override SqlType ResultType(ReadOnlySpan<SqlType> arguments) =>
            Element(arguments.ToArray()) is { Id: TypeId.Numeric } numeric ? SqlType.ArrayOf(numeric) : SqlType.AnyArray;

        protected override void Run(FunctionContext context, ReadOnlySpan<Vector> arguments, ReadOnlySpan<int> rows, ResultColumn result)
        {
            foreach (var row in rows)
                result.WriteBoxed(row, body(context, new RowArguments(arguments, context.ArgumentTypes, row)));
        }
    }

    private static ArrayRowFunction ArrayRow(string name, SqlType[] arguments, RowBody<object?> body) => new(body)
    {
        Name = name, Kind = FunctionKind.Scalar, Arguments = [.. arguments], Result = SqlType.AnyArray, Strict = false,
    };

    /// <summary>The element type that the call's arrays and elements have in common.</summary>
    private static SqlType Element(SqlType[] types)
    {
        SqlType? common = null;
        foreach (var type in types)
        {
            var element = type.Id is TypeId.Array or TypeId.Int2Vector or TypeId.OidVector ? ValueBox.ElementType(type) : type;
            if (element.Id == TypeId.Numeric)
                common = common is null or { Id: not TypeId.Numeric } || common.Equals(element) ? element : SqlType.Numeric;
            else if (common is null || type.Id == TypeId.Array && common.Id != TypeId.Numeric)
                common = element;
        }
        return common!;
    }

    private static SqlType Element(RowArguments a)
    {
        var types = new SqlType[a.Count];
        for (var i = 0; i < types.Length; i++)
            types[i] = a.Type(i);
        return Element(types);
    }

    private static object? Conform(object? value, SqlType from, SqlType to) =>
        value is object?[] inner ? Array.ConvertAll(inner, i => Conform(i, from, to)) : value is null || from.Id != TypeId.Numeric || from.Equals(to) ? value : BoxedValues.ToNumeric(value, from).ToBytes();

    /// <summary>The elements without the levels.</summary>
    private static object?[] Leaves(RowArguments a, int index) => NestedArray.Flat(Items(a, index), out _);

    private static object?[] Items(RowArguments a, int index)
    {
        var items = a.Get<object?[]>(index);
        var (from, to) = (ValueBox.ElementType(a.Type(index)), Element(a));
        return from.Id != TypeId.Numeric || from.Equals(to) ? items : Array.ConvertAll(items, i => Conform(i, from, to));
    }

    private static object? Boxed(RowArguments a, int index) => Conform(a.Boxed(index), a.Type(index), Element(a));

    private static int? Position(RowArguments a, int start)
    {
        if (a.IsNull(0))
            return null;
        var (items, wanted, type) = (Items(a, 0), Boxed(a, 1), Element(a));
        RequireOneDimension(items, "searching for elements in multidimensional arrays is not supported");
        for (var i = Math.Max(0, start - 1); i < items.Length; i++)
        {
            if (BoxedValues.Same(items[i], wanted, type))
                return i + 1;
        }
        return null;
    }

    private static object? Fill(RowArguments a)
    {
        if (a.IsNull(1))
            throw new SqlException(SqlState.NullValueNotAllowed, "dimension array or low bound array cannot be null");
        var sizes = a.Get<object?[]>(1);
        if (sizes.Length == 0)
            return Array.Empty<object?>();
        var total = 1L;
        foreach (var size in sizes)
        {
            if (size is not int count)
                throw new SqlException(SqlState.NullValueNotAllowed, "dimension values cannot be null");
            total *= count;
            if (count < 0 || total > 134217727)
                throw new SqlException(SqlState.ProgramLimitExceeded, "array size exceeds the maximum allowed (134217727)");
        }
        var result = new object?[total];
        Array.Fill(result, Boxed(a, 0));
        return total == 0 ? result : NestedArray.Nest(result, Array.ConvertAll(sizes, s => (int)s!));
    }

    private static bool Contains(RowArguments a, int whole, int part)
    {
        var (items, wanted, type) = (Leaves(a, whole), Leaves(a, part), Element(a));
        return wanted.All(w => w is not null && items.Any(i => i is not null && BoxedValues.Same(i, w, type)));
    }

    private static string? Join(FunctionContext context, RowArguments a)
    {
        if (a.IsNull(0) || a.IsNull(1))
            return null;
        var io = IoContexts.Of(context.Execution);
        var type = Element(a);
        var nulls = a.Count > 2 && !a.IsNull(2) ? a.Get<string>(2) : null;
        var parts = Leaves(a, 0).Select(i => i is null ? nulls : BoxedValues.Text(i, type, io)).Where(s => s is not null);
        return string.Join(a.Get<string>(1), parts);
    }

    private static object? Split(RowArguments a) => a.IsNull(0)
        ? null
        : Split(a.Get<string>(0), a.IsNull(1) ? null : a.Get<string>(1), a.Count > 2 && !a.IsNull(2) ? a.Get<string>(2) : null).ToArray<object?>();

    /// <param name="separator">Null: every character; empty: one piece.</param>
    private static IEnumerable<string?> Split(string text, string? separator, string? nulls)
    {
        IEnumerable<string> parts = text.Length == 0 ? []
            : separator is null ? text.EnumerateRunes().Select(r => r.ToString())
            : separator.Length == 0 ? [text]
            : text.Split(separator);
        return parts.Select(p => p == nulls ? null : p);
    }

    private static IEnumerable<object?[]> Subscripts(object?[] items, int dimension, bool reverse)
    {
        var dimensions = NestedArray.Dimensions(items);
        if (dimension < 1 || dimension > dimensions.Length)
            yield break;
        var length = dimensions[dimension - 1];
        for (var i = 1; i <= length; i++)
            yield return [reverse ? length + 1 - i : i];
    }

    private static int Bucket(RowArguments a)
    {
        var (value, bounds, type) = (Boxed(a, 0), Items(a, 1), Element(a));
        var (low, high) = (0, bounds.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (bounds[middle] is null)
                throw new SqlException(SqlState.NullValueNotAllowed, "thresholds array must not contain NULLs");
            if (BoxedValues.Compare(value, bounds[middle], type) < 0)
                high = middle;
            else
                low = middle + 1;
        }
        return low;
    }
}

/// <summary>unnest(array): its elements, copied from vector to vector.</summary>
internal sealed class UnnestFunction : TableFunctionImpl
{
    public override TableFunctionCall Open(ExecutionContext context, RowArguments arguments, SqlType[] resultTypes) =>
        arguments.IsNull(0) ? new Call(default) : new Call(arguments.Get<ListValue>(0));

    private sealed class Call(ListValue list) : TableFunctionCall
    {
        private int _next;

        public override int Next(Rows.ColumnBuilder[] columns, int capacity)
        {
            var count = Math.Min(capacity, list.Count - _next);
            for (var i = 0; i < count; i++)
                columns[0].AppendFrom(list.Elements, list.Offset + _next + i);
            _next += count;
            return count;
        }
    }
}
