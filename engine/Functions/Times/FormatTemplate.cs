using System.Collections.Concurrent;
using OmenDb.Types;

namespace OmenDb.Engine.Functions.Times;

/// <summary>One piece of a to_char template: a field or literal text.</summary>
/// <param name="Key">Upper case name of the field; null: literal.</param>
/// <param name="Text">What stood in the template.</param>
/// <param name="FillMode">FM: no padding.</param>
/// <param name="Suffix">TH or th behind it, or none.</param>
internal readonly record struct TemplatePart(string? Key, string Text, bool FillMode, string Suffix);

/// <summary>Templates of to_char, to_date and to_timestamp, cut into parts. Source: PostgreSQL 15 manual, table 9.27.</summary>
internal static class FormatTemplate
{
    // Longest first among those with a common start.
    private static readonly string[] Keys =
    [
        "A.D.", "A.M.", "AD", "AM", "B.C.", "BC", "CC", "DAY", "DDD", "DD", "DY", "D", "FF1", "FF2", "FF3", "FF4", "FF5", "FF6", "FX", "HH24", "HH12", "HH",
        "IDDD", "ID", "IW", "IYYY", "IYY", "IY", "I", "J", "MI", "MM", "MONTH", "MON", "MS", "OF", "P.M.", "PM", "Q", "RM", "SSSSS", "SSSS", "SS", "TZH", "TZM",
        "TZ", "US", "WW", "W", "Y,YYY", "YYYY", "YYY", "YY", "Y",
    ];

    private static readonly ConcurrentDictionary<string, TemplatePart[]> Cache = new();

    public static TemplatePart[] Parse(string template)
    {
        if (Cache.TryGetValue(template, out var known))
            return known;
        if (Cache.Count > 500)
            Cache.Clear();
        return Cache[template] = Cut(template);
    }

    private static TemplatePart[] Cut(string template)
    {
        var parts = new List<TemplatePart>();
        var at = 0;
        var fill = false;
        while (at < template.Length)
        {
            if (template[at] == '"')
            {
                var text = new System.Text.StringBuilder();
                for (at++; at < template.Length && template[at] != '"'; at++)
                {
                    if (template[at] == '\\' && at + 1 < template.Length)
                        at++;
                    text.Append(template[at]);
                }
                at++;
                parts.Add(new TemplatePart(null, text.ToString(), false, ""));
                continue;
            }
            var rest = template.AsSpan(at);
            if (rest.StartsWith("FM", StringComparison.OrdinalIgnoreCase))
            {
                fill = true;
                at += 2;
                continue;
            }
            if (rest.StartsWith("TM", StringComparison.OrdinalIgnoreCase))
            {
                fill = true; // translations are those of the C locale
                at += 2;
                continue;
            }
            var key = Array.Find(Keys, k => template.AsSpan(at).StartsWith(k, StringComparison.OrdinalIgnoreCase));
            if (key is null)
            {
                if (template[at] == '\\' && at + 1 < template.Length && template[at + 1] == '"')
                    at++;
                parts.Add(new TemplatePart(null, template[at++].ToString(), false, ""));
                continue;
            }
            var written = template.Substring(at, key.Length);
            at += key.Length;
            var suffix = "";
            if (at + 1 < template.Length && template.AsSpan(at, 2) is "TH" or "th")
            {
                suffix = template.Substring(at, 2);
                at += 2;
            }
            if (key != "FX")
                parts.Add(new TemplatePart(key, written, fill, suffix));
            fill = false;
        }
        return [.. parts];
    }
}
