using System.Globalization;
using OmenDb.Engine.Functions;
using OmenDb.Planner.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Catalog;

/// <summary>nextval and its relatives. Sequences come as OIDs: names became OIDs when the statement was bound.</summary>
internal static class SequenceFunctions
{
    public static IEnumerable<FunctionInfo> All()
    {
        yield return Scalar.Of<long, long>("nextval", [SqlType.Regclass], SqlType.Int8, static (c, oid) => c.Session.NextValue(Name(oid)), Volatility.Volatile, oid: 1574);
        yield return Scalar.Of<long, long>("currval", [SqlType.Regclass], SqlType.Int8, static (c, oid) => c.Session.CurrentValue(Name(oid)), Volatility.Volatile, oid: 1575);
        yield return Scalar.Of("lastval", SqlType.Int8, static c => c.Session.LastValue(), Volatility.Volatile, oid: 2559);
        yield return Scalar.Of<long, long, long>("setval", [SqlType.Regclass, SqlType.Int8], SqlType.Int8, static (c, oid, value) =>
        {
            c.Session.SetValue(Name(oid), value, true);
            return value;
        }, Volatility.Volatile, oid: 1576);
        yield return Scalar.Of<long, long, bool, long>("setval", [SqlType.Regclass, SqlType.Int8, SqlType.Bool], SqlType.Int8, static (c, oid, value, called) =>
        {
            c.Session.SetValue(Name(oid), value, called);
            return value;
        }, Volatility.Volatile, oid: 1765);
    }

    private static string Name(long oid) => oid.ToString(CultureInfo.InvariantCulture);
}
