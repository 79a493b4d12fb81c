using OmenDb.Planner.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Functions.Catalogs;

/// <summary>current_setting and set_config.</summary>
internal static class SettingFunctions
{
    public static IEnumerable<FunctionInfo> All()
    {
        yield return CatalogCall.Define<string?>("current_setting", [SqlType.Text], SqlType.Text, static (context, a) => Current(context, a.Get<string>(0), missingOk: false));
        yield return CatalogCall.Define<string?>("current_setting", [SqlType.Text, SqlType.Bool], SqlType.Text, static (context, a) => Current(context, a.Get<string>(0), a.Get<bool>(1)));
        yield return Scalar.Row<string?>("set_config", [SqlType.Text, SqlType.Text, SqlType.Bool], SqlType.Text, static (context, a) =>
        {
            var name = a.IsNull(0) ? throw new SqlException(SqlState.NullValueNotAllowed, "SET requires parameter name") : a.Get<string>(0);
            CatalogCall.Session(context.Session).ChangeSetting(name, a.IsNull(1) ? null : a.Get<string>(1), !a.IsNull(2) && a.Get<bool>(2));
            return context.Session.GetSetting(name);
        }, Volatility.Volatile, strict: false);
    }

    private static string? Current(FunctionContext context, string name, bool missingOk) => context.Session.GetSetting(name) switch
    {
        null when !missingOk => throw new SqlException(SqlState.UndefinedObject, $"unrecognized configuration parameter \"{name}\""),
        var value => value,
    };
}
