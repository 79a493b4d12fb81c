using OmenDb.Planner.Syntax;
using OmenDb.Types;

namespace OmenDb.Engine.Ddl;

/// <summary>Commands that change the catalog, by kind; each gives its tag.</summary>
internal static class DdlCommands
{
    public static string Run(Session session, Statement statement, string sql)
    {
        session.CheckWritable(CommandTags.Of(statement));
        return statement switch
        {
            CreateTableStatement s => TableCommands.Create(session, s),
            AlterTableStatement s => AlterTable.Run(session, s),
            RenameStatement s => RenameCommands.Rename(session, s),
            SetSchemaStatement s => RenameCommands.SetSchema(session, s),
            OwnerStatement s => RenameCommands.Owner(session, s),
            TruncateStatement s => TableCommands.Truncate(session, s),
            CreateIndexStatement s => IndexCommands.Create(session, s),
            CreateViewStatement s => ViewCommands.Create(session, s),
            CreateSequenceStatement s => SequenceCommands.Create(session, s),
            AlterSequenceStatement s => SequenceCommands.Alter(session, s),
            CreateSchemaStatement s => MiscellaneousCommands.CreateSchema(session, s, sql),
            CreateEnumStatement s => MiscellaneousCommands.CreateEnum(session, s),
            AlterEnumStatement s => MiscellaneousCommands.AlterEnum(session, s),
            CreateDatabaseStatement s => MiscellaneousCommands.CreateDatabase(session, s),
            CreateRoleStatement s => MiscellaneousCommands.CreateRole(session, s),
            AlterRoleStatement s => MiscellaneousCommands.AlterRole(session, s),
            AlterSettingStatement s => MiscellaneousCommands.AlterSetting(session, s),
            AlterDatabaseStatement s => session.Catalog.FindDatabase(s.Name) is null
                ? throw new SqlException(SqlState.InvalidCatalogName, $"database \"{s.Name}\" does not exist") : "ALTER DATABASE",
            DropStatement s => DropCommands.Run(session, s),
            CommentStatement s => MiscellaneousCommands.Comment(session, s),
            GrantStatement s => MiscellaneousCommands.Grant(session, s),
            AlterDefaultPrivilegesStatement => "ALTER DEFAULT PRIVILEGES",
            VacuumStatement s => Maintenance(session, s.Targets, "VACUUM", s.Options.Any(o => o.Name.Equals("analyze", StringComparison.OrdinalIgnoreCase))),
            AnalyzeStatement s => Maintenance(session, s.Targets, "ANALYZE", analyze: true),
            ReindexStatement s => ReindexCommands.Run(session, s),
            ClusterStatement => "CLUSTER",
            _ => throw SqlException.NotSupported(CommandTags.Of(statement) is { Length: > 0 } tag ? tag : "this statement", statement.ErrorPosition),
        };
    }

    /// <summary>Old versions are collected as soon as nobody needs them: what is left to VACUUM is to look at the names.</summary>
    private static string Maintenance(Session session, System.Collections.Immutable.ImmutableArray<VacuumTarget> targets, string tag, bool analyze)
    {
        if (tag == "VACUUM")
            session.PreventInBlock("VACUUM");
        var names = session.CurrentNames;
        var tables = new List<Storage.Catalog.TableEntry>();
        foreach (var target in targets)
        {
            var relation = DdlNames.Relation(names, target.Name);
            if (relation is not Storage.Catalog.TableEntry table)
            {
                session.Warning(SqlState.Warning, $"skipping \"{relation.Name}\" --- cannot vacuum non-tables or special system tables");
                continue;
            }
            foreach (var column in target.Columns)
                _ = DdlNames.Column(table, column);
            tables.Add(table);
        }
        if (targets.IsEmpty)
            tables.AddRange(names.Snapshot.Objects.OfType<Storage.Catalog.TableEntry>());
        if (analyze)
            Analyze(session, tables);
        return tag;
    }

    private static void Analyze(Session session, List<Storage.Catalog.TableEntry> tables)
    {
        foreach (var table in tables)
        {
            session.LockRelation(table.Oid, TableLockMode.ShareUpdateExclusive, table.Name);
            var rows = session.Database.Storage.GetTable(table);
            var modifications = rows.Modifications;
            using var snapshot = session.Transaction.BeginStatement();
            session.Database.Storage.Analyze(rows, modifications, snapshot, session.Cancellation);
        }
    }
}
