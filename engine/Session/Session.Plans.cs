using System.Collections.Immutable;
using OmenDb.Engine.Catalog;
using OmenDb.Engine.Execution;
using OmenDb.Engine.Physical;
using OmenDb.Planner.Binding;
using OmenDb.Planner.Plans;
using OmenDb.Planner.Rules;
using OmenDb.Planner.Syntax;
using OmenDb.Storage.Catalog;
using OmenDb.Storage.Tables;
using OmenDb.Types;
using SetOperation = OmenDb.Planner.Syntax.SetOperation;

namespace OmenDb.Engine;

// From a parsed query to a plan that may be used again.
public sealed partial class Session
{
    private SessionCatalog NewCatalog() => new(this, Transaction.CurrentCatalog);

    internal SessionCatalog CurrentNames => NewCatalog();

    /// <summary>The plan of a prepared query: the one kept, or a new one when catalog or settings have changed.</summary>
    private QueryPlan PlanOf(PreparedStatement statement)
    {
        if (statement.Plan is { } kept && kept.SettingsKey == PlanKey && kept.CatalogVersion == Transaction.CurrentCatalog.Version && kept.FitsData() && LockTables(kept))
        {
            _cache.Reused++;
            return kept;
        }
        var plan = MakePlan(statement.Syntax!, statement.DeclaredTypes);
        if (statement.Columns is { } known && (plan.HasRows != true || !known.Select(c => (c.Name, c.Type)).SequenceEqual(plan.Outputs.Select(c => (c.Name, c.Type)))))
            throw new SqlException(SqlState.FeatureNotSupported, "cached plan must not change result type");
        if (!plan.IsOlder)
            statement.Plan = plan;
        return plan;
    }

    /// <summary>A plan for the values of one execution: where a pattern begins with anything, no index is asked for its beginning.</summary>
    internal QueryPlan PlanFor(QueryPlan plan, Storage.Mvcc.Snapshot snapshot, ExecutionContext context) =>
        !plan.Patterns.Any || plan.Source is not { } source || plan.Patterns.HavePrefixes(context) ? plan
            : plan.WithoutPatterns ??= MakePlan(source.Syntax, source.Declared, source.Extra, plan.IsOlder ? snapshot : null, new PatternProbes { AreWanted = false });

    /// <summary>A plan that a snapshot can be read with: an index that was made after it lacks versions that it sees.</summary>
    /// <returns>The same, nearly always.</returns>
    internal QueryPlan PlanFor(QueryPlan plan, Storage.Mvcc.Snapshot snapshot)
    {
        if (plan.Source is not { } source || plan.IsOlder)
            return plan;
        foreach (var table in plan.Sizes)
        {
            if (!table.Rows.HasIndexesFor(snapshot))
                return MakePlan(source.Syntax, source.Declared, source.Extra, snapshot);
        }
        return plan;
    }

    private string PlanKey
    {
        get
        {
            var settings = Settings.PlanKey;
            if (!ReferenceEquals(settings, _planKeySettings) || !ReferenceEquals(CurrentUser, _planKeyUser))
                (_planKeySettings, _planKeyUser, _planKey) = (settings, CurrentUser, settings + "\0" + CurrentUser);
            return _planKey!;
        }
    }

    private string? _planKeySettings;
    private string? _planKeyUser;
    private string? _planKey;

    /// <summary>The locks that planning would take.</summary>
    /// <returns>False: while we waited for one, somebody changed the catalog.</returns>
    private bool LockTables(QueryPlan plan)
    {
        foreach (var oid in plan.ReadTables)
            LockRelation(oid, TableLockMode.AccessShare, "");
        foreach (var oid in plan.LockedTables)
            LockRelation(oid, TableLockMode.RowShare, "");
        foreach (var oid in plan.ChangedTables)
            LockRelation(oid, TableLockMode.RowExclusive, "");
        return plan.CatalogVersion == Transaction.CurrentCatalog.Version;
    }

    /// <summary>Binds, optimises and compiles a query or change.</summary>
    /// <param name="extra">One more table that the statement knows, found before all others.</param>
    /// <param name="reader">What it will see; null: what the transaction sees, or what is not known yet.</param>
    /// <param name="patterns">Null: their values are not known.</param>
    internal QueryPlan MakePlan(Statement syntax, ImmutableArray<SqlType> declared, Planner.Catalog.ITableInfo? extra = null, Storage.Mvcc.Snapshot? reader = null,
        PatternProbes? patterns = null)
    {
        patterns ??= new PatternProbes();
        reader ??= Transaction.Fixed;
        while (true)
        {
            var catalog = new SessionCatalog(this, Transaction.CurrentCatalog) { Extra = extra, Reader = reader };
            var bound = new Binder(catalog, declared).Bind(syntax);
            var changed = Changes(bound.Plan).ToArray();
            foreach (var table in changed)
                LockRelation(table.Oid, TableLockMode.RowExclusive, table.Name);
            var locked = LocksOf(bound.Plan).SelectMany(l => l.Targets).Select(t => t.Table).Where(t => t.Oid != 0).DistinctBy(t => t.Oid).ToArray();
            foreach (var table in locked)
                LockRelation(table.Oid, TableLockMode.RowShare, table.Name);
            if (Transaction.CurrentCatalog.Version != catalog.Snapshot.Version)
                continue; // a lock made us wait for somebody's DDL
            var disabled = Settings.Raw("omendb.disable_rule");
            var logical = Optimizer.Optimize(bound, catalog, disabled.Length == 0 ? null : RuleSwitch(disabled));
            _cache.Planned++;
            var verb = syntax switch { InsertStatement => "INSERT", UpdateStatement => "UPDATE", DeleteStatement => "DELETE", MergeStatement => "MERGE", _ => "SELECT" };
            return new QueryPlan(PlanCompiler.Compile(logical, bound.Outputs, patterns), bound.Outputs, bound.ParameterTypes)
            {
                Verb = verb,
                Source = new PlanSource(syntax, declared, extra),
                IsOlder = catalog.IsOlder,
                Patterns = patterns,
                HasRows = verb == "SELECT" || bound.Outputs.Length > 0,
                Writes = changed.Length > 0 || LockOf(logical) is not null,
                RowLock = LockOf(logical)?.Strength,
                CatalogVersion = catalog.Snapshot.Version,
                SettingsKey = PlanKey,
                Sizes = [.. PlannedTable.Of(logical).Distinct()],
                ReadTables = [.. catalog.UsedTables.Distinct()],
                ChangedTables = [.. changed.Select(t => t.Oid).Distinct()],
                LockedTables = [.. locked.Select(t => t.Oid)],
            };
        }
    }

