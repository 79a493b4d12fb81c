namespace OmenDb.Planner.Grammar;

internal enum TokenKind : byte
{
    End,
    Identifier,
    QuotedIdentifier,
    UnicodeIdentifier,
    Keyword,
    String,
    UnicodeString,
    NationalString,
    BitString,
    HexString,
    Integer,
    Number,
    Parameter,

    /// <summary>Any operator without a kind of its own.</summary>
    Operator,
    Comma,
    LeftParen,
    RightParen,
    LeftBracket,
    RightBracket,
    Semicolon,
    Dot,
    DotDot,
    Colon,
    ColonEquals,
    EqualsGreater,
    Typecast,
    Plus,
    Minus,
    Star,
    Slash,
    Percent,
    Caret,
    Less,
    Greater,
    Equals,
    LessEquals,
    GreaterEquals,
    NotEquals,
}

/// <summary>A token as a slice; text is made only when a node needs it.</summary>
internal struct Token
{
    public TokenKind Kind;
    public Keyword Keyword;

    /// <summary>0-based, in characters.</summary>
    public int Start;

    /// <summary>Behind the last character.</summary>
    public int End;

    /// <summary>The decoded text of strings and quoted identifiers with escapes, doubled quotes or several parts; else null,
    /// and the text lies between the quotes.</summary>
    public string? Text;

    /// <summary>Length of what precedes the content: 1 for <c>'</c>, 2 for <c>E'</c>, the tag's for dollar quotes.</summary>
    public int QuoteLength;
}
