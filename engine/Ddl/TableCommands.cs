using System.Collections.Immutable;
using OmenDb.Engine.Catalog;
using OmenDb.Planner.Syntax;
using OmenDb.Storage.Catalog;
using OmenDb.Types;
using ReferentialAction = OmenDb.Storage.Catalog.ReferentialAction;

namespace OmenDb.Engine.Ddl;

/// <summary>CREATE TABLE and TRUNCATE.</summary>
internal static class TableCommands
{
    public static string Create(Session session, CreateTableStatement statement)
    {
        if (!statement.Inherits.IsEmpty)
            throw SqlException.NotSupported("table inheritance", statement.Inherits[0].ErrorPosition);
        if (statement.PartitionBy is not null || statement.PartitionOf is not null)
            throw SqlException.NotSupported("partitioning", statement.ErrorPosition);
        if (statement.OfType is not null)
            throw SqlException.NotSupported("a typed table", statement.ErrorPosition);
        if (statement.OnCommit is OnCommitAction.DeleteRows or OnCommitAction.Drop)
            throw SqlException.NotSupported("ON COMMIT DELETE ROWS and ON COMMIT DROP", statement.ErrorPosition);
        session.CheckWritable("CREATE TABLE");
        if (Claim(session, statement.Name, statement.Persistence, statement.IfNotExists) is not { } schema)
            return "CREATE TABLE";
        var names = session.CurrentNames;
        var definition = new TableDefinition(session, names, statement.Name.Name, schema);
        foreach (var element in statement.Elements)
        {
            switch (element)
            {
                case ColumnDefinition column: definition.AddColumn(column); break;
                case ConstraintSyntax constraint: definition.Constraints.Add((constraint, null)); break;
                case LikeElement like: AddLike(names, definition, like); break;
            }
        }
        definition.CheckGenerated();
        Build(session, statement.Name.Name, schema, definition);
        return "CREATE TABLE";
    }

    /// <summary>The schema for a new relation; null: it is there already and IF NOT EXISTS was written.</summary>
    public static SchemaEntry? Claim(Session session, QualifiedName name, Persistence persistence, bool ifNotExists)
    {
        if (persistence == Persistence.Temporary && name.Schema is not null and not Session.TemporarySchema)
            throw new SqlException(SqlState.InvalidTableDefinition, "cannot create temporary relation in non-temporary schema") { Position = name.ErrorPosition };
        var schema = persistence == Persistence.Temporary ? TemporaryObjects.EnsureSchema(session) : session.CreationSchema(name.Schema, name.ErrorPosition);
        DdlNames.Reserve(session, schema.Oid, name.Name);
        if (session.Catalog.FindRelation(schema.Oid, name.Name) is null)
            return schema;
        if (!ifNotExists)
            throw new SqlException(SqlState.DuplicateTable, $"relation \"{name.Name}\" already exists");
        session.Notice($"relation \"{name.Name}\" already exists, skipping", SqlState.DuplicateTable);
        return null;
    }

    /// <summary>Makes table, sequences, indexes and constraints of a definition.</summary>
    public static TableEntry Build(Session session, string name, SchemaEntry schema, TableDefinition definition)
    {
        var transaction = session.Transaction;
        var changes = transaction.Catalog;
        // A primary key makes its columns NOT NULL before the storage is made.
        foreach (var (syntax, column) in definition.Constraints)
        {
            if (syntax is not UniqueConstraint { IsPrimaryKey: true } key)
                continue;
            foreach (var keyColumn in column is not null ? [column] : key.Columns)
            {
                var at = definition.Columns.FindIndex(c => c.Name == keyColumn);
                if (at >= 0)
                    definition.Columns[at] = definition.Columns[at] with { NotNull = true };
            }
        }
        var oid = changes.NewOid();
        foreach (var sequence in definition.Sequences)
            session.Database.Storage.CreateSequence(transaction, sequence with { OwnerTableOid = oid });
        var entry = session.Database.Storage.CreateTable(transaction, new TableEntry
        {
            Oid = oid,
            Name = name,
            SchemaOid = schema.Oid,
            OwnerOid = session.RoleOid,
            StorageId = 0,
            Columns = [.. definition.Columns],
            NextColumnId = definition.NextColumnId,
        });
        session.LockRelation(oid, TableLockMode.AccessExclusive, name);
        foreach (var (syntax, column) in definition.Constraints.OrderBy(c => c.Syntax is UniqueConstraint { IsPrimaryKey: true } ? 0 : c.Syntax is ForeignKeyConstraint ? 2 : 1))
            entry = ConstraintCommands.Add(session, entry, definition, syntax, column);
        return entry;
    }

