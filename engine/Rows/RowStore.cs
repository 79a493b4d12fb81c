using System.Collections.Immutable;
using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Execution;
using OmenDb.Types;

namespace OmenDb.Engine.Rows;

/// <summary>Materialised rows: one growing column each, row number = index.</summary>
internal sealed unsafe class RowStore : IDisposable
{
    private NativeBuffer? _indices;

    public RowStore(IReadOnlyList<SqlType> types, ExecutionContext context)
    {
        Types = [.. types];
        Columns = new ColumnBuilder[types.Count];
        for (var i = 0; i < Columns.Length; i++)
            Columns[i] = new ColumnBuilder(types[i].Arrow, context.Memory);
    }

    public ImmutableArray<SqlType> Types { get; }

    public ColumnBuilder[] Columns { get; private set; }

    /// <summary>Rows; kept apart because there may be no columns.</summary>
    public int Count { get; private set; }

    /// <summary>Appends the selected rows of a batch.</summary>
    /// <param name="batch">Its columns, or <paramref name="columns"/> when given.</param>
    public void Append(Batch batch, Vector[]? columns = null)
    {
        columns ??= batch.Columns;
        var rows = SelectedRows(batch, out var count);
        for (var i = 0; i < Columns.Length; i++)
            Columns[i].Append(columns[i], rows, count);
        Count += count;
    }

    public void Append(Vector[] columns, int* rows, int count)
    {
        for (var i = 0; i < Columns.Length; i++)
            Columns[i].Append(columns[i], rows, count);
        Count += count;
    }

    public void AppendRow(Vector[] columns, int row)
    {
        for (var i = 0; i < Columns.Length; i++)
            Columns[i].AppendFrom(columns[i], row);
        Count++;
    }

    public void Append(RowStore other)
    {
        for (var i = 0; i < Columns.Length; i++)
            Columns[i].Append(other.Columns[i]);
        Count += other.Count;
    }

    /// <summary>Takes over what workers have collected, one after the other; a single part is not copied, columns of several are copied by all threads.</summary>
    /// <param name="parts">Empty afterwards.</param>
    public void Take(List<RowStore> parts, ExecutionContext context)
    {
        parts.RemoveAll(part =>
        {
            if (part.Count == 0)
                part.Dispose();
            return part.Count == 0;
        });
        if (Count == 0 && parts.Count == 1)
        {
            (Columns, parts[0].Columns) = (parts[0].Columns, Columns);
            Count = parts[0].Count;
        }
        else
        {
            var total = Count + parts.Sum(part => (long)part.Count);
            if (total > int.MaxValue)
                throw new SqlException(SqlState.ProgramLimitExceeded, "an operation would have to keep more than 2147483647 rows");
            var added = (int)total - Count;
            Pipelines.Parallel.For(added < ParallelFrom ? 1 : int.MaxValue, Columns.Length, context, column =>
            {
                Columns[column].Reserve(added);
                foreach (var part in parts)
                    Columns[column].Append(part.Columns[column]);
            });
            Count = (int)total;
        }
        foreach (var part in parts)
            part.Dispose();
        parts.Clear();
    }

    /// <summary>Rows from which copying is worth a second thread.</summary>
    private const int ParallelFrom = 32 * 1024;

    private int* SelectedRows(Batch batch, out int count)
    {
        count = batch.RowCount;
        if (batch.Selection is not { } selection)
            return null;
        if (selection.IsSparse)
            return selection.Indices;
        if (_indices is null || _indices.Length < batch.Length * 4L + 256)
        {
            _indices?.Release();
            _indices = NativeBuffer.Allocate(batch.Length * 4L + 512, zeroed: false);
        }
        Bits.ToIndices(selection.Mask, batch.Length, (int*)_indices.Pointer);
        return (int*)_indices.Pointer;
    }

    /// <summary>The columns as flat vectors over all rows.</summary>
    public Vector[] Views() => Array.ConvertAll(Columns, c => c.View());

    public void Clear()
    {
        foreach (var column in Columns)
            column.Clear();
        Count = 0;
    }

    public void Dispose()
    {
        foreach (var column in Columns)
            column.Dispose();
        _indices?.Release();
        _indices = null;
        Count = 0;
    }
}

/// <summary>Row numbers of a batch as an index list, in memory that is reused.</summary>
internal sealed unsafe class RowIndices : IDisposable
{
    private NativeBuffer? _buffer;

    public int* Pointer => (int*)_buffer!.Pointer;

    /// <summary>Room for so many numbers.</summary>
    public int* Reserve(int count)
    {
        if (_buffer is null || _buffer.Length < count * 4L + 256)
        {
            _buffer?.Release();
            _buffer = NativeBuffer.Allocate(count * 4L + 512, zeroed: false);
        }
        return (int*)_buffer.Pointer;
    }

    /// <summary>The selected rows of a batch.</summary>
    public int* Selected(Batch batch, out int count)
    {
        var target = Reserve(batch.Length);
        count = batch.RowCount;
        if (batch.Selection is null)
        {
            for (var i = 0; i < count; i++)
                target[i] = i;
        }
        else if (batch.Selection.IsSparse)
            new ReadOnlySpan<int>(batch.Selection.Indices, count).CopyTo(new Span<int>(target, count));
        else
            Bits.ToIndices(batch.Selection.Mask, batch.Length, target);
        return target;
    }

    public void Dispose() => _buffer?.Release();
}
