using System.Collections.Immutable;

namespace OmenDb.Planner.Syntax;

public enum Persistence
{
    Permanent,
    Temporary,
    Unlogged,
}

public enum OnCommitAction
{
    None,
    PreserveRows,
    DeleteRows,
    Drop,
}

/// <summary>An entry of CREATE TABLE's parentheses: column, constraint or LIKE.</summary>
public abstract record TableElement(int Position) : SyntaxNode(Position);

/// <param name="Type">Null only in typed tables, partitions and CREATE TABLE AS.</param>
public sealed record ColumnDefinition(int Position, string Name, TypeName? Type) : TableElement(Position)
{
    public QualifiedName? Collation { get; init; }

    public string? Compression { get; init; }

    /// <summary>In order of writing; each with empty column lists.</summary>
    public ImmutableArray<ConstraintSyntax> Constraints { get; init; } = [];
}

[Flags]
public enum LikeOptions
{
    None = 0,
    Comments = 1,
    Compression = 2,
    Constraints = 4,
    Defaults = 8,
    Generated = 16,
    Identity = 32,
    Indexes = 64,
    Statistics = 128,
    Storage = 256,
    All = 511,
}

public sealed record LikeElement(int Position, QualifiedName Table, LikeOptions Including) : TableElement(Position);

/// <summary>A constraint of a column or a table.</summary>
/// <param name="Name">Null: to be made up.</param>
public abstract record ConstraintSyntax(int Position, string? Name) : TableElement(Position)
{
    /// <summary>Null: not written.</summary>
    public bool? Deferrable { get; init; }

    public bool InitiallyDeferred { get; init; }

    public bool NotValid { get; init; }

    public bool NoInherit { get; init; }
}

public sealed record NotNullConstraint(int Position, string? Name) : ConstraintSyntax(Position, Name);

/// <summary>The word NULL: no constraint at all, but in conflict with NOT NULL.</summary>
public sealed record NullConstraint(int Position, string? Name) : ConstraintSyntax(Position, Name);

public sealed record DefaultConstraint(int Position, string? Name, SyntaxExpression Value) : ConstraintSyntax(Position, Name);

public sealed record CheckConstraint(int Position, string? Name, SyntaxExpression Condition) : ConstraintSyntax(Position, Name);

/// <summary><c>GENERATED ALWAYS AS (x) STORED</c>.</summary>
public sealed record GeneratedConstraint(int Position, string? Name, SyntaxExpression Value) : ConstraintSyntax(Position, Name);

public sealed record IdentityConstraint(int Position, string? Name, bool IsAlways, ImmutableArray<SequenceOption> Options)
    : ConstraintSyntax(Position, Name);

/// <summary>UNIQUE or PRIMARY KEY.</summary>
/// <param name="Columns">Empty when it belongs to a column, or with <see cref="UsingIndex"/>.</param>
public sealed record UniqueConstraint(int Position, string? Name, bool IsPrimaryKey, ImmutableArray<string> Columns)
    : ConstraintSyntax(Position, Name)
{
    public bool NullsNotDistinct { get; init; }

    public ImmutableArray<string> Include { get; init; } = [];

    /// <summary><c>USING INDEX name</c> of ALTER TABLE ADD.</summary>
    public string? UsingIndex { get; init; }

    public ImmutableArray<OptionItem> Options { get; init; } = [];

    public string? Tablespace { get; init; }
}

public enum ReferentialAction
{
    NoAction,
    Restrict,
    Cascade,
    SetNull,
    SetDefault,
}

public enum ForeignKeyMatch
{
    Simple,
    Full,
    Partial,
}

/// <param name="Columns">Empty when it belongs to a column.</param>
/// <param name="ReferencedColumns">Empty: the primary key.</param>
public sealed record ForeignKeyConstraint(
    int Position, string? Name, ImmutableArray<string> Columns, QualifiedName ReferencedTable, ImmutableArray<string> ReferencedColumns)
    : ConstraintSyntax(Position, Name)
{
    public ForeignKeyMatch Match { get; init; }

    public ReferentialAction OnDelete { get; init; }

    public ReferentialAction OnUpdate { get; init; }

    /// <summary>The columns of <c>ON DELETE SET NULL (a, b)</c>; empty: all.</summary>
    public ImmutableArray<string> OnDeleteColumns { get; init; } = [];
}

