using OmenDb.Arrow;

namespace OmenDb.Storage.Tables.Sealed;

/// <summary>The memory that tables may take, and how they yield: sealed columns whose bytes are in a checkpoint file leave when there is not enough, and come
/// back when somebody reads them. Thread-safe.</summary>
/// <remarks>
/// <para>One figure, one limit: what the process holds in native memory (columns, indexes, and what queries have taken for hash tables and sorting).
/// What the garbage-collected heap holds is small and not in it.</para>
/// <para>Who leaves is found by a clock over all tables, segments and columns: a column that was read since the hand came by stays for one more round. Columns
/// of indexes, hot columns, and sealed ones that no checkpoint has written cannot leave: where nothing is left to give, the limit is exceeded rather than a
/// statement refused. What queries take is limited elsewhere.</para>
/// </remarks>
public sealed class TableMemory
{
    /// <summary>A round that found nothing is not repeated for so long.</summary>
    private const long RestMs = 20;

    private readonly TableStore _tables;
    private readonly Func<long> _measure;
    private readonly Lock _clock = new();
    private IEnumerator<(Table Table, Segment Segment, int Column, SealedColumn Sealed)>? _hand;
    private long _notBeforeMs;
    private long _loadedAtStart;
    private long _evictions;
    private long _loads;
    private long _loadedBytes;
    private long _homelessBytes;

    /// <param name="tables">All of them.</param>
    /// <param name="limitBytes">0: none.</param>
    /// <param name="measure">What is held now; null: the native memory of the process.</param>
    internal TableMemory(TableStore tables, long limitBytes, Func<long>? measure = null)
    {
        _tables = tables;
        LimitBytes = limitBytes;
        _measure = measure ?? (() => NativeMemoryBlocks.AllocatedBytes);
    }

    /// <summary>0: there is none.</summary>
    public long LimitBytes { get; }

    /// <summary>What is held now, by tables, indexes and queries.</summary>
    public long HeldBytes => _measure();

    /// <summary>Sealed columns that have left, since the start.</summary>
    public long Evictions => Interlocked.Read(ref _evictions);

    /// <summary>Sealed columns that were read from their file again.</summary>
    public long Loads => Interlocked.Read(ref _loads);

    public long LoadedBytes => Interlocked.Read(ref _loadedBytes);

    /// <summary>A round did not find enough, and this much sealed memory could leave if a checkpoint wrote it.</summary>
    internal Action<long>? Starved { get; set; }

    /// <summary>Somebody is about to take memory: makes room as far as that is possible. Costs next to nothing where there is enough.</summary>
    /// <param name="bytes">About to be taken.</param>
    public void MakeRoom(long bytes = 0)
    {
        if (LimitBytes <= 0 || _measure() + bytes <= LimitBytes || Environment.TickCount64 < Interlocked.Read(ref _notBeforeMs))
            return;
        if (!_clock.TryEnter())
            return; // somebody is at it
        try
        {
            Sweep(Math.Max(0, LimitBytes - (LimitBytes / 16) - bytes));
        }
        finally
        {
            _clock.Exit();
        }
    }

    /// <summary>A start takes half of the limit with what it loads; the rest comes when it is asked for.</summary>
    internal bool MayLoadAtStart(long bytes) => LimitBytes <= 0 || Interlocked.Add(ref _loadedAtStart, bytes) <= LimitBytes / 2;

    internal void NoteLoad(long bytes)
    {
        Interlocked.Increment(ref _loads);
        Interlocked.Add(ref _loadedBytes, bytes);
    }

    /// <summary>Columns that must not leave from now on, see <see cref="Table.KeepResident"/>: no eviction is under way while this is done.</summary>
    internal void WithoutEvictions(Action change)
    {
        lock (_clock)
            change();
    }

    /// <summary>Sealed memory that could leave if a checkpoint wrote it.</summary>
    internal long HomelessBytes => Walk().Where(place => place.Item4.Home is null).Sum(place => place.Item4.ResidentBytes);

    private void Sweep(long target)
    {
        // The first round may only take away second chances; the one before has begun somewhere in the middle.
        var (rounds, before) = (0, Evictions);
        while (_measure() > target)
        {
            if (_hand is null || !_hand.MoveNext())
            {
                if (rounds++ == 3)
                {
                    if (Evictions == before)
                        Interlocked.Exchange(ref _notBeforeMs, Environment.TickCount64 + RestMs);
                    Starved?.Invoke(_homelessBytes);
                    return;
                }
                _homelessBytes = 0;
                _hand = Walk().GetEnumerator();
                continue;
            }
            var (table, segment, column, narrow) = _hand.Current;
            if (narrow.Home is null)
            {
                _homelessBytes += narrow.ResidentBytes;
                continue;
            }
            if (narrow.IsUsed)
            {
                narrow.IsUsed = false;
                continue;
            }
            if (!table.TryRetain())
                continue;
            try
            {
                if (table.TryEvict(segment, column, narrow))
                    Interlocked.Increment(ref _evictions);
            }
            finally
            {
                table.Release();
            }
        }
    }

    /// <summary>Without latches: what stands there may be gone a moment later, which evicting finds out.</summary>
    private IEnumerable<(Table, Segment, int, SealedColumn)> Walk()
    {
        foreach (var table in _tables.All)
        {
            foreach (var segment in table.Segments)
            {
                if (!segment.IsFull)
                    continue; // an append would have to bring it back under the latch
                for (var c = 0; c < table.Columns.Count; c++)
                {
                    SealedColumn? last = null;
                    for (var v = 0; v < segment.VectorCount; v++)
                    {
                        var chunks = segment.Vector(v).Columns;
                        if (c >= chunks.Length || Volatile.Read(ref chunks[c].Sealed) is not { IsEvicted: false } narrow || ReferenceEquals(narrow, last))
                            continue;
                        last = narrow;
                        yield return (table, segment, c, narrow);
                    }
                }
            }
        }
    }
}

/// <summary>Columns that a reader has brought back and holds until he has what he needs of all of them: those do not leave meanwhile.</summary>
internal sealed class ResidentPins : IDisposable
{
    private readonly List<SealedColumn> _columns = [];

    public int Count => _columns.Count;

    public long Bytes => _columns.Sum(column => column.ResidentBytes);

    /// <summary>Takes over one reference.</summary>
    public void AddTaken(SealedColumn column) => _columns.Add(column);

    public void Dispose()
    {
        foreach (var column in _columns)
            column.Release();
        _columns.Clear();
    }
}
