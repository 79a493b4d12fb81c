using System.Collections.Immutable;
using OmenDb.Engine.Catalog;
using OmenDb.Engine.Settings;
using OmenDb.Planner.Syntax;
using OmenDb.Storage.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Ddl;

/// <summary>Schemas, types, databases, roles, comments and privileges.</summary>
internal static class MiscellaneousCommands
{
    public static RoleEntry Role(Session session, string name) => name switch
    {
        "current_user" or "current_role" => session.Catalog.FindRole(session.CurrentUser)!,
        "session_user" => session.Catalog.FindRole(session.SessionUser)!,
        _ => session.Catalog.FindRole(name) ?? throw new SqlException(SqlState.UndefinedObject, $"role \"{name}\" does not exist"),
    };

    public static string CreateSchema(Session session, CreateSchemaStatement statement, string sql)
    {
        var owner = statement.Owner is null ? session.RoleOid : Role(session, statement.Owner).Oid;
        var name = statement.Name ?? Role(session, statement.Owner!).Name;
        if (name.StartsWith("pg_", StringComparison.Ordinal))
            throw new SqlException(SqlState.ReservedName, $"unacceptable schema name \"{name}\"") { Detail = "The prefix \"pg_\" is reserved for system schemas." };
        DdlNames.Reserve(session, session.DatabaseOid, name);
        if (name == "information_schema" || session.Catalog.FindSchema(session.DatabaseOid, name) is not null)
        {
            if (!statement.IfNotExists)
                throw new SqlException(SqlState.DuplicateSchema, $"schema \"{name}\" already exists");
            session.Notice($"schema \"{name}\" already exists, skipping", SqlState.DuplicateSchema);
            return "CREATE SCHEMA";
        }
        var changes = session.Transaction.Catalog;
        changes.Put(new SchemaEntry { Oid = changes.NewOid(), Name = name, DatabaseOid = session.DatabaseOid, OwnerOid = owner });
        foreach (var element in statement.Elements)
            DdlCommands.Run(session, InSchema(element, name), sql);
        return "CREATE SCHEMA";
    }

    private static QualifiedName InSchema(QualifiedName name, string schema) => name.Schema is null ? name with { Parts = [schema, name.Name] } : name;

    private static Statement InSchema(Statement element, string schema) => element switch
    {
        CreateTableStatement t => t with { Name = InSchema(t.Name, schema) },
        CreateViewStatement v => v with { Name = InSchema(v.Name, schema) },
        CreateIndexStatement i => i with { Table = InSchema(i.Table, schema) },
        CreateSequenceStatement s => s with { Name = InSchema(s.Name, schema) },
        _ => element,
    };

    public static string CreateEnum(Session session, CreateEnumStatement statement)
    {
        var schema = session.CreationSchema(statement.Name.Schema, statement.Name.ErrorPosition);
        var repeated = statement.Labels.GroupBy(l => l).FirstOrDefault(g => g.Count() > 1);
        if (repeated is not null)
            throw new SqlException("23505", "duplicate key value violates unique constraint \"pg_enum_typid_label_index\"") { Detail = $"Key (enumlabel)=({repeated.Key}) already exists." };
        if (statement.Labels.FirstOrDefault(l => System.Text.Encoding.UTF8.GetByteCount(l) > 63) is { } tooLong)
            throw new SqlException(SqlState.InvalidName, $"invalid enum label \"{tooLong}\"") { Detail = "Labels must be 63 bytes or less." };
        if (session.Catalog.FindEnum(schema.Oid, statement.Name.Name) is not null)
            throw new SqlException(SqlState.DuplicateObject, $"type \"{statement.Name.Name}\" already exists");
        var changes = session.Transaction.Catalog;
        changes.Put(new EnumEntry { Oid = changes.NewOid(), ArrayOid = changes.NewOid(), Name = statement.Name.Name, SchemaOid = schema.Oid, OwnerOid = session.RoleOid, Labels = statement.Labels });
        return "CREATE TYPE";
    }

