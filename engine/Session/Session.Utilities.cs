using System.Collections.Immutable;
using OmenDb.Engine.Copy;
using OmenDb.Engine.Ddl;
using OmenDb.Engine.Execution;
using OmenDb.Engine.Settings;
using OmenDb.Planner.Binding;
using OmenDb.Planner.Syntax;
using OmenDb.Storage.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine;

// What each kind of statement runs as.
public sealed partial class Session
{
    private StatementRun CreateRun(PreparedStatement statement, ParameterSource parameters)
    {
        var syntax = statement.Syntax!;
        if (IsPoint(statement))
            return CreatePoint(statement, parameters);
        if (IsPlanned(syntax))
        {
            var plan = PlanOf(statement);
            return new QueryRun(this, plan, ParameterDecoding.Decode(parameters, plan.ParameterTypes, statement.Name, CurrentIo));
        }
        if (parameters.Count > 0 && syntax is not (CreateTableAsStatement or ExplainStatement or DeclareCursorStatement or QueryStatement))
            throw new SqlException(SqlState.ProtocolViolation, $"bind message supplies {parameters.Count} parameters, but prepared statement \"{statement.Name}\" requires 0");
        return CreateUtility(syntax, statement.Sql, parameters);
    }

    private PointRun CreatePoint(PreparedStatement statement, ParameterSource parameters)
    {
        var state = TakePoint(statement.Plan!);
        try
        {
            ParameterDecoding.DecodeInto(parameters, state.Plan.ParameterTypes, statement.Name, CurrentIo, state.Parameters);
            return new PointRun(this, statement, state);
        }
        catch
        {
            state.Dispose();
            throw;
        }
    }

    private static bool IsPlanned(Statement syntax) =>
        syntax is InsertStatement or UpdateStatement or DeleteStatement or MergeStatement || (syntax is QueryStatement query && IntoOf(query) is null);

    private IoContext CurrentIo => Settings.Io with { Now = _transactionStart };

    /// <summary>The columns of a command that returns rows; null for others.</summary>
    private ImmutableArray<OutputColumn>? UtilityColumns(Statement syntax) => syntax switch
    {
        ShowStatement show => ShowCommand.Columns(show),
        ExplainStatement explain => ExplainCommand.Columns(explain),
        ExecuteStatement execute => GetPreparedForExecute(execute.Name).Columns,
        FetchStatement { IsMove: false } fetch => FindCursor(fetch.Cursor).Columns,
        _ => null,
    };

    private StatementRun CreateUtility(Statement syntax, string sql, ParameterSource parameters) => syntax switch
    {
        TransactionStatement s => new UtilityRun(() => RunTransaction(s)),
        SetStatement s => new UtilityRun(() => SetCommand.Run(this, s)),
        ResetStatement s => new UtilityRun(() => SetCommand.Run(this, s)),
        SetTransactionStatement s => new UtilityRun(() => SetCommand.Run(this, s)),
        ShowStatement s => new RowsRun(ShowCommand.Columns(s), "SHOW", () => ShowCommand.Rows(this, s)),
        ExplainStatement s => ExplainCommand.Create(this, s, parameters),
        PrepareStatement s => new UtilityRun(() => PrepareByName(s, sql)),
        ExecuteStatement s => CreateExecute(s),
        DeallocateStatement s => new UtilityRun(() => Deallocate(s)),
        DeclareCursorStatement s => new UtilityRun(() => DeclareCursor(s, sql, parameters)),
        FetchStatement s => new FetchRun(FindCursor(s.Cursor), s),
        CloseStatement s => new UtilityRun(() => CloseCursor(s)),
        CopyStatement s => CopyCommand.Create(this, s),
        CreateTableAsStatement s => new UtilityRun(() => CreateTableAs.Run(this, s, parameters)),
        QueryStatement s => new UtilityRun(() => CreateTableAs.Run(this, s, IntoOf(s)!, parameters)),
        LockStatement s => new UtilityRun(() => LockTables(s)),
        DiscardStatement s => new UtilityRun(() => Discard(s)),
        SetConstraintsStatement s => new UtilityRun(() => SetConstraints(s)),
        ListenStatement => new UtilityRun(() => "LISTEN"),
        UnlistenStatement => new UtilityRun(() => "UNLISTEN"),
        NotifyStatement => new UtilityRun(() => "NOTIFY"),
        CheckpointStatement => new UtilityRun(() =>
        {
            Database.Checkpoint();
            return "CHECKPOINT";
        }),
        CallStatement => throw SqlException.NotSupported("CALL", syntax.ErrorPosition),
        DoStatement s => throw SqlException.NotSupported($"DO: language \"{s.Language ?? "plpgsql"}\"", syntax.ErrorPosition),
        UnsupportedStatement s => throw SqlException.NotSupported(s.Feature, syntax.ErrorPosition),
        _ => new UtilityRun(() => DdlCommands.Run(this, syntax, sql)),
    };

