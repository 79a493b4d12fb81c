using FsCheck;
using FsCheck.Fluent;
using OmenDb.Arrow;
using OmenDb.Storage.Indexes;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Tables;
using OmenDb.Storage.Tests.Tables;
using OmenDb.Storage.Transactions;

namespace OmenDb.Storage.Tests.Transactions;

/// <summary>Random interleavings of several transactions, step by step against a simple model: a committed map of rows, and
/// per transaction what it has laid over it.</summary>
public class ModelTests
{
    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(150).WithEndSize(120);

    [Fact]
    public void Any_interleaving_reads_and_refuses_what_the_model_does() =>
        Check.One(Runs, Prop.ForAll(ArbMap.Default.ArbFor<int[]>(), steps =>
        {
            using var run = new Run(sweeps: steps.Length % 2 == 0);
            foreach (var step in steps)
                run.Step((uint)step);
            run.Finish();
        }));

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    [InlineData(3, true)]
    [InlineData(4, true)]
    [InlineData(5, true)]
    public void Long_histories_do_too(int seed, bool sweeps)
    {
        var random = new Random(seed);
        using var run = new Run(sweeps);
        for (var i = 0; i < 3000; i++)
            run.Step((uint)random.Next());
        run.Finish();
    }

    private sealed record Values(long? Id, string? Name, int? Score)
    {
        public (long?, string?, int?) Tuple => (Id, Name, Score);
    }

    /// <summary>A session of the model.</summary>
    private sealed class Session(Transaction transaction, Dictionary<RowId, Values> committed)
    {
        public readonly Transaction Transaction = transaction;
        public Dictionary<RowId, Values>? Base;                 // of REPEATABLE READ, once it reads
        public Dictionary<RowId, Values?> Own = [];             // null: deleted
        public readonly HashSet<long> KeysEver = [];            // ids that it has written or overwritten
        public readonly Stack<(UndoMark Mark, Dictionary<RowId, Values?> Own)> Savepoints = new();
        public Dictionary<RowId, Values> ExtraSnapshotState = committed;
        public Snapshot? Extra;                                 // an open cursor of an earlier statement

        public Dictionary<RowId, Values> View(Dictionary<RowId, Values> newest)
        {
            var view = new Dictionary<RowId, Values>(Base ?? newest);
            foreach (var (row, values) in Own)
            {
                if (values is null)
                    view.Remove(row);
                else
                    view[row] = values;
            }
            return view;
        }
    }

    private sealed class Run : IDisposable
    {
        private readonly StorageEngine _engine = StorageEngine.OpenInMemory();
        private readonly Table _table;
        private readonly TableIndex _byId;
        private readonly TableIndex _byName;
        private readonly Session?[] _sessions = new Session?[4];
        private Dictionary<RowId, Values> _committed = [];
        private uint _bits;

        private readonly List<(Snapshot Snapshot, Dictionary<RowId, Values> State)> _readers = []; // of long reports: nothing of theirs may go

        /// <param name="sweeps">What waits for old readers is looked at again with every commit.</param>
        public Run(bool sweeps)
        {
            if (sweeps)
                _engine.Transactions.Garbage.SmallestSweep = 0;
            _table = Rows.Create(_engine);
            _byId = _table.CreateIndex(new IndexDefinition { Oid = 1, Keys = [new IndexKeyColumn(0)], IsUnique = true }, null, out _)!;
            _byName = _table.CreateIndex(new IndexDefinition { Oid = 2, Keys = [new IndexKeyColumn(1, true, true), new IndexKeyColumn(2)] }, null, out _)!;
        }

        private int Take(int below)
        {
            var result = (int)(_bits % (uint)below);
            _bits = _bits / (uint)below * 2654435761u + 40503;
            return result;
        }

        public void Step(uint bits)
        {
            _bits = bits;
            StepReaders();
            var number = Take(_sessions.Length);
            if (_sessions[number] is not { } session)
            {
                var isolation = Take(2) == 0 ? IsolationLevel.ReadCommitted : IsolationLevel.RepeatableRead;
                _sessions[number] = new Session(_engine.Begin(isolation), _committed);
                return;
            }
            switch (Take(12))
            {
                case 0 or 1 or 2: Insert(session); break;
                case 3 or 4 or 5: Update(session); break;
                case 6: Delete(session); break;
                case 7: session.Savepoints.Push((session.Transaction.Mark(), new(session.Own))); break;
                case 8 when session.Savepoints.Count > 0:
                    var (mark, own) = session.Savepoints.Peek();
                    session.Transaction.RollbackTo(mark);
                    session.Own = new(own);
                    break;
                case 9: End(number, session, commit: true); return;
                case 10 when Take(3) == 0: End(number, session, commit: false); return;
                case 11 when session.Extra is null && session.Transaction.Isolation == IsolationLevel.ReadCommitted:
                    session.Extra = session.Transaction.BeginStatement();
                    session.ExtraSnapshotState = session.View(_committed);
                    break;
            }
            CheckReads(session);
        }

