using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace OmenDb.Types;

/// <summary>A time zone by IANA name, abbreviation, fixed offset or POSIX rule without daylight saving.</summary>
/// <remarks>Immutable and shared. Offsets are in seconds east of Greenwich.</remarks>
public sealed class TimeZone
{
    private static readonly ConcurrentDictionary<string, TimeZone?> Cache = new(StringComparer.OrdinalIgnoreCase);

    // PostgreSQL's default abbreviations that users meet; the seconds are east of Greenwich.
    private static readonly Dictionary<string, int> Abbreviations = new(StringComparer.OrdinalIgnoreCase)
    {
        ["UTC"] = 0, ["UT"] = 0, ["GMT"] = 0, ["Z"] = 0, ["ZULU"] = 0, ["WET"] = 0, ["WEST"] = 3600, ["BST"] = 3600, ["CET"] = 3600,
        ["MET"] = 3600, ["CEST"] = 7200, ["MEST"] = 7200, ["CETDST"] = 7200, ["EET"] = 7200, ["EEST"] = 10800, ["MSK"] = 10800, ["MSD"] = 14400,
        ["EST"] = -18000, ["EDT"] = -14400, ["CST"] = -21600, ["CDT"] = -18000, ["MST"] = -25200, ["MDT"] = -21600,
        ["PST"] = -28800, ["PDT"] = -25200, ["AKST"] = -32400, ["AKDT"] = -28800, ["HST"] = -36000, ["JST"] = 32400, ["KST"] = 32400,
        ["AEST"] = 36000, ["AEDT"] = 39600, ["ACST"] = 34200, ["ACDT"] = 37800, ["AWST"] = 28800, ["NZST"] = 43200, ["NZDT"] = 46800,
        ["SGT"] = 28800, ["HKT"] = 28800, ["NST"] = -12600, ["NDT"] = -9000, ["AST"] = -14400, ["ADT"] = -10800, ["SAST"] = 7200,
        ["BRT"] = -10800, ["ART"] = -10800, ["PKT"] = 18000, ["NPT"] = 20700, ["ICT"] = 25200,
    };

    public static readonly TimeZone Utc = new("UTC", 0, "UTC");

    private readonly TimeZoneInfo? _info;
    private readonly int _fixedOffset;
    private readonly byte[] _abbreviation; // of fixed zones; empty = none

    private TimeZone(string name, int fixedOffset, string abbreviation)
    {
        Name = name;
        _fixedOffset = fixedOffset;
        _abbreviation = Encoding.ASCII.GetBytes(abbreviation);
    }

    private TimeZone(TimeZoneInfo info)
    {
        Name = info.Id;
        _info = info;
        _abbreviation = [];
    }

    /// <summary>As SHOW timezone prints it.</summary>
    public string Name { get; }

    /// <summary>A zone that is always this far east of Greenwich.</summary>
    public static TimeZone Fixed(int secondsEast)
    {
        var sign = secondsEast < 0 ? '-' : '+';
        var seconds = Math.Abs(secondsEast);
        var shown = seconds % 3600 == 0 ? $"{seconds / 3600:00}" : $"{seconds / 3600:00}:{seconds / 60 % 60:00}";
        // POSIX counts west: the name of UTC+2 is <+02>-02.
        return new TimeZone($"<{sign}{shown}>{(secondsEast < 0 ? '+' : '-')}{shown}", secondsEast, $"{sign}{shown}");
    }

    /// <summary>The zone of a name in SET TIME ZONE, AT TIME ZONE or a literal.</summary>
    public static bool TryGet(string name, [NotNullWhen(true)] out TimeZone? zone)
    {
        zone = Cache.GetOrAdd(name, Find);
        return zone is not null;
    }

    /// <exception cref="SqlException">22023, time zone not recognized.</exception>
    public static TimeZone Get(string name) => TryGet(name, out var zone)
        ? zone
        : throw new SqlException(SqlState.InvalidParameterValue, $"time zone \"{name}\" not recognized");

