using OmenDb.Engine.Catalog;
using OmenDb.Planner.Binding;
using OmenDb.Planner.Grammar;
using OmenDb.Planner.Syntax;
using OmenDb.Storage.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Ddl;

/// <summary>ALTER TABLE, and the actions of tables on views, indexes and sequences.</summary>
internal static class AlterTable
{
    public static string Run(Session session, AlterTableStatement statement)
    {
        session.CheckWritable("ALTER TABLE");
        var tag = "ALTER " + CommandTags.Kind(statement.Kind);
        if (statement.Actions is [SealAction])
        {
            // Nothing that anybody sees changes: readers and writers go on.
            var filled = DdlNames.LockedTable(session, statement.Table.Name, TableLockMode.ShareUpdateExclusive);
            session.Database.Storage.GetTable(filled).Seal(cancellation: session.Cancellation);
            return tag;
        }
        if (DdlNames.TryLocked(session, statement.Table.Name, TableLockMode.AccessExclusive) is not { } relation)
        {
            if (!statement.IfExists)
                _ = DdlNames.Relation(session.CurrentNames, statement.Table.Name); // says what is wrong
            session.Notice($"relation \"{statement.Table.Name}\" does not exist, skipping");
            return tag;
        }
        if (relation is IndexEntry or SequenceEntry)
            session.LockRelation(relation.Oid, TableLockMode.AccessExclusive, relation.Name);
        if (relation is TableEntry altered)
            ForeignKeyCommands.RequireNoEvents(session, altered, "ALTER TABLE");
        foreach (var action in statement.Actions)
        {
            relation = relation is TableEntry table ? OnTable(session, table, action) : OnOther(session, relation, action);
        }
        session.Database.TableInfos.Forget(relation.Oid);
        return tag;
    }

    private static TableEntry OnTable(Session session, TableEntry table, AlterTableAction action)
    {
        var schema = session.Transaction.CurrentCatalog.Find<SchemaEntry>(table.SchemaOid)!;
        switch (action)
        {
            case AddColumnAction a: return AlterColumns.Add(session, schema, table, a);
            case DropColumnAction a: return AlterColumns.Drop(session, table, a);
            case SetDefaultAction a: return AlterColumns.SetDefault(session, schema, table, a);
            case SetNotNullAction a: return AlterColumns.SetNotNull(session, table, a);
            case AlterTypeAction a: return AlterColumns.SetType(session, table, a);
            case AddIdentityAction a: return AlterColumns.AddIdentity(session, schema, table, a);
            case AlterIdentityAction a: return AlterColumns.AlterIdentity(session, table, a);
            case DropIdentityAction a: return AlterColumns.DropIdentity(session, table, a);
            case AddConstraintAction a: return AddConstraint(session, schema, table, a.Constraint);
            case DropConstraintAction a: return ConstraintCommands.Drop(session, table, a);
            case AlterConstraintAction a: return ConstraintCommands.Alter(session, table, a);
            case ValidateConstraintAction a: return Validate(session, table, a);
            case SetStatisticsAction a: return AlterColumns.Replace(session, table, DdlNames.Column(table, a.Column) with { StatisticsTarget = a.Target });
            case SetStorageAction a:
                _ = DdlNames.Column(table, a.Column); // TOAST does not exist here: any of its strategies is the same
                return table;
            case OwnerAction a:
                table = table with { OwnerOid = MiscellaneousCommands.Role(session, a.NewOwner).Oid };
                session.Transaction.Catalog.Put(table);
                return table;
            case SetOptionsAction or SetTablespaceAction or SetPersistenceAction:
                return table; // storage parameters of a heap have no counterpart
            case SealAction:
                throw SqlException.NotSupported("SEAL together with other actions", action.ErrorPosition);
            case UnsupportedAction a:
                throw SqlException.NotSupported(a.Feature, a.ErrorPosition);
            default:
                throw SqlException.NotSupported("this form of ALTER TABLE", action.ErrorPosition);
        }
    }

    private static RelationEntry OnOther(Session session, RelationEntry relation, AlterTableAction action)
    {
        switch (action)
        {
            case OwnerAction a:
                relation = relation with { OwnerOid = MiscellaneousCommands.Role(session, a.NewOwner).Oid };
                session.Transaction.Catalog.Put(relation);
                return relation;
            case SetOptionsAction or SetTablespaceAction:
                return relation;
            default:
                throw new SqlException(SqlState.WrongObjectType, $"ALTER action cannot be performed on relation \"{relation.Name}\"")
                {
                    Detail = $"This operation is not supported for {DdlNames.Noun(relation)}s.",
                };
        }
    }

    private static TableEntry AddConstraint(Session session, SchemaEntry schema, TableEntry table, ConstraintSyntax syntax)
    {
        var definition = new TableDefinition(session, session.CurrentNames, table.Name, schema) { NextColumnId = table.NextColumnId };
        definition.Columns.AddRange(table.Columns);
        var added = ConstraintCommands.Add(session, table, definition, syntax, null);
        if (syntax is CheckConstraint { NotValid: false })
            VerifyCheck(session, added, added.Constraints[^1]);
        if (syntax is ForeignKeyConstraint { NotValid: false })
            ForeignKeyCommands.Validate(session, added, added.Constraints[^1]);
        return added;
    }

    public static void VerifyCheck(Session session, TableEntry table, ConstraintEntry check)
    {
        var columns = TableDefinition.Bindable(table.Columns);
        var condition = new Binder(session.CurrentNames, allowNewParameters: false).BindStandalone(SqlParser.ParseExpression(check.CheckSql!), columns, table.Name, SqlType.Bool, "check");
        TableRewrite.Verify(session, table, condition, columns, () =>
            new SqlException(SqlState.CheckViolation, $"check constraint \"{check.Name}\" of relation \"{table.Name}\" is violated by some row")
            {
                SchemaName = session.Transaction.CurrentCatalog.Find(table.SchemaOid)?.Name, TableName = table.Name, ConstraintName = check.Name,
            });
    }

    private static TableEntry Validate(Session session, TableEntry table, ValidateConstraintAction action)
    {
        var constraint = table.Constraints.FirstOrDefault(c => c.Name == action.Name)
            ?? throw new SqlException(SqlState.UndefinedObject, $"constraint \"{action.Name}\" of relation \"{table.Name}\" does not exist");
        if (constraint.Kind is not (ConstraintKind.Check or ConstraintKind.ForeignKey))
            throw new SqlException(SqlState.WrongObjectType, $"constraint \"{action.Name}\" of relation \"{table.Name}\" is not a foreign key or check constraint");
        if (constraint.IsValidated)
            return table;
        if (constraint.Kind == ConstraintKind.Check)
            VerifyCheck(session, table, constraint);
        else if (constraint.Kind == ConstraintKind.ForeignKey)
            ForeignKeyCommands.Validate(session, table, constraint);
        table = table with { Constraints = table.Constraints.Replace(constraint, constraint with { IsValidated = true }) };
        session.Transaction.Catalog.Put(table);
        return table;
    }
}
