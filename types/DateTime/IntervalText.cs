using System.Globalization;

namespace OmenDb.Types;

/// <summary>The setting IntervalStyle.</summary>
public enum IntervalStyle : byte { Postgres, PostgresVerbose, SqlStandard, Iso8601 }

/// <summary>The fields of an interval qualifier: <c>interval '1-2' year to month</c>.</summary>
[Flags]
public enum IntervalFields : byte
{
    None = 0,
    Year = 1, Month = 2, Day = 4, Hour = 8, Minute = 16, Second = 32,
    YearToMonth = Year | Month,
    DayToHour = Day | Hour, DayToMinute = DayToHour | Minute, DayToSecond = DayToMinute | Second,
    HourToMinute = Hour | Minute, HourToSecond = HourToMinute | Second,
    MinuteToSecond = Minute | Second,
}

/// <summary>Intervals as text, in the four styles.</summary>
public static class IntervalText
{
    /// <summary>Longest output.</summary>
    public const int MaxLength = 128;

    /// <returns>Bytes written.</returns>
    /// <param name="value">Any.</param>
    /// <param name="style">The session's IntervalStyle.</param>
    /// <param name="target">At least <see cref="MaxLength"/> bytes.</param>
    public static int Format(PgInterval value, IntervalStyle style, Span<byte> target)
    {
        var parts = new Parts(value);
        var writer = new AsciiWriter(target);
        switch (style)
        {
            case IntervalStyle.Postgres: Postgres(ref writer, parts); break;
            case IntervalStyle.PostgresVerbose: Verbose(ref writer, parts); break;
            case IntervalStyle.SqlStandard: SqlStandard(ref writer, parts); break;
            default: Iso8601(ref writer, parts); break;
        }
        return writer.Length;
    }

    private readonly struct Parts
    {
        public readonly long Year, Month, Day, Hour, Minute, Second, Micro;

        public Parts(PgInterval value)
        {
            Year = value.Months / 12;
            Month = value.Months % 12;
            Day = value.Days;
            Hour = value.Microseconds / PgInterval.MicrosecondsPerHour;
            Minute = value.Microseconds % PgInterval.MicrosecondsPerHour / PgInterval.MicrosecondsPerMinute;
            Second = value.Microseconds % PgInterval.MicrosecondsPerMinute / PgInterval.MicrosecondsPerSecond;
            Micro = value.Microseconds % PgInterval.MicrosecondsPerSecond;
        }

        public bool HasTime => (Hour | Minute | Second | Micro) != 0;

        public bool IsTimeNegative => Hour < 0 || Minute < 0 || Second < 0 || Micro < 0;
    }

    private static void Postgres(ref AsciiWriter w, in Parts p)
    {
        var isZero = true;
        var isBefore = false;
        Part(ref w, p.Year, "year"u8);
        Part(ref w, p.Month, "mon"u8);
        Part(ref w, p.Day, "day"u8);
        if (!isZero && !p.HasTime)
            return;
        if (!isZero)
            w.Byte((byte)' ');
        if (p.IsTimeNegative)
            w.Byte((byte)'-');
        else if (isBefore)
            w.Byte((byte)'+');
        Clock(ref w, p, 2);

        void Part(ref AsciiWriter w, long value, ReadOnlySpan<byte> unit)
        {
            if (value == 0)
                return;
            if (!isZero)
                w.Byte((byte)' ');
            if (isBefore && value > 0)
                w.Byte((byte)'+');
            w.Number(value);
            w.Byte((byte)' ');
            w.Bytes(unit);
            if (value != 1)
                w.Byte((byte)'s');
            isBefore = value < 0;
            isZero = false;
        }
    }

    private static void Clock(ref AsciiWriter w, in Parts p, int hourWidth)
    {
        w.Padded(Math.Abs(p.Hour), hourWidth);
        w.Byte((byte)':');
        w.Padded(Math.Abs(p.Minute), 2);
        w.Byte((byte)':');
        w.Padded(Math.Abs(p.Second), 2);
        w.Fraction(Math.Abs(p.Micro));
    }

