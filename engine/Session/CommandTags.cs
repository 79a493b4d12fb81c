using OmenDb.Planner.Syntax;

namespace OmenDb.Engine;

/// <summary>The words of CommandComplete for each kind of statement. Source: PostgreSQL 15, cmdtaglist.</summary>
internal static class CommandTags
{
    public static string Of(Statement statement) => statement switch
    {
        QueryStatement query => Session.IntoOf(query) is null ? "SELECT" : "SELECT INTO",
        InsertStatement => "INSERT",
        UpdateStatement => "UPDATE",
        DeleteStatement => "DELETE",
        MergeStatement => "MERGE",
        CreateTableStatement => "CREATE TABLE",
        CreateTableAsStatement { IsMaterializedView: true } => "CREATE MATERIALIZED VIEW",
        CreateTableAsStatement => "CREATE TABLE AS",
        CreateIndexStatement => "CREATE INDEX",
        CreateViewStatement => "CREATE VIEW",
        CreateSchemaStatement => "CREATE SCHEMA",
        CreateSequenceStatement => "CREATE SEQUENCE",
        AlterSequenceStatement => "ALTER SEQUENCE",
        CreateEnumStatement or CreateCompositeTypeStatement => "CREATE TYPE",
        AlterEnumStatement => "ALTER TYPE",
        CreateDomainStatement => "CREATE DOMAIN",
        CreateExtensionStatement => "CREATE EXTENSION",
        CreateDatabaseStatement => "CREATE DATABASE",
        CreateRoleStatement => "CREATE ROLE",
        AlterRoleStatement => "ALTER ROLE",
        AlterSettingStatement s => "ALTER " + Kind(s.Kind),
        AlterSystemStatement => "ALTER SYSTEM",
        AlterDatabaseStatement => "ALTER DATABASE",
        AlterTableStatement s => "ALTER " + Kind(s.Kind),
        RenameStatement s => "ALTER " + Kind(s.Kind),
        SetSchemaStatement s => "ALTER " + Kind(s.Kind),
        OwnerStatement s => "ALTER " + Kind(s.Kind),
        DropStatement s => "DROP " + Kind(s.Kind),
        CommentStatement => "COMMENT",
        GrantStatement { Kind: null } s => s.IsGrant ? "GRANT ROLE" : "REVOKE ROLE",
        GrantStatement s => s.IsGrant ? "GRANT" : "REVOKE",
        AlterDefaultPrivilegesStatement => "ALTER DEFAULT PRIVILEGES",
        OwnedStatement s => s.NewOwner is null ? "DROP OWNED" : "REASSIGN OWNED",
        RefreshMaterializedViewStatement => "REFRESH MATERIALIZED VIEW",
        TruncateStatement => "TRUNCATE TABLE",
        CopyStatement => "COPY",
        ExplainStatement => "EXPLAIN",
        PrepareStatement => "PREPARE",
        ExecuteStatement => "EXECUTE",
        DeallocateStatement s => s.Name is null ? "DEALLOCATE ALL" : "DEALLOCATE",
        DeclareCursorStatement => "DECLARE CURSOR",
        FetchStatement s => s.IsMove ? "MOVE" : "FETCH",
        CloseStatement s => s.Name is null ? "CLOSE CURSOR ALL" : "CLOSE CURSOR",
        CallStatement => "CALL",
        TransactionStatement s => s.Kind switch
        {
            TransactionKind.Begin => s.IsStart ? "START TRANSACTION" : "BEGIN",
            TransactionKind.Commit => "COMMIT",
            TransactionKind.Savepoint => "SAVEPOINT",
            TransactionKind.ReleaseSavepoint => "RELEASE",
            TransactionKind.PrepareTransaction => "PREPARE TRANSACTION",
            TransactionKind.CommitPrepared => "COMMIT PREPARED",
            TransactionKind.RollbackPrepared => "ROLLBACK PREPARED",
            _ => "ROLLBACK",
        },
        SetStatement or SetTransactionStatement => "SET",
        ResetStatement => "RESET",
        ShowStatement => "SHOW",
        SetConstraintsStatement => "SET CONSTRAINTS",
        LockStatement => "LOCK TABLE",
        DiscardStatement s => s.Kind switch
        {
            DiscardKind.All => "DISCARD ALL",
            DiscardKind.Plans => "DISCARD PLANS",
            DiscardKind.Sequences => "DISCARD SEQUENCES",
            _ => "DISCARD TEMP",
        },
        ListenStatement => "LISTEN",
        NotifyStatement => "NOTIFY",
        UnlistenStatement => "UNLISTEN",
        DoStatement => "DO",
        CheckpointStatement => "CHECKPOINT",
        VacuumStatement => "VACUUM",
        AnalyzeStatement => "ANALYZE",
        ReindexStatement => "REINDEX",
        ClusterStatement => "CLUSTER",
        UnsupportedStatement s => s.Feature,
        _ => "",
    };

    /// <summary>The words of an object's kind: "TABLE", "MATERIALIZED VIEW".</summary>
    public static string Kind(ObjectKind kind) => kind switch
    {
        ObjectKind.ForeignServer => "SERVER",
        ObjectKind.DomainConstraint => "DOMAIN",
        ObjectKind.TextSearchConfiguration => "TEXT SEARCH CONFIGURATION",
        ObjectKind.TextSearchDictionary => "TEXT SEARCH DICTIONARY",
        ObjectKind.TextSearchParser => "TEXT SEARCH PARSER",
        ObjectKind.TextSearchTemplate => "TEXT SEARCH TEMPLATE",
        _ => Words(kind.ToString()),
    };

    private static string Words(string name)
    {
        var words = new System.Text.StringBuilder();
        foreach (var c in name)
        {
            if (char.IsUpper(c) && words.Length > 0)
                words.Append(' ');
            words.Append(char.ToUpperInvariant(c));
        }
        return words.ToString();
    }
}
