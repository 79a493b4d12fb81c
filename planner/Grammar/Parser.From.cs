using System.Collections.Immutable;
using OmenDb.Planner.Syntax;
using OmenDb.Types;

namespace OmenDb.Planner.Grammar;

/// <content>FROM: tables, subqueries, functions, joins.</content>
internal ref partial struct Parser
{
    private ImmutableArray<FromItem> ParseFromList()
    {
        var first = ParseFromItem();
        if (!Is(TokenKind.Comma))
            return [first];
        var items = ImmutableArray.CreateBuilder<FromItem>(4);
        items.Add(first);
        while (Accept(TokenKind.Comma))
            items.Add(ParseFromItem());
        return items.DrainToImmutable();
    }

    private FromItem ParseFromItem() => ParseJoins(ParseFromPrimary());

    private FromItem ParseFromPrimary()
    {
        var start = _token.Start;
        if (Is(TokenKind.LeftParen))
        {
            var inner = ParseParenthesizedFrom();
            return inner is QueryExpression query ? SubqueryOf(start, query, isLateral: false) : AliasJoin((FromItem)inner);
        }
        var isLateral = Accept(Keyword.Lateral);
        if (isLateral && Is(TokenKind.LeftParen))
        {
            var position = _token.Start;
            return ParseParenthesizedFrom() is QueryExpression query
                ? SubqueryOf(start, query, isLateral: true)
                : throw _lexer.Error("syntax error", position, position + 1);
        }
        if (Is(Keyword.Rows) && PeekIs(Keyword.From))
            return ParseRowsFrom(start, isLateral);
        if (!isLateral && Is(Keyword.Only))
            return FinishTable(start, ParseOnly(out _), isOnly: true);
        return ParseNamedFrom(start, isLateral);
    }

    /// <summary>At '(': a query, or a join; inner parentheses report what they were, nothing is read twice.</summary>
    private SyntaxNode ParseParenthesizedFrom()
    {
        Enter();
        Expect(TokenKind.LeftParen);
        SyntaxNode result;
        if (IsQueryStart())
        {
            result = ParseQuery();
        }
        else if (Is(TokenKind.LeftParen))
        {
            var start = _token.Start;
            var inner = ParseParenthesizedFrom();
            if (inner is QueryExpression query)
            {
                if (Is(TokenKind.RightParen) || IsQueryContinuation())
                    result = ContinueQuery(query);
                else
                    result = RequireJoin(ParseJoins(SubqueryOf(start, query, isLateral: false)));
            }
            else
            {
                result = RequireJoin(ParseJoins(AliasJoin((FromItem)inner)));
            }
        }
        else
        {
            result = RequireJoin(ParseFromItem());
        }
        Expect(TokenKind.RightParen);
        Leave();
        return result;
    }

    /// <summary>Only joins may stand in parentheses of their own: <c>FROM (t)</c> is a syntax error at the parenthesis.</summary>
    private readonly FromItem RequireJoin(FromItem item) => item is JoinReference ? item : throw Unexpected();

    private FromItem AliasJoin(FromItem item)
    {
        if (item is not JoinReference { Alias: null } join || OptionalAlias() is not { } alias)
            return item;
        return join with { Alias = alias };
    }

    private SubqueryReference SubqueryOf(int start, QueryExpression query, bool isLateral)
    {
        if (OptionalAlias() is { } alias)
            return new SubqueryReference(start, query, alias, isLateral);
        var isValues = query is ValuesQuery;
        throw new SqlException(SqlState.SyntaxError, isValues ? "VALUES in FROM must have an alias" : "subquery in FROM must have an alias")
        {
            Position = start + 1,
            Hint = isValues ? "For example, FROM (VALUES ...) [AS] foo." : "For example, FROM (SELECT ...) [AS] foo.",
        };
    }

    /// <summary>Whether ASOF here is our join and not a name.</summary>
    private bool IsAsOfJoin() => Is(Keyword.Asof) && (PeekIs(Keyword.Join) || PeekIs(Keyword.Left) || PeekIs(Keyword.Inner));

    private bool IsAliasName() => IsColId() && !IsAsOfJoin();

    /// <summary>[AS] name ['(' columns ')'].</summary>
    private TableAlias? OptionalAlias()
    {
        var hasAs = Accept(Keyword.As);
        if (!hasAs && !IsAliasName())
            return null;
        var start = _token.Start;
        var name = ColId();
        return new TableAlias(start, name, OptionalParenthesizedNames());
    }

    /// <summary>relation_expr without alias: [ONLY] name [*] | ONLY '(' name ')'.</summary>
    private TableReference ParseRelationReference()
    {
        var start = _token.Start;
        var isOnly = Is(Keyword.Only);
        var name = isOnly ? ParseOnly(out _) : RelationName();
        if (!isOnly)
            Accept(TokenKind.Star);
        return new TableReference(start, name, null) { IsOnly = isOnly };
    }

    private QualifiedName ParseOnly(out bool parenthesized)
    {
        Expect(Keyword.Only);
        parenthesized = Accept(TokenKind.LeftParen);
        var name = RelationName();
        if (parenthesized)
            Expect(TokenKind.RightParen);
        return name;
    }

    /// <summary>A table or a function, told apart by '('.</summary>
    private FromItem ParseNamedFrom(int start, bool isLateral)
    {
        if (IsFunctionStart())
            return FinishFunction(start, [new TableFunction(_token.Start, ParseTableFunctionCall(), [])], isLateral, isRowsFrom: false);
        if (isLateral && !IsColId())
            throw Unexpected();
        var first = IsColId() ? TakeName() : throw Unexpected();
        ImmutableArray<string> parts = Is(TokenKind.Dot) ? DottedName(first) : [first];
        if (Is(TokenKind.LeftParen))
        {
            var call = ParseCall(start, parts);
            return FinishFunction(start, [new TableFunction(start, call, [])], isLateral, isRowsFrom: false);
        }
        if (isLateral)
            throw Unexpected();
        if (parts.Length > 3)
            throw SqlException.Syntax($"improper qualified name (too many dotted names): {string.Join('.', parts)}", start + 1);
        Accept(TokenKind.Star);
        return FinishTable(start, new QualifiedName(start, parts), isOnly: false);
    }

    /// <summary>Words that start a function although they could not name a table, or have a syntax of their own.</summary>
    private bool IsFunctionStart()
    {
        if (!Is(TokenKind.Keyword))
            return false;
        switch (_token.Keyword)
        {
            case Keyword.CurrentDate or Keyword.CurrentTime or Keyword.CurrentTimestamp or Keyword.Localtime or Keyword.Localtimestamp
                or Keyword.CurrentRole or Keyword.CurrentUser or Keyword.SessionUser or Keyword.User or Keyword.CurrentCatalog
                or Keyword.Cast or Keyword.CurrentSchema:
                return true;
            case Keyword.Collation:
                return PeekIs(Keyword.For) || PeekKind() == TokenKind.LeftParen;
        }
        return KeywordTable.Class(_token.Keyword) is KeywordClass.ColumnName or KeywordClass.TypeOrFunctionName && PeekKind() == TokenKind.LeftParen;
    }

    private SyntaxExpression ParseTableFunctionCall()
    {
        var start = _token.Start;
        var end = _token.End;
        var call = ParsePrimary();
        return call is FunctionCall or SqlValueFunction or CastExpression or CoalesceExpression or NullIfExpression or MinMaxExpression
            ? call : throw _lexer.Error("syntax error", start, end);
    }

    private TableReference FinishTable(int start, QualifiedName name, bool isOnly)
    {
        var alias = OptionalAlias();
        var sample = Is(Keyword.Tablesample) ? ParseTableSample() : null;
        return new TableReference(start, name, alias) { IsOnly = isOnly, Sample = sample };
    }

    private TableSample ParseTableSample()
    {
        var start = _token.Start;
        Advance();
        var position = _token.Start;
        var first = TypeOrFunctionName();
        var method = new QualifiedName(position, Is(TokenKind.Dot) ? DottedName(first) : [first]);
        Expect(TokenKind.LeftParen);
        var arguments = ExpressionList();
        Expect(TokenKind.RightParen);
        SyntaxExpression? repeatable = null;
        if (Accept(Keyword.Repeatable))
        {
            Expect(TokenKind.LeftParen);
            repeatable = ParseExpression();
            Expect(TokenKind.RightParen);
        }
        return new TableSample(start, method, arguments, repeatable);
    }

    private FunctionReference ParseRowsFrom(int start, bool isLateral)
    {
        Advance();
        Advance();
        Expect(TokenKind.LeftParen);
        var functions = ImmutableArray.CreateBuilder<TableFunction>(2);
        do
        {
            var position = _token.Start;
            var call = ParseTableFunctionCall();
            var columns = ImmutableArray<ColumnDefinition>.Empty;
            if (Accept(Keyword.As))
                columns = ParseColumnDefinitionList();
            functions.Add(new TableFunction(position, call, columns));
        }
        while (Accept(TokenKind.Comma));
        Expect(TokenKind.RightParen);
        return FinishFunction(start, functions.DrainToImmutable(), isLateral, isRowsFrom: true);
    }

    /// <summary>WITH ORDINALITY, alias, column definitions.</summary>
    private FunctionReference FinishFunction(int start, ImmutableArray<TableFunction> functions, bool isLateral, bool isRowsFrom)
    {
        var withOrdinality = Accept(Keyword.With, Keyword.Ordinality);
        TableAlias? alias = null;
        var columns = ImmutableArray<ColumnDefinition>.Empty;
        var hasAs = Accept(Keyword.As);
        if (hasAs && Is(TokenKind.LeftParen))
        {
            columns = ParseColumnDefinitionList();
        }
        else if (hasAs || IsAliasName())
        {
            var position = _token.Start;
            var name = ColId();
            var names = ImmutableArray<string>.Empty;
            if (Is(TokenKind.LeftParen))
                ParseAliasColumns(ref names, ref columns);
            alias = new TableAlias(position, name, names);
        }
        return new FunctionReference(start, functions, alias)
        {
            IsLateral = isLateral, IsRowsFrom = isRowsFrom, WithOrdinality = withOrdinality, ColumnDefinitions = columns,
        };
    }

    /// <summary>'(' names ')' or '(' name type, .. ')'.</summary>
    private void ParseAliasColumns(ref ImmutableArray<string> names, ref ImmutableArray<ColumnDefinition> columns)
    {
        Expect(TokenKind.LeftParen);
        var position = _token.Start;
        var first = ColId();
        if (_token.Kind is TokenKind.Comma or TokenKind.RightParen)
        {
            var list = ImmutableArray.CreateBuilder<string>();
            list.Add(first);
            while (Accept(TokenKind.Comma))
                list.Add(ColId());
            names = list.DrainToImmutable();
        }
        else
        {
            var list = ImmutableArray.CreateBuilder<ColumnDefinition>();
            list.Add(SimpleColumnDefinition(position, first));
            while (Accept(TokenKind.Comma))
                list.Add(SimpleColumnDefinition(_token.Start, ColId()));
            columns = list.DrainToImmutable();
        }
        Expect(TokenKind.RightParen);
    }

    private ImmutableArray<ColumnDefinition> ParseColumnDefinitionList()
    {
        Expect(TokenKind.LeftParen);
        var list = ImmutableArray.CreateBuilder<ColumnDefinition>();
        do
            list.Add(SimpleColumnDefinition(_token.Start, ColId()));
        while (Accept(TokenKind.Comma));
        Expect(TokenKind.RightParen);
        return list.DrainToImmutable();
    }

    /// <summary>The rest of TableFuncElement: type [COLLATE name].</summary>
    private ColumnDefinition SimpleColumnDefinition(int position, string name)
    {
        var type = ParseTypeName();
        return new ColumnDefinition(position, name, type) { Collation = Accept(Keyword.Collate) ? AnyName() : null };
    }

    private FromItem ParseJoins(FromItem left)
    {
        for (var chain = 0; ; chain++)
        {
            var position = _token.Start;
            if (Is(TokenKind.Keyword) is false)
                return left;
            CheckChain(chain);
            var isNatural = false;
            var isAsOf = false;
            if (_token.Keyword == Keyword.Natural)
            {
                isNatural = true;
                Advance();
            }
            else if (IsAsOfJoin())
            {
                isAsOf = true;
                Advance();
            }
            else if (Accept(Keyword.Cross))
            {
                Expect(Keyword.Join);
                left = new JoinReference(left.Position, left, ParseFromPrimary(), JoinKind.Cross) { JoinPosition = position };
                continue;
            }
            if (ParseJoinKind(mustJoin: isNatural || isAsOf) is not { } kind)
                return left;
            left = ParseJoinTail(new JoinReference(left.Position, left, left, kind) { JoinPosition = position, IsNatural = isNatural, IsAsOf = isAsOf });
        }
    }

    private JoinKind? ParseJoinKind(bool mustJoin)
    {
        JoinKind kind;
        if (Accept(Keyword.Join))
            return JoinKind.Inner;
        if (Accept(Keyword.Inner))
            kind = JoinKind.Inner;
        else if (Is(Keyword.Left) || Is(Keyword.Right) || Is(Keyword.Full))
        {
            kind = _token.Keyword switch { Keyword.Left => JoinKind.Left, Keyword.Right => JoinKind.Right, _ => JoinKind.Full };
            Advance();
            Accept(Keyword.Outer);
        }
        else if (mustJoin)
            throw Unexpected();
        else
            return null;
        Expect(Keyword.Join);
        return kind;
    }

    /// <summary>The right side and its condition. <c>a JOIN b JOIN c ON .. ON ..</c>: a join without condition yet takes the next one as its right side.</summary>
    private JoinReference ParseJoinTail(JoinReference join)
    {
        Enter();
        var right = ParseFromPrimary();
        if (join.IsNatural)
        {
            Leave();
            return join with { Right = right };
        }
        if (!Is(Keyword.On) && !Is(Keyword.Using))
            right = ParseJoins(right);
        Leave();
        if (Accept(Keyword.On))
            return join with { Right = right, On = ParseExpression() };
        Expect(Keyword.Using);
        var columns = ParenthesizedNames();
        TableAlias? alias = null;
        if (Accept(Keyword.As))
            alias = new TableAlias(_token.Start, ColId(), []);
        return join with { Right = right, Using = columns, UsingAlias = alias };
    }
}
