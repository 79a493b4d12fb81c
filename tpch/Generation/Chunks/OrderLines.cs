using OmenDb.Tpch.Generation.Randomness;

namespace OmenDb.Tpch.Generation.Chunks;

/// <summary>What orders and their lines share: sparse keys, line counts, dates.</summary>
internal static class OrderLines
{
    public const int MaxLines = 7;
    public const int MaxShipDays = 121;

    /// <summary>o_orderkey of an order counted from 1: of each 32 keys only the first 8 are used (clause 4.2.3).</summary>
    public static long KeyOf(long order) => ((order >> 3) << 5) | (order & 7);

    public static void FillLineCounts(long first, Span<byte> lineCounts) =>
        NumberDraws.PerRow(new RandomStream(ColumnSeed.OrderLineCount, first), lineCounts, 1, MaxLines);

    /// <summary>Order dates as days since 1970-01-01.</summary>
    public static void FillOrderDates(long first, Span<int> dates) =>
        NumberDraws.PerRow(
            new RandomStream(ColumnSeed.OrderDate, first), dates, TpchDates.First, TpchDates.First + TpchDates.OrderDayCount - 1);
}
