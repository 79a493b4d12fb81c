using System.Numerics;

namespace OmenDb.Workload;

/// <summary>A seeded generator with cheap, independent streams: xoshiro256++ (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021),
/// started by SplitMix64. The same on every machine and runtime.</summary>
public sealed class WorkloadRandom
{
    private ulong _s0;
    private ulong _s1;
    private ulong _s2;
    private ulong _s3;

    /// <param name="stream">Of one seed; streams do not depend on one another.</param>
    public WorkloadRandom(long seed, long stream = 0) => Restart(seed, stream);

    /// <summary>As a new one.</summary>
    public void Restart(long seed, long stream)
    {
        var state = (ulong)seed * 0x9E3779B97F4A7C15UL + Mix((ulong)stream);
        _s0 = Next(ref state);
        _s1 = Next(ref state);
        _s2 = Next(ref state);
        _s3 = Next(ref state);
    }

    public ulong NextBits()
    {
        var result = BitOperations.RotateLeft(_s0 + _s3, 23) + _s0;
        var t = _s1 << 17;
        _s2 ^= _s0;
        _s3 ^= _s1;
        _s1 ^= _s2;
        _s0 ^= _s3;
        _s2 ^= t;
        _s3 = BitOperations.RotateLeft(_s3, 45);
        return result;
    }

    /// <summary>Uniform in [low, high], both included.</summary>
    public int Next(int low, int high) => low + (int)NextBelow((long)high - low + 1);

    /// <summary>Uniform in [0, bound). The bias of the multiplication is below bound / 2^64.</summary>
    public long NextBelow(long bound) => (long)Math.BigMul(NextBits(), (ulong)bound, out _);

    /// <summary>Uniform in [0, 1).</summary>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>True in so many of a hundred cases.</summary>
    public bool Percent(int percent) => Next(1, 100) <= percent;

    /// <summary>A permutation of 1 to <paramref name="count"/>.</summary>
    public int[] Permutation(int count)
    {
        var numbers = new int[count];
        for (var i = 0; i < count; i++)
        {
            var j = Next(0, i);
            numbers[i] = numbers[j];
            numbers[j] = i + 1;
        }
        return numbers;
    }

    private static ulong Next(ref ulong state) => Mix(state += 0x9E3779B97F4A7C15UL);

    private static ulong Mix(ulong z)
    {
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ z >> 27) * 0x94D049BB133111EBUL;
        return z ^ z >> 31;
    }
}
