using System.Collections.Immutable;
using OmenDb.Planner.Syntax;
using OmenDb.Types;

namespace OmenDb.Planner.Grammar;

/// <content>c_expr: constants, names, parentheses, CASE, ARRAY, and the words that start functions.</content>
internal ref partial struct Parser
{
    private SyntaxExpression ParsePrimary()
    {
        var start = _token.Start;
        switch (_token.Kind)
        {
            case TokenKind.Integer:
            case TokenKind.Number:
                return NumberLiteral();
            case TokenKind.String:
                return new StringLiteral(start, StringConstant());
            case TokenKind.NationalString:
                var national = _lexer.StringValue(_token);
                Advance();
                return new TypedLiteral(start, new TypeName(start, s_bpchar), national);
            case TokenKind.BitString:
            case TokenKind.HexString:
                var isHex = _token.Kind == TokenKind.HexString;
                var digits = _lexer.StringValue(_token);
                Advance();
                return new BitStringLiteral(start, digits, isHex);
            case TokenKind.Parameter:
                return ParseIndirection(ParseParameter());
            case TokenKind.LeftParen:
                var inner = ParseParenthesized();
                return inner is QueryExpression query
                    ? ParseIndirection(new SubqueryExpression(start, query))
                    : FinishParenthesized(start, (SyntaxExpression)inner);
            case TokenKind.Identifier:
            case TokenKind.QuotedIdentifier:
            case TokenKind.UnicodeIdentifier:
                return ParseNameExpression();
            case TokenKind.Keyword:
                return ParseKeywordExpression();
            default:
                throw Unexpected();
        }
    }

    private SyntaxExpression NumberLiteral()
    {
        var raw = _lexer.Raw(_token);
        SyntaxExpression literal = _token.Kind == TokenKind.Integer && long.TryParse(raw, out var value)
            ? new IntegerLiteral(_token.Start, value)
            : new NumericLiteral(_token.Start, raw.ToString());
        Advance();
        return literal;
    }

    private ParameterReference ParseParameter()
    {
        var start = _token.Start;
        if (!int.TryParse(_lexer.Raw(_token)[1..], out var number) || number == 0)
            throw new SqlException(SqlState.UndefinedParameter, $"there is no parameter {_lexer.Raw(_token)}") { Position = start + 1 };
        Advance();
        return new ParameterReference(start, number);
    }

    private SyntaxExpression ParseKeywordExpression()
    {
        var start = _token.Start;
        var keyword = _token.Keyword;
        switch (keyword)
        {
            case Keyword.Null: Advance(); return new NullLiteral(start);
            case Keyword.True: Advance(); return new BooleanLiteral(start, true);
            case Keyword.False: Advance(); return new BooleanLiteral(start, false);
            case Keyword.Case: return ParseCase();
            case Keyword.Array: return ParseArray();
            case Keyword.CurrentDate: return ValueFunction(SqlValueFunctionKind.CurrentDate, precisionAllowed: false);
            case Keyword.CurrentTime: return ValueFunction(SqlValueFunctionKind.CurrentTime, precisionAllowed: true);
            case Keyword.CurrentTimestamp: return ValueFunction(SqlValueFunctionKind.CurrentTimestamp, precisionAllowed: true);
            case Keyword.Localtime: return ValueFunction(SqlValueFunctionKind.LocalTime, precisionAllowed: true);
            case Keyword.Localtimestamp: return ValueFunction(SqlValueFunctionKind.LocalTimestamp, precisionAllowed: true);
            case Keyword.CurrentRole: return ValueFunction(SqlValueFunctionKind.CurrentRole, precisionAllowed: false);
            case Keyword.CurrentUser: return ValueFunction(SqlValueFunctionKind.CurrentUser, precisionAllowed: false);
            case Keyword.SessionUser: return ValueFunction(SqlValueFunctionKind.SessionUser, precisionAllowed: false);
            case Keyword.User: return ValueFunction(SqlValueFunctionKind.User, precisionAllowed: false);
            case Keyword.CurrentCatalog: return ValueFunction(SqlValueFunctionKind.CurrentCatalog, precisionAllowed: false);
            case Keyword.CurrentSchema when PeekKind() != TokenKind.LeftParen:
                return ValueFunction(SqlValueFunctionKind.CurrentSchema, precisionAllowed: false);
            case Keyword.Cast: return ParseCast();
            case Keyword.Default: Advance(); return new DefaultExpression(start);
            case Keyword.Collation when PeekIs(Keyword.For): return ParseCollationFor();
            case Keyword.Unique: throw Unexpected();
        }
        if (IsBuiltInTypeWord() && StartsTypedLiteral())
            return ParseBuiltInTypedLiteral(start);
        if (KeywordTable.Class(keyword) == KeywordClass.ColumnName && PeekKind() == TokenKind.LeftParen)
            return ParseSpecialFunction();
        if (KeywordTable.Class(keyword) == KeywordClass.Reserved)
            throw Unexpected();
        return ParseNameExpression();
    }

    /// <summary>Whether a type word is followed by something that only a typed literal has.</summary>
    private bool StartsTypedLiteral()
    {
        if (_token.Keyword == Keyword.Double)
            return true;
        Peek();
        if (_next.Kind is TokenKind.String or TokenKind.LeftParen)
            return true;
        if (_next.Kind != TokenKind.Keyword)
            return false;
        switch (_next.Keyword)
        {
            case Keyword.Varying: return true;
            case Keyword.With or Keyword.Without:
                var ahead = _lexer;
                ahead.Next(out var word);
                return _token.Keyword is Keyword.Time or Keyword.Timestamp && word.Kind == TokenKind.Keyword && word.Keyword == Keyword.Time;
            case Keyword.Character or Keyword.Char: return _token.Keyword == Keyword.National;
            default: return false;
        }
    }

    /// <summary><c>timestamp(3) with time zone '..'</c>, <c>interval '1' day</c>, <c>numeric(5,2) '1'</c>.</summary>
    private TypedLiteral ParseBuiltInTypedLiteral(int start)
    {
        if (!Is(Keyword.Interval))
        {
            var type = BuiltInTypeName()!;
            // "char 'abc'" as a constant has no implied length.
            if (type.Modifiers is [IntegerLiteral { Position: -1 }])
                type = type with { Modifiers = [] };
            return new TypedLiteral(start, type, StringConstant());
        }
        Advance();
        var modifiers = LengthModifier();
        var value = StringConstant();
        var fields = modifiers.IsEmpty ? ParseIntervalFields(ref modifiers) : IntervalFields.None;
        return new TypedLiteral(start, new TypeName(start, s_interval) { Modifiers = modifiers, IntervalFields = fields }, value);
    }

    private SqlValueFunction ValueFunction(SqlValueFunctionKind kind, bool precisionAllowed)
    {
        var start = _token.Start;
        Advance();
        var precision = -1;
        if (precisionAllowed && Accept(TokenKind.LeftParen))
        {
            precision = IntegerConstant();
            Expect(TokenKind.RightParen);
        }
        return new SqlValueFunction(start, kind, precision);
    }

    private CastExpression ParseCast()
    {
        var start = _token.Start;
        Advance();
        Expect(TokenKind.LeftParen);
        var operand = ParseExpression();
        Expect(Keyword.As);
        var type = ParseTypeName();
        Expect(TokenKind.RightParen);
        return new CastExpression(start, operand, type);
    }

    private CaseExpression ParseCase()
    {
        var start = _token.Start;
        Advance();
        var operand = Is(Keyword.When) ? null : ParseExpression();
        var branches = ImmutableArray.CreateBuilder<CaseBranch>(2);
        do
        {
            var branchStart = _token.Start;
            Expect(Keyword.When);
            var when = ParseExpression();
            Expect(Keyword.Then);
            branches.Add(new CaseBranch(branchStart, when, ParseExpression()));
        }
        while (Is(Keyword.When));
        var otherwise = Accept(Keyword.Else) ? ParseExpression() : null;
        Expect(Keyword.End);
        return new CaseExpression(start, operand, branches.DrainToImmutable(), otherwise);
    }

    private SyntaxExpression ParseArray()
    {
        var start = _token.Start;
        Advance();
        if (Is(TokenKind.LeftBracket))
            return ArrayElements(start);
        if (!Is(TokenKind.LeftParen))
            throw Unexpected();
        var position = _token.Start;
        return ParseParenthesized() is QueryExpression query
            ? new ArraySubqueryExpression(start, query)
            : throw _lexer.Error("syntax error", position, position + 1);
    }

    private ArrayExpression ArrayElements(int start)
    {
        Enter();
        Expect(TokenKind.LeftBracket);
        var elements = ImmutableArray.CreateBuilder<SyntaxExpression>(4);
        if (Is(TokenKind.LeftBracket))
        {
            do
                elements.Add(ArrayElements(_token.Start));
            while (Accept(TokenKind.Comma));
        }
        else if (!Is(TokenKind.RightBracket))
        {
            do
                elements.Add(ParseExpression());
            while (Accept(TokenKind.Comma));
        }
        Expect(TokenKind.RightBracket);
        Leave();
        return new ArrayExpression(start, elements.DrainToImmutable());
    }

    /// <summary>A column, a function call, or a literal of a named type.</summary>
    private SyntaxExpression ParseNameExpression()
    {
        var start = _token.Start;
        var mayBeColumn = IsColId();
        var first = TakeName();
        if (Is(TokenKind.Dot))
        {
            if (!mayBeColumn)
                throw Unexpected();
            return ParseQualifiedExpression(start, first);
        }
        return AfterName(start, [first], mayBeColumn);
    }

    private SyntaxExpression AfterName(int start, ImmutableArray<string> name, bool mayBeColumn)
    {
        if (Is(TokenKind.LeftParen))
            return ParseCall(start, name);
        if (Is(TokenKind.String))
            return new TypedLiteral(start, new TypeName(start, name), StringConstant());
        if (!mayBeColumn)
            throw Unexpected();
        return ParseIndirection(new ColumnReference(start, name));
    }

    /// <summary>a.b.c, a.b.*, a.f(..).</summary>
    private SyntaxExpression ParseQualifiedExpression(int start, string first)
    {
        var parts = ImmutableArray.CreateBuilder<string>(2);
        parts.Add(first);
        while (Accept(TokenKind.Dot))
        {
            if (Accept(TokenKind.Star))
                return new StarExpression(start, parts.DrainToImmutable());
            parts.Add(ColLabel());
        }
        return AfterName(start, parts.DrainToImmutable(), mayBeColumn: true);
    }

    /// <summary>.field, .*, [index] and [lower:upper] behind a primary.</summary>
    private SyntaxExpression ParseIndirection(SyntaxExpression operand)
    {
        for (var chain = 0; _token.Kind is TokenKind.Dot or TokenKind.LeftBracket; chain++)
        {
            CheckChain(chain);
            if (Accept(TokenKind.Dot))
            {
                operand = Accept(TokenKind.Star)
                    ? new FieldStarExpression(operand.Position, operand)
                    : new FieldExpression(operand.Position, operand, ColLabel());
                continue;
            }
            Advance();
            var lower = Is(TokenKind.Colon) ? null : ParseExpression();
            if (Accept(TokenKind.Colon))
            {
                var upper = Is(TokenKind.RightBracket) ? null : ParseExpression();
                operand = new SliceExpression(operand.Position, operand, lower, upper);
            }
            else
            {
                operand = new SubscriptExpression(operand.Position, operand, lower!);
            }
            Expect(TokenKind.RightBracket);
        }
        return operand;
    }
}