    public static string AlterEnum(Session session, AlterEnumStatement statement)
    {
        var entry = session.CurrentNames.FindEnum(statement.Name.Schema, statement.Name.Name)
            ?? throw new SqlException(SqlState.UndefinedObject, $"type \"{statement.Name}\" does not exist");
        var exists = entry.Labels.Contains(statement.NewLabel);
        if (statement.OldLabel is { } old)
        {
            if (!entry.Labels.Contains(old))
                throw new SqlException(SqlState.InvalidParameterValue, $"\"{old}\" is not an existing enum label");
            if (exists)
                throw new SqlException(SqlState.DuplicateObject, $"enum label \"{statement.NewLabel}\" already exists");
            session.Transaction.Catalog.Put(entry with { Labels = entry.Labels.Replace(old, statement.NewLabel) });
            return "ALTER TYPE";
        }
        if (exists)
        {
            if (!statement.IfNotExists)
                throw new SqlException(SqlState.DuplicateObject, $"enum label \"{statement.NewLabel}\" already exists");
            session.Notice($"enum label \"{statement.NewLabel}\" already exists, skipping", SqlState.DuplicateObject);
            return "ALTER TYPE";
        }
        var at = entry.Labels.Length;
        if (statement.Neighbour is { } neighbour)
        {
            at = entry.Labels.IndexOf(neighbour);
            if (at < 0)
                throw new SqlException(SqlState.InvalidParameterValue, $"\"{neighbour}\" is not an existing enum label");
            at += statement.IsAfter ? 1 : 0;
        }
        // Values are stored as places in the list: one in the middle would change the meaning of those behind it.
        if (at < entry.Labels.Length && session.Catalog.Objects.OfType<TableEntry>().Any(t => t.Columns.Any(c => c.Type.UserOid == entry.Oid || c.Type.Element?.UserOid == entry.Oid)))
            throw SqlException.NotSupported("ALTER TYPE ... ADD VALUE before another value while tables use the type", statement.ErrorPosition);
        session.Transaction.Catalog.Put(entry with { Labels = entry.Labels.Insert(at, statement.NewLabel) });
        return "ALTER TYPE";
    }

    public static string CreateDatabase(Session session, CreateDatabaseStatement statement)
    {
        session.PreventInBlock("CREATE DATABASE");
        if (session.Catalog.FindDatabase(statement.Name) is not null)
            throw new SqlException(SqlState.DuplicateDatabase, $"database \"{statement.Name}\" already exists");
        var changes = session.Transaction.Catalog;
        var oid = changes.NewOid();
        changes.Put(new DatabaseEntry { Oid = oid, Name = statement.Name, OwnerOid = session.RoleOid });
        changes.Put(new SchemaEntry { Oid = changes.NewOid(), Name = "public", DatabaseOid = oid, Comment = "standard public schema" });
        return "CREATE DATABASE";
    }

    public static void DropDatabase(Session session, DropStatement statement)
    {
        session.PreventInBlock("DROP DATABASE");
        var name = statement.Names[0].Name;
        if (session.Catalog.FindDatabase(name) is not { } database)
        {
            if (!statement.IfExists)
                throw new SqlException(SqlState.InvalidCatalogName, $"database \"{name}\" does not exist");
            session.Notice($"database \"{name}\" does not exist, skipping");
            return;
        }
        if (database.Oid == session.DatabaseOid)
            throw new SqlException(SqlState.ObjectInUse, "cannot drop the currently open database");
        var others = session.Database.Sessions.Count(s => s.DatabaseOid == database.Oid);
        if (others > 0)
            throw new SqlException(SqlState.ObjectInUse, $"database \"{name}\" is being accessed by other users") { Detail = others == 1 ? "There is 1 other session using the database." : $"There are {others} other sessions using the database." };
        var changes = session.Transaction.Catalog;
        foreach (var schema in changes.Current.Children(database.Oid).ToArray())
        {
            foreach (var entry in changes.Current.Children(schema.Oid).ToArray())
            {
                if (entry is TableEntry table)
                    session.Database.Storage.DropTable(session.Transaction, table);
                else if (entry is not IndexEntry)
                    changes.Drop(entry.Oid);
            }
            changes.Drop(schema.Oid);
        }
        changes.Drop(database.Oid);
    }

    public static string CreateRole(Session session, CreateRoleStatement statement)
    {
        if (session.Catalog.FindRole(statement.Name) is not null)
            throw new SqlException(SqlState.DuplicateObject, $"role \"{statement.Name}\" already exists");
        if (statement.Name is "public" or "none" || statement.Name.StartsWith("pg_", StringComparison.Ordinal))
            throw new SqlException(SqlState.ReservedName, $"role name \"{statement.Name}\" is reserved");
        var changes = session.Transaction.Catalog;
        var role = new RoleEntry { Oid = changes.NewOid(), Name = statement.Name, CanLogin = statement.Kind == RoleKind.User };
        changes.Put(WithOptions(role, statement.Options));
        return "CREATE ROLE";
    }

