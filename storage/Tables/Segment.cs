namespace OmenDb.Storage.Tables;

/// <summary>131,072 rows whose ids begin with this segment's number.</summary>
internal sealed class Segment(int number) : IDisposable
{
    private readonly VectorSlot?[] _vectors = new VectorSlot?[RowId.VectorsPerSegment];
    private int _vectorCount;

    public int Number { get; } = number;

    public SegmentArena Arena { get; } = new();

    /// <summary>Vectors that have rows; published after the vector itself.</summary>
    public int VectorCount => Volatile.Read(ref _vectorCount);

    /// <summary>The vector, which exists: below <see cref="VectorCount"/>.</summary>
    public VectorSlot Vector(int index) => _vectors[index]!;

    /// <summary>The vector, or null behind the last one.</summary>
    public VectorSlot? TryVector(int index) => index < VectorCount ? _vectors[index] : null;

    /// <summary>By the segment's one appender.</summary>
    public void Add(VectorSlot slot)
    {
        _vectors[_vectorCount] = slot;
        Volatile.Write(ref _vectorCount, _vectorCount + 1);
    }

    public bool IsFull => VectorCount == RowId.VectorsPerSegment && _vectors[^1]!.RowCount == RowId.VectorRows;

    /// <summary>Rows there are, dead ones included; exact for the appender, a moment old for others.</summary>
    public int RowCount
    {
        get
        {
            var vectors = VectorCount;
            return vectors == 0 ? 0 : (vectors - 1) * RowId.VectorRows + Volatile.Read(ref _vectors[vectors - 1]!.RowCount);
        }
    }

    public void Dispose()
    {
        for (var v = 0; v < VectorCount; v++)
            _vectors[v]!.Release();
        Arena.Dispose();
    }
}
