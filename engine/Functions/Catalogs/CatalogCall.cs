using System.Collections.Immutable;
using OmenDb.Engine.Catalog;
using OmenDb.Engine.Execution;
using OmenDb.Planner.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Functions.Catalogs;

/// <summary>Functions of the catalogs: short forms to define them, and how they reach the session's catalog.</summary>
internal static class CatalogCall
{
    public static readonly SqlType Regrole = SqlType.Of(TypeId.Regrole);
    public static readonly SqlType NodeTree = SqlType.Of(TypeId.PgNodeTree);
    public static readonly SqlType AclArray = SqlType.ArrayOf(SqlType.Of(TypeId.AclItem));

    /// <summary>regclass and its relatives, also in arrays: their text depends on the session's catalog.</summary>
    public static bool IsNamed(SqlType type) => ObjectNames.IsReg(type.Id) || (type.Id == TypeId.Array && IsNamed(type.Element!));

    /// <exception cref="SqlException">0A000 outside of a session.</exception>
    public static Session Session(ISessionServices? services) => (services as Engine.Session.SessionServices)?.Session ?? throw SqlException.NotSupported("this function outside of a session");

    public static SystemScan Scan(FunctionContext context) => new(Session(context.Session));

    /// <summary>A stable, strict function.</summary>
    public static ScalarFunction Define<TResult>(string name, ImmutableArray<SqlType> arguments, SqlType result, RowBody<TResult> body, bool strict = true, int oid = 0)
        where TResult : allows ref struct => Scalar.Row(name, arguments, result, body, Volatility.Stable, strict, oid: oid);

    /// <summary>A function whose answer is always the same here.</summary>
    public static ScalarFunction Always<TResult>(string name, ImmutableArray<SqlType> arguments, SqlType result, TResult value) =>
        Scalar.Row(name, arguments, result, (_, _) => value, Volatility.Stable, strict: arguments.Length > 0);

    /// <summary>A set-returning function over boxed rows.</summary>
    public static RowsFunction Rows(string name, ImmutableArray<SqlType> arguments, SqlType result, (string Name, SqlType Type)[] outputs, RowsFunction.Body body, bool strict = true) =>
        new(body) { Name = name, Kind = FunctionKind.Table, Arguments = arguments, Result = result, Volatility = Volatility.Stable, Strict = strict, Outputs = outputs };
}
