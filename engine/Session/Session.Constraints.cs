using OmenDb.Engine.Catalog;
using OmenDb.Engine.Constraints;
using OmenDb.Planner.Grammar;
using OmenDb.Planner.Syntax;
using OmenDb.Storage.Catalog;
using OmenDb.Storage.Tables;
using OmenDb.Types;

namespace OmenDb.Engine;

// Constraints that are checked at the end of statements and transactions.
public sealed partial class Session
{
    private readonly Dictionary<(int Constraint, string Purpose, bool Many), (QueryPlan Plan, PushedRows Rows)> _keyPlans = [];

    private ConstraintQueue? Queue => _transaction?.Queue as ConstraintQueue;

    /// <summary>The end of a statement that changed rows: keys that two rows have in common, foreign keys and their actions.</summary>
    /// <exception cref="SqlException">23505, 23503, and what actions report.</exception>
    internal void CheckDeferredUnique(StatementScope scope)
    {
        CheckUniqueKeys(scope);
        Queue?.EndStatement();
    }

    /// <summary>Keys that two rows had in common while a statement ran.</summary>
    /// <exception cref="SqlException">23505.</exception>
    internal void CheckUniqueKeys(StatementScope scope) => CheckUniqueKeys(scope, IsDeferredIndex);

    private void CheckUniqueKeys(StatementScope scope, Func<int, bool>? isDeferred)
    {
        while (true)
        {
            var result = scope.Transaction.CheckDeferredUnique(isDeferred);
            switch (result.Status)
            {
                case WriteStatus.Ok:
                    return;
                case WriteStatus.Busy:
                    WaitFor(result);
                    break;
                default:
                    throw DuplicateKey(scope, result);
            }
        }
    }

    private bool IsDeferredIndex(int indexOid)
    {
        if (Transaction.CurrentCatalog.Find<IndexEntry>(indexOid) is not { } index || Transaction.CurrentCatalog.Find<TableEntry>(index.TableOid) is not { } table)
            return false;
        return table.Constraints.FirstOrDefault(c => c.IndexOid == indexOid) is { IsDeferrable: true } constraint
            && ConstraintQueue.Of(this, Transaction).IsDeferred(constraint);
    }

    /// <summary>Before the commit: everything that was put off.</summary>
    /// <exception cref="SqlException">23505, 23503.</exception>
    private void CheckConstraintsAtCommit()
    {
        if (_transaction is not { HasChanges: true } transaction)
            return;
        using var scope = new StatementScope(this, transaction, transaction.BeginStatement());
        CheckUniqueKeys(scope, null);
        Queue?.CheckDeferred(atCommit: true);
    }

    /// <summary>SET CONSTRAINTS.</summary>
    private string SetConstraints(SetConstraintsStatement statement)
    {
        if (!_inBlock)
        {
            Warning(SqlState.NoActiveSqlTransaction, "SET CONSTRAINTS can only be used in transaction blocks");
            return "SET CONSTRAINTS";
        }
        int[]? constraints = statement.Constraints.IsEmpty ? null : [.. statement.Constraints.SelectMany(FindConstraints)];
        ConstraintQueue.Of(this, Transaction).Set(constraints, statement.Deferred);
        if (!statement.Deferred)
        {
            using var scope = new StatementScope(this, Transaction, Transaction.BeginStatement());
            Transaction.RecheckDeferredUnique();
            CheckUniqueKeys(scope);
        }
        return "SET CONSTRAINTS";
    }

    /// <summary>All constraints of a name in the first schema of the search path that has one.</summary>
    /// <exception cref="SqlException">42704, 42809.</exception>
    private IEnumerable<int> FindConstraints(QualifiedName name)
    {
        var names = CurrentNames;
        IEnumerable<SchemaEntry> schemas = names.PathSchemas;
        if (name.Schema is { } written)
        {
            schemas = names.Snapshot.FindSchema(DatabaseOid, SchemaAlias(written)) is { } schema ? [schema]
                : throw new SqlException(SqlState.InvalidSchemaName, $"schema \"{written}\" does not exist");
        }
        foreach (var schema in schemas)
        {
            var found = names.Snapshot.Children(schema.Oid).OfType<TableEntry>().SelectMany(t => t.Constraints).Where(c => c.Name == name.Name).ToList();
            if (found.Count == 0)
                continue;
            if (found.Exists(c => !c.IsDeferrable))
                throw new SqlException(SqlState.WrongObjectType, $"constraint \"{name.Name}\" is not deferrable");
            return found.Select(c => c.Oid);
        }
        throw new SqlException(SqlState.UndefinedObject, $"constraint \"{name}\" does not exist");
    }

    /// <summary>Whether checks of a table's rows wait for the commit.</summary>
    internal bool HasDeferredChecks(int tableOid) => Queue?.HasEvents(tableOid) == true;

    /// <summary>The plan of a statement over keys, with its locks: the one kept, or a new one when the catalog has changed.</summary>
    internal (QueryPlan Plan, PushedRows Rows) KeyPlan((int Constraint, string Purpose, bool Many) name, string sql, Func<PushedRows> rows)
    {
        if (_keyPlans.TryGetValue(name, out var kept) && kept.Plan.SettingsKey == PlanKey && kept.Plan.CatalogVersion == Transaction.CurrentCatalog.Version && LockTables(kept.Plan))
            return kept;
        if (_keyPlans.Count > 500)
            _keyPlans.Clear();
        var source = rows();
        return _keyPlans[name] = (MakePlan(SqlParser.ParseStatement(sql), [], source), source);
    }

    /// <summary>The rows of a table as the transaction's catalog has it.</summary>
    internal StoredTable StoredTableOf(TableEntry table) =>
        Database.TableInfos.Get(table, Transaction.CurrentCatalog.Find<SchemaEntry>(table.SchemaOid)!, Transaction.CurrentCatalog).Table;
}
