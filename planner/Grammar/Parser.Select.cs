using System.Collections.Immutable;
using OmenDb.Planner.Syntax;
using OmenDb.Types;

namespace OmenDb.Planner.Grammar;

/// <content>Queries: set operations, SELECT, VALUES, and the clauses around them.</content>
internal ref partial struct Parser
{
    /// <summary>Whether the word begins a query (parentheses aside).</summary>
    private readonly bool IsQueryStart() => Is(Keyword.Select) || Is(Keyword.Values) || Is(Keyword.With) || Is(Keyword.Table);

    /// <summary>Whether something follows that only a query can have behind it.</summary>
    private readonly bool IsQueryContinuation() => _token.Kind == TokenKind.Keyword && _token.Keyword is Keyword.Union or Keyword.Except
        or Keyword.Intersect or Keyword.Order or Keyword.Limit or Keyword.Offset or Keyword.Fetch or Keyword.For;

    /// <summary>SelectStmt: anything from WITH to FOR UPDATE.</summary>
    public QueryExpression ParseQuery()
    {
        Enter();
        var start = _token.Start;
        var with = Is(Keyword.With) ? ParseWith() : null;
        var query = ParseQueryAfterWith(start, with);
        Leave();
        return query;
    }

    private QueryExpression ParseQueryAfterWith(int start, WithClause? with) =>
        ParseQueryClauses(start, with, ParseSetOperations(ParseQueryPrimary(), intersectOnly: false));

    /// <summary>Set operations and clauses behind a query that stood in parentheses.</summary>
    private QueryExpression ContinueQuery(QueryExpression query) =>
        ParseQueryClauses(query.Position, null, ParseSetOperations(query, intersectOnly: false));

    private QueryExpression ParseQueryPrimary()
    {
        var start = _token.Start;
        if (Is(TokenKind.LeftParen))
        {
            Enter();
            Advance();
            var query = ParseQuery();
            Expect(TokenKind.RightParen);
            Leave();
            return query;
        }
        if (Is(Keyword.Select))
            return ParseSelectCore();
        if (Is(Keyword.Values))
            return ParseValues();
        if (Accept(Keyword.Table))
        {
            var table = ParseRelationReference();
            return new SelectCore(start) { Targets = [new SelectItem(start, new StarExpression(start, []), null)], From = [table] };
        }
        throw Unexpected();
    }

    /// <summary>INTERSECT binds tighter than UNION and EXCEPT; all associate to the left.</summary>
    private QueryExpression ParseSetOperations(QueryExpression left, bool intersectOnly)
    {
        for (var chain = 0; ; chain++)
        {
            SetOperationKind kind;
            if (Is(Keyword.Intersect))
                kind = SetOperationKind.Intersect;
            else if (!intersectOnly && Is(Keyword.Union))
                kind = SetOperationKind.Union;
            else if (!intersectOnly && Is(Keyword.Except))
                kind = SetOperationKind.Except;
            else
                return left;
            CheckChain(chain);
            var isAll = SetQuantifier();
            var inputs = ImmutableArray.CreateBuilder<QueryExpression>(2);
            inputs.Add(left);
            inputs.Add(SetOperand(kind));
            while (ContinuesChain(kind, isAll))
                inputs.Add(SetOperand(kind));
            left = new SetOperation(left.Position, kind, isAll, inputs.DrainToImmutable());
        }
    }

    /// <summary>Consumes "UNION ALL" when the same operation follows.</summary>
    private bool ContinuesChain(SetOperationKind kind, bool isAll)
    {
        var keyword = kind switch
        {
            SetOperationKind.Union => Keyword.Union,
            SetOperationKind.Except => Keyword.Except,
            _ => Keyword.Intersect,
        };
        if (!Is(keyword) || PeekIs(Keyword.All) != isAll)
            return false;
        SetQuantifier();
        return true;
    }

    private bool SetQuantifier()
    {
        Advance();
        var isAll = Accept(Keyword.All);
        if (!isAll)
            Accept(Keyword.Distinct);
        return isAll;
    }

    private QueryExpression SetOperand(SetOperationKind kind) =>
        kind == SetOperationKind.Intersect ? ParseQueryPrimary() : ParseSetOperations(ParseQueryPrimary(), intersectOnly: true);

    private QueryExpression ParseQueryClauses(int start, WithClause? with, QueryExpression body)
    {
        var orderBy = OptionalOrderBy();
        SyntaxExpression? limit = null, offset = null;
        var withTies = false;
        var locking = ImmutableArray<LockingClause>.Empty;
        // FOR UPDATE may stand before or behind LIMIT.
        var lockedFirst = Is(Keyword.For);
        if (lockedFirst)
            locking = ParseLocking();
        ParseLimit(ref limit, ref offset, ref withTies);
        if (!lockedFirst && Is(Keyword.For))
            locking = ParseLocking();
        if (with is null && orderBy.IsEmpty && limit is null && offset is null && locking.IsEmpty)
            return body;
        if (withTies && orderBy.IsEmpty)
            throw SqlException.Syntax("WITH TIES cannot be specified without ORDER BY clause", 0);
        foreach (var clause in locking)
        {
            if (withTies && clause.Wait == LockWait.SkipLocked)
                throw SqlException.Syntax("SKIP LOCKED and WITH TIES options cannot be used together", 0);
        }
        if (body is QueryWithClauses inner)
            CheckDoubledClauses(inner, with, orderBy, limit, offset);
        return new QueryWithClauses(start, body)
        {
            With = with, OrderBy = orderBy, Limit = limit, Offset = offset, WithTies = withTies, Locking = locking,
        };
    }

    /// <summary><c>(SELECT .. LIMIT 1) LIMIT 2</c>: PostgreSQL's grammar merges the clauses and refuses doubles.</summary>
    private static void CheckDoubledClauses(
        QueryWithClauses inner, WithClause? with, ImmutableArray<SortItem> orderBy, SyntaxExpression? limit, SyntaxExpression? offset)
    {
        if (!inner.OrderBy.IsEmpty && !orderBy.IsEmpty)
            throw SqlException.Syntax("multiple ORDER BY clauses not allowed", orderBy[0].ErrorPosition);
        if (inner.Offset is not null && offset is not null)
            throw SqlException.Syntax("multiple OFFSET clauses not allowed", offset.ErrorPosition);
        if (inner.Limit is not null && limit is not null)
            throw SqlException.Syntax("multiple LIMIT clauses not allowed", limit.ErrorPosition);
        if (inner.With is not null && with is not null)
            throw SqlException.Syntax("multiple WITH clauses not allowed", with.ErrorPosition);
    }

    private void ParseLimit(ref SyntaxExpression? limit, ref SyntaxExpression? offset, ref bool withTies)
    {
        while (true)
        {
            var position = _token.Start;
            if (limit is null && Accept(Keyword.Limit))
            {
                limit = Accept(Keyword.All) ? new NullLiteral(position) : ParseExpression();
                if (Is(TokenKind.Comma))
                    throw LimitComma(position);
            }
            else if (limit is null && Is(Keyword.Fetch))
            {
                limit = ParseFetchFirst(ref withTies);
            }
            else if (offset is null && Accept(Keyword.Offset))
            {
                offset = ParseExpression();
                if (!Accept(Keyword.Row))
                    Accept(Keyword.Rows);
            }
            else
            {
                return;
            }
        }
    }

    private static SqlException LimitComma(int position) => new(SqlState.SyntaxError, "LIMIT #,# syntax is not supported")
    {
        Position = position + 1, Hint = "Use separate LIMIT and OFFSET clauses.",
    };

    private SyntaxExpression ParseFetchFirst(ref bool withTies)
    {
        var start = _token.Start;
        Expect(Keyword.Fetch);
        if (!Accept(Keyword.First))
            Expect(Keyword.Next);
        SyntaxExpression count = Is(Keyword.Row) || Is(Keyword.Rows)
            ? new IntegerLiteral(start, 1)
            : _token.Kind is TokenKind.Plus or TokenKind.Minus ? SignedNumber() : ParsePrimary();
        if (!Accept(Keyword.Row))
            Expect(Keyword.Rows);
        if (Accept(Keyword.With))
        {
            Expect(Keyword.Ties);
            withTies = true;
        }
        else
        {
            Expect(Keyword.Only);
        }
        return count;
    }

    private SyntaxExpression SignedNumber()
    {
        var start = _token.Start;
        var negative = Is(TokenKind.Minus);
        if (negative || Is(TokenKind.Plus))
            Advance();
        if (_token.Kind is not (TokenKind.Integer or TokenKind.Number))
            throw Unexpected();
        var number = NumberLiteral();
        return negative ? Negate(start, number) : number;
    }

    private ImmutableArray<LockingClause> ParseLocking()
    {
        var clauses = ImmutableArray.CreateBuilder<LockingClause>(1);
        while (Is(Keyword.For))
        {
            var start = _token.Start;
            Advance();
            if (Accept(Keyword.Read))
            {
                Expect(Keyword.Only);
                continue;
            }
            LockStrength strength;
            if (Accept(Keyword.Update))
                strength = LockStrength.Update;
            else if (Accept(Keyword.Share))
                strength = LockStrength.Share;
            else if (Accept(Keyword.Key))
            {
                Expect(Keyword.Share);
                strength = LockStrength.KeyShare;
            }
            else
            {
                Expect(Keyword.No);
                Expect(Keyword.Key);
                Expect(Keyword.Update);
                strength = LockStrength.NoKeyUpdate;
            }
            var tables = Accept(Keyword.Of) ? AnyNameList() : [];
            var wait = LockWait.Block;
            if (Accept(Keyword.Nowait))
                wait = LockWait.NoWait;
            else if (Accept(Keyword.Skip))
            {
                Expect(Keyword.Locked);
                wait = LockWait.SkipLocked;
            }
            clauses.Add(new LockingClause(start, strength, tables, wait));
        }
        return clauses.DrainToImmutable();
    }

    private ImmutableArray<SortItem> OptionalOrderBy()
    {
        if (!Is(Keyword.Order))
            return [];
        Advance();
        Expect(Keyword.By);
        var first = ParseSortItem();
        if (!Is(TokenKind.Comma))
            return [first];
        var items = ImmutableArray.CreateBuilder<SortItem>(2);
        items.Add(first);
        while (Accept(TokenKind.Comma))
            items.Add(ParseSortItem());
        return items.DrainToImmutable();
    }

    private SortItem ParseSortItem()
    {
        var start = _token.Start;
        var expression = ParseExpression();
        string? name = null, schema = null;
        SortDirection direction;
        if (Accept(Keyword.Using))
        {
            name = Is(Keyword.Operator) ? QualifiedOperator(out schema) : OperatorText();
            direction = SortDirection.Using;
        }
        else
        {
            direction = OptionalDirection();
        }
        return new SortItem(start, expression, direction, OptionalNullOrder()) { UsingOperator = name, UsingOperatorSchema = schema };
    }

    private SortDirection OptionalDirection()
    {
        if (Accept(Keyword.Asc))
            return SortDirection.Ascending;
        return Accept(Keyword.Desc) ? SortDirection.Descending : SortDirection.Default;
    }

    private NullOrder OptionalNullOrder()
    {
        if (Accept(Keyword.Nulls, Keyword.First))
            return NullOrder.First;
        return Accept(Keyword.Nulls, Keyword.Last) ? NullOrder.Last : NullOrder.Default;
    }

    private SelectCore ParseSelectCore()
    {
        var start = _token.Start;
        Advance();
        var isDistinct = false;
        var distinctOn = ImmutableArray<SyntaxExpression>.Empty;
        if (!Accept(Keyword.All) && Accept(Keyword.Distinct))
        {
            isDistinct = true;
            if (Accept(Keyword.On))
            {
                Expect(TokenKind.LeftParen);
                distinctOn = ExpressionList();
                Expect(TokenKind.RightParen);
            }
        }
        var targets = isDistinct || StartsTarget() ? ParseTargets() : [];
        var into = Is(Keyword.Into) ? ParseInto() : null;
        var from = Accept(Keyword.From) ? ParseFromList() : [];
        var where = Accept(Keyword.Where) ? ParseExpression() : null;
        var groupBy = ImmutableArray<GroupItem>.Empty;
        var groupByDistinct = false;
        if (Is(Keyword.Group))
        {
            Advance();
            Expect(Keyword.By);
            groupByDistinct = Accept(Keyword.Distinct);
            if (!groupByDistinct)
                Accept(Keyword.All);
            groupBy = ParseGroupItems();
        }
        var having = Accept(Keyword.Having) ? ParseExpression() : null;
        return new SelectCore(start)
        {
            IsDistinct = isDistinct, DistinctOn = distinctOn, Targets = targets, Into = into, From = from, Where = where,
            GroupBy = groupBy, GroupByDistinct = groupByDistinct, Having = having,
            Windows = Is(Keyword.Window) ? ParseNamedWindows() : [],
        };
    }

    /// <summary>False where the target list is left out: FROM, WHERE, ')' and so on follow.</summary>
    private readonly bool StartsTarget() => _token.Kind switch
    {
        TokenKind.End or TokenKind.Semicolon or TokenKind.RightParen => false,
        TokenKind.Keyword => !(_token.Keyword is Keyword.From or Keyword.Where or Keyword.Group or Keyword.Having or Keyword.Window
            or Keyword.Union or Keyword.Intersect or Keyword.Except or Keyword.Order or Keyword.Limit or Keyword.Offset or Keyword.Fetch
            or Keyword.For or Keyword.Into),
        _ => true,
    };

    private ImmutableArray<SelectItem> ParseTargets()
    {
        var first = ParseTarget();
        if (!Is(TokenKind.Comma))
            return [first];
        var items = ImmutableArray.CreateBuilder<SelectItem>(8);
        items.Add(first);
        while (Accept(TokenKind.Comma))
            items.Add(ParseTarget());
        return items.DrainToImmutable();
    }

    private SelectItem ParseTarget()
    {
        var start = _token.Start;
        if (Accept(TokenKind.Star))
            return new SelectItem(start, new StarExpression(start, []), null);
        var expression = ParseExpression();
        string? alias = null;
        if (Accept(Keyword.As))
            alias = ColLabel();
        else if (_token.Kind is TokenKind.Identifier or TokenKind.QuotedIdentifier or TokenKind.UnicodeIdentifier
            || (Is(TokenKind.Keyword) && KeywordTable.IsBareLabel(_token.Keyword)))
            alias = TakeName();
        return new SelectItem(start, expression, alias);
    }

    private IntoClause ParseInto()
    {
        var start = _token.Start;
        Advance();
        var persistence = OptionalPersistence();
        Accept(Keyword.Table);
        return new IntoClause(start, RelationName(), persistence);
    }

    /// <summary>[LOCAL | GLOBAL] TEMP[ORARY] | UNLOGGED.</summary>
    private Persistence OptionalPersistence()
    {
        if ((Is(Keyword.Local) || Is(Keyword.Global)) && (PeekIs(Keyword.Temporary) || PeekIs(Keyword.Temp)))
            Advance();
        if (Accept(Keyword.Temporary) || Accept(Keyword.Temp))
            return Persistence.Temporary;
        return Accept(Keyword.Unlogged) ? Persistence.Unlogged : Persistence.Permanent;
    }

    private ImmutableArray<GroupItem> ParseGroupItems()
    {
        var items = ImmutableArray.CreateBuilder<GroupItem>(2);
        do
            items.Add(ParseGroupItem());
        while (Accept(TokenKind.Comma));
        return items.DrainToImmutable();
    }

    private GroupItem ParseGroupItem()
    {
        var start = _token.Start;
        if (Is(TokenKind.LeftParen) && PeekKind() == TokenKind.RightParen)
        {
            Advance();
            Advance();
            return new EmptyGroupingSet(start);
        }
        var isRollup = Is(Keyword.Rollup);
        if ((isRollup || Is(Keyword.Cube)) && PeekKind() == TokenKind.LeftParen)
        {
            Advance();
            Advance();
            var list = ExpressionList();
            Expect(TokenKind.RightParen);
            return isRollup ? new RollupItem(start, list) : new CubeItem(start, list);
        }
        if (Is(Keyword.Grouping) && PeekIs(Keyword.Sets))
        {
            Enter();
            Advance();
            Advance();
            Expect(TokenKind.LeftParen);
            var sets = ParseGroupItems();
            Expect(TokenKind.RightParen);
            Leave();
            return new GroupingSetsItem(start, sets);
        }
        return new GroupExpression(start, ParseExpression());
    }

    private ImmutableArray<NamedWindow> ParseNamedWindows()
    {
        Advance();
        var windows = ImmutableArray.CreateBuilder<NamedWindow>(1);
        do
        {
            var start = _token.Start;
            var name = ColId();
            Expect(Keyword.As);
            windows.Add(new NamedWindow(start, name, ParseWindowSpecification()));
        }
        while (Accept(TokenKind.Comma));
        return windows.DrainToImmutable();
    }

    private ValuesQuery ParseValues()
    {
        var start = _token.Start;
        Advance();
        var first = ParseValuesRow();
        if (!Is(TokenKind.Comma))
            return new ValuesQuery(start, [first]);
        var rows = ImmutableArray.CreateBuilder<ValuesRow>(8);
        rows.Add(first);
        while (Accept(TokenKind.Comma))
            rows.Add(ParseValuesRow());
        return new ValuesQuery(start, rows.DrainToImmutable());
    }

    private ValuesRow ParseValuesRow()
    {
        var start = _token.Start;
        Expect(TokenKind.LeftParen);
        var values = ExpressionList();
        Expect(TokenKind.RightParen);
        return new ValuesRow(start, values);
    }

    private WithClause ParseWith()
    {
        var start = _token.Start;
        Advance();
        var isRecursive = Accept(Keyword.Recursive);
        var tables = ImmutableArray.CreateBuilder<CommonTableExpression>(2);
        do
            tables.Add(ParseCommonTableExpression());
        while (Accept(TokenKind.Comma));
        return new WithClause(start, isRecursive, tables.DrainToImmutable());
    }

    private CommonTableExpression ParseCommonTableExpression()
    {
        var start = _token.Start;
        var name = ColId();
        var columns = OptionalParenthesizedNames();
        Expect(Keyword.As);
        bool? materialized = null;
        if (Accept(Keyword.Materialized))
        {
            materialized = true;
        }
        else if (Accept(Keyword.Not))
        {
            Expect(Keyword.Materialized);
            materialized = false;
        }
        Expect(TokenKind.LeftParen);
        var body = ParsePreparableStatement();
        Expect(TokenKind.RightParen);
        return new CommonTableExpression(start, name, columns, body, materialized) { Search = OptionalSearch(), Cycle = OptionalCycle() };
    }

    private SearchClause? OptionalSearch()
    {
        if (!Is(Keyword.Search))
            return null;
        var start = _token.Start;
        Advance();
        var breadth = Accept(Keyword.Breadth);
        if (!breadth)
            Expect(Keyword.Depth);
        Expect(Keyword.First);
        Expect(Keyword.By);
        var columns = NameList();
        Expect(Keyword.Set);
        return new SearchClause(start, breadth, columns, ColId());
    }

    private CycleClause? OptionalCycle()
    {
        if (!Is(Keyword.Cycle))
            return null;
        var start = _token.Start;
        Advance();
        var columns = NameList();
        Expect(Keyword.Set);
        var mark = ColId();
        SyntaxExpression? value = null, otherwise = null;
        if (Accept(Keyword.To))
        {
            value = ParsePrimary();
            Expect(Keyword.Default);
            otherwise = ParsePrimary();
        }
        Expect(Keyword.Using);
        return new CycleClause(start, columns, mark, value, otherwise, ColId());
    }

    /// <summary>PreparableStmt: what CTEs, PREPARE, COPY and DECLARE may hold.</summary>
    private Statement ParsePreparableStatement()
    {
        var start = _token.Start;
        Enter();
        var with = Is(Keyword.With) ? ParseWith() : null;
        Statement statement;
        if (Is(Keyword.Insert))
            statement = ParseInsert(start, with);
        else if (Is(Keyword.Update))
            statement = ParseUpdate(start, with);
        else if (Is(Keyword.Delete))
            statement = ParseDelete(start, with);
        else if (Is(Keyword.Merge))
            statement = ParseMerge(start, with);
        else
            statement = new QueryStatement(start, ParseQueryAfterWith(start, with));
        Leave();
        return statement;
    }
}
