namespace OmenDb.Workload.Bulk;

/// <summary>Appends rows to one table, value after value. Disposed without <see cref="Complete"/>, it leaves nothing in the table.</summary>
public abstract class TableWriter : IDisposable
{
    public long RowCount { get; private set; }

    public abstract void Int(int value);

    public abstract void Long(long value);

    /// <param name="units">In units of the column's scale.</param>
    public abstract void Numeric(long units);

    /// <param name="utf8">Read before the call returns.</param>
    public abstract void Text(ReadOnlyMemory<byte> utf8);

    public abstract void Timestamp(DateTime value);

    public abstract void Null();

    /// <summary>Every column has its value.</summary>
    public void EndRow()
    {
        RowCount++;
        FinishRow();
    }

    /// <summary>Commits.</summary>
    public abstract void Complete();

    public abstract void Dispose();

    protected abstract void FinishRow();
}
