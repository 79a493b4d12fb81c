using System.Collections.Immutable;
using OmenDb.Planner.Syntax;
using OmenDb.Types;

namespace OmenDb.Planner.Grammar;

/// <content>Function calls: ordinary, with SQL's own argument syntax, and what may follow a call.</content>
internal ref partial struct Parser
{
    private static readonly ImmutableArray<string> s_extract = ["pg_catalog", "extract"];
    private static readonly ImmutableArray<string> s_overlay = ["pg_catalog", "overlay"];
    private static readonly ImmutableArray<string> s_position = ["pg_catalog", "position"];
    private static readonly ImmutableArray<string> s_substring = ["pg_catalog", "substring"];
    private static readonly ImmutableArray<string> s_btrim = ["pg_catalog", "btrim"];
    private static readonly ImmutableArray<string> s_ltrim = ["pg_catalog", "ltrim"];
    private static readonly ImmutableArray<string> s_rtrim = ["pg_catalog", "rtrim"];
    private static readonly ImmutableArray<string> s_normalize = ["pg_catalog", "normalize"];
    private static readonly ImmutableArray<string> s_collationFor = ["pg_catalog", "pg_collation_for"];

    /// <summary>func_application and its suffixes, at '('. A string behind the parenthesis makes it a typed literal.</summary>
    private SyntaxExpression ParseCall(int start, ImmutableArray<string> name)
    {
        Expect(TokenKind.LeftParen);
        var arguments = ImmutableArray<SyntaxExpression>.Empty;
        var orderBy = ImmutableArray<SortItem>.Empty;
        bool isStar = false, isDistinct = false, isVariadic = false;
        if (Accept(TokenKind.Star))
        {
            isStar = true;
        }
        else if (!Is(TokenKind.RightParen))
        {
            isDistinct = Accept(Keyword.Distinct);
            if (!isDistinct)
                Accept(Keyword.All);
            var first = ParseArgument(ref isVariadic);
            if (Is(TokenKind.Comma) && !isVariadic)
            {
                var list = ImmutableArray.CreateBuilder<SyntaxExpression>(4);
                list.Add(first);
                while (!isVariadic && Accept(TokenKind.Comma))
                    list.Add(ParseArgument(ref isVariadic));
                arguments = list.DrainToImmutable();
            }
            else
            {
                arguments = [first];
            }
            orderBy = OptionalOrderBy();
        }
        Expect(TokenKind.RightParen);
        if (Is(TokenKind.String) && !isStar && !isDistinct && !isVariadic && orderBy.IsEmpty && !arguments.IsEmpty)
            return new TypedLiteral(start, new TypeName(start, name) { Modifiers = arguments }, StringConstant());
        var call = new FunctionCall(start, name, arguments)
        {
            IsStar = isStar, IsDistinct = isDistinct, IsVariadic = isVariadic, OrderBy = orderBy,
        };
        return ParseCallSuffixes(call);
    }

    /// <summary>WITHIN GROUP, FILTER, OVER.</summary>
    private FunctionCall ParseCallSuffixes(FunctionCall call)
    {
        if (Is(Keyword.Within) && PeekIs(Keyword.Group))
        {
            var position = _token.Start;
            if (!call.OrderBy.IsEmpty)
                throw SqlException.Syntax("cannot use multiple ORDER BY clauses with WITHIN GROUP", position + 1);
            if (call.IsDistinct)
                throw SqlException.Syntax("cannot use DISTINCT with WITHIN GROUP", position + 1);
            if (call.IsVariadic)
                throw SqlException.Syntax("cannot use VARIADIC with WITHIN GROUP", position + 1);
            Advance();
            Advance();
            Expect(TokenKind.LeftParen);
            if (!Is(Keyword.Order))
                throw Unexpected();
            call = call with { OrderBy = OptionalOrderBy(), IsWithinGroup = true };
            Expect(TokenKind.RightParen);
        }
        if (Is(Keyword.Filter) && PeekKind() == TokenKind.LeftParen)
        {
            Advance();
            Advance();
            Expect(Keyword.Where);
            call = call with { Filter = ParseExpression() };
            Expect(TokenKind.RightParen);
        }
        if (Is(Keyword.Over))
        {
            Advance();
            call = call with { Over = ParseOver() };
        }
        return call;
    }

    /// <summary>func_arg_expr, maybe named or behind VARIADIC.</summary>
    private SyntaxExpression ParseArgument(ref bool isVariadic)
    {
        if (Accept(Keyword.Variadic))
            isVariadic = true;
        if (IsName(KeywordClass.TypeOrFunctionName) && PeekKind() is TokenKind.EqualsGreater or TokenKind.ColonEquals)
        {
            var start = _token.Start;
            var name = TakeName();
            Advance();
            return new NamedArgument(start, name, ParseExpression());
        }
        return ParseExpression();
    }

    private WindowSpecification ParseOver()
    {
        var start = _token.Start;
        return Is(TokenKind.LeftParen) ? ParseWindowSpecification() : new WindowSpecification(start) { ReferencedName = ColId() };
    }

    /// <summary>'(' [name] [PARTITION BY] [ORDER BY] [frame] ')'.</summary>
    private WindowSpecification ParseWindowSpecification()
    {
        var start = _token.Start;
        Expect(TokenKind.LeftParen);
        string? name = null;
        var isClauseWord = Is(Keyword.Partition) || Is(Keyword.Range) || Is(Keyword.Rows) || Is(Keyword.Groups);
        if (IsColId() && !isClauseWord)
            name = TakeName();
        var partitionBy = ImmutableArray<SyntaxExpression>.Empty;
        if (Accept(Keyword.Partition))
        {
            Expect(Keyword.By);
            partitionBy = ExpressionList();
        }
        var orderBy = OptionalOrderBy();
        var frame = Is(Keyword.Range) || Is(Keyword.Rows) || Is(Keyword.Groups) ? ParseFrame() : null;
        Expect(TokenKind.RightParen);
        return new WindowSpecification(start) { ReferencedName = name, IsCopy = true, PartitionBy = partitionBy, OrderBy = orderBy, Frame = frame };
    }

    private WindowFrame ParseFrame()
    {
        var position = _token.Start;
        var unit = _token.Keyword switch { Keyword.Rows => FrameUnit.Rows, Keyword.Range => FrameUnit.Range, _ => FrameUnit.Groups };
        Advance();
        FrameBound from, to;
        if (Accept(Keyword.Between))
        {
            from = ParseFrameBound();
            Expect(Keyword.And);
            to = ParseFrameBound();
        }
        else
        {
            from = ParseFrameBound();
            to = new FrameBound(from.Position, FrameBoundKind.CurrentRow, null);
            if (from.Kind == FrameBoundKind.Following)
                throw Frame("frame starting from following row cannot end with current row", from.Position);
        }
        if (from.Kind == FrameBoundKind.UnboundedFollowing)
            throw Frame("frame start cannot be UNBOUNDED FOLLOWING", from.Position);
        if (to.Kind == FrameBoundKind.UnboundedPreceding)
            throw Frame("frame end cannot be UNBOUNDED PRECEDING", to.Position);
        if (from.Kind == FrameBoundKind.CurrentRow && to.Kind == FrameBoundKind.Preceding)
            throw Frame("frame starting from current row cannot have preceding rows", to.Position);
        if (from.Kind == FrameBoundKind.Following && to.Kind is FrameBoundKind.Preceding or FrameBoundKind.CurrentRow)
            throw Frame("frame starting from following row cannot have preceding rows", to.Position);
        return new WindowFrame(position, unit, from, to, ParseExclusion());
    }

    private static SqlException Frame(string message, int position) => new(SqlState.WindowingError, message) { Position = position + 1 };

    private FrameExclusion ParseExclusion()
    {
        if (!Accept(Keyword.Exclude))
            return FrameExclusion.NoOthers;
        if (Accept(Keyword.Current))
        {
            Expect(Keyword.Row);
            return FrameExclusion.CurrentRow;
        }
        if (Accept(Keyword.Group))
            return FrameExclusion.Group;
        if (Accept(Keyword.Ties))
            return FrameExclusion.Ties;
        Expect(Keyword.No);
        Expect(Keyword.Others);
        return FrameExclusion.NoOthers;
    }

    private FrameBound ParseFrameBound()
    {
        var start = _token.Start;
        if (Is(Keyword.Unbounded) && (PeekIs(Keyword.Preceding) || PeekIs(Keyword.Following)))
        {
            Advance();
            var preceding = Is(Keyword.Preceding);
            Advance();
            return new FrameBound(start, preceding ? FrameBoundKind.UnboundedPreceding : FrameBoundKind.UnboundedFollowing, null);
        }
        if (Accept(Keyword.Current, Keyword.Row))
            return new FrameBound(start, FrameBoundKind.CurrentRow, null);
        var offset = ParseExpression();
        if (Accept(Keyword.Preceding))
            return new FrameBound(start, FrameBoundKind.Preceding, offset);
        Expect(Keyword.Following);
        return new FrameBound(start, FrameBoundKind.Following, offset);
    }

    /// <summary>The functions whose words are no ordinary function names; the next token is '('.</summary>
    private SyntaxExpression ParseSpecialFunction()
    {
        var start = _token.Start;
        var keyword = _token.Keyword;
        Advance();
        if (keyword == Keyword.Exists)
        {
            var position = _token.Start;
            return ParseParenthesized() is QueryExpression query
                ? new ExistsExpression(start, query)
                : throw _lexer.Error("syntax error", position + 1, PreviousEnd);
        }
        Expect(TokenKind.LeftParen);
        SyntaxExpression result;
        switch (keyword)
        {
            case Keyword.Coalesce: result = new CoalesceExpression(start, ExpressionList()); break;
            case Keyword.Greatest: result = new MinMaxExpression(start, ExpressionList(), IsGreatest: true); break;
            case Keyword.Least: result = new MinMaxExpression(start, ExpressionList(), IsGreatest: false); break;
            case Keyword.Grouping: result = new GroupingExpression(start, ExpressionList()); break;
            case Keyword.Row:
                result = new RowExpression(start, Is(TokenKind.RightParen) ? [] : ExpressionList(), IsExplicit: true);
                break;
            case Keyword.Nullif:
                var left = ParseExpression();
                Expect(TokenKind.Comma);
                result = new NullIfExpression(start, left, ParseExpression());
                break;
            case Keyword.Extract: result = ParseExtract(start); break;
            case Keyword.Position:
                var part = RestrictedExpression();
                Expect(Keyword.In);
                result = new FunctionCall(start, s_position, [RestrictedExpression(), part]) { Syntax = FunctionCallSyntax.Position };
                break;
            case Keyword.Overlay: result = ParseOverlay(start); break;
            case Keyword.Substring: result = ParseSubstring(start); break;
            case Keyword.Trim: result = ParseTrim(start); break;
            case Keyword.Normalize: result = ParseNormalize(start); break;
            case Keyword.Treat:
                var operand = ParseExpression();
                Expect(Keyword.As);
                result = new FunctionCall(start, ["pg_catalog", ParseTypeName().Name], [operand]) { Syntax = FunctionCallSyntax.Treat };
                break;
            case Keyword.Xmlconcat or Keyword.Xmlelement or Keyword.Xmlexists or Keyword.Xmlforest or Keyword.Xmlparse or Keyword.Xmlpi
                or Keyword.Xmlroot or Keyword.Xmlserialize or Keyword.Xmltable or Keyword.Xmlnamespaces or Keyword.Xmlattributes:
                throw SqlException.NotSupported($"{KeywordTable.Word(keyword)}", start + 1);
            default:
                throw _lexer.Error("syntax error", _previousEnd - 1, _previousEnd);
        }
        Expect(TokenKind.RightParen);
        if (result is RowExpression row)
            return Is(Keyword.Overlaps) ? ParseOverlaps(row) : row;
        return result is FunctionCall call ? ParseCallSuffixes(call) : result;
    }

    private FunctionCall ParseExtract(int start)
    {
        var position = _token.Start;
        string field;
        if (Is(TokenKind.String))
            field = StringConstant();
        else if (_token.Kind is TokenKind.Identifier or TokenKind.QuotedIdentifier
            || (Is(TokenKind.Keyword) && IntervalField(_token.Keyword) != IntervalFields.None))
            field = TakeName();
        else
            throw Unexpected();
        Expect(Keyword.From);
        return new FunctionCall(start, s_extract, [new StringLiteral(position, field), ParseExpression()]) { Syntax = FunctionCallSyntax.Extract };
    }

    private FunctionCall ParseOverlay(int start)
    {
        if (Is(TokenKind.RightParen))
            return new FunctionCall(start, ["overlay"], []);
        var variadic = false;
        var first = ParseArgument(ref variadic);
        if (!Accept(Keyword.Placing))
            return new FunctionCall(start, ["overlay"], RemainingArguments(first, ref variadic)) { IsVariadic = variadic };
        var replacement = ParseExpression();
        Expect(Keyword.From);
        var from = ParseExpression();
        ImmutableArray<SyntaxExpression> arguments = Accept(Keyword.For)
            ? [first, replacement, from, ParseExpression()] : [first, replacement, from];
        return new FunctionCall(start, s_overlay, arguments) { Syntax = FunctionCallSyntax.Overlay };
    }

    private ImmutableArray<SyntaxExpression> RemainingArguments(SyntaxExpression first, ref bool variadic)
    {
        var list = ImmutableArray.CreateBuilder<SyntaxExpression>(3);
        list.Add(first);
        while (!variadic && Accept(TokenKind.Comma))
            list.Add(ParseArgument(ref variadic));
        return list.DrainToImmutable();
    }

    private FunctionCall ParseSubstring(int start)
    {
        if (Is(TokenKind.RightParen))
            return new FunctionCall(start, ["substring"], []);
        var variadic = false;
        var text = ParseArgument(ref variadic);
        if (Accept(Keyword.Similar))
        {
            var pattern = ParseExpression();
            Expect(Keyword.Escape);
            return new FunctionCall(start, s_substring, [text, pattern, ParseExpression()]) { Syntax = FunctionCallSyntax.SubstringSimilar };
        }
        if (!Is(Keyword.From) && !Is(Keyword.For))
            return new FunctionCall(start, ["substring"], RemainingArguments(text, ref variadic)) { IsVariadic = variadic };
        SyntaxExpression? from = null, length = null;
        if (Accept(Keyword.From))
        {
            from = ParseExpression();
            if (Accept(Keyword.For))
                length = ParseExpression();
        }
        else
        {
            Expect(Keyword.For);
            length = ParseExpression();
            if (Accept(Keyword.From))
                from = ParseExpression();
            else
                length = new CastExpression(length.Position, length, new TypeName(-1, s_int4));
        }
        from ??= new IntegerLiteral(-1, 1);
        return new FunctionCall(start, s_substring, length is null ? [text, from] : [text, from, length]) { Syntax = FunctionCallSyntax.Substring };
    }

    private FunctionCall ParseTrim(int start)
    {
        var name = s_btrim;
        if (Accept(Keyword.Leading))
            name = s_ltrim;
        else if (Accept(Keyword.Trailing))
            name = s_rtrim;
        else
            Accept(Keyword.Both);
        if (Accept(Keyword.From))
            return new FunctionCall(start, name, ExpressionList()) { Syntax = FunctionCallSyntax.Trim };
        var first = ParseExpression();
        if (!Accept(Keyword.From))
            return new FunctionCall(start, name, Is(TokenKind.Comma) ? ExpressionListAfter(first) : [first]) { Syntax = FunctionCallSyntax.Trim };
        var arguments = ExpressionList();
        // TRIM(c FROM x) means btrim(x, c).
        return new FunctionCall(start, name, arguments.Add(first)) { Syntax = FunctionCallSyntax.Trim };
    }

    private FunctionCall ParseNormalize(int start)
    {
        var operand = ParseExpression();
        if (!Accept(TokenKind.Comma))
            return new FunctionCall(start, s_normalize, [operand]) { Syntax = FunctionCallSyntax.Normalize };
        if (!Is(TokenKind.Keyword) || _token.Keyword is not (Keyword.Nfc or Keyword.Nfd or Keyword.Nfkc or Keyword.Nfkd))
            throw Unexpected();
        var position = _token.Start;
        var form = new StringLiteral(position, NormalForm());
        return new FunctionCall(start, s_normalize, [operand, form]) { Syntax = FunctionCallSyntax.Normalize };
    }

    private FunctionCall ParseCollationFor()
    {
        var start = _token.Start;
        Advance();
        Advance();
        Expect(TokenKind.LeftParen);
        var operand = ParseExpression();
        Expect(TokenKind.RightParen);
        return new FunctionCall(start, s_collationFor, [operand]) { Syntax = FunctionCallSyntax.CollationFor };
    }
}
