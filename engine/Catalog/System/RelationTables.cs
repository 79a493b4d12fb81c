using OmenDb.Planner.Grammar;
using OmenDb.Planner.Syntax;
using OmenDb.Storage.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Catalog;

/// <summary>Schemas, relations and their columns: pg_namespace, pg_class, pg_attribute, pg_attrdef, pg_index, pg_sequence, pg_inherits.</summary>
internal static class RelationTables
{
    private const long HeapMethod = 2;
    private const long BTreeMethod = 403;

    public static IEnumerable<(string, Func<SystemScan, IEnumerable<object?[]>>)> All()
    {
        yield return ("pg_namespace", Namespaces);
        yield return ("pg_class", Classes);
        yield return ("pg_attribute", Attributes);
        yield return ("pg_attrdef", Defaults);
        yield return ("pg_index", Indexes);
        yield return ("pg_sequence", Sequences);
        yield return ("pg_rewrite", Rules);
    }

    private static IEnumerable<object?[]> Namespaces(SystemScan scan) =>
        scan.Schemas.Select(s => new object?[] { (long)s.Oid, s.Name, (long)s.OwnerOid, null })
            .Append([(long)SystemTables.PgCatalogOid, "pg_catalog", (long)CatalogStore.BootstrapRoleOid, null])
            .Append([(long)SystemTables.InformationSchemaOid, "information_schema", (long)CatalogStore.BootstrapRoleOid, null]);

    private static IEnumerable<object?[]> Classes(SystemScan scan)
    {
        foreach (var table in SystemTables.All)
        {
            yield return Class(table.Oid, table.Name, table.SchemaOid, CatalogStore.BootstrapRoleOid, table.IsView ? 'v' : 'r', table.Columns.Length,
                rowCount: -1, method: table.IsView ? 0 : HeapMethod, hasRules: table.IsView);
        }
        var referenced = scan.Constraints.Where(c => c.Constraint.Kind == ConstraintKind.ForeignKey).Select(c => c.Constraint.ReferencedTableOid).ToHashSet();
        foreach (var relation in scan.Relations)
        {
            var isTemporary = scan.Catalog.Find<SchemaEntry>(relation.SchemaOid) is { } schema && TemporaryObjects.IsTemporary(schema);
            var row = relation switch
            {
                TableEntry table => Class(table.Oid, table.Name, table.SchemaOid, table.OwnerOid, 'r', table.Columns.Count(c => !c.IsHidden), scan.RowCount(table), HeapMethod,
                    hasIndex: scan.Catalog.IndexesOf(table.Oid).Any(), checks: table.Constraints.Count(c => c.Kind == ConstraintKind.Check),
                    hasTriggers: referenced.Contains(table.Oid) || table.Constraints.Any(c => c.Kind == ConstraintKind.ForeignKey)),
                IndexEntry index => Class(index.Oid, index.Name, index.SchemaOid, index.OwnerOid, 'i', index.Keys.Length + index.IncludedColumnIds.Length,
                    scan.Catalog.Find<TableEntry>(index.TableOid) is { } owner ? scan.RowCount(owner) : 0, BTreeMethod),
                ViewEntry view => Class(view.Oid, view.Name, view.SchemaOid, view.OwnerOid, 'v', view.Columns.Length, -1, 0, hasRules: true),
                _ => Class(relation.Oid, relation.Name, relation.SchemaOid, relation.OwnerOid, 'S', 3, 1, 0),
            };
            if (isTemporary)
                row[15] = "t";
            yield return row;
        }
    }

    private static object?[] Class(int oid, string name, int schema, int owner, char kind, int columns, long rowCount, long method, bool hasIndex = false, int checks = 0,
        bool hasRules = false, bool hasTriggers = false) =>
    [
        (long)oid, name, (long)schema, 0L, 0L, (long)owner, method, kind == 'v' ? 0L : (long)oid, 0L,
        rowCount <= 0 ? 0 : (int)Math.Min(int.MaxValue, rowCount / 100 + 1), (float)(kind == 'v' ? -1 : rowCount), 0, 0L,
        hasIndex, false, "p", kind.ToString(), (short)columns, (short)checks, hasRules, hasTriggers, false, false, false, true,
        kind == 'r' ? "d" : "n", false, 0L, kind == 'r' ? 2L : 0L, kind == 'r' ? 1L : 0L, null, null, null,
    ];

    private static readonly Lazy<object?[][]> _systemAttributes = new(() =>
        [.. SystemTables.All.SelectMany(t => t.Columns.Select((c, i) => Attribute(t.Oid, c.Name, PgTypes.OidOf(c.Type), c.Type, i + 1, c.NotNull)))]);

    private static readonly (string Name, SqlType Type, int Number)[] _implicit =
    [
        ("tableoid", SqlType.Oid, -6), ("cmax", SqlType.Of(TypeId.Cid), -5), ("xmax", SqlType.Xid, -4), ("cmin", SqlType.Of(TypeId.Cid), -3), ("xmin", SqlType.Xid, -2),
        ("ctid", SqlType.Of(TypeId.Tid), -1),
    ];

