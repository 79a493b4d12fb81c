namespace OmenDb.Index.Nodes;

/// <summary>The paper's cost model (section 4.3.4), in nanoseconds: search probes plus shifted slots, weighted by what they cost here.</summary>
internal static unsafe class CostModel
{
    /// <summary>One probe of the search in a leaf, most of it a mispredicted branch or a cache miss.</summary>
    private const double ProbeCost = 10;

    /// <summary>One slot moved by an insert: 16 bytes, vectorised.</summary>
    private const double ShiftCost = 0.5;

    /// <summary>What one more leaf costs everybody: its head in the cache, its share of the parent.</summary>
    private const double LeafCost = 5;

    /// <summary>How far an insert may cost more than foreseen before alternatives are weighed (the paper's 50%).</summary>
    private const double Tolerance = 1.5;

    /// <summary>Per insert, as foreseen when the block was built.</summary>
    public static double Expected(Node* leaf) => Cost(1 + 2 * Math.Max(0, leaf->ModelError - 2), leaf->ExpectedShifts);

    /// <summary>Per insert since the block was built.</summary>
    public static double Measured(Node* leaf) =>
        leaf->Inserts == 0 ? 0 : Cost((double)leaf->SearchSteps / leaf->Inserts, (double)leaf->Shifts / leaf->Inserts);

    /// <summary>Whether inserts cost so much more than foreseen that dividing may beat expanding.</summary>
    public static bool IsWorn(Node* leaf) => Measured(leaf) > Tolerance * Expected(leaf) + LeafCost;

    /// <summary>Whether two leaves serve these inserts better than one.</summary>
    /// <param name="whole">Cost of the expanded leaf.</param>
    /// <param name="halves">Mean cost of the two.</param>
    public static bool SplitPays(double whole, double halves) => halves + LeafCost < whole;

    private static double Cost(double probes, double shifts) => probes * ProbeCost + shifts * ShiftCost;
}
