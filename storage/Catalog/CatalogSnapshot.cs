using System.Collections.Immutable;

namespace OmenDb.Storage.Catalog;

/// <summary>All objects at one moment. Immutable: shared by everybody who looked at that moment.</summary>
public sealed class CatalogSnapshot
{
    public static readonly CatalogSnapshot Empty = new(ImmutableDictionary<int, CatalogObject>.Empty,
        ImmutableDictionary<NameKey, int>.Empty, ImmutableDictionary<int, ImmutableSortedSet<int>>.Empty, 0);

    internal readonly record struct NameKey(CatalogSpace Space, int ParentOid, string Name);

    private readonly ImmutableDictionary<int, CatalogObject> _objects;
    private readonly ImmutableDictionary<NameKey, int> _names;
    private readonly ImmutableDictionary<int, ImmutableSortedSet<int>> _children; // by parent; by table for indexes; by referenced table for tables with foreign keys

    private CatalogSnapshot(ImmutableDictionary<int, CatalogObject> objects, ImmutableDictionary<NameKey, int> names,
        ImmutableDictionary<int, ImmutableSortedSet<int>> children, long version)
    {
        _objects = objects;
        _names = names;
        _children = children;
        Version = version;
    }

    /// <summary>Changes with every committed change of objects; of a transaction with staged changes: negative and its own.
    /// Equal versions mean equal catalogs: for caches of plans.</summary>
    public long Version { get; }

    /// <summary>In no order.</summary>
    public IEnumerable<CatalogObject> Objects => _objects.Values;

    public int Count => _objects.Count;

    public CatalogObject? Find(int oid) => _objects.GetValueOrDefault(oid);

    public T? Find<T>(int oid) where T : CatalogObject => _objects.GetValueOrDefault(oid) as T;

    public CatalogObject? Find(CatalogSpace space, int parentOid, string name) =>
        _names.TryGetValue(new NameKey(space, parentOid, name), out var oid) ? _objects[oid] : null;

    public DatabaseEntry? FindDatabase(string name) => (DatabaseEntry?)Find(CatalogSpace.Database, 0, name);

    public RoleEntry? FindRole(string name) => (RoleEntry?)Find(CatalogSpace.Role, 0, name);

    public SchemaEntry? FindSchema(int databaseOid, string name) => (SchemaEntry?)Find(CatalogSpace.Schema, databaseOid, name);

    /// <summary>A table, view, sequence or index.</summary>
    public RelationEntry? FindRelation(int schemaOid, string name) => (RelationEntry?)Find(CatalogSpace.Relation, schemaOid, name);

    public RelationEntry? FindRelation(string database, string schema, string name) =>
        FindDatabase(database) is { } inDatabase && FindSchema(inDatabase.Oid, schema) is { } inSchema ? FindRelation(inSchema.Oid, name) : null;

    public EnumEntry? FindEnum(int schemaOid, string name) => (EnumEntry?)Find(CatalogSpace.Type, schemaOid, name);

    /// <summary>Objects whose parent this is: schemas of a database; relations and types of a schema; ascending by OID.</summary>
    public IEnumerable<CatalogObject> Children(int parentOid)
    {
        if (!_children.TryGetValue(parentOid, out var oids))
            yield break;
        foreach (var oid in oids)
        {
            if (_objects[oid].ParentOid == parentOid)
                yield return _objects[oid];
        }
    }

    /// <summary>Ascending by OID.</summary>
    public IEnumerable<IndexEntry> IndexesOf(int tableOid)
    {
        if (!_children.TryGetValue(tableOid, out var oids))
            yield break;
        foreach (var oid in oids)
        {
            if (_objects[oid] is IndexEntry index && index.TableOid == tableOid)
                yield return index;
        }
    }

    /// <summary>Foreign keys that point at a table, ascending by the OID of the table that has them.</summary>
    public IEnumerable<(TableEntry Table, ConstraintEntry Constraint)> ReferencesTo(int tableOid)
    {
        if (!_children.TryGetValue(tableOid, out var oids))
            yield break;
        foreach (var oid in oids)
        {
            if (_objects[oid] is not TableEntry table)
                continue;
            foreach (var constraint in table.Constraints)
            {
                if (constraint.Kind == ConstraintKind.ForeignKey && constraint.ReferencedTableOid == tableOid)
                    yield return (table, constraint);
            }
        }
    }

    /// <summary>The same catalog with an object added or replaced. Names are not checked here.</summary>
    internal CatalogSnapshot With(CatalogObject entry, long version)
    {
        var without = _objects.TryGetValue(entry.Oid, out var old) ? Without(old, version) : this;
        var children = AddChild(without._children, entry.ParentOid, entry.Oid);
        if (entry is IndexEntry index)
            children = AddChild(children, index.TableOid, entry.Oid);
        foreach (var referenced in Referenced(entry))
            children = AddChild(children, referenced, entry.Oid);
        return new CatalogSnapshot(without._objects.SetItem(entry.Oid, entry),
            without._names.SetItem(new NameKey(entry.Space, entry.ParentOid, entry.Name), entry.Oid), children, version);
    }

    internal CatalogSnapshot Without(CatalogObject entry, long version)
    {
        var key = new NameKey(entry.Space, entry.ParentOid, entry.Name);
        var names = _names.TryGetValue(key, out var owner) && owner == entry.Oid ? _names.Remove(key) : _names;
        var children = RemoveChild(_children, entry.ParentOid, entry.Oid);
        if (entry is IndexEntry index)
            children = RemoveChild(children, index.TableOid, entry.Oid);
        foreach (var referenced in Referenced(entry))
            children = RemoveChild(children, referenced, entry.Oid);
        return new CatalogSnapshot(_objects.Remove(entry.Oid), names, children, version);
    }

    private static IEnumerable<int> Referenced(CatalogObject entry) => entry is TableEntry table
        ? table.Constraints.Where(c => c.Kind == ConstraintKind.ForeignKey).Select(c => c.ReferencedTableOid) : [];

    private static ImmutableDictionary<int, ImmutableSortedSet<int>> AddChild(ImmutableDictionary<int, ImmutableSortedSet<int>> children, int parent, int child) =>
        children.SetItem(parent, children.GetValueOrDefault(parent, ImmutableSortedSet<int>.Empty).Add(child));

    private static ImmutableDictionary<int, ImmutableSortedSet<int>> RemoveChild(ImmutableDictionary<int, ImmutableSortedSet<int>> children, int parent, int child) =>
        children.TryGetValue(parent, out var set) ? children.SetItem(parent, set.Remove(child)) : children;
}
