using OmenDb.Storage.Catalog;

namespace OmenDb.Engine.Catalog;

/// <summary>Constraints, dependencies and comments: pg_constraint, pg_depend, pg_description, pg_shdescription.</summary>
internal static class ConstraintTables
{
    private static readonly long _class = SystemOids.Class;

    public static IEnumerable<(string, Func<SystemScan, IEnumerable<object?[]>>)> All()
    {
        yield return ("pg_constraint", Constraints);
        yield return ("pg_depend", Dependencies);
        yield return ("pg_description", Descriptions);
        yield return ("pg_shdescription", SharedDescriptions);
    }

    /// <summary>PostgreSQL's letter.</summary>
    public static string Letter(ReferentialAction action) => action switch
    {
        ReferentialAction.Restrict => "r",
        ReferentialAction.Cascade => "c",
        ReferentialAction.SetNull => "n",
        ReferentialAction.SetDefault => "d",
        _ => "a",
    };

    /// <summary>The unique index that a foreign key's referenced columns have; null: it is gone.</summary>
    public static IndexEntry? ReferencedIndex(SystemScan scan, ConstraintEntry foreignKey) => foreignKey.ReferencedIndexOid != 0
        ? scan.Catalog.Find<IndexEntry>(foreignKey.ReferencedIndexOid) : scan.Catalog.IndexesOf(foreignKey.ReferencedTableOid)
        .Where(i => i.IsUnique && i.PredicateSql is null && i.Keys.Length == foreignKey.ReferencedColumnIds.Length
            && i.Keys.All(k => foreignKey.ReferencedColumnIds.Contains(k.ColumnId)))
        .OrderByDescending(i => i.IsPrimary).FirstOrDefault();

    private static IEnumerable<object?[]> Constraints(SystemScan scan)
    {
        foreach (var (table, constraint) in scan.Constraints)
        {
            var isForeign = constraint.Kind == ConstraintKind.ForeignKey;
            var operators = isForeign
                ? SystemValues.Oids(constraint.ReferencedColumnIds.Select(id => scan.Catalog.Find<TableEntry>(constraint.ReferencedTableOid)?.ColumnById(id) is { } column
                    ? TypeTables.EqualityOperator(column.Type) : 0))
                : null;
            yield return
            [
                (long)constraint.Oid, constraint.Name, (long)table.SchemaOid,
                constraint.Kind switch { ConstraintKind.PrimaryKey => "p", ConstraintKind.Unique => "u", ConstraintKind.Check => "c", ConstraintKind.ForeignKey => "f", _ => "x" },
                constraint.IsDeferrable, constraint.IsInitiallyDeferred, constraint.IsValidated, (long)table.Oid, 0L,
                isForeign ? ReferencedIndex(scan, constraint)?.Oid ?? 0L : (long)constraint.IndexOid, 0L, (long)constraint.ReferencedTableOid,
                isForeign ? Letter(constraint.OnUpdate) : " ", isForeign ? Letter(constraint.OnDelete) : " ", isForeign ? constraint.MatchFull ? "f" : "s" : " ",
                true, 0, constraint.Kind != ConstraintKind.Check,
                SystemValues.Int2s(constraint.ColumnIds), isForeign ? SystemValues.Int2s(constraint.ReferencedColumnIds) : null,
                operators, operators, operators, constraint.OnDeleteColumnIds.IsEmpty ? null : SystemValues.Int2s(constraint.OnDeleteColumnIds), null, constraint.CheckSql is null ? null : Definitions.Expression(constraint.CheckSql),
            ];
        }
    }