        private void StepReaders()
        {
            if (_readers.Count < 3 && Take(20) == 0)
                _readers.Add((_engine.Transactions.OpenSnapshot(), _committed));
            else if (_readers.Count > 0 && Take(60) == 0)
            {
                var place = Take(_readers.Count);
                _readers[place].Snapshot.Dispose();
                _readers.RemoveAt(place);
            }
            if (_readers.Count > 0 && Take(4) == 0)
            {
                var (snapshot, state) = _readers[Take(_readers.Count)];
                CheckReads(snapshot, state);
            }
        }

        public void Finish()
        {
            foreach (var (snapshot, state) in _readers)
            {
                CheckReads(snapshot, state);
                snapshot.Dispose();
            }
            _readers.Clear();
            for (var i = 0; i < _sessions.Length; i++)
            {
                if (_sessions[i] is { } session)
                    End(i, session, commit: i % 2 == 0);
            }
            using (var snapshot = _engine.Transactions.OpenSnapshot())
                CheckReads(snapshot, _committed);
            // Nobody is left: nothing but the newest versions and their keys may remain.
            foreach (var segment in _table.Segments)
            {
                for (var v = 0; v < segment.VectorCount; v++)
                    Assert.Null(segment.Vector(v).Versions);
            }
            Assert.Equal(_committed.Count, _table.RowCount);
            Assert.Equal(_committed.Count, _byId.EntryCount);
            Assert.Equal(_committed.Count, _byName.EntryCount);
        }

        private Snapshot Begin(Session session)
        {
            var snapshot = session.Transaction.BeginStatement();
            if (session.Transaction.Isolation == IsolationLevel.RepeatableRead)
                session.Base ??= _committed;
            return snapshot;
        }

        private Values Random() => new(Take(6) == 0 ? null : Take(25), Take(4) switch
        {
            0 => null,
            1 => "short" + Take(3),
            _ => "a long name, above the twelve inline bytes, number " + Take(9),
        }, Take(5) == 0 ? null : Take(100));

        private void Insert(Session session)
        {
            using var snapshot = Begin(session);
            var values = Random();
            using var batch = Rows.Batch((values.Id, values.Name, values.Score));
            var ids = new RowId[1];
            var result = _table.Append(session.Transaction, batch, ids);
            JudgeKey(session, RowId.None, values.Id, result);
            if (!result.IsOk)
                return;
            session.Own[ids[0]] = values;
            if (values.Id is { } id)
                session.KeysEver.Add(id);
        }

        private RowId? Pick(Session session)
        {
            var view = session.View(_committed);
            return view.Count == 0 ? null : view.Keys.Order().ElementAt(Take(view.Count));
        }

        private void Update(Session session)
        {
            using var snapshot = Begin(session);
            if (Pick(session) is not { } row)
                return;
            var old = session.View(_committed)[row];
            var values = Random();
            var mark = session.Transaction.Mark();
            WriteResult result;
            switch (Take(3))
            {
                case 0:
                    values = old with { Id = values.Id };
                    using (var batch = Rows.Longs(values.Id))
                        result = _table.Update(snapshot, [row], [0], batch);
                    break;
                case 1:
                    values = old with { Name = values.Name };
                    using (var batch = Rows.Texts(values.Name))
                        result = _table.Update(snapshot, [row], [1], batch);
                    break;
                default:
                    using (var batch = Rows.Batch((values.Id, values.Name, values.Score)))
                        result = _table.Update(snapshot, [row], [0, 1, 2], batch);
                    break;
            }
            if (result.IsOk)
            {
                Assert.False(RowBlocked(session, row), "a row that another transaction holds was updated");
                result = session.Transaction.CheckDeferredUnique();
                if (values.Id != old.Id)
                    JudgeKey(session, row, values.Id, result);
                if (!result.IsOk)
                    session.Transaction.RollbackTo(mark);
            }
            else if (result.Index is null)
            {
                Assert.True(RowBlocked(session, row), $"{result.Status} without a reason");
            }
            else
            {
                JudgeKey(session, row, values.Id, result);
            }
            if (!result.IsOk)
                return;
            session.Own[row] = values;
            foreach (var id in new[] { old.Id, values.Id })
            {
                if (id is { } key)
                    session.KeysEver.Add(key);
            }
        }

