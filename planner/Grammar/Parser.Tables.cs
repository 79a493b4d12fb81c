using System.Collections.Immutable;
using OmenDb.Planner.Syntax;
using OmenDb.Types;

namespace OmenDb.Planner.Grammar;

/// <content>CREATE TABLE, its columns and constraints, CREATE TABLE AS.</content>
internal ref partial struct Parser
{
    private Statement ParseCreateTable(int start, Persistence persistence)
    {
        Advance();
        var ifNotExists = IfNotExists();
        var name = RelationName();
        Statement result;
        if (Is(Keyword.As) || Is(Keyword.Using) || Is(Keyword.With) || Is(Keyword.On) || Is(Keyword.Tablespace)
            || (Is(TokenKind.LeftParen) && ParenIsNameList()))
            result = ParseCreateTableAsBody(start, name, persistence, isMaterializedView: false, ifNotExists);
        else
            result = ParseTableDefinition(start, name, persistence, ifNotExists);
        return result;
    }

    private CreateTableStatement ParseTableDefinition(int start, QualifiedName name, Persistence persistence, bool ifNotExists)
    {
        var statement = new CreateTableStatement(start, name) { Persistence = persistence, IfNotExists = ifNotExists };
        if (Accept(Keyword.Of))
        {
            statement = statement with { OfType = AnyName(), Elements = Is(TokenKind.LeftParen) ? ParseTableElements(typed: true) : [] };
        }
        else if (Accept(Keyword.Partition))
        {
            Expect(Keyword.Of);
            var parent = RelationName();
            var elements = Is(TokenKind.LeftParen) ? ParseTableElements(typed: true) : ImmutableArray<TableElement>.Empty;
            if (!Accept(Keyword.Default))
            {
                Expect(Keyword.For);
                Expect(Keyword.Values);
                SkipPartitionBound();
            }
            statement = statement with { PartitionOf = parent, Elements = elements };
        }
        else
        {
            statement = statement with { Elements = ParseTableElements(typed: false) };
            if (Accept(Keyword.Inherits))
            {
                Expect(TokenKind.LeftParen);
                statement = statement with { Inherits = AnyNameList() };
                Expect(TokenKind.RightParen);
            }
        }
        if (Is(Keyword.Partition))
            statement = statement with { PartitionBy = ParsePartitionBy() };
        return statement with
        {
            AccessMethod = Accept(Keyword.Using) ? ColId() : null, Options = ParseTableOptions(), OnCommit = ParseOnCommit(),
            Tablespace = Accept(Keyword.Tablespace) ? ColId() : null,
        };
    }

    /// <summary>Whether '(' opens the column names of CREATE TABLE AS: names and commas only, then AS or its clauses.</summary>
    private readonly bool ParenIsNameList()
    {
        var ahead = _lexer;
        if (_hasNext)
        {
            if (_next.Kind is not (TokenKind.Identifier or TokenKind.QuotedIdentifier or TokenKind.UnicodeIdentifier or TokenKind.Keyword))
                return false;
        }
        else
        {
            ahead.Next(out var first);
            if (first.Kind is not (TokenKind.Identifier or TokenKind.QuotedIdentifier or TokenKind.UnicodeIdentifier or TokenKind.Keyword))
                return false;
        }
        ahead.Next(out var token);
        return token.Kind is TokenKind.Comma or TokenKind.RightParen;
    }

    /// <summary>FOR VALUES IN (..) | FROM (..) TO (..) | WITH (..).</summary>
    private void SkipPartitionBound()
    {
        if (Accept(Keyword.In))
        {
            SkipParentheses();
        }
        else if (Accept(Keyword.From))
        {
            SkipParentheses();
            Expect(Keyword.To);
            SkipParentheses();
        }
        else
        {
            Expect(Keyword.With);
            SkipParentheses();
        }
    }

    private void SkipParentheses()
    {
        Expect(TokenKind.LeftParen);
        _ = ExpressionListOrModulus();
        Expect(TokenKind.RightParen);
    }

    private int ExpressionListOrModulus()
    {
        var count = 0;
        do
        {
            if (Accept(Keyword.Maxvalue) || Accept(Keyword.Minvalue))
                count++;
            else if (IsColId() && PeekKind() == TokenKind.Integer)
            {
                Advance();
                Advance();
            }
            else
            {
                ParseExpression();
            }
        }
        while (Accept(TokenKind.Comma));
        return count;
    }

    private PartitionClause ParsePartitionBy()
    {
        var start = _token.Start;
        Advance();
        Expect(Keyword.By);
        var strategy = ColId();
        return new PartitionClause(start, strategy, ParseIndexElements());
    }

    /// <summary>[WITH (options) | WITHOUT OIDS].</summary>
    private ImmutableArray<OptionItem> ParseTableOptions()
    {
        if (Accept(Keyword.Without))
        {
            Expect(Keyword.Oids);
            return [];
        }
        return Accept(Keyword.With) ? ParseRelOptions() : [];
    }

    private OnCommitAction ParseOnCommit()
    {
        if (!Accept(Keyword.On))
            return OnCommitAction.None;
        Expect(Keyword.Commit);
        if (Accept(Keyword.Drop))
            return OnCommitAction.Drop;
        var preserve = Accept(Keyword.Preserve);
        if (!preserve)
            Expect(Keyword.Delete);
        Expect(Keyword.Rows);
        return preserve ? OnCommitAction.PreserveRows : OnCommitAction.DeleteRows;
    }

    private CreateTableAsStatement ParseCreateTableAs(int start, Persistence persistence, bool isMaterializedView, bool ifNotExists) =>
        ParseCreateTableAsBody(start, RelationName(), persistence, isMaterializedView, ifNotExists);

    private CreateTableAsStatement ParseCreateTableAsBody(
        int start, QualifiedName name, Persistence persistence, bool isMaterializedView, bool ifNotExists)
    {
        var columns = OptionalParenthesizedNames();
        var method = Accept(Keyword.Using) ? ColId() : null;
        var options = ParseTableOptions();
        var onCommit = isMaterializedView ? OnCommitAction.None : ParseOnCommit();
        var tablespace = Accept(Keyword.Tablespace) ? ColId() : null;
        Expect(Keyword.As);
        Statement query = Is(Keyword.Execute) && !isMaterializedView ? ParseExecute() : new QueryStatement(_token.Start, ParseQuery());
        return new CreateTableAsStatement(start, name, query)
        {
            IsMaterializedView = isMaterializedView, Persistence = persistence, IfNotExists = ifNotExists, Columns = columns,
            AccessMethod = method, Options = options, OnCommit = onCommit, Tablespace = tablespace, WithNoData = !ParseWithData(),
        };
    }

    private ImmutableArray<TableElement> ParseTableElements(bool typed)
    {
        Expect(TokenKind.LeftParen);
        if (!typed && Accept(TokenKind.RightParen))
            return [];
        var elements = ImmutableArray.CreateBuilder<TableElement>(8);
        do
            elements.Add(ParseTableElement(typed));
        while (Accept(TokenKind.Comma));
        Expect(TokenKind.RightParen);
        return elements.DrainToImmutable();
    }

    private TableElement ParseTableElement(bool typed)
    {
        if (Is(Keyword.Like) && !typed)
            return ParseLikeElement();
        if (StartsTableConstraint())
            return ParseTableConstraint();
        return ParseColumnDefinition(typed);
    }

    private bool StartsTableConstraint() => _token.Kind == TokenKind.Keyword && (_token.Keyword is Keyword.Constraint or Keyword.Check or Keyword.Unique
        or Keyword.Primary or Keyword.Foreign || (_token.Keyword == Keyword.Exclude && PeekKind() == TokenKind.LeftParen)
        || (_token.Keyword == Keyword.Exclude && PeekIs(Keyword.Using)));

    private LikeElement ParseLikeElement()
    {
        var start = _token.Start;
        Advance();
        var table = RelationName();
        var options = LikeOptions.None;
        while (Is(Keyword.Including) || Is(Keyword.Excluding))
        {
            var including = Is(Keyword.Including);
            Advance();
            var option = (Is(TokenKind.Keyword) ? _token.Keyword : Keyword.NotKeyword) switch
            {
                Keyword.Comments => LikeOptions.Comments,
                Keyword.Compression => LikeOptions.Compression,
                Keyword.Constraints => LikeOptions.Constraints,
                Keyword.Defaults => LikeOptions.Defaults,
                Keyword.Generated => LikeOptions.Generated,
                Keyword.Identity => LikeOptions.Identity,
                Keyword.Indexes => LikeOptions.Indexes,
                Keyword.Statistics => LikeOptions.Statistics,
                Keyword.Storage => LikeOptions.Storage,
                Keyword.All => LikeOptions.All,
                _ => throw Unexpected(),
            };
            Advance();
            options = including ? options | option : options & ~option;
        }
        return new LikeElement(start, table, options);
    }

    private ColumnDefinition ParseColumnDefinition(bool typed)
    {
        var start = _token.Start;
        var name = ColId();
        TypeName? type = null;
        string? compression = null;
        if (typed)
        {
            if (Accept(Keyword.With))
                Expect(Keyword.Options);
        }
        else
        {
            type = ParseTypeName();
            if (Accept(Keyword.Compression))
                compression = Accept(Keyword.Default) ? "default" : ColId();
        }
        var constraints = ParseColumnConstraints(out var collation);
        return new ColumnDefinition(start, name, type) { Collation = collation, Compression = compression, Constraints = constraints };
    }

    private ImmutableArray<ConstraintSyntax> ParseColumnConstraints(out QualifiedName? collation)
    {
        collation = null;
        ImmutableArray<ConstraintSyntax>.Builder? list = null;
        while (true)
        {
            var start = _token.Start;
            if (Is(Keyword.Collate))
            {
                if (collation is not null)
                    throw SqlException.Syntax("multiple COLLATE clauses not allowed", start + 1);
                Advance();
                collation = AnyName();
                continue;
            }
            if (ParseColumnConstraint() is not { } constraint)
                return list is null ? [] : list.DrainToImmutable();
            list ??= ImmutableArray.CreateBuilder<ConstraintSyntax>(2);
            list.Add(ParseConstraintAttributes(constraint, isColumn: true));
        }
    }

    private ConstraintSyntax? ParseColumnConstraint()
    {
        var start = _token.Start;
        var name = Accept(Keyword.Constraint) ? ColId() : null;
        if (Is(Keyword.Not) && PeekIs(Keyword.Null))
        {
            Advance();
            Advance();
            return new NotNullConstraint(start, name);
        }
        if (Accept(Keyword.Null))
            return new NullConstraint(start, name);
        if (Accept(Keyword.Default))
            return new DefaultConstraint(start, name, RestrictedExpression());
        if (Is(Keyword.Check))
            return ParseCheck(start, name);
        if (Accept(Keyword.Unique))
        {
            var nullsNotDistinct = ParseNullsNotDistinct();
            return FinishUnique(new UniqueConstraint(start, name, IsPrimaryKey: false, []) { NullsNotDistinct = nullsNotDistinct });
        }
        if (Accept(Keyword.Primary))
        {
            Expect(Keyword.Key);
            return FinishUnique(new UniqueConstraint(start, name, IsPrimaryKey: true, []));
        }
        if (Is(Keyword.References))
            return ParseReferences(start, name, []);
        if (Accept(Keyword.Generated))
            return ParseGenerated(start, name);
        return name is null ? null : throw Unexpected();
    }

    private CheckConstraint ParseCheck(int start, string? name)
    {
        Expect(Keyword.Check);
        Expect(TokenKind.LeftParen);
        var condition = ParseExpression();
        Expect(TokenKind.RightParen);
        return new CheckConstraint(start, name, condition);
    }

    private ConstraintSyntax ParseGenerated(int start, string? name)
    {
        var always = Accept(Keyword.Always);
        if (!always)
        {
            Expect(Keyword.By);
            Expect(Keyword.Default);
        }
        Expect(Keyword.As);
        if (Accept(Keyword.Identity))
            return new IdentityConstraint(start, name, always, OptionalParenthesizedSequenceOptions());
        if (!always)
            throw SqlException.Syntax("for a generated column, GENERATED ALWAYS must be specified", start + 1);
        Expect(TokenKind.LeftParen);
        var value = ParseExpression();
        Expect(TokenKind.RightParen);
        Expect(Keyword.Stored);
        return new GeneratedConstraint(start, name, value);
    }

    private ImmutableArray<SequenceOption> OptionalParenthesizedSequenceOptions()
    {
        if (!Accept(TokenKind.LeftParen))
            return [];
        var options = ParseSequenceOptions();
        if (options.IsEmpty)
            throw Unexpected();
        Expect(TokenKind.RightParen);
        return options;
    }

    /// <summary>[INCLUDE (..)] [WITH (..)] [USING INDEX TABLESPACE ..].</summary>
    private UniqueConstraint FinishUnique(UniqueConstraint constraint)
    {
        if (!constraint.Columns.IsEmpty && Accept(Keyword.Include))
            constraint = constraint with { Include = ParenthesizedNames() };
        if (Accept(Keyword.With))
            constraint = constraint with { Options = ParseRelOptions() };
        if (Accept(Keyword.Using))
        {
            Expect(Keyword.Index);
            Expect(Keyword.Tablespace);
            constraint = constraint with { Tablespace = ColId() };
        }
        return constraint;
    }

    private ConstraintSyntax ParseTableConstraint()
    {
        var start = _token.Start;
        var name = Accept(Keyword.Constraint) ? ColId() : null;
        ConstraintSyntax constraint;
        if (Is(Keyword.Check))
        {
            constraint = ParseCheck(start, name);
        }
        else if (Is(Keyword.Unique) || Is(Keyword.Primary))
        {
            constraint = ParseTableUnique(start, name);
        }
        else if (Accept(Keyword.Foreign))
        {
            Expect(Keyword.Key);
            constraint = ParseReferences(start, name, ParenthesizedNames());
        }
        else if (Accept(Keyword.Exclude))
        {
            constraint = ParseExclude(start, name);
        }
        else
        {
            throw Unexpected();
        }
        return ParseConstraintAttributes(constraint, isColumn: false);
    }

    private UniqueConstraint ParseTableUnique(int start, string? name)
    {
        var isPrimary = Is(Keyword.Primary);
        Advance();
        if (isPrimary)
            Expect(Keyword.Key);
        if (Is(Keyword.Using) && PeekIs(Keyword.Index))
        {
            Advance();
            Advance();
            return new UniqueConstraint(start, name, isPrimary, []) { UsingIndex = ColId() };
        }
        var nullsNotDistinct = !isPrimary && ParseNullsNotDistinct();
        return FinishUnique(new UniqueConstraint(start, name, isPrimary, ParenthesizedNames()) { NullsNotDistinct = nullsNotDistinct });
    }

    private ExclusionConstraint ParseExclude(int start, string? name)
    {
        var method = Accept(Keyword.Using) ? ColId() : "btree";
        Expect(TokenKind.LeftParen);
        var elements = ImmutableArray.CreateBuilder<ExclusionElement>(2);
        do
        {
            var position = _token.Start;
            var element = ParseIndexElement();
            Expect(Keyword.With);
            string? schema = null;
            var operatorName = Is(Keyword.Operator) ? QualifiedOperator(out schema) : OperatorText();
            elements.Add(new ExclusionElement(position, element, operatorName, schema));
        }
        while (Accept(TokenKind.Comma));
        Expect(TokenKind.RightParen);
        if (Accept(Keyword.Include))
            ParenthesizedNames();
        if (Accept(Keyword.With))
            ParseRelOptions();
        SyntaxExpression? where = null;
        if (Accept(Keyword.Where))
        {
            Expect(TokenKind.LeftParen);
            where = ParseExpression();
            Expect(TokenKind.RightParen);
        }
        return new ExclusionConstraint(start, name, method, elements.DrainToImmutable(), where);
    }

    private ForeignKeyConstraint ParseReferences(int start, string? name, ImmutableArray<string> columns)
    {
        Expect(Keyword.References);
        var table = RelationName();
        var constraint = new ForeignKeyConstraint(start, name, columns, table, OptionalParenthesizedNames());
        if (Accept(Keyword.Match))
        {
            if (Accept(Keyword.Full))
                constraint = constraint with { Match = ForeignKeyMatch.Full };
            else if (Accept(Keyword.Partial))
                throw SqlException.NotSupported("MATCH PARTIAL", _previousEnd + 1);
            else
                Expect(Keyword.Simple);
        }
        while (Accept(Keyword.On))
        {
            var isDelete = Accept(Keyword.Delete);
            if (!isDelete)
                Expect(Keyword.Update);
            var action = ParseReferentialAction();
            var setColumns = action is ReferentialAction.SetNull or ReferentialAction.SetDefault ? OptionalParenthesizedNames() : [];
            if (isDelete)
                constraint = constraint with { OnDelete = action, OnDeleteColumns = setColumns };
            else if (!setColumns.IsEmpty)
                throw SqlException.NotSupported("a column list with SET NULL is only supported for ON DELETE actions; this", start + 1);
            else
                constraint = constraint with { OnUpdate = action };
        }
        return constraint;
    }

    private ReferentialAction ParseReferentialAction()
    {
        if (Accept(Keyword.Cascade))
            return ReferentialAction.Cascade;
        if (Accept(Keyword.Restrict))
            return ReferentialAction.Restrict;
        if (Accept(Keyword.Set))
        {
            if (Accept(Keyword.Null))
                return ReferentialAction.SetNull;
            Expect(Keyword.Default);
            return ReferentialAction.SetDefault;
        }
        Expect(Keyword.No);
        Expect(Keyword.Action);
        return ReferentialAction.NoAction;
    }

    /// <summary>[NOT] DEFERRABLE, INITIALLY .., NOT VALID, NO INHERIT behind any constraint.</summary>
    private ConstraintSyntax ParseConstraintAttributes(ConstraintSyntax constraint, bool isColumn)
    {
        while (true)
        {
            var start = _token.Start;
            if (Accept(Keyword.Deferrable))
                constraint = constraint with { Deferrable = true };
            else if (Accept(Keyword.Not, Keyword.Deferrable))
            {
                if (constraint.InitiallyDeferred)
                    throw SqlException.Syntax("constraint declared INITIALLY DEFERRED must be DEFERRABLE", start + 1);
                constraint = constraint with { Deferrable = false };
            }
            else if (Accept(Keyword.Initially))
            {
                var deferred = Accept(Keyword.Deferred);
                if (!deferred)
                    Expect(Keyword.Immediate);
                if (deferred && constraint.Deferrable == false)
                    throw SqlException.Syntax("constraint declared INITIALLY DEFERRED must be DEFERRABLE", start + 1);
                constraint = constraint with { InitiallyDeferred = deferred, Deferrable = deferred ? true : constraint.Deferrable };
            }
            else if (!isColumn && Accept(Keyword.Not, Keyword.Valid))
                constraint = constraint with { NotValid = true };
            else if (constraint is CheckConstraint or not (UniqueConstraint or ForeignKeyConstraint) && Accept(Keyword.No, Keyword.Inherit))
                constraint = constraint with { NoInherit = true };
            else
                return constraint;
        }
    }
}
