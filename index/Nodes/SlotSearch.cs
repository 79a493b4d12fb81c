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

/// <summary>Lower bound in a sorted array of 8- or 4-byte numbers by exponential search from a guess, begun and finished with two cache
/// lines at a time.</summary>
internal static unsafe class SlotSearch
{
    private const int LineBytes = 64;

    /// <summary>Bytes of the window that is compared at once.</summary>
    public const int WindowBytes = 2 * LineBytes;

    /// <summary>First index whose value is not below <paramref name="target"/>, <paramref name="count"/> when there is none.</summary>
    /// <param name="values">Sorted ascending, at least <paramref name="count"/> values, best at the start of a cache line; a racing writer
    /// may disturb the order, which makes the answer wrong but keeps every access in range.</param>
    /// <param name="count">At least a window: 16 numbers of 8 bytes, 32 of 4.</param>
    /// <param name="target">What is sought.</param>
    /// <param name="guess">Any index from 0 to count - 1.</param>
    /// <param name="steps">Counts the probes.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int LowerBound<T, TSteps>(T* values, int count, T target, int guess, ref TSteps steps)
        where T : unmanaged, IBinaryInteger<T> where TSteps : struct, IStepCounter
    {
        if (!Vector256.IsHardwareAccelerated)
            return LowerBoundScalar(values, count, target, guess, ref steps);
        // First the window around the guess, in two whole lines: most predictions are this good.
        var line = LineBytes / sizeof(T);
        var window = Math.Min(Math.Max(guess - line / 2, 0) & -line, count - 2 * line);
        var below = CountInWindow(values + window, target);
        steps.Step();
        if (below == 0 ? window == 0 : below < 2 * line || window == count - 2 * line)
            return window + below;
        return Gallop(values, count, target, window, below == 0, ref steps);
    }

    /// <summary>Slots that one sample stands for: two cache lines of 8-byte keys, one of row ids.</summary>
    public const int SampledSlots = 16;

    /// <summary>How many samples are below the target: the block of 16 slots in which its lower bound lies.</summary>
    /// <param name="samples">The last value of every 16, filled up to a window with the greatest number.</param>
    /// <param name="slots">A multiple of 16.</param>
    /// <param name="target">What is sought.</param>
    /// <param name="guess">A slot; where it is far off, all samples are searched.</param>
    public static int CountSamples<T>(T* samples, int slots, T target, int guess) where T : unmanaged, IBinaryInteger<T>
    {
        var width = WindowBytes / sizeof(T);
        var count = Math.Max(slots / SampledSlots, width);
        var window = Math.Min(Math.Max(guess / SampledSlots - width / 2, 0), count - width);
        var below = CountInWindow(samples + window, target);
        if (below == 0 ? window == 0 : below < width || window == count - width)
            return window + below;
        var low = 0;
        for (var rest = count; rest > width;)
        {
            var half = rest >> 1;
            low += half & -Below(samples[low + half - 1], target);
            rest -= half;
        }
        low = Math.Min(low, count - width);
        return low + CountInWindow(samples + low, target);
    }

    /// <summary>Lower bound in a block of 16 values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int CountInBlock<T>(T* values, T target) where T : unmanaged, IBinaryInteger<T>
    {
        if (sizeof(T) == sizeof(ulong))
            return CountInWindow(values, target);
        if (!Avx512F.IsSupported)
            return CountInLine(values, target);
        var below = Avx512F.CompareLessThan(Vector512.Load((uint*)values), Vector512.Create(Unsafe.BitCast<T, uint>(target)));
        return BitOperations.PopCount((uint)below.ExtractMostSignificantBits());
    }

    /// <summary>The same without vectors: other machines, and the reference of the tests.</summary>
    public static int LowerBoundScalar<T, TSteps>(T* values, int count, T target, int guess, ref TSteps steps)
        where T : unmanaged, IBinaryInteger<T> where TSteps : struct, IStepCounter
    {
        int low, high; // the answer lies in [low, high]
        steps.Step();
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
        var low = values;
        while (count > Window)
        {
            var half = count >> 1;
            low += half & -Below(low[half - 1], target);
            count -= half;
        }
        if (Avx512F.IsSupported)
        {
            var bits = (uint)Avx512F.CompareLessThan(Vector512.Load(low), Vector512.Create(target)).ExtractMostSignificantBits();
            return (int)(low - values) + BitOperations.PopCount(bits & ((1u << count) - 1));
        }
        return (int)(low - values) + CountBelowScalar(low, count, target);
    }

    /// <summary>The same without vectors or halving.</summary>
    public static int CountBelowScalar<T>(T* values, int count, T target) where T : unmanaged, IBinaryInteger<T>
    {
        var below = 0;
        for (var i = 0; i < count; i++)
            below += Below(values[i], target);
        return below;
    }

    /// <summary>1 or 0, never a jump: inside loops the compiler makes one of a conditional expression, mispredicted every other time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Below<T>(T value, T target) where T : unmanaged, IBinaryInteger<T> => Unsafe.BitCast<bool, byte>(value < target);

    /// <summary>Goes on from a window that lies wholly on one side of the target: strides that double, then halves without branches.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Gallop<T, TSteps>(T* values, int count, T target, int window, bool left, ref TSteps steps)
        where T : unmanaged, IBinaryInteger<T> where TSteps : struct, IStepCounter
    {
        var width = WindowBytes / sizeof(T);
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
        var rest = high - low;
        while (rest > width)
        {
            var half = rest >> 1;
            low += half & -Below(values[low + half - 1], target);
            rest -= half;
            steps.Step();
        }
        // At most one window of candidates is left; it is moved back inside the array and what that adds in front is below the target.
        var last = Math.Min(low, count - width);
        steps.Step();
        return last + CountInWindow(values + last, target);
    }

    /// <summary>How many of the values of a window are below the target.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int CountInWindow<T>(T* values, T target) where T : unmanaged, IBinaryInteger<T>
    {
        var line = LineBytes / sizeof(T);
        if (!Avx512F.IsSupported)
            return CountInLine(values, target) + CountInLine(values + line, target);
        if (sizeof(T) == sizeof(ulong))
        {
            var wanted = Vector512.Create(Unsafe.BitCast<T, ulong>(target));
            var first = Avx512F.CompareLessThan(Vector512.Load((ulong*)values), wanted).ExtractMostSignificantBits();
            var second = Avx512F.CompareLessThan(Vector512.Load((ulong*)values + line), wanted).ExtractMostSignificantBits();
            return BitOperations.PopCount((uint)(first | second << 8));
        }
        var wanted4 = Vector512.Create(Unsafe.BitCast<T, uint>(target));
        var first4 = Avx512F.CompareLessThan(Vector512.Load((uint*)values), wanted4).ExtractMostSignificantBits();
        var second4 = Avx512F.CompareLessThan(Vector512.Load((uint*)values + line), wanted4).ExtractMostSignificantBits();
        return BitOperations.PopCount((uint)(first4 | second4 << 16));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int CountInLine<T>(T* values, T target) where T : unmanaged, IBinaryInteger<T>
    {
        var wanted = Vector256.Create(target);
        var first = Vector256.LessThan(Vector256.Load(values), wanted).ExtractMostSignificantBits();
        var second = Vector256.LessThan(Vector256.Load(values + 32 / sizeof(T)), wanted).ExtractMostSignificantBits();
        return BitOperations.PopCount(first) + BitOperations.PopCount(second);
    }
}
