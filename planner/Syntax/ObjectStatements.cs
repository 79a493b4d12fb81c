using System.Collections.Immutable;

namespace OmenDb.Planner.Syntax;

/// <summary>What kind of thing a DROP, ALTER, COMMENT or GRANT speaks of.</summary>
public enum ObjectKind
{
    Table,
    View,
    MaterializedView,
    Index,
    Sequence,
    Schema,
    Type,
    Domain,
    Extension,
    Database,
    Role,
    Column,
    Constraint,
    DomainConstraint,
    Function,
    Procedure,
    Routine,
    Aggregate,
    Operator,
    Trigger,
    Rule,
    Policy,
    Collation,
    Conversion,
    Language,
    Tablespace,
    ForeignTable,
    ForeignServer,
    ForeignDataWrapper,
    LargeObject,
    Parameter,
    Attribute,
    EventTrigger,
    Publication,
    Subscription,
    Statistics,
    AccessMethod,
    OperatorClass,
    OperatorFamily,
    TextSearchConfiguration,
    TextSearchDictionary,
    TextSearchParser,
    TextSearchTemplate,
    Cast,
    Transform,
}

/// <param name="Names">At least one; databases and roles have one part.</param>
public sealed record DropStatement(int Position, ObjectKind Kind, ImmutableArray<QualifiedName> Names, bool IfExists, bool Cascade)
    : Statement(Position)
{
    /// <summary>DROP INDEX CONCURRENTLY.</summary>
    public bool IsConcurrent { get; init; }

    /// <summary>DROP DATABASE .. WITH (FORCE).</summary>
    public bool Force { get; init; }
}

/// <summary>ALTER kind name RENAME TO, RENAME COLUMN, RENAME CONSTRAINT.</summary>
/// <param name="Kind">Of the altered relation, type, schema, role or database.</param>
/// <param name="SubName">The column, attribute or constraint; null: the object itself.</param>
/// <param name="SubKind">Equal to <paramref name="Kind"/> when <paramref name="SubName"/> is null.</param>
public sealed record RenameStatement(
    int Position, ObjectKind Kind, QualifiedName Name, ObjectKind SubKind, string? SubName, string NewName) : Statement(Position)
{
    public bool IfExists { get; init; }
}

/// <summary>ALTER kind name SET SCHEMA.</summary>
public sealed record SetSchemaStatement(int Position, ObjectKind Kind, QualifiedName Name, string NewSchema, bool IfExists) : Statement(Position);

/// <summary>ALTER kind name OWNER TO, for what is not altered by <see cref="AlterTableStatement"/>.</summary>
public sealed record OwnerStatement(int Position, ObjectKind Kind, QualifiedName Name, string NewOwner) : Statement(Position);

/// <summary>ALTER TABLE, and ALTER INDEX, VIEW, SEQUENCE, MATERIALIZED VIEW with the actions of tables.</summary>
/// <param name="Table">With ONLY.</param>
public sealed record AlterTableStatement(
    int Position, ObjectKind Kind, TableReference Table, bool IfExists, ImmutableArray<AlterTableAction> Actions) : Statement(Position);

public abstract record AlterTableAction(int Position) : SyntaxNode(Position);

public sealed record AddColumnAction(int Position, ColumnDefinition Column, bool IfNotExists) : AlterTableAction(Position);

public sealed record DropColumnAction(int Position, string Column, bool IfExists, bool Cascade) : AlterTableAction(Position);

/// <param name="Value">Null: DROP DEFAULT.</param>
public sealed record SetDefaultAction(int Position, string Column, SyntaxExpression? Value) : AlterTableAction(Position);

/// <param name="NotNull">False: DROP NOT NULL.</param>
public sealed record SetNotNullAction(int Position, string Column, bool NotNull) : AlterTableAction(Position);

public sealed record AlterTypeAction(int Position, string Column, TypeName Type, QualifiedName? Collation, SyntaxExpression? Using)
    : AlterTableAction(Position);

public sealed record SetStatisticsAction(int Position, string Column, int Target) : AlterTableAction(Position);

public sealed record SetStorageAction(int Position, string Column, string Storage) : AlterTableAction(Position);

/// <summary>ALTER COLUMN ADD GENERATED .. AS IDENTITY.</summary>
public sealed record AddIdentityAction(int Position, string Column, IdentityConstraint Identity) : AlterTableAction(Position);

