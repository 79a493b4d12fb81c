using System.Collections.Immutable;
using OmenDb.Arrow;
using OmenDb.Engine.Catalog;
using OmenDb.Planner.Binding;
using OmenDb.Planner.Catalog;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Grammar;
using OmenDb.Planner.Syntax;
using OmenDb.Storage.Catalog;
using OmenDb.Types;
using ColumnReference = OmenDb.Planner.Syntax.ColumnReference;

namespace OmenDb.Engine.Ddl;

/// <summary>The actions of ALTER TABLE on columns. Each gives the table as staged.</summary>
internal static class AlterColumns
{
    public static TableEntry Add(Session session, SchemaEntry schema, TableEntry table, AddColumnAction action)
    {
        if (table.FindColumn(action.Column.Name) is not null)
        {
            if (!action.IfNotExists)
                throw new SqlException(SqlState.DuplicateColumn, $"column \"{action.Column.Name}\" of relation \"{table.Name}\" already exists");
            session.Notice($"column \"{action.Column.Name}\" of relation \"{table.Name}\" already exists, skipping", SqlState.DuplicateColumn);
            return table;
        }
        var names = session.CurrentNames;
        var definition = new TableDefinition(session, names, table.Name, schema) { NextColumnId = table.NextColumnId };
        definition.Columns.AddRange(table.Columns);
        var column = definition.AddColumn(action.Column);
        definition.CheckGenerated();
        var visible = TableDefinition.Bindable(table.Columns);
        var value = column.GeneratedSql is not null
            ? new Binder(names, allowNewParameters: false).BindStandalone(SqlParser.ParseExpression(column.GeneratedSql), visible, table.Name, column.Type, column.Name)
            : column.DefaultSql is not null && definition.Sequences.Count == 0
                ? new Binder(names, allowNewParameters: false).BindStandalone(SqlParser.ParseExpression(column.DefaultSql), [], null, column.Type, column.Name)
                : null;
        // A value that is the same for all rows is kept once, as the default of rows older than the column.
        var isConstant = value is not null && column.GeneratedSql is null && TableRewrite.Volatility(value) != Volatility.Volatile && column.Type.Id != TypeId.Array;
        var image = isConstant ? Image(names.Evaluate(value!), column.Type) : null;
        var (physical, staged) = session.Database.Storage.AddColumn(session.Transaction, table, column.Type, image);
        foreach (var sequence in definition.Sequences)
            session.Database.Storage.CreateSequence(session.Transaction, sequence with { OwnerTableOid = table.Oid });
        column = column with { Physical = physical };
        var at = staged.Columns.Count(c => !c.IsHidden);
        staged = staged with { Columns = staged.Columns.Insert(at, column), NextColumnId = definition.NextColumnId };
        session.Transaction.Catalog.Put(staged);
        if (definition.Sequences.Count > 0)
        {
            var next = new Binder(session.CurrentNames, allowNewParameters: false).BindStandalone(
                SqlParser.ParseExpression($"nextval('{definition.Sequences[0].Oid}'::regclass)"), [], null, column.Type, column.Name);
            TableRewrite.Fill(session, staged, physical, next, TableDefinition.Bindable(staged.Columns), null);
        }
        else if (value is not null && !isConstant)
        {
            TableRewrite.Fill(session, staged, physical, value, visible.Add(new Column(visible.Length, column.Name, column.Type, true)), column.NotNull ? column.Name : null);
        }
        else if (column.NotNull && image is null && session.Database.Storage.GetTable(staged).RowCount > 0)
        {
            TableRewrite.RequireNotNull(session, staged, column);
        }
        definition.Columns.Clear();
        definition.Columns.AddRange(staged.Columns);
        foreach (var (syntax, _) in definition.Constraints)
        {
            staged = ConstraintCommands.Add(session, staged, definition, syntax, column.Name);
            if (syntax is CheckConstraint)
                AlterTable.VerifyCheck(session, staged, staged.Constraints[^1]);
            if (syntax is ForeignKeyConstraint && value is not null)
                ForeignKeyCommands.Validate(session, staged, staged.Constraints[^1]);
        }
        return staged;
    }

