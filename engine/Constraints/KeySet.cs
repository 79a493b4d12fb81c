using OmenDb.Arrow;
using OmenDb.Engine.Rows;
using OmenDb.Types;

namespace OmenDb.Engine.Constraints;

/// <summary>Keys of changed rows, in columns of their own.</summary>
internal sealed unsafe class KeySet(IEnumerable<SqlType> types) : IDisposable
{
    private readonly ColumnBuilder[] _columns = [.. types.Select(t => new ColumnBuilder(t.Arrow))];

    public int Count => _columns[0].Count;

    public int Width => _columns.Length;

    /// <summary>Appends one row of some vectors of these types.</summary>
    public void Append(ReadOnlySpan<Vector> values, int row)
    {
        for (var i = 0; i < _columns.Length; i++)
            _columns[i].AppendFrom(values[i], row);
    }

    /// <summary>Appends one row of some vectors, and one value behind it.</summary>
    public void Append(ReadOnlySpan<Vector> values, int row, Vector last)
    {
        for (var i = 0; i < values.Length; i++)
            _columns[i].AppendFrom(values[i], row);
        _columns[^1].AppendFrom(last, 0);
    }

    public void Append(KeySet other)
    {
        for (var i = 0; i < _columns.Length; i++)
            _columns[i].Append(other._columns[i]);
    }

    /// <summary>All rows; valid until the next append.</summary>
    public Batch View() => new(Array.ConvertAll(_columns, c => c.View()), Count);

    public void Dispose()
    {
        foreach (var column in _columns)
            column.Dispose();
    }
}
