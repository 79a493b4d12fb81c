using OmenDb.Index;

namespace OmenDb.Storage.Indexes;

/// <summary>Traces of many look-ups added up, for EXPLAIN ANALYZE. Not for two threads at once: each adds up its own, then they are joined.</summary>
public struct LookupTraceTotals
{
    public long Lookups { get; private set; }

    public long Levels { get; private set; }

    public long FallbackNodes { get; private set; }

    public long RunLeaves { get; private set; }

    public long SearchSteps { get; private set; }

    /// <summary>Sum of the distances between predicted and actual slots.</summary>
    public long Error { get; private set; }

    public int MaxError { get; private set; }

    public int MaxLevels { get; private set; }

    /// <summary>Slots of the last look-up: what a statement with a single one shows.</summary>
    public int LastPredictedSlot { get; private set; }

    public int LastActualSlot { get; private set; }

    public void Add(in LookupTrace trace)
    {
        Lookups++;
        Levels += trace.Levels;
        FallbackNodes += trace.FallbackNodes;
        RunLeaves += trace.RunLeaf ? 1 : 0;
        SearchSteps += trace.SearchSteps;
        Error += trace.Error;
        MaxError = Math.Max(MaxError, trace.Error);
        MaxLevels = Math.Max(MaxLevels, trace.Levels);
        LastPredictedSlot = trace.PredictedSlot;
        LastActualSlot = trace.ActualSlot;
    }

    public void Add(in LookupTraceTotals other)
    {
        if (other.Lookups == 0)
            return;
        Lookups += other.Lookups;
        Levels += other.Levels;
        FallbackNodes += other.FallbackNodes;
        RunLeaves += other.RunLeaves;
        SearchSteps += other.SearchSteps;
        Error += other.Error;
        MaxError = Math.Max(MaxError, other.MaxError);
        MaxLevels = Math.Max(MaxLevels, other.MaxLevels);
        LastPredictedSlot = other.LastPredictedSlot;
        LastActualSlot = other.LastActualSlot;
    }
}
