using System.Collections.Immutable;
using OmenDb.Arrow;
using OmenDb.Engine.Expressions;
using OmenDb.Engine.Functions;
using OmenDb.Engine.Functions.Casts;
using OmenDb.Planner.Catalog;
using OmenDb.Planner.Expressions;
using OmenDb.Storage.Catalog;
using OmenDb.Types;
using TableLockMode = OmenDb.Planner.Syntax.TableLockMode;

namespace OmenDb.Engine.Catalog;

/// <summary>The names that one statement of a session sees: the transaction's catalog, the built-in functions, the system tables.</summary>
/// <remarks>Tables that are found are locked and noted: a cached plan takes the same locks again.</remarks>
internal sealed class SessionCatalog(Session session, CatalogSnapshot snapshot) : IPlannerCatalog
{
    private readonly Dictionary<int, ITableInfo> _infos = [];

    public CatalogSnapshot Snapshot { get; private set; } = snapshot;

    public Session Session { get; } = session;

    public ImmutableArray<string> SearchPath { get; } = session.EffectiveSearchPath(snapshot);

    public string CurrentDatabase => Session.DatabaseName;

    /// <summary>Tables that the statement reads or changes.</summary>
    public List<int> UsedTables { get; } = [];

    /// <summary>Relations of any kind that were looked up: what a view depends on.</summary>
    public HashSet<int> UsedRelations { get; } = [];

    /// <summary>The schemas of the search path that exist.</summary>
    public IEnumerable<SchemaEntry> PathSchemas
    {
        get
        {
            foreach (var name in SearchPath)
            {
                if (Snapshot.FindSchema(Session.DatabaseOid, name) is { } schema)
                    yield return schema;
            }
        }
    }

    public bool SchemaExists(string name) =>
        name is "pg_catalog" or "information_schema" || Snapshot.FindSchema(Session.DatabaseOid, Session.SchemaAlias(name)) is not null;

    /// <summary>A user's relation along the search path; null when there is none.</summary>
    public RelationEntry? FindEntry(string? schema, string name)
    {
        if (schema is not null)
            return Snapshot.FindSchema(Session.DatabaseOid, Session.SchemaAlias(schema)) is { } named ? Snapshot.FindRelation(named.Oid, name) : null;
        foreach (var inPath in PathSchemas)
        {
            if (Snapshot.FindRelation(inPath.Oid, name) is { } found)
                return found;
        }
        return null;
    }

    /// <summary>A table of this one statement.</summary>
    public ITableInfo? Extra { get; init; }

    public ITableInfo? FindTable(string? schema, string name)
    {
        if (Extra is not null && schema is null && name == Extra.Name)
            return Extra;
        if (schema is not null)
            return InSchema(schema, name);
        foreach (var inPath in SearchPath)
        {
            if (InSchema(inPath, name) is { } found)
                return found;
        }
        return null;
    }

    private ITableInfo? InSchema(string schema, string name)
    {
        if (schema is "pg_catalog" or "information_schema")
            return SystemTables.Find(schema, name);
        while (true)
        {
            if (Snapshot.FindSchema(Session.DatabaseOid, Session.SchemaAlias(schema)) is not { } entry || Snapshot.FindRelation(entry.Oid, name) is not { } relation)
                return null;
            if (_infos.TryGetValue(relation.Oid, out var known))
            {
                UsedRelations.Add(relation.Oid);
                return known;
            }
            if (relation is TableEntry && !TryLock(relation))
                continue;
            UsedRelations.Add(relation.Oid);
            if (relation is TableEntry)
                UsedTables.Add(relation.Oid);
            var info = MakeInfo(relation, entry);
            if (info is not null)
                _infos.Add(relation.Oid, info);
            return info;
        }
    }

    /// <returns>False: while we waited for the lock, somebody changed the catalog, which is a newer one now. Tables found before are locked and the same.</returns>
    private bool TryLock(RelationEntry relation)
    {
        Session.LockRelation(relation.Oid, TableLockMode.AccessShare, relation.Name);
        var now = Session.Transaction.CurrentCatalog;
        if (now.Version == Snapshot.Version)
            return true;
        Snapshot = now;
        return ReferenceEquals(now.Find(relation.Oid), relation);
    }

    /// <summary>Tables of one version of the catalog are described once for all sessions.</summary>
    private ITableInfo? MakeInfo(RelationEntry relation, SchemaEntry schema) => relation switch
    {
        TableEntry table when Reader is not null && !Session.Database.Storage.GetTable(table).HasIndexesFor(Reader) => MakeOlder(table, schema),
        TableEntry table => Session.Database.TableInfos.Get(table, schema, Snapshot),
        ViewEntry view => new RelationInfo(view.Oid, schema.Name, view.Name, TableKind.View, [.. view.Columns.Select(c => new ColumnInfo(c.Name, c.Type))]) { ViewSql = view.Sql },
        SequenceEntry sequence => SequenceTable.Describe(sequence, schema),
        IndexEntry => throw new SqlException(SqlState.WrongObjectType, $"\"{relation.Name}\" is an index"),
        _ => null,
    };

    /// <summary>What the statement will see, when that is known before it is planned.</summary>
    public Storage.Mvcc.Snapshot? Reader { get; init; }

    /// <summary>A table has indexes that are newer than that.</summary>
    public bool IsOlder { get; private set; }

    private TableInfo MakeOlder(TableEntry table, SchemaEntry schema)
    {
        IsOlder = true;
        return new TableInfo(table, schema, Snapshot, Session.Database.Storage, Reader);
    }

    public IReadOnlyList<FunctionInfo> FindFunctions(string? schema, string name) =>
        schema is null or "pg_catalog" or "information_schema" ? FunctionRegistry.Find(name) : [];

    public SqlType? FindType(string? schema, string name)
    {
        var isArray = name.StartsWith('_');
        if (FindEnum(schema, name) is { } found)
            return found.Type;
        return isArray && FindEnum(schema, name[1..]) is { } element ? SqlType.ArrayOf(element.Type) : null;
    }

    public EnumEntry? FindEnum(string? schema, string name)
    {
        if (schema is not null)
            return Snapshot.FindSchema(Session.DatabaseOid, Session.SchemaAlias(schema)) is { } named ? Snapshot.FindEnum(named.Oid, name) : null;
        foreach (var inPath in PathSchemas)
        {
            if (Snapshot.FindEnum(inPath.Oid, name) is { } found)
                return found;
        }
        return null;
    }

    public CastContext? FindCast(SqlType from, SqlType to) => CastTable.Find(from, to);

    public ConstantExpression Evaluate(Expression expression)
    {
        // Names become OIDs by the session's catalog, not by the type's own input function.
        if (expression is CastExpression { Operand: ConstantExpression { Value: string text, Type: { IsString: true } }, Target: { } target } && ObjectNames.IsReg(target.Id))
            return new ConstantExpression((long)ObjectNames.Resolve(this, target.Id, text), target);
        if (expression is CastExpression cast && ConstantCasts.TryEvaluate(cast, Session.Settings.Io) is { } direct)
            return direct;
        using var context = Session.NewContext(null, null);
        var program = CompiledProgram.Compile([(expression, expression.Type)], ColumnLayout.Empty);
        using var frame = program.CreateFrame(context);
        var value = program.Evaluate(frame, new Batch([], 1), 0);
        return new ConstantExpression(ValueBox.Get(value, 0, expression.Type), expression.Type);
    }
}