        private void Delete(Session session)
        {
            using var snapshot = Begin(session);
            if (Pick(session) is not { } row)
                return;
            var old = session.View(_committed)[row];
            var result = _table.Delete(snapshot, [row]);
            Assert.Equal(RowBlocked(session, row), !result.IsOk);
            if (!result.IsOk)
                return;
            session.Own[row] = null;
            if (old.Id is { } key)
                session.KeysEver.Add(key);
        }

        /// <summary>Held by another transaction, or changed since the snapshot.</summary>
        private bool RowBlocked(Session session, RowId row)
        {
            foreach (var other in _sessions)
            {
                if (other is not null && other != session && other.Own.ContainsKey(row))
                    return true;
            }
            return session.Base is { } at && !session.Own.ContainsKey(row)
                && !ReferenceEquals(at.GetValueOrDefault(row), _committed.GetValueOrDefault(row));
        }

        private void JudgeKey(Session session, RowId row, long? id, WriteResult result)
        {
            var mine = _committed.Where(r => !session.Own.ContainsKey(r.Key)).Select(r => (r.Key, Value: (Values?)r.Value)).Concat(session.Own.Select(r => (r.Key, r.Value)));
            var taken = id is not null && mine.Any(r => r.Key != row && r.Value?.Id == id);
            var contested = id is not null && _sessions.Any(s => s is not null && s != session && s.KeysEver.Contains(id.Value));
            switch (result.Status)
            {
                case WriteStatus.Ok:
                    var heldByOther = id is not null && _sessions.Any(s => s is not null && s != session && s.Own.Values.Any(v => v?.Id == id));
                    var freedByOther = taken && _sessions.Any(s => s is not null && s != session && s.Own.Any(o => _committed.TryGetValue(o.Key, out var c) && c.Id == id));
                    Assert.False(taken || heldByOther || freedByOther, $"key {id} was given twice");
                    break;
                case WriteStatus.DuplicateKey:
                    Assert.True(taken, $"key {id} is free");
                    break;
                default:
                    Assert.True(contested, $"nobody holds key {id}");
                    break;
            }
        }

        private void End(int number, Session session, bool commit)
        {
            session.Extra?.Dispose();
            if (commit)
            {
                _engine.Commit(session.Transaction);
                if (session.Own.Count > 0)
                {
                    var next = new Dictionary<RowId, Values>(_committed);
                    foreach (var (row, values) in session.Own)
                    {
                        if (values is null)
                            next.Remove(row);
                        else
                            next[row] = values;
                    }
                    _committed = next;
                }
                var ids = _committed.Values.Where(v => v.Id is not null).Select(v => v.Id).ToList();
                Assert.Equal(ids.Count, ids.Distinct().Count());
            }
            else
            {
                _engine.Rollback(session.Transaction);
            }
            _sessions[number] = null;
            foreach (var other in _sessions)
            {
                if (other is not null)
                    CheckReads(other);
            }
        }

        private void CheckReads(Session session)
        {
            using (var snapshot = Begin(session))
                CheckReads(snapshot, session.View(_committed));
            if (session.Extra is { } extra && session.Savepoints.Count == 0)
                CheckReads(extra, session.ExtraSnapshotState);
        }

        private void CheckReads(Snapshot snapshot, Dictionary<RowId, Values> expected)
        {
            var scanned = Rows.Scan(_table, snapshot);
            Assert.Equal(expected.OrderBy(r => r.Key).Select(r => (r.Key, r.Value.Tuple)), scanned);
            var ids = expected.Values.Select(v => v.Id).OrderBy(id => id ?? long.MaxValue).ToList();
            Assert.Equal(ids, IndexTests.Ids(_byId, snapshot));
            ids.Reverse();
            Assert.Equal(ids, IndexTests.Ids(_byId, snapshot, backward: true));
            Assert.Equal(expected.Count, IndexTests.Ids(_byName, snapshot).Count);
        }

        public void Dispose()
        {
            foreach (var (snapshot, _) in _readers)
                snapshot.Dispose();
            foreach (var session in _sessions)
            {
                session?.Extra?.Dispose();
                if (session is not null)
                    _engine.Rollback(session.Transaction);
            }
            _engine.Dispose();
        }
    }
}
