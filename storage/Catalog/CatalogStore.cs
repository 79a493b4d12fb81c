namespace OmenDb.Storage.Catalog;

/// <summary>The newest catalog, and the numbers that new objects get.</summary>
public sealed class CatalogStore
{
    /// <summary>As in PostgreSQL: below are built-in objects.</summary>
    public const int FirstUserOid = 16384;

    /// <summary>Role "omendb", with PostgreSQL's number for the bootstrap superuser.</summary>
    public const int BootstrapRoleOid = 10;

    /// <summary>PostgreSQL's number for database "postgres".</summary>
    public const int PostgresDatabaseOid = 5;

    /// <summary>PostgreSQL's number for schema "public"; that of database "postgres" here.</summary>
    public const int PublicSchemaOid = 2200;

    private CatalogSnapshot _current = CatalogSnapshot.Empty;
    private int _lastOid = FirstUserOid - 1;
    private long _lastStorageId;
    private long _lastStagedVersion;

    /// <summary>The newest visible one.</summary>
    public CatalogSnapshot Current => Volatile.Read(ref _current);

    /// <summary>With commits that are in the log but not yet visible. Under the order of commits.</summary>
    internal CatalogSnapshot Newest { get; private set; } = CatalogSnapshot.Empty;

    /// <summary>Never given twice, nor again after a restart while an object with a higher number lives.</summary>
    public int NewOid() => Interlocked.Increment(ref _lastOid);

    public long NewStorageId() => Interlocked.Increment(ref _lastStorageId);

    internal long NewStagedVersion() => Interlocked.Decrement(ref _lastStagedVersion);

    internal void Reserve(CatalogSnapshot newest) => Newest = newest;

    internal void Publish(CatalogSnapshot snapshot) => Volatile.Write(ref _current, snapshot);

    /// <summary>Recovery and first start: puts an object in place.</summary>
    internal void Load(CatalogObject entry)
    {
        Newest = Newest.With(entry, Newest.Version + 1);
        _lastOid = Math.Max(_lastOid, entry.Oid);
        if (entry is TableEntry table)
        {
            _lastStorageId = Math.Max(_lastStorageId, table.StorageId);
            foreach (var constraint in table.Constraints)
                _lastOid = Math.Max(_lastOid, constraint.Oid);
        }
        if (entry is SequenceEntry sequence)
            _lastOid = Math.Max(_lastOid, sequence.StateOid);
        Publish(Newest);
    }

    /// <summary>For checkpoints: the highest numbers given out, also to objects that are gone.</summary>
    internal (int Oid, long StorageId) LastNumbers => (Volatile.Read(ref _lastOid), Interlocked.Read(ref _lastStorageId));

    /// <summary>Recovery: these numbers were given out.</summary>
    internal void ReserveNumbers(int oid, long storageId)
    {
        _lastOid = Math.Max(_lastOid, oid);
        _lastStorageId = Math.Max(_lastStorageId, storageId);
    }

    internal void Unload(int oid)
    {
        if (Newest.Find(oid) is { } entry)
            Newest = Newest.Without(entry, Newest.Version + 1);
        Publish(Newest);
    }

    /// <summary>What a new data directory begins with: role and database omendb, database postgres, schema public in both.</summary>
    internal IEnumerable<CatalogObject> Bootstrap()
    {
        yield return new RoleEntry { Oid = BootstrapRoleOid, Name = "omendb", IsSuperuser = true, CanLogin = true };
        yield return new DatabaseEntry { Oid = PostgresDatabaseOid, Name = "postgres", Comment = "default administrative connection database" };
        yield return new SchemaEntry { Oid = PublicSchemaOid, Name = "public", DatabaseOid = PostgresDatabaseOid, Comment = "standard public schema" };
        var database = NewOid();
        yield return new DatabaseEntry { Oid = database, Name = "omendb" };
        yield return new SchemaEntry { Oid = NewOid(), Name = "public", DatabaseOid = database, Comment = "standard public schema" };
    }
}