/// <summary>ALTER COLUMN SET GENERATED and SET/RESTART of its sequence.</summary>
/// <param name="IsAlways">Null: not written.</param>
public sealed record AlterIdentityAction(int Position, string Column, bool? IsAlways, ImmutableArray<SequenceOption> Options)
    : AlterTableAction(Position);

public sealed record DropIdentityAction(int Position, string Column, bool IfExists) : AlterTableAction(Position);

/// <summary>ALTER COLUMN DROP EXPRESSION.</summary>
public sealed record DropExpressionAction(int Position, string Column, bool IfExists) : AlterTableAction(Position);

public sealed record AddConstraintAction(int Position, ConstraintSyntax Constraint) : AlterTableAction(Position);

public sealed record DropConstraintAction(int Position, string Name, bool IfExists, bool Cascade) : AlterTableAction(Position);

public sealed record ValidateConstraintAction(int Position, string Name) : AlterTableAction(Position);

/// <param name="Deferrable">Null: not written.</param>
public sealed record AlterConstraintAction(int Position, string Name, bool? Deferrable, bool InitiallyDeferred) : AlterTableAction(Position);

public sealed record OwnerAction(int Position, string NewOwner) : AlterTableAction(Position);

/// <param name="IsReset">RESET: the options have no values.</param>
public sealed record SetOptionsAction(int Position, ImmutableArray<OptionItem> Options, bool IsReset) : AlterTableAction(Position);

public sealed record SetTablespaceAction(int Position, string Tablespace) : AlterTableAction(Position);

public sealed record SetPersistenceAction(int Position, Persistence Persistence) : AlterTableAction(Position);

/// <summary>Our own: <c>ALTER TABLE t SEAL</c> re-encodes all full quiet segments now.</summary>
public sealed record SealAction(int Position) : AlterTableAction(Position);

/// <summary>An action that PostgreSQL knows and this product does not; skipped, the engine answers 0A000.</summary>
public sealed record UnsupportedAction(int Position, string Feature) : AlterTableAction(Position);

/// <param name="Name">With <see cref="ObjectKind.Column"/>: table and column; with Constraint: table and constraint.</param>
/// <param name="Comment">Null removes it.</param>
public sealed record CommentStatement(int Position, ObjectKind Kind, QualifiedName Name, string? Comment) : Statement(Position);

/// <param name="Name">Lower case; "all" for ALL [PRIVILEGES]; a role's name when roles are granted.</param>
/// <param name="Columns">Empty: the whole object.</param>
public sealed record PrivilegeItem(int Position, string Name, ImmutableArray<string> Columns) : SyntaxNode(Position);

/// <summary>GRANT and REVOKE of privileges on objects.</summary>
/// <param name="Kind">Null: roles are granted (<see cref="Privileges"/> are role names, <see cref="Objects"/> is empty).</param>
public sealed record GrantStatement(int Position, bool IsGrant, ObjectKind? Kind, ImmutableArray<PrivilegeItem> Privileges) : Statement(Position)
{
    public ImmutableArray<QualifiedName> Objects { get; init; } = [];

    /// <summary><c>ON ALL TABLES IN SCHEMA a, b</c>: the objects are the schemas.</summary>
    public bool AllInSchema { get; init; }

    /// <summary>Role names; "public" for PUBLIC.</summary>
    public ImmutableArray<string> Grantees { get; init; } = [];

    /// <summary>WITH GRANT OPTION, WITH ADMIN OPTION; for REVOKE: GRANT OPTION FOR.</summary>
    public bool WithOption { get; init; }

    public string? GrantedBy { get; init; }

    public bool Cascade { get; init; }
}

/// <summary>ALTER DEFAULT PRIVILEGES.</summary>
/// <param name="Grant">With no objects.</param>
public sealed record AlterDefaultPrivilegesStatement(
    int Position, ImmutableArray<string> Roles, ImmutableArray<string> Schemas, GrantStatement Grant) : Statement(Position);

/// <summary>DROP OWNED BY and REASSIGN OWNED BY.</summary>
/// <param name="NewOwner">Null: DROP OWNED.</param>
public sealed record OwnedStatement(int Position, ImmutableArray<string> Roles, string? NewOwner, bool Cascade) : Statement(Position);
