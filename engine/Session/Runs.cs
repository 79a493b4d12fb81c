using System.Collections.Immutable;
using OmenDb.Arrow;
using OmenDb.Engine.Expressions;
using OmenDb.Engine.Rows;
using OmenDb.Planner.Binding;
using OmenDb.Types;

namespace OmenDb.Engine;

/// <summary>No statement at all.</summary>
internal sealed class EmptyRun : StatementRun
{
    public override string Tag => "";

    public override bool Next(out Batch batch)
    {
        batch = null!;
        return false;
    }
}

/// <summary>A command without rows: runs at the first pull and gives its tag.</summary>
internal sealed class UtilityRun(Func<string> body) : StatementRun
{
    private string? _tag;

    public override string Tag => _tag ?? "";

    public override bool Next(out Batch batch)
    {
        batch = null!;
        _tag ??= body();
        return false;
    }
}

/// <summary>A command with a few computed rows: SHOW, EXPLAIN.</summary>
/// <param name="rows">Boxed as in ConstantExpression; called at the first pull.</param>
internal sealed class RowsRun(ImmutableArray<OutputColumn> columns, string tag, Func<IEnumerable<object?[]>> rows) : StatementRun
{
    private RowBuffer? _buffer;

    public override ImmutableArray<OutputColumn>? Columns => columns;

    public override string Tag => tag;

    public override bool Next(out Batch batch)
    {
        if (_buffer is null)
        {
            _buffer = new RowBuffer(columns);
            foreach (var row in rows())
                _buffer.Append(row);
        }
        return _buffer.Next(out batch);
    }

    public override void Dispose() => _buffer?.Dispose();

    public static OutputColumn Column(string name, SqlType type) => new(name, type, type.TypeModifier, 0, 0);
}

/// <summary>Rows copied out of batches, to be read again in batches: cursors, RETURNING, computed results.</summary>
internal sealed class RowBuffer : IDisposable
{
    private readonly ImmutableArray<SqlType> _types;
    private readonly ColumnBuilder[] _columns;
    private readonly Batch _batch;

    public RowBuffer(ImmutableArray<OutputColumn> columns) : this([.. columns.Select(c => c.Type)])
    {
    }

    public RowBuffer(ImmutableArray<SqlType> types)
    {
        _types = types;
        _columns = [.. types.Select(t => new ColumnBuilder(t.Arrow))];
        _batch = new Batch(types.Length);
    }

    public int Count { get; private set; }

    /// <summary>The next row that <see cref="Next"/> gives.</summary>
    public int Position { get; set; }

    public void Append(object?[] row)
    {
        for (var i = 0; i < _columns.Length; i++)
            ValueBox.AppendBoxed(_columns[i], row[i], _types[i]);
        Count++;
    }

    /// <summary>Appends the selected rows; further columns of the batch are left out.</summary>
    public unsafe void Append(Batch batch)
    {
        var count = batch.RowCount;
        var rows = batch.Selection is { } selection ? selection.FillIndices(batch.Length) : default;
        fixed (int* picks = rows)
        {
            foreach (var (column, i) in _columns.Select((c, i) => (c, i)))
                column.Append(batch.Columns[i], batch.Selection is null ? null : picks, count);
        }
        Count += count;
    }

    /// <summary>At most <paramref name="limit"/> rows from the position on, which moves behind them.</summary>
    public bool Next(out Batch batch, int limit = Batch.DefaultCapacity)
    {
        batch = _batch;
        var count = Math.Min(Math.Min(limit, Batch.DefaultCapacity), Count - Position);
        if (count <= 0)
            return false;
        for (var i = 0; i < _columns.Length; i++)
            Arrow.Compute.Gather.Slice(_columns[i].View(), Position, count, _batch.Columns[i]);
        _batch.Length = count;
        _batch.Selection = null;
        Position += count;
        return true;
    }

    public void Dispose()
    {
        _batch.Dispose();
        foreach (var column in _columns)
            column.Dispose();
    }
}