public sealed record ExclusionElement(int Position, IndexElement Element, string Operator, string? OperatorSchema) : SyntaxNode(Position);

public sealed record ExclusionConstraint(
    int Position, string? Name, string AccessMethod, ImmutableArray<ExclusionElement> Elements, SyntaxExpression? Where)
    : ConstraintSyntax(Position, Name);

public enum SequenceOptionKind
{
    As,
    IncrementBy,
    MinValue,
    NoMinValue,
    MaxValue,
    NoMaxValue,
    StartWith,
    RestartWith,
    Restart,
    Cache,
    Cycle,
    NoCycle,
    OwnedBy,
    SequenceName,
}

/// <param name="Value">The number of those that have one; may lie outside 64 bits only by an error raised here.</param>
public sealed record SequenceOption(int Position, SequenceOptionKind Kind, long Value) : SyntaxNode(Position)
{
    public TypeName? Type { get; init; }

    /// <summary>OWNED BY (table.column, or the one word none), SEQUENCE NAME.</summary>
    public QualifiedName? Name { get; init; }
}

public enum PartitionStrategy
{
    List,
    Range,
    Hash,
}

public sealed record PartitionClause(int Position, string Strategy, ImmutableArray<IndexElement> Elements) : SyntaxNode(Position);

public sealed record CreateTableStatement(int Position, QualifiedName Name) : Statement(Position)
{
    public Persistence Persistence { get; init; }

    public bool IfNotExists { get; init; }

    public ImmutableArray<TableElement> Elements { get; init; } = [];

    public ImmutableArray<QualifiedName> Inherits { get; init; } = [];

    /// <summary><c>OF type</c>.</summary>
    public QualifiedName? OfType { get; init; }

    /// <summary><c>PARTITION OF parent</c>: the bounds are skipped, partitions are not supported.</summary>
    public QualifiedName? PartitionOf { get; init; }

    public PartitionClause? PartitionBy { get; init; }

    public string? AccessMethod { get; init; }

    public ImmutableArray<OptionItem> Options { get; init; } = [];

    public OnCommitAction OnCommit { get; init; }

    public string? Tablespace { get; init; }
}

/// <summary>CREATE TABLE AS, CREATE MATERIALIZED VIEW, and SELECT INTO only through <see cref="SelectCore.Into"/>.</summary>
/// <param name="Query">A <see cref="QueryStatement"/> or an <see cref="ExecuteStatement"/>.</param>
public sealed record CreateTableAsStatement(int Position, QualifiedName Name, Statement Query) : Statement(Position)
{
    public bool IsMaterializedView { get; init; }

    public Persistence Persistence { get; init; }

    public bool IfNotExists { get; init; }

    public ImmutableArray<string> Columns { get; init; } = [];

    public string? AccessMethod { get; init; }

    public ImmutableArray<OptionItem> Options { get; init; } = [];

    public OnCommitAction OnCommit { get; init; }

    public string? Tablespace { get; init; }

    public bool WithNoData { get; init; }
}

/// <param name="Expression">A plain column is a <see cref="ColumnReference"/> with one part.</param>
public sealed record IndexElement(int Position, SyntaxExpression Expression) : SyntaxNode(Position)
{
    public QualifiedName? Collation { get; init; }

    public QualifiedName? OperatorClass { get; init; }

    public ImmutableArray<OptionItem> OperatorClassOptions { get; init; } = [];

    public SortDirection Direction { get; init; }

    public NullOrder Nulls { get; init; }
}

public sealed record CreateIndexStatement(int Position, QualifiedName Table, ImmutableArray<IndexElement> Elements) : Statement(Position)
{
    /// <summary>Null: to be made up.</summary>
    public string? Name { get; init; }

    public bool IsUnique { get; init; }

    public bool IsConcurrent { get; init; }

    public bool IfNotExists { get; init; }

    public bool IsOnly { get; init; }

    /// <summary>USING method; null: not written.</summary>
    public string? AccessMethod { get; init; }

    public ImmutableArray<IndexElement> Include { get; init; } = [];

    public bool NullsNotDistinct { get; init; }

    public ImmutableArray<OptionItem> Options { get; init; } = [];

