using System.Collections.Immutable;
using OmenDb.Planner.Syntax;

namespace OmenDb.Planner.Grammar;

/// <content>Operators, after PostgreSQL's precedence table.</content>
internal ref partial struct Parser
{
    // Lowest binds weakest. "Non-associative" levels refuse a second operator of the level behind their right operand.
    private const int PrecOr = 1;
    private const int PrecAnd = 2;
    private const int PrecNot = 3;
    private const int PrecIs = 4;         // IS ISNULL NOTNULL, non-associative
    private const int PrecComparison = 5; // < > = <= >= <>, non-associative
    private const int PrecBetween = 6;    // BETWEEN IN LIKE ILIKE SIMILAR, non-associative
    private const int PrecOperator = 8;   // any other operator
    private const int PrecAdd = 9;
    private const int PrecMultiply = 10;
    private const int PrecPower = 11;
    private const int PrecAt = 12;
    private const int PrecCollate = 13;
    private const int PrecSign = 14;
    private const int PrecCast = 15;

    /// <summary>a_expr.</summary>
    public SyntaxExpression ParseExpression() => ParseExpression(PrecOr, restricted: false);

    /// <summary>b_expr: no AND, OR, NOT, IN, BETWEEN, LIKE, IS NULL, COLLATE, AT TIME ZONE.</summary>
    private SyntaxExpression RestrictedExpression() => ParseExpression(PrecOr, restricted: true);

    private SyntaxExpression ParseExpression(int minPrecedence, bool restricted)
    {
        Enter();
        var left = ParsePrefix(restricted);
        left = ParseInfix(left, minPrecedence, restricted);
        Leave();
        return left;
    }

    private SyntaxExpression ParsePrefix(bool restricted)
    {
        var start = _token.Start;
        switch (_token.Kind)
        {
            case TokenKind.Minus:
                Advance();
                return Negate(start, ParseExpression(PrecSign, restricted));
            case TokenKind.Plus:
                Advance();
                return new UnaryExpression(start, "+", ParseExpression(PrecSign, restricted));
            case TokenKind.Operator:
                var name = OperatorText();
                return new UnaryExpression(start, name, ParseExpression(PrecOperator + 1, restricted));
            case TokenKind.Keyword when _token.Keyword == Keyword.Not && !restricted:
                Advance();
                return new NotExpression(start, ParseExpression(PrecNot, restricted));
            case TokenKind.Keyword when _token.Keyword == Keyword.Operator && PeekKind() == TokenKind.LeftParen:
                var qualified = QualifiedOperator(out var schema);
                return new UnaryExpression(start, qualified, ParseExpression(PrecOperator + 1, restricted)) { OperatorSchema = schema };
            default:
                return ParsePrimary();
        }
    }

    /// <summary>A sign before a number belongs to the number, as PostgreSQL's grammar has it.</summary>
    private static SyntaxExpression Negate(int start, SyntaxExpression operand) => operand switch
    {
        IntegerLiteral { Value: not long.MinValue } number => new IntegerLiteral(start, -number.Value),
        IntegerLiteral => new NumericLiteral(start, "9223372036854775808"),
        NumericLiteral { Text: "9223372036854775808" } => new IntegerLiteral(start, long.MinValue),
        NumericLiteral number => new NumericLiteral(start, number.Text[0] == '-' ? number.Text[1..] : "-" + number.Text),
        _ => new UnaryExpression(start, "-", operand),
    };

    /// <summary>Consumes an operator token of any kind (all_Op) and returns its name.</summary>
    private string OperatorText()
    {
        var name = _token.Kind switch
        {
            TokenKind.Plus => "+",
            TokenKind.Minus => "-",
            TokenKind.Star => "*",
            TokenKind.Slash => "/",
            TokenKind.Percent => "%",
            TokenKind.Caret => "^",
            TokenKind.Less => "<",
            TokenKind.Greater => ">",
            TokenKind.Equals => "=",
            TokenKind.LessEquals => "<=",
            TokenKind.GreaterEquals => ">=",
            TokenKind.NotEquals => "<>",
            TokenKind.Operator => OperatorName(),
            _ => throw Unexpected(),
        };
        Advance();
        return name;
    }

    private readonly string OperatorName() => _lexer.Raw(_token) switch
    {
        "||" => "||",
        "~" => "~",
        "~~" => "~~",
        "->" => "->",
        "->>" => "->>",
        "@>" => "@>",
        "<@" => "<@",
        var raw => raw.ToString(),
    };

    /// <summary>OPERATOR '(' [schema .] op ')'.</summary>
    private string QualifiedOperator(out string? schema)
    {
        schema = null;
        Expect(Keyword.Operator);
        Expect(TokenKind.LeftParen);
        while (IsColId())
        {
            var part = TakeName();
            schema = schema is null ? part : schema + "." + part;
            Expect(TokenKind.Dot);
        }
        var name = OperatorText();
        Expect(TokenKind.RightParen);
        return name;
    }

    /// <summary>The level of the infix or postfix operator at the current token; 0: none.</summary>
    private int InfixPrecedence(bool restricted)
    {
        switch (_token.Kind)
        {
            case TokenKind.Less or TokenKind.Greater or TokenKind.Equals or TokenKind.LessEquals or TokenKind.GreaterEquals or TokenKind.NotEquals:
                return PrecComparison;
            case TokenKind.Plus or TokenKind.Minus: return PrecAdd;
            case TokenKind.Star or TokenKind.Slash or TokenKind.Percent: return PrecMultiply;
            case TokenKind.Caret: return PrecPower;
            case TokenKind.Operator: return PrecOperator;
            case TokenKind.Typecast: return PrecCast;
            case TokenKind.Keyword: break;
            default: return 0;
        }
        switch (_token.Keyword)
        {
            case Keyword.Operator:
                return PeekKind() == TokenKind.LeftParen ? PrecOperator : 0;
            case Keyword.Is:
                return PrecIs;
            case Keyword.Or: return restricted ? 0 : PrecOr;
            case Keyword.And: return restricted ? 0 : PrecAnd;
            case Keyword.Isnull or Keyword.Notnull: return restricted ? 0 : PrecIs;
            case Keyword.Between or Keyword.In or Keyword.Like or Keyword.Ilike:
                return restricted ? 0 : PrecBetween;
            case Keyword.Similar: // SUBSTRING(x SIMILAR ..) is no operator
                return !restricted && PeekIs(Keyword.To) ? PrecBetween : 0;
            case Keyword.Not:
                if (restricted)
                    return 0;
                Peek();
                return _next.Kind == TokenKind.Keyword && _next.Keyword is Keyword.Between or Keyword.In or Keyword.Like or Keyword.Ilike or Keyword.Similar
                    ? PrecBetween : 0;
            case Keyword.At: return !restricted && PeekIs(Keyword.Time) ? PrecAt : 0;
            case Keyword.Collate: return restricted ? 0 : PrecCollate;
            default: return 0;
        }
    }

    private SyntaxExpression ParseInfix(SyntaxExpression left, int minPrecedence, bool restricted)
    {
        for (var chain = 0; ; chain++)
        {
            var precedence = InfixPrecedence(restricted);
            if (precedence == 0 || precedence < minPrecedence)
                return left;
            CheckChain(chain);
            var position = _token.Start;
            switch (precedence)
            {
                case PrecOr:
                    left = new OrExpression(left.Position, LogicalChain(left, Keyword.Or, PrecAnd));
                    break;
                case PrecAnd:
                    left = new AndExpression(left.Position, LogicalChain(left, Keyword.And, PrecNot));
                    break;
                case PrecIs:
                    left = ParseIs(left, position, restricted);
                    break;
                case PrecBetween:
                    left = ParseBetweenInLike(left, position);
                    break;
                case PrecAt:
                    Advance();
                    Advance();
                    Expect(Keyword.Zone);
                    left = new AtTimeZoneExpression(left.Position, left, ParseExpression(PrecAt + 1, restricted), position);
                    break;
                case PrecCollate:
                    Advance();
                    left = new CollateExpression(left.Position, left, AnyName());
                    break;
                case PrecCast:
                    Advance();
                    left = new CastExpression(left.Position, left, ParseTypeName());
                    break;
                default:
                    left = ParseBinary(left, precedence, position, restricted);
                    break;
            }
        }
    }

    private ImmutableArray<SyntaxExpression> LogicalChain(SyntaxExpression first, Keyword keyword, int operandPrecedence)
    {
        var operands = ImmutableArray.CreateBuilder<SyntaxExpression>(2);
        Append(operands, first, keyword);
        while (Accept(keyword))
            Append(operands, ParseExpression(operandPrecedence, restricted: false), keyword);
        return operands.DrainToImmutable();
    }

    /// <summary>Flattens parenthesised chains of the same operator too: the value is the same.</summary>
    private static void Append(ImmutableArray<SyntaxExpression>.Builder operands, SyntaxExpression operand, Keyword keyword)
    {
        switch (operand)
        {
            case AndExpression inner when keyword == Keyword.And: operands.AddRange(inner.Operands); break;
            case OrExpression inner when keyword == Keyword.Or: operands.AddRange(inner.Operands); break;
            default: operands.Add(operand); break;
        }
    }

    private SyntaxExpression ParseBinary(SyntaxExpression left, int precedence, int position, bool restricted)
    {
        string? schema = null;
        var name = Is(Keyword.Operator) ? QualifiedOperator(out schema) : OperatorText();
        if (!restricted && IsQuantifier())
            return ParseQuantified(left, name, schema, position);
        var right = ParseExpression(precedence + 1, restricted);
        if (precedence == PrecComparison)
            RefuseSecond(PrecComparison, restricted);
        return new BinaryExpression(left.Position, left, name, right, position) { OperatorSchema = schema };
    }

    /// <summary><c>a &lt; b &lt; c</c> is a syntax error at the second operator.</summary>
    private void RefuseSecond(int precedence, bool restricted)
    {
        if (InfixPrecedence(restricted) == precedence)
            throw Unexpected();
    }

    private bool IsQuantifier() => (Is(Keyword.Any) || Is(Keyword.Some) || Is(Keyword.All)) && PeekKind() == TokenKind.LeftParen;

    /// <summary>ANY, SOME or ALL over a subquery or an array.</summary>
    private SyntaxExpression ParseQuantified(SyntaxExpression left, string name, string? schema, int position)
    {
        var isAll = Is(Keyword.All);
        Advance();
        var inner = ParseParenthesized();
        return inner is QueryExpression query
            ? new QuantifiedSubqueryExpression(left.Position, left, name, isAll, query, position) { OperatorSchema = schema }
            : new QuantifiedArrayExpression(left.Position, left, name, isAll, (SyntaxExpression)inner, position) { OperatorSchema = schema };
    }

    private SyntaxExpression ParseIs(SyntaxExpression left, int position, bool restricted)
    {
        if (Accept(Keyword.Isnull))
            return new IsExpression(left.Position, left, IsTestKind.Null, Negated: false);
        if (Accept(Keyword.Notnull))
            return new IsExpression(left.Position, left, IsTestKind.Null, Negated: true);
        Expect(Keyword.Is);
        var negated = Accept(Keyword.Not);
        if (Accept(Keyword.Distinct))
        {
            Expect(Keyword.From);
            var right = ParseExpression(PrecIs + 1, restricted);
            RefuseSecond(PrecIs, restricted);
            return new DistinctExpression(left.Position, left, right, negated, position);
        }
        if (Accept(Keyword.Document))
            return new IsExpression(left.Position, left, IsTestKind.Document, negated);
        if (restricted || !Is(TokenKind.Keyword))
            throw Unexpected();
        string? form = null;
        if (_token.Keyword is Keyword.Nfc or Keyword.Nfd or Keyword.Nfkc or Keyword.Nfkd)
        {
            form = NormalForm();
            if (!Is(Keyword.Normalized))
                throw Unexpected();
        }
        IsTestKind? kind = _token.Keyword switch
        {
            Keyword.Null => IsTestKind.Null,
            Keyword.True => IsTestKind.True,
            Keyword.False => IsTestKind.False,
            Keyword.Unknown => IsTestKind.Unknown,
            Keyword.Normalized => IsTestKind.Normalized,
            _ => null,
        };
        if (kind is null)
            throw Unexpected();
        Advance();
        return new IsExpression(left.Position, left, kind.Value, negated) { NormalForm = form };
    }

    private string NormalForm()
    {
        var form = KeywordTable.Word(_token.Keyword).ToUpperInvariant();
        Advance();
        return form;
    }

    private SyntaxExpression ParseBetweenInLike(SyntaxExpression left, int position)
    {
        var negated = Accept(Keyword.Not);
        var keyword = _token.Keyword;
        Advance();
        switch (keyword)
        {
            case Keyword.Between:
                var symmetric = Accept(Keyword.Symmetric);
                if (!symmetric)
                    Accept(Keyword.Asymmetric);
                var low = RestrictedExpression();
                Expect(Keyword.And);
                var high = ParseExpression(PrecBetween + 1, restricted: false);
                RefuseSecond(PrecBetween, restricted: false);
                return new BetweenExpression(left.Position, left, low, high, negated, symmetric, position);
            case Keyword.In:
                return ParseIn(left, negated, position);
            case Keyword.Similar:
                Expect(Keyword.To);
                return ParseLike(left, LikeKind.SimilarTo, negated, position);
            default:
                var isLike = keyword == Keyword.Like;
                if (IsQuantifier())
                    return ParseQuantified(left, (isLike, negated) switch { (true, false) => "~~", (true, true) => "!~~", (false, false) => "~~*", _ => "!~~*" }, null, position);
                return ParseLike(left, isLike ? LikeKind.Like : LikeKind.ILike, negated, position);
        }
    }

    private LikeExpression ParseLike(SyntaxExpression left, LikeKind kind, bool negated, int position)
    {
        var pattern = ParseExpression(PrecBetween + 1, restricted: false);
        var escape = Accept(Keyword.Escape) ? ParseExpression(PrecBetween + 1, restricted: false) : null;
        RefuseSecond(PrecBetween, restricted: false);
        return new LikeExpression(left.Position, left, pattern, escape, kind, negated, position);
    }

    private SyntaxExpression ParseIn(SyntaxExpression left, bool negated, int position)
    {
        if (!Is(TokenKind.LeftParen))
            throw Unexpected();
        // "IN ((SELECT ..))" is a subquery however many parentheses surround it; "IN ((SELECT ..), 2)" is a list.
        var inner = ParseParenthesized(listAllowed: true, out var list);
        if (inner is QueryExpression query)
            return new InSubqueryExpression(left.Position, left, query, negated, position);
        return new InListExpression(left.Position, left, list, negated, position);
    }

    private ImmutableArray<SyntaxExpression> ExpressionList()
    {
        var first = ParseExpression();
        if (!Is(TokenKind.Comma))
            return [first];
        return ExpressionListAfter(first);
    }

    private ImmutableArray<SyntaxExpression> ExpressionListAfter(SyntaxExpression first)
    {
        var list = ImmutableArray.CreateBuilder<SyntaxExpression>(4);
        list.Add(first);
        while (Accept(TokenKind.Comma))
            list.Add(ParseExpression());
        return list.DrainToImmutable();
    }

    private SyntaxNode ParseParenthesized() => ParseParenthesized(listAllowed: false, out _);

    /// <summary>At '(': a query, an expression or a row, without backtracking: inner parentheses report what they were.</summary>
    /// <param name="listAllowed">The list of IN: several expressions are handed out in <paramref name="list"/> and no row is made.</param>
    /// <returns>A query, unless something followed it that makes it a scalar subquery; else an expression.</returns>
    private SyntaxNode ParseParenthesized(bool listAllowed, out ImmutableArray<SyntaxExpression> list)
    {
        list = [];
        var start = _token.Start;
        Enter();
        Expect(TokenKind.LeftParen);
        SyntaxExpression first;
        if (IsQueryStart())
        {
            var query = ParseQuery();
            Expect(TokenKind.RightParen);
            Leave();
            return query;
        }
        if (Is(TokenKind.LeftParen))
        {
            var innerStart = _token.Start;
            var inner = ParseParenthesized();
            if (inner is QueryExpression query)
            {
                if (Is(TokenKind.RightParen) || IsQueryContinuation())
                {
                    query = ContinueQuery(query);
                    Expect(TokenKind.RightParen);
                    Leave();
                    return query;
                }
                inner = new SubqueryExpression(innerStart, query);
            }
            first = ParseInfix(FinishParenthesized(innerStart, (SyntaxExpression)inner), PrecOr, restricted: false);
        }
        else
        {
            first = ParseExpression();
        }
        SyntaxNode result = first;
        if (listAllowed)
            list = Is(TokenKind.Comma) ? ExpressionListAfter(first) : [first];
        else if (Is(TokenKind.Comma))
            result = new RowExpression(start, ExpressionListAfter(first), IsExplicit: false);
        Expect(TokenKind.RightParen);
        Leave();
        return result;
    }

    /// <summary>Indirection behind a closing parenthesis, and OVERLAPS behind a row.</summary>
    private SyntaxExpression FinishParenthesized(int start, SyntaxExpression inner)
    {
        if (inner is RowExpression row && Is(Keyword.Overlaps) && row.Position == start)
            return ParseOverlaps(row);
        return ParseIndirection(inner);
    }

    private OverlapsExpression ParseOverlaps(RowExpression left)
    {
        var position = _token.Start;
        Expect(Keyword.Overlaps);
        if (ParsePrimary() is not RowExpression right)
            throw Unexpected();
        if (left.Elements.Length != 2)
            throw Types.SqlException.Syntax("wrong number of parameters on left side of OVERLAPS expression", left.ErrorPosition);
        if (right.Elements.Length != 2)
            throw Types.SqlException.Syntax("wrong number of parameters on right side of OVERLAPS expression", right.ErrorPosition);
        return new OverlapsExpression(left.Position, left, right, position);
    }
}