    private static void Verbose(ref AsciiWriter w, in Parts p)
    {
        var isZero = true;
        var isBefore = false;
        w.Byte((byte)'@');
        Part(ref w, p.Year, "year"u8);
        Part(ref w, p.Month, "mon"u8);
        Part(ref w, p.Day, "day"u8);
        Part(ref w, p.Hour, "hour"u8);
        Part(ref w, p.Minute, "min"u8);
        if (p.Second != 0 || p.Micro != 0)
        {
            w.Byte((byte)' ');
            if (p.Second < 0 || p.Second == 0 && p.Micro < 0)
            {
                if (isZero)
                    isBefore = true;
                else if (!isBefore)
                    w.Byte((byte)'-');
            }
            else if (isBefore)
            {
                w.Byte((byte)'-');
            }
            w.Number(Math.Abs(p.Second));
            w.Fraction(Math.Abs(p.Micro));
            w.Bytes(Math.Abs(p.Second) != 1 || p.Micro != 0 ? " secs"u8 : " sec"u8);
            isZero = false;
        }
        if (isZero)
            w.Bytes(" 0"u8);
        if (isBefore)
            w.Bytes(" ago"u8);

        void Part(ref AsciiWriter w, long value, ReadOnlySpan<byte> unit)
        {
            if (value == 0)
                return;
            if (isZero)
            {
                isBefore = value < 0;
                value = Math.Abs(value);
            }
            else if (isBefore)
            {
                value = -value;
            }
            w.Byte((byte)' ');
            w.Number(value);
            w.Byte((byte)' ');
            w.Bytes(unit);
            if (value != 1)
                w.Byte((byte)'s');
            isZero = false;
        }
    }

    private static void SqlStandard(ref AsciiWriter w, in Parts p)
    {
        var negative = p.Year < 0 || p.Month < 0 || p.Day < 0 || p.IsTimeNegative;
        var positive = p.Year > 0 || p.Month > 0 || p.Day > 0 || p.Hour > 0 || p.Minute > 0 || p.Second > 0 || p.Micro > 0;
        var hasMonths = p.Year != 0 || p.Month != 0;
        var hasDays = p.Day != 0 || p.HasTime;
        if (!negative && !positive)
        {
            w.Byte((byte)'0');
            return;
        }
        if (negative && positive || hasMonths && hasDays)
        {
            w.Byte(p.Year < 0 || p.Month < 0 ? (byte)'-' : (byte)'+');
            YearMonth(ref w, p);
            w.Byte((byte)' ');
            w.Byte(p.Day < 0 ? (byte)'-' : (byte)'+');
            w.Number(Math.Abs(p.Day));
            w.Byte((byte)' ');
            w.Byte(p.IsTimeNegative ? (byte)'-' : (byte)'+');
            Clock(ref w, p, 1);
            return;
        }
        if (negative)
            w.Byte((byte)'-');
        if (hasMonths)
        {
            YearMonth(ref w, p);
            return;
        }
        if (p.Day != 0)
        {
            w.Number(Math.Abs(p.Day));
            w.Byte((byte)' ');
        }
        Clock(ref w, p, 1);

        static void YearMonth(ref AsciiWriter w, in Parts p)
        {
            w.Number(Math.Abs(p.Year));
            w.Byte((byte)'-');
            w.Number(Math.Abs(p.Month));
        }
    }

    private static void Iso8601(ref AsciiWriter w, in Parts p)
    {
        if ((p.Year | p.Month | p.Day) == 0 && !p.HasTime)
        {
            w.Bytes("PT0S"u8);
            return;
        }
        w.Byte((byte)'P');
        Part(ref w, p.Year, (byte)'Y');
        Part(ref w, p.Month, (byte)'M');
        Part(ref w, p.Day, (byte)'D');
        if (!p.HasTime)
            return;
        w.Byte((byte)'T');
        Part(ref w, p.Hour, (byte)'H');
        Part(ref w, p.Minute, (byte)'M');
        if (p.Second == 0 && p.Micro == 0)
            return;
        if (p.Second < 0 || p.Micro < 0)
            w.Byte((byte)'-');
        w.Number(Math.Abs(p.Second));
        w.Fraction(Math.Abs(p.Micro));
        w.Byte((byte)'S');

        static void Part(ref AsciiWriter w, long value, byte unit)
        {
            if (value == 0)
                return;
            w.Number(value);
            w.Byte(unit);
        }
    }
}

/// <summary>Appends ASCII to a span that is known to be long enough.</summary>
public ref struct AsciiWriter(Span<byte> target)
{
    private readonly Span<byte> _target = target;

    public int Length { get; private set; }

    public void Byte(byte value) => _target[Length++] = value;

    public void Bytes(scoped ReadOnlySpan<byte> value)
    {
        value.CopyTo(_target[Length..]);
        Length += value.Length;
    }

    public void Number(long value)
    {
        value.TryFormat(_target[Length..], out var written, default, CultureInfo.InvariantCulture);
        Length += written;
    }

    /// <param name="value">Not negative.</param>
    /// <param name="width">At least so many digits.</param>
    public void Padded(long value, int width)
    {
        if (value <= uint.MaxValue)
            Length += Ascii.WritePadded(_target[Length..], (uint)value, width);
        else
            Number(value);
    }

    /// <summary>Point and up to six digits without zeros at the end; nothing for 0.</summary>
    public void Fraction(long microseconds)
    {
        if (microseconds == 0)
            return;
        var digits = 6;
        while (microseconds % 10 == 0)
        {
            microseconds /= 10;
            digits--;
        }
        Byte((byte)'.');
        Padded(microseconds, digits);
    }
}
