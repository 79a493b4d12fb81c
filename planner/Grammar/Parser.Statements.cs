using System.Collections.Immutable;
using OmenDb.Planner.Syntax;
using OmenDb.Types;

namespace OmenDb.Planner.Grammar;

/// <content>Which statement it is; and the ones around other statements: EXPLAIN, PREPARE, cursors, COPY.</content>
internal ref partial struct Parser
{
    public Statement ParseStatement()
    {
        var start = _token.Start;
        if (Is(TokenKind.LeftParen))
            return new QueryStatement(start, ParseQuery());
        if (!Is(TokenKind.Keyword))
            throw Unexpected();
        switch (_token.Keyword)
        {
            case Keyword.Select or Keyword.Values or Keyword.Table or Keyword.With or Keyword.Insert or Keyword.Update or Keyword.Delete or Keyword.Merge:
                return ParsePreparableStatement();
            case Keyword.Create: return ParseCreate();
            case Keyword.Alter: return ParseAlter();
            case Keyword.Drop: return ParseDrop();
            case Keyword.Truncate: return ParseTruncate();
            case Keyword.Begin or Keyword.Start or Keyword.Commit or Keyword.End or Keyword.Rollback or Keyword.Abort or Keyword.Savepoint
                or Keyword.Release:
                return ParseTransaction();
            case Keyword.Prepare: return ParsePrepare();
            case Keyword.Execute: return ParseExecute();
            case Keyword.Deallocate: return ParseDeallocate();
            case Keyword.Explain: return ParseExplain();
            case Keyword.Copy: return ParseCopy();
            case Keyword.Set: return ParseSet();
            case Keyword.Reset: return ParseReset();
            case Keyword.Show: return ParseShow();
            case Keyword.Lock: return ParseLock();
            case Keyword.Declare: return ParseDeclare();
            case Keyword.Fetch or Keyword.Move: return ParseFetch();
            case Keyword.Close: return ParseClose();
            case Keyword.Listen or Keyword.Notify or Keyword.Unlisten: return ParseNotification();
            case Keyword.Discard: return ParseDiscard();
            case Keyword.Do: return ParseDo();
            case Keyword.Checkpoint:
                Advance();
                return new CheckpointStatement(start);
            case Keyword.Vacuum: return ParseVacuum();
            case Keyword.Analyze or Keyword.Analyse: return ParseAnalyze();
            case Keyword.Reindex: return ParseReindex();
            case Keyword.Cluster: return ParseCluster();
            case Keyword.Refresh: return ParseRefresh();
            case Keyword.Comment: return ParseComment();
            case Keyword.Grant: return ParseGrant(isGrant: true);
            case Keyword.Revoke: return ParseGrant(isGrant: false);
            case Keyword.Reassign: return ParseReassign();
            case Keyword.Call:
                Advance();
                return ParsePrimary() is FunctionCall call ? new CallStatement(start, call) : throw Unexpected();
            case Keyword.Import or Keyword.Load or Keyword.Security:
                return SkipUnsupported(start, KeywordTable.Word(_token.Keyword).ToUpperInvariant());
            default: throw Unexpected();
        }
    }

    /// <summary>Reads over the rest of a statement that is known but not supported; strings and parentheses stay balanced.</summary>
    private UnsupportedStatement SkipUnsupported(int start, string feature)
    {
        SkipRest();
        return new UnsupportedStatement(start, feature);
    }

    private void SkipRest()
    {
        for (var depth = 0; !IsAtEnd && (depth > 0 || !Is(TokenKind.Semicolon)); Advance())
            depth += _token.Kind switch { TokenKind.LeftParen => 1, TokenKind.RightParen => -1, _ => 0 };
    }

    private ExplainStatement ParseExplain()
    {
        var start = _token.Start;
        Advance();
        var options = ImmutableArray.CreateBuilder<OptionItem>();
        if (Is(TokenKind.LeftParen) && !PeekStartsQueryInParens())
        {
            ParseUtilityOptions(options);
        }
        else
        {
            if (Is(Keyword.Analyze) || Is(Keyword.Analyse))
                WordOption(options, "analyze");
            if (Is(Keyword.Verbose))
                WordOption(options, "verbose");
        }
        var inner = _token.Start;
        Statement statement;
        if (Is(Keyword.Create) || Is(Keyword.Execute) || Is(Keyword.Declare) || Is(Keyword.Refresh))
            statement = ParseStatement();
        else
            statement = ParsePreparableStatement();
        if (statement is not (QueryStatement or InsertStatement or UpdateStatement or DeleteStatement or MergeStatement or ExecuteStatement
            or DeclareCursorStatement or CreateTableAsStatement or RefreshMaterializedViewStatement))
            throw SqlException.Syntax("syntax error at or near \"CREATE\"", inner + 1);
        return new ExplainStatement(start, statement, options.DrainToImmutable());
    }

    /// <summary>After EXPLAIN: '(' starts a query, or an option list.</summary>
    private bool PeekStartsQueryInParens()
    {
        Peek();
        return _next.Kind == TokenKind.LeftParen
            || (_next.Kind == TokenKind.Keyword && _next.Keyword is Keyword.Select or Keyword.Values or Keyword.With or Keyword.Table);
    }

    private void WordOption(ImmutableArray<OptionItem>.Builder options, string name)
    {
        options.Add(new OptionItem(_token.Start, name, null));
        Advance();
    }

    /// <summary>utility_option_list: '(' name [value] {',' name [value]} ')'.</summary>
    private void ParseUtilityOptions(ImmutableArray<OptionItem>.Builder options)
    {
        Expect(TokenKind.LeftParen);
        do
        {
            var position = _token.Start;
            if (!IsNonReserved() && !Is(Keyword.Analyze) && !Is(Keyword.Analyse))
                throw Unexpected();
            var name = TakeName();
            if (name == "analyse")
                name = "analyze";
            options.Add(new OptionItem(position, name, _token.Kind is TokenKind.Comma or TokenKind.RightParen ? null : ParseOptionValue()));
        }
        while (Accept(TokenKind.Comma));
        Expect(TokenKind.RightParen);
    }

    /// <summary>A word, string, number, star or list.</summary>
    private SyntaxExpression ParseOptionValue()
    {
        var start = _token.Start;
        switch (_token.Kind)
        {
            case TokenKind.String: return new StringLiteral(start, StringConstant());
            case TokenKind.Integer or TokenKind.Number or TokenKind.Plus or TokenKind.Minus: return SignedNumber();
            case TokenKind.Star: Advance(); return new StarExpression(start, []);
            case TokenKind.LeftParen:
                Advance();
                var items = ImmutableArray.CreateBuilder<SyntaxExpression>();
                do
                    items.Add(Is(TokenKind.LeftParen) ? throw Unexpected() : ParseOptionValue());
                while (Accept(TokenKind.Comma));
                Expect(TokenKind.RightParen);
                return new RowExpression(start, items.DrainToImmutable(), IsExplicit: true);
        }
        if (Is(Keyword.True) || Is(Keyword.False) || Is(Keyword.On))
        {
            var value = !Is(Keyword.False);
            Advance();
            return new BooleanLiteral(start, value);
        }
        if (Is(Keyword.Off))
        {
            Advance();
            return new BooleanLiteral(start, false);
        }
        return IsColLabel() ? new ColumnReference(start, [TakeName()]) : throw Unexpected();
    }

    /// <summary>reloptions: '(' [ns .] name [= value] {','} ')'.</summary>
    private ImmutableArray<OptionItem> ParseRelOptions()
    {
        var options = ImmutableArray.CreateBuilder<OptionItem>();
        Expect(TokenKind.LeftParen);
        do
        {
            var position = _token.Start;
            var name = ColLabel();
            if (Accept(TokenKind.Dot))
                name = name + "." + ColLabel();
            SyntaxExpression? value = null;
            if (Accept(TokenKind.Equals))
                value = ParseDefinitionValue();
            options.Add(new OptionItem(position, name, value));
        }
        while (Accept(TokenKind.Comma));
        Expect(TokenKind.RightParen);
        return options.DrainToImmutable();
    }

    private SyntaxExpression ParseDefinitionValue()
    {
        if (_token.Kind is TokenKind.Operator or TokenKind.Star)
            return new StringLiteral(_token.Start, OperatorText());
        return ParseOptionValue();
    }

    private PrepareStatement ParsePrepareBody(int start)
    {
        var name = ColId();
        var types = ImmutableArray<TypeName>.Empty;
        if (Accept(TokenKind.LeftParen))
        {
            types = ParseTypeList();
            Expect(TokenKind.RightParen);
        }
        Expect(Keyword.As);
        return new PrepareStatement(start, name, types, ParsePreparableStatement());
    }

    private ImmutableArray<TypeName> ParseTypeList()
    {
        var types = ImmutableArray.CreateBuilder<TypeName>(2);
        do
            types.Add(ParseTypeName());
        while (Accept(TokenKind.Comma));
        return types.DrainToImmutable();
    }

    private Statement ParsePrepare()
    {
        var start = _token.Start;
        Advance();
        if (Is(Keyword.Transaction) && PeekKind() == TokenKind.String)
        {
            Advance();
            return new TransactionStatement(start, TransactionKind.PrepareTransaction) { Name = StringConstant() };
        }
        return ParsePrepareBody(start);
    }

    private ExecuteStatement ParseExecute()
    {
        var start = _token.Start;
        Advance();
        var name = ColId();
        var arguments = ImmutableArray<SyntaxExpression>.Empty;
        if (Accept(TokenKind.LeftParen))
        {
            arguments = ExpressionList();
            Expect(TokenKind.RightParen);
        }
        return new ExecuteStatement(start, name, arguments);
    }

    private DeallocateStatement ParseDeallocate()
    {
        var start = _token.Start;
        Advance();
        if (Is(Keyword.Prepare) && PeekKind() is not (TokenKind.End or TokenKind.Semicolon))
            Advance();
        return new DeallocateStatement(start, Accept(Keyword.All) ? null : ColId());
    }

    private DeclareCursorStatement ParseDeclare()
    {
        var start = _token.Start;
        Advance();
        var name = ColId();
        var isBinary = false;
        bool? scroll = null, insensitive = null;
        while (!Is(Keyword.Cursor))
        {
            if (Accept(Keyword.Binary))
                isBinary = true;
            else if (Accept(Keyword.Scroll))
                scroll = true;
            else if (Accept(Keyword.Insensitive))
                insensitive = true;
            else if (Accept(Keyword.Asensitive))
                insensitive = false;
            else
            {
                Expect(Keyword.No);
                Expect(Keyword.Scroll);
                scroll = false;
            }
        }
        Advance();
        var hold = false;
        if (Accept(Keyword.With))
        {
            Expect(Keyword.Hold);
            hold = true;
        }
        else if (Accept(Keyword.Without))
        {
            Expect(Keyword.Hold);
        }
        Expect(Keyword.For);
        return new DeclareCursorStatement(start, name, ParseQuery()) { IsBinary = isBinary, Scroll = scroll, Insensitive = insensitive, WithHold = hold };
    }

    private FetchStatement ParseFetch()
    {
        var start = _token.Start;
        var isMove = Is(Keyword.Move);
        Advance();
        var direction = FetchDirection.Forward;
        long count = 1;
        // A direction word is the cursor's own name when nothing follows it.
        if (Is(TokenKind.Keyword) && PeekKind() is not (TokenKind.End or TokenKind.Semicolon))
        {
            switch (_token.Keyword)
            {
                case Keyword.Next: Advance(); break;
                case Keyword.Prior: Advance(); direction = FetchDirection.Backward; break;
                case Keyword.First: Advance(); direction = FetchDirection.Absolute; break;
                case Keyword.Last: Advance(); direction = FetchDirection.Absolute; count = -1; break;
                case Keyword.Absolute: Advance(); direction = FetchDirection.Absolute; count = SignedInteger(); break;
                case Keyword.Relative: Advance(); direction = FetchDirection.Relative; count = SignedInteger(); break;
                case Keyword.All: Advance(); count = FetchStatement.All; break;
                case Keyword.Forward or Keyword.Backward:
                    direction = _token.Keyword == Keyword.Forward ? FetchDirection.Forward : FetchDirection.Backward;
                    Advance();
                    count = OptionalCount();
                    break;
            }
        }
        else
        {
            count = OptionalCount();
        }
        if (!Accept(Keyword.From))
            Accept(Keyword.In);
        return new FetchStatement(start, ColId(), direction, count, isMove);
    }

    private long OptionalCount()
    {
        if (Accept(Keyword.All))
            return FetchStatement.All;
        return _token.Kind is TokenKind.Integer or TokenKind.Plus or TokenKind.Minus ? SignedInteger() : 1;
    }

    private CloseStatement ParseClose()
    {
        var start = _token.Start;
        Advance();
        return new CloseStatement(start, Accept(Keyword.All) ? null : ColId());
    }

    private CopyStatement ParseCopy()
    {
        var start = _token.Start;
        Advance();
        QualifiedName? table = null;
        Statement? query = null;
        var columns = ImmutableArray<string>.Empty;
        var options = ImmutableArray.CreateBuilder<OptionItem>();
        if (Accept(TokenKind.LeftParen))
        {
            query = ParsePreparableStatement();
            Expect(TokenKind.RightParen);
        }
        else
        {
            if (Is(Keyword.Binary) && PeekKind() != TokenKind.Dot)
            {
                options.Add(new OptionItem(_token.Start, "format", new StringLiteral(_token.Start, "binary")));
                Advance();
            }
            table = RelationName();
            columns = OptionalParenthesizedNames();
        }
        var isFrom = query is null && Accept(Keyword.From);
        if (!isFrom)
            Expect(Keyword.To);
        var isProgram = Accept(Keyword.Program);
        string? file = null;
        if (isProgram || Is(TokenKind.String))
            file = StringConstant();
        else if (!Accept(Keyword.Stdin))
            Expect(Keyword.Stdout);
        if (Accept(Keyword.Using))
        {
            var position = _token.Start;
            Expect(Keyword.Delimiters);
            options.Add(new OptionItem(position, "delimiter", new StringLiteral(_token.Start, StringConstant())));
        }
        Accept(Keyword.With);
        if (Is(TokenKind.LeftParen))
            ParseCopyOptions(options);
        else
            ParseOldCopyOptions(options);
        var where = Accept(Keyword.Where) ? ParseExpression() : null;
        if (where is not null && !isFrom)
            throw SqlException.Syntax("WHERE clause not allowed with COPY TO", where.ErrorPosition);
        return new CopyStatement(start, isFrom)
        {
            Table = table, Query = query, Columns = columns, FileName = file, IsProgram = isProgram, Options = options.DrainToImmutable(), Where = where,
        };
    }

    private void ParseCopyOptions(ImmutableArray<OptionItem>.Builder options)
    {
        Expect(TokenKind.LeftParen);
        do
        {
            var position = _token.Start;
            var name = ColLabel();
            options.Add(new OptionItem(position, name, _token.Kind is TokenKind.Comma or TokenKind.RightParen ? null : ParseOptionValue()));
        }
        while (Accept(TokenKind.Comma));
        Expect(TokenKind.RightParen);
    }

    private void ParseOldCopyOptions(ImmutableArray<OptionItem>.Builder options)
    {
        while (Is(TokenKind.Keyword))
        {
            var position = _token.Start;
            var keyword = _token.Keyword;
            switch (keyword)
            {
                case Keyword.Binary or Keyword.Csv:
                    Advance();
                    options.Add(new OptionItem(position, "format", new StringLiteral(position, KeywordTable.Word(keyword))));
                    break;
                case Keyword.Freeze or Keyword.Header:
                    Advance();
                    options.Add(new OptionItem(position, KeywordTable.Word(keyword), new BooleanLiteral(position, true)));
                    break;
                case Keyword.Delimiter or Keyword.Null or Keyword.Quote or Keyword.Escape or Keyword.Encoding:
                    Advance();
                    if (keyword != Keyword.Encoding)
                        Accept(Keyword.As);
                    options.Add(new OptionItem(position, KeywordTable.Word(keyword), new StringLiteral(_token.Start, StringConstant())));
                    break;
                case Keyword.Force:
                    Advance();
                    ParseForceOption(options, position);
                    break;
                default:
                    return;
            }
        }
    }

    /// <summary>FORCE QUOTE columns | *, FORCE [NOT] NULL columns.</summary>
    private void ParseForceOption(ImmutableArray<OptionItem>.Builder options, int position)
    {
        var name = "force_null";
        if (Accept(Keyword.Quote))
        {
            name = "force_quote";
        }
        else
        {
            if (Accept(Keyword.Not))
                name = "force_not_null";
            Expect(Keyword.Null);
        }
        var start = _token.Start;
        if (name == "force_quote" && Accept(TokenKind.Star))
        {
            options.Add(new OptionItem(position, name, new StarExpression(start, [])));
            return;
        }
        var columns = ImmutableArray.CreateBuilder<SyntaxExpression>();
        do
            columns.Add(new ColumnReference(_token.Start, [ColId()]));
        while (Accept(TokenKind.Comma));
        options.Add(new OptionItem(position, name, new RowExpression(start, columns.DrainToImmutable(), IsExplicit: true)));
    }
}
