using System.Collections.Immutable;
using System.Text.Json.Serialization;
using OmenDb.Types;

namespace OmenDb.Storage.Catalog;

public sealed record DatabaseEntry : CatalogObject
{
    /// <summary>ALTER DATABASE ... SET; keys are setting names.</summary>
    public ImmutableSortedDictionary<string, string> Settings { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    public override CatalogSpace Space => CatalogSpace.Database;

    public override int ParentOid => 0;

    public override string Noun => "database";
}

public sealed record RoleEntry : CatalogObject
{
    public bool IsSuperuser { get; init; }

    public bool CanLogin { get; init; }

    /// <summary>SCRAM-SHA-256 verifier in PostgreSQL's format; null: no password.</summary>
    public string? PasswordVerifier { get; init; }

    /// <summary>ALTER ROLE ... SET: setting name -> value; for one database only: "databaseoid/name".</summary>
    public ImmutableSortedDictionary<string, string> Settings { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Roles that this one is a member of.</summary>
    public ImmutableArray<int> MemberOf { get; init; } = [];

    public override CatalogSpace Space => CatalogSpace.Role;

    public override int ParentOid => 0;

    public override string Noun => "role";
}

public sealed record SchemaEntry : CatalogObject
{
    public required int DatabaseOid { get; init; }

    public override CatalogSpace Space => CatalogSpace.Schema;

    public override int ParentOid => DatabaseOid;

    public override string Noun => "schema";
}

/// <summary>Something that lives in a schema under a name of pg_class.</summary>
public abstract record RelationEntry : CatalogObject
{
    public required int SchemaOid { get; init; }

    public override CatalogSpace Space => CatalogSpace.Relation;

    public override int ParentOid => SchemaOid;

    public override string Noun => "relation";
}

public enum ColumnIdentity : byte
{
    None = 0,
    Always = 1,
    ByDefault = 2,
}

/// <summary>A column as the user sees it, and where it is stored.</summary>
public sealed record ColumnEntry
{
    /// <summary>Stable for the table's life and never reused: attnum.</summary>
    public required int Id { get; init; }

    public required string Name { get; init; }

    public required SqlType Type { get; init; }

    /// <summary>Physical column of the table's storage.</summary>
    public required int Physical { get; init; }

    public bool NotNull { get; init; }

    public string? DefaultSql { get; init; }

    /// <summary>GENERATED ALWAYS AS (...) STORED.</summary>
    public string? GeneratedSql { get; init; }

    public ColumnIdentity Identity { get; init; }

    /// <summary>The sequence behind a serial or identity column; 0: none.</summary>
    public int SequenceOid { get; init; }

    /// <summary>Index expressions and predicates: kept, but never part of a row that the user sees.</summary>
    public bool IsHidden { get; init; }

    public string? Comment { get; init; }

    /// <summary>ALTER COLUMN ... SET STATISTICS; -1: the default.</summary>
    public int StatisticsTarget { get; init; } = -1;
}

/// <summary>A column of the storage, whether the user still sees it or not.</summary>
/// <param name="Type">As stored.</param>
/// <param name="Default">What rows older than the column hold; null: NULL.</param>
public sealed record PhysicalColumnEntry(SqlType Type, byte[]? Default = null);

public sealed record TableEntry : RelationEntry
{
    /// <summary>Names the rows: TRUNCATE and rewrites give a new one.</summary>
    public required long StorageId { get; init; }

    /// <summary>In the order of definition, dropped ones left out, hidden ones last.</summary>
    public required ImmutableArray<ColumnEntry> Columns { get; init; }

    /// <summary>All physical columns of the storage, dropped ones and leftovers included.</summary>
    public ImmutableArray<PhysicalColumnEntry> PhysicalColumns { get; init; } = [];

    /// <summary>The next column's id.</summary>
    public int NextColumnId { get; init; }

    public ImmutableArray<ConstraintEntry> Constraints { get; init; } = [];

    public ColumnEntry? FindColumn(string name)
    {
        foreach (var column in Columns)
        {
            if (!column.IsHidden && column.Name == name)
                return column;
        }
        return null;
    }

    public ColumnEntry? ColumnById(int id)
    {
        foreach (var column in Columns)
        {
            if (column.Id == id)
                return column;
        }
        return null;
    }
}

/// <summary>Persisted: append only.</summary>
public enum ConstraintKind : byte
{
    PrimaryKey = 1,
    Unique = 2,
    Check = 3,
    ForeignKey = 4,
    Exclusion = 5,
}

/// <summary>PostgreSQL's letters: a, r, c, n, d.</summary>
public enum ReferentialAction : byte
{
    NoAction = 0,
    Restrict = 1,
    Cascade = 2,
    SetNull = 3,
    SetDefault = 4,
}

public sealed record ConstraintEntry
{
    public required int Oid { get; init; }