    private static TimeZone? Find(string name)
    {
        if (name.Length == 0 || name.Length > 100)
            return null;
        if (name.Equals("UTC", StringComparison.OrdinalIgnoreCase))
            return Utc;
        if (Abbreviations.TryGetValue(name, out var offset))
            return new TimeZone(name.ToUpperInvariant(), offset, name.ToUpperInvariant());
        // Names only: absolute and relative paths are no zones.
        if (char.IsAsciiLetter(name[0]) && !name.Contains("..", StringComparison.Ordinal) && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var info))
            return new TimeZone(info);
        return FindPosix(name);
    }

    /// <summary>[letters or &lt;anything&gt;] then an offset that counts west: EST5, &lt;+02&gt;-02, UTC-3; bare +02 counts west too.</summary>
    private static TimeZone? FindPosix(string name)
    {
        var start = 0;
        if (name[0] == '<')
            start = name.IndexOf('>', StringComparison.Ordinal) + 1;
        else
            while (start < name.Length && char.IsAsciiLetter(name[start]))
                start++;
        if (start == name.Length || start > 0 && start < 3 || !TryParseOffset(Encoding.ASCII.GetBytes(name[start..]), out var west))
            return null;
        var abbreviation = start == 0 ? "" : name[..start].Trim('<', '>');
        return new TimeZone(name, -west, abbreviation);
    }

    /// <summary>[+-]hh[[:]mm[[:]ss]], to seconds with that sign.</summary>
    public static bool TryParseOffset(ReadOnlySpan<byte> text, out int seconds)
    {
        seconds = 0;
        var negative = false;
        if (text.Length > 0 && text[0] is (byte)'-' or (byte)'+')
        {
            negative = text[0] == '-';
            text = text[1..];
        }
        Span<int> parts = [0, 0, 0];
        if (text.Contains((byte)':'))
        {
            var count = 0;
            foreach (var range in text.Split((byte)':'))
            {
                if (count == 3 || text[range].Length is 0 or > 2 || !Ascii.TryParseInteger(text[range], out var value))
                    return false;
                parts[count++] = (int)value;
            }
        }
        else
        {
            if (text.Length is 0 or > 6 || !Ascii.IsDigit(text[0]) || !Ascii.TryParseInteger(text, out var value))
                return false;
            switch (text.Length)
            {
                case 1 or 2: parts[0] = (int)value; break;
                case 3 or 4: (parts[0], parts[1]) = ((int)value / 100, (int)value % 100); break;
                default: (parts[0], parts[1], parts[2]) = ((int)value / 10000, (int)value / 100 % 100, (int)value % 100); break;
            }
        }
        if (parts[0] > 15 || parts[1] > 59 || parts[2] > 59)
            return false;
        seconds = parts[0] * 3600 + parts[1] * 60 + parts[2];
        if (negative)
            seconds = -seconds;
        return true;
    }

    /// <param name="utcMicros">Microseconds since 1970 in UTC.</param>
    public int OffsetAtUtc(long utcMicros) => _info is null
        ? _fixedOffset
        : (int)_info.GetUtcOffset(ToDateTime(utcMicros, DateTimeKind.Utc)).TotalSeconds;

    /// <summary>Local time to UTC; in a gap the offset before it counts, in an overlap standard time, as in PostgreSQL.</summary>
    public long ToUtc(long localMicros)
    {
        if (_info is null)
            return localMicros - _fixedOffset * DateTimes.MicrosPerSecond;
        // Around a change the two candidate offsets are those a day before and a day after.
        var before = OffsetAtUtc(localMicros - DateTimes.MicrosPerDay);
        var after = OffsetAtUtc(localMicros + DateTimes.MicrosPerDay);
        var first = localMicros - before * DateTimes.MicrosPerSecond;
        if (before == after)
            return first;
        var second = localMicros - after * DateTimes.MicrosPerSecond;
        var firstFits = OffsetAtUtc(first) == before;
        var secondFits = OffsetAtUtc(second) == after;
        if (firstFits && secondFits)
            return IsDaylightSaving(first) ? second : first;
        return secondFits ? second : first;
    }

    public bool IsDaylightSaving(long utcMicros) => _info is not null && _info.IsDaylightSavingTime(ToDateTime(utcMicros, DateTimeKind.Utc));

    /// <summary>EST, CEST, …; nothing where the zone has none.</summary>
    /// <returns>Bytes written.</returns>
    public int Abbreviation(long utcMicros, Span<byte> target)
    {
        if (_info is not null)
        {
            var offset = OffsetAtUtc(utcMicros);
            var name = ZoneNames.Find(_info.Id, offset, IsDaylightSaving(utcMicros));
            return Encoding.ASCII.GetBytes(name, target);
        }
        _abbreviation.CopyTo(target);
        return _abbreviation.Length;
    }

    private static DateTime ToDateTime(long micros, DateTimeKind kind)
    {
        // Years outside DateTime's range keep the offset of its border, PostgreSQL those of the last rule: the same for all real zones.
        var clamped = Math.Clamp(micros, -62135510400000000L, 253402128000000000L);
        return new DateTime(DateTime.UnixEpoch.Ticks + clamped * 10, kind);
    }
}

/// <summary>Abbreviations of the zones that have letters; TimeZoneInfo does not tell them under invariant globalisation.</summary>
internal static class ZoneNames
{
    public static string Find(string id, int offset, bool daylight)
    {
        if (id.StartsWith("America/", StringComparison.Ordinal) || id.StartsWith("US/", StringComparison.Ordinal))
        {
            return (offset, daylight) switch
            {
                (-18000, false) => "EST", (-14400, true) => "EDT", (-21600, false) => "CST", (-18000, true) => "CDT",
                (-25200, false) => "MST", (-21600, true) => "MDT", (-28800, false) => "PST", (-25200, true) => "PDT",
                (-32400, false) => "AKST", (-28800, true) => "AKDT", (-14400, false) => "AST", (-10800, true) => "ADT",
                _ => "",
            };
        }
        if (id is "Europe/London" or "GB")
            return offset == 3600 ? "BST" : "GMT";
        if (id.StartsWith("Europe/", StringComparison.Ordinal))
        {
            return (offset, daylight) switch
            {
                (0, false) => "WET", (3600, true) => "WEST", (3600, false) => "CET", (7200, true) => "CEST",
                (7200, false) => "EET", (10800, true) => "EEST", (10800, false) => "MSK", _ => "",
            };
        }
        return (id, daylight) switch
        {
            ("Asia/Tokyo" or "Japan", _) => "JST",
            ("Asia/Kolkata" or "Asia/Calcutta", _) => "IST",
            ("Asia/Shanghai", _) => "CST",
            ("Australia/Sydney" or "Australia/Melbourne", false) => "AEST",
            ("Australia/Sydney" or "Australia/Melbourne", true) => "AEDT",
            ("Pacific/Auckland", false) => "NZST",
            ("Pacific/Auckland", true) => "NZDT",
            _ when id.StartsWith("Etc/", StringComparison.Ordinal) && offset == 0 => id.EndsWith("GMT", StringComparison.Ordinal) ? "GMT" : "UTC",
            _ => "",
        };
    }
}
