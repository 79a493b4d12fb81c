using System.Collections.Immutable;
using OmenDb.Planner.Syntax;

namespace OmenDb.Planner.Grammar;

/// <content>DROP, COMMENT, GRANT, REVOKE.</content>
internal ref partial struct Parser
{
    /// <summary>The kinds that are named alone, without signature or table; consumes the words.</summary>
    private ObjectKind? ParseObjectKind()
    {
        if (!Is(TokenKind.Keyword))
            return null;
        ObjectKind? kind = _token.Keyword switch
        {
            Keyword.Table => ObjectKind.Table,
            Keyword.View => ObjectKind.View,
            Keyword.Index => ObjectKind.Index,
            Keyword.Sequence => ObjectKind.Sequence,
            Keyword.Schema => ObjectKind.Schema,
            Keyword.Type => ObjectKind.Type,
            Keyword.Domain => ObjectKind.Domain,
            Keyword.Extension => ObjectKind.Extension,
            Keyword.Database => ObjectKind.Database,
            Keyword.Role => ObjectKind.Role,
            Keyword.Collation => ObjectKind.Collation,
            Keyword.Tablespace => ObjectKind.Tablespace,
            Keyword.Language => ObjectKind.Language,
            Keyword.Statistics => ObjectKind.Statistics,
            Keyword.Conversion => ObjectKind.Conversion,
            Keyword.Publication => ObjectKind.Publication,
            Keyword.Subscription => ObjectKind.Subscription,
            Keyword.Server => ObjectKind.ForeignServer,
            _ => null,
        };
        if (kind is not null)
        {
            Advance();
            return kind;
        }
        if (Accept(Keyword.Materialized, Keyword.View))
            return ObjectKind.MaterializedView;
        if (Accept(Keyword.Foreign, Keyword.Table))
            return ObjectKind.ForeignTable;
        return null;
    }

    private Statement ParseDrop()
    {
        var start = _token.Start;
        Advance();
        if (Accept(Keyword.Owned))
        {
            Expect(Keyword.By);
            var roles = RoleList();
            return new OwnedStatement(start, roles, null, ParseDropBehavior());
        }
        var isRole = Is(Keyword.Group) || (Is(Keyword.User) && !PeekIs(Keyword.Mapping));
        ObjectKind kind;
        if (isRole)
        {
            Advance();
            kind = ObjectKind.Role;
        }
        else if (ParseObjectKind() is { } named)
        {
            kind = named;
        }
        else if (Is(TokenKind.Keyword) && _token.Keyword is Keyword.Function or Keyword.Procedure or Keyword.Routine or Keyword.Aggregate
            or Keyword.Trigger or Keyword.Rule or Keyword.Policy or Keyword.Operator or Keyword.Cast or Keyword.Transform or Keyword.Event
            or Keyword.Access or Keyword.Foreign or Keyword.Procedural or Keyword.Text or Keyword.User)
        {
            return SkipUnsupported(start, "DROP " + KeywordTable.Word(_token.Keyword).ToUpperInvariant());
        }
        else
        {
            throw Unexpected();
        }
        var isConcurrent = kind == ObjectKind.Index && Accept(Keyword.Concurrently);
        var ifExists = IfExists();
        ImmutableArray<QualifiedName> names;
        if (kind == ObjectKind.Role)
        {
            var position = _token.Start;
            names = [.. RoleList().Select(role => new QualifiedName(position, [role]))];
        }
        else
        {
            names = kind == ObjectKind.Database ? [AnyName()] : AnyNameList();
        }
        var force = kind == ObjectKind.Database && ParseForce();
        var cascade = kind is not (ObjectKind.Database or ObjectKind.Role or ObjectKind.Tablespace) && ParseDropBehavior();
        return new DropStatement(start, kind, names, ifExists, cascade) { IsConcurrent = isConcurrent, Force = force };
    }

    /// <summary>[[WITH] (FORCE)].</summary>
    private bool ParseForce()
    {
        if (!Accept(Keyword.With) && !Is(TokenKind.LeftParen))
            return false;
        Expect(TokenKind.LeftParen);
        do
            Expect(Keyword.Force);
        while (Accept(TokenKind.Comma));
        Expect(TokenKind.RightParen);
        return true;
    }

    private OwnedStatement ParseReassign()
    {
        var start = _token.Start;
        Advance();
        Expect(Keyword.Owned);
        Expect(Keyword.By);
        var roles = RoleList();
        Expect(Keyword.To);
        return new OwnedStatement(start, roles, RoleName(), Cascade: false);
    }

    private Statement ParseComment()
    {
        var start = _token.Start;
        Advance();
        Expect(Keyword.On);
        ObjectKind kind;
        QualifiedName name;
        if (Accept(Keyword.Column))
        {
            kind = ObjectKind.Column;
            name = AnyName();
        }
        else if (Accept(Keyword.Constraint))
        {
            kind = ObjectKind.Constraint;
            var position = _token.Start;
            var constraint = ColId();
            Expect(Keyword.On);
            if (Accept(Keyword.Domain))
                kind = ObjectKind.DomainConstraint;
            var table = AnyName();
            name = new QualifiedName(position, table.Parts.Add(constraint));
        }
        else if (ParseObjectKind() is { } named)
        {
            kind = named;
            name = AnyName();
        }
        else if (Is(TokenKind.Keyword) && _token.Keyword is Keyword.Function or Keyword.Procedure or Keyword.Routine or Keyword.Aggregate
            or Keyword.Trigger or Keyword.Rule or Keyword.Policy or Keyword.Operator or Keyword.Cast or Keyword.Transform or Keyword.Event
            or Keyword.Access or Keyword.Foreign or Keyword.Large or Keyword.Text or Keyword.Procedural)
        {
            return SkipUnsupported(start, "COMMENT ON " + KeywordTable.Word(_token.Keyword).ToUpperInvariant());
        }
        else
        {
            throw Unexpected();
        }
        Expect(Keyword.Is);
        return new CommentStatement(start, kind, name, Accept(Keyword.Null) ? null : StringConstant());
    }

    /// <param name="isDefault">Inside ALTER DEFAULT PRIVILEGES: kinds in the plural, no objects.</param>
    private GrantStatement ParseGrant(bool isGrant, bool isDefault = false)
    {
        var start = _token.Start;
        Advance();
        var withOption = false;
        if (!isGrant && (Is(Keyword.Grant) || Is(Keyword.Admin)) && PeekIs(Keyword.Option))
        {
            Advance();
            Advance();
            Expect(Keyword.For);
            withOption = true;
        }
        var privileges = ParsePrivileges();
        ObjectKind? kind = null;
        var objects = ImmutableArray<QualifiedName>.Empty;
        var allInSchema = false;
        if (Accept(Keyword.On))
            objects = isDefault ? ParseDefaultGrantKind(out kind) : ParseGrantObjects(out kind, out allInSchema);
        else if (isDefault)
            throw Unexpected();
        if (isGrant)
            Expect(Keyword.To);
        else
            Expect(Keyword.From);
        var grantees = ImmutableArray.CreateBuilder<string>(1);
        do
        {
            Accept(Keyword.Group);
            grantees.Add(RoleName());
        }
        while (Accept(TokenKind.Comma));
        if (isGrant && Accept(Keyword.With))
        {
            if (kind is null)
                Expect(Keyword.Admin);
            else
                Expect(Keyword.Grant);
            Expect(Keyword.Option);
            withOption = true;
        }
        string? grantedBy = null;
        if (Accept(Keyword.Granted))
        {
            Expect(Keyword.By);
            grantedBy = RoleName();
        }
        return new GrantStatement(start, isGrant, kind, privileges)
        {
            Objects = objects, AllInSchema = allInSchema, Grantees = grantees.DrainToImmutable(), WithOption = withOption,
            GrantedBy = grantedBy, Cascade = !isGrant && ParseDropBehavior(),
        };
    }

    private ImmutableArray<PrivilegeItem> ParsePrivileges()
    {
        var list = ImmutableArray.CreateBuilder<PrivilegeItem>(2);
        var start = _token.Start;
        if (Accept(Keyword.All))
        {
            Accept(Keyword.Privileges);
            list.Add(new PrivilegeItem(start, "all", OptionalParenthesizedNames()));
            return list.DrainToImmutable();
        }
        do
        {
            start = _token.Start;
            string name;
            if (Is(Keyword.Alter) && PeekIs(Keyword.System))
            {
                Advance();
                Advance();
                name = "alter system";
            }
            else
            {
                name = Is(Keyword.Select) || Is(Keyword.References) || Is(Keyword.Create) ? TakeName() : ColId();
            }
            list.Add(new PrivilegeItem(start, name, OptionalParenthesizedNames()));
        }
        while (Accept(TokenKind.Comma));
        return list.DrainToImmutable();
    }

    private ImmutableArray<QualifiedName> ParseDefaultGrantKind(out ObjectKind? kind)
    {
        kind = (Is(TokenKind.Keyword) ? _token.Keyword : Keyword.NotKeyword) switch
        {
            Keyword.Tables => ObjectKind.Table,
            Keyword.Sequences => ObjectKind.Sequence,
            Keyword.Functions => ObjectKind.Function,
            Keyword.Routines => ObjectKind.Routine,
            Keyword.Types => ObjectKind.Type,
            Keyword.Schemas => ObjectKind.Schema,
            _ => throw Unexpected(),
        };
        Advance();
        return [];
    }

    private ImmutableArray<QualifiedName> ParseGrantObjects(out ObjectKind? kind, out bool allInSchema)
    {
        allInSchema = false;
        if (Accept(Keyword.All))
        {
            kind = (Is(TokenKind.Keyword) ? _token.Keyword : Keyword.NotKeyword) switch
            {
                Keyword.Tables => ObjectKind.Table,
                Keyword.Sequences => ObjectKind.Sequence,
                Keyword.Functions => ObjectKind.Function,
                Keyword.Procedures => ObjectKind.Procedure,
                Keyword.Routines => ObjectKind.Routine,
                _ => throw Unexpected(),
            };
            Advance();
            Expect(Keyword.In);
            Expect(Keyword.Schema);
            allInSchema = true;
            return AnyNameList();
        }
        if (Is(TokenKind.Keyword) && _token.Keyword is Keyword.Function or Keyword.Procedure or Keyword.Routine)
        {
            kind = _token.Keyword switch { Keyword.Function => ObjectKind.Function, Keyword.Procedure => ObjectKind.Procedure, _ => ObjectKind.Routine };
            Advance();
            return ParseFunctionNames();
        }
        if (Accept(Keyword.Foreign, Keyword.Data))
        {
            Expect(Keyword.Wrapper);
            kind = ObjectKind.ForeignDataWrapper;
            return AnyNameList();
        }
        if (Accept(Keyword.Foreign, Keyword.Server))
        {
            kind = ObjectKind.ForeignServer;
            return AnyNameList();
        }
        if (Is(Keyword.Parameter))
        {
            Advance();
            kind = ObjectKind.Parameter;
            return AnyNameList();
        }
        if (Is(TokenKind.Keyword) && _token.Keyword is Keyword.Table or Keyword.Sequence or Keyword.Schema or Keyword.Type or Keyword.Domain
            or Keyword.Database or Keyword.Tablespace or Keyword.Language)
            kind = ParseObjectKind();
        else
            kind = ObjectKind.Table;
        return AnyNameList();
    }

    /// <summary>Function names with optional argument types, which are read over.</summary>
    private ImmutableArray<QualifiedName> ParseFunctionNames()
    {
        var names = ImmutableArray.CreateBuilder<QualifiedName>(1);
        do
        {
            var start = _token.Start;
            var first = IsColId() ? TakeName() : TypeOrFunctionName();
            names.Add(new QualifiedName(start, Is(TokenKind.Dot) ? DottedName(first) : [first]));
            if (!Accept(TokenKind.LeftParen))
                continue;
            for (var depth = 1; depth > 0; Advance())
            {
                if (IsAtEnd)
                    throw Unexpected();
                depth += _token.Kind switch { TokenKind.LeftParen => 1, TokenKind.RightParen => -1, _ => 0 };
            }
        }
        while (Accept(TokenKind.Comma));
        return names.DrainToImmutable();
    }
}
