using OmenDb.Storage.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Catalog;

/// <summary>Types: pg_type, pg_enum.</summary>
internal static class TypeTables
{
    private static readonly Lazy<IReadOnlyList<object?[]>> _builtIn = new(() => SystemResources.Rows("pg_type", SystemTables.Table("pg_type").Columns));

    private static readonly Lazy<Dictionary<long, long>> _equality = new(() =>
    {
        var operators = new Dictionary<long, long>();
        foreach (var row in SystemResources.Rows("pg_operator", SystemTables.Table("pg_operator").Columns))
        {
            if (row[1] is "=" && row[7] is long left && row[8] is long right && left == right)
                operators.TryAdd(left, (long)row[0]!);
        }
        return operators;
    });

    public static IEnumerable<(string, Func<SystemScan, IEnumerable<object?[]>>)> All()
    {
        yield return ("pg_type", scan => _builtIn.Value.Concat(scan.Enums.SelectMany(UserTypes)));
        yield return ("pg_enum", Labels);
    }

    /// <summary>The type's = in pg_operator; varchar has text's.</summary>
    public static long EqualityOperator(SqlType type) => _equality.Value.GetValueOrDefault(type.Id switch
    {
        TypeId.Varchar => 25,
        TypeId.Enum => 3500,
        TypeId.Array => 2277,
        _ => PgTypes.OidOf(type),
    });

    private static IEnumerable<object?[]> UserTypes(EnumEntry type)
    {
        long F(string name) => SystemFunctions.OidOf(name);
        yield return
        [
            (long)type.Oid, type.Name, (long)type.SchemaOid, (long)type.OwnerOid, (short)4, true, "e", "E", false, true, ",", 0L, 0L, 0L, (long)type.ArrayOid,
            F("enum_in"), F("enum_out"), F("enum_recv"), F("enum_send"), 0L, 0L, 0L, "i", "p", false, 0L, -1, 0, 0L, null, null, null,
        ];
        if (type.ArrayOid == 0)
            yield break;
        yield return
        [
            (long)type.ArrayOid, "_" + type.Name, (long)type.SchemaOid, (long)type.OwnerOid, (short)-1, false, "b", "A", false, true, ",", 0L,
            F("array_subscript_handler"), (long)type.Oid, 0L, F("array_in"), F("array_out"), F("array_recv"), F("array_send"), 0L, 0L, F("array_typanalyze"), "i", "x", false,
            0L, -1, 0, 0L, null, null, null,
        ];
    }

    private static IEnumerable<object?[]> Labels(SystemScan scan)
    {
        foreach (var type in scan.Enums)
        {
            for (var i = 0; i < type.Labels.Length; i++)
                yield return [0x2000_0000L + type.Oid * 64L + i, (long)type.Oid, (float)(i + 1), type.Labels[i]];
        }
    }
}
