using OmenDb.Arrow;
using OmenDb.Engine;
using OmenDb.Workload.Sql;

namespace OmenDb.Workload.Bulk;

/// <summary>Appends columns to a table of a database in this process, in a session of its own.</summary>
internal sealed class EmbeddedTableWriter : TableWriter
{
    private readonly Session _session;
    private readonly Appender _appender;
    private readonly Batch _batch;
    private readonly VectorWriter[] _writers;
    private int _column;

    public EmbeddedTableWriter(Database database, string table, IReadOnlyList<SqlField> columns)
    {
        _session = database.CreateSession();
        try
        {
            _appender = _session.CreateAppender(table);
        }
        catch
        {
            _session.Dispose();
            throw;
        }
        if (_appender.Columns.Length != columns.Count)
            throw new ArgumentException($"table {table} has {_appender.Columns.Length} columns instead of {columns.Count}", nameof(columns));
        _batch = new Batch(columns.Count);
        _writers = [.. _appender.Columns.Select((column, i) => new VectorWriter(column.Type.Arrow, _batch.Columns[i], Batch.DefaultCapacity))];
    }

    public override void Int(int value) => _writers[_column++].Append(value);

    public override void Long(long value) => _writers[_column++].Append(value);

    public override void Numeric(long units) => _writers[_column++].Append(units);

    public override void Text(ReadOnlyMemory<byte> utf8) => _writers[_column++].AppendBytes(utf8.Span);

    public override void Timestamp(DateTime value) => _writers[_column++].Append((value.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond);

    public override void Null() => _writers[_column++].AppendNull();

    public override void Complete()
    {
        Flush();
        _appender.Complete();
    }

    public override void Dispose()
    {
        _appender.Dispose();
        _batch.Dispose();
        _session.Dispose();
    }

    protected override void FinishRow()
    {
        if (_column != _writers.Length)
            throw new InvalidOperationException($"the row has {_column} values instead of {_writers.Length}");
        _column = 0;
        if (_writers[0].Count == Batch.DefaultCapacity)
            Flush();
    }

    private void Flush()
    {
        if (_writers[0].Count == 0)
            return;
        _batch.Length = _writers[0].Count;
        _appender.Append(_batch);
        foreach (var writer in _writers)
            writer.Reset();
    }
}