    private static IEnumerable<object?[]> Attributes(SystemScan scan)
    {
        foreach (var row in _systemAttributes.Value)
            yield return row;
        foreach (var relation in scan.Relations)
        {
            switch (relation)
            {
                case TableEntry table:
                    foreach (var (name, type, number) in _implicit)
                        yield return Attribute(table.Oid, name, PgTypes.OidOf(type), type, number, true);
                    foreach (var column in table.Columns)
                    {
                        if (!column.IsHidden)
                        {
                            yield return Attribute(table.Oid, column.Name, scan.TypeOid(column.Type), column.Type, column.Id, column.NotNull,
                                hasDefault: column.DefaultSql is not null || column.GeneratedSql is not null, statistics: column.StatisticsTarget,
                                identity: column.Identity switch { ColumnIdentity.Always => "a", ColumnIdentity.ByDefault => "d", _ => "" },
                                generated: column.GeneratedSql is null ? "" : "s");
                        }
                    }
                    break;
                case IndexEntry index when scan.Catalog.Find<TableEntry>(index.TableOid) is { } indexed:
                    var names = new HashSet<string>();
                    var position = 0;
                    foreach (var id in index.Keys.Select(k => k.ColumnId).Concat(index.IncludedColumnIds))
                    {
                        var column = indexed.ColumnById(id)!;
                        var name = column.IsHidden ? ExpressionName(column.GeneratedSql!) : column.Name;
                        for (var i = 1; !names.Add(name); i++)
                            name = $"{(column.IsHidden ? ExpressionName(column.GeneratedSql!) : column.Name)}{i}";
                        yield return Attribute(index.Oid, name, scan.TypeOid(column.Type), column.Type, ++position, false);
                    }
                    break;
                case ViewEntry view:
                    for (var i = 0; i < view.Columns.Length; i++)
                        yield return Attribute(view.Oid, view.Columns[i].Name, scan.TypeOid(view.Columns[i].Type), view.Columns[i].Type, i + 1, false);
                    break;
                case SequenceEntry sequence:
                    yield return Attribute(sequence.Oid, "last_value", 20, SqlType.Int8, 1, true);
                    yield return Attribute(sequence.Oid, "log_cnt", 20, SqlType.Int8, 2, true);
                    yield return Attribute(sequence.Oid, "is_called", 16, SqlType.Bool, 3, true);
                    break;
            }
        }
    }

    /// <summary>The name that an expression's column has in pg_attribute: that of its function.</summary>
    private static string ExpressionName(string sql) => SqlParser.ParseExpression(sql) is FunctionCall call ? call.FunctionName : "expr";

    private static object?[] Attribute(int relation, string name, long typeOid, SqlType type, int number, bool notNull, bool hasDefault = false, int statistics = -1,
        string identity = "", string generated = "")
    {
        var shape = TypeShape.Of(type);
        return
        [
            (long)relation, name, typeOid, statistics, shape.Length, (short)number, type.Id == TypeId.Array ? 1 : 0, -1, type.TypeModifier, shape.ByValue, shape.Align,
            shape.Storage, "", notNull, hasDefault, false, identity, generated, false, true, 0, TypeShape.Collation(type), null, null, null, null,
        ];
    }

    private static IEnumerable<object?[]> Defaults(SystemScan scan)
    {
        foreach (var table in scan.Tables)
        {
            foreach (var column in table.Columns)
            {
                if (!column.IsHidden && (column.DefaultSql ?? column.GeneratedSql) is not null)
                    yield return [DefaultOid(table, column), (long)table.Oid, (short)column.Id, Definitions.Default(scan.Names, column)];
            }
        }
    }

    /// <summary>Defaults have no OIDs of their own here: one that no object of the catalog has, the same at every look.</summary>
    public static long DefaultOid(TableEntry table, ColumnEntry column) => 0x8000_0000L + (table.Oid * 1664L + column.Id) % 0x7000_0000L;

    private static IEnumerable<object?[]> Indexes(SystemScan scan)
    {
        foreach (var index in scan.Relations.OfType<IndexEntry>())
        {
            if (scan.Catalog.Find<TableEntry>(index.TableOid) is not { } table)
                continue;
            var keys = index.Keys.Select(k => table.ColumnById(k.ColumnId)!).ToArray();
            var constraint = table.Constraints.FirstOrDefault(c => c.IndexOid == index.Oid);
            var expressions = index.Keys.Where(k => k.ExpressionSql is not null).Select(k => Definitions.Expression(k.ExpressionSql!)).ToArray();
            yield return
            [
                (long)index.Oid, (long)table.Oid, (short)(keys.Length + index.IncludedColumnIds.Length), (short)keys.Length, index.IsUnique, index.NullsNotDistinct, index.IsPrimary,
                false, constraint is null || !constraint.IsDeferrable, false, true, false, true, true, false,
                SystemValues.Int2s(index.Keys.Select(k => k.ExpressionSql is null ? k.ColumnId : 0).Concat(index.IncludedColumnIds)),
                SystemValues.Oids(keys.Select(c => TypeShape.Collation(c.Type))),
                SystemValues.Oids(keys.Select(c => TypeShape.OperatorClass(c.Type))),
                SystemValues.Int2s(index.Keys.Select(k => (k.Descending ? 1 : 0) | (k.NullsFirst ? 2 : 0))),
                expressions.Length == 0 ? null : string.Join(", ", expressions),
                index.PredicateSql is null ? null : Definitions.Expression(index.PredicateSql),
            ];
        }
    }

    private static IEnumerable<object?[]> Sequences(SystemScan scan) => scan.Relations.OfType<SequenceEntry>().Select(s => new object?[]
    {
        (long)s.Oid, scan.TypeOid(s.Type), s.Start, s.Increment, s.MaxValue, s.MinValue, s.CacheSize, s.Cycles,
    });

    private static IEnumerable<object?[]> Rules(SystemScan scan) => scan.Relations.OfType<ViewEntry>().Select(v => new object?[]
    {
        0x4000_0000L + v.Oid, "_RETURN", (long)v.Oid, "1", "O", true, "<>", v.Sql,
    });
}
