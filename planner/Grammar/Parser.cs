using System.Collections.Immutable;
using OmenDb.Planner.Syntax;
using OmenDb.Types;

namespace OmenDb.Planner.Grammar;

/// <summary>Recursive descent for statements, precedence climbing for expressions; follows sql.ebnf rule by rule.</summary>
/// <remarks>One token is current, one may be looked ahead; nothing is ever parsed twice, so the time is linear. Nesting is
/// counted (<see cref="Enter"/>), chains of operators are loops.</remarks>
internal ref partial struct Parser
{
    /// <summary>Levels of nested expressions and queries. PostgreSQL gives up at 2 MB of stack; threads here have at least 1.5 MB.</summary>
    private const int MaxDepth = 2000;

    /// <summary>Operators in one left-deep chain (a + b + c ...): whoever walks the tree recurses once per operator.</summary>
    private const int MaxChain = 10_000;

    private Lexer _lexer;
    private Token _token;
    private Token _next;
    private bool _hasNext;
    private int _previousEnd;
    private int _depth;

    public Parser(string text)
    {
        _lexer = new Lexer(text);
        Scan(out _token);
    }

    public readonly bool IsAtEnd => _token.Kind == TokenKind.End;

    public readonly int Position => _token.Start;

    /// <summary>Where the last consumed token ended.</summary>
    public readonly int PreviousEnd => _previousEnd;

    public bool AcceptSemicolon() => Accept(TokenKind.Semicolon);

    /// <exception cref="SqlException">42601 when something is left.</exception>
    public readonly void ExpectEnd()
    {
        if (!IsAtEnd)
            throw Unexpected();
    }

    public readonly void ExpectStatementEnd()
    {
        if (_token.Kind is not (TokenKind.Semicolon or TokenKind.End))
            throw Unexpected();
    }

    private readonly SqlException Unexpected() => _lexer.Error("syntax error", _token.Start, _token.End);

    private readonly SqlException SyntaxAt(string message) => SqlException.Syntax(message, _token.Start + 1);

    private void Scan(out Token token)
    {
        _lexer.Next(out token);
        if (token.Kind is TokenKind.UnicodeString or TokenKind.UnicodeIdentifier)
            DecodeUnicodeToken(ref token);
    }

    /// <summary>Looks for UESCAPE behind U&amp;'..' and makes the token an ordinary one.</summary>
    private void DecodeUnicodeToken(ref Token token)
    {
        var escape = '\\';
        var ahead = _lexer;
        ahead.Next(out var word);
        if (word.Kind == TokenKind.Keyword && word.Keyword == Keyword.Uescape)
        {
            ahead.Next(out var text);
            if (text.Kind != TokenKind.String)
                throw _lexer.Error("UESCAPE must be followed by a simple string literal", text.Start, text.End);
            var value = ahead.StringValue(text);
            if (value.Length != 1 || char.IsAsciiHexDigit(value[0]) || value[0] is '+' or '\'' or '"' || Lexer.IsSpace(value[0]))
                throw _lexer.Error("invalid Unicode escape character", text.Start, text.End);
            escape = value[0];
            _lexer = ahead;
        }
        var isIdentifier = token.Kind == TokenKind.UnicodeIdentifier;
        var content = isIdentifier ? token.Text! : _lexer.StringValue(token);
        token.Text = _lexer.DecodeUnicode(content, escape, token.Start + token.QuoteLength);
        if (isIdentifier)
            token.Text = Lexer.Truncate(token.Text);
        else
            token.Kind = TokenKind.String;
    }

    private void Advance()
    {
        _previousEnd = _token.End;
        if (_hasNext)
        {
            _token = _next;
            _hasNext = false;
        }
        else
        {
            Scan(out _token);
        }
    }

    private void Peek()
    {
        if (_hasNext)
            return;
        Scan(out _next);
        _hasNext = true;
    }

    private TokenKind PeekKind()
    {
        Peek();
        return _next.Kind;
    }

    private bool PeekIs(Keyword keyword)
    {
        Peek();
        return _next.Kind == TokenKind.Keyword && _next.Keyword == keyword;
    }

    private readonly bool Is(TokenKind kind) => _token.Kind == kind;

    private readonly bool Is(Keyword keyword) => _token.Kind == TokenKind.Keyword && _token.Keyword == keyword;

    private bool Accept(TokenKind kind)
    {
        if (_token.Kind != kind)
            return false;
        Advance();
        return true;
    }

    private bool Accept(Keyword keyword)
    {
        if (!Is(keyword))
            return false;
        Advance();
        return true;
    }

    /// <summary>Both words, or neither is consumed.</summary>
    private bool Accept(Keyword first, Keyword second)
    {
        if (!Is(first) || !PeekIs(second))
            return false;
        Advance();
        Advance();
        return true;
    }

    private void Expect(TokenKind kind)
    {
        if (!Accept(kind))
            throw Unexpected();
    }

    private void Expect(Keyword keyword)
    {
        if (!Accept(keyword))
            throw Unexpected();
    }

    /// <summary>An identifier that is no keyword but has this spelling (for the few words that are none in PostgreSQL).</summary>
    private readonly bool IsWord(string word) =>
        _token.Kind == TokenKind.Identifier && _lexer.Raw(_token).Equals(word, StringComparison.OrdinalIgnoreCase);

    private void Enter()
    {
        if (++_depth > MaxDepth)
            throw StackGuard.TooDeep();
        StackGuard.Check();
    }

    private void Leave() => _depth--;

    private static void CheckChain(int length)
    {
        if (length > MaxChain)
            throw StackGuard.TooDeep();
    }

    private readonly bool IsName(KeywordClass extra) => _token.Kind switch
    {
        TokenKind.Identifier or TokenKind.QuotedIdentifier or TokenKind.UnicodeIdentifier => true,
        TokenKind.Keyword => KeywordTable.Class(_token.Keyword) is var keywordClass
            && (keywordClass == KeywordClass.Unreserved || keywordClass == extra),
        _ => false,
    };

    /// <summary>ColId: may name a table or column.</summary>
    private readonly bool IsColId() => IsName(KeywordClass.ColumnName);

    private string TakeName()
    {
        var name = _lexer.Name(_token);
        Advance();
        return name;
    }

    private string ColId() => IsColId() ? TakeName() : throw Unexpected();

    private string TypeOrFunctionName() => IsName(KeywordClass.TypeOrFunctionName) ? TakeName() : throw Unexpected();

    private readonly bool IsColLabel() =>
        _token.Kind is TokenKind.Identifier or TokenKind.QuotedIdentifier or TokenKind.UnicodeIdentifier or TokenKind.Keyword;

    /// <summary>ColLabel: any word.</summary>
    private string ColLabel() => IsColLabel() ? TakeName() : throw Unexpected();

    private readonly bool IsNonReserved() =>
        IsColLabel() && (_token.Kind != TokenKind.Keyword || KeywordTable.Class(_token.Keyword) != KeywordClass.Reserved);

    private string NonReservedWordOrString() => Is(TokenKind.String) ? StringConstant() : IsNonReserved() ? TakeName() : throw Unexpected();

    private string StringConstant()
    {
        if (!Is(TokenKind.String))
            throw Unexpected();
        var value = _lexer.StringValue(_token);
        Advance();
        return value;
    }

    /// <summary>Iconst: digits that fit into 31 bits.</summary>
    private int IntegerConstant()
    {
        if (!Is(TokenKind.Integer) || !int.TryParse(_lexer.Raw(_token), out var value))
            throw Unexpected();
        Advance();
        return value;
    }

    private int SignedInteger()
    {
        var negative = Is(TokenKind.Minus);
        if (negative || Is(TokenKind.Plus))
            Advance();
        var value = IntegerConstant();
        return negative ? -value : value;
    }

    /// <summary>NumericOnly where a whole number is meant.</summary>
    private long SignedLong()
    {
        var start = _token.Start;
        var negative = Is(TokenKind.Minus);
        if (negative || Is(TokenKind.Plus))
            Advance();
        if (_token.Kind is not (TokenKind.Integer or TokenKind.Number))
            throw Unexpected();
        var digits = _lexer.Raw(_token);
        if (!long.TryParse(negative ? $"-{digits}" : digits, out var value))
        {
            throw new SqlException(SqlState.InvalidTextRepresentation, $"invalid input syntax for type bigint: \"{(negative ? "-" : "")}{digits}\"")
            {
                Position = start + 1,
            };
        }
        Advance();
        return value;
    }

    /// <summary>any_name: ColId and attribute names behind dots.</summary>
    private QualifiedName AnyName()
    {
        var start = _token.Start;
        var first = ColId();
        return new QualifiedName(start, Is(TokenKind.Dot) ? DottedName(first) : [first]);
    }

    private ImmutableArray<string> DottedName(string first)
    {
        var parts = ImmutableArray.CreateBuilder<string>(2);
        parts.Add(first);
        while (Accept(TokenKind.Dot))
            parts.Add(ColLabel());
        return parts.DrainToImmutable();
    }

    /// <summary>The name of a relation: at most three parts.</summary>
    private QualifiedName RelationName()
    {
        var name = AnyName();
        if (name.Parts.Length > 3)
            throw SqlException.Syntax($"improper qualified name (too many dotted names): {name}", name.ErrorPosition);
        return name;
    }

    private ImmutableArray<QualifiedName> AnyNameList()
    {
        var first = AnyName();
        if (!Is(TokenKind.Comma))
            return [first];
        var list = ImmutableArray.CreateBuilder<QualifiedName>();
        list.Add(first);
        while (Accept(TokenKind.Comma))
            list.Add(AnyName());
        return list.DrainToImmutable();
    }

    private ImmutableArray<string> NameList()
    {
        var first = ColId();
        if (!Is(TokenKind.Comma))
            return [first];
        var list = ImmutableArray.CreateBuilder<string>();
        list.Add(first);
        while (Accept(TokenKind.Comma))
            list.Add(ColId());
        return list.DrainToImmutable();
    }

    private ImmutableArray<string> ParenthesizedNames()
    {
        Expect(TokenKind.LeftParen);
        var names = NameList();
        Expect(TokenKind.RightParen);
        return names;
    }

    private ImmutableArray<string> OptionalParenthesizedNames() => Is(TokenKind.LeftParen) ? ParenthesizedNames() : [];

    private ImmutableArray<string> RoleList()
    {
        var list = ImmutableArray.CreateBuilder<string>();
        do
            list.Add(RoleName());
        while (Accept(TokenKind.Comma));
        return list.DrainToImmutable();
    }

    /// <summary>RoleSpec; "public", "current_user" and the like as lower-case words.</summary>
    private string RoleName()
    {
        if (Is(Keyword.CurrentUser) || Is(Keyword.CurrentRole) || Is(Keyword.SessionUser))
            return TakeName();
        return IsNonReserved() ? TakeName() : throw Unexpected();
    }
}