    /// <summary>A value as <see cref="Storage.Tables.TableColumn"/> keeps defaults.</summary>
    private static unsafe byte[]? Image(ConstantExpression value, SqlType type)
    {
        if (value.IsNull)
            return null;
        using var vector = new Vector();
        Expressions.ValueBox.ToConstant(value.Value, type, vector, 1);
        return type.Physical switch
        {
            PhysicalType.Bool => [vector.GetBool(0) ? (byte)1 : (byte)0],
            PhysicalType.View => vector.GetBytes(0).ToArray(),
            _ => new ReadOnlySpan<byte>(vector.Values, type.Physical.Width()).ToArray(),
        };
    }

    public static TableEntry Drop(Session session, TableEntry table, DropColumnAction action)
    {
        if (table.FindColumn(action.Column) is not { } column)
        {
            if (!action.IfExists)
                throw new SqlException(SqlState.UndefinedColumn, $"column \"{action.Column}\" of relation \"{table.Name}\" does not exist");
            session.Notice($"column \"{action.Column}\" of relation \"{table.Name}\" does not exist, skipping");
            return table;
        }
        var catalog = session.Transaction.CurrentCatalog;
        var generated = table.Columns.Where(c => c.GeneratedSql is not null && c.Id != column.Id
            && ExpressionSql.ColumnsOf(SqlParser.ParseExpression(c.GeneratedSql)).Contains(column.Name)).ToList();
        if (!action.Cascade && generated.FirstOrDefault(c => !c.IsHidden) is { } dependent)
            throw Dependent(table, column, $"column {dependent.Name} of table {table.Name} depends on column {column.Name} of table {table.Name}");
        var gone = generated.Select(c => c.Id).Append(column.Id).ToHashSet();
        // Views name their columns in text: whoever reads the table may read this column.
        var views = catalog.Objects.OfType<ViewEntry>().Where(v => v.DependsOn.Contains(table.Oid) && !ViewCommands.StillWorks(session, v, table, column.Name)).ToArray();
        if (views.Length > 0 && !action.Cascade)
        {
            throw Dependent(table, column, string.Join('\n', views.OrderBy(v => v.Oid)
                .SelectMany(v => DropCommands.Behind(catalog, v).Prepend($"view {v.Name} depends on column {column.Name} of table {table.Name}")).Distinct()));
        }
        foreach (var view in views)
        {
            if (session.Transaction.CurrentCatalog.Find<ViewEntry>(view.Oid) is { } still)
                DropCommands.DropRelation(session, still, cascade: true);
        }
        var references = catalog.ReferencesTo(table.Oid).Where(r => r.Constraint.ReferencedColumnIds.Contains(column.Id)
            && !(r.Table.Oid == table.Oid && r.Constraint.ColumnIds.Contains(column.Id))).ToList();
        ConstraintCommands.DropDependent(session, references, $"column {column.Name} of table {table.Name}", $"column {column.Name} of table {table.Name}", action.Cascade);
        table = session.Transaction.CurrentCatalog.Find<TableEntry>(table.Oid)!;
        foreach (var index in catalog.IndexesOf(table.Oid).ToArray())
        {
            if (index.Keys.Any(k => gone.Contains(k.ColumnId)) || gone.Contains(index.PredicateColumnId) || index.IncludedColumnIds.Any(gone.Contains))
                session.Database.Storage.DropIndex(session.Transaction, index);
        }
        foreach (var sequence in catalog.Objects.OfType<SequenceEntry>().Where(s => s.OwnerTableOid == table.Oid && s.OwnerColumnId == column.Id).ToArray())
            session.Database.Storage.DropSequence(session.Transaction, sequence);
        table = table with
        {
            Columns = [.. table.Columns.Where(c => !gone.Contains(c.Id))],
            Constraints = [.. table.Constraints.Where(c => !c.ColumnIds.Any(gone.Contains))],
        };
        session.Transaction.Catalog.Put(table);
        return table;
    }

    private static SqlException Dependent(TableEntry table, ColumnEntry column, string detail) =>
        new(SqlState.DependentObjectsStillExist, $"cannot drop column {column.Name} of table {table.Name} because other objects depend on it")
        {
            Detail = detail, Hint = "Use DROP ... CASCADE to drop the dependent objects too.",
        };

