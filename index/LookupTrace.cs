namespace OmenDb.Index;

/// <summary>How one look-up, or the positioning of one cursor, went.</summary>
/// <param name="InnerLevels">Inner nodes visited.</param>
/// <param name="SortedLevels">Of those, sorted fallback nodes.</param>
/// <param name="PredictedSlot">Where the leaf's model expected the entry.</param>
/// <param name="ActualSlot">Where it (or its place) was.</param>
/// <param name="SearchSteps">Probes of the search in the leaf.</param>
/// <param name="PlainLeaf">Whether the leaf was one of the evenly spread ones.</param>
/// <param name="RunLeaf">Whether the leaf stores runs; slots are then positions in key order.</param>
public readonly record struct LookupTrace(
    int InnerLevels, int SortedLevels, int PredictedSlot, int ActualSlot, int SearchSteps, bool PlainLeaf, bool RunLeaf = false)
{
    /// <summary>Levels visited, the leaf included.</summary>
    public int Levels => InnerLevels + 1;

    /// <summary>Nodes on the way that had no useful model.</summary>
    public int FallbackNodes => SortedLevels + (PlainLeaf ? 1 : 0);

    /// <summary>Distance between predicted and actual slot.</summary>
    public int Error => Math.Abs(ActualSlot - PredictedSlot);
}
