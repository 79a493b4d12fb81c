using System.Globalization;
using OmenDb.Planner.Catalog;
using OmenDb.Storage.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Catalog;

/// <summary>information_schema: schemas, tables, columns, views, sequences, routines, roles.</summary>
internal static class InformationTables
{
    public static IEnumerable<(string, Func<SystemScan, IEnumerable<object?[]>>)> All()
    {
        yield return ("information_schema.information_schema_catalog_name", scan => [[scan.Session.DatabaseName]]);
        yield return ("information_schema.schemata", Schemata);
        yield return ("information_schema.tables", Tables);
        yield return ("information_schema.columns", Columns);
        yield return ("information_schema.views", Views);
        yield return ("information_schema.sequences", Sequences);
        yield return ("information_schema.routines", Routines);
        yield return ("information_schema.parameters", Parameters);
        yield return ("information_schema.enabled_roles", scan => [[scan.Session.CurrentUser]]);
        yield return ("information_schema.character_sets", scan => [[null, null, "UTF8", "UCS", "UTF8", scan.Session.DatabaseName, "pg_catalog", "C"]]);
        yield return ("information_schema.collations", scan => new[] { "C", "POSIX", "default", "ucs_basic" }.Select(c => new object?[] { scan.Session.DatabaseName, "pg_catalog", c, "NO PAD" }));
        yield return ("information_schema.table_privileges", Privileges);
        yield return ("information_schema.role_table_grants", Privileges);
    }

    private static IEnumerable<object?[]> Schemata(SystemScan scan)
    {
        object?[] Row(string name, string owner) => [scan.Session.DatabaseName, name, owner, null, null, null, null];
        yield return Row("pg_catalog", scan.OwnerName(CatalogStore.BootstrapRoleOid));
        yield return Row("information_schema", scan.OwnerName(CatalogStore.BootstrapRoleOid));
        foreach (var schema in scan.Schemas)
            yield return Row(schema.Name, scan.Owner(schema));
    }

    private static IEnumerable<object?[]> Tables(SystemScan scan)
    {
        var database = scan.Session.DatabaseName;
        foreach (var table in SystemTables.All)
        {
            yield return
            [
                database, table.Schema, table.Name, table.IsView ? "VIEW" : "BASE TABLE", null, null, null, null, null, SystemValues.YesNo(!table.IsView), "NO", null,
            ];
        }
        foreach (var relation in scan.Relations)
        {
            if (relation is not (TableEntry or ViewEntry))
                continue;
            var schema = scan.SchemaName(relation.SchemaOid);
            var isTemporary = schema.StartsWith("pg_temp_", StringComparison.Ordinal);
            yield return
            [
                database, schema, relation.Name, relation is ViewEntry ? "VIEW" : isTemporary ? "LOCAL TEMPORARY" : "BASE TABLE", null, null, null, null, null,
                SystemValues.YesNo(relation is TableEntry), "NO", isTemporary ? "PRESERVE" : null,
            ];
        }
    }

    private static IEnumerable<object?[]> Columns(SystemScan scan)
    {
        foreach (var table in SystemTables.All)
        {
            for (var i = 0; i < table.Columns.Length; i++)
                yield return Column(scan, table.Schema, table.Name, table.Columns[i].Name, i + 1, table.Columns[i].Type, table.Columns[i].NotNull, null, !table.IsView);
        }
        foreach (var relation in scan.Relations)
        {
            var schema = scan.SchemaName(relation.SchemaOid);
            if (relation is TableEntry table)
            {
                foreach (var column in table.Columns)
                {
                    if (!column.IsHidden)
                        yield return Column(scan, schema, table.Name, column.Name, column.Id, column.Type, column.NotNull, column, true);
                }
            }
            else if (relation is ViewEntry view)
            {
                for (var i = 0; i < view.Columns.Length; i++)
                    yield return Column(scan, schema, view.Name, view.Columns[i].Name, i + 1, view.Columns[i].Type, false, null, false);
            }
        }
    }

