using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

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

/// <summary>Lower bound in a sorted array of 8- or 4-byte numbers by exponential search from a guess, finished 64 bytes at a time.</summary>
internal static unsafe class SlotSearch
{
    /// <summary>First index whose value is not below <paramref name="target"/>, <paramref name="count"/> when there is none.</summary>
    /// <param name="values">Sorted ascending, at least <paramref name="count"/> values; a racing writer may disturb the order, which
    /// makes the answer wrong but keeps every access in range.</param>
    /// <param name="count">At least 16.</param>
    /// <param name="target">What is sought.</param>
    /// <param name="guess">Any index from 0 to count - 1.</param>
    /// <param name="steps">Counts the probes.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int LowerBound<T, TSteps>(T* values, int count, T target, int guess, ref TSteps steps)
        where T : unmanaged, IBinaryInteger<T> where TSteps : struct, IStepCounter
    {
        if (!Vector256.IsHardwareAccelerated)
            return LowerBoundScalar(values, count, target, guess, ref steps);
        // First the window around the guess: most predictions are this good.
        var width = 64 / sizeof(T);
        var window = Math.Min(Math.Max(guess - width / 2, 0), count - width);
        var below = CountBelow(values + window, target);
        steps.Step();
        if (below == 0 ? window == 0 : below < width || window == count - width)
            return window + below;
        return Gallop(values, count, target, window, below == 0, ref steps);
    }

    /// <summary>The same without vectors: other machines, and the reference of the tests.</summary>
    public static int LowerBoundScalar<T, TSteps>(T* values, int count, T target, int guess, ref TSteps steps)
        where T : unmanaged, IBinaryInteger<T> where TSteps : struct, IStepCounter
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

    /// <summary>How many of some sorted numbers are below the target: halves without branches, the last eight at once.</summary>
    /// <param name="values">Followed by at least 7 readable numbers.</param>
    /// <param name="count">Of the numbers that count.</param>
    /// <param name="target">What is sought.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int CountBelow(ulong* values, int count, ulong target)
    {
        const int Window = 8;
        var low = 0;
        while (count > Window)
        {
            var half = count >> 1;
            low += values[low + half - 1] < target ? half : 0;
            count -= half;
        }
        if (Avx512F.IsSupported)
        {
            var bits = (uint)Avx512F.CompareLessThan(Vector512.Load(values + low), Vector512.Create(target)).ExtractMostSignificantBits();
            return low + BitOperations.PopCount(bits & ((1u << count) - 1));
        }
        var below = 0;
        for (var i = 0; i < count; i++)
            below += values[low + i] < target ? 1 : 0;
        return low + below;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Gallop<T, TSteps>(T* values, int count, T target, int window, bool left, ref TSteps steps)
        where T : unmanaged, IBinaryInteger<T> where TSteps : struct, IStepCounter
    {
        var width = 64 / sizeof(T);
        int low, high;
        var bound = width;
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
            var start = window + width - 1; // values[start] is below the target
            low = start + 1;
            while (start + bound < count && values[start + bound] < target)
            {
                low = start + bound + 1;
                bound <<= 1;
                steps.Step();
            }
            high = Math.Min(start + bound, count);
        }
        while (high - low > width)
        {
            var middle = (int)((uint)(low + high) >> 1);
            if (values[middle] < target)
                low = middle + 1;
            else
                high = middle;
            steps.Step();
        }
        // At most one window of candidates is left; it is moved back inside the array and what that adds in front is below the target.
        var last = Math.Min(low, count - width);
        steps.Step();
        return last + CountBelow(values + last, target);
    }

    /// <summary>How many of 64 bytes of values are below the target.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int CountBelow<T>(T* values, T target) where T : unmanaged, IBinaryInteger<T>
    {
        // Callers keep the window inside the array.
        if (Avx512F.IsSupported)
        {
            if (sizeof(T) == sizeof(ulong))
            {
                var below = Avx512F.CompareLessThan(Vector512.Load((ulong*)values), Vector512.Create(Unsafe.BitCast<T, ulong>(target)));
                return BitOperations.PopCount((uint)below.ExtractMostSignificantBits());
            }
            var below4 = Avx512F.CompareLessThan(Vector512.Load((uint*)values), Vector512.Create(Unsafe.BitCast<T, uint>(target)));
            return BitOperations.PopCount((uint)below4.ExtractMostSignificantBits());
        }
        var wanted = Vector256.Create(target);
        var first = Vector256.LessThan(Vector256.Load(values), wanted).ExtractMostSignificantBits();
        var second = Vector256.LessThan(Vector256.Load(values + 32 / sizeof(T)), wanted).ExtractMostSignificantBits();
        return BitOperations.PopCount(first) + BitOperations.PopCount(second);
    }
}
