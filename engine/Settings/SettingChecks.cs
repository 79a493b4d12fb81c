using System.Collections.Immutable;
using OmenDb.Types;

namespace OmenDb.Engine.Settings;

/// <summary>Values that need more than their kind's syntax.</summary>
internal static class SettingChecks
{
    public static readonly ImmutableDictionary<string, string> BoolWords = new Dictionary<string, string>
    {
        ["true"] = "on", ["yes"] = "on", ["1"] = "on", ["false"] = "off", ["no"] = "off", ["0"] = "off",
    }.ToImmutableDictionary();

    public static string Encoding(string value)
    {
        var plain = string.Concat(value.Where(char.IsAsciiLetterOrDigit)).ToUpperInvariant();
        return plain switch
        {
            "UTF8" or "UNICODE" => "UTF8",
            // Bytes pass unchanged: for clients that send ASCII only.
            "SQLASCII" => "SQL_ASCII",
            _ => throw new SqlException(SqlState.InvalidParameterValue, $"invalid value for parameter \"client_encoding\": \"{value}\"")
            {
                Detail = "Only UTF8 is supported.",
            },
        };
    }

    public static string AlwaysOn(string value) => value == "on" ? value
        : throw SqlException.NotSupported("standard_conforming_strings = off");

    public static string TimeZone(string value)
    {
        // SET TIME ZONE LOCAL and DEFAULT arrive as a reset, numbers as hours east of Greenwich.
        if (Types.TimeZone.TryGet(value, out var zone))
            return zone.Name;
        throw new SqlException(SqlState.InvalidParameterValue, $"invalid value for parameter \"TimeZone\": \"{value}\"");
    }

    /// <summary>"ISO, MDY": either half may be missing in the input and then keeps its default.</summary>
    public static string DateStyle(string value)
    {
        string? style = null, order = null;
        foreach (var word in value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            switch (word.ToUpperInvariant())
            {
                case "ISO": style = "ISO"; break;
                case "SQL": style = "SQL"; break;
                case "POSTGRES": style = "Postgres"; break;
                case "GERMAN": style = "German"; order ??= "DMY"; break;
                case "MDY" or "US" or "NONEURO" or "NONEUROPEAN": order = "MDY"; break;
                case "DMY" or "EURO" or "EUROPEAN": order = "DMY"; break;
                case "YMD": order = "YMD"; break;
                case "DEFAULT": break;
                default:
                    throw new SqlException(SqlState.InvalidParameterValue, $"invalid value for parameter \"DateStyle\": \"{value}\"")
                    {
                        Detail = $"Unrecognized key word: \"{word.ToLowerInvariant()}\".",
                    };
            }
        }
        return $"{style ?? "ISO"}, {order ?? "MDY"}";
    }
}