    private static IEnumerable<object?[]> Dependencies(SystemScan scan)
    {
        foreach (var relation in scan.Relations)
        {
            switch (relation)
            {
                case SequenceEntry { OwnerTableOid: not 0 } sequence:
                    var isIdentity = scan.Catalog.Find<TableEntry>(sequence.OwnerTableOid)?.ColumnById(sequence.OwnerColumnId) is { Identity: not ColumnIdentity.None };
                    yield return [_class, (long)sequence.Oid, 0, _class, (long)sequence.OwnerTableOid, sequence.OwnerColumnId, isIdentity ? "i" : "a"];
                    break;
                case IndexEntry index when scan.Catalog.Find<TableEntry>(index.TableOid) is { } indexed:
                    if (indexed.Constraints.FirstOrDefault(c => c.IndexOid == index.Oid) is { } owner)
                        yield return [_class, (long)index.Oid, 0, SystemOids.Constraint, (long)owner.Oid, 0, "i"];
                    else
                    {
                        foreach (var key in index.Keys.Where(k => k.ExpressionSql is null))
                            yield return [_class, (long)index.Oid, 0, _class, (long)indexed.Oid, key.ColumnId, "a"];
                    }
                    break;
                case TableEntry table:
                    foreach (var column in table.Columns.Where(c => !c.IsHidden))
                    {
                        if ((column.DefaultSql ?? column.GeneratedSql) is null)
                            continue;
                        yield return [SystemOids.Default, RelationTables.DefaultOid(table, column), 0, _class, (long)table.Oid, column.Id, "a"];
                        if (column.DefaultSql is { } text && Definitions.SequenceOf(scan.Names, text) is { } used)
                            yield return [SystemOids.Default, RelationTables.DefaultOid(table, column), 0, _class, (long)used, 0, "n"];
                    }
                    foreach (var constraint in table.Constraints)
                    {
                        foreach (var id in constraint.ColumnIds)
                            yield return [SystemOids.Constraint, (long)constraint.Oid, 0, _class, (long)table.Oid, id, "a"];
                        foreach (var id in constraint.ReferencedColumnIds)
                            yield return [SystemOids.Constraint, (long)constraint.Oid, 0, _class, (long)constraint.ReferencedTableOid, id, "n"];
                    }
                    break;
                case ViewEntry view:
                    yield return [SystemOids.Rewrite, 0x4000_0000L + view.Oid, 0, _class, (long)view.Oid, 0, "i"];
                    foreach (var used in view.DependsOn)
                        yield return [SystemOids.Rewrite, 0x4000_0000L + view.Oid, 0, _class, (long)used, 0, "n"];
                    break;
            }
        }
    }

    private static IEnumerable<object?[]> Descriptions(SystemScan scan)
    {
        yield return [(long)SystemTables.PgCatalogOid, SystemOids.Namespace, 0, "system catalog schema"];
        foreach (var schema in scan.Schemas)
        {
            if (schema.Comment is not null)
                yield return [(long)schema.Oid, SystemOids.Namespace, 0, schema.Comment];
        }
        foreach (var type in scan.Enums)
        {
            if (type.Comment is not null)
                yield return [(long)type.Oid, SystemOids.Type, 0, type.Comment];
        }
        foreach (var relation in scan.Relations)
        {
            if (relation.Comment is not null)
                yield return [(long)relation.Oid, _class, 0, relation.Comment];
            if (relation is not TableEntry table)
                continue;
            foreach (var column in table.Columns)
            {
                if (column.Comment is not null && !column.IsHidden)
                    yield return [(long)table.Oid, _class, column.Id, column.Comment];
            }
            foreach (var constraint in table.Constraints)
            {
                if (constraint.Comment is not null)
                    yield return [(long)constraint.Oid, SystemOids.Constraint, 0, constraint.Comment];
            }
        }
    }

    private static IEnumerable<object?[]> SharedDescriptions(SystemScan scan)
    {
        foreach (var entry in scan.Catalog.Objects)
        {
            if (entry.Comment is not null && entry is DatabaseEntry or RoleEntry)
                yield return [(long)entry.Oid, entry is DatabaseEntry ? SystemOids.Database : SystemOids.Role, entry.Comment];
        }
    }
}

/// <summary>OIDs of the catalogs that others name in their classid columns.</summary>
internal static class SystemOids
{
    public const long Type = 1247;
    public const long Class = 1259;
    public const long Role = 1260;
    public const long Database = 1262;
    public const long Default = 2604;
    public const long Constraint = 2606;
    public const long Namespace = 2615;
    public const long Rewrite = 2618;
}
