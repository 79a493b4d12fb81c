namespace OmenDb.Tpch.Generation;

/// <summary>The calendar of the data set, clause 4.2.2.12, as days since 1970-01-01.</summary>
internal static class TpchDates
{
    private static readonly int Epoch = new DateOnly(1970, 1, 1).DayNumber;

    /// <summary>1992-01-01, STARTDATE.</summary>
    public const int First = 8035;
    /// <summary>Days up to 1998-12-31, ENDDATE.</summary>
    public const int DayCount = 2557;
    /// <summary>1995-06-17, CURRENTDATE.</summary>
    public const int Current = 9298;
    /// <summary>Order dates end 151 days before the last date, so that lines can be shipped and received.</summary>
    public const int OrderDayCount = DayCount - 151;

    public static string Text(int day) => DateOnly.FromDayNumber(Epoch + day).ToString("yyyy-MM-dd");
}