    private string LockTables(LockStatement statement)
    {
        if (!_inBlock)
            throw new SqlException(SqlState.NoActiveSqlTransaction, "LOCK TABLE can only be used in transaction blocks");
        var names = CurrentNames;
        foreach (var table in statement.Tables)
        {
            if (IsSystemName(table.Name))
                continue;
            var entry = DdlNames.Relation(names, table.Name);
            LockRelation(entry.Oid, statement.Mode, entry.Name, statement.NoWait);
        }
        return "LOCK TABLE";
    }

    private static bool IsSystemName(QualifiedName name) => name.Schema is "pg_catalog" or "information_schema";

    private string Discard(DiscardStatement statement)
    {
        switch (statement.Kind)
        {
            case DiscardKind.All:
                PreventInBlock("DISCARD ALL");
                foreach (var portal in _portals.Values.ToArray())
                {
                    if (portal.IsHeld)
                        portal.Dispose();
                }
                SetRole(null);
                Settings.ResetAll();
                _prepared.Clear();
                _cache.Clear();
                ForgetSequences();
                OmenDb.Engine.Catalog.TemporaryObjects.DropOf(this);
                return "DISCARD ALL";
            case DiscardKind.Plans:
                _cache.Clear();
                return "DISCARD PLANS";
            case DiscardKind.Sequences:
                ForgetSequences();
                return "DISCARD SEQUENCES";
            default:
                OmenDb.Engine.Catalog.TemporaryObjects.DropOf(this);
                return "DISCARD TEMP";
        }
    }

    private string PrepareByName(PrepareStatement statement, string sql)
    {
        if (_prepared.ContainsKey(statement.Name))
            throw new SqlException(SqlState.DuplicatePreparedStatement, $"prepared statement \"{statement.Name}\" already exists");
        if (!IsPlanned(statement.Statement))
            throw SqlException.NotSupported("PREPARE of a command that is no query or change", statement.Statement.ErrorPosition);
        var names = CurrentNames;
        var prepared = new PreparedStatement(statement.Name, sql, statement.Statement)
        {
            DeclaredTypes = [.. statement.ParameterTypes.Select(t => TypeResolver.Resolve(t, names))],
        };
        var plan = PlanOf(prepared);
        prepared.CommandTagKind = CommandTags.Of(statement.Statement);
        prepared.ParameterTypes = plan.ParameterTypes;
        prepared.Columns = plan.HasRows ? plan.Outputs : null;
        _prepared[statement.Name] = prepared;
        return "PREPARE";
    }

    private PreparedStatement GetPreparedForExecute(string name) => _prepared.TryGetValue(name, out var prepared) ? prepared
        : throw new SqlException(SqlState.InvalidSqlStatementName, $"prepared statement \"{name}\" does not exist");

    private StatementRun CreateExecute(ExecuteStatement statement)
    {
        var prepared = GetPreparedForExecute(statement.Name);
        return new QueryRun(this, PlanOf(prepared), ExecuteParameters(statement, prepared));
    }

