using System.Numerics;
using OmenDb.Arrow;

namespace OmenDb.Storage.Tables;

/// <summary>Minimum and maximum of newly written rows, as zone keys.</summary>
internal static unsafe class ZoneBounds
{
    /// <summary>Widens bounds so that they enclose some rows of a flat column.</summary>
    public static void Widen(PhysicalType physical, byte* values, ulong* validity, int at, int count, SegmentArena arena, ref ulong min, ref ulong max)
    {
        if (validity == null && count >= 32)
        {
            switch (physical)
            {
                case PhysicalType.Int16: Integers<short>(values, at, count, ref min, ref max); return;
                case PhysicalType.Int32: Integers<int>(values, at, count, ref min, ref max); return;
                case PhysicalType.Int64: Integers<long>(values, at, count, ref min, ref max); return;
            }
        }
        var width = physical.Width();
        var pointers = physical == PhysicalType.View ? arena.Published.Pointers : null;
        ulong low = min, high = max;
        for (var row = at; row < at + count; row++)
        {
            if (validity != null && !ColumnCopy.GetBit(validity, row))
                continue;
            var key = ZoneKey.At(physical, values + (long)row * width, pointers);
            low = Math.Min(low, key);
            high = Math.Max(high, key);
        }
        Volatile.Write(ref min, low);
        Volatile.Write(ref max, high);
    }

    private static void Integers<T>(byte* values, int at, int count, ref ulong min, ref ulong max)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        var span = new ReadOnlySpan<T>((T*)values + at, count);
        T low = T.MaxValue, high = T.MinValue;
        var i = 0;
        if (System.Numerics.Vector.IsHardwareAccelerated && count >= Vector<T>.Count)
        {
            var lows = new Vector<T>(low);
            var highs = new Vector<T>(high);
            for (; i + Vector<T>.Count <= count; i += Vector<T>.Count)
            {
                var block = new Vector<T>(span.Slice(i, Vector<T>.Count));
                lows = System.Numerics.Vector.Min(lows, block);
                highs = System.Numerics.Vector.Max(highs, block);
            }
            for (var lane = 0; lane < Vector<T>.Count; lane++)
            {
                low = T.Min(low, lows[lane]);
                high = T.Max(high, highs[lane]);
            }
        }
        for (; i < count; i++)
        {
            low = T.Min(low, span[i]);
            high = T.Max(high, span[i]);
        }
        Volatile.Write(ref min, Math.Min(min, ZoneKey.Of(long.CreateTruncating(low))));
        Volatile.Write(ref max, Math.Max(max, ZoneKey.Of(long.CreateTruncating(high))));
    }
}
