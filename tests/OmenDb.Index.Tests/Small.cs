namespace OmenDb.Index.Tests;

/// <summary>Options under which a few thousand entries reach every kind of node.</summary>
internal static class Small
{
    public static AlexOptions Options(int modelDepth = 4) => new()
    {
        MaxLeafSlots = 64,
        MaxModelFanout = 64,
        MaxSortedFanout = 4,
        MaxModelDepth = modelDepth,
    };
}
