namespace OmenDb.Arrow;

/// <summary>A column of some rows in memory that somebody else owns, in any of the four representations; see <see cref="Vector"/> for what the fields mean.</summary>
public unsafe struct EncodedValues
{
    public VectorKind Kind;
    public byte CodeWidth;
    public long Base;
    public byte* Values;
    public ulong* Validity;

    /// <summary>Dictionary: flat, distinct, without nulls; alive as long as the memory's owner.</summary>
    public Vector? Dictionary;

    /// <summary>Views: alive as long as the memory's owner.</summary>
    public ViewArena? Arena;
}