    public static TableEntry SetDefault(Session session, SchemaEntry schema, TableEntry table, SetDefaultAction action)
    {
        var column = DdlNames.Column(table, action.Column);
        if (column.Identity != ColumnIdentity.None)
        {
            throw new SqlException(SqlState.SyntaxError, $"column \"{column.Name}\" of relation \"{table.Name}\" is an identity column")
            {
                Hint = action.Value is null ? "Use ALTER TABLE ... ALTER COLUMN ... DROP IDENTITY instead." : null,
            };
        }
        if (column.GeneratedSql is not null)
            throw new SqlException(SqlState.SyntaxError, $"column \"{column.Name}\" of relation \"{table.Name}\" is a generated column");
        var text = action.Value is null ? null : new TableDefinition(session, session.CurrentNames, table.Name, schema).DefaultText(action.Value, column);
        return Replace(session, table, column with { DefaultSql = text });
    }

    public static TableEntry SetNotNull(Session session, TableEntry table, SetNotNullAction action)
    {
        var column = DdlNames.Column(table, action.Column);
        if (action.NotNull)
            return SetNotNull(session, table, [column.Id]);
        if (table.Constraints.Any(c => c.Kind == ConstraintKind.PrimaryKey && c.ColumnIds.Contains(column.Id)))
            throw new SqlException(SqlState.InvalidTableDefinition, $"column \"{column.Name}\" is in a primary key");
        if (column.Identity != ColumnIdentity.None)
            throw new SqlException(SqlState.SyntaxError, $"column \"{column.Name}\" of relation \"{table.Name}\" is an identity column");
        return Replace(session, table, column with { NotNull = false });
    }

    public static TableEntry SetNotNull(Session session, TableEntry table, int[] ids)
    {
        foreach (var id in ids)
        {
            var column = table.ColumnById(id)!;
            if (column.NotNull)
                continue;
            TableRewrite.RequireNotNull(session, table, column);
            table = Replace(session, table, column with { NotNull = true });
        }
        return table;
    }

    public static TableEntry SetType(Session session, TableEntry table, AlterTypeAction action)
    {
        var names = session.CurrentNames;
        var column = DdlNames.Column(table, action.Column);
        var type = TypeResolver.Resolve(action.Type, names);
        if (column.GeneratedSql is not null)
            throw SqlException.NotSupported("ALTER TYPE of a generated column", action.ErrorPosition);
        if (names.Snapshot.Objects.OfType<ViewEntry>().FirstOrDefault(v => v.DependsOn.Contains(table.Oid) && !ViewCommands.StillWorks(session, v, table, column.Name)) is { } view)
        {
            throw new SqlException(SqlState.FeatureNotSupported, "cannot alter type of a column used by a view or rule")
            {
                Detail = $"rule _RETURN on view {view.Name} depends on column \"{column.Name}\"",
            };
        }
        if (table.Columns.Any(c => c.GeneratedSql is not null && ExpressionSql.ColumnsOf(SqlParser.ParseExpression(c.GeneratedSql)).Contains(column.Name)))
            throw SqlException.NotSupported("ALTER TYPE of a column that an index expression or generated column uses", action.ErrorPosition);
        var visible = TableDefinition.Bindable(table.Columns);
        var source = action.Using ?? new ColumnReference(action.Position, [column.Name]);
        Expression value;
        try
        {
            value = new Binder(names, allowNewParameters: false).BindStandalone(source, visible, table.Name, type, column.Name);
        }
        catch (SqlException error) when (error.SqlState == SqlState.DatatypeMismatch && action.Using is null)
        {
            throw new SqlException(SqlState.DatatypeMismatch, $"column \"{column.Name}\" cannot be cast automatically to type {PgTypes.FormatType(type)}", error)
            {
                Hint = $"You might need to specify \"USING {Identifiers.Quote(column.Name)}::{PgTypes.FormatType(type)}\".",
            };
        }
        string? defaultText = null;
        if (column.DefaultSql is not null && column.SequenceOid == 0)
        {
            var constant = new Binder(names, allowNewParameters: false).BindStandalone(SqlParser.ParseExpression(column.DefaultSql), [], null, type, column.Name);
            _ = constant;
            defaultText = column.DefaultSql;
        }
        var (physical, staged) = session.Database.Storage.AddColumn(session.Transaction, table, type, null);
        TableRewrite.Fill(session, staged, physical, value, visible, column.NotNull ? column.Name : null);
        var indexes = session.Transaction.CurrentCatalog.IndexesOf(table.Oid).Where(i => i.Keys.Any(k => k.ColumnId == column.Id)).ToArray();
        foreach (var index in indexes)
            session.Database.Storage.DropIndex(session.Transaction, index);
        staged = Replace(session, staged, column with { Type = type, Physical = physical, DefaultSql = column.SequenceOid == 0 ? defaultText : column.DefaultSql });
        foreach (var index in indexes)
            IndexCommands.Build(session, index);
        ForeignKeyCommands.CheckTypeChange(session, staged, column.Id);
        return staged;
    }

