using OmenDb.Storage.Catalog;

namespace OmenDb.Engine.Catalog;

/// <summary>information_schema's views of constraints.</summary>
internal static class InformationConstraints
{
    public static IEnumerable<(string, Func<SystemScan, IEnumerable<object?[]>>)> All()
    {
        yield return ("information_schema.table_constraints", TableConstraints);
        yield return ("information_schema.key_column_usage", KeyColumns);
        yield return ("information_schema.constraint_column_usage", ColumnUsage);
        yield return ("information_schema.constraint_table_usage", TableUsage);
        yield return ("information_schema.referential_constraints", References);
        yield return ("information_schema.check_constraints", Checks);
        yield return ("information_schema.view_table_usage", ViewTables);
    }

    /// <summary>How information_schema names a column's NOT NULL, which it lists as a check.</summary>
    private static string NotNullName(TableEntry table, ColumnEntry column) => $"{table.SchemaOid}_{table.Oid}_{column.Id}_not_null";

    private static IEnumerable<(TableEntry Table, ColumnEntry Column)> NotNulls(SystemScan scan) =>
        scan.Tables.SelectMany(t => t.Columns.Where(c => c.NotNull && !c.IsHidden).Select(c => (t, c)));

    private static IEnumerable<object?[]> TableConstraints(SystemScan scan)
    {
        var database = scan.Session.DatabaseName;
        foreach (var (table, constraint) in scan.Constraints)
        {
            var schema = scan.SchemaName(table.SchemaOid);
            var kind = constraint.Kind switch
            {
                ConstraintKind.PrimaryKey => "PRIMARY KEY",
                ConstraintKind.Unique => "UNIQUE",
                ConstraintKind.Check => "CHECK",
                ConstraintKind.ForeignKey => "FOREIGN KEY",
                _ => null,
            };
            if (kind is null)
                continue;
            yield return
            [
                database, schema, constraint.Name, database, schema, table.Name, kind, SystemValues.YesNo(constraint.IsDeferrable), SystemValues.YesNo(constraint.IsInitiallyDeferred), "YES",
                constraint.Kind == ConstraintKind.Unique ? SystemValues.YesNo(scan.Catalog.Find<IndexEntry>(constraint.IndexOid) is not { NullsNotDistinct: true }) : null,
            ];
        }
        foreach (var (table, column) in NotNulls(scan))
        {
            var schema = scan.SchemaName(table.SchemaOid);
            yield return [database, schema, NotNullName(table, column), database, schema, table.Name, "CHECK", "NO", "NO", "YES", null];
        }
    }

    private static IEnumerable<object?[]> KeyColumns(SystemScan scan)
    {
        var database = scan.Session.DatabaseName;
        foreach (var (table, constraint) in scan.Constraints)
        {
            if (constraint.Kind is ConstraintKind.Check or ConstraintKind.Exclusion)
                continue;
            var schema = scan.SchemaName(table.SchemaOid);
            var target = constraint.Kind == ConstraintKind.ForeignKey ? ConstraintTables.ReferencedIndex(scan, constraint) : null;
            for (var i = 0; i < constraint.ColumnIds.Length; i++)
            {
                int? place = null;
                for (var k = 0; target is not null && k < target.Keys.Length; k++)
                {
                    if (target.Keys[k].ColumnId == constraint.ReferencedColumnIds[i])
                        place = k + 1;
                }
                yield return [database, schema, constraint.Name, database, schema, table.Name, table.ColumnById(constraint.ColumnIds[i])!.Name, i + 1, place];
            }
        }
    }

    private static IEnumerable<object?[]> ColumnUsage(SystemScan scan)
    {
        var database = scan.Session.DatabaseName;
        foreach (var (table, constraint) in scan.Constraints)
        {
            var schema = scan.SchemaName(table.SchemaOid);
            // Of a foreign key: what it refers to.
            var isForeign = constraint.Kind == ConstraintKind.ForeignKey;
            var used = isForeign ? scan.Catalog.Find<TableEntry>(constraint.ReferencedTableOid) : table;
            foreach (var id in isForeign ? constraint.ReferencedColumnIds : constraint.ColumnIds)
            {
                if (used?.ColumnById(id) is { } column)
                    yield return [database, scan.SchemaName(used.SchemaOid), used.Name, column.Name, database, schema, constraint.Name];
            }
        }
    }

    private static IEnumerable<object?[]> TableUsage(SystemScan scan)
    {
        var database = scan.Session.DatabaseName;
        foreach (var (table, constraint) in scan.Constraints)
        {
            if (constraint.Kind == ConstraintKind.Check)
                continue;
            var used = constraint.Kind == ConstraintKind.ForeignKey ? scan.Catalog.Find<TableEntry>(constraint.ReferencedTableOid) : table;
            if (used is not null)
                yield return [database, scan.SchemaName(used.SchemaOid), used.Name, database, scan.SchemaName(table.SchemaOid), constraint.Name];
        }
    }

    private static string Rule(ReferentialAction action) => action switch
    {
        ReferentialAction.Restrict => "RESTRICT",
        ReferentialAction.Cascade => "CASCADE",
        ReferentialAction.SetNull => "SET NULL",
        ReferentialAction.SetDefault => "SET DEFAULT",
        _ => "NO ACTION",
    };

    private static IEnumerable<object?[]> References(SystemScan scan)
    {
        var database = scan.Session.DatabaseName;
        foreach (var (table, constraint) in scan.Constraints)
        {
            if (constraint.Kind != ConstraintKind.ForeignKey)
                continue;
            var target = ConstraintTables.ReferencedIndex(scan, constraint);
            var targetSchema = target is null ? null : scan.SchemaName(target.SchemaOid);
            yield return
            [
                database, scan.SchemaName(table.SchemaOid), constraint.Name, target is null ? null : database, targetSchema, target?.Name,
                constraint.MatchFull ? "FULL" : "NONE", Rule(constraint.OnUpdate), Rule(constraint.OnDelete),
            ];
        }
    }

    private static IEnumerable<object?[]> Checks(SystemScan scan)
    {
        var database = scan.Session.DatabaseName;
        foreach (var (table, constraint) in scan.Constraints)
        {
            if (constraint.Kind == ConstraintKind.Check)
                yield return [database, scan.SchemaName(table.SchemaOid), constraint.Name, $"({Definitions.Expression(constraint.CheckSql!)})"];
        }
        foreach (var (table, column) in NotNulls(scan))
            yield return [database, scan.SchemaName(table.SchemaOid), NotNullName(table, column), $"{column.Name} IS NOT NULL"];
    }

    private static IEnumerable<object?[]> ViewTables(SystemScan scan)
    {
        var database = scan.Session.DatabaseName;
        foreach (var view in scan.Relations.OfType<ViewEntry>())
        {
            foreach (var used in view.DependsOn)
            {
                if (scan.Catalog.Find<RelationEntry>(used) is { } relation)
                    yield return [database, scan.SchemaName(view.SchemaOid), view.Name, database, scan.SchemaName(relation.SchemaOid), relation.Name];
            }
        }
    }
}
