using OmenDb.Engine.Catalog;
using OmenDb.Planner.Catalog;
using OmenDb.Storage.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Functions.Catalogs;

/// <summary>format_type and pg_get_*: objects as text.</summary>
internal static class DefinitionFunctions
{
    public static IEnumerable<FunctionInfo> All()
    {
        SqlType oid = SqlType.Oid, text = SqlType.Text, flag = SqlType.Bool;
        yield return CatalogCall.Define<string?>("format_type", [oid, SqlType.Int4], text, static (context, a) => FormatType(context, a), strict: false);
        yield return CatalogCall.Define("pg_get_expr", [CatalogCall.NodeTree, oid], text, static (_, a) => a.Get<string>(0));
        yield return CatalogCall.Define("pg_get_expr", [CatalogCall.NodeTree, oid, flag], text, static (_, a) => a.Get<bool>(2) ? PrettyText.Bare(a.Get<string>(0)) : a.Get<string>(0));
        yield return CatalogCall.Define<string?>("pg_get_constraintdef", [oid], text, static (context, a) => Constraint(context, a.Get<long>(0), false));
        yield return CatalogCall.Define<string?>("pg_get_constraintdef", [oid, flag], text, static (context, a) => Constraint(context, a.Get<long>(0), a.Get<bool>(1)));
        yield return CatalogCall.Define<string?>("pg_get_indexdef", [oid], text, static (context, a) => Index(context, a.Get<long>(0), 0, false));
        yield return CatalogCall.Define<string?>("pg_get_indexdef", [oid, SqlType.Int4, flag], text, static (context, a) => Index(context, a.Get<long>(0), a.Get<int>(1), a.Get<bool>(2)));
        yield return CatalogCall.Define<string?>("pg_get_viewdef", [oid], text, static (context, a) => View(context, a.Get<long>(0)));
        yield return CatalogCall.Define<string?>("pg_get_viewdef", [oid, flag], text, static (context, a) => View(context, a.Get<long>(0)));
        yield return CatalogCall.Define<string?>("pg_get_viewdef", [oid, SqlType.Int4], text, static (context, a) => View(context, a.Get<long>(0)));
        yield return CatalogCall.Define<string?>("pg_get_viewdef", [text], text, static (context, a) => View(context, ObjectNames.Resolve(CatalogCall.Scan(context).Names, TypeId.Regclass, a.Get<string>(0))));
        yield return CatalogCall.Define<string?>("pg_get_viewdef", [text, flag], text, static (context, a) => View(context, ObjectNames.Resolve(CatalogCall.Scan(context).Names, TypeId.Regclass, a.Get<string>(0))));
        foreach (var name in new[] { "pg_get_ruledef", "pg_get_triggerdef" })
        {
            yield return CatalogCall.Always<string?>(name, [oid], text, null);
            yield return CatalogCall.Always<string?>(name, [oid, flag], text, null);
        }
        yield return CatalogCall.Always<string?>("pg_get_partkeydef", [oid], text, null);
        yield return CatalogCall.Always<string?>("pg_get_partition_constraintdef", [oid], text, null);
        yield return CatalogCall.Always<string?>("pg_get_statisticsobjdef", [oid], text, null);
        yield return CatalogCall.Always<string?>("pg_get_statisticsobjdef_columns", [oid], text, null);
        yield return CatalogCall.Always<string?>("pg_get_statisticsobjdef_expressions", [oid], SqlType.ArrayOf(text), null);
        yield return CatalogCall.Define("pg_get_userbyid", [oid], SqlType.Name, static (context, a) => CatalogCall.Scan(context).OwnerName((int)a.Get<long>(0)));
        yield return CatalogCall.Define<string?>("pg_get_serial_sequence", [text, text], text, static (context, a) => SerialSequence(CatalogCall.Scan(context), a.Get<string>(0), a.Get<string>(1)));
        yield return CatalogCall.Define<string?>("pg_get_function_arguments", [oid], text, static (context, a) => Arguments(context, a.Get<long>(0)));
        yield return CatalogCall.Define<string?>("pg_get_function_identity_arguments", [oid], text, static (context, a) => Arguments(context, a.Get<long>(0)));
        yield return CatalogCall.Define<string?>("pg_get_function_result", [oid], text, static (context, a) => Result(a.Get<long>(0)));
        yield return CatalogCall.Always<string?>("pg_get_function_sqlbody", [oid], text, null);
        yield return CatalogCall.Always<string?>("pg_get_function_arg_default", [oid, SqlType.Int4], text, null);
        yield return CatalogCall.Always<string?>("pg_get_functiondef", [oid], text, null);
    }

