using System.Collections.Immutable;
using OmenDb.Engine.Catalog;
using OmenDb.Engine.Constraints;
using OmenDb.Engine.Functions.Casts;
using OmenDb.Planner.Catalog;
using OmenDb.Planner.Grammar;
using OmenDb.Planner.Syntax;
using OmenDb.Storage.Catalog;
using OmenDb.Types;
using ReferentialAction = OmenDb.Storage.Catalog.ReferentialAction;

namespace OmenDb.Engine.Ddl;

/// <summary>FOREIGN KEY: from its written form to the catalog's, and the check of rows that are there already.</summary>
internal static class ForeignKeyCommands
{
    private static readonly TypeId[][] _families =
    [
        [TypeId.Int2, TypeId.Int4, TypeId.Int8],
        [TypeId.Float4, TypeId.Float8],
        [TypeId.Date, TypeId.Timestamp, TypeId.TimestampTz],
        [TypeId.Text, TypeId.Varchar],
    ];

    /// <param name="column">The column that it was written at, or null.</param>
    public static ConstraintEntry Make(Session session, TableEntry table, TableDefinition definition, ForeignKeyConstraint syntax, string? column, IEnumerable<string> taken)
    {
        if (syntax.Match == ForeignKeyMatch.Partial)
            throw SqlException.NotSupported("MATCH PARTIAL", syntax.ErrorPosition);
        var names = column is not null ? [column] : syntax.Columns;
        var parent = Parent(session, table, syntax);
        var child = names.Select(name => table.FindColumn(name)
            ?? throw new SqlException(SqlState.UndefinedColumn, $"column \"{name}\" referenced in foreign key constraint does not exist")).ToList();
        var (columns, index) = Referenced(session, parent, syntax);
        index ??= UniqueIndex(session, parent, columns);
        if (columns.Length != child.Count)
            throw new SqlException(SqlState.InvalidForeignKey, "number of referencing and referenced columns for foreign key disagree");
        var name = syntax.Name ?? definition.FreeConstraint(names, "fkey", taken);
        for (var i = 0; i < columns.Length; i++)
            RequireComparable(name, child[i], parent.ColumnById(columns[i])!);
        CheckActions(syntax, child);
        return new ConstraintEntry
        {
            Oid = session.Transaction.Catalog.NewOid(),
            Name = name,
            Kind = ConstraintKind.ForeignKey,
            ColumnIds = [.. child.Select(c => c.Id)],
            ReferencedTableOid = parent.Oid,
            ReferencedColumnIds = columns,
            ReferencedIndexOid = index.Oid,
            OnDelete = (ReferentialAction)syntax.OnDelete,
            OnUpdate = (ReferentialAction)syntax.OnUpdate,
            OnDeleteColumnIds = [.. syntax.OnDeleteColumns.Select(name => child.Find(c => c.Name == name)?.Id
                ?? throw (table.FindColumn(name) is null
                    ? new SqlException(SqlState.UndefinedColumn, $"column \"{name}\" referenced in foreign key constraint does not exist")
                    : new SqlException(SqlState.InvalidColumnReference, $"column \"{name}\" referenced in ON DELETE SET action must be part of foreign key"))).Distinct()],
            MatchFull = syntax.Match == ForeignKeyMatch.Full,
            IsDeferrable = syntax.Deferrable == true,
            IsInitiallyDeferred = syntax.InitiallyDeferred,
            IsValidated = !syntax.NotValid,
        };
    }

    /// <summary>The referenced table, locked against changes of its rows as PostgreSQL does it.</summary>
    private static TableEntry Parent(Session session, TableEntry table, ForeignKeyConstraint syntax)
    {
        var relation = DdlNames.Relation(session.CurrentNames, syntax.ReferencedTable with { Position = -1 });
        if (relation.Oid == table.Oid)
            return table;
        var parent = relation as TableEntry ?? throw new SqlException(SqlState.WrongObjectType, $"referenced relation \"{relation.Name}\" is not a table");
        session.LockRelation(parent.Oid, TableLockMode.ShareRowExclusive, parent.Name);
        parent = session.Transaction.CurrentCatalog.Find<TableEntry>(parent.Oid) ?? throw DdlNames.Missing(syntax.ReferencedTable with { Position = -1 });
        var temporary = IsTemporary(session, table);
        if (temporary != IsTemporary(session, parent))
        {
            throw new SqlException(SqlState.InvalidTableDefinition,
                temporary ? "constraints on temporary tables may reference only temporary tables" : "constraints on permanent tables may reference only permanent tables");
        }
        return parent;
    }