    /// <summary>Unique in the table.</summary>
    public required string Name { get; init; }

    public required ConstraintKind Kind { get; init; }

    /// <summary>Column ids; of a check: those it mentions.</summary>
    public ImmutableArray<int> ColumnIds { get; init; } = [];

    /// <summary>Primary key, unique, exclusion: the index that enforces it.</summary>
    public int IndexOid { get; init; }

    public string? CheckSql { get; init; }

    /// <summary>Foreign keys, and the fields below.</summary>
    public int ReferencedTableOid { get; init; }

    public ImmutableArray<int> ReferencedColumnIds { get; init; } = [];

    /// <summary>The unique index of the referenced columns.</summary>
    public int ReferencedIndexOid { get; init; }

    public ReferentialAction OnDelete { get; init; }

    /// <summary>ON DELETE SET NULL (columns) and SET DEFAULT (columns): those that are set; empty: all.</summary>
    public ImmutableArray<int> OnDeleteColumnIds { get; init; } = [];

    public ReferentialAction OnUpdate { get; init; }

    public bool MatchFull { get; init; }

    public bool IsDeferrable { get; init; }

    public bool IsInitiallyDeferred { get; init; }

    /// <summary>False: NOT VALID.</summary>
    public bool IsValidated { get; init; } = true;

    public string? Comment { get; init; }
}

/// <summary>One column of an index's key.</summary>
/// <param name="ColumnId">In the table; expressions are hidden columns.</param>
public sealed record IndexKeyEntry(int ColumnId)
{
    public bool Descending { get; init; }

    public bool NullsFirst { get; init; }

    /// <summary>Text of an index expression; null for a plain column.</summary>
    public string? ExpressionSql { get; init; }
}

public sealed record IndexEntry : RelationEntry
{
    public required int TableOid { get; init; }

    public required ImmutableArray<IndexKeyEntry> Keys { get; init; }

    public bool IsUnique { get; init; }

    public bool IsPrimary { get; init; }

    public bool NullsNotDistinct { get; init; }

    /// <summary>Text of a partial index's condition; null: all rows.</summary>
    public string? PredicateSql { get; init; }

    /// <summary>The hidden bool column that says which rows belong to the index; 0: all.</summary>
    public int PredicateColumnId { get; init; }

    /// <summary>INCLUDE columns: kept for display and uniqueness; answered from the table.</summary>
    public ImmutableArray<int> IncludedColumnIds { get; init; } = [];
}

public sealed record ViewEntry : RelationEntry
{
    /// <summary>The query as written.</summary>
    public required string Sql { get; init; }

    /// <summary>Names and types of its result.</summary>
    public required ImmutableArray<ViewColumn> Columns { get; init; }

    /// <summary>Relations that the query reads, for DROP ... CASCADE.</summary>
    public ImmutableArray<int> DependsOn { get; init; } = [];
}

public sealed record ViewColumn(string Name, SqlType Type);

public sealed record SequenceEntry : RelationEntry
{
    public SqlType Type { get; init; } = SqlType.Int8;

    public long Start { get; init; } = 1;

    public long Increment { get; init; } = 1;

    public long MinValue { get; init; } = 1;

    public long MaxValue { get; init; } = long.MaxValue;

    public bool Cycles { get; init; }

    public long CacheSize { get; init; } = 1;

    /// <summary>Names the state, which RESTART replaces; 0: the OID does.</summary>
    public int StateOid { get; init; }

    /// <summary>The first value of the state when it is not <see cref="Start"/>.</summary>
    public long? RestartedAt { get; init; }

    /// <summary>OWNED BY: dropped with that column; 0: nobody.</summary>
    public int OwnerTableOid { get; init; }

    public int OwnerColumnId { get; init; }
}

public sealed record EnumEntry : CatalogObject
{
    public required int SchemaOid { get; init; }

    /// <summary>In the order of declaration: a value is stored as its place.</summary>
    public required ImmutableArray<string> Labels { get; init; }

    /// <summary>OID of the array type.</summary>
    public int ArrayOid { get; init; }

    [JsonIgnore]
    public SqlType Type => SqlType.EnumOf(Name, Oid);

    public override CatalogSpace Space => CatalogSpace.Type;

    public override int ParentOid => SchemaOid;

    public override string Noun => "type";
}
