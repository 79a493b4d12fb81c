using System.Runtime.InteropServices;

namespace OmenDb.Types;

/// <summary>interval: months, days and microseconds apart, as in PostgreSQL; the layout of PhysicalType.Interval.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly struct PgInterval(int months, int days, long microseconds) : IEquatable<PgInterval>, IComparable<PgInterval>
{
    public const long MicrosecondsPerDay = 86_400_000_000;
    public const long MicrosecondsPerHour = 3_600_000_000;
    public const long MicrosecondsPerMinute = 60_000_000;
    public const long MicrosecondsPerSecond = 1_000_000;
    private const int DaysPerMonth = 30;

    public readonly int Months = months;
    public readonly int Days = days;
    public readonly long Microseconds = microseconds;

    public static readonly PgInterval Zero;

    /// <summary>What comparison and hashing work on: months have 30 days, days 24 hours.</summary>
    public Int128 ComparisonValue => (Int128)(Months * (long)DaysPerMonth + Days) * MicrosecondsPerDay + Microseconds;

    public int CompareTo(PgInterval other) => ComparisonValue.CompareTo(other.ComparisonValue);

    /// <summary>'1 mon' equals '30 days', as in PostgreSQL.</summary>
    public bool Equals(PgInterval other) => ComparisonValue == other.ComparisonValue;

    public override bool Equals(object? obj) => obj is PgInterval other && Equals(other);

    public override int GetHashCode() => ComparisonValue.GetHashCode();

    /// <summary>Same in every field, which equality does not ask for.</summary>
    public bool IsIdentical(PgInterval other) => Months == other.Months && Days == other.Days && Microseconds == other.Microseconds;

    public static bool operator ==(PgInterval left, PgInterval right) => left.Equals(right);

    public static bool operator !=(PgInterval left, PgInterval right) => !left.Equals(right);

    public static bool operator <(PgInterval left, PgInterval right) => left.CompareTo(right) < 0;

    public static bool operator >(PgInterval left, PgInterval right) => left.CompareTo(right) > 0;

    public static bool operator <=(PgInterval left, PgInterval right) => left.CompareTo(right) <= 0;

    public static bool operator >=(PgInterval left, PgInterval right) => left.CompareTo(right) >= 0;

    public static SqlException OutOfRange() => new(SqlState.DatetimeFieldOverflow, "interval out of range");

    /// <exception cref="SqlException">22008.</exception>
    public static PgInterval operator +(PgInterval left, PgInterval right)
    {
        try
        {
            return checked(new PgInterval(left.Months + right.Months, left.Days + right.Days, left.Microseconds + right.Microseconds));
        }
        catch (OverflowException)
        {
            throw OutOfRange();
        }
    }

    /// <inheritdoc cref="op_Addition"/>
    public static PgInterval operator -(PgInterval left, PgInterval right)
    {
        try
        {
            return checked(new PgInterval(left.Months - right.Months, left.Days - right.Days, left.Microseconds - right.Microseconds));
        }
        catch (OverflowException)
        {
            throw OutOfRange();
        }
    }

    /// <inheritdoc cref="op_Addition"/>
    public static PgInterval operator -(PgInterval value) => Zero - value;

    public static PgInterval Add(PgInterval left, PgInterval right) => left + right;

    public static PgInterval Subtract(PgInterval left, PgInterval right) => left - right;

    public static PgInterval Negate(PgInterval value) => -value;

    /// <summary>interval * float8: fractions of months spill into days, fractions of days into time.</summary>
    /// <exception cref="SqlException">22008.</exception>
    public static PgInterval Multiply(PgInterval value, double factor)
    {
        var months = value.Months * factor;
        var days = value.Days * factor;
        if (double.IsNaN(months) || months is > int.MaxValue or < int.MinValue || double.IsNaN(days) || days is > int.MaxValue or < int.MinValue)
            throw OutOfRange();
        return Spill((int)months, (int)days, months - (int)months, days - (int)days, value.Microseconds * factor);
    }

    /// <inheritdoc cref="Multiply"/>
    /// <exception cref="SqlException">22012; 22008.</exception>
    public static PgInterval Divide(PgInterval value, double divisor)
    {
        if (divisor == 0)
            throw SqlException.DivisionByZero();
        var months = (int)(value.Months / divisor);
        var days = (int)(value.Days / divisor);
        return Spill(months, days, value.Months / divisor - months, value.Days / divisor - days, value.Microseconds / divisor);
    }

    private static PgInterval Spill(int months, int days, double monthRest, double dayRest, double microseconds)
    {
        // interval_mul: "cascade units down", fractions rounded to microseconds at each step.
        var monthDays = RoundToMicro(monthRest * DaysPerMonth);
        var seconds = RoundToMicro((dayRest + monthDays - (int)monthDays) * 86400);
        if (Math.Abs(seconds) >= 86400)
        {
            days = checked(days + (int)(seconds / 86400));
            seconds -= (int)(seconds / 86400) * 86400;
        }
        var total = Math.Round(microseconds + seconds * MicrosecondsPerSecond, MidpointRounding.ToEven);
        if (double.IsNaN(total) || Math.Abs(total) >= 9.2233720368547758e18 || (long)days + (int)monthDays is > int.MaxValue or < int.MinValue)
            throw OutOfRange();
        return new PgInterval(months, days + (int)monthDays, (long)total);
    }

    private static double RoundToMicro(double value) => Math.Round(value * 1e6, MidpointRounding.ToEven) / 1e6;

    /// <summary>30 days become a month, 24 hours a day, all of one sign.</summary>
    public PgInterval Justify()
    {
        long months = Months;
        long days = Days;
        var micros = Microseconds;
        Carry(ref days, ref micros, MicrosecondsPerDay);
        Carry(ref months, ref days, DaysPerMonth);
        if (months > 0 && (days < 0 || days == 0 && micros < 0))
        {
            days += DaysPerMonth;
            months--;
        }
        else if (months < 0 && (days > 0 || days == 0 && micros > 0))
        {
            days -= DaysPerMonth;
            months++;
        }
        BalanceTime(ref days, ref micros);
        return Checked(months, days, micros);
    }

    public PgInterval JustifyHours()
    {
        long days = Days;
        var micros = Microseconds;
        Carry(ref days, ref micros, MicrosecondsPerDay);
        BalanceTime(ref days, ref micros);
        return Checked(Months, days, micros);
    }

    public PgInterval JustifyDays()
    {
        long months = Months;
        long days = Days;
        Carry(ref months, ref days, DaysPerMonth);
        if (months > 0 && days < 0)
        {
            days += DaysPerMonth;
            months--;
        }
        else if (months < 0 && days > 0)
        {
            days -= DaysPerMonth;
            months++;
        }
        return Checked(months, days, Microseconds);
    }

    private static void Carry(ref long high, ref long low, long unit)
    {
        high += low / unit;
        low %= unit;
    }

    private static void BalanceTime(ref long days, ref long micros)
    {
        if (days > 0 && micros < 0)
        {
            micros += MicrosecondsPerDay;
            days--;
        }
        else if (days < 0 && micros > 0)
        {
            micros -= MicrosecondsPerDay;
            days++;
        }
    }

    private static PgInterval Checked(long months, long days, long micros) =>
        months is > int.MaxValue or < int.MinValue || days is > int.MaxValue or < int.MinValue
            ? throw OutOfRange()
            : new PgInterval((int)months, (int)days, micros);

    public override string ToString()
    {
        Span<byte> text = stackalloc byte[IntervalText.MaxLength];
        return System.Text.Encoding.ASCII.GetString(text[..IntervalText.Format(this, IntervalStyle.Postgres, text)]);
    }
}
