using System.Collections.Immutable;
using OmenDb.Planner.Syntax;
using OmenDb.Types;

namespace OmenDb.Planner.Grammar;

/// <content>ALTER.</content>
internal ref partial struct Parser
{
    private Statement ParseAlter()
    {
        var start = _token.Start;
        Expect(Keyword.Alter);
        if (!Is(TokenKind.Keyword))
            throw Unexpected();
        switch (_token.Keyword)
        {
            case Keyword.Table: Advance(); return ParseAlterRelation(start, ObjectKind.Table);
            case Keyword.Index: Advance(); return ParseAlterRelation(start, ObjectKind.Index);
            case Keyword.View: Advance(); return ParseAlterRelation(start, ObjectKind.View);
            case Keyword.Sequence: Advance(); return ParseAlterRelation(start, ObjectKind.Sequence);
            case Keyword.Materialized:
                Advance();
                Expect(Keyword.View);
                return ParseAlterRelation(start, ObjectKind.MaterializedView);
            case Keyword.Schema: Advance(); return ParseAlterNamed(start, ObjectKind.Schema);
            case Keyword.Type: Advance(); return ParseAlterType(start, ObjectKind.Type);
            case Keyword.Domain: Advance(); return ParseAlterType(start, ObjectKind.Domain);
            case Keyword.Database: Advance(); return ParseAlterDatabase(start);
            case Keyword.Role: Advance(); return ParseAlterRole(start, RoleKind.Role);
            case Keyword.Group: Advance(); return ParseAlterRole(start, RoleKind.Group);
            case Keyword.User when !PeekIs(Keyword.Mapping): Advance(); return ParseAlterRole(start, RoleKind.User);
            case Keyword.System:
                Advance();
                return new AlterSystemStatement(start, Is(Keyword.Reset) ? ParseReset() : ParseAlterSet());
            case Keyword.Default: Advance(); return ParseAlterDefaultPrivileges(start);
            case Keyword.Extension or Keyword.Function or Keyword.Procedure or Keyword.Routine or Keyword.Aggregate or Keyword.Foreign
                or Keyword.Server or Keyword.User or Keyword.Collation or Keyword.Conversion or Keyword.Event or Keyword.Operator or Keyword.Policy
                or Keyword.Publication or Keyword.Rule or Keyword.Statistics or Keyword.Subscription or Keyword.Tablespace or Keyword.Text
                or Keyword.Trigger or Keyword.Language or Keyword.Procedural or Keyword.Large:
                return SkipUnsupported(start, "ALTER " + KeywordTable.Word(_token.Keyword).ToUpperInvariant());
            default: throw Unexpected();
        }
    }

    private SetStatement ParseAlterSet()
    {
        var start = _token.Start;
        Expect(Keyword.Set);
        return ParseSetRest(start, SetScope.Session);
    }

    private Statement ParseAlterRelation(int start, ObjectKind kind)
    {
        if (Accept(Keyword.All))
            return SkipUnsupported(start, "ALTER ALL IN TABLESPACE");
        var ifExists = IfExists();
        var table = kind == ObjectKind.Table ? ParseRelationReference() : new TableReference(_token.Start, RelationName(), null);
        if (Accept(Keyword.Rename))
            return ParseRename(start, kind, table.Name, ifExists);
        if (Is(Keyword.Set) && PeekIs(Keyword.Schema))
        {
            Advance();
            Advance();
            return new SetSchemaStatement(start, kind, table.Name, ColId(), ifExists);
        }
        if (kind == ObjectKind.Index && Is(Keyword.Depends))
            return SkipUnsupported(start, "ALTER INDEX DEPENDS ON EXTENSION");
        if (kind == ObjectKind.Sequence && !Is(Keyword.Owner) && !Is(Keyword.Set))
        {
            var options = ParseSequenceOptions();
            if (options.IsEmpty)
                throw Unexpected();
            return new AlterSequenceStatement(start, table.Name, ifExists, options);
        }
        if (Is(TokenKind.End) || Is(TokenKind.Semicolon))
            throw Unexpected();
        var actions = ImmutableArray.CreateBuilder<AlterTableAction>(1);
        do
            actions.Add(ParseAlterAction());
        while (Accept(TokenKind.Comma));
        return new AlterTableStatement(start, kind, table, ifExists, actions.DrainToImmutable());
    }

    private RenameStatement ParseRename(int start, ObjectKind kind, QualifiedName name, bool ifExists)
    {
        if (Accept(Keyword.To))
            return new RenameStatement(start, kind, name, kind, null, ColId()) { IfExists = ifExists };
        var subKind = ObjectKind.Column;
        if (Accept(Keyword.Constraint))
            subKind = kind == ObjectKind.Domain ? ObjectKind.DomainConstraint : ObjectKind.Constraint;
        else if (kind == ObjectKind.Type && Accept(Keyword.Attribute))
            subKind = ObjectKind.Attribute;
        else
            Accept(Keyword.Column);
        var subName = ColId();
        Expect(Keyword.To);
        var newName = ColId();
        if (subKind == ObjectKind.Attribute)
            ParseDropBehavior();
        return new RenameStatement(start, kind, name, subKind, subName, newName) { IfExists = ifExists };
    }

    private AlterTableAction ParseAlterAction()
    {
        var start = _token.Start;
        if (!Is(TokenKind.Keyword))
            throw Unexpected();
        var keyword = _token.Keyword;
        switch (keyword)
        {
            case Keyword.Add:
                Advance();
                if (StartsTableConstraint())
                    return new AddConstraintAction(start, ParseTableConstraint());
                Accept(Keyword.Column);
                var ifNotExists = IfNotExists();
                return new AddColumnAction(start, ParseColumnDefinition(typed: false), ifNotExists);
            case Keyword.Drop: return ParseDropAction(start);
            case Keyword.Alter: return ParseAlterColumnAction(start);
            case Keyword.Validate:
                Advance();
                Expect(Keyword.Constraint);
                return new ValidateConstraintAction(start, ColId());
            case Keyword.Owner:
                Advance();
                Expect(Keyword.To);
                return new OwnerAction(start, RoleName());
            case Keyword.Seal:
                Advance();
                return new SealAction(start);
            case Keyword.Set: return ParseSetAction(start);
            case Keyword.Reset:
                Advance();
                return new SetOptionsAction(start, ParseRelOptions(), IsReset: true);
            case Keyword.Enable or Keyword.Disable or Keyword.Force or Keyword.No or Keyword.Cluster or Keyword.Inherit or Keyword.Replica
                or Keyword.Attach or Keyword.Detach or Keyword.Of or Keyword.Not or Keyword.Options:
                return SkipAction(start, "ALTER TABLE " + KeywordTable.Word(keyword).ToUpperInvariant());
            default: throw Unexpected();
        }
    }

    /// <summary>Reads over one action: up to a comma outside parentheses, or the end.</summary>
    private UnsupportedAction SkipAction(int start, string feature)
    {
        for (var depth = 0; !IsAtEnd && (depth > 0 || _token.Kind is not (TokenKind.Semicolon or TokenKind.Comma)); Advance())
            depth += _token.Kind switch { TokenKind.LeftParen => 1, TokenKind.RightParen => -1, _ => 0 };
        return new UnsupportedAction(start, feature);
    }

    private AlterTableAction ParseDropAction(int start)
    {
        Advance();
        if (Accept(Keyword.Constraint))
        {
            var constraintExists = IfExists();
            return new DropConstraintAction(start, ColId(), constraintExists, ParseDropBehavior());
        }
        Accept(Keyword.Column);
        var ifExists = IfExists();
        return new DropColumnAction(start, ColId(), ifExists, ParseDropBehavior());
    }

    private AlterTableAction ParseSetAction(int start)
    {
        Advance();
        if (Accept(Keyword.Tablespace))
        {
            var action = new SetTablespaceAction(start, ColId());
            Accept(Keyword.Nowait);
            return action;
        }
        if (Accept(Keyword.Logged))
            return new SetPersistenceAction(start, Persistence.Permanent);
        if (Accept(Keyword.Unlogged))
            return new SetPersistenceAction(start, Persistence.Unlogged);
        if (Is(TokenKind.LeftParen))
            return new SetOptionsAction(start, ParseRelOptions(), IsReset: false);
        if (Accept(Keyword.Access))
        {
            Expect(Keyword.Method);
            ColId();
            return new UnsupportedAction(start, "ALTER TABLE SET ACCESS METHOD");
        }
        Expect(Keyword.Without);
        if (Accept(Keyword.Cluster))
            return new UnsupportedAction(start, "ALTER TABLE SET WITHOUT CLUSTER");
        Expect(Keyword.Oids);
        return new SetOptionsAction(start, [], IsReset: true);
    }

    private AlterTableAction ParseAlterColumnAction(int start)
    {
        Advance();
        if (Accept(Keyword.Constraint))
        {
            var name = ColId();
            var attributes = ParseConstraintAttributes(new NullConstraint(start, name), isColumn: true);
            return new AlterConstraintAction(start, name, attributes.Deferrable, attributes.InitiallyDeferred);
        }
        Accept(Keyword.Column);
        if (Is(TokenKind.Integer))
        {
            var number = IntegerConstant().ToString();
            Expect(Keyword.Set);
            Expect(Keyword.Statistics);
            return new SetStatisticsAction(start, number, SignedInteger());
        }
        var column = ColId();
        if (Accept(Keyword.Drop))
            return ParseDropFromColumn(start, column);
        if (Accept(Keyword.Add))
        {
            var position = _token.Start;
            Expect(Keyword.Generated);
            return ParseGenerated(position, null) is IdentityConstraint identity
                ? new AddIdentityAction(start, column, identity) : throw SqlException.Syntax("syntax error at or near \"(\"", position + 1);
        }
        if (Accept(Keyword.Reset))
            return new SetOptionsAction(start, ParseRelOptions(), IsReset: true);
        if (Is(Keyword.Restart))
            return ParseIdentityChange(start, column);
        if (Is(Keyword.Set) && !(PeekIs(Keyword.Data) || PeekIs(Keyword.Default) || PeekIs(Keyword.Not) || PeekIs(Keyword.Statistics)
            || PeekIs(Keyword.Storage) || PeekIs(Keyword.Compression) || PeekKind() == TokenKind.LeftParen))
            return ParseIdentityChange(start, column);
        if (Accept(Keyword.Type))
            return ParseColumnType(start, column);
        Expect(Keyword.Set);
        if (Accept(Keyword.Data))
        {
            Expect(Keyword.Type);
            return ParseColumnType(start, column);
        }
        if (Accept(Keyword.Default))
            return new SetDefaultAction(start, column, ParseExpression());
        if (Accept(Keyword.Not))
        {
            Expect(Keyword.Null);
            return new SetNotNullAction(start, column, NotNull: true);
        }
        if (Accept(Keyword.Statistics))
            return new SetStatisticsAction(start, column, SignedInteger());
        if (Accept(Keyword.Storage))
            return new SetStorageAction(start, column, ColId());
        if (Accept(Keyword.Compression))
        {
            if (!Accept(Keyword.Default))
                ColId();
            return new UnsupportedAction(start, "ALTER TABLE ALTER COLUMN SET COMPRESSION");
        }
        return new SetOptionsAction(start, ParseRelOptions(), IsReset: false);
    }

    private AlterTableAction ParseDropFromColumn(int start, string column)
    {
        if (Accept(Keyword.Default))
            return new SetDefaultAction(start, column, null);
        if (Accept(Keyword.Not))
        {
            Expect(Keyword.Null);
            return new SetNotNullAction(start, column, NotNull: false);
        }
        if (Accept(Keyword.Expression))
            return new DropExpressionAction(start, column, IfExists());
        Expect(Keyword.Identity);
        return new DropIdentityAction(start, column, IfExists());
    }

    private AlterTypeAction ParseColumnType(int start, string column)
    {
        var type = ParseTypeName();
        var collation = Accept(Keyword.Collate) ? AnyName() : null;
        return new AlterTypeAction(start, column, type, collation, Accept(Keyword.Using) ? ParseExpression() : null);
    }

    /// <summary>{SET GENERATED .. | SET option | RESTART ..}*.</summary>
    private AlterIdentityAction ParseIdentityChange(int start, string column)
    {
        bool? always = null;
        var options = ImmutableArray.CreateBuilder<SequenceOption>();
        while (Is(Keyword.Set) || Is(Keyword.Restart))
        {
            var isRestart = Is(Keyword.Restart);
            if (!isRestart)
                Advance();
            if (!isRestart && Accept(Keyword.Generated))
            {
                always = Accept(Keyword.Always);
                if (always == false)
                {
                    Expect(Keyword.By);
                    Expect(Keyword.Default);
                }
            }
            else
            {
                options.Add(ParseSequenceOption() ?? throw Unexpected());
            }
        }
        return new AlterIdentityAction(start, column, always, options.DrainToImmutable());
    }

    private Statement ParseAlterNamed(int start, ObjectKind kind)
    {
        var name = AnyName();
        if (Accept(Keyword.Rename))
        {
            Expect(Keyword.To);
            return new RenameStatement(start, kind, name, kind, null, ColId());
        }
        Expect(Keyword.Owner);
        Expect(Keyword.To);
        return new OwnerStatement(start, kind, name, RoleName());
    }

    private Statement ParseAlterType(int start, ObjectKind kind)
    {
        var name = AnyName();
        if (Accept(Keyword.Owner))
        {
            Expect(Keyword.To);
            return new OwnerStatement(start, kind, name, RoleName());
        }
        if (Is(Keyword.Set) && PeekIs(Keyword.Schema))
        {
            Advance();
            Advance();
            return new SetSchemaStatement(start, kind, name, ColId(), IfExists: false);
        }
        if (kind == ObjectKind.Type && Is(Keyword.Add) && PeekIs(Keyword.Value))
        {
            Advance();
            Advance();
            var ifNotExists = IfNotExists();
            var label = StringConstant();
            var isAfter = Is(Keyword.After);
            var neighbour = Accept(Keyword.Before) || Accept(Keyword.After) ? StringConstant() : null;
            return new AlterEnumStatement(start, name, null, label) { IfNotExists = ifNotExists, Neighbour = neighbour, IsAfter = isAfter };
        }
        if (Is(Keyword.Rename))
        {
            Advance();
            if (kind == ObjectKind.Type && Accept(Keyword.Value))
            {
                var old = StringConstant();
                Expect(Keyword.To);
                return new AlterEnumStatement(start, name, old, StringConstant());
            }
            return ParseRename(start, kind, name, ifExists: false);
        }
        if (!Is(Keyword.Add) && !Is(Keyword.Drop) && !Is(Keyword.Alter) && !Is(Keyword.Set) && !Is(Keyword.Validate))
            throw Unexpected();
        return SkipUnsupported(start, kind == ObjectKind.Type ? "ALTER TYPE for composite types" : "ALTER DOMAIN");
    }

    private Statement ParseAlterDatabase(int start)
    {
        var position = _token.Start;
        var name = ColId();
        if (Is(Keyword.Set) && PeekIs(Keyword.Tablespace))
            return SkipUnsupported(start, "ALTER DATABASE SET TABLESPACE");
        if (Is(Keyword.Set))
            return new AlterSettingStatement(start, ObjectKind.Database, name, null, ParseAlterSet());
        if (Is(Keyword.Reset))
            return new AlterSettingStatement(start, ObjectKind.Database, name, null, ParseReset());
        if (Accept(Keyword.Rename))
        {
            Expect(Keyword.To);
            return new RenameStatement(start, ObjectKind.Database, new QualifiedName(position, [name]), ObjectKind.Database, null, ColId());
        }
        if (Accept(Keyword.Owner, Keyword.To))
            return new OwnerStatement(start, ObjectKind.Database, new QualifiedName(position, [name]), RoleName());
        if (Is(Keyword.Refresh))
            return SkipUnsupported(start, "ALTER DATABASE REFRESH COLLATION VERSION");
        Accept(Keyword.With);
        return new AlterDatabaseStatement(start, name, ParseDatabaseOptions());
    }

    private Statement ParseAlterRole(int start, RoleKind kind)
    {
        var position = _token.Start;
        var name = Accept(Keyword.All) ? null : RoleName();
        if (name is not null && kind == RoleKind.Group && (Is(Keyword.Add) || Is(Keyword.Drop)))
        {
            var word = TakeName();
            Expect(Keyword.User);
            return new AlterRoleStatement(start, kind, name, [new OptionItem(position, word + "_user", RoleListValue())]);
        }
        if (name is not null && Accept(Keyword.Rename))
        {
            Expect(Keyword.To);
            return new RenameStatement(start, ObjectKind.Role, new QualifiedName(position, [name]), ObjectKind.Role, null, RoleName());
        }
        string? database = null;
        if (Is(Keyword.In) && PeekIs(Keyword.Database))
        {
            Advance();
            Advance();
            database = ColId();
        }
        if (Is(Keyword.Set))
            return new AlterSettingStatement(start, ObjectKind.Role, name, database, ParseAlterSet());
        if (Is(Keyword.Reset))
            return new AlterSettingStatement(start, ObjectKind.Role, name, database, ParseReset());
        if (name is null || database is not null)
            throw Unexpected();
        Accept(Keyword.With);
        return new AlterRoleStatement(start, kind, name, ParseRoleOptions(isCreate: false));
    }

    private AlterDefaultPrivilegesStatement ParseAlterDefaultPrivileges(int start)
    {
        Expect(Keyword.Privileges);
        ImmutableArray<string> roles = [], schemas = [];
        while (true)
        {
            if (Accept(Keyword.In))
            {
                Expect(Keyword.Schema);
                schemas = NameList();
            }
            else if (Accept(Keyword.For))
            {
                if (!Accept(Keyword.Role))
                    Expect(Keyword.User);
                roles = RoleList();
            }
            else
            {
                break;
            }
        }
        if (!Is(Keyword.Grant) && !Is(Keyword.Revoke))
            throw Unexpected();
        return new AlterDefaultPrivilegesStatement(start, roles, schemas, ParseGrant(Is(Keyword.Grant), isDefault: true));
    }
}
