namespace OmenDb.Storage.Tables;

/// <summary>131,072 rows whose ids begin with this segment's number.</summary>
internal sealed class Segment(int number) : IDisposable
{
    private readonly VectorSlot?[] _vectors = new VectorSlot?[RowId.VectorsPerSegment];
    private int _vectorCount;

    public int Number { get; } = number;

    private readonly Lock _arenaLock = new();
    private SegmentArena _arena = new();
    private ulong _lastChange;
    private long _lastChangeAtMs = Environment.TickCount64;
    private int _unsealed;

    /// <summary>The last commit that changed rows here.</summary>
    public ulong LastChange => Volatile.Read(ref _lastChange);

    /// <summary>When that was, by <see cref="Environment.TickCount64"/>; before any: when the segment was made.</summary>
    public long LastChangeAtMs => Volatile.Read(ref _lastChangeAtMs);

    /// <summary>How many column vectors have been unsealed since the segment was made.</summary>
    public int UnsealedCount => Volatile.Read(ref _unsealed);

    /// <summary>What the sealer remembers of it: of whoever seals the table.</summary>
    public Sealed.SealState SealState { get; } = new();

    public void NoteUnsealed() => Interlocked.Increment(ref _unsealed);

    /// <summary>Commits come in their order.</summary>
    public void NoteChange(ulong timestamp)
    {
        if (Volatile.Read(ref _lastChange) == timestamp)
            return;
        Volatile.Write(ref _lastChangeAtMs, Environment.TickCount64);
        Volatile.Write(ref _lastChange, timestamp);
    }

    /// <summary>Where a new vector's strings go; one reference is the caller's.</summary>
    public SegmentArena RetainArena()
    {
        lock (_arenaLock)
        {
            _arena.Retain();
            return _arena;
        }
    }

    /// <summary>New vectors use another one from now on.</summary>
    public void ReplaceArena(SegmentArena arena)
    {
        arena.Retain();
        lock (_arenaLock)
            (_arena, arena) = (arena, _arena);
        arena.Release();
    }

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
        _arena.Release();
    }
}
