using System.Collections.Immutable;
using OmenDb.Planner.Syntax;

namespace OmenDb.Planner.Grammar;

/// <content>Type names.</content>
internal ref partial struct Parser
{
    private static readonly ImmutableArray<string> s_int2 = ["pg_catalog", "int2"];
    private static readonly ImmutableArray<string> s_int4 = ["pg_catalog", "int4"];
    private static readonly ImmutableArray<string> s_int8 = ["pg_catalog", "int8"];
    private static readonly ImmutableArray<string> s_float4 = ["pg_catalog", "float4"];
    private static readonly ImmutableArray<string> s_float8 = ["pg_catalog", "float8"];
    private static readonly ImmutableArray<string> s_numeric = ["pg_catalog", "numeric"];
    private static readonly ImmutableArray<string> s_bool = ["pg_catalog", "bool"];
    private static readonly ImmutableArray<string> s_bit = ["pg_catalog", "bit"];
    private static readonly ImmutableArray<string> s_varbit = ["pg_catalog", "varbit"];
    private static readonly ImmutableArray<string> s_bpchar = ["pg_catalog", "bpchar"];
    private static readonly ImmutableArray<string> s_varchar = ["pg_catalog", "varchar"];
    private static readonly ImmutableArray<string> s_time = ["pg_catalog", "time"];
    private static readonly ImmutableArray<string> s_timetz = ["pg_catalog", "timetz"];
    private static readonly ImmutableArray<string> s_timestamp = ["pg_catalog", "timestamp"];
    private static readonly ImmutableArray<string> s_timestamptz = ["pg_catalog", "timestamptz"];
    private static readonly ImmutableArray<string> s_interval = ["pg_catalog", "interval"];

    /// <summary>Typename: with SETOF and array bounds.</summary>
    public TypeName ParseTypeName()
    {
        var start = _token.Start;
        var setOf = Accept(Keyword.Setof);
        var type = SimpleTypeName();
        var dimensions = ArrayBounds();
        return !setOf && dimensions.IsEmpty ? type : type with { Position = start, SetOf = setOf, ArrayDimensions = dimensions };
    }

    private ImmutableArray<int> ArrayBounds()
    {
        if (Accept(Keyword.Array))
        {
            if (!Accept(TokenKind.LeftBracket))
                return [-1];
            var bound = IntegerConstant();
            Expect(TokenKind.RightBracket);
            return [bound];
        }
        if (!Is(TokenKind.LeftBracket))
            return [];
        var bounds = ImmutableArray.CreateBuilder<int>();
        while (Accept(TokenKind.LeftBracket))
        {
            bounds.Add(Is(TokenKind.Integer) ? IntegerConstant() : -1);
            Expect(TokenKind.RightBracket);
        }
        return bounds.DrainToImmutable();
    }

    private TypeName SimpleTypeName()
    {
        var start = _token.Start;
        if (Is(TokenKind.Keyword) && BuiltInTypeName() is { } builtIn)
            return builtIn;
        var first = TypeOrFunctionName();
        var parts = Is(TokenKind.Dot) ? DottedName(first) : [first];
        if (Is(TokenKind.Percent) && PeekIs(Keyword.Type))
        {
            Advance();
            Advance();
            return new TypeName(start, parts) { PercentType = true };
        }
        return new TypeName(start, parts) { Modifiers = TypeModifiers() };
    }

    private ImmutableArray<SyntaxExpression> TypeModifiers()
    {
        if (!Accept(TokenKind.LeftParen))
            return [];
        var modifiers = ExpressionList();
        Expect(TokenKind.RightParen);
        return modifiers;
    }

    /// <summary>Whether the current word starts one of the type names with a syntax of their own.</summary>
    private bool IsBuiltInTypeWord() => _token.Kind == TokenKind.Keyword && (_token.Keyword is Keyword.Int or Keyword.Integer
        or Keyword.Smallint or Keyword.Bigint or Keyword.Real or Keyword.Float or Keyword.Decimal or Keyword.Dec or Keyword.Numeric
        or Keyword.Boolean or Keyword.Bit or Keyword.Character or Keyword.Char or Keyword.Varchar or Keyword.National or Keyword.Nchar
        or Keyword.Timestamp or Keyword.Time or Keyword.Interval || (_token.Keyword == Keyword.Double && PeekIs(Keyword.Precision)));

    /// <summary>The numeric, character, bit, date-time and interval types; null when the word is none of them.</summary>
    private TypeName? BuiltInTypeName()
    {
        if (!IsBuiltInTypeWord())
            return null;
        var start = _token.Start;
        var keyword = _token.Keyword;
        Advance();
        switch (keyword)
        {
            case Keyword.Int or Keyword.Integer: return new TypeName(start, s_int4);
            case Keyword.Smallint: return new TypeName(start, s_int2);
            case Keyword.Bigint: return new TypeName(start, s_int8);
            case Keyword.Real: return new TypeName(start, s_float4);
            case Keyword.Boolean: return new TypeName(start, s_bool);
            case Keyword.Float: return new TypeName(start, FloatName());
            case Keyword.Double:
                Expect(Keyword.Precision);
                return new TypeName(start, s_float8);
            case Keyword.Decimal or Keyword.Dec or Keyword.Numeric:
                return new TypeName(start, s_numeric) { Modifiers = TypeModifiers() };
            case Keyword.Bit:
                return Accept(Keyword.Varying) ? new TypeName(start, s_varbit) { Modifiers = TypeModifiers() } : OfLengthOne(start, s_bit);
            case Keyword.Varchar:
                return new TypeName(start, s_varchar) { Modifiers = LengthModifier() };
            case Keyword.Character or Keyword.Char or Keyword.Nchar:
                return CharacterType(start);
            case Keyword.National:
                if (!Accept(Keyword.Character))
                    Expect(Keyword.Char);
                return CharacterType(start);
            case Keyword.Interval:
                return IntervalType(start);
            default:
                return DateTimeType(start, keyword == Keyword.Time);
        }
    }

    private ImmutableArray<string> FloatName()
    {
        if (!Accept(TokenKind.LeftParen))
            return s_float8;
        var position = _token.Start;
        var bits = IntegerConstant();
        Expect(TokenKind.RightParen);
        return bits switch
        {
            < 1 => throw new Types.SqlException(Types.SqlState.InvalidParameterValue, "precision for type float must be at least 1 bit")
            {
                Position = position + 1,
            },
            <= 24 => s_float4,
            <= 53 => s_float8,
            _ => throw new Types.SqlException(Types.SqlState.InvalidParameterValue, "precision for type float must be less than 54 bits")
            {
                Position = position + 1,
            },
        };
    }

    private TypeName CharacterType(int start) =>
        Accept(Keyword.Varying) ? new TypeName(start, s_varchar) { Modifiers = LengthModifier() } : OfLengthOne(start, s_bpchar);

    /// <summary>char and bit mean char(1) and bit(1).</summary>
    private TypeName OfLengthOne(int start, ImmutableArray<string> name)
    {
        var modifiers = TypeModifiers();
        return new TypeName(start, name) { Modifiers = modifiers.IsEmpty ? [new IntegerLiteral(-1, 1)] : modifiers };
    }

    /// <summary>'(' Iconst ')'.</summary>
    private ImmutableArray<SyntaxExpression> LengthModifier()
    {
        if (!Accept(TokenKind.LeftParen))
            return [];
        var position = _token.Start;
        var length = IntegerConstant();
        Expect(TokenKind.RightParen);
        return [new IntegerLiteral(position, length)];
    }

    private TypeName DateTimeType(int start, bool isTime)
    {
        var modifiers = LengthModifier();
        var zoned = WithTimeZone();
        return new TypeName(start, isTime ? (zoned ? s_timetz : s_time) : zoned ? s_timestamptz : s_timestamp) { Modifiers = modifiers };
    }

    private bool WithTimeZone()
    {
        var zoned = Is(Keyword.With);
        if ((!zoned && !Is(Keyword.Without)) || !PeekIs(Keyword.Time))
            return false;
        Advance();
        Advance();
        Expect(Keyword.Zone);
        return zoned;
    }

    private TypeName IntervalType(int start)
    {
        var modifiers = LengthModifier();
        var fields = IntervalFields.None;
        if (modifiers.IsEmpty)
            fields = ParseIntervalFields(ref modifiers);
        return new TypeName(start, s_interval) { Modifiers = modifiers, IntervalFields = fields };
    }

    private static IntervalFields IntervalField(Keyword keyword) => keyword switch
    {
        Keyword.Year => IntervalFields.Year,
        Keyword.Month => IntervalFields.Month,
        Keyword.Day => IntervalFields.Day,
        Keyword.Hour => IntervalFields.Hour,
        Keyword.Minute => IntervalFields.Minute,
        Keyword.Second => IntervalFields.Second,
        _ => IntervalFields.None,
    };

    /// <summary>opt_interval: one field, or first TO last; SECOND may carry a precision.</summary>
    private IntervalFields ParseIntervalFields(ref ImmutableArray<SyntaxExpression> modifiers)
    {
        if (!Is(TokenKind.Keyword))
            return IntervalFields.None;
        var first = IntervalField(_token.Keyword);
        if (first == IntervalFields.None)
            return first;
        Advance();
        if (first == IntervalFields.Second)
            modifiers = LengthModifier();
        if (first is IntervalFields.Month or IntervalFields.Minute or IntervalFields.Second && !(first == IntervalFields.Minute && Is(Keyword.To)))
            return first;
        if (!Accept(Keyword.To))
            return first;
        var last = Is(TokenKind.Keyword) ? IntervalField(_token.Keyword) : IntervalFields.None;
        var valid = first == IntervalFields.Year ? last == IntervalFields.Month : last > first && last > IntervalFields.Day;
        if (!valid)
            throw Unexpected();
        Advance();
        if (last == IntervalFields.Second)
            modifiers = LengthModifier();
        var fields = IntervalFields.None;
        for (var field = (int)first; field <= (int)last; field <<= 1)
            fields |= (IntervalFields)field;
        return fields;
    }
}
