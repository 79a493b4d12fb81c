using OmenDb.Engine.Catalog;
using OmenDb.Planner.Syntax;
using OmenDb.Storage.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Ddl;

/// <summary>DROP of relations, schemas, types, databases and roles, with what depends on them.</summary>
internal static class DropCommands
{
    public static string Run(Session session, DropStatement statement)
    {
        var tag = CommandTags.Of(statement);
        session.CheckWritable(tag);
        switch (statement.Kind)
        {
            case ObjectKind.Table or ObjectKind.View or ObjectKind.Index or ObjectKind.Sequence:
                DropRelations(session, statement);
                return tag;
            case ObjectKind.Schema:
                foreach (var name in statement.Names)
                    DropSchema(session, statement, name);
                return tag;
            case ObjectKind.Type:
                foreach (var name in statement.Names)
                    DropType(session, statement, name);
                return tag;
            case ObjectKind.Database:
                MiscellaneousCommands.DropDatabase(session, statement);
                return tag;
            case ObjectKind.Role:
                MiscellaneousCommands.DropRoles(session, statement);
                return tag;
            default:
                if (!statement.IfExists)
                    throw SqlException.NotSupported(tag, statement.ErrorPosition);
                session.Notice($"{CommandTags.Kind(statement.Kind).ToLowerInvariant()} \"{statement.Names[0]}\" does not exist, skipping");
                return tag;
        }
    }

    private static void DropRelations(Session session, DropStatement statement)
    {
        var wanted = statement.Kind switch { ObjectKind.View => typeof(ViewEntry), ObjectKind.Index => typeof(IndexEntry), ObjectKind.Sequence => typeof(SequenceEntry), _ => typeof(TableEntry) };
        var word = CommandTags.Kind(statement.Kind).ToLowerInvariant();
        if (statement.IsConcurrent)
            RequireOne(session, statement);
        var targets = new List<RelationEntry>();
        foreach (var name in statement.Names)
        {
            // Locked as soon as its kind is known to be right: while we wait, the name may lose its object.
            var found = DdlNames.TryRelation(session.CurrentNames, name);
            if (found?.GetType() == wanted)
                found = DdlNames.TryLocked(session, name, statement.IsConcurrent ? IndexCommands.OnlineLock : TableLockMode.AccessExclusive);
            if (statement.IsConcurrent && found is IndexEntry index)
                found = IndexCommands.Locked(session, index);
            if (found is null)
            {
                if (name.Schema is { } schema && !session.CurrentNames.SchemaExists(schema))
                {
                    if (!statement.IfExists)
                        throw new SqlException(SqlState.InvalidSchemaName, $"schema \"{schema}\" does not exist");
                    session.Notice($"schema \"{schema}\" does not exist, skipping");
                    continue;
                }
                if (!statement.IfExists)
                    throw new SqlException(word == "index" ? SqlState.UndefinedObject : SqlState.UndefinedTable, $"{word} \"{name}\" does not exist");
                session.Notice($"{word} \"{name}\" does not exist, skipping");
                continue;
            }
            if (found.GetType() != wanted)
            {
                throw new SqlException(SqlState.WrongObjectType, $"\"{name.Name}\" is not {(word is "index" ? "an" : "a")} {word}")
                {
                    Hint = $"Use DROP {DdlNames.Noun(found).ToUpperInvariant()} to remove {(found is IndexEntry ? "an" : "a")} {DdlNames.Noun(found)}.",
                };
            }
            targets.Add(found);
        }
        foreach (var target in targets)
        {
            // An earlier target may have taken it along.
            if (session.Transaction.CurrentCatalog.Find<RelationEntry>(target.Oid) is { } still)
                DropRelation(session, still, statement.Cascade, targets, online: statement.IsConcurrent);
        }
    }

    /// <summary>What PostgreSQL asks of DROP INDEX CONCURRENTLY.</summary>
    private static void RequireOne(Session session, DropStatement statement)
    {
        if (!IndexCommands.IsAlone(session))
            throw new SqlException(SqlState.ActiveSqlTransaction, "DROP INDEX CONCURRENTLY cannot run inside a transaction block");
        if (statement.Names.Length > 1)
            throw new SqlException(SqlState.FeatureNotSupported, "DROP INDEX CONCURRENTLY does not support dropping multiple objects");
        if (statement.Cascade)
            throw new SqlException(SqlState.FeatureNotSupported, "DROP INDEX CONCURRENTLY does not support CASCADE");
    }

