namespace OmenDb.Arrow;

/// <summary>The dimensions of a list whose elements are a box of several dimensions (SQL's arrays of arrays), in 32 bits. The elements stand flat, the last
/// dimension fastest, so that every kernel that knows lists works on them.</summary>
/// <remarks>
/// <code>
/// 0                   one dimension: the number of elements is its length
/// 1 .. 2^31-1         two: the length of the inner one
/// 2^31 + n            three and more: entry n of a table that only grows (few different shapes are in use)
/// </code></remarks>
public static class ListShape
{
    private const uint TableBit = 1u << 31;

    private static readonly Lock Gate = new();
    private static readonly Dictionary<string, uint> Known = [];
    private static volatile int[][] s_inner = [];

    /// <param name="dimensions">Lengths, outermost first; all at least 1 when there are several.</param>
    public static uint Of(ReadOnlySpan<int> dimensions)
    {
        if (dimensions.Length <= 1)
            return 0;
        if (dimensions.Length == 2)
            return (uint)dimensions[1];
        var inner = dimensions[1..].ToArray();
        var key = string.Join(',', inner);
        lock (Gate)
        {
            if (Known.TryGetValue(key, out var shape))
                return shape;
            shape = TableBit | (uint)s_inner.Length;
            s_inner = [.. s_inner, inner];
            Known.Add(key, shape);
            return shape;
        }
    }

    /// <summary>The lengths, outermost first; none for a list without elements.</summary>
    public static int[] Dimensions(uint shape, int count)
    {
        if (count == 0)
            return [];
        if (shape == 0)
            return [count];
        if (shape < TableBit)
            return [count / (int)shape, (int)shape];
        var inner = s_inner[shape & ~TableBit];
        return [count / inner.Aggregate(1, (product, n) => product * n), .. inner];
    }

    /// <summary>Order of the shapes of two lists with the same elements: fewer dimensions first, then by lengths.</summary>
    public static int Compare(uint left, uint right, int count)
    {
        if (left == right)
            return 0;
        var (a, b) = (Dimensions(left, count), Dimensions(right, count));
        return a.Length != b.Length ? a.Length.CompareTo(b.Length) : a.AsSpan().SequenceCompareTo(b);
    }
}
