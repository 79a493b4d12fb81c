using System.Collections.Immutable;

namespace OmenDb.Storage.Statistics;

/// <summary>What ANALYZE found out about a table. Immutable.</summary>
/// <param name="RowCount">Rows that the snapshot saw.</param>
/// <param name="Columns">By physical column.</param>
public sealed record TableStatistics(long RowCount, ImmutableArray<ColumnStatistics> Columns)
{
    /// <summary>Rows appended, changed and deleted up to the analysis, as <see cref="Tables.Table.Modifications"/> counted them.</summary>
    public long ModificationsAt { get; init; }
}

/// <summary>A column's values, from all rows (counts, bounds, distinct values) and a sample (histogram, common values).</summary>
public sealed record ColumnStatistics
{
    /// <summary>0 to 1.</summary>
    public double NullFraction { get; init; }

    /// <summary>Distinct values that are not null, estimated.</summary>
    public double DistinctCount { get; init; }

    /// <summary>Average bytes of a value; fixed width types: the width.</summary>
    public double AverageWidth { get; init; }

    /// <summary>Null: unknown, or no value at all.</summary>
    public SampleValue? Min { get; init; }

    public SampleValue? Max { get; init; }

    /// <summary>Values that are more common than average with their fraction of all rows, most common first; at most 100.</summary>
    public ImmutableArray<(SampleValue Value, double Fraction)> MostCommon { get; init; } = [];

    /// <summary>Ascending bounds of equally full ranges of the values that are not most common; empty: unknown.</summary>
    public ImmutableArray<SampleValue> Histogram { get; init; } = [];
}

/// <summary>One value of a column: the bytes as in a flat vector (strings: the string's; bool: one byte), and its order.</summary>
/// <param name="Key">Order-preserving bytes, as an index has them.</param>
/// <param name="Image">The value itself.</param>
public sealed record SampleValue(byte[] Key, byte[] Image) : IComparable<SampleValue>
{
    public int CompareTo(SampleValue? other) => other is null ? 1 : Key.AsSpan().SequenceCompareTo(other.Key);

    public bool Equals(SampleValue? other) => other is not null && Key.AsSpan().SequenceEqual(other.Key);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(Key);
        return hash.ToHashCode();
    }

    public static bool operator <(SampleValue left, SampleValue right) => left.CompareTo(right) < 0;

    public static bool operator >(SampleValue left, SampleValue right) => left.CompareTo(right) > 0;

    public static bool operator <=(SampleValue left, SampleValue right) => left.CompareTo(right) <= 0;

    public static bool operator >=(SampleValue left, SampleValue right) => left.CompareTo(right) >= 0;
}
