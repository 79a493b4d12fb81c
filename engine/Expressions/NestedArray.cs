using OmenDb.Arrow;
using OmenDb.Types;

namespace OmenDb.Engine.Expressions;

/// <summary>Boxed arrays of arrays: object?[] whose items are object?[], down to the elements. Vectors have them flat, with a <see cref="ListShape"/>.</summary>
internal static class NestedArray
{
    private const int MaxDimensions = 6;

    /// <summary>The elements of all levels in order; the very same array when there is one level.</summary>
    /// <exception cref="SqlException">2202E: parts of different lengths.</exception>
    public static object?[] Flat(object?[] items, out uint shape)
    {
        shape = 0;
        if (items.Length == 0 || items[0] is not object?[])
            return Array.Exists(items, i => i is object?[]) ? throw Mismatch() : items;
        var dimensions = Dimensions(items);
        if (dimensions.Length > MaxDimensions)
            throw new SqlException(SqlState.ProgramLimitExceeded, $"number of array dimensions ({dimensions.Length}) exceeds the maximum allowed ({MaxDimensions})");
        var result = new List<object?>();
        Collect(items, 0, dimensions, result);
        if (result.Count > 0)
            shape = ListShape.Of(dimensions);
        return [.. result];
    }

    /// <summary>Lengths along the first items.</summary>
    public static int[] Dimensions(object?[] items)
    {
        var dimensions = new List<int>();
        for (var level = items; level is not null; level = level.Length > 0 ? level[0] as object?[] : null)
            dimensions.Add(level.Length);
        return [.. dimensions];
    }

    private static void Collect(object?[] items, int level, int[] dimensions, List<object?> result)
    {
        if (items.Length != dimensions[level])
            throw Mismatch();
        foreach (var item in items)
        {
            if (level == dimensions.Length - 1)
                result.Add(item is object?[] ? throw Mismatch() : item);
            else
                Collect(item as object?[] ?? throw Mismatch(), level + 1, dimensions, result);
        }
    }

    /// <summary>The inverse of <see cref="Flat"/>.</summary>
    public static object?[] Nest(ReadOnlySpan<object?> items, ReadOnlySpan<int> dimensions)
    {
        if (dimensions.Length <= 1)
            return items.ToArray();
        var result = new object?[dimensions[0]];
        var part = items.Length / dimensions[0];
        for (var i = 0; i < result.Length; i++)
            result[i] = Nest(items.Slice(i * part, part), dimensions[1..]);
        return result;
    }

    /// <summary>Maps the elements, whatever the depth.</summary>
    public static object?[] Map(object?[] items, Func<object?, object?> map) =>
        Array.ConvertAll(items, i => i is object?[] inner ? Map(inner, map) : map(i));

    private static SqlException Mismatch() =>
        new(SqlState.ArraySubscriptError, "multidimensional arrays must have array expressions with matching dimensions");
}
