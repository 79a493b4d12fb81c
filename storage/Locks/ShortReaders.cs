namespace OmenDb.Storage.Locks;

/// <summary>Readers of one row, for a microsecond: they announce their table instead of locking it.</summary>
/// <remarks>
/// Only ACCESS EXCLUSIVE stands in a reader's way. Whoever takes that lock counts first and looks for readers then; a reader announces first and looks at the
/// count then:
/// <code>
/// reader                                    ACCESS EXCLUSIVE
/// ----------------------------------------  ----------------------------------------
/// cell = table, full fence
///                                           count + 1, full fence
/// count is not 0: cell = 0, locks as others do
///                                           waits until no cell names the table
/// </code>
/// So either the reader sees the count, or the other one sees the cell. Tables share counters by their number: that costs a reader the short way, never more.
/// </remarks>
public sealed class ShortReaders
{
    private const int Counters = 1024;
    private const int Stride = 8; // one cache line per cell
    private const int CellsPerPage = 256;

    private readonly int[] _strong = new int[Counters];
    private readonly Lock _growth = new();
    private readonly Stack<int> _free = [];
    private volatile long[][] _pages = [];
    private int _used;

    private ref int Strong(long table) => ref _strong[table & (Counters - 1)];

    private ref long Cell(int place) => ref _pages[place / CellsPerPage][place % CellsPerPage * Stride];

    /// <summary>A cell for one reader, which reads one row at a time.</summary>
    public int Join()
    {
        lock (_growth)
        {
            if (_free.TryPop(out var place))
                return place;
            if (_used == _pages.Length * CellsPerPage)
                _pages = [.. _pages, new long[CellsPerPage * Stride]];
            return _used++;
        }
    }

    public void Leave(int place)
    {
        lock (_growth)
            _free.Push(place);
    }

    /// <summary>Announces a read.</summary>
    /// <param name="place">From <see cref="Join"/>.</param>
    /// <param name="table">Its OID, not 0.</param>
    /// <returns>False: somebody has, or waits for, a lock that keeps readers out; nothing is announced.</returns>
    public bool TryEnter(int place, int table)
    {
        ref var cell = ref Cell(place);
        Interlocked.Exchange(ref cell, table); // a full fence
        if (Volatile.Read(ref Strong(table)) == 0)
            return true;
        Volatile.Write(ref cell, 0);
        return false;
    }

    public void Exit(int place) => Volatile.Write(ref Cell(place), 0);

    /// <summary>From now on readers take ordinary locks.</summary>
    internal void CountStrong(long table) => Interlocked.Increment(ref Strong(table));

    internal void UncountStrong(long table) => Interlocked.Decrement(ref Strong(table));

    /// <summary>After the lock was granted: waits for those who were there before.</summary>
    internal void AwaitReaders(long table)
    {
        var pages = _pages;
        for (var p = 0; p < pages.Length; p++)
        {
            for (var i = 0; i < CellsPerPage; i++)
            {
                var spinner = new SpinWait();
                while (Volatile.Read(ref pages[p][i * Stride]) == table)
                    spinner.SpinOnce();
            }
        }
    }
}
