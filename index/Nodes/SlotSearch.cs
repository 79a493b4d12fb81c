using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace OmenDb.Index.Nodes;

internal interface IStepCounter
{
    void Step();
}

internal struct NoSteps : IStepCounter
{
    public readonly void Step()
    {
    }
}

internal struct StepCount : IStepCounter
{
    public int Value;

    public void Step() => Value++;
}

/// <summary>Lower bound in a sorted array by exponential search from a guess, finished eight values at a time.</summary>
internal static unsafe class SlotSearch
{
    private const int Window = 8;

    /// <summary>First index whose value is not below <paramref name="target"/>, <paramref name="count"/> when there is none.</summary>
    /// <param name="values">Sorted ascending, at least <paramref name="count"/> values; a racing writer may disturb the order, which
    /// makes the answer wrong but keeps every access in range.</param>
    /// <param name="count">At least 8.</param>
    /// <param name="target">What is sought.</param>
    /// <param name="guess">Any index from 0 to count - 1.</param>
    /// <param name="steps">Counts the probes.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int LowerBound<TSteps>(ulong* values, int count, ulong target, int guess, ref TSteps steps)
        where TSteps : struct, IStepCounter
    {
        if (!Vector256.IsHardwareAccelerated)
            return LowerBoundScalar(values, count, target, guess, ref steps);
        // First the window around the guess: most predictions are this good.
        var window = Math.Min(Math.Max(guess - Window / 2, 0), count - Window);
        var below = CountBelow(values + window, target);
        steps.Step();
        if (below == 0 ? window == 0 : below < Window || window == count - Window)
            return window + below;
        return Gallop(values, count, target, window, below == 0, ref steps);
    }

    /// <summary>The same without vectors: other machines, and the reference of the tests.</summary>
    public static int LowerBoundScalar<TSteps>(ulong* values, int count, ulong target, int guess, ref TSteps steps)
        where TSteps : struct, IStepCounter
    {
        int low, high; // the answer lies in [low, high]
        if (values[guess] >= target)
        {
            high = guess;
            var bound = 1;
            while (guess - bound >= 0 && values[guess - bound] >= target)
            {
                high = guess - bound;
                bound <<= 1;
                steps.Step();
            }
            low = Math.Max(guess - bound + 1, 0);
        }
        else
        {
            low = guess + 1;
            var bound = 1;
            while (guess + bound < count && values[guess + bound] < target)
            {
                low = guess + bound + 1;
                bound <<= 1;
                steps.Step();
            }
            high = Math.Min(guess + bound, count);
        }
        while (low < high)
        {
            var middle = (int)((uint)(low + high) >> 1);
            if (values[middle] < target)
                low = middle + 1;
            else
                high = middle;
            steps.Step();
        }
        return low;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Gallop<TSteps>(ulong* values, int count, ulong target, int window, bool left, ref TSteps steps)
        where TSteps : struct, IStepCounter
    {
        int low, high;
        var bound = Window;
        if (left)
        {
            high = window; // values[window] is not below the target
            while (window - bound >= 0 && values[window - bound] >= target)
            {
                high = window - bound;
                bound <<= 1;
                steps.Step();
            }
            low = Math.Max(window - bound + 1, 0);
        }
        else
        {
            var start = window + Window - 1; // values[start] is below the target
            low = start + 1;
            while (start + bound < count && values[start + bound] < target)
            {
                low = start + bound + 1;
                bound <<= 1;
                steps.Step();
            }
            high = Math.Min(start + bound, count);
        }
        while (high - low > Window)
        {
            var middle = (int)((uint)(low + high) >> 1);
            if (values[middle] < target)
                low = middle + 1;
            else
                high = middle;
            steps.Step();
        }
        // At most eight candidates are left; the window is moved back inside the array and what it adds in front is below the target.
        var last = Math.Min(low, count - Window);
        steps.Step();
        return last + CountBelow(values + last, target);
    }

    /// <summary>How many of the eight values are below the target.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int CountBelow(ulong* values, ulong target)
    {
        // Callers keep values[0..7] inside the array.
        var wanted = Vector256.Create(target);
        var first = Vector256.LessThan(Vector256.Load(values), wanted).ExtractMostSignificantBits();
        var second = Vector256.LessThan(Vector256.Load(values + 4), wanted).ExtractMostSignificantBits();
        return System.Numerics.BitOperations.PopCount(first | (second << 4));
    }
}