    public string? Tablespace { get; init; }

    public SyntaxExpression? Where { get; init; }
}

public enum CheckOption
{
    None,
    Local,
    Cascaded,
}

/// <param name="QueryStart">0-based offset of the defining query in the text, for those who keep it as written.</param>
public sealed record CreateViewStatement(int Position, QualifiedName Name, QueryExpression Query, int QueryStart, int QueryLength)
    : Statement(Position)
{
    public bool OrReplace { get; init; }

    public Persistence Persistence { get; init; }

    public bool IsRecursive { get; init; }

    public ImmutableArray<string> Columns { get; init; } = [];

    public ImmutableArray<OptionItem> Options { get; init; } = [];

    public CheckOption CheckOption { get; init; }
}

public sealed record RefreshMaterializedViewStatement(int Position, QualifiedName Name, bool IsConcurrent, bool WithNoData) : Statement(Position);

/// <param name="Name">Null: that of <paramref name="Owner"/>.</param>
public sealed record CreateSchemaStatement(int Position, string? Name, string? Owner, bool IfNotExists) : Statement(Position)
{
    /// <summary>CREATE statements inside the schema.</summary>
    public ImmutableArray<Statement> Elements { get; init; } = [];
}

public sealed record CreateSequenceStatement(int Position, QualifiedName Name, ImmutableArray<SequenceOption> Options) : Statement(Position)
{
    public Persistence Persistence { get; init; }

    public bool IfNotExists { get; init; }
}

public sealed record AlterSequenceStatement(int Position, QualifiedName Name, bool IfExists, ImmutableArray<SequenceOption> Options)
    : Statement(Position);

public sealed record CreateEnumStatement(int Position, QualifiedName Name, ImmutableArray<string> Labels) : Statement(Position);

/// <summary>CREATE TYPE AS (..).</summary>
public sealed record CreateCompositeTypeStatement(int Position, QualifiedName Name, ImmutableArray<ColumnDefinition> Columns) : Statement(Position);

/// <summary>ALTER TYPE .. ADD VALUE and RENAME VALUE.</summary>
/// <param name="OldLabel">RENAME VALUE; null for ADD VALUE.</param>
public sealed record AlterEnumStatement(int Position, QualifiedName Name, string? OldLabel, string NewLabel) : Statement(Position)
{
    public bool IfNotExists { get; init; }

    /// <summary>The neighbour of BEFORE and AFTER.</summary>
    public string? Neighbour { get; init; }

    public bool IsAfter { get; init; }
}

public sealed record CreateDomainStatement(int Position, QualifiedName Name, TypeName Type) : Statement(Position)
{
    public QualifiedName? Collation { get; init; }

    public ImmutableArray<ConstraintSyntax> Constraints { get; init; } = [];
}

public sealed record CreateExtensionStatement(int Position, string Name, bool IfNotExists, ImmutableArray<OptionItem> Options) : Statement(Position);

public sealed record CreateDatabaseStatement(int Position, string Name, ImmutableArray<OptionItem> Options) : Statement(Position);

public enum RoleKind
{
    Role,
    User,
    Group,
}

/// <summary>CREATE ROLE, USER, GROUP; option names are PostgreSQL's words in lower case ("login", "nosuperuser", "password").</summary>
public sealed record CreateRoleStatement(int Position, RoleKind Kind, string Name, ImmutableArray<OptionItem> Options) : Statement(Position);

public sealed record AlterRoleStatement(int Position, RoleKind Kind, string Name, ImmutableArray<OptionItem> Options) : Statement(Position);

/// <summary>ALTER ROLE or DATABASE .. SET and RESET.</summary>
/// <param name="Name">Null: ALL.</param>
/// <param name="Setting">A <see cref="SetStatement"/> or <see cref="ResetStatement"/>.</param>
public sealed record AlterSettingStatement(int Position, ObjectKind Kind, string? Name, string? InDatabase, Statement Setting) : Statement(Position);

/// <summary>ALTER SYSTEM SET and RESET.</summary>
public sealed record AlterSystemStatement(int Position, Statement Setting) : Statement(Position);

/// <summary>ALTER DATABASE with options.</summary>
public sealed record AlterDatabaseStatement(int Position, string Name, ImmutableArray<OptionItem> Options) : Statement(Position);
