using System.Globalization;
using System.Text;
using OmenDb.Planner.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Functions.Times;

/// <summary>to_char of timestamps and intervals.</summary>
internal static class ToCharFunctions
{
    internal static readonly string[] Months =
    [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
    ];

    internal static readonly string[] Days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

    internal static readonly string[] RomanMonths = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"];

    public static IEnumerable<FunctionInfo> All()
    {
        yield return Scalar.Of<long, string, string?>("to_char", [SqlType.Timestamp, SqlType.Text], SqlType.Text,
            static (_, t, format) => DateTimes.IsInfinite(t) ? null : OfTimestamp(t, format, 0, ""), Volatility.Stable);
        yield return Scalar.Of<long, string, string?>("to_char", [SqlType.TimestampTz, SqlType.Text], SqlType.Text, static (c, t, format) =>
        {
            if (DateTimes.IsInfinite(t))
                return null;
            var zone = DateTimeOperators.Zone(c);
            var offset = zone.OffsetAtUtc(t);
            Span<byte> letters = stackalloc byte[64];
            var name = Encoding.ASCII.GetString(letters[..zone.Abbreviation(t, letters)]);
            return OfTimestamp(t + offset * DateTimes.MicrosPerSecond, format, offset, name);
        }, Volatility.Stable);
        yield return Scalar.Of<PgInterval, string, string>("to_char", [SqlType.Interval, SqlType.Text], SqlType.Text, static (_, i, format) => OfInterval(i, format),
            Volatility.Stable);
    }

    private struct Fields
    {
        public int Year, Month, Day, DayOfYear, DayOfWeek, Date;
        public long Hour;
        public int Minute, Second, Micros;
        public bool IsInterval;
        public int OffsetSeconds;
        public string Zone;
    }

    private static string OfTimestamp(long local, string format, int offset, string zone)
    {
        var (date, micros) = DateTimes.Split(local);
        var (year, month, day) = DateTimes.FromDays(date);
        return Format(new Fields
        {
            Year = year, Month = month, Day = day, DayOfYear = DateTimes.DayOfYear(date), DayOfWeek = DateTimes.DayOfWeek(date), Date = date,
            Hour = micros / PgInterval.MicrosecondsPerHour, Minute = (int)(micros / PgInterval.MicrosecondsPerMinute % 60),
            Second = (int)(micros / DateTimes.MicrosPerSecond % 60), Micros = (int)(micros % DateTimes.MicrosPerSecond), OffsetSeconds = offset, Zone = zone,
        }, format);
    }

    private static string OfInterval(PgInterval i, string format)
    {
        var micros = i.Microseconds;
        return Format(new Fields
        {
            Year = i.Months / 12, Month = i.Months % 12, Day = i.Days, DayOfYear = (i.Months * 30) + i.Days, Date = 0,
            Hour = micros / PgInterval.MicrosecondsPerHour, Minute = (int)(micros / PgInterval.MicrosecondsPerMinute % 60),
            Second = (int)(micros / DateTimes.MicrosPerSecond % 60), Micros = (int)(micros % DateTimes.MicrosPerSecond), IsInterval = true, Zone = "",
        }, format);
    }

    private static string Format(in Fields f, string format)
    {
        var result = new StringBuilder();
        foreach (var part in FormatTemplate.Parse(format))
        {
            if (part.Key is null)
                result.Append(part.Text);
            else
                Append(result, f, part);
        }
        return result.ToString();
    }

