using OmenDb.Arrow;

namespace OmenDb.Storage.Indexes;

/// <summary>One end of a range, as a row of a vector of the key column's type.</summary>
/// <param name="Values">Holds the bound; null: no bound at this end.</param>
/// <param name="Row">Which row. A null there makes the range empty, as SQL's comparisons do.</param>
/// <param name="Inclusive">The bound itself belongs to the range.</param>
public readonly record struct IndexBound(Vector? Values, int Row = 0, bool Inclusive = true)
{
    public static readonly IndexBound None = new(null);
}

/// <summary>A piece of an index: keys in [Low, High), as bytes. Immutable.</summary>
public sealed class IndexRange
{
    private enum Nulls : byte { Without, With, Only }

    private readonly Nulls _nulls; // of the fixed form: rows with a null stand apart

    private IndexRange(byte[] low, byte[]? high, Nulls nulls, bool isEmpty = false)
    {
        Low = low;
        High = high;
        _nulls = nulls;
        IsEmpty = isEmpty;
    }

    internal byte[] Low { get; }

    internal byte[]? High { get; }

    /// <summary>Certainly no row.</summary>
    public bool IsEmpty { get; }

    internal bool HasNulls => _nulls != Nulls.Without;

    internal bool OnlyNulls => _nulls == Nulls.Only;

    /// <summary>The whole index: every row that belongs to it, nulls where the index's order has them.</summary>
    public static readonly IndexRange All = new([], null, Nulls.With);

    private static readonly IndexRange Empty = new([], [], Nulls.Without, isEmpty: true);

    /// <summary>Rows whose first key columns equal some values: a point when all columns are given.</summary>
    /// <param name="index">Whose keys.</param>
    /// <param name="values">One vector per leading key column, of the column's type.</param>
    /// <param name="row">Which row of the vectors. A null there gives an empty range.</param>
    public static IndexRange Equal(TableIndex index, ReadOnlySpan<Vector> values, int row) =>
        Between(index, values, row, IndexBound.None, IndexBound.None);

    /// <summary>Rows whose leading columns equal some values and whose next column lies between bounds.</summary>
    /// <param name="index">Whose keys.</param>
    /// <param name="prefix">Equal columns; may be empty.</param>
    /// <param name="row">Which row of the prefix vectors.</param>
    /// <param name="low">Lower bound by value (also of a descending column).</param>
    /// <param name="high">Upper bound by value. With one bound, nulls of that column are not in the range.</param>
    public static unsafe IndexRange Between(TableIndex index, ReadOnlySpan<Vector> prefix, int row, IndexBound low, IndexBound high)
    {
        var layout = index.Layout;
        var key = new KeyWriter();
        for (var i = 0; i < prefix.Length; i++)
        {
            var cell = KeyCell.FromVector(prefix[i], row);
            if (!cell.IsValid)
                return Empty;
            Encode(layout, i, prefix[i], row, key);
        }
        var start = key.ToArray();
        var end = prefix.Length == 0 ? null : KeyLayout.Successor(start);
        if (low.Values is null && high.Values is null)
            return new IndexRange(start, end, prefix.Length == 0 ? Nulls.With : Nulls.Without);
        if (low.Values is { } lowValues && !lowValues.IsValid(low.Row) || high.Values is { } highValues && !highValues.IsValid(high.Row))
            return Empty;
        var column = prefix.Length;
        // In a descending column the larger value comes first.
        var (first, last) = layout.Key(column).Descending ? (high, low) : (low, high);
        if (!layout.IsFixed)
        {
            // Without a bound at one end the range still ends before the nulls.
            start = [.. start, KeyLayout.Value];
            end = [.. start[..^1], KeyLayout.Value + 1];
        }
        if (first.Values is not null)
        {
            var bound = Extend(layout, column, key.Key, first);
            if (first.Inclusive)
                start = bound;
            else if (KeyLayout.Successor(bound) is { } after)
                start = after;
            else
                return Empty;
        }
        if (last.Values is not null)
        {
            var bound = Extend(layout, column, key.Key, last);
            end = last.Inclusive ? KeyLayout.Successor(bound) : bound;
        }
        if (end is not null && start.AsSpan().SequenceCompareTo(end) >= 0)
            return Empty;
        return new IndexRange(start, end, Nulls.Without);
    }

    /// <summary>Rows whose leading columns equal some values and whose next column is null.</summary>
    public static IndexRange IsNull(TableIndex index, ReadOnlySpan<Vector> prefix, int row)
    {
        var layout = index.Layout;
        if (layout.IsFixed)
            return new IndexRange([], null, Nulls.Only);
        var key = new KeyWriter();
        for (var i = 0; i < prefix.Length; i++)
        {
            if (!prefix[i].IsValid(row))
                return Empty;
            Encode(layout, i, prefix[i], row, key);
        }
        key.Add(layout.Key(prefix.Length).NullsFirst ? KeyLayout.NullFirst : KeyLayout.NullLast);
        return new IndexRange(key.ToArray(), KeyLayout.Successor(key.Key), Nulls.Without);
    }

    private static byte[] Extend(KeyLayout layout, int column, ReadOnlySpan<byte> prefix, IndexBound bound)
    {
        var key = new KeyWriter();
        key.Add(prefix);
        Encode(layout, column, bound.Values!, bound.Row, key);
        return key.ToArray();
    }

    private static unsafe void Encode(KeyLayout layout, int column, Vector vector, int row, KeyWriter target)
    {
        var cell = KeyCell.FromVector(vector, row);
        var arena = vector.Kind == VectorKind.Dictionary ? vector.Dictionary!.ArenaPointers : vector.ArenaPointers;
        layout.EncodeOne(column, cell, arena, target);
    }
}
