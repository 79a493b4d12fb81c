namespace OmenDb.Arrow;

/// <summary>Columns of equal length with an optional selection: what flows between operators.</summary>
/// <remarks>Valid until its producer is asked for the next one; who keeps rows copies them. Columns may be of any
/// <see cref="VectorKind"/>. The physical <see cref="Length"/> never exceeds <see cref="DefaultCapacity"/> unless a test mode says so.</remarks>
public sealed class Batch : IDisposable
{
    /// <summary>Rows per vector of storage and so the usual capacity of a batch.</summary>
    public const int DefaultCapacity = 2048;

    public Batch(int columnCount)
    {
        Columns = new Vector[columnCount];
        for (var i = 0; i < columnCount; i++)
            Columns[i] = new Vector();
    }

    public Batch(Vector[] columns, int length)
    {
        Columns = columns;
        Length = length;
    }

    public Vector[] Columns;

    /// <summary>Physical rows, selected or not.</summary>
    public int Length;

    /// <summary>Null: all rows count.</summary>
    public Selection? Selection;

    /// <summary>Rows that count.</summary>
    public int RowCount => Selection is null ? Length : Selection.Count;

    public void Dispose()
    {
        foreach (var column in Columns)
            column.Dispose();
    }
}
