using System.Numerics;

namespace OmenDb.Storage.Statistics;

/// <summary>HyperLogLog (Flajolet et al., 2007) over 64-bit hashes: about 2% error in 2 KiB, mergeable.</summary>
/// <remarks>Not for two threads at once.</remarks>
public sealed class DistinctSketch
{
    private const int IndexBits = 11;
    private const int Registers = 1 << IndexBits;

    private readonly byte[] _registers = new byte[Registers];

    /// <param name="hash">Well mixed in all its bits.</param>
    public void Add(ulong hash)
    {
        var index = (int)(hash >> (64 - IndexBits));
        // The guard bit ends the run of zeros where the index bits were shifted out.
        var rank = (byte)(BitOperations.LeadingZeroCount(hash << IndexBits | 1UL << (IndexBits - 1)) + 1);
        if (rank > _registers[index])
            _registers[index] = rank;
    }

    /// <summary>Finalizer of MurmurHash3: mixes what is a plain number.</summary>
    public static ulong Mix(ulong value)
    {
        value ^= value >> 33;
        value *= 0xFF51AFD7ED558CCD;
        value ^= value >> 33;
        value *= 0xC4CEB9FE1A85EC53;
        return value ^ (value >> 33);
    }

    public void Merge(DistinctSketch other)
    {
        for (var i = 0; i < Registers; i++)
            _registers[i] = Math.Max(_registers[i], other._registers[i]);
    }

    public double Estimate()
    {
        double sum = 0;
        var zeros = 0;
        foreach (var register in _registers)
        {
            sum += Math.ScaleB(1, -register);
            zeros += register == 0 ? 1 : 0;
        }
        const double alpha = 0.7213 / (1 + 1.079 / Registers);
        var raw = alpha * Registers * Registers / sum;
        // Small counts: by the registers still empty.
        return raw <= 2.5 * Registers && zeros > 0 ? Registers * Math.Log((double)Registers / zeros) : raw;
    }
}
