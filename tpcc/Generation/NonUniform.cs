using OmenDb.Workload;

namespace OmenDb.Tpcc.Generation;

/// <summary>NURand(A, x, y), the skewed choice of clause 2.1.6: (((random(0, A) | random(x, y)) + C) % (y - x + 1)) + x.</summary>
public sealed class NonUniform
{
    /// <summary>A for last names (0 to 999), customers (1 to 3000) and items (1 to 100,000).</summary>
    public const int LastNameA = 255;
    public const int CustomerA = 1023;
    public const int ItemA = 8191;

    private NonUniform(int lastNameC, int customerC, int itemC) => (LastNameC, CustomerC, ItemC) = (lastNameC, customerC, itemC);

    public int LastNameC { get; }

    public int CustomerC { get; }

    public int ItemC { get; }

    /// <summary>The constants C of a load.</summary>
    public static NonUniform ForLoad(long seed)
    {
        var random = new WorkloadRandom(seed, -1);
        return new NonUniform(random.Next(0, LastNameA), random.Next(0, CustomerA), random.Next(0, ItemA));
    }

    /// <summary>The constants C of a run over tables that were loaded with <paramref name="load"/>: clause 2.1.6.1 bounds the distance for last names
    /// (65 to 119, but neither 96 nor 112), so that the run's hot names are not those of the load.</summary>
    public static NonUniform ForRun(NonUniform load, long seed)
    {
        var random = new WorkloadRandom(seed, -2);
        while (true)
        {
            var c = random.Next(0, LastNameA);
            if (IsAllowedDistance(Math.Abs(c - load.LastNameC)))
                return new NonUniform(c, random.Next(0, CustomerA), random.Next(0, ItemA));
        }
    }

    public int LastName(WorkloadRandom random, int names) => Draw(random, LastNameA, LastNameC, 0, names - 1);

    public int Customer(WorkloadRandom random, int customers) => Draw(random, CustomerA, CustomerC, 1, customers);

    public int Item(WorkloadRandom random, int items) => Draw(random, ItemA, ItemC, 1, items);

    internal static bool IsAllowedDistance(int distance) => distance is >= 65 and <= 119 and not 96 and not 112;

    private static int Draw(WorkloadRandom random, int a, int c, int low, int high) =>
        ((random.Next(0, a) | random.Next(low, high)) + c) % (high - low + 1) + low;
}
