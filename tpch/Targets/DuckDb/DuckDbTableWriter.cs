using System.Text;
using OmenDb.Tpch.Generation.Chunks;
using OmenDb.Tpch.Generation.Columns;
using OmenDb.Tpch.Schema;

namespace OmenDb.Tpch.Targets.DuckDb;

/// <summary>Appends chunks by DuckDB's appender, 2,048 rows at a time, in one transaction.</summary>
internal sealed unsafe class DuckDbTableWriter : TpchTableWriter
{
    /// <summary>duckdb_vector_size().</summary>
    private const int VectorSize = 2048;

    private readonly DuckDbLibrary _library;
    private readonly DuckDbConnection _connection;
    private nint _appender;
    private nint _chunk;
    private bool _completed;

    public DuckDbTableWriter(DuckDbConnection connection, TpchTable table)
    {
        _library = connection.Library;
        _connection = connection;
        _connection.Query("BEGIN TRANSACTION");
        nint appender;
        fixed (byte* name = Encoding.UTF8.GetBytes(TpchSchema.NameOf(table) + '\0'))
        {
            if (_library.CreateAppender(_connection.Handle, null, name, &appender) != DuckDbLibrary.Success)
                throw Error(appender);
        }
        _appender = appender;
        var columns = TpchSchema.Of(table).Columns;
        var types = new nint[columns.Count];
        for (var i = 0; i < types.Length; i++)
            types[i] = TypeOf(columns[i]);
        fixed (nint* first = types)
        {
            _chunk = _library.CreateChunk(first, (ulong)types.Length);
            for (var i = 0; i < types.Length; i++)
                _library.DestroyType(first + i);
        }
    }

    public override void Write(TpchChunk chunk)
    {
        for (var first = 0; first < chunk.RowCount; first += VectorSize)
        {
            var count = Math.Min(VectorSize, chunk.RowCount - first);
            _library.ResetChunk(_chunk);
            for (var i = 0; i < chunk.Columns.Count; i++)
                Fill(chunk.Columns[i], first, count, _library.ChunkVector(_chunk, (ulong)i));
            _library.SetChunkSize(_chunk, (ulong)count);
            if (_library.AppendChunk(_appender, _chunk) != DuckDbLibrary.Success)
                throw Error(_appender);
        }
    }

    public override void Complete()
    {
        if (_library.CloseAppender(_appender) != DuckDbLibrary.Success)
            throw Error(_appender);
        _connection.Query("COMMIT");
        _completed = true;
    }

    public override void Dispose()
    {
        var (appender, chunk) = (_appender, _chunk);
        // After Complete there is nothing left to flush; without it the transaction goes with its connection.
        if (!_completed && appender != 0)
            _connection.Query("ROLLBACK");
        if (appender != 0)
            _ = _library.DestroyAppender(&appender);
        if (chunk != 0)
            _library.DestroyChunk(&chunk);
        (_appender, _chunk) = (0, 0);
        _connection.Dispose();
    }

    private nint TypeOf(TpchColumnDefinition column) => column.Kind switch
    {
        TpchColumnKind.Integer => _library.CreateType(DuckDbType.Integer),
        TpchColumnKind.BigInt => _library.CreateType(DuckDbType.BigInt),
        TpchColumnKind.Numeric => _library.CreateDecimalType(15, 2),
        TpchColumnKind.Date => _library.CreateType(DuckDbType.Date),
        _ => _library.CreateType(DuckDbType.Varchar),
    };

    private void Fill(TpchColumn column, int first, int count, nint vector)
    {
        var data = _library.VectorData(vector);
        switch (column)
        {
            case IntegerColumn integers:
                integers.Values.Slice(first, count).CopyTo(new Span<int>(data, count));
                break;
            case BigIntColumn integers:
                integers.Values.Slice(first, count).CopyTo(new Span<long>(data, count));
                break;
            case DecimalColumn decimals:
                decimals.Values.Slice(first, count).CopyTo(new Span<long>(data, count));
                break;
            case DateColumn dates:
                dates.Values.Slice(first, count).CopyTo(new Span<int>(data, count));
                break;
            case TextColumn texts:
                fixed (byte* bytes = texts.Bytes)
                {
                    var offsets = texts.Offsets;
                    for (var row = 0; row < count; row++)
                    {
                        var start = offsets[first + row];
                        _library.AssignString(vector, (ulong)row, bytes + start, (ulong)(offsets[first + row + 1] - start));
                    }
                }
                break;
            default:
                throw new InvalidOperationException($"no vector for {column.GetType().Name}");
        }
    }

    private DuckDbException Error(nint appender) => new(DuckDbLibrary.Text(_library.AppenderError(appender)) ?? "DuckDB's appender failed");
}