    public static string AlterRole(Session session, AlterRoleStatement statement)
    {
        session.Transaction.Catalog.Put(WithOptions(Role(session, statement.Name), statement.Options));
        return "ALTER ROLE";
    }

    private static RoleEntry WithOptions(RoleEntry role, ImmutableArray<OptionItem> options)
    {
        foreach (var option in options)
        {
            role = option.Name switch
            {
                "login" => role with { CanLogin = true },
                "nologin" => role with { CanLogin = false },
                "superuser" => role with { IsSuperuser = true },
                "nosuperuser" => role with { IsSuperuser = false },
                "password" => role with { PasswordVerifier = option.Value is null or NullLiteral ? null : ScramVerifier.Of(OptionValues.Text(option)) },
                _ => role, // rights that are not checked here: createdb, createrole, inherit, connection limit
            };
        }
        return role;
    }

    public static void DropRoles(Session session, DropStatement statement)
    {
        foreach (var name in statement.Names)
        {
            if (session.Catalog.FindRole(name.Name) is not { } role)
            {
                if (!statement.IfExists)
                    throw new SqlException(SqlState.UndefinedObject, $"role \"{name.Name}\" does not exist");
                session.Notice($"role \"{name.Name}\" does not exist, skipping");
                continue;
            }
            if (role.Name == session.CurrentUser || role.Name == session.SessionUser)
                throw new SqlException(SqlState.ObjectInUse, role.Name == session.CurrentUser ? "current user cannot be dropped" : "session user cannot be dropped");
            if (role.Oid == CatalogStore.BootstrapRoleOid)
                throw new SqlException(SqlState.DependentObjectsStillExist, $"cannot drop role {role.Name} because it is required by the database system");
            var owned = session.Catalog.Objects.Where(o => o.OwnerOid == role.Oid && o.Oid != role.Oid).ToList();
            if (owned.Count > 0)
            {
                throw new SqlException(SqlState.DependentObjectsStillExist, $"role \"{role.Name}\" cannot be dropped because some objects depend on it")
                {
                    Detail = string.Join('\n', owned.Take(100).Select(o => $"owner of {DdlNames.Noun(o)} {o.Name}")),
                };
            }
            session.Transaction.Catalog.Drop(role.Oid);
        }
    }

    /// <summary>ALTER ROLE and DATABASE ... SET.</summary>
    public static string AlterSetting(Session session, AlterSettingStatement statement)
    {
        var changes = session.Transaction.Catalog;
        var tag = "ALTER " + CommandTags.Kind(statement.Kind);
        if (statement.Kind == ObjectKind.Database)
        {
            var database = session.Catalog.FindDatabase(statement.Name!) ?? throw new SqlException(SqlState.InvalidCatalogName, $"database \"{statement.Name}\" does not exist");
            changes.Put(database with { Settings = Changed(database.Settings, statement.Setting, "") });
            return tag;
        }
        if (statement.Name is null)
            throw SqlException.NotSupported("ALTER ROLE ALL SET", statement.ErrorPosition);
        var role = Role(session, statement.Name);
        var prefix = statement.InDatabase is null ? "" : (session.Catalog.FindDatabase(statement.InDatabase)?.Oid
            ?? throw new SqlException(SqlState.InvalidCatalogName, $"database \"{statement.InDatabase}\" does not exist")) + "/";
        changes.Put(role with { Settings = Changed(role.Settings, statement.Setting, prefix) });
        return tag;
    }

    private static ImmutableSortedDictionary<string, string> Changed(ImmutableSortedDictionary<string, string> settings, Statement change, string prefix)
    {
        if (change is ResetStatement reset)
            return reset.Name is null ? settings.RemoveRange(settings.Keys.Where(k => k.StartsWith(prefix, StringComparison.Ordinal))) : settings.Remove(prefix + reset.Name);
        var set = (SetStatement)change;
        if (SettingTable.Find(set.Name) is null && !set.Name.Contains('.'))
            throw SessionSettings.Unknown(set.Name);
        var value = SetCommand.Value(set);
        return value is null ? settings.Remove(prefix + set.Name) : settings.SetItem(prefix + set.Name, SettingTable.Find(set.Name)?.Parse(value) ?? value);
    }