    private static object?[] Column(SystemScan scan, string schema, string table, string name, int ordinal, SqlType type, bool notNull, ColumnEntry? entry, bool updatable)
    {
        var database = scan.Session.DatabaseName;
        var facts = TypeFacts.Of(scan, type);
        var identity = entry is { Identity: not ColumnIdentity.None } ? scan.Catalog.Find<SequenceEntry>(entry.SequenceOid) : null;
        var isIdentity = entry is { Identity: not ColumnIdentity.None };
        return
        [
            database, schema, table, name, ordinal, entry?.DefaultSql is null ? null : Definitions.Default(scan.Names, entry), SystemValues.YesNo(!notNull), facts.DataType,
            facts.MaxLength, facts.OctetLength, facts.Precision, facts.Radix, facts.Scale, facts.DateTimePrecision, null, null, null, null, null, null, null, null, null, null, null,
            database, facts.UdtSchema, facts.UdtName, null, null, null, null, ordinal.ToString(CultureInfo.InvariantCulture), "NO",
            SystemValues.YesNo(isIdentity), entry?.Identity switch { ColumnIdentity.Always => "ALWAYS", ColumnIdentity.ByDefault => "BY DEFAULT", _ => null },
            Text(identity?.Start), Text(identity?.Increment), Text(identity?.MaxValue), Text(identity?.MinValue), SystemValues.YesNo(identity?.Cycles ?? false),
            entry?.GeneratedSql is null ? "NEVER" : "ALWAYS", entry?.GeneratedSql is null ? null : Definitions.Default(scan.Names, entry), SystemValues.YesNo(updatable),
        ];
    }

    private static string? Text(long? value) => value?.ToString(CultureInfo.InvariantCulture);

    private static IEnumerable<object?[]> Views(SystemScan scan) => scan.Relations.OfType<ViewEntry>().Select(v => new object?[]
    {
        scan.Session.DatabaseName, scan.SchemaName(v.SchemaOid), v.Name, Definitions.View(scan, v), "NONE", "NO", "NO", "NO", "NO", "NO",
    });

    private static IEnumerable<object?[]> Sequences(SystemScan scan)
    {
        foreach (var sequence in scan.Relations.OfType<SequenceEntry>())
        {
            if (scan.Catalog.Find<TableEntry>(sequence.OwnerTableOid)?.ColumnById(sequence.OwnerColumnId) is { Identity: not ColumnIdentity.None })
                continue;
            var facts = TypeFacts.Of(scan, sequence.Type);
            yield return
            [
                scan.Session.DatabaseName, scan.SchemaName(sequence.SchemaOid), sequence.Name, facts.DataType, facts.Precision, 2, 0, Text(sequence.Start), Text(sequence.MinValue),
                Text(sequence.MaxValue), Text(sequence.Increment), SystemValues.YesNo(sequence.Cycles),
            ];
        }
    }

    private static string SpecificName(int oid, FunctionInfo function) => $"{function.Name}_{oid}";

    private static IEnumerable<object?[]> Routines(SystemScan scan)
    {
        var database = scan.Session.DatabaseName;
        var columns = SystemTables.Find("information_schema", "routines")!.Columns;
        int Place(string name)
        {
            for (var i = 0; i < columns.Length; i++)
            {
                if (columns[i].Name == name)
                    return i;
            }
            throw SqlException.Internal($"routines has no column {name}");
        }
        var width = columns.Count(c => !c.Hidden);
        (int Place, Func<int, FunctionInfo, object?> Value)[] values =
        [
            (Place("specific_catalog"), (_, _) => database), (Place("specific_schema"), (_, _) => "pg_catalog"), (Place("specific_name"), (oid, f) => SpecificName(oid, f)),
            (Place("routine_catalog"), (_, _) => database), (Place("routine_schema"), (_, _) => "pg_catalog"), (Place("routine_name"), (_, f) => f.Name),
            (Place("routine_type"), (_, f) => f.Kind is FunctionKind.Aggregate or FunctionKind.Window ? null : "FUNCTION"),
            (Place("data_type"), (_, f) => TypeFacts.Of(scan, f.Result).DataType), (Place("type_udt_catalog"), (_, _) => database),
            (Place("type_udt_schema"), (_, f) => TypeFacts.Of(scan, f.Result).UdtSchema), (Place("type_udt_name"), (_, f) => TypeFacts.Of(scan, f.Result).UdtName),
            (Place("dtd_identifier"), (_, _) => "0"), (Place("routine_body"), (_, _) => "EXTERNAL"), (Place("external_name"), (_, f) => f.Name),
            (Place("external_language"), (_, _) => "INTERNAL"), (Place("parameter_style"), (_, _) => "GENERAL"),
            (Place("is_deterministic"), (_, f) => SystemValues.YesNo(f.Volatility == Volatility.Immutable)), (Place("sql_data_access"), (_, _) => "MODIFIES"),
            (Place("is_null_call"), (_, f) => SystemValues.YesNo(f.Strict)), (Place("schema_level_routine"), (_, _) => "YES"), (Place("max_dynamic_result_sets"), (_, _) => 0),
            (Place("security_type"), (_, _) => "INVOKER"), (Place("as_locator"), (_, _) => "NO"), (Place("is_udt_dependent"), (_, _) => "NO"),
        ];
        foreach (var (oid, function) in SystemFunctions.All)
        {
            var row = new object?[width];
            foreach (var (place, value) in values)
                row[place] = value(oid, function);
            yield return row;
        }
    }

