using System.Text.Json.Serialization;

namespace OmenDb.Storage.Catalog;

/// <summary>Names are unique within a parent and one of these spaces. Persisted: append only.</summary>
public enum CatalogSpace : byte
{
    Database = 1,
    Role = 2,
    /// <summary>Parent: the database.</summary>
    Schema = 3,
    /// <summary>Tables, views, sequences and indexes together, as in PostgreSQL's pg_class. Parent: the schema.</summary>
    Relation = 4,
    /// <summary>Parent: the schema.</summary>
    Type = 5,
}

/// <summary>Something in the catalog. Immutable; a change is a new object under the same OID.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(DatabaseEntry), "database")]
[JsonDerivedType(typeof(RoleEntry), "role")]
[JsonDerivedType(typeof(SchemaEntry), "schema")]
[JsonDerivedType(typeof(TableEntry), "table")]
[JsonDerivedType(typeof(IndexEntry), "index")]
[JsonDerivedType(typeof(ViewEntry), "view")]
[JsonDerivedType(typeof(SequenceEntry), "sequence")]
[JsonDerivedType(typeof(EnumEntry), "enum")]
public abstract record CatalogObject
{
    /// <summary>Unique among all objects; user objects from <see cref="CatalogStore.FirstUserOid"/> on.</summary>
    public required int Oid { get; init; }

    /// <summary>Folded, without quotes.</summary>
    public required string Name { get; init; }

    /// <summary>COMMENT ON.</summary>
    public string? Comment { get; init; }

    /// <summary>A role's OID.</summary>
    public int OwnerOid { get; init; } = CatalogStore.BootstrapRoleOid;

    [JsonIgnore]
    public abstract CatalogSpace Space { get; }

    /// <summary>What the name is unique in; 0 for databases and roles.</summary>
    [JsonIgnore]
    public abstract int ParentOid { get; }

    /// <summary>For messages: "relation", "schema" ...</summary>
    [JsonIgnore]
    public abstract string Noun { get; }
}
