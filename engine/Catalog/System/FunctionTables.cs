using OmenDb.Planner.Catalog;
using OmenDb.Storage.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Catalog;

/// <summary>pg_proc and pg_aggregate: the functions of the registry, and those that pg_type mentions.</summary>
internal static class FunctionTables
{
    private static readonly Lazy<object?[][]> _functions = new(() => [.. Functions()]);

    public static IEnumerable<(string, Func<SystemScan, IEnumerable<object?[]>>)> All()
    {
        yield return ("pg_proc", _ => _functions.Value);
        yield return ("pg_aggregate", Aggregates);
    }

    /// <summary>OID of a function of pg_proc, any of that name; null: none.</summary>
    public static int? FindOid(string name) => _names.Value.TryGetValue(name, out var oid) ? oid : null;

    private static readonly Lazy<Dictionary<string, int>> _names = new(() =>
    {
        var names = new Dictionary<string, int>();
        foreach (var row in _functions.Value)
            names.TryAdd((string)row[1]!, row[0] is long oid ? (int)oid : 0);
        return names;
    });

    private static IEnumerable<object?[]> Functions()
    {
        foreach (var (oid, function) in SystemFunctions.All)
        {
            var outputs = function.Kind == FunctionKind.Table ? function.ResultColumns([.. function.Arguments]) : [];
            var isRecord = outputs.Length > 1;
            var inputs = function.Arguments.Select(t => (long)PgTypes.OidOf(t)).ToArray();
            yield return
            [
                (long)oid, function.Name, (long)SystemTables.PgCatalogOid, (long)CatalogStore.BootstrapRoleOid, 12L, 1f, function.Kind == FunctionKind.Table ? 1000f : 0f,
                function.Variadic ? (long)PgTypes.OidOf(function.Arguments[^1]) : 0L, 0L,
                function.Kind switch { FunctionKind.Aggregate => "a", FunctionKind.Window => "w", _ => "f" },
                false, false, function.Strict, function.Kind == FunctionKind.Table,
                function.Volatility switch { Volatility.Immutable => "i", Volatility.Stable => "s", _ => "v" }, "s",
                (short)function.Arguments.Length, (short)function.OptionalArguments, isRecord ? 2249L : (long)PgTypes.OidOf(function.Result),
                SystemValues.Oids(inputs),
                isRecord ? SystemValues.Oids(inputs.Concat(outputs.Select(o => (long)PgTypes.OidOf(o.Type)))) : null,
                isRecord ? SystemValues.Texts(inputs.Select(_ => "i").Concat(outputs.Select(_ => "o"))) : null,
                isRecord ? SystemValues.Texts(inputs.Select(_ => "").Concat(outputs.Select(o => o.Name))) : null,
                null, null, function.Name, null, null, null, null,
            ];
        }
        var columns = SystemTables.Table("pg_type").Columns;
        var seen = SystemFunctions.All.Select(f => (long)f.Key).ToHashSet();
        var mentioned = SystemResources.Rows("pg_type", columns)
            .SelectMany(row => columns.Select((c, i) => c.Type.Id == TypeId.Regproc ? (long)row[i]! : 0L))
            .Concat(new[] { "enum_in", "enum_out", "enum_recv", "enum_send" }.Select(SystemFunctions.OidOf));
        foreach (var oid in mentioned)
        {
            if (oid == 0 || !seen.Add(oid))
                continue;
            var arguments = SystemFunctions.ArgumentsOf((int)oid).Split(',', StringSplitOptions.RemoveEmptyEntries)
                .Select(a => long.Parse(a, System.Globalization.CultureInfo.InvariantCulture)).ToArray();
            var name = SystemFunctions.NameOf((int)oid)!;
            yield return
            [
                oid, name, (long)SystemTables.PgCatalogOid, (long)CatalogStore.BootstrapRoleOid, 12L, 1f, 0f, 0L, 0L, "f", false, false, true, false, "s", "s",
                (short)arguments.Length, (short)0, name.EndsWith("send", StringComparison.Ordinal) ? 17L : name.EndsWith("out", StringComparison.Ordinal) ? 2275L : 2281L,
                SystemValues.Oids(arguments), null, null, null, null, null, name, null, null, null, null,
            ];
        }
    }

    private static IEnumerable<object?[]> Aggregates(SystemScan scan) => SystemFunctions.All.Where(f => f.Value.Kind == FunctionKind.Aggregate).Select(f => new object?[]
    {
        (long)f.Key, "n", (short)0, 0L, 0L, 0L, 0L, 0L, 0L, 0L, 0L, false, false, "r", "r", 0L, (long)PgTypes.OidOf(f.Value.Result), 0, 0L, 0, null, null,
    });
}
