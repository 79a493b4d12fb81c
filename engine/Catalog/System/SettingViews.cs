using System.Globalization;
using OmenDb.Engine.Settings;

namespace OmenDb.Engine.Catalog;

/// <summary>pg_settings; pg_show_all_settings() gives the same rows.</summary>
internal static class SettingViews
{
    public static IEnumerable<(string, Func<SystemScan, IEnumerable<object?[]>>)> All()
    {
        yield return ("pg_settings", scan => Settings(scan.Session));
    }

    public static IEnumerable<object?[]> Settings(Session session)
    {
        foreach (var setting in SettingTable.All)
        {
            if (setting.IsHidden)
                continue;
            var current = session.Settings.Raw(setting);
            var reset = session.Settings.ResetValue(setting);
            var isNumber = setting.Kind is SettingKind.Integer or SettingKind.Real;
            yield return
            [
                setting.Name, current, setting.Unit, setting.Category, setting.Description, null,
                setting.Category == "Preset Options" ? "internal" : "user",
                setting.Kind switch { SettingKind.Bool => "bool", SettingKind.Integer => "integer", SettingKind.Real => "real", SettingKind.Enum => "enum", _ => "string" },
                current == reset ? reset == setting.Default ? "default" : "client" : "session",
                isNumber ? setting.Min.ToString(CultureInfo.InvariantCulture) : null, isNumber ? setting.Max.ToString(CultureInfo.InvariantCulture) : null,
                setting.Kind == SettingKind.Enum ? SystemValues.Texts(setting.Values) : null, setting.Default, reset, null, null, false,
            ];
        }
        foreach (var (name, value) in session.Settings.Custom)
            yield return [name, value, null, "Customized Options", "", null, "user", "string", "session", null, null, null, null, null, null, null, false];
    }
}
