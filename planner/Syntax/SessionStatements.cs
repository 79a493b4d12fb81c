using System.Collections.Immutable;

namespace OmenDb.Planner.Syntax;

public enum IsolationLevel
{
    ReadUncommitted,
    ReadCommitted,
    RepeatableRead,
    Serializable,
}

/// <summary>Each part null where it is not written.</summary>
public sealed record TransactionModes(IsolationLevel? Isolation, bool? ReadOnly, bool? Deferrable)
{
    public static TransactionModes None { get; } = new(null, null, null);
}

public enum TransactionKind
{
    Begin,
    Commit,
    Rollback,
    Savepoint,
    ReleaseSavepoint,
    RollbackToSavepoint,
    PrepareTransaction,
    CommitPrepared,
    RollbackPrepared,
}

/// <summary>BEGIN, START TRANSACTION, COMMIT, END, ROLLBACK, ABORT, savepoints, two-phase commit.</summary>
public sealed record TransactionStatement(int Position, TransactionKind Kind) : Statement(Position)
{
    public TransactionModes Modes { get; init; } = TransactionModes.None;

    /// <summary>The savepoint, or the identifier of a prepared transaction.</summary>
    public string? Name { get; init; }

    /// <summary>AND CHAIN.</summary>
    public bool Chain { get; init; }

    /// <summary>Written as START TRANSACTION: the command tag differs.</summary>
    public bool IsStart { get; init; }
}

public enum SetScope
{
    Session,
    Local,
}

/// <summary><c>SET name = values</c>. SET TIME ZONE, SET NAMES, SET SCHEMA, SET ROLE and SET SESSION AUTHORIZATION arrive here as
/// timezone, client_encoding, search_path, role and session_authorization.</summary>
/// <param name="Values">Literals, possibly signed, bare words as <see cref="StringLiteral"/>s, TIME ZONE also interval
/// <see cref="TypedLiteral"/>s. Empty: DEFAULT (also TIME ZONE LOCAL).</param>
public sealed record SetStatement(int Position, SetScope Scope, string Name, ImmutableArray<SyntaxExpression> Values) : Statement(Position)
{
    /// <summary><c>SET name FROM CURRENT</c>.</summary>
    public bool FromCurrent { get; init; }
}

/// <summary>SET TRANSACTION, and SET SESSION CHARACTERISTICS AS TRANSACTION.</summary>
public sealed record SetTransactionStatement(int Position, bool IsSession, TransactionModes Modes) : Statement(Position)
{
    /// <summary>SET TRANSACTION SNAPSHOT.</summary>
    public string? Snapshot { get; init; }
}

/// <param name="Name">Null: ALL.</param>
public sealed record ResetStatement(int Position, string? Name) : Statement(Position);

/// <param name="Name">"all" for SHOW ALL.</param>
public sealed record ShowStatement(int Position, string Name) : Statement(Position);

/// <param name="Constraints">Empty: ALL.</param>
public sealed record SetConstraintsStatement(int Position, ImmutableArray<QualifiedName> Constraints, bool Deferred) : Statement(Position);

public enum TableLockMode
{
    AccessShare = 1,
    RowShare = 2,
    RowExclusive = 3,
    ShareUpdateExclusive = 4,
    Share = 5,
    ShareRowExclusive = 6,
    Exclusive = 7,
    AccessExclusive = 8,
}

public sealed record LockStatement(int Position, ImmutableArray<TableReference> Tables, TableLockMode Mode, bool NoWait) : Statement(Position);

public enum DiscardKind
{
    All,
    Plans,
    Sequences,
    Temporary,
}

public sealed record DiscardStatement(int Position, DiscardKind Kind) : Statement(Position);

public sealed record ListenStatement(int Position, string Channel) : Statement(Position);

public sealed record NotifyStatement(int Position, string Channel, string? Payload) : Statement(Position);

/// <param name="Channel">Null: all.</param>
public sealed record UnlistenStatement(int Position, string? Channel) : Statement(Position);

/// <summary>DO: parsed so that the engine can say that it runs no procedural language.</summary>
public sealed record DoStatement(int Position, string? Language, string Code) : Statement(Position);

public sealed record CheckpointStatement(int Position) : Statement(Position);

/// <param name="Columns">Empty: all.</param>
public sealed record VacuumTarget(int Position, QualifiedName Name, ImmutableArray<string> Columns) : SyntaxNode(Position);

/// <summary>VACUUM; the old word list (FULL FREEZE VERBOSE ANALYZE) arrives as options.</summary>
public sealed record VacuumStatement(int Position, ImmutableArray<OptionItem> Options, ImmutableArray<VacuumTarget> Targets) : Statement(Position);

public sealed record AnalyzeStatement(int Position, ImmutableArray<OptionItem> Options, ImmutableArray<VacuumTarget> Targets) : Statement(Position);

public enum ReindexKind
{
    Index,
    Table,
    Schema,
    Database,
    System,
}

public sealed record ReindexStatement(int Position, ReindexKind Kind, QualifiedName Name, ImmutableArray<OptionItem> Options) : Statement(Position);

public sealed record ClusterStatement(int Position, QualifiedName? Table, string? Index) : Statement(Position);