    private static void AddLike(SessionCatalog names, TableDefinition definition, LikeElement like)
    {
        var source = DdlNames.TryLocked(names.Session, like.Table, TableLockMode.AccessShare) ?? DdlNames.Relation(names.Session.CurrentNames, like.Table);
        if (source is ViewEntry view)
        {
            foreach (var column in view.Columns)
                definition.Columns.Add(new ColumnEntry { Id = definition.NextColumnId++, Name = column.Name, Type = column.Type, Physical = 0 });
            return;
        }
        var table = source as TableEntry ?? throw new SqlException(SqlState.WrongObjectType, $"relation \"{like.Table.Name}\" is invalid in LIKE clause");
        foreach (var column in table.Columns.Where(c => !c.IsHidden))
        {
            var copy = new ColumnEntry { Id = definition.NextColumnId++, Name = column.Name, Type = column.Type, Physical = 0, NotNull = column.NotNull };
            if (like.Including.HasFlag(LikeOptions.Defaults))
                copy = copy with { DefaultSql = column.DefaultSql };
            if (like.Including.HasFlag(LikeOptions.Generated))
                copy = copy with { GeneratedSql = column.GeneratedSql };
            if (like.Including.HasFlag(LikeOptions.Comments))
                copy = copy with { Comment = column.Comment };
            if (definition.Columns.Exists(c => c.Name == copy.Name))
                throw new SqlException(SqlState.DuplicateColumn, $"column \"{copy.Name}\" specified more than once");
            definition.Columns.Add(copy);
        }
        if (like.Including.HasFlag(LikeOptions.Constraints))
        {
            foreach (var check in table.Constraints.Where(c => c.Kind == ConstraintKind.Check))
                definition.Constraints.Add((new CheckConstraint(like.Position, check.Name, Planner.Grammar.SqlParser.ParseExpression(check.CheckSql!)), null));
        }
        if (!like.Including.HasFlag(LikeOptions.Indexes))
            return;
        foreach (var index in names.Snapshot.IndexesOf(table.Oid).Where(i => i.IsUnique && i.PredicateSql is null && i.Keys.All(k => k.ExpressionSql is null)))
        {
            definition.Constraints.Add((new UniqueConstraint(like.Position, null, index.IsPrimary,
                [.. index.Keys.Select(k => table.ColumnById(k.ColumnId)!.Name)]) 
            {
                NullsNotDistinct = index.NullsNotDistinct,
                Include = [.. index.IncludedColumnIds.Select(id => table.ColumnById(id)!.Name)],
                Deferrable = table.Constraints.Any(c => c.IndexOid == index.Oid && c.IsDeferrable),
                InitiallyDeferred = table.Constraints.Any(c => c.IndexOid == index.Oid && c.IsInitiallyDeferred),
            }, null));
        }
    }

    public static string Truncate(Session session, TruncateStatement statement)
    {
        session.CheckWritable("TRUNCATE TABLE");
        var names = session.CurrentNames;
        var tables = statement.Tables.Select(t => DdlNames.LockedTable(session, t.Name, TableLockMode.AccessExclusive)).DistinctBy(t => t.Oid).ToList();
        names = session.CurrentNames;
        for (var i = 0; i < tables.Count; i++)
        {
            foreach (var (referencing, _) in names.Snapshot.ReferencesTo(tables[i].Oid))
            {
                if (tables.Exists(t => t.Oid == referencing.Oid))
                    continue;
                if (!statement.Cascade)
                {
                    throw new SqlException(SqlState.FeatureNotSupported, "cannot truncate a table referenced in a foreign key constraint")
                    {
                        Detail = $"Table \"{referencing.Name}\" references \"{tables[i].Name}\".",
                        Hint = $"Truncate table \"{referencing.Name}\" at the same time, or use TRUNCATE ... CASCADE.",
                    };
                }
                session.Notice($"truncate cascades to table \"{referencing.Name}\"");
                tables.Add(referencing);
            }
        }
        foreach (var table in tables.OrderBy(t => t.Oid))
            session.LockRelation(table.Oid, TableLockMode.AccessExclusive, table.Name);
        foreach (var table in tables)
        {
            ForeignKeyCommands.RequireNoEvents(session, table, "TRUNCATE");
            var newest = session.Transaction.CurrentCatalog.Find<TableEntry>(table.Oid) ?? throw DdlNames.Missing(statement.Tables[0].Name);
            session.Database.Storage.Truncate(session.Transaction, newest);
            if (!statement.RestartIdentity)
                continue;
            foreach (var sequence in session.Transaction.CurrentCatalog.Objects.OfType<SequenceEntry>().Where(s => s.OwnerTableOid == table.Oid).ToArray())
                session.Database.Storage.RestartSequence(session.Transaction, sequence, sequence.Start);
        }
        return "TRUNCATE TABLE";
    }
}