    /// <param name="together">Objects that the same command drops: they are no obstacle.</param>
    /// <param name="online">An index: others go on using its table.</param>
    public static void DropRelation(Session session, RelationEntry entry, bool cascade, IReadOnlyList<RelationEntry>? together = null, bool quiet = false, bool online = false)
    {
        var changes = session.Transaction.Catalog;
        var dependents = Dependents(changes.Current, entry).ToList();
        var obstacles = quiet ? [] : WithTheirOwn(changes.Current, dependents).Where(d => together is null || !together.Any(t => t.Oid == d.Entry.Oid))
            .DistinctBy(d => d.Short).ToList();
        if (obstacles.Count > 0 && !cascade)
        {
            throw new SqlException(SqlState.DependentObjectsStillExist, together is { Count: > 1 } ? "cannot drop desired object(s) because other objects depend on them"
                : $"cannot drop {DdlNames.Noun(entry)} {entry.Name} because other objects depend on it")
            {
                Detail = string.Join('\n', obstacles.Select(d => d.Description)),
                Hint = "Use DROP ... CASCADE to drop the dependent objects too.",
            };
        }
        if (obstacles.Count == 1)
            session.Notice($"drop cascades to {obstacles[0].Short}");
        else if (obstacles.Count > 1)
            session.Raise(new Notice("NOTICE", SqlState.SuccessfulCompletion, $"drop cascades to {obstacles.Count} other objects") { Detail = string.Join('\n', obstacles.Select(o => $"drop cascades to {o.Short}")) });
        foreach (var (dependent, constraint, _, _) in dependents)
        {
            if (changes.Current.Find(dependent.Oid) is not RelationEntry now)
                continue;
            if (now is TableEntry changed)
            {
                session.LockRelation(changed.Oid, TableLockMode.AccessExclusive, changed.Name);
                changed = changes.Current.Find<TableEntry>(changed.Oid)!;
                changes.Put(constraint is not null
                    ? changed with { Constraints = [.. changed.Constraints.Where(c => c.Oid != constraint.Oid)] }
                    : changed with { Columns = [.. changed.Columns.Select(c => SequencesOf(changes.Current, entry).Any(s => UsesSequence(c, s)) ? c with { DefaultSql = null, SequenceOid = 0, Identity = ColumnIdentity.None } : c)] });
            }
            else
                DropRelation(session, now, cascade: true, quiet: true);
        }
        switch (entry)
        {
            case TableEntry table:
                ForeignKeyCommands.RequireNoEvents(session, table, "DROP TABLE");
                // Who changes a table that this one refers to looks for references here.
                foreach (var key in table.Constraints.Where(c => c.Kind == ConstraintKind.ForeignKey && c.ReferencedTableOid != table.Oid))
                    session.LockRelation(key.ReferencedTableOid, TableLockMode.AccessExclusive, changes.Current.Find(key.ReferencedTableOid)?.Name ?? "");
                foreach (var sequence in changes.Current.Objects.OfType<SequenceEntry>().Where(s => s.OwnerTableOid == table.Oid).ToArray())
                    session.Database.Storage.DropSequence(session.Transaction, sequence);
                session.Database.Storage.DropTable(session.Transaction, changes.Current.Find<TableEntry>(table.Oid)!);
                session.Database.TableInfos.Forget(table.Oid);
                break;
            case IndexEntry index:
                var owner = changes.Current.Find<TableEntry>(index.TableOid)!;
                if (owner.Constraints.FirstOrDefault(c => c.IndexOid == index.Oid) is { } made)
                {
                    throw new SqlException(SqlState.DependentObjectsStillExist, $"cannot drop index {index.Name} because constraint {made.Name} on table {owner.Name} requires it")
                    {
                        Hint = $"You can drop constraint {made.Name} on table {owner.Name} instead.",
                    };
                }
                ConstraintCommands.DropDependent(session, [.. ConstraintCommands.NeedingIndex(changes.Current, index)], $"index {index.Name}", $"index {index.Name}", cascade);
                if (online)
                    session.Database.Storage.DropIndexOnline(session.Transaction, index);
                else
                    session.Database.Storage.DropIndex(session.Transaction, index);
                break;
            case SequenceEntry dropped:
                session.Database.Storage.DropSequence(session.Transaction, dropped);
                break;
            default:
                changes.Drop(entry.Oid);
                break;
        }
    }

    /// <summary>Lines of detail: what depends on a view, directly and behind others.</summary>
    public static IEnumerable<string> Behind(CatalogSnapshot catalog, ViewEntry view) => WithTheirOwn(catalog, Dependents(catalog, view)).Select(d => d.Description);

    /// <summary>What depends on a relation, each followed by what depends on it in turn.</summary>
    private static IEnumerable<(RelationEntry Entry, ConstraintEntry? Constraint, string Description, string Short)> WithTheirOwn(
        CatalogSnapshot catalog, IEnumerable<(RelationEntry Entry, ConstraintEntry? Constraint, string Description, string Short)> dependents) =>
        dependents.SelectMany(d => d.Entry is ViewEntry ? WithTheirOwn(catalog, Dependents(catalog, d.Entry)).Prepend(d) : [d]);

    private static bool UsesSequence(ColumnEntry column, SequenceEntry sequence) =>
        column.SequenceOid == sequence.Oid || column.DefaultSql == SequenceCommands.NextValueText(sequence.Oid);

    /// <summary>A sequence, or those that go with a table.</summary>
    private static IEnumerable<SequenceEntry> SequencesOf(CatalogSnapshot catalog, RelationEntry entry) => entry switch
    {
        SequenceEntry sequence => [sequence],
        TableEntry table => catalog.Objects.OfType<SequenceEntry>().Where(s => s.OwnerTableOid == table.Oid).OrderBy(s => s.Oid),
        _ => [],
    };

