using System.Collections.Immutable;
using OmenDb.Planner.Syntax;
using OmenDb.Types;

namespace OmenDb.Planner.Grammar;

/// <content>CREATE, all but tables.</content>
internal ref partial struct Parser
{
    private Statement ParseCreate()
    {
        var start = _token.Start;
        Expect(Keyword.Create);
        var orReplace = Accept(Keyword.Or, Keyword.Replace);
        var persistence = OptionalPersistence();
        if (!Is(TokenKind.Keyword))
            throw Unexpected();
        switch (_token.Keyword)
        {
            case Keyword.Recursive:
                Advance();
                if (!Is(Keyword.View))
                    throw Unexpected();
                return ParseCreateView(start, orReplace, persistence, isRecursive: true);
            case Keyword.View: return ParseCreateView(start, orReplace, persistence, isRecursive: false);
            case Keyword.Function or Keyword.Procedure or Keyword.Aggregate or Keyword.Trigger or Keyword.Constraint or Keyword.Rule
                or Keyword.Language or Keyword.Trusted or Keyword.Procedural or Keyword.Transform:
                return SkipUnsupported(start, "CREATE " + KeywordTable.Word(_token.Keyword).ToUpperInvariant());
        }
        if (orReplace)
            throw Unexpected();
        switch (_token.Keyword)
        {
            case Keyword.Table: return ParseCreateTable(start, persistence);
            case Keyword.Sequence: return ParseCreateSequence(start, persistence);
        }
        if (persistence == Persistence.Temporary)
            throw Unexpected();
        if (Is(Keyword.Materialized))
        {
            Advance();
            Expect(Keyword.View);
            return ParseCreateTableAs(start, persistence, isMaterializedView: true, IfNotExists());
        }
        if (persistence != Persistence.Permanent)
            throw Unexpected();
        switch (_token.Keyword)
        {
            case Keyword.Unique or Keyword.Index: return ParseCreateIndex(start);
            case Keyword.Schema: return ParseCreateSchema(start);
            case Keyword.Type: return ParseCreateType(start);
            case Keyword.Domain: return ParseCreateDomain(start);
            case Keyword.Extension: return ParseCreateExtension(start);
            case Keyword.Database: return ParseCreateDatabase(start);
            case Keyword.Role: return ParseCreateRole(start, RoleKind.Role);
            case Keyword.Group: return ParseCreateRole(start, RoleKind.Group);
            case Keyword.User when !PeekIs(Keyword.Mapping): return ParseCreateRole(start, RoleKind.User);
            case Keyword.User or Keyword.Foreign or Keyword.Server or Keyword.Cast or Keyword.Collation or Keyword.Conversion or Keyword.Default
                or Keyword.Event or Keyword.Operator or Keyword.Policy or Keyword.Publication or Keyword.Statistics or Keyword.Subscription
                or Keyword.Tablespace or Keyword.Text or Keyword.Access:
                return SkipUnsupported(start, "CREATE " + KeywordTable.Word(_token.Keyword).ToUpperInvariant());
            default: throw Unexpected();
        }
    }

    private bool IfNotExists()
    {
        if (!Is(Keyword.If) || !PeekIs(Keyword.Not))
            return false;
        Advance();
        Advance();
        Expect(Keyword.Exists);
        return true;
    }

    private bool IfExists() => Accept(Keyword.If, Keyword.Exists);

    private CreateViewStatement ParseCreateView(int start, bool orReplace, Persistence persistence, bool isRecursive)
    {
        Expect(Keyword.View);
        var name = RelationName();
        var columns = isRecursive ? ParenthesizedNames() : OptionalParenthesizedNames();
        ImmutableArray<OptionItem> options = [];
        if (Accept(Keyword.With))
            options = ParseRelOptions();
        Expect(Keyword.As);
        var queryStart = _token.Start;
        var query = ParseQuery();
        var queryLength = _previousEnd - queryStart;
        var check = CheckOption.None;
        if (Accept(Keyword.With))
        {
            check = Accept(Keyword.Local) ? CheckOption.Local : CheckOption.Cascaded;
            if (check == CheckOption.Cascaded)
                Accept(Keyword.Cascaded);
            Expect(Keyword.Check);
            Expect(Keyword.Option);
        }
        return new CreateViewStatement(start, name, query, queryStart, queryLength)
        {
            OrReplace = orReplace, Persistence = persistence, IsRecursive = isRecursive, Columns = columns, Options = options, CheckOption = check,
        };
    }

    private CreateIndexStatement ParseCreateIndex(int start)
    {
        var isUnique = Accept(Keyword.Unique);
        Expect(Keyword.Index);
        var isConcurrent = Accept(Keyword.Concurrently);
        var ifNotExists = IfNotExists();
        string? name = null;
        if (ifNotExists || !Is(Keyword.On))
            name = ColId();
        Expect(Keyword.On);
        var isOnly = Is(Keyword.Only);
        var table = isOnly ? ParseOnly(out _) : RelationName();
        if (!isOnly)
            Accept(TokenKind.Star);
        var method = Accept(Keyword.Using) ? ColId() : null;
        var elements = ParseIndexElements();
        var include = Accept(Keyword.Include) ? ParseIndexElements() : [];
        var nullsNotDistinct = ParseNullsNotDistinct();
        ImmutableArray<OptionItem> options = Accept(Keyword.With) ? ParseRelOptions() : [];
        var tablespace = Accept(Keyword.Tablespace) ? ColId() : null;
        var where = Accept(Keyword.Where) ? ParseExpression() : null;
        return new CreateIndexStatement(start, table, elements)
        {
            Name = name, IsUnique = isUnique, IsConcurrent = isConcurrent, IfNotExists = ifNotExists, IsOnly = isOnly, AccessMethod = method,
            Include = include, NullsNotDistinct = nullsNotDistinct, Options = options, Tablespace = tablespace, Where = where,
        };
    }

    /// <summary>[NULLS [NOT] DISTINCT].</summary>
    private bool ParseNullsNotDistinct()
    {
        if (!Is(Keyword.Nulls) || !(PeekIs(Keyword.Not) || PeekIs(Keyword.Distinct)))
            return false;
        Advance();
        var not = Accept(Keyword.Not);
        Expect(Keyword.Distinct);
        return not;
    }

    private ImmutableArray<IndexElement> ParseIndexElements()
    {
        Expect(TokenKind.LeftParen);
        var elements = ImmutableArray.CreateBuilder<IndexElement>(2);
        do
            elements.Add(ParseIndexElement());
        while (Accept(TokenKind.Comma));
        Expect(TokenKind.RightParen);
        return elements.DrainToImmutable();
    }

    /// <summary>A column, a function call, or an expression in parentheses.</summary>
    private IndexElement ParseIndexElement()
    {
        var start = _token.Start;
        SyntaxExpression expression;
        if (Accept(TokenKind.LeftParen))
        {
            expression = ParseExpression();
            Expect(TokenKind.RightParen);
        }
        else if (IsColId() && PeekKind() is not (TokenKind.LeftParen or TokenKind.Dot))
        {
            expression = new ColumnReference(start, [TakeName()]);
        }
        else
        {
            expression = ParseTableFunctionCall();
        }
        var collation = Accept(Keyword.Collate) ? AnyName() : null;
        QualifiedName? operatorClass = null;
        ImmutableArray<OptionItem> options = [];
        if (IsColId() && !Is(Keyword.Nulls) && !Is(Keyword.With))
        {
            operatorClass = AnyName();
            if (Is(TokenKind.LeftParen))
                options = ParseRelOptions();
        }
        return new IndexElement(start, expression)
        {
            Collation = collation, OperatorClass = operatorClass, OperatorClassOptions = options, Direction = OptionalDirection(),
            Nulls = OptionalNullOrder(),
        };
    }

    private CreateSchemaStatement ParseCreateSchema(int start)
    {
        Advance();
        var ifNotExists = IfNotExists();
        string? name = null, owner = null;
        if (!Is(Keyword.Authorization))
            name = ColId();
        if (Accept(Keyword.Authorization))
            owner = RoleName();
        var elements = ImmutableArray.CreateBuilder<Statement>();
        while (Is(Keyword.Create) || Is(Keyword.Grant))
            elements.Add(ParseStatement());
        if (ifNotExists && elements.Count > 0)
            throw SqlException.NotSupported("CREATE SCHEMA IF NOT EXISTS with schema elements", elements[0].ErrorPosition);
        return new CreateSchemaStatement(start, name, owner, ifNotExists) { Elements = elements.DrainToImmutable() };
    }

    private CreateSequenceStatement ParseCreateSequence(int start, Persistence persistence)
    {
        Advance();
        var ifNotExists = IfNotExists();
        var name = RelationName();
        return new CreateSequenceStatement(start, name, ParseSequenceOptions()) { Persistence = persistence, IfNotExists = ifNotExists };
    }

    private ImmutableArray<SequenceOption> ParseSequenceOptions()
    {
        var options = ImmutableArray.CreateBuilder<SequenceOption>();
        while (ParseSequenceOption() is { } option)
            options.Add(option);
        return options.DrainToImmutable();
    }

    private SequenceOption? ParseSequenceOption()
    {
        var start = _token.Start;
        if (!Is(TokenKind.Keyword))
            return null;
        switch (_token.Keyword)
        {
            case Keyword.As:
                Advance();
                return new SequenceOption(start, SequenceOptionKind.As, 0) { Type = ParseTypeName() };
            case Keyword.Increment:
                Advance();
                Accept(Keyword.By);
                return new SequenceOption(start, SequenceOptionKind.IncrementBy, SignedLong());
            case Keyword.Minvalue:
                Advance();
                return new SequenceOption(start, SequenceOptionKind.MinValue, SignedLong());
            case Keyword.Maxvalue:
                Advance();
                return new SequenceOption(start, SequenceOptionKind.MaxValue, SignedLong());
            case Keyword.Start:
                Advance();
                Accept(Keyword.With);
                return new SequenceOption(start, SequenceOptionKind.StartWith, SignedLong());
            case Keyword.Restart:
                Advance();
                if (!Accept(Keyword.With) && _token.Kind is not (TokenKind.Integer or TokenKind.Number or TokenKind.Minus or TokenKind.Plus))
                    return new SequenceOption(start, SequenceOptionKind.Restart, 0);
                return new SequenceOption(start, SequenceOptionKind.RestartWith, SignedLong());
            case Keyword.Cache:
                Advance();
                return new SequenceOption(start, SequenceOptionKind.Cache, SignedLong());
            case Keyword.Cycle:
                Advance();
                return new SequenceOption(start, SequenceOptionKind.Cycle, 0);
            case Keyword.Owned:
                Advance();
                Expect(Keyword.By);
                return new SequenceOption(start, SequenceOptionKind.OwnedBy, 0) { Name = AnyName() };
            case Keyword.Sequence:
                Advance();
                Expect(Keyword.Name);
                return new SequenceOption(start, SequenceOptionKind.SequenceName, 0) { Name = AnyName() };
            case Keyword.No:
                Advance();
                if (Accept(Keyword.Minvalue))
                    return new SequenceOption(start, SequenceOptionKind.NoMinValue, 0);
                if (Accept(Keyword.Maxvalue))
                    return new SequenceOption(start, SequenceOptionKind.NoMaxValue, 0);
                Expect(Keyword.Cycle);
                return new SequenceOption(start, SequenceOptionKind.NoCycle, 0);
            default:
                return null;
        }
    }

    private Statement ParseCreateType(int start)
    {
        Advance();
        var name = AnyName();
        if (!Accept(Keyword.As))
            return SkipUnsupported(start, "CREATE TYPE for base types");
        if (Accept(Keyword.Enum))
        {
            Expect(TokenKind.LeftParen);
            var labels = ImmutableArray.CreateBuilder<string>();
            if (!Is(TokenKind.RightParen))
            {
                do
                    labels.Add(StringConstant());
                while (Accept(TokenKind.Comma));
            }
            Expect(TokenKind.RightParen);
            return new CreateEnumStatement(start, name, labels.DrainToImmutable());
        }
        if (Is(Keyword.Range))
            return SkipUnsupported(start, "CREATE TYPE AS RANGE");
        if (Is(TokenKind.LeftParen) && PeekKind() == TokenKind.RightParen)
        {
            Advance();
            Advance();
            return new CreateCompositeTypeStatement(start, name, []);
        }
        return new CreateCompositeTypeStatement(start, name, ParseColumnDefinitionList());
    }

    private CreateDomainStatement ParseCreateDomain(int start)
    {
        Advance();
        var name = AnyName();
        Accept(Keyword.As);
        var type = ParseTypeName();
        var constraints = ParseColumnConstraints(out var collation);
        return new CreateDomainStatement(start, name, type) { Collation = collation, Constraints = constraints };
    }

    private CreateExtensionStatement ParseCreateExtension(int start)
    {
        Advance();
        var ifNotExists = IfNotExists();
        var name = ColId();
        Accept(Keyword.With);
        var options = ImmutableArray.CreateBuilder<OptionItem>();
        while (true)
        {
            var position = _token.Start;
            if (Accept(Keyword.Schema))
                options.Add(new OptionItem(position, "schema", new StringLiteral(_token.Start, ColId())));
            else if (Accept(Keyword.Version))
                options.Add(new OptionItem(position, "version", new StringLiteral(_token.Start, NonReservedWordOrString())));
            else if (Accept(Keyword.Cascade))
                options.Add(new OptionItem(position, "cascade", new BooleanLiteral(position, true)));
            else
                return new CreateExtensionStatement(start, name, ifNotExists, options.DrainToImmutable());
        }
    }

    private CreateDatabaseStatement ParseCreateDatabase(int start)
    {
        Advance();
        var name = ColId();
        Accept(Keyword.With);
        return new CreateDatabaseStatement(start, name, ParseDatabaseOptions());
    }

    /// <summary>name [=] value; OWNER, TEMPLATE, ENCODING, CONNECTION LIMIT and so on.</summary>
    private ImmutableArray<OptionItem> ParseDatabaseOptions()
    {
        var options = ImmutableArray.CreateBuilder<OptionItem>();
        while (_token.Kind is TokenKind.Identifier || (Is(TokenKind.Keyword) && _token.Keyword is Keyword.Connection or Keyword.Encoding
            or Keyword.Location or Keyword.Owner or Keyword.Tablespace or Keyword.Template))
        {
            var position = _token.Start;
            var name = TakeName();
            if (name == "connection")
            {
                Expect(Keyword.Limit);
                name = "connection_limit";
            }
            Accept(TokenKind.Equals);
            var valueStart = _token.Start;
            SyntaxExpression? value = null;
            if (!Accept(Keyword.Default))
                value = _token.Kind is TokenKind.Integer or TokenKind.Number or TokenKind.Plus or TokenKind.Minus ? SignedNumber()
                    : Is(Keyword.True) || Is(Keyword.False) || Is(Keyword.On) ? new StringLiteral(valueStart, TakeName())
                    : new StringLiteral(valueStart, NonReservedWordOrString());
            options.Add(new OptionItem(position, name, value));
        }
        return options.DrainToImmutable();
    }

    private CreateRoleStatement ParseCreateRole(int start, RoleKind kind)
    {
        Advance();
        var name = RoleName();
        Accept(Keyword.With);
        return new CreateRoleStatement(start, kind, name, ParseRoleOptions(isCreate: true));
    }

    private ImmutableArray<OptionItem> ParseRoleOptions(bool isCreate)
    {
        var options = ImmutableArray.CreateBuilder<OptionItem>();
        while (IsColLabel())
        {
            var position = _token.Start;
            if (Accept(Keyword.Encrypted) && !Is(Keyword.Password))
                throw Unexpected();
            if (Accept(Keyword.Password))
            {
                var at = _token.Start;
                options.Add(new OptionItem(position, "password", Accept(Keyword.Null) ? null : new StringLiteral(at, StringConstant())));
            }
            else if (Accept(Keyword.Connection))
            {
                Expect(Keyword.Limit);
                options.Add(new OptionItem(position, "connection_limit", new IntegerLiteral(_token.Start, SignedInteger())));
            }
            else if (Accept(Keyword.Valid))
            {
                Expect(Keyword.Until);
                options.Add(new OptionItem(position, "valid_until", new StringLiteral(_token.Start, StringConstant())));
            }
            else if (Accept(Keyword.User))
            {
                options.Add(new OptionItem(position, "user", RoleListValue()));
            }
            else if (isCreate && Accept(Keyword.Sysid))
            {
                options.Add(new OptionItem(position, "sysid", new IntegerLiteral(_token.Start, IntegerConstant())));
            }
            else if (isCreate && (Is(Keyword.Admin) || Is(Keyword.Role)))
            {
                var word = TakeName();
                options.Add(new OptionItem(position, word, RoleListValue()));
            }
            else if (isCreate && Accept(Keyword.In))
            {
                if (!Accept(Keyword.Role))
                    Expect(Keyword.Group);
                options.Add(new OptionItem(position, "in_role", RoleListValue()));
            }
            else if (Accept(Keyword.Inherit))
            {
                options.Add(new OptionItem(position, "inherit", null));
            }
            else if (Is(TokenKind.Identifier))
            {
                var word = _lexer.Name(_token);
                if (word is not ("superuser" or "nosuperuser" or "createrole" or "nocreaterole" or "replication" or "noreplication" or "createdb"
                    or "nocreatedb" or "login" or "nologin" or "bypassrls" or "nobypassrls" or "noinherit"))
                    throw SqlException.Syntax($"unrecognized role option \"{word}\"", position + 1);
                options.Add(new OptionItem(position, word, null));
                Advance();
            }
            else
            {
                throw Unexpected();
            }
        }
        return options.DrainToImmutable();
    }

    private RowExpression RoleListValue()
    {
        var start = _token.Start;
        var items = ImmutableArray.CreateBuilder<SyntaxExpression>();
        foreach (var role in RoleList())
            items.Add(new StringLiteral(start, role));
        return new RowExpression(start, items.DrainToImmutable(), IsExplicit: true);
    }
}
