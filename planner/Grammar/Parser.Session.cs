using System.Collections.Immutable;
using OmenDb.Planner.Syntax;
using OmenDb.Types;

namespace OmenDb.Planner.Grammar;

/// <content>Transactions, settings, locks, maintenance, notifications.</content>
internal ref partial struct Parser
{
    private TransactionStatement ParseTransaction()
    {
        var start = _token.Start;
        var keyword = _token.Keyword;
        Advance();
        switch (keyword)
        {
            case Keyword.Begin:
                AcceptWorkOrTransaction();
                return new TransactionStatement(start, TransactionKind.Begin) { Modes = ParseTransactionModes(required: false) };
            case Keyword.Start:
                Expect(Keyword.Transaction);
                return new TransactionStatement(start, TransactionKind.Begin) { Modes = ParseTransactionModes(required: false), IsStart = true };
            case Keyword.Savepoint:
                return new TransactionStatement(start, TransactionKind.Savepoint) { Name = ColId() };
            case Keyword.Release:
                if (Is(Keyword.Savepoint) && PeekKind() is not (TokenKind.End or TokenKind.Semicolon))
                    Advance();
                return new TransactionStatement(start, TransactionKind.ReleaseSavepoint) { Name = ColId() };
            case Keyword.Commit or Keyword.End:
                if (keyword == Keyword.Commit && Accept(Keyword.Prepared))
                    return new TransactionStatement(start, TransactionKind.CommitPrepared) { Name = StringConstant() };
                AcceptWorkOrTransaction();
                return new TransactionStatement(start, TransactionKind.Commit) { Chain = ParseChain() };
            default:
                if (keyword == Keyword.Rollback && Accept(Keyword.Prepared))
                    return new TransactionStatement(start, TransactionKind.RollbackPrepared) { Name = StringConstant() };
                AcceptWorkOrTransaction();
                if (keyword == Keyword.Rollback && Accept(Keyword.To))
                {
                    if (Is(Keyword.Savepoint) && PeekKind() is not (TokenKind.End or TokenKind.Semicolon))
                        Advance();
                    return new TransactionStatement(start, TransactionKind.RollbackToSavepoint) { Name = ColId() };
                }
                return new TransactionStatement(start, TransactionKind.Rollback) { Chain = ParseChain() };
        }
    }

    private void AcceptWorkOrTransaction()
    {
        if (!Accept(Keyword.Work))
            Accept(Keyword.Transaction);
    }

    /// <summary>[AND [NO] CHAIN].</summary>
    private bool ParseChain()
    {
        if (!Accept(Keyword.And))
            return false;
        var chain = !Accept(Keyword.No);
        Expect(Keyword.Chain);
        return chain;
    }

    private TransactionModes ParseTransactionModes(bool required)
    {
        IsolationLevel? isolation = null;
        bool? readOnly = null, deferrable = null;
        var any = false;
        while (true)
        {
            if (Accept(Keyword.Isolation))
            {
                Expect(Keyword.Level);
                isolation = ParseIsolationLevel();
            }
            else if (Accept(Keyword.Read))
            {
                readOnly = Accept(Keyword.Only);
                if (readOnly == false)
                    Expect(Keyword.Write);
            }
            else if (Accept(Keyword.Deferrable))
            {
                deferrable = true;
            }
            else if (Accept(Keyword.Not, Keyword.Deferrable))
            {
                deferrable = false;
            }
            else if (required)
            {
                throw Unexpected();
            }
            else
            {
                return any ? new TransactionModes(isolation, readOnly, deferrable) : TransactionModes.None;
            }
            any = true;
            required = Accept(TokenKind.Comma);
        }
    }

    private IsolationLevel ParseIsolationLevel()
    {
        if (Accept(Keyword.Serializable))
            return IsolationLevel.Serializable;
        if (Accept(Keyword.Repeatable))
        {
            Expect(Keyword.Read);
            return IsolationLevel.RepeatableRead;
        }
        Expect(Keyword.Read);
        if (Accept(Keyword.Uncommitted))
            return IsolationLevel.ReadUncommitted;
        Expect(Keyword.Committed);
        return IsolationLevel.ReadCommitted;
    }

    private Statement ParseSet()
    {
        var start = _token.Start;
        Advance();
        if (Accept(Keyword.Constraints))
            return ParseSetConstraints(start);
        var scope = SetScope.Session;
        if (Is(Keyword.Local) && PeekKind() is not (TokenKind.Equals or TokenKind.Dot) && !PeekIs(Keyword.To))
        {
            Advance();
            scope = SetScope.Local;
        }
        else if (Is(Keyword.Session) && PeekKind() is not (TokenKind.Equals or TokenKind.Dot) && !PeekIs(Keyword.To))
        {
            Advance();
            if (Accept(Keyword.Characteristics))
            {
                Expect(Keyword.As);
                Expect(Keyword.Transaction);
                return new SetTransactionStatement(start, IsSession: true, ParseTransactionModes(required: true));
            }
            if (Is(Keyword.Authorization))
                return ParseSetting(start, scope, "session_authorization", consume: 1);
        }
        if (Is(Keyword.Transaction) && PeekKind() is not (TokenKind.Equals or TokenKind.Dot) && !PeekIs(Keyword.To))
        {
            Advance();
            if (Accept(Keyword.Snapshot))
                return new SetTransactionStatement(start, IsSession: false, TransactionModes.None) { Snapshot = StringConstant() };
            return new SetTransactionStatement(start, IsSession: false, ParseTransactionModes(required: true));
        }
        return ParseSetRest(start, scope);
    }

    /// <summary>Behind SET [LOCAL | SESSION]: a setting by name, or one of SQL's own spellings.</summary>
    private SetStatement ParseSetRest(int start, SetScope scope)
    {
        if (Is(Keyword.Time) && PeekIs(Keyword.Zone))
            return ParseTimeZone(start, scope);
        if (Is(Keyword.Session) && PeekIs(Keyword.Authorization))
            return ParseSetting(start, scope, "session_authorization", consume: 2);
        var isPlain = PeekKind() is TokenKind.Equals or TokenKind.Dot || PeekIs(Keyword.To);
        if (!isPlain && Is(Keyword.Schema))
            return ParseSetting(start, scope, "search_path", consume: 1);
        if (!isPlain && Is(Keyword.Names))
            return ParseSetting(start, scope, "client_encoding", consume: 1);
        if (!isPlain && Is(Keyword.Role))
            return ParseSetting(start, scope, "role", consume: 1);
        if (!isPlain && Is(Keyword.Catalog))
            throw SqlException.NotSupported("current database cannot be changed; SET CATALOG", _token.Start + 1);
        if (!isPlain && Is(Keyword.Xml))
        {
            Advance();
            Expect(Keyword.Option);
            return new SetStatement(start, scope, "xmloption", [new StringLiteral(_token.Start, NonReservedWordOrString())]);
        }
        var name = SettingName();
        if (Accept(Keyword.From))
        {
            Expect(Keyword.Current);
            return new SetStatement(start, scope, name, []) { FromCurrent = true };
        }
        if (!Accept(TokenKind.Equals))
            Expect(Keyword.To);
        return new SetStatement(start, scope, name, ParseSettingValues());
    }

    private SetStatement ParseSetting(int start, SetScope scope, string name, int consume)
    {
        for (; consume > 0; consume--)
            Advance();
        var position = _token.Start;
        if (name != "role" && name != "search_path" && Accept(Keyword.Default))
            return new SetStatement(start, scope, name, []);
        if (name == "client_encoding" && _token.Kind is TokenKind.End or TokenKind.Semicolon)
            return new SetStatement(start, scope, name, []);
        var value = name is "search_path" or "client_encoding" ? StringConstant() : NonReservedWordOrString();
        return new SetStatement(start, scope, name, [new StringLiteral(position, value)]);
    }

    /// <summary>var_name: words joined by dots.</summary>
    private string SettingName()
    {
        var name = ColId();
        while (Accept(TokenKind.Dot))
            name = name + "." + ColId();
        return name;
    }

    private ImmutableArray<SyntaxExpression> ParseSettingValues()
    {
        if (Accept(Keyword.Default))
            return [];
        var values = ImmutableArray.CreateBuilder<SyntaxExpression>(1);
        do
            values.Add(ParseSettingValue());
        while (Accept(TokenKind.Comma));
        return values.DrainToImmutable();
    }

    private SyntaxExpression ParseSettingValue()
    {
        var start = _token.Start;
        if (_token.Kind is TokenKind.Integer or TokenKind.Number or TokenKind.Plus or TokenKind.Minus)
            return SignedNumber();
        if (Is(Keyword.True) || Is(Keyword.False) || Is(Keyword.On))
            return new StringLiteral(start, TakeName());
        return new StringLiteral(start, NonReservedWordOrString());
    }

    /// <summary>SET TIME ZONE 'name' | name | number | interval | DEFAULT | LOCAL.</summary>
    private SetStatement ParseTimeZone(int start, SetScope scope)
    {
        Advance();
        Advance();
        if (Accept(Keyword.Default) || Accept(Keyword.Local))
            return new SetStatement(start, scope, "timezone", []);
        var position = _token.Start;
        if (Is(Keyword.Interval))
        {
            var literal = ParseBuiltInTypedLiteral(position);
            const IntervalFields hourToMinute = IntervalFields.Hour | IntervalFields.Minute;
            if (literal.Type.IntervalFields is not (IntervalFields.None or IntervalFields.Hour or hourToMinute))
                throw SqlException.Syntax("time zone interval must be HOUR or HOUR TO MINUTE", position + 1);
            return new SetStatement(start, scope, "timezone", [literal]);
        }
        if (_token.Kind is TokenKind.Integer or TokenKind.Number or TokenKind.Plus or TokenKind.Minus)
            return new SetStatement(start, scope, "timezone", [SignedNumber()]);
        if (_token.Kind is not (TokenKind.String or TokenKind.Identifier or TokenKind.QuotedIdentifier or TokenKind.UnicodeIdentifier))
            throw Unexpected();
        var name = Is(TokenKind.String) ? StringConstant() : TakeName();
        return new SetStatement(start, scope, "timezone", [new StringLiteral(position, name)]);
    }

    private ResetStatement ParseReset()
    {
        var start = _token.Start;
        Advance();
        return new ResetStatement(start, ParseSettingReference(allIsNull: true));
    }

    private ShowStatement ParseShow()
    {
        var start = _token.Start;
        Advance();
        return new ShowStatement(start, ParseSettingReference(allIsNull: false)!);
    }

    private string? ParseSettingReference(bool allIsNull)
    {
        if (Accept(Keyword.All))
            return allIsNull ? null : "all";
        if (Accept(Keyword.Time, Keyword.Zone))
            return "timezone";
        if (Accept(Keyword.Transaction, Keyword.Isolation))
        {
            Expect(Keyword.Level);
            return "transaction_isolation";
        }
        return Accept(Keyword.Session, Keyword.Authorization) ? "session_authorization" : SettingName();
    }

    private SetConstraintsStatement ParseSetConstraints(int start)
    {
        var names = Accept(Keyword.All) ? [] : AnyNameList();
        var deferred = Accept(Keyword.Deferred);
        if (!deferred)
            Expect(Keyword.Immediate);
        return new SetConstraintsStatement(start, names, deferred);
    }

    private LockStatement ParseLock()
    {
        var start = _token.Start;
        Advance();
        Accept(Keyword.Table);
        var tables = ImmutableArray.CreateBuilder<TableReference>(1);
        do
            tables.Add(ParseRelationReference());
        while (Accept(TokenKind.Comma));
        var mode = TableLockMode.AccessExclusive;
        if (Accept(Keyword.In))
        {
            mode = ParseLockMode();
            Expect(Keyword.Mode);
        }
        return new LockStatement(start, tables.DrainToImmutable(), mode, Accept(Keyword.Nowait));
    }

    private TableLockMode ParseLockMode()
    {
        if (Accept(Keyword.Access))
        {
            if (Accept(Keyword.Share))
                return TableLockMode.AccessShare;
            Expect(Keyword.Exclusive);
            return TableLockMode.AccessExclusive;
        }
        if (Accept(Keyword.Row))
        {
            if (Accept(Keyword.Share))
                return TableLockMode.RowShare;
            Expect(Keyword.Exclusive);
            return TableLockMode.RowExclusive;
        }
        if (Accept(Keyword.Exclusive))
            return TableLockMode.Exclusive;
        Expect(Keyword.Share);
        if (Accept(Keyword.Update))
        {
            Expect(Keyword.Exclusive);
            return TableLockMode.ShareUpdateExclusive;
        }
        if (!Accept(Keyword.Row))
            return TableLockMode.Share;
        Expect(Keyword.Exclusive);
        return TableLockMode.ShareRowExclusive;
    }

    private Statement ParseNotification()
    {
        var start = _token.Start;
        var keyword = _token.Keyword;
        Advance();
        switch (keyword)
        {
            case Keyword.Listen: return new ListenStatement(start, ColId());
            case Keyword.Unlisten: return new UnlistenStatement(start, Accept(TokenKind.Star) ? null : ColId());
            default:
                var channel = ColId();
                return new NotifyStatement(start, channel, Accept(TokenKind.Comma) ? StringConstant() : null);
        }
    }

    private DiscardStatement ParseDiscard()
    {
        var start = _token.Start;
        Advance();
        DiscardKind kind;
        if (Accept(Keyword.All))
            kind = DiscardKind.All;
        else if (Accept(Keyword.Plans))
            kind = DiscardKind.Plans;
        else if (Accept(Keyword.Sequences))
            kind = DiscardKind.Sequences;
        else
        {
            if (!Accept(Keyword.Temp))
                Expect(Keyword.Temporary);
            kind = DiscardKind.Temporary;
        }
        return new DiscardStatement(start, kind);
    }

    private DoStatement ParseDo()
    {
        var start = _token.Start;
        Advance();
        string? language = null, code = null;
        do
        {
            if (Accept(Keyword.Language))
                language = NonReservedWordOrString();
            else
                code = StringConstant();
        }
        while (Is(Keyword.Language) || Is(TokenKind.String));
        return new DoStatement(start, language, code ?? throw SqlException.Syntax("no inline code specified", 0));
    }

    private VacuumStatement ParseVacuum()
    {
        var start = _token.Start;
        Advance();
        var options = ImmutableArray.CreateBuilder<OptionItem>();
        if (Is(TokenKind.LeftParen))
        {
            ParseUtilityOptions(options);
        }
        else
        {
            if (Is(Keyword.Full))
                WordOption(options, "full");
            if (Is(Keyword.Freeze))
                WordOption(options, "freeze");
            if (Is(Keyword.Verbose))
                WordOption(options, "verbose");
            if (Is(Keyword.Analyze) || Is(Keyword.Analyse))
                WordOption(options, "analyze");
        }
        return new VacuumStatement(start, options.DrainToImmutable(), ParseVacuumTargets());
    }

    private AnalyzeStatement ParseAnalyze()
    {
        var start = _token.Start;
        Advance();
        var options = ImmutableArray.CreateBuilder<OptionItem>();
        if (Is(TokenKind.LeftParen))
            ParseUtilityOptions(options);
        else if (Is(Keyword.Verbose))
            WordOption(options, "verbose");
        return new AnalyzeStatement(start, options.DrainToImmutable(), ParseVacuumTargets());
    }

    private ImmutableArray<VacuumTarget> ParseVacuumTargets()
    {
        if (!IsColId())
            return [];
        var targets = ImmutableArray.CreateBuilder<VacuumTarget>(1);
        do
        {
            var position = _token.Start;
            targets.Add(new VacuumTarget(position, RelationName(), OptionalParenthesizedNames()));
        }
        while (Accept(TokenKind.Comma));
        return targets.DrainToImmutable();
    }

    private ReindexStatement ParseReindex()
    {
        var start = _token.Start;
        Advance();
        var options = ImmutableArray.CreateBuilder<OptionItem>();
        if (Is(TokenKind.LeftParen))
            ParseUtilityOptions(options);
        ReindexKind kind;
        if (Accept(Keyword.Index))
            kind = ReindexKind.Index;
        else if (Accept(Keyword.Table))
            kind = ReindexKind.Table;
        else if (Accept(Keyword.Schema))
            kind = ReindexKind.Schema;
        else if (Accept(Keyword.System))
            kind = ReindexKind.System;
        else
        {
            Expect(Keyword.Database);
            kind = ReindexKind.Database;
        }
        if (Is(Keyword.Concurrently))
            WordOption(options, "concurrently");
        return new ReindexStatement(start, kind, RelationName(), options.DrainToImmutable());
    }

    private ClusterStatement ParseCluster()
    {
        var start = _token.Start;
        Advance();
        if (Is(TokenKind.LeftParen))
            ParseUtilityOptions(ImmutableArray.CreateBuilder<OptionItem>());
        else
            Accept(Keyword.Verbose);
        if (!IsColId())
            return new ClusterStatement(start, null, null);
        var table = RelationName();
        return new ClusterStatement(start, table, Accept(Keyword.Using) ? ColId() : null);
    }

    private RefreshMaterializedViewStatement ParseRefresh()
    {
        var start = _token.Start;
        Advance();
        Expect(Keyword.Materialized);
        Expect(Keyword.View);
        var concurrent = Accept(Keyword.Concurrently);
        return new RefreshMaterializedViewStatement(start, RelationName(), concurrent, !ParseWithData());
    }

    /// <summary>[WITH [NO] DATA]; true unless NO is written.</summary>
    private bool ParseWithData()
    {
        if (!Accept(Keyword.With))
            return true;
        var withData = !Accept(Keyword.No);
        Expect(Keyword.Data);
        return withData;
    }
}
