namespace OmenDb.Types;

/// <summary>The output half of the setting DateStyle.</summary>
public enum DateStyle : byte { Iso, Sql, Postgres, German }

/// <summary>The input half of DateStyle: how 1/2/2003 is read.</summary>
public enum DateOrder : byte { Mdy, Dmy, Ymd }

/// <summary>Dates and times as text, in the four styles.</summary>
public static class DateTimeText
{
    /// <summary>Longest output.</summary>
    public const int MaxLength = 64;

    private static ReadOnlySpan<byte> MonthNames => "JanFebMarAprMayJunJulAugSepOctNovDec"u8;

    private static ReadOnlySpan<byte> DayNames => "SunMonTueWedThuFriSat"u8;

    /// <returns>Bytes written.</returns>
    public static int FormatDate(int date, DateStyle style, DateOrder order, Span<byte> target)
    {
        var w = new AsciiWriter(target);
        if (DateTimes.IsInfinite(date))
            w.Bytes(date < 0 ? "-infinity"u8 : "infinity"u8);
        else
            Date(ref w, date, style, order, compact: false);
        return w.Length;
    }

    /// <returns>Bytes written.</returns>
    public static int FormatTime(long micros, Span<byte> target)
    {
        var w = new AsciiWriter(target);
        Time(ref w, micros);
        return w.Length;
    }

    /// <returns>Bytes written.</returns>
    public static int FormatTimeTz(TimeTz value, Span<byte> target)
    {
        var w = new AsciiWriter(target);
        Time(ref w, value.Micros);
        Zone(ref w, -value.ZoneSecondsWest);
        return w.Length;
    }

    /// <param name="timestamp">Microseconds since 1970.</param>
    /// <param name="zone">Null for timestamp without time zone; otherwise the value is UTC and shown in this zone.</param>
    /// <param name="style">Output style.</param>
    /// <param name="order">Field order of the styles SQL and Postgres.</param>
    /// <param name="target">At least <see cref="MaxLength"/> bytes.</param>
    /// <returns>Bytes written.</returns>
    public static int FormatTimestamp(long timestamp, TimeZone? zone, DateStyle style, DateOrder order, Span<byte> target)
    {
        var w = new AsciiWriter(target);
        if (DateTimes.IsInfinite(timestamp))
        {
            w.Bytes(timestamp < 0 ? "-infinity"u8 : "infinity"u8);
            return w.Length;
        }
        var offset = zone?.OffsetAtUtc(timestamp) ?? 0;
        var (days, micros) = DateTimes.Split(timestamp + offset * DateTimes.MicrosPerSecond);
        if (style == DateStyle.Postgres)
        {
            var (year, month, day) = DateTimes.FromDays(days);
            w.Bytes(DayNames.Slice(DateTimes.DayOfWeek(days) * 3, 3));
            w.Byte((byte)' ');
            if (order == DateOrder.Dmy)
                w.Padded(day, 2);
            else
                w.Bytes(MonthNames.Slice(month * 3 - 3, 3));
            w.Byte((byte)' ');
            if (order == DateOrder.Dmy)
                w.Bytes(MonthNames.Slice(month * 3 - 3, 3));
            else
                w.Padded(day, 2);
            w.Byte((byte)' ');
            Time(ref w, micros);
            w.Byte((byte)' ');
            w.Padded(year > 0 ? year : 1 - year, 4);
            Suffix(ref w, zone, timestamp, offset, style);
            if (year <= 0)
                w.Bytes(" BC"u8);
            return w.Length;
        }
        var isBc = Date(ref w, days, style, order, compact: true);
        w.Byte((byte)' ');
        Time(ref w, micros);
        Suffix(ref w, zone, timestamp, offset, style);
        if (isBc)
            w.Bytes(" BC"u8);
        return w.Length;
    }

    private static void Suffix(ref AsciiWriter w, TimeZone? zone, long timestamp, int offset, DateStyle style)
    {
        if (zone is null)
            return;
        if (style == DateStyle.Iso)
        {
            Zone(ref w, offset);
            return;
        }
        Span<byte> name = stackalloc byte[16];
        var length = zone.Abbreviation(timestamp, name);
        if (length > 0)
        {
            w.Byte((byte)' ');
            w.Bytes(name[..length]);
        }
        else
        {
            if (style == DateStyle.Postgres)
                w.Byte((byte)' ');
            Zone(ref w, offset);
        }
    }

    /// <returns>True when " BC" is still to come, which timestamps put at their end.</returns>
    private static bool Date(ref AsciiWriter w, int days, DateStyle style, DateOrder order, bool compact)
    {
        var (year, month, day) = DateTimes.FromDays(days);
        var shown = year > 0 ? year : 1 - year;
        switch (style)
        {
            case DateStyle.Iso:
                w.Padded(shown, 4);
                w.Byte((byte)'-');
                w.Padded(month, 2);
                w.Byte((byte)'-');
                w.Padded(day, 2);
                break;
            case DateStyle.German:
                Three(ref w, day, month, shown, (byte)'.');
                break;
            default:
                var separator = style == DateStyle.Sql ? (byte)'/' : (byte)'-';
                if (order == DateOrder.Dmy)
                    Three(ref w, day, month, shown, separator);
                else
                    Three(ref w, month, day, shown, separator);
                break;
        }
        if (year <= 0 && !compact)
            w.Bytes(" BC"u8);
        return year <= 0;

        static void Three(ref AsciiWriter w, int first, int second, int year, byte separator)
        {
            w.Padded(first, 2);
            w.Byte(separator);
            w.Padded(second, 2);
            w.Byte(separator);
            w.Padded(year, 4);
        }
    }

    private static void Time(ref AsciiWriter w, long micros)
    {
        var seconds = micros / DateTimes.MicrosPerSecond;
        w.Padded(seconds / 3600, 2);
        w.Byte((byte)':');
        w.Padded(seconds / 60 % 60, 2);
        w.Byte((byte)':');
        w.Padded(seconds % 60, 2);
        w.Fraction(micros % DateTimes.MicrosPerSecond);
    }

    /// <summary>+02, +05:30, -00:44:30.</summary>
    private static void Zone(ref AsciiWriter w, int offsetSeconds)
    {
        w.Byte(offsetSeconds < 0 ? (byte)'-' : (byte)'+');
        var offset = Math.Abs(offsetSeconds);
        w.Padded(offset / 3600, 2);
        if (offset % 3600 == 0)
            return;
        w.Byte((byte)':');
        w.Padded(offset / 60 % 60, 2);
        if (offset % 60 == 0)
            return;
        w.Byte((byte)':');
        w.Padded(offset % 60, 2);
    }
}