    private static IEnumerable<object?[]> Parameters(SystemScan scan)
    {
        var database = scan.Session.DatabaseName;
        foreach (var (oid, function) in SystemFunctions.All)
        {
            for (var i = 0; i < function.Arguments.Length; i++)
            {
                var facts = TypeFacts.Of(scan, function.Arguments[i]);
                yield return
                [
                    database, "pg_catalog", SpecificName(oid, function), i + 1, "IN", "NO", "NO", null, facts.DataType, null, null, null, null, null, null, null, null, null, null, null,
                    null, null, null, database, facts.UdtSchema, facts.UdtName, null, null, null, null, (i + 1).ToString(CultureInfo.InvariantCulture), null,
                ];
            }
        }
    }

    private static readonly string[] _privileges = ["INSERT", "SELECT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"];

    private static IEnumerable<object?[]> Privileges(SystemScan scan)
    {
        foreach (var relation in scan.Relations)
        {
            if (relation is not (TableEntry or ViewEntry))
                continue;
            var owner = scan.Owner(relation);
            foreach (var privilege in _privileges)
                yield return [owner, owner, scan.Session.DatabaseName, scan.SchemaName(relation.SchemaOid), relation.Name, privilege, "YES", SystemValues.YesNo(privilege == "SELECT")];
        }
    }
}

/// <summary>A type in the words of information_schema.</summary>
internal readonly record struct TypeFacts(string DataType, string UdtSchema, string UdtName)
{
    public int? MaxLength { get; private init; }

    public int? OctetLength { get; private init; }

    public int? Precision { get; private init; }

    public int? Radix { get; private init; }

    public int? Scale { get; private init; }

    public int? DateTimePrecision { get; private init; }

    public static TypeFacts Of(SystemScan scan, SqlType type) => type.Id switch
    {
        TypeId.Enum => new TypeFacts("USER-DEFINED", scan.Catalog.Find<EnumEntry>(type.UserOid) is { } entry ? scan.SchemaName(entry.SchemaOid) : "public", type.EnumName ?? ""),
        TypeId.Array => new TypeFacts("ARRAY", Of(scan, type.Element!).UdtSchema, "_" + Of(scan, type.Element!).UdtName),
        _ => Number(type, new TypeFacts(type.Id == TypeId.Char ? "character" : PgTypes.FormatType(SqlType.Of(type.Id)), "pg_catalog", PgTypes.Find(type.Id)?.Name ?? "unknown")),
    };

    private static TypeFacts Number(SqlType type, TypeFacts facts) => type.Id switch
    {
        TypeId.Int2 => facts with { Precision = 16, Radix = 2, Scale = 0 },
        TypeId.Int4 => facts with { Precision = 32, Radix = 2, Scale = 0 },
        TypeId.Int8 => facts with { Precision = 64, Radix = 2, Scale = 0 },
        TypeId.Float4 => facts with { Precision = 24, Radix = 2 },
        TypeId.Float8 => facts with { Precision = 53, Radix = 2 },
        TypeId.Numeric when type.Precision > 0 => facts with { Precision = type.Precision, Radix = 10, Scale = type.Scale },
        TypeId.Numeric => facts with { Radix = 10 },
        TypeId.Varchar or TypeId.Char when type.Length >= 0 => facts with { MaxLength = type.Length, OctetLength = type.Length * 4 },
        TypeId.Text or TypeId.Varchar or TypeId.Char => facts with { OctetLength = 1 << 30 },
        TypeId.Date => facts with { DateTimePrecision = 0 },
        TypeId.Time or TypeId.TimeTz or TypeId.Timestamp or TypeId.TimestampTz or TypeId.Interval => facts with { DateTimePrecision = type.Length >= 0 ? type.Length : 6 },
        _ => facts,
    };
}