    private static void Append(StringBuilder result, in Fields f, TemplatePart part)
    {
        if (f.IsInterval && part.Key is "A.D." or "AD" or "B.C." or "BC" or "DAY" or "DY" or "D" or "ID" or "MONTH" or "MON" or "RM" or "TZ" or "TZH" or "TZM" or "OF"
            && (f.IsInterval && part.Key != "RM"))
        {
            throw new SqlException(SqlState.InvalidDatetimeFormat, "invalid format specification for an interval value") { Hint = "Intervals are not tied to specific calendar dates." };
        }
        var year = f.IsInterval ? f.Year : f.Year > 0 ? f.Year : 1 - f.Year;
        var hour12 = f.Hour % 12 == 0 ? 12 : f.Hour % 12;
        switch (part.Key)
        {
            case "A.M." or "P.M." or "AM" or "PM":
                Meridian(result, part, f.Hour % 24 >= 12);
                return;
            case "A.D." or "B.C." or "AD" or "BC":
                var era = f.Year > 0 ? "AD" : "BC";
                if (part.Key.Contains('.', StringComparison.Ordinal))
                    era = $"{era[0]}.{era[1]}.";
                result.Append(char.IsLower(part.Text[0]) ? era.ToLowerInvariant() : era);
                return;
            case "MONTH": Name(result, part, Months[f.Month - 1], 9); return;
            case "MON": Name(result, part, Months[f.Month - 1][..3], 0); return;
            case "DAY": Name(result, part, Days[f.DayOfWeek], 9); return;
            case "DY": Name(result, part, Days[f.DayOfWeek][..3], 0); return;
            case "RM":
                if (f.IsInterval && f.Month == 0)
                    return;
                var roman = RomanMonths[(f.Month - 1 + 12) % 12];
                roman = part.FillMode ? roman : roman.PadRight(4);
                result.Append(char.IsLower(part.Text[0]) ? roman.ToLowerInvariant() : roman);
                return;
            case "TZ": result.Append(char.IsLower(part.Text[0]) ? f.Zone.ToLowerInvariant() : f.Zone); return;
            case "TZH":
                result.Append(f.OffsetSeconds < 0 ? '-' : '+').Append((Math.Abs(f.OffsetSeconds) / 3600).ToString("00", CultureInfo.InvariantCulture));
                return;
            case "TZM": result.Append((Math.Abs(f.OffsetSeconds) % 3600 / 60).ToString("00", CultureInfo.InvariantCulture)); return;
            case "OF":
                result.Append(f.OffsetSeconds < 0 ? '-' : '+').Append((Math.Abs(f.OffsetSeconds) / 3600).ToString(part.FillMode ? "0" : "00", CultureInfo.InvariantCulture));
                if (Math.Abs(f.OffsetSeconds) % 3600 / 60 is var minutes and not 0)
                    result.Append(':').Append(minutes.ToString("00", CultureInfo.InvariantCulture));
                return;
            case "Y,YYY":
                var commas = $"{year / 1000},{Math.Abs(year % 1000):000}";
                result.Append(commas);
                Ordinal(result, part, year);
                return;
        }
        var (value, width) = part.Key switch
        {
            "HH24" => (f.Hour, 2),
            "HH12" or "HH" => (hour12, 2),
            "MI" => (f.Minute, 2),
            "SS" => (f.Second, 2),
            "MS" or "FF3" => (f.Micros / 1000, 3),
            "US" or "FF6" => (f.Micros, 6),
            "FF1" => (f.Micros / 100000, 1),
            "FF2" => (f.Micros / 10000, 2),
            "FF4" => (f.Micros / 100, 4),
            "FF5" => (f.Micros / 10, 5),
            "SSSS" or "SSSSS" => (f.Hour * 3600 + f.Minute * 60 + f.Second, 0),
            "MM" => (f.Month, 2),
            "DD" => (f.Day, 2),
            "DDD" => (f.DayOfYear, 3),
            "D" => (f.DayOfWeek + 1, 0),
            "ID" => (f.DayOfWeek == 0 ? 7 : f.DayOfWeek, 0),
            "IDDD" => (f.Date - DateTimes.IsoYearStart(DateTimes.IsoWeek(f.Date).Year) + 1, 3),
            "WW" => ((f.DayOfYear - 1) / 7 + 1, 2),
            "IW" => (DateTimes.IsoWeek(f.Date).Week, 2),
            "W" => ((f.Day - 1) / 7 + 1, 0),
            "Q" => (f.Month == 0 ? 0 : (f.Month - 1) / 3 + 1, 0),
            "CC" => (f.IsInterval ? f.Year / 100 : f.Year > 0 ? (f.Year - 1) / 100 + 1 : f.Year / 100 - 1, 2),
            "J" => (f.Date + 2440588L, 0),
            "YYYY" => (year, 4),
            "YYY" => (year % 1000, 3),
            "YY" => (year % 100, 2),
            "Y" => (year % 10, 1),
            "IYYY" => (Iso(f), 4),
            "IYY" => (Iso(f) % 1000, 3),
            "IY" => (Iso(f) % 100, 2),
            "I" => (Iso(f) % 10, 1),
            _ => throw SqlException.Internal($"no format for {part.Key}"),
        };
        // Fractions keep their zeros even in fill mode; a sign does not count as a digit.
        var fraction = part.Key is "MS" or "US" || part.Key!.StartsWith("FF", StringComparison.Ordinal);
        if (part.Key == "DD" && value < 0)
            width--; // here the sign does count, in PostgreSQL
        var digits = Math.Abs(value).ToString(CultureInfo.InvariantCulture).PadLeft(part.FillMode && !fraction ? 0 : width, '0');
        result.Append(value < 0 ? "-" : "").Append(digits);
        Ordinal(result, part, value);
    }

    private static int Iso(in Fields f) => DateTimes.IsoWeek(f.Date).Year is var year && year > 0 ? year : 1 - year;

    private static void Meridian(StringBuilder result, TemplatePart part, bool afternoon)
    {
        var text = afternoon ? "PM" : "AM";
        if (part.Key!.Contains('.', StringComparison.Ordinal))
            text = $"{text[0]}.{text[1]}.";
        result.Append(char.IsLower(part.Text[0]) ? text.ToLowerInvariant() : text);
    }

    /// <summary>MONTH, Month or month, as the template has it.</summary>
    private static void Name(StringBuilder result, TemplatePart part, string name, int width)
    {
        var cased = char.IsLower(part.Text[0]) ? name.ToLowerInvariant() : char.IsLower(part.Text[1]) ? name : name.ToUpperInvariant();
        result.Append(part.FillMode ? cased : cased.PadRight(width));
    }

    private static void Ordinal(StringBuilder result, TemplatePart part, long value)
    {
        if (part.Suffix.Length == 0)
            return;
        var text = OrdinalSuffix(value);
        result.Append(part.Suffix == "TH" ? text.ToUpperInvariant() : text);
    }

    internal static string OrdinalSuffix(long value)
    {
        value = Math.Abs(value);
        return value % 100 is >= 11 and <= 13 ? "th" : (value % 10) switch { 1 => "st", 2 => "nd", 3 => "rd", _ => "th" };
    }
}
