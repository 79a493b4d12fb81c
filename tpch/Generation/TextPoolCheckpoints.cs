namespace OmenDb.Tpch.Generation;

internal static class TextPoolCheckpoints
{
    public static readonly TextPoolCheckpoint[] All =
    [
        new(0, 933588178),
    ];
}
