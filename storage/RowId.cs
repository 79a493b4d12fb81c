namespace OmenDb.Storage;

/// <summary>Where a row lives for ever: segment in the high bits, offset inside the segment in the low 17.</summary>
public readonly record struct RowId(ulong Value) : IComparable<RowId>
{
    public const int OffsetBits = 17;

    /// <summary>Rows of a segment: 64 vectors.</summary>
    public const int SegmentRows = 1 << OffsetBits;

    /// <summary>Rows of a vector, the unit of versions, latches and batches.</summary>
    public const int VectorRows = 2048;

    public const int VectorsPerSegment = SegmentRows / VectorRows;

    /// <summary>Not a row.</summary>
    public static readonly RowId None = new(ulong.MaxValue);

    public static RowId Of(int segment, int offset) => new((ulong)segment << OffsetBits | (uint)offset);

    public int Segment => (int)(Value >> OffsetBits);

    /// <summary>0 to 131,071, within the segment.</summary>
    public int Offset => (int)(Value & (SegmentRows - 1));

    /// <summary>0 to 63, within the segment.</summary>
    public int Vector => Offset / VectorRows;

    /// <summary>0 to 2,047, within the vector.</summary>
    public int RowInVector => Offset & (VectorRows - 1);

    public static RowId operator +(RowId id, int rows) => new(id.Value + (uint)rows);

    public int CompareTo(RowId other) => Value.CompareTo(other.Value);

    public static bool operator <(RowId left, RowId right) => left.Value < right.Value;

    public static bool operator >(RowId left, RowId right) => left.Value > right.Value;

    public static bool operator <=(RowId left, RowId right) => left.Value <= right.Value;

    public static bool operator >=(RowId left, RowId right) => left.Value >= right.Value;

    /// <summary>As PostgreSQL's ctid would show it: (segment and vector, row).</summary>
    public override string ToString() => $"({Value / VectorRows},{RowInVector + 1})";
}
