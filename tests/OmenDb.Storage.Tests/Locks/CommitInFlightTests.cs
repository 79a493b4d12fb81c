using OmenDb.Arrow;
using OmenDb.Storage.Locks;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Tables;
using OmenDb.Storage.Tests.Tables;
using OmenDb.Storage.Transactions;
using OmenDb.Types;

namespace OmenDb.Storage.Tests.Locks;

/// <summary>SERIALIZABLE: a commit that has its place in the order but is not visible yet counts against what was read.</summary>
public sealed class CommitInFlightTests : IDisposable
{
    private readonly StorageEngine _engine = StorageEngine.OpenInMemory();
    private readonly Table _table;
    private readonly RowId[] _rows;
    private readonly Steps _steps = new();
    private readonly Steps.Actor _writer;

    public CommitInFlightTests()
    {
        _table = Rows.Create(_engine);
        var loader = _engine.Begin();
        _rows = Rows.Append(_table, loader, (1, "one", 10), (2, "two", 20), (3, "three", 30));
        _engine.Commit(loader);
        _writer = _steps.Start("writer", me =>
        {
            var transaction = _engine.Begin(IsolationLevel.Serializable);
            transaction.Owner = me;
            Update(transaction, _rows[0], 11);
            _engine.Commit(transaction);
        });
    }

    public void Dispose()
    {
        _steps.Dispose();
        _engine.Dispose();
    }

    /// <summary>Rows whose score lies in a range.</summary>
    private sealed class Scores(Table table, int from, int to) : ReadSet(table, [2])
    {
        public override bool MatchesAny(Batch rows)
        {
            IEnumerable<int> picked = rows.Selection is { } selection ? selection.FillIndices(rows.Length).ToArray() : Enumerable.Range(0, rows.Length);
            return picked.Any(row => rows.Columns[0].IsValid(row) && rows.Columns[0].Get<int>(row) is var score && score >= from && score <= to);
        }
    }

    private void Update(Transaction transaction, RowId row, int value)
    {
        using var snapshot = transaction.BeginStatement();
        using var values = Rows.Ints(value);
        Assert.Equal(WriteStatus.Ok, _table.Update(snapshot, [row], [2], values).Status);
    }

    private int Score(Snapshot snapshot, RowId row)
    {
        using var batch = new Batch(1);
        using var selection = new Selection(64);
        Assert.Equal(1, _table.Fetch(snapshot, [row], [2], batch, selection));
        return batch.Columns[0].Get<int>(0);
    }

    private Transaction ReadScores(int from, int to)
    {
        var reader = _engine.Begin(IsolationLevel.Serializable);
        using var snapshot = reader.BeginStatement();
        Assert.Equal(10, Score(snapshot, _rows[0])); // not visible yet
        reader.NoteRead(new Scores(_table, from, to));
        return reader;
    }

    private void CommitFails(Transaction reader)
    {
        Update(reader, _rows[1], 21);
        var error = Assert.Throws<SqlException>(() => _engine.Commit(reader));
        Assert.Equal(SqlState.SerializationFailure, error.SqlState);
        _engine.Rollback(reader);
        _writer.RunToEnd();
        using var after = _engine.Transactions.OpenSnapshot();
        Assert.Equal((11, 20), (Score(after, _rows[0]), Score(after, _rows[1])));
    }

    [Theory]
    [InlineData(5, 10)] // the value before
    [InlineData(11, 11)] // the value after
    public void Against_who_has_read_before_it(int from, int to)
    {
        var reader = ReadScores(from, to);
        _writer.RunTo(LockStep.Logged);
        CommitFails(reader);
    }

    [Theory]
    [InlineData(5, 10)]
    [InlineData(11, 11)]
    public void Against_who_begins_while_it_is_in_flight(int from, int to)
    {
        _writer.RunTo(LockStep.Logged);
        CommitFails(ReadScores(from, to));
    }

    [Fact]
    public void Not_against_who_has_read_something_else()
    {
        _writer.RunTo(LockStep.Logged);
        var reader = ReadScores(12, 99);
        Update(reader, _rows[1], 21);
        _engine.Commit(reader);
        _writer.RunToEnd();
        using var after = _engine.Transactions.OpenSnapshot();
        Assert.Equal((11, 21), (Score(after, _rows[0]), Score(after, _rows[1])));
    }

    [Fact]
    public void Not_against_who_writes_nothing()
    {
        _writer.RunTo(LockStep.Logged);
        _engine.Commit(ReadScores(0, 99)); // it comes before the writer, for everybody
        _writer.RunToEnd();
    }
}