    private static string? FormatType(FunctionContext context, RowArguments a)
    {
        if (a.IsNull(0))
            return null;
        var oid = a.Get<long>(0);
        if (oid == 0)
            return "-";
        if (a.IsNull(1) && oid == 1042)
            return "character";
        return ObjectNames.TypeName(CatalogCall.Scan(context).Names, oid, a.IsNull(1) ? -1 : a.Get<int>(1)) ?? "???";
    }

    private static string? Constraint(FunctionContext context, long oid, bool pretty)
    {
        var scan = CatalogCall.Scan(context);
        foreach (var (table, constraint) in scan.Constraints)
        {
            if (constraint.Oid == oid)
                return Definitions.Constraint(scan, table, constraint, pretty);
        }
        return null;
    }

    private static string? Index(FunctionContext context, long oid, int column, bool pretty)
    {
        var scan = CatalogCall.Scan(context);
        if (scan.Catalog.Find<IndexEntry>((int)oid) is not { } index)
            return null;
        return column == 0 ? Definitions.Index(scan, index, pretty) : Definitions.IndexColumn(scan, index, column, pretty);
    }

    private static string? View(FunctionContext context, long oid)
    {
        var scan = CatalogCall.Scan(context);
        return scan.Catalog.Find<ViewEntry>((int)oid) is { } view ? Definitions.View(scan, view) : null;
    }

    private static string? SerialSequence(SystemScan scan, string table, string column)
    {
        var entry = scan.Catalog.Find<TableEntry>(ObjectNames.Resolve(scan.Names, TypeId.Regclass, table))
            ?? throw new SqlException(SqlState.WrongObjectType, $"\"{table}\" is not a table");
        var found = entry.FindColumn(column) ?? throw new SqlException(SqlState.UndefinedColumn, $"column \"{column}\" of relation \"{entry.Name}\" does not exist");
        var sequence = scan.Relations.OfType<SequenceEntry>().FirstOrDefault(s => s.OwnerTableOid == entry.Oid && s.OwnerColumnId == found.Id);
        return sequence is null ? null : Identifiers.Quote(scan.SchemaName(sequence.SchemaOid), sequence.Name);
    }

    private static string? Arguments(FunctionContext context, long oid)
    {
        if (SystemFunctions.Find((int)oid) is not { } function)
            return null;
        var arguments = new List<string>();
        for (var i = 0; i < function.Arguments.Length; i++)
            arguments.Add((function.Variadic && i == function.Arguments.Length - 1 ? "VARIADIC " : "") + TypeText(function.Arguments[i]));
        if (function.Kind == FunctionKind.Table)
            arguments.AddRange(function.ResultColumns([.. function.Arguments]).Where(c => c.Name.Length > 0).Select(c => $"OUT {Identifiers.Quote(c.Name)} {TypeText(c.Type)}"));
        return string.Join(", ", arguments);
    }

    private static string? Result(long oid)
    {
        if (SystemFunctions.Find((int)oid) is not { } function)
            return null;
        if (function.Kind != FunctionKind.Table)
            return TypeText(function.Result);
        return "SETOF " + (function.ResultColumns([.. function.Arguments]).Length > 1 ? "record" : TypeText(function.Result));
    }

    private static string TypeText(SqlType type) => type.Id == TypeId.Char ? "character" : PgTypes.FormatType(type);
}
