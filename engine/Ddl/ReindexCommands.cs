using System.Globalization;
using OmenDb.Engine.Catalog;
using OmenDb.Planner.Syntax;
using OmenDb.Storage.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Ddl;

/// <summary>REINDEX: new trees beside the former ones, while others read and write. In a transaction block it keeps them out, as it must be undone then.</summary>
internal static class ReindexCommands
{
    /// <param name="Concurrent">As asked for: it decides about errors only.</param>
    /// <param name="Verbose">A message for each.</param>
    /// <param name="Online">Beside others.</param>
    private readonly record struct Options(bool Concurrent, bool Verbose, bool Online)
    {
        public TableLockMode LockMode => Online ? IndexCommands.OnlineLock : TableLockMode.AccessExclusive;
    }


    public static string Run(Session session, ReindexStatement statement)
    {
        var options = Read(statement) with { Online = IndexCommands.IsAlone(session) };
        if (options.Concurrent && !options.Online)
            throw InBlock("CONCURRENTLY");
        switch (statement.Kind)
        {
            case ReindexKind.Index:
                Index(session, statement.Name, options);
                break;
            case ReindexKind.Table:
                Table(session, statement.Name, options);
                break;
            default:
                Many(session, statement, options);
                break;
        }
        return "REINDEX";
    }

    private static Options Read(ReindexStatement statement)
    {
        var options = default(Options);
        foreach (var option in statement.Options)
        {
            options = option.Name.ToLowerInvariant() switch
            {
                "concurrently" => options with { Concurrent = OptionValues.Bool(option) },
                "verbose" => options with { Verbose = OptionValues.Bool(option) },
                "tablespace" => OptionValues.Text(option) is "pg_default" ? options
                    : throw new SqlException(SqlState.UndefinedObject, $"tablespace \"{OptionValues.Text(option)}\" does not exist"),
                _ => throw new SqlException(SqlState.SyntaxError, $"unrecognized REINDEX option \"{option.Name}\"") { Position = option.ErrorPosition },
            };
        }
        return options;
    }

    private static SqlException InBlock(string what) => new(SqlState.ActiveSqlTransaction, $"REINDEX {what} cannot run inside a transaction block");

    /// <returns>Null: a system catalog, whose look-ups need no index.</returns>
    private static RelationEntry? Locked(Session session, QualifiedName name, Options options, Func<RelationEntry, bool> isRight, string what)
    {
        if (DdlNames.TryRelation(session.CurrentNames, name) is { } found)
        {
            if (isRight(found))
                found = DdlNames.TryLocked(session, name, options.LockMode) ?? throw DdlNames.Missing(name with { Position = -1 });
            return isRight(found) ? found : throw new SqlException(SqlState.WrongObjectType, $"\"{name.Name}\" is not {what}");
        }
        if (name.Schema is { } schema && !session.CurrentNames.SchemaExists(schema))
            throw new SqlException(SqlState.InvalidSchemaName, $"schema \"{schema}\" does not exist");
        if (SystemTables.Find(name.Schema ?? "pg_catalog", name.Name) is null)
            throw DdlNames.Missing(name with { Position = -1 });
        return options.Concurrent ? throw SystemCatalogs() : null;
    }

    private static SqlException SystemCatalogs() => new(SqlState.FeatureNotSupported, "cannot reindex system catalogs concurrently");

    private static void Index(Session session, QualifiedName name, Options options)
    {
        if (Locked(session, name, options, static r => r is IndexEntry, "an index") is IndexEntry index)
            Rebuild(session, index, options);
    }

    private static void Table(Session session, QualifiedName name, Options options)
    {
        if (Locked(session, name, options, static r => r is TableEntry, "a table or materialized view") is TableEntry table && !All(session, table, options))
            session.Notice($"table \"{table.Name}\" has no indexes {(options.Concurrent ? "that can be reindexed concurrently" : "to reindex")}");
    }

    /// <summary>All indexes of a table that is locked.</summary>
    /// <returns>False: there are none.</returns>
    private static bool All(Session session, TableEntry table, Options options)
    {
        var indexes = session.Transaction.CurrentCatalog.IndexesOf(table.Oid).ToArray();
        foreach (var index in indexes)
            Rebuild(session, index, options);
        return indexes.Length > 0;
    }

    /// <summary>SCHEMA, DATABASE, SYSTEM: each table in a transaction of its own.</summary>
    private static void Many(Session session, ReindexStatement statement, Options options)
    {
        if (!options.Online)
            throw InBlock(statement.Kind.ToString().ToUpperInvariant());
        var catalog = session.Transaction.CurrentCatalog;
        if (statement.Kind == ReindexKind.System && options.Concurrent)
            throw SystemCatalogs();
        if (statement.Kind == ReindexKind.Schema && !session.CurrentNames.SchemaExists(statement.Name.Name))
            throw new SqlException(SqlState.InvalidSchemaName, $"schema \"{statement.Name.Name}\" does not exist");
        if (statement.Kind != ReindexKind.Schema && statement.Name.Name != session.CurrentNames.CurrentDatabase)
            throw new SqlException(SqlState.FeatureNotSupported, "can only reindex the currently open database");
        var schemas = catalog.Children(session.DatabaseOid).OfType<SchemaEntry>()
            .Where(s => statement.Kind == ReindexKind.Database || (statement.Kind == ReindexKind.Schema && s.Name == statement.Name.Name));
        var tables = schemas.Where(s => !TemporaryObjects.IsOfAnother(session, s)).SelectMany(s => catalog.Children(s.Oid)).OfType<TableEntry>()
            .OrderBy(t => t.Oid).ToArray();
        foreach (var table in tables)
        {
            session.NextTransaction();
            session.LockRelation(table.Oid, options.LockMode, table.Name);
            if (session.Transaction.CurrentCatalog.Find<TableEntry>(table.Oid) is { } still && All(session, still, options) && options.Verbose)
                session.Raise(new Notice("INFO", SqlState.SuccessfulCompletion, $"table \"{session.Transaction.CurrentCatalog.Find(still.SchemaOid)!.Name}.{still.Name}\" was reindexed"));
        }
    }

    private static void Rebuild(Session session, IndexEntry index, Options options)
    {
        var (began, before) = (System.Diagnostics.Stopwatch.GetTimestamp(), Environment.CpuUsage);
        if (options.Online && IndexCommands.Locked(session, index) is { } still)
            IndexCommands.RebuildOnline(session, still);
        else if (options.Online)
            return; // dropped meanwhile
        else
            IndexCommands.Rebuild(session, index.Oid);
        if (!options.Verbose)
            return;
        var after = Environment.CpuUsage;
        session.Raise(new Notice("INFO", SqlState.SuccessfulCompletion, $"index \"{index.Name}\" was reindexed")
        {
            Detail = string.Create(CultureInfo.InvariantCulture, $"CPU: user: {(after.UserTime - before.UserTime).TotalSeconds:0.00} s, system: " +
                $"{(after.PrivilegedTime - before.PrivilegedTime).TotalSeconds:0.00} s, elapsed: {System.Diagnostics.Stopwatch.GetElapsedTime(began).TotalSeconds:0.00} s"),
        });
    }
}
