using System.Collections.Immutable;
using OmenDb.Planner.Syntax;

namespace OmenDb.Planner.Grammar;

/// <content>INSERT, UPDATE, DELETE, MERGE, TRUNCATE.</content>
internal ref partial struct Parser
{
    private InsertStatement ParseInsert(int start, WithClause? with)
    {
        Advance();
        Expect(Keyword.Into);
        var table = RelationName();
        var alias = Accept(Keyword.As) ? ColId() : null;
        var columns = ImmutableArray<TargetColumn>.Empty;
        if (Is(TokenKind.LeftParen) && !ParenStartsQuery())
        {
            Advance();
            columns = ParseTargetColumns();
            Expect(TokenKind.RightParen);
        }
        var overriding = ParseOverriding();
        QueryExpression? source = null;
        if (columns.IsEmpty && overriding == OverridingKind.None && Is(Keyword.Default) && PeekIs(Keyword.Values))
        {
            Advance();
            Advance();
        }
        else
        {
            source = ParseQuery();
        }
        return new InsertStatement(start, table, source)
        {
            With = with, Alias = alias, Columns = columns, Overriding = overriding, OnConflict = ParseOnConflict(), Returning = OptionalReturning(),
        };
    }

    /// <summary>INSERT INTO t (SELECT ..): the parenthesis belongs to the query.</summary>
    private bool ParenStartsQuery()
    {
        Peek();
        if (_next.Kind == TokenKind.LeftParen)
            return true;
        // VALUES is no reserved word: "(values)" names a column, "(VALUES (1))" is a query.
        if (_next.Kind == TokenKind.Keyword && _next.Keyword == Keyword.Values)
        {
            var ahead = _lexer;
            ahead.Next(out var token);
            return token.Kind == TokenKind.LeftParen;
        }
        return _next.Kind == TokenKind.Keyword && _next.Keyword is Keyword.Select or Keyword.With or Keyword.Table;
    }

    private OverridingKind ParseOverriding()
    {
        if (!Accept(Keyword.Overriding))
            return OverridingKind.None;
        var kind = OverridingKind.SystemValue;
        if (Accept(Keyword.User))
            kind = OverridingKind.UserValue;
        else
            Expect(Keyword.System);
        Expect(Keyword.Value);
        return kind;
    }

    private ImmutableArray<TargetColumn> ParseTargetColumns()
    {
        var columns = ImmutableArray.CreateBuilder<TargetColumn>(4);
        do
            columns.Add(ParseTargetColumn());
        while (Accept(TokenKind.Comma));
        return columns.DrainToImmutable();
    }

    private TargetColumn ParseTargetColumn()
    {
        var start = _token.Start;
        var name = ColId();
        if (_token.Kind is not (TokenKind.Dot or TokenKind.LeftBracket))
            return new TargetColumn(start, name, null);
        return new TargetColumn(start, name, ParseIndirection(new ColumnReference(start, [name])));
    }

    private ImmutableArray<SelectItem> OptionalReturning() => Accept(Keyword.Returning) ? ParseTargets() : [];

    private OnConflictClause? ParseOnConflict()
    {
        var start = _token.Start;
        if (!Accept(Keyword.On))
            return null;
        Expect(Keyword.Conflict);
        var target = ImmutableArray<IndexElement>.Empty;
        SyntaxExpression? targetWhere = null;
        string? constraint = null;
        if (Accept(Keyword.On))
        {
            Expect(Keyword.Constraint);
            constraint = ColId();
        }
        else if (Is(TokenKind.LeftParen))
        {
            target = ParseIndexElements();
            targetWhere = Accept(Keyword.Where) ? ParseExpression() : null;
        }
        Expect(Keyword.Do);
        var update = ImmutableArray<Assignment>.Empty;
        SyntaxExpression? updateWhere = null;
        if (!Accept(Keyword.Nothing))
        {
            Expect(Keyword.Update);
            Expect(Keyword.Set);
            update = ParseAssignments();
            updateWhere = Accept(Keyword.Where) ? ParseExpression() : null;
        }
        return new OnConflictClause(start, update)
        {
            Target = target, TargetWhere = targetWhere, ConstraintName = constraint, UpdateWhere = updateWhere,
        };
    }

    private ImmutableArray<Assignment> ParseAssignments()
    {
        var first = ParseAssignment();
        if (!Is(TokenKind.Comma))
            return [first];
        var list = ImmutableArray.CreateBuilder<Assignment>(4);
        list.Add(first);
        while (Accept(TokenKind.Comma))
            list.Add(ParseAssignment());
        return list.DrainToImmutable();
    }

    private Assignment ParseAssignment()
    {
        var start = _token.Start;
        if (Accept(TokenKind.LeftParen))
        {
            var columns = ParseTargetColumns();
            Expect(TokenKind.RightParen);
            Expect(TokenKind.Equals);
            return new Assignment(start, columns, ParseExpression(), IsRow: true);
        }
        var column = ParseTargetColumn();
        Expect(TokenKind.Equals);
        return new Assignment(start, [column], ParseExpression(), IsRow: false);
    }

    /// <summary>relation_expr_opt_alias: SET is no alias unless AS stands before it.</summary>
    private TableReference ParseDataTarget()
    {
        var table = ParseRelationReference();
        var start = _token.Start;
        if (Accept(Keyword.As))
            return table with { Alias = new TableAlias(start, ColId(), []) };
        return IsColId() && !Is(Keyword.Set) ? table with { Alias = new TableAlias(start, TakeName(), []) } : table;
    }

    private UpdateStatement ParseUpdate(int start, WithClause? with)
    {
        Advance();
        var table = ParseDataTarget();
        Expect(Keyword.Set);
        var assignments = ParseAssignments();
        var from = Accept(Keyword.From) ? ParseFromList() : [];
        var where = ParseWhereOrCurrent(out var cursor);
        return new UpdateStatement(start, table, assignments)
        {
            With = with, From = from, Where = where, CursorName = cursor, Returning = OptionalReturning(),
        };
    }

    private DeleteStatement ParseDelete(int start, WithClause? with)
    {
        Advance();
        Expect(Keyword.From);
        var table = ParseDataTarget();
        var from = Accept(Keyword.Using) ? ParseFromList() : [];
        var where = ParseWhereOrCurrent(out var cursor);
        return new DeleteStatement(start, table) { With = with, Using = from, Where = where, CursorName = cursor, Returning = OptionalReturning() };
    }

    private SyntaxExpression? ParseWhereOrCurrent(out string? cursor)
    {
        cursor = null;
        if (!Accept(Keyword.Where))
            return null;
        if (!Accept(Keyword.Current, Keyword.Of))
            return ParseExpression();
        cursor = ColId();
        return null;
    }

    private MergeStatement ParseMerge(int start, WithClause? with)
    {
        Advance();
        Expect(Keyword.Into);
        var target = ParseDataTarget();
        Expect(Keyword.Using);
        var source = ParseFromItem();
        Expect(Keyword.On);
        var on = ParseExpression();
        var branches = ImmutableArray.CreateBuilder<MergeWhen>(2);
        do
            branches.Add(ParseMergeWhen());
        while (Is(Keyword.When));
        return new MergeStatement(start, target, source, on, branches.DrainToImmutable()) { With = with };
    }

    private MergeWhen ParseMergeWhen()
    {
        var start = _token.Start;
        Expect(Keyword.When);
        var matched = !Accept(Keyword.Not);
        Expect(Keyword.Matched);
        var condition = Accept(Keyword.And) ? ParseExpression() : null;
        Expect(Keyword.Then);
        if (Accept(Keyword.Do))
        {
            Expect(Keyword.Nothing);
            return new MergeWhen(start, matched, condition, MergeActionKind.DoNothing);
        }
        if (matched)
        {
            if (Accept(Keyword.Delete))
                return new MergeWhen(start, matched, condition, MergeActionKind.Delete);
            Expect(Keyword.Update);
            Expect(Keyword.Set);
            return new MergeWhen(start, matched, condition, MergeActionKind.Update) { Assignments = ParseAssignments() };
        }
        Expect(Keyword.Insert);
        var columns = ImmutableArray<TargetColumn>.Empty;
        if (Accept(TokenKind.LeftParen))
        {
            columns = ParseTargetColumns();
            Expect(TokenKind.RightParen);
        }
        var overriding = ParseOverriding();
        ValuesRow? values = null;
        if (Accept(Keyword.Default))
        {
            Expect(Keyword.Values);
        }
        else
        {
            Expect(Keyword.Values);
            values = ParseValuesRow();
        }
        return new MergeWhen(start, matched, condition, MergeActionKind.Insert) { Columns = columns, Overriding = overriding, Values = values };
    }

    private TruncateStatement ParseTruncate()
    {
        var start = _token.Start;
        Advance();
        Accept(Keyword.Table);
        var tables = ImmutableArray.CreateBuilder<TableReference>(1);
        do
            tables.Add(ParseRelationReference());
        while (Accept(TokenKind.Comma));
        var restart = false;
        if (Accept(Keyword.Restart))
        {
            Expect(Keyword.Identity);
            restart = true;
        }
        else if (Accept(Keyword.Continue))
        {
            Expect(Keyword.Identity);
        }
        return new TruncateStatement(start, tables.DrainToImmutable(), restart, ParseDropBehavior());
    }

    /// <summary>[CASCADE | RESTRICT].</summary>
    private bool ParseDropBehavior()
    {
        if (Accept(Keyword.Cascade))
            return true;
        Accept(Keyword.Restrict);
        return false;
    }
}
