using OmenDb.Storage.Transactions;
using OmenDb.Types;

namespace OmenDb.Storage.Catalog;

/// <summary>What a transaction does to the catalog: seen by itself at once, by others when it commits.</summary>
/// <remarks>Used by the transaction's thread. Rolls back to any mark. At commit the changes are merged into the newest catalog: an
/// object that somebody else changed meanwhile, or a name that is taken by then, fails the commit.</remarks>
public sealed class CatalogChanges
{
    private readonly CatalogStore _store;
    private readonly Dictionary<int, Change> _changes = [];
    private readonly List<Step> _steps = [];
    private CatalogSnapshot? _cached;
    private CatalogSnapshot? _cachedBase;
    private CatalogSnapshot? _merged;

    internal CatalogChanges(CatalogStore store, Transaction transaction)
    {
        _store = store;
        Transaction = transaction;
    }

    /// <param name="Original">The committed object that was replaced or dropped; null: there was none.</param>
    /// <param name="Entry">The new one; null: dropped.</param>
    private readonly record struct Change(CatalogObject? Original, CatalogObject? Entry);

    private readonly record struct Step(int Oid, bool HadChange, Change Before, Action? OnCommit, Action? OnRollback);

    internal Transaction Transaction { get; }

    public bool IsEmpty => _steps.Count == 0;

    /// <summary>A mark to go back to.</summary>
    internal int Version => _steps.Count;

    /// <summary>Newest committed catalog plus own changes.</summary>
    public CatalogSnapshot Current
    {
        get
        {
            var committed = _store.Current;
            if (_changes.Count == 0)
                return committed;
            if (_cached is null || !ReferenceEquals(_cachedBase, committed))
            {
                _cached = Apply(committed, _store.NewStagedVersion());
                _cachedBase = committed;
            }
            return _cached;
        }
    }

    public int NewOid() => _store.NewOid();

    /// <summary>Adds an object, or replaces the one with its OID.</summary>
    /// <exception cref="SqlException">Another object has the name: 42P07, 42710, 42P06, 42P04.</exception>
    public void Put(CatalogObject entry)
    {
        var current = Current;
        if (current.Find(entry.Space, entry.ParentOid, entry.Name) is { } other && other.Oid != entry.Oid)
            throw Duplicate(entry);
        Stage(entry.Oid, current.Find(entry.Oid), entry);
    }

    /// <summary>Removes an object; what depends on it is the caller's business.</summary>
    public void Drop(int oid)
    {
        var entry = Current.Find(oid) ?? throw SqlException.Internal($"object {oid} does not exist");
        Stage(oid, entry, null);
    }

    /// <summary>Things to do when the transaction commits (after it is visible) or this step is rolled back. They must not throw.</summary>
    internal void Attach(Action? onCommit, Action? onRollback) => _steps.Add(new Step(0, false, default, onCommit, onRollback));

    private void Stage(int oid, CatalogObject? before, CatalogObject? entry)
    {
        var had = _changes.TryGetValue(oid, out var change);
        _steps.Add(new Step(oid, had, change, null, null));
        _changes[oid] = new Change(had ? change.Original : before, entry);
        _cached = null;
    }

    internal void RollbackTo(int version)
    {
        for (var i = _steps.Count - 1; i >= version; i--)
        {
            var step = _steps[i];
            if (step.Oid != 0)
            {
                if (step.HadChange)
                    _changes[step.Oid] = step.Before;
                else
                    _changes.Remove(step.Oid);
            }
            step.OnRollback?.Invoke();
        }
        _steps.RemoveRange(version, _steps.Count - version);
        _cached = null;
    }

    /// <summary>Puts (object) and drops (null) by OID, for the log. Names that move between objects: drops first.</summary>
    internal IEnumerable<(int Oid, CatalogObject? Entry)> Final
    {
        get
        {
            foreach (var (oid, change) in _changes)
            {
                if (change.Entry is null && change.Original is not null)
                    yield return (oid, null);
            }
            foreach (var (oid, change) in _changes)
            {
                if (change.Entry is not null)
                    yield return (oid, change.Entry);
            }
        }
    }

    /// <summary>Under the order of commits: merges into the newest catalog or fails.</summary>
    internal void PrepareCommit()
    {
        var newest = _store.Newest;
        foreach (var (oid, change) in _changes)
        {
            if (!ReferenceEquals(newest.Find(oid), change.Original))
            {
                var name = (change.Entry ?? change.Original)!.Name;
                throw new SqlException(SqlState.SerializationFailure, $"could not commit: \"{name}\" was changed by a concurrent transaction");
            }
        }
        var merged = Apply(newest, newest.Version + 1);
        foreach (var (_, change) in _changes)
        {
            if (change.Entry is not { } entry)
                continue;
            var other = newest.Find(entry.Space, entry.ParentOid, entry.Name);
            if (other is not null && other.Oid != entry.Oid && merged.Find(other.Oid) is { } still && still.Name == entry.Name && still.ParentOid == entry.ParentOid)
                throw Duplicate(entry);
            // The parent may have been dropped by somebody else meanwhile.
            if (entry.ParentOid != 0 && merged.Find(entry.ParentOid) is null)
                throw new SqlException(SqlState.SerializationFailure, $"could not commit: what \"{entry.Name}\" belongs to was dropped by a concurrent transaction");
            if (entry is TableEntry table && table.Columns.FirstOrDefault(c => (c.Type.Element ?? c.Type) is { Id: TypeId.Enum, UserOid: var type } && merged.Find(type) is null) is { } column)
                throw new SqlException(SqlState.SerializationFailure, $"could not commit: the type of column \"{column.Name}\" of \"{entry.Name}\" was dropped by a concurrent transaction");
            if (entry is IndexEntry index && merged.Find(index.TableOid) is null)
                throw new SqlException(SqlState.SerializationFailure, $"could not commit: the table of \"{entry.Name}\" was dropped by a concurrent transaction");
        }
        _merged = merged;
    }

    /// <summary>Under the order of commits, once the log has it.</summary>
    internal void Reserve()
    {
        if (_merged is not null)
            _store.Reserve(_merged);
    }

    /// <summary>Under the order of commits: others see it.</summary>
    internal void Publish()
    {
        if (_merged is not null)
            _store.Publish(_merged);
    }

    /// <summary>After publication, outside locks.</summary>
    internal void RunCommitActions()
    {
        foreach (var step in _steps)
            step.OnCommit?.Invoke();
    }

    private CatalogSnapshot Apply(CatalogSnapshot target, long version)
    {
        foreach (var (oid, change) in _changes)
        {
            if (target.Find(oid) is { } old)
                target = target.Without(old, version);
        }
        foreach (var (_, change) in _changes)
        {
            if (change.Entry is not null)
                target = target.With(change.Entry, version);
        }
        return target;
    }

    private static SqlException Duplicate(CatalogObject entry) => new(entry.Space switch
    {
        CatalogSpace.Database => SqlState.DuplicateDatabase,
        CatalogSpace.Schema => SqlState.DuplicateSchema,
        CatalogSpace.Relation => SqlState.DuplicateTable,
        _ => SqlState.DuplicateObject,
    }, $"{entry.Noun} \"{entry.Name}\" already exists");
}
