namespace OmenDb.Ycsb.Choice;

/// <summary>FNV-1a over the eight bytes of a number, lowest first (Fowler, Noll, Vo), without its sign: what YCSB scrambles with.</summary>
public static class Fnv
{
    private const ulong Offset = 0xCBF29CE484222325;
    private const ulong Prime = 0x100000001B3;

    /// <returns>Not negative.</returns>
    public static long Hash(long value)
    {
        var hash = Offset;
        for (var i = 0; i < 8; i++)
        {
            hash ^= (ulong)value & 0xFF;
            hash *= Prime;
            value >>= 8;
        }
        return (long)(hash & long.MaxValue);
    }
}