    public static string Comment(Session session, CommentStatement statement)
    {
        var names = session.CurrentNames;
        var changes = session.Transaction.Catalog;
        switch (statement.Kind)
        {
            case ObjectKind.Table or ObjectKind.View or ObjectKind.Index or ObjectKind.Sequence:
                changes.Put((DdlNames.TryLocked(session, statement.Name, TableLockMode.ShareUpdateExclusive) ?? DdlNames.Relation(session.CurrentNames, statement.Name)) with { Comment = statement.Comment });
                break;
            case ObjectKind.Column:
                var ownerName = new QualifiedName(statement.Name.Position, statement.Name.Parts[..^1]);
                var owner = DdlNames.TryLocked(session, ownerName, TableLockMode.ShareUpdateExclusive) ?? DdlNames.Relation(session.CurrentNames, ownerName);
                var table = owner as TableEntry ?? throw SqlException.NotSupported($"COMMENT ON COLUMN of a {DdlNames.Noun(owner)}", statement.ErrorPosition);
                AlterColumns.Replace(session, table, DdlNames.Column(table, statement.Name.Name, statement.Name.ErrorPosition) with { Comment = statement.Comment });
                break;
            case ObjectKind.Constraint:
                var constrained = DdlNames.LockedTable(session, new QualifiedName(statement.Name.Position, statement.Name.Parts[..^1]), TableLockMode.ShareUpdateExclusive);
                var constraint = constrained.Constraints.FirstOrDefault(c => c.Name == statement.Name.Name)
                    ?? throw new SqlException(SqlState.UndefinedObject, $"constraint \"{statement.Name.Name}\" for table \"{constrained.Name}\" does not exist");
                changes.Put(constrained with { Constraints = constrained.Constraints.Replace(constraint, constraint with { Comment = statement.Comment }) });
                break;
            case ObjectKind.Schema:
                changes.Put((session.Catalog.FindSchema(session.DatabaseOid, statement.Name.Name)
                    ?? throw new SqlException(SqlState.InvalidSchemaName, $"schema \"{statement.Name.Name}\" does not exist")) with { Comment = statement.Comment });
                break;
            case ObjectKind.Database:
                changes.Put((session.Catalog.FindDatabase(statement.Name.Name)
                    ?? throw new SqlException(SqlState.InvalidCatalogName, $"database \"{statement.Name.Name}\" does not exist")) with { Comment = statement.Comment });
                break;
            case ObjectKind.Role:
                changes.Put(Role(session, statement.Name.Name) with { Comment = statement.Comment });
                break;
            case ObjectKind.Type:
                changes.Put((names.FindEnum(statement.Name.Schema, statement.Name.Name)
                    ?? throw new SqlException(SqlState.UndefinedObject, $"type \"{statement.Name}\" does not exist")) with { Comment = statement.Comment });
                break;
            default:
                throw SqlException.NotSupported($"COMMENT ON {CommandTags.Kind(statement.Kind)}", statement.ErrorPosition);
        }
        return "COMMENT";
    }

    /// <summary>Privileges are not checked: names are, so that scripts with mistakes do not pass.</summary>
    public static string Grant(Session session, GrantStatement statement)
    {
        foreach (var grantee in statement.Grantees)
        {
            if (grantee != "public")
                _ = Role(session, grantee);
        }
        if (statement.Kind is null)
        {
            foreach (var granted in statement.Privileges)
            {
                foreach (var grantee in statement.Grantees)
                {
                    var member = Role(session, grantee);
                    var role = Role(session, granted.Name);
                    session.Transaction.Catalog.Put(member with
                    {
                        MemberOf = statement.IsGrant ? member.MemberOf.Contains(role.Oid) ? member.MemberOf : member.MemberOf.Add(role.Oid) : member.MemberOf.Remove(role.Oid),
                    });
                }
            }
        }
        else if (statement.Kind is ObjectKind.Table or ObjectKind.Sequence && !statement.AllInSchema)
        {
            var names = session.CurrentNames;
            foreach (var name in statement.Objects)
            {
                if (SystemTables.Find(name.Schema ?? "pg_catalog", name.Name) is null)
                    _ = DdlNames.Relation(names, name);
            }
        }
        return CommandTags.Of(statement);
    }
}