    private static IEnumerable<(RelationEntry Entry, ConstraintEntry? Constraint, string Description, string Short)> Dependents(CatalogSnapshot catalog, RelationEntry entry)
    {
        foreach (var view in catalog.Objects.OfType<ViewEntry>().Where(v => v.Oid != entry.Oid && v.DependsOn.Contains(entry.Oid)).OrderBy(v => v.Oid))
            yield return (view, null, $"view {view.Name} depends on {DdlNames.Noun(entry)} {entry.Name}", $"view {view.Name}");
        if (entry is TableEntry)
        {
            foreach (var (table, constraint) in catalog.ReferencesTo(entry.Oid).Where(r => r.Table.Oid != entry.Oid))
                yield return (table, constraint, $"constraint {constraint.Name} on table {table.Name} depends on table {entry.Name}", $"constraint {constraint.Name} on table {table.Name}");
        }
        foreach (var sequence in SequencesOf(catalog, entry))
        foreach (var table in catalog.Objects.OfType<TableEntry>().Where(t => t.Oid != entry.Oid).OrderBy(t => t.Oid))
        {
            foreach (var column in table.Columns.Where(c => UsesSequence(c, sequence)))
                yield return (table, null, $"default value for column {column.Name} of table {table.Name} depends on sequence {sequence.Name}", $"default value for column {column.Name} of table {table.Name}");
        }
    }

    private static void DropSchema(Session session, DropStatement statement, QualifiedName name)
    {
        var catalog = session.Transaction.CurrentCatalog;
        if (catalog.FindSchema(session.DatabaseOid, name.Name) is not { } schema)
        {
            if (!statement.IfExists)
                throw new SqlException(SqlState.InvalidSchemaName, $"schema \"{name.Name}\" does not exist");
            session.Notice($"schema \"{name.Name}\" does not exist, skipping");
            return;
        }
        var inside = catalog.Children(schema.Oid).Where(c => c is not (IndexEntry or SequenceEntry { OwnerTableOid: not 0 })).ToList();
        if (inside.Count > 0 && !statement.Cascade)
        {
            throw new SqlException(SqlState.DependentObjectsStillExist, $"cannot drop schema {schema.Name} because other objects depend on it")
            {
                Detail = string.Join('\n', inside.Select(i => $"{DdlNames.Noun(i)} {schema.Name}.{i.Name} depends on schema {schema.Name}")),
                Hint = "Use DROP ... CASCADE to drop the dependent objects too.",
            };
        }
        if (inside.Count == 1)
            session.Notice($"drop cascades to {DdlNames.Noun(inside[0])} {schema.Name}.{inside[0].Name}");
        else if (inside.Count > 1)
            session.Raise(new Notice("NOTICE", SqlState.SuccessfulCompletion, $"drop cascades to {inside.Count} other objects") { Detail = string.Join('\n', inside.Select(i => $"drop cascades to {DdlNames.Noun(i)} {schema.Name}.{i.Name}")) });
        foreach (var entry in inside)
        {
            var now = session.Transaction.CurrentCatalog.Find(entry.Oid);
            if (now is RelationEntry relation)
            {
                session.LockRelation(relation.Oid, TableLockMode.AccessExclusive, relation.Name);
                DropRelation(session, relation, cascade: true, [.. inside.OfType<RelationEntry>()]);
            }
            else if (now is not null)
            {
                session.Transaction.Catalog.Drop(now.Oid);
            }
        }
        session.Transaction.Catalog.Drop(schema.Oid);
    }

    private static void DropType(Session session, DropStatement statement, QualifiedName name)
    {
        if (session.CurrentNames.FindEnum(name.Schema, name.Name) is not { } entry)
        {
            if (!statement.IfExists)
                throw new SqlException(SqlState.UndefinedObject, $"type \"{name}\" does not exist");
            session.Notice($"type \"{name}\" does not exist, skipping");
            return;
        }
        var users = session.Transaction.CurrentCatalog.Objects.OfType<TableEntry>()
            .SelectMany(t => t.Columns.Where(c => c.Type.UserOid == entry.Oid || c.Type.Element?.UserOid == entry.Oid).Select(c => (Table: t, Column: c))).ToList();
        if (users.Count > 0 && !statement.Cascade)
        {
            throw new SqlException(SqlState.DependentObjectsStillExist, $"cannot drop type {entry.Name} because other objects depend on it")
            {
                Detail = string.Join('\n', users.Select(u => $"column {u.Column.Name} of table {u.Table.Name} depends on type {entry.Name}")),
                Hint = "Use DROP ... CASCADE to drop the dependent objects too.",
            };
        }
        foreach (var (table, column) in users)
        {
            session.LockRelation(table.Oid, TableLockMode.AccessExclusive, table.Name);
            AlterColumns.Drop(session, session.Transaction.CurrentCatalog.Find<TableEntry>(table.Oid)!, new DropColumnAction(statement.Position, column.Name, true, true));
        }
        session.Transaction.Catalog.Drop(entry.Oid);
    }
}
