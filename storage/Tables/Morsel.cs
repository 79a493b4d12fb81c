namespace OmenDb.Storage.Tables;

/// <summary>A few consecutive vectors of one segment: the unit of work of a parallel scan.</summary>
/// <param name="Segment">Index of the segment in the scan.</param>
/// <param name="FirstVector">Within the segment.</param>
/// <param name="VectorCount">At least one.</param>
public readonly record struct Morsel(int Segment, int FirstVector, int VectorCount)
{
    /// <summary>At most this many vectors: about 16,000 rows, some hundred microseconds of work.</summary>
    public const int MaxVectors = 8;
}
