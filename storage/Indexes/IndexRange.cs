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
    public static IndexRange Between(TableIndex index, ReadOnlySpan<Vector> prefix, int row, IndexBound low, IndexBound high)
    {
        if (low.Values is { } lowValues && !lowValues.IsValid(low.Row) || high.Values is { } highValues && !highValues.IsValid(high.Row))
            return Empty;
        var from = low.Values is null ? [] : new[] { low.Values };
        var to = high.Values is null ? [] : new[] { high.Values };
        return Of(index, new IndexRangeSpec { Prefix = prefix.ToArray(), Row = row, Low = from, LowRow = low.Row, LowInclusive = low.Inclusive, High = to, HighRow = high.Row, HighInclusive = high.Inclusive });
    }

    /// <summary>Rows whose leading columns equal some values and whose next column is null.</summary>
    public static IndexRange IsNull(TableIndex index, ReadOnlySpan<Vector> prefix, int row) =>
        Of(index, new IndexRangeSpec { Prefix = [.. prefix, null], Row = row });

    /// <summary>The piece of an index that a specification describes.</summary>
    public static IndexRange Of(TableIndex index, in IndexRangeSpec spec)
    {
        var layout = index.Layout;
        var key = new KeyWriter();
        for (var i = 0; i < spec.Prefix.Length; i++)
        {
            if (spec.Prefix[i] is not { } value)
            {
                if (layout.IsFixed)
                    return new IndexRange([], null, Nulls.Only);
                layout.EncodeNull(i, key);
                continue;
            }
            if (!value.IsValid(spec.Row))
                return Empty;
            Encode(layout, i, value, spec.Row, key);
        }
        var start = key.ToArray();
        var end = spec.Prefix.Length == 0 ? null : KeyLayout.Successor(start);
        if (spec.Begins is { } text)
        {
            if (!text.IsValid(0))
                return Empty;
            layout.EncodeBeginning(spec.Prefix.Length, text.GetBytes(0), key);
            return new IndexRange(key.ToArray(), KeyLayout.Successor(key.Key), Nulls.Without);
        }
        if (spec.Low.Length == 0 && spec.High.Length == 0)
        {
            if (!spec.NotNull)
                return new IndexRange(start, end, spec.Prefix.Length == 0 ? Nulls.With : Nulls.Without);
            return layout.IsFixed ? new IndexRange([], null, Nulls.Without) : new IndexRange([.. start, KeyLayout.Value], [.. start, KeyLayout.Value + 1], Nulls.Without);
        }
        // Of a row of bounds the first must be there; a null behind it ends the row: what comes before it decides.
        var (low, lowInclusive) = (spec.Low, spec.LowInclusive);
        var (high, highInclusive) = (spec.High, spec.HighInclusive);
        if (!Cut(ref low, ref lowInclusive, spec.LowRow) || !Cut(ref high, ref highInclusive, spec.HighRow))
            return Empty;
        // In a descending column the larger value comes first.
        var column = spec.Prefix.Length;
        var descending = layout.Key(column).Descending;
        var (first, firstRow, firstInclusive) = descending ? (high, spec.HighRow, highInclusive) : (low, spec.LowRow, lowInclusive);
        var (last, lastRow, lastInclusive) = descending ? (low, spec.LowRow, lowInclusive) : (high, spec.HighRow, highInclusive);
        if (!layout.IsFixed)
        {
            // Without a bound at one end the range still ends before the nulls.
            start = [.. start, KeyLayout.Value];
            end = [.. start[..^1], KeyLayout.Value + 1];
        }
        if (first.Length > 0)
        {
            var bound = Extend(layout, column, key.Key, first, firstRow);
            if (firstInclusive)
                start = bound;
            else if (KeyLayout.Successor(bound) is { } after)
                start = after;
            else
                return Empty;
        }
        if (last.Length > 0)
        {
            var bound = Extend(layout, column, key.Key, last, lastRow);
            end = lastInclusive ? KeyLayout.Successor(bound) : bound;
        }
        if (end is not null && start.AsSpan().SequenceCompareTo(end) >= 0)
            return Empty;
        return new IndexRange(start, end, Nulls.Without);
    }

    private static bool Cut(ref Vector[] bounds, ref bool inclusive, int row)
    {
        for (var i = 0; i < bounds.Length; i++)
        {
            if (bounds[i].IsValid(row))
                continue;
            bounds = bounds[..i];
            inclusive = true;
            return i > 0;
        }
        return true;
    }

    private static byte[] Extend(KeyLayout layout, int column, ReadOnlySpan<byte> prefix, Vector[] bounds, int row)
    {
        var key = new KeyWriter();
        key.Add(prefix);
        for (var i = 0; i < bounds.Length; i++)
            Encode(layout, column + i, bounds[i], row, key);
        return key.ToArray();
    }

    private static unsafe void Encode(KeyLayout layout, int column, Vector vector, int row, KeyWriter target) =>
        layout.EncodeOne(column, vector.Physical, KeyCell.FromVector(vector, row), Arena(vector), target);

    private static unsafe byte** Arena(Vector vector) => vector.Kind == VectorKind.Dictionary ? vector.Dictionary!.ArenaPointers : vector.ArenaPointers;
}

/// <summary>A piece of an index by values: columns equal to some, then one of: bounds of the next columns, a beginning, not null, or nothing.</summary>
public readonly struct IndexRangeSpec()
{
    /// <summary>One vector per leading key column; null: the column is null.</summary>
    public Vector?[] Prefix { get; init; } = [];

    /// <summary>Which row of the prefix vectors. A null value there makes the range empty.</summary>
    public int Row { get; init; }

    /// <summary>Lower bound of the columns behind the prefix, compared as a row; several only where all have the same direction.</summary>
    public Vector[] Low { get; init; } = [];

    public int LowRow { get; init; }

    public bool LowInclusive { get; init; }

    public Vector[] High { get; init; } = [];

    public int HighRow { get; init; }

    public bool HighInclusive { get; init; }

    /// <summary>What the string in the next column begins with (row 0); null: anything.</summary>
    public Vector? Begins { get; init; }

    /// <summary>The next column is not null.</summary>
    public bool NotNull { get; init; }
}
