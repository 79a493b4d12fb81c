using OmenDb.Planner.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Functions;

/// <summary>row_number, rank, dense_rank, percent_rank, cume_dist, ntile, lag, lead, first_value, last_value, nth_value.</summary>
internal static class WindowFunctions
{
    private sealed class Simple(Action<WindowPartition> body, bool usesFrame, bool firstArgumentType) : WindowFunction
    {
        public override bool UsesFrame => usesFrame;

        public override SqlType ResultType(ReadOnlySpan<SqlType> arguments) => firstArgumentType ? arguments[0] : Result;

        public override void Compute(WindowPartition partition) => body(partition);
    }

    private static Simple Make(string name, SqlType[] arguments, SqlType result, Action<WindowPartition> body, bool usesFrame = false, bool typed = false,
        int optional = 0) => new(body, usesFrame, typed)
        {
            Name = name, Kind = FunctionKind.Window, Arguments = [.. arguments], Result = result, Strict = false, OptionalArguments = optional,
        };

    public static IEnumerable<FunctionInfo> All()
    {
        yield return Make("row_number", [], SqlType.Int8, static p =>
        {
            for (var row = 0; row < p.RowCount; row++)
                p.SetInt64(row, row + 1);
        });
        yield return Make("rank", [], SqlType.Int8, static p =>
        {
            for (var row = 0; row < p.RowCount; row++)
                p.SetInt64(row, p.PeerStart(row) + 1);
        });
        yield return Make("dense_rank", [], SqlType.Int8, static p =>
        {
            var rank = 0L;
            for (var row = 0; row < p.RowCount; row++)
            {
                if (p.PeerStart(row) == row)
                    rank++;
                p.SetInt64(row, rank);
            }
        });
        yield return Make("percent_rank", [], SqlType.Float8, static p =>
        {
            for (var row = 0; row < p.RowCount; row++)
                p.SetDouble(row, p.RowCount <= 1 ? 0 : (double)p.PeerStart(row) / (p.RowCount - 1));
        });
        yield return Make("cume_dist", [], SqlType.Float8, static p =>
        {
            for (var row = 0; row < p.RowCount; row++)
                p.SetDouble(row, (double)p.PeerEnd(row) / p.RowCount);
        });
        yield return Make("ntile", [SqlType.Int4], SqlType.Int4, NTile);
        foreach (var (name, sign) in new[] { ("lag", -1), ("lead", 1) })
        {
            yield return Make(name, [SqlType.AnyElement], SqlType.AnyElement, p => Shift(p, sign), typed: true);
            yield return Make(name, [SqlType.AnyElement, SqlType.Int4], SqlType.AnyElement, p => Shift(p, sign), typed: true);
            yield return Make(name, [SqlType.AnyElement, SqlType.Int4, SqlType.AnyElement], SqlType.AnyElement, p => Shift(p, sign), typed: true);
        }
        yield return Make("first_value", [SqlType.AnyElement], SqlType.AnyElement, static p => OfFrame(p, static (_, start, _) => start), usesFrame: true, typed: true);
        yield return Make("last_value", [SqlType.AnyElement], SqlType.AnyElement, static p => OfFrame(p, static (_, _, end) => end - 1), usesFrame: true, typed: true);
        yield return Make("nth_value", [SqlType.AnyElement, SqlType.Int4], SqlType.AnyElement, static p => OfFrame(p, static (n, start, _) => start + n - 1),
            usesFrame: true, typed: true);
    }

    private static void NTile(WindowPartition p)
    {
        if (p.RowCount == 0)
            return;
        if (p.IsNull(0, 0))
        {
            for (var row = 0; row < p.RowCount; row++)
                p.SetNull(row);
            return;
        }
        var buckets = (int)p.Argument(0, 0)!;
        if (buckets <= 0)
            throw new SqlException(SqlState.InvalidArgumentForNtile, "argument of ntile must be greater than zero");
        // The first (rows mod buckets) buckets have one row more.
        var small = p.RowCount / buckets;
        var large = p.RowCount % buckets;
        for (var row = 0; row < p.RowCount; row++)
            p.SetInt32(row, row < large * (small + 1) ? row / (small + 1) + 1 : large + (row - large * (small + 1)) / Math.Max(1, small) + 1);
    }

    private static void Shift(WindowPartition p, int sign)
    {
        for (var row = 0; row < p.RowCount; row++)
        {
            long offset = 1;
            if (p.ArgumentCount > 1)
            {
                if (p.IsNull(1, row))
                {
                    p.SetNull(row);
                    continue;
                }
                offset = (int)p.Argument(1, row)!;
            }
            var source = row + sign * offset;
            if (source >= 0 && source < p.RowCount)
                p.SetFromArgument(row, 0, (int)source);
            else if (p.ArgumentCount > 2)
                p.SetFromArgument(row, 2, row);
            else
                p.SetNull(row);
        }
    }

    private static void OfFrame(WindowPartition p, Func<int, int, int, int> pick)
    {
        for (var row = 0; row < p.RowCount; row++)
        {
            p.Frame(row, out var start, out var end);
            var n = 1;
            if (p.ArgumentCount > 1)
            {
                if (p.IsNull(1, row))
                {
                    p.SetNull(row);
                    continue;
                }
                n = (int)p.Argument(1, row)!;
                if (n <= 0)
                    throw new SqlException(SqlState.InvalidArgumentForNthValue, "argument of nth_value must be greater than zero");
            }
            var source = start < end ? pick(n, start, end) : -1;
            if (source >= start && source < end)
                p.SetFromArgument(row, 0, source);
            else
                p.SetNull(row);
        }
    }
}