    private static Func<string, bool> RuleSwitch(string disabled)
    {
        var names = disabled.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).ToHashSet();
        return names.Contains("all") ? _ => true : names.Contains;
    }

    private static IEnumerable<Planner.Catalog.ITableInfo> Changes(LogicalPlan plan) =>
        (plan is ChangePlan change ? [change.Table] : Enumerable.Empty<Planner.Catalog.ITableInfo>()).Concat(plan.Children.SelectMany(Changes));

    private static IEnumerable<LockRows> LocksOf(LogicalPlan plan) =>
        (plan is LockRows locks ? [locks] : Enumerable.Empty<LockRows>()).Concat(plan.Children.SelectMany(LocksOf));

    private static LockRows? LockOf(LogicalPlan plan) => plan as LockRows ?? plan.Children.Select(LockOf).FirstOrDefault(l => l is not null);

    /// <summary>Fills in what a client may ask about a statement before it runs.</summary>
    private void Describe(PreparedStatement statement, int[] parameterOids)
    {
        statement.DeclaredTypes = [.. parameterOids.Select(DeclaredType)];
        statement.CommandTagKind = CommandTags.Of(statement.Syntax!);
        switch (statement.Syntax)
        {
            case QueryStatement query when IntoOf(query) is null:
            case InsertStatement or UpdateStatement or DeleteStatement or MergeStatement:
                var plan = PlanOf(statement);
                statement.ParameterTypes = plan.ParameterTypes;
                statement.Columns = plan.HasRows ? plan.Outputs : null;
                break;
            default:
                statement.ParameterTypes = statement.DeclaredTypes;
                statement.Columns = UtilityColumns(statement.Syntax!);
                break;
        }
    }

    private SqlType DeclaredType(int oid)
    {
        if (oid is 0 or 705)
            return SqlType.Unknown;
        if (PgTypes.ToSqlType((uint)oid) is { } type)
            return type;
        foreach (var entry in Catalog.Objects)
        {
            if (entry is EnumEntry found && (found.Oid == oid || found.ArrayOid == oid))
                return found.Oid == oid ? found.Type : SqlType.ArrayOf(found.Type);
        }
        throw new SqlException(SqlState.UndefinedObject, $"type with OID {oid} does not exist");
    }

    /// <summary>The INTO of a SELECT; null: it returns rows.</summary>
    internal static IntoClause? IntoOf(QueryStatement query)
    {
        var body = query.Query;
        while (true)
        {
            switch (body)
            {
                case QueryWithClauses with: body = with.Body; break;
                case SetOperation set: body = set.Inputs[0]; break;
                case SelectCore core: return core.Into;
                default: return null;
            }
        }
    }

    internal ExecutionContext NewContext(StatementScope? scope, ParameterSet? parameters, bool instrument = false) => new()
    {
        Settings = Settings.Execution,
        Parameters = parameters ?? ParameterSet.Empty,
        Cancellation = _cancel.Token,
        Transaction = scope,
        Session = Services,
        TransactionTimestamp = _transaction is null ? ExecutionContext.UtcNow() : _transactionStart,
        StatementTimestamp = _statementStart == 0 ? ExecutionContext.UtcNow() : _statementStart,
        Memory = new QueryMemory(Database.Memory, Settings.Execution.QueryMemoryLimitBytes),
        Spill = Database.Spill,
        Instrument = instrument,
        DeadlineTicks = _deadline == 0 ? _transactionDeadline : _transactionDeadline == 0 ? _deadline : Math.Min(_deadline, _transactionDeadline),
    };

    internal SqlException DuplicateKey(StatementScope scope, in WriteResult result)
    {
        var indexOid = result.Index!.Oid;
        var index = result.Index.Making ?? Transaction.CurrentCatalog.Find<IndexEntry>(indexOid) ?? throw SqlException.Internal($"index {indexOid} does not exist");
        var table = Transaction.CurrentCatalog.Find<TableEntry>(index.TableOid)!;
        var schema = Transaction.CurrentCatalog.Find<SchemaEntry>(table.SchemaOid)!;
        return Database.TableInfos.Get(table, schema, Transaction.CurrentCatalog).Table.DuplicateKey(scope, result.Index, result.Other);
    }

    private IReadOnlyList<string> EnumLabels(int oid) => Catalog.Find<EnumEntry>(oid) is { } entry ? entry.Labels : [];
}
