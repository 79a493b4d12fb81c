namespace OmenDb.Tpch.Generation.Randomness;

/// <summary>Bounds of a comment's length: 0.4 and 1.6 times the average that clause 4.2.3 gives, cut to whole bytes.</summary>
internal readonly record struct CommentLength(int Average)
{
    public int Min => (int)(Average * 0.4);
    public int Max => (int)(Average * 1.6);
}