    /// <summary>The plan of EXECUTE with its values, for EXPLAIN and CREATE TABLE AS too.</summary>
    internal QueryRun RunPrepared(ExecuteStatement statement, bool instrument = false)
    {
        var prepared = GetPreparedForExecute(statement.Name);
        return new QueryRun(this, PlanOf(prepared), ExecuteParameters(statement, prepared)) { Instrument = instrument };
    }

    private ParameterSet ExecuteParameters(ExecuteStatement statement, PreparedStatement prepared)
    {
        var types = prepared.ParameterTypes;
        if (statement.Arguments.Length != types.Length)
        {
            throw new SqlException(SqlState.SyntaxError, $"wrong number of parameters for prepared statement \"{prepared.Name}\"")
            {
                Detail = $"Expected {types.Length} parameters but got {statement.Arguments.Length}.",
            };
        }
        var names = CurrentNames;
        var set = new ParameterSet(types);
        for (var i = 0; i < types.Length; i++)
            set.Set(i, names.Evaluate(new Binder(names).BindParameterValue(statement.Arguments[i], types[i])).Value);
        return set;
    }

    private string Deallocate(DeallocateStatement statement)
    {
        if (statement.Name is null)
        {
            _prepared.Clear();
            return "DEALLOCATE ALL";
        }
        if (!_prepared.Remove(statement.Name))
            throw new SqlException(SqlState.InvalidSqlStatementName, $"prepared statement \"{statement.Name}\" does not exist");
        return "DEALLOCATE";
    }

    private string DeclareCursor(DeclareCursorStatement statement, string sql, ParameterSource parameters)
    {
        if (!_inBlock && !statement.WithHold)
            throw new SqlException(SqlState.NoActiveSqlTransaction, "DECLARE CURSOR can only be used in transaction blocks");
        if (_portals.ContainsKey(statement.Name))
            throw new SqlException(SqlState.DuplicateCursor, $"cursor \"{statement.Name}\" already exists");
        var prepared = new PreparedStatement("", sql, new QueryStatement(statement.Query.Position, statement.Query));
        var plan = PlanOf(prepared);
        var run = new CursorRun(new QueryRun(this, plan, ParameterDecoding.Decode(parameters, plan.ParameterTypes, "", CurrentIo)), plan.Outputs)
        {
            WithHold = statement.WithHold,
            NoScroll = statement.Scroll == false,
            IsBinary = statement.IsBinary,
        };
        var portal = new Portal(this, statement.Name, prepared, run) { Depth = _savepoints.Count };
        run.Begin();
        _openPortals.Add(portal);
        _portals[statement.Name] = portal;
        return "DECLARE CURSOR";
    }

    private CursorRun FindCursor(string name)
    {
        if (_portals.TryGetValue(name, out var portal))
        {
            return portal.Run switch
            {
                CursorRun cursor => cursor,
                QueryRun query => new CursorRun(query, portal.Columns ?? []),
                _ => throw new SqlException(SqlState.ObjectNotInPrerequisiteState, $"portal \"{name}\" cannot be run"),
            };
        }
        throw new SqlException(SqlState.InvalidCursorName, $"cursor \"{name}\" does not exist");
    }

    private string CloseCursor(CloseStatement statement)
    {
        if (statement.Name is null)
        {
            foreach (var open in _portals.Values.Where(p => p.Run is CursorRun).ToArray())
                open.Dispose();
            return "CLOSE CURSOR ALL";
        }
        if (!_portals.TryGetValue(statement.Name, out var portal))
            throw new SqlException(SqlState.InvalidCursorName, $"cursor \"{statement.Name}\" does not exist");
        portal.Dispose();
        return "CLOSE CURSOR";
    }

    /// <summary>Cursors WITH HOLD keep their rows when the transaction commits.</summary>
    private void HoldCursors()
    {
        foreach (var portal in _portals.Values)
        {
            if (portal.Run is CursorRun { WithHold: true } cursor && !portal.IsHeld)
            {
                cursor.ReadAll();
                portal.IsHeld = true;
            }
        }
    }
}