    private static bool IsTemporary(Session session, TableEntry table) =>
        session.Transaction.CurrentCatalog.Find(table.SchemaOid)?.Name == session.TemporarySchemaName;

    /// <summary>The referenced columns: those written, or the primary key with its index.</summary>
    private static (ImmutableArray<int> Columns, IndexEntry? Index) Referenced(Session session, TableEntry parent, ForeignKeyConstraint syntax)
    {
        if (!syntax.ReferencedColumns.IsEmpty)
        {
            return ([.. syntax.ReferencedColumns.Select(name => parent.FindColumn(name)?.Id
                ?? throw new SqlException(SqlState.UndefinedColumn, $"column \"{name}\" referenced in foreign key constraint does not exist"))], null);
        }
        var primary = parent.Constraints.FirstOrDefault(c => c.Kind == ConstraintKind.PrimaryKey)
            ?? throw new SqlException(SqlState.UndefinedObject, $"there is no primary key for referenced table \"{parent.Name}\"");
        if (primary.IsDeferrable)
            throw new SqlException(SqlState.ObjectNotInPrerequisiteState, $"cannot use a deferrable primary key for referenced table \"{parent.Name}\"");
        return (primary.ColumnIds, session.Transaction.CurrentCatalog.Find<IndexEntry>(primary.IndexOid));
    }

    private static IndexEntry UniqueIndex(Session session, TableEntry parent, ImmutableArray<int> columns)
    {
        if (columns.Distinct().Count() < columns.Length)
            throw new SqlException(SqlState.InvalidForeignKey, "foreign key referenced-columns list must not contain duplicates");
        var isDeferrable = false;
        foreach (var index in session.Transaction.CurrentCatalog.IndexesOf(parent.Oid).OrderByDescending(i => i.IsPrimary))
        {
            if (!index.IsUnique || index.PredicateSql is not null || index.Keys.Length != columns.Length || !index.Keys.All(k => k.ExpressionSql is null && columns.Contains(k.ColumnId)))
                continue;
            if (parent.Constraints.Any(c => c.IndexOid == index.Oid && c.IsDeferrable))
                isDeferrable = true;
            else
                return index;
        }
        throw isDeferrable
            ? new SqlException(SqlState.ObjectNotInPrerequisiteState, $"cannot use a deferrable unique constraint for referenced table \"{parent.Name}\"")
            : new SqlException(SqlState.InvalidForeignKey, $"there is no unique constraint matching given keys for referenced table \"{parent.Name}\"");
    }

    /// <summary>Whether a value of the child can be looked up among the parent's: types of one family, or an implicit cast to the parent's.</summary>
    public static bool AreComparable(SqlType child, SqlType parent) =>
        child.Equals(parent) || (child.Id == parent.Id && child.Id is not (TypeId.Enum or TypeId.Array))
        || Array.Exists(_families, f => f.Contains(child.Id) && f.Contains(parent.Id)) || CastTable.Find(child, parent) == CastContext.Implicit;

    /// <summary>After a column has another type: its foreign keys, and those that refer to it, must still be possible and hold.</summary>
    public static void CheckTypeChange(Session session, TableEntry table, int columnId)
    {
        var catalog = session.Transaction.CurrentCatalog;
        var keys = table.Constraints.Where(c => c.Kind == ConstraintKind.ForeignKey && c.ColumnIds.Contains(columnId)).Select(c => (Table: table, Constraint: c))
            .Concat(catalog.ReferencesTo(table.Oid).Where(r => r.Constraint.ReferencedColumnIds.Contains(columnId))).DistinctBy(k => k.Constraint.Oid).ToList();
        foreach (var (child, constraint) in keys)
        {
            session.LockRelation(child.Oid, TableLockMode.ShareRowExclusive, child.Name);
            var parent = catalog.Find<TableEntry>(constraint.ReferencedTableOid)!;
            for (var i = 0; i < constraint.ColumnIds.Length; i++)
                RequireComparable(constraint.Name, child.ColumnById(constraint.ColumnIds[i])!, parent.ColumnById(constraint.ReferencedColumnIds[i])!);
            if (constraint.IsValidated)
                Validate(session, child, constraint);
        }
    }