    public static TableEntry AddIdentity(Session session, SchemaEntry schema, TableEntry table, AddIdentityAction action)
    {
        var column = DdlNames.Column(table, action.Column);
        if (!column.NotNull)
            throw new SqlException(SqlState.ObjectNotInPrerequisiteState, $"column \"{column.Name}\" of relation \"{table.Name}\" must be declared NOT NULL before identity can be added");
        if (column.Identity != ColumnIdentity.None)
            throw new SqlException(SqlState.ObjectNotInPrerequisiteState, $"column \"{column.Name}\" of relation \"{table.Name}\" is already an identity column");
        if (column.DefaultSql is not null)
            throw new SqlException(SqlState.ObjectNotInPrerequisiteState, $"column \"{column.Name}\" of relation \"{table.Name}\" already has a default value");
        var entry = new SequenceEntry
        {
            Oid = session.Transaction.Catalog.NewOid(),
            Name = DdlNames.Free(session.Transaction.CurrentCatalog, schema.Oid, table.Name, [column.Name], "seq"),
            SchemaOid = schema.Oid,
            OwnerOid = session.RoleOid,
            Type = column.Type,
            MaxValue = SequenceCommands.Greatest(column.Type),
            OwnerTableOid = table.Oid,
            OwnerColumnId = column.Id,
        };
        entry = SequenceCommands.Apply(session, entry, action.Identity.Options, isNew: true, out _);
        session.Database.Storage.CreateSequence(session.Transaction, entry);
        return Replace(session, table, column with { SequenceOid = entry.Oid, Identity = action.Identity.IsAlways ? ColumnIdentity.Always : ColumnIdentity.ByDefault });
    }

    public static TableEntry AlterIdentity(Session session, TableEntry table, AlterIdentityAction action)
    {
        var column = DdlNames.Column(table, action.Column);
        if (column.Identity == ColumnIdentity.None)
            throw new SqlException(SqlState.ObjectNotInPrerequisiteState, $"column \"{column.Name}\" of relation \"{table.Name}\" is not an identity column");
        var sequence = session.Transaction.CurrentCatalog.Find<SequenceEntry>(column.SequenceOid)!;
        var changed = SequenceCommands.Apply(session, sequence, action.Options, isNew: false, out var restart);
        session.Transaction.Catalog.Put(changed);
        if (restart is { } value)
            session.Database.Storage.RestartSequence(session.Transaction, changed, value);
        return action.IsAlways is { } always
            ? Replace(session, table, column with { Identity = always ? ColumnIdentity.Always : ColumnIdentity.ByDefault }) : table;
    }

    public static TableEntry DropIdentity(Session session, TableEntry table, DropIdentityAction action)
    {
        var column = DdlNames.Column(table, action.Column);
        if (column.Identity == ColumnIdentity.None)
        {
            if (!action.IfExists)
                throw new SqlException(SqlState.ObjectNotInPrerequisiteState, $"column \"{column.Name}\" of relation \"{table.Name}\" is not an identity column");
            session.Notice($"column \"{column.Name}\" of relation \"{table.Name}\" is not an identity column, skipping");
            return table;
        }
        session.Database.Storage.DropSequence(session.Transaction, session.Transaction.CurrentCatalog.Find<SequenceEntry>(column.SequenceOid)!);
        return Replace(session, table, column with { SequenceOid = 0, Identity = ColumnIdentity.None });
    }

    public static TableEntry Replace(Session session, TableEntry table, ColumnEntry column)
    {
        table = table with { Columns = [.. table.Columns.Select(c => c.Id == column.Id ? column : c)] };
        session.Transaction.Catalog.Put(table);
        return table;
    }
}
