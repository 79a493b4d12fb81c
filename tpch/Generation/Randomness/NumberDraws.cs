using System.Numerics;

namespace OmenDb.Tpch.Generation.Randomness;

/// <summary>Fills number columns from their streams. Streams are passed by value: the caller's copy does not move.</summary>
internal static class NumberDraws
{
    /// <summary>One draw in low .. high for each row of <paramref name="values"/>, times <paramref name="unit"/>.</summary>
    public static void PerRow<T>(RandomStream stream, Span<T> values, int low, long high, int unit = 1)
        where T : struct, INumberBase<T>
    {
        double range = high - low + 1;
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = T.CreateTruncating((low + (long)RandomStream.Draw(RandomStream.Next(stream.State), range)) * unit);
            stream.NextRow();
        }
    }

    /// <summary>As <see cref="PerRow"/>, with lineCounts[i] draws for row i, one after the other in <paramref name="values"/>.</summary>
    public static void PerLine<T>(
        RandomStream stream, ReadOnlySpan<byte> lineCounts, Span<T> values, int low, long high, int unit = 1)
        where T : struct, INumberBase<T>
    {
        double range = high - low + 1;
        var next = 0;
        foreach (var count in lineCounts)
        {
            var state = stream.State;
            foreach (ref var value in values.Slice(next, count))
            {
                state = RandomStream.Next(state);
                value = T.CreateTruncating((low + (long)RandomStream.Draw(state, range)) * unit);
            }
            next += count;
            stream.NextRow();
        }
    }
}