    /// <exception cref="SqlException">42804.</exception>
    private static void RequireComparable(string name, ColumnEntry child, ColumnEntry parent)
    {
        if (AreComparable(child.Type, parent.Type))
            return;
        throw new SqlException(SqlState.DatatypeMismatch, $"foreign key constraint \"{name}\" cannot be implemented")
        {
            Detail = $"Key columns \"{child.Name}\" and \"{parent.Name}\" are of incompatible types: {PgTypes.FormatType(child.Type)} and {PgTypes.FormatType(parent.Type)}.",
        };
    }

    private static void CheckActions(ForeignKeyConstraint syntax, List<ColumnEntry> columns)
    {
        if (!columns.Exists(c => c.GeneratedSql is not null))
            return;
        if (syntax.OnDelete is Planner.Syntax.ReferentialAction.SetNull or Planner.Syntax.ReferentialAction.SetDefault)
            throw new SqlException(SqlState.SyntaxError, "invalid ON DELETE action for foreign key constraint containing generated column");
        if (syntax.OnUpdate is Planner.Syntax.ReferentialAction.SetNull or Planner.Syntax.ReferentialAction.SetDefault or Planner.Syntax.ReferentialAction.Cascade)
            throw new SqlException(SqlState.SyntaxError, "invalid ON UPDATE action for foreign key constraint containing generated column");
    }

    /// <summary>All rows of the table must have their partners: one anti join.</summary>
    /// <exception cref="SqlException">23503.</exception>
    public static void Validate(Session session, TableEntry table, ConstraintEntry constraint)
    {
        var key = ForeignKey.Of(session.Transaction.CurrentCatalog, table, constraint)!;
        var columns = Enumerable.Range(0, key.Width).ToList();
        var names = string.Join(", ", columns.Select(i => "c." + key.ChildColumn(i)));
        var present = columns.Select(i => $"c.{key.ChildColumn(i)} IS NOT NULL").ToList();
        if (constraint.MatchFull && key.Width > 1)
        {
            FindOne($"SELECT {names} FROM {key.ChildName} AS c WHERE ({string.Join(" OR ", present)}) AND NOT ({string.Join(" AND ", present)}) LIMIT 1",
                _ => key.MixedNulls());
        }
        var matches = string.Join(" AND ", columns.Select(i => $"p.{key.ParentColumn(i)} = c.{key.ChildColumn(i)}"));
        FindOne($"SELECT {names} FROM {key.ChildName} AS c WHERE {string.Join(" AND ", present)} AND NOT EXISTS (SELECT 1 FROM {key.ParentName} AS p WHERE {matches}) LIMIT 1",
            batch => key.NotPresent(i => batch.Columns[i], batch.Selection?.FillIndices(batch.Length)[0] ?? 0, session.Settings.Io));

        void FindOne(string sql, Func<Arrow.Batch, SqlException> error)
        {
            var plan = session.MakePlan(SqlParser.ParseStatement(sql), []);
            using var scope = new StatementScope(session, session.Transaction, session.Transaction.BeginLatest());
            using var context = session.NewContext(scope, null);
            using var execution = plan.Plan.Start(context);
            while (execution.Next(out var batch))
            {
                if (batch.RowCount > 0)
                    throw error(batch);
            }
        }
    }

    /// <summary>55006 while checks of the table's rows wait for the commit.</summary>
    public static void RequireNoEvents(Session session, TableEntry table, string command)
    {
        if (session.HasDeferredChecks(table.Oid))
            throw new SqlException(SqlState.ObjectInUse, $"cannot {command} \"{table.Name}\" because it has pending trigger events");
    }
}
