using System.Collections.Immutable;
using System.Globalization;
using OmenDb.Types;

namespace OmenDb.Engine.Settings;

/// <summary>pg_settings.vartype.</summary>
public enum SettingKind : byte { Bool, Integer, Real, String, Enum }

/// <summary>Who may change a setting and when: pg_settings.context.</summary>
public enum SettingContext : byte
{
    /// <summary>Never: it shows a fact.</summary>
    Internal,
    /// <summary>At server start.</summary>
    Postmaster,
    /// <summary>In the server's configuration.</summary>
    Sighup,
    /// <summary>In a session, by superusers.</summary>
    Superuser,
    /// <summary>In a session, by anyone.</summary>
    User,
}

/// <summary>One setting. A value is kept as text in its canonical form: numbers in the base unit without the unit.</summary>
public sealed record SettingDefinition(string Name, SettingKind Kind, string Default, string Description)
{
    public SettingContext Context { get; init; } = SettingContext.User;

    /// <summary>ms, s, kB, MB, B, 8kB; null: a plain number.</summary>
    public string? Unit { get; init; }

    public double Min { get; init; } = double.MinValue;

    public double Max { get; init; } = double.MaxValue;

    /// <summary>Of an enum, in the order in which errors list them.</summary>
    public ImmutableArray<string> Values { get; init; } = [];

    /// <summary>Words that an enum takes too: on -> always.</summary>
    public ImmutableDictionary<string, string> HiddenValues { get; init; } = ImmutableDictionary<string, string>.Empty;

    public string Category { get; init; } = "Client Connection Defaults / Statement Behavior";

    /// <summary>Told to the client when it changes (ParameterStatus).</summary>
    public bool IsReported { get; init; }

    /// <summary>A cached plan made under another value must not be used.</summary>
    public bool AffectsPlans { get; init; }

    /// <summary>A further check that gives the canonical form, or raises 22023.</summary>
    public Func<string, string>? Check { get; init; }

    /// <summary>Lists of identifiers: several values in SET are joined by commas.</summary>
    public bool IsList { get; init; }

    /// <summary>Not shown by SHOW ALL.</summary>
    public bool IsHidden { get; init; }

    /// <summary>The canonical form of a value as written.</summary>
    /// <exception cref="SqlException">22023.</exception>
    public string Parse(string text)
    {
        var value = Kind switch
        {
            SettingKind.Bool => ParseBool(text),
            SettingKind.Integer => ParseNumber(text, isInteger: true),
            SettingKind.Real => ParseNumber(text, isInteger: false),
            SettingKind.Enum => ParseEnum(text),
            _ => text,
        };
        return Check is null ? value : Check(value);
    }

    /// <summary>As SHOW prints a canonical value: with the largest unit that fits.</summary>
    public string Show(string value)
    {
        if (Unit is null || !long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) || number <= 0)
            return value;
        (string Name, long Factor)[] units = Unit switch
        {
            "ms" => [("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1000), ("ms", 1)],
            "s" => [("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)],
            "min" => [("d", 1440), ("h", 60), ("min", 1)],
            "kB" => [("TB", 1L << 30), ("GB", 1L << 20), ("MB", 1024), ("kB", 1)],
            "8kB" => [("TB", 1L << 27), ("GB", 1L << 17), ("MB", 128), ("8kB", 1)],
            "MB" => [("TB", 1L << 20), ("GB", 1024), ("MB", 1)],
            _ => [("B", 1)],
        };
        foreach (var (name, factor) in units)
        {
            if (number % factor == 0)
                return name == "8kB" ? $"{number * 8}kB" : $"{number / factor}{name}";
        }
        return value;
    }

    private string ParseBool(string text) => TryBool(text) is { } value
        ? value ? "on" : "off"
        : throw new SqlException(SqlState.InvalidParameterValue, $"parameter \"{Name}\" requires a Boolean value");

    internal static bool? TryBool(string text)
    {
        var word = text.Trim().ToLowerInvariant();
        if (word.Length == 0)
            return null;
        if (word is "1" or "on" || "true".StartsWith(word, StringComparison.Ordinal) || "yes".StartsWith(word, StringComparison.Ordinal))
            return true;
        // "o" alone could be both.
        if (word is "0" or "of" or "off" || "false".StartsWith(word, StringComparison.Ordinal) || "no".StartsWith(word, StringComparison.Ordinal))
            return false;
        return null;
    }

    private string ParseEnum(string text)
    {
        foreach (var value in Values)
        {
            if (value.Equals(text, StringComparison.OrdinalIgnoreCase))
                return value;
        }
        if (HiddenValues.TryGetValue(text.ToLowerInvariant(), out var hidden))
            return hidden;
        throw new SqlException(SqlState.InvalidParameterValue, $"invalid value for parameter \"{Name}\": \"{text}\"")
        {
            Hint = $"Available values: {string.Join(", ", Values)}.",
        };
    }

    private string ParseNumber(string text, bool isInteger)
    {
        var trimmed = text.Trim();
        var end = trimmed.Length;
        while (end > 0 && char.IsAsciiLetter(trimmed[end - 1]))
            end--;
        // An exponent's e belongs to the number.
        var unit = trimmed[end..];
        if (!double.TryParse(trimmed.AsSpan(0, end), NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            throw Invalid(text, null);
        if (unit.Length > 0)
        {
            if (Unit is null || Factor(unit) is not { } factor)
                throw Invalid(text, Unit switch
                {
                    null => null,
                    "ms" or "s" or "min" => "Valid units for this parameter are \"us\", \"ms\", \"s\", \"min\", \"h\", and \"d\".",
                    _ => "Valid units for this parameter are \"B\", \"kB\", \"MB\", \"GB\", and \"TB\".",
                });
            number *= factor;
        }
        if (isInteger)
            number = Math.Round(number, MidpointRounding.ToEven);
        if (number < Min || number > Max)
        {
            var shownUnit = Unit is null ? "" : " " + Unit;
            throw new SqlException(SqlState.InvalidParameterValue,
                $"{Format(number, isInteger)}{shownUnit} is outside the valid range for parameter \"{Name}\" ({Format(Min, isInteger)} .. {Format(Max, isInteger)})");
        }
        return Format(number, isInteger);
    }

    private static string Format(double number, bool isInteger) =>
        isInteger ? ((long)number).ToString(CultureInfo.InvariantCulture) : number.ToString("R", CultureInfo.InvariantCulture);

    private double? Factor(string unit)
    {
        double? Bytes(string name) => name switch { "B" => 1, "kB" => 1024, "MB" => 1 << 20, "GB" => 1 << 30, "TB" => 1L << 40, "8kB" => 8192, _ => null };
        double? Micros(string name) => name switch { "us" => 1, "ms" => 1000, "s" => 1e6, "min" => 6e7, "h" => 3.6e9, "d" => 8.64e10, _ => null };
        return Bytes(Unit!) is { } byteBase ? Bytes(unit) / byteBase : Micros(unit) / Micros(Unit!);
    }

    private SqlException Invalid(string text, string? hint) =>
        new(SqlState.InvalidParameterValue, $"invalid value for parameter \"{Name}\": \"{text}\"") { Hint = hint };
}
