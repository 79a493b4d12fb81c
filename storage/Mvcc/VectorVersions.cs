using OmenDb.Storage.Tables;
using OmenDb.Storage.Transactions;

namespace OmenDb.Storage.Mvcc;

/// <summary>Consecutive rows of a vector inserted by one command and perhaps not yet visible to everybody.</summary>
internal struct InsertRange
{
    public int Start;
    public int End; // exclusive
    public int Command;
    public VersionStamp Stamp;
}

/// <summary>What is not yet visible to everybody about one row, apart from its insertion.</summary>
internal struct RowVersion
{
    public ushort Row;
    public int DeleteCommand;
    /// <summary>Null: not deleted.</summary>
    public VersionStamp? DeletedBy;
    /// <summary>Newest change; <see cref="UndoLink.Record"/> null: none.</summary>
    public UndoLink Undo;

    /// <summary>Index entries of former keys that may still be there: as long as there are any, look-ups compare keys.</summary>
    public int StaleKeys;

    public readonly bool IsEmpty => DeletedBy is null && Undo.Record is null && StaleKeys == 0;
}

/// <summary>Versions of one vector of 2,048 rows. Exists only while something there is not yet visible to everybody.</summary>
/// <remarks>All access under the vector's latch. Memory in proportion to the rows concerned, plus 4 KiB to find a row at once
/// (only when rows were changed or deleted: inserts alone need only their ranges).</remarks>
internal sealed class VectorVersions
{
    private InsertRange[] _ranges = new InsertRange[2];
    private RowVersion[] _entries = [];
    private short[]? _entryOfRow; // index + 1; 0 = none

    public int RangeCount { get; private set; }

    public int EntryCount { get; private set; }

    public ReadOnlySpan<InsertRange> Ranges => _ranges.AsSpan(0, RangeCount);

    public Span<RowVersion> Entries => _entries.AsSpan(0, EntryCount);

    public bool IsEmpty => RangeCount == 0 && EntryCount == 0;

    /// <summary>Ranges come in ascending order, as rows are appended.</summary>
    public void AddRange(int start, int end, VersionStamp stamp, int command)
    {
        if (RangeCount > 0)
        {
            ref var last = ref _ranges[RangeCount - 1];
            if (last.End == start && last.Stamp == stamp && last.Command == command)
            {
                last.End = end;
                return;
            }
        }
        if (RangeCount == _ranges.Length)
            Array.Resize(ref _ranges, _ranges.Length * 2);
        _ranges[RangeCount++] = new InsertRange { Start = start, End = end, Stamp = stamp, Command = command };
    }

    /// <summary>Index of the range that holds a row, or -1: inserted long ago.</summary>
    public int FindRange(int row)
    {
        int low = 0, high = RangeCount - 1;
        while (low <= high)
        {
            var middle = (low + high) >> 1;
            if (row < _ranges[middle].Start)
                high = middle - 1;
            else if (row >= _ranges[middle].End)
                low = middle + 1;
            else
                return middle;
        }
        return -1;
    }

    /// <summary>Forgets who inserted some rows: they are visible to everybody, or dead.</summary>
    public void RemoveRange(int start, int end, VersionStamp stamp)
    {
        var write = 0;
        var split = default(InsertRange);
        var hasSplit = false;
        for (var i = 0; i < RangeCount; i++)
        {
            var range = _ranges[i];
            if (range.Stamp == stamp && range.Start < end && range.End > start)
            {
                if (range.Start < start && range.End > end) // a savepoint undone in the middle of merged inserts
                {
                    split = range with { Start = end };
                    hasSplit = true;
                    range.End = start;
                }
                else if (range.Start < start)
                    range.End = start;
                else if (range.End > end)
                    range.Start = end;
                else
                    continue;
            }
            _ranges[write++] = range;
            if (hasSplit)
            {
                // The tail of the split goes right behind it: shift the rest by one.
                if (RangeCount == _ranges.Length)
                    Array.Resize(ref _ranges, _ranges.Length * 2);
                Array.Copy(_ranges, i + 1, _ranges, i + 2, RangeCount - i - 1);
                _ranges[i + 1] = split;
                RangeCount++;
                i++;
                write = i + 1;
                hasSplit = false;
            }
        }
        Array.Clear(_ranges, write, RangeCount - write);
        RangeCount = write;
    }

    /// <summary>Forgets who inserted rows, where all see them: whole ranges that begin or end among the given rows.</summary>
    public void RemoveRanges(int start, int end, ulong horizon)
    {
        var write = 0;
        for (var i = 0; i < RangeCount; i++)
        {
            if (_ranges[i].Start < end && _ranges[i].End > start && _ranges[i].Stamp.Value <= horizon)
                continue;
            _ranges[write++] = _ranges[i];
        }
        Array.Clear(_ranges, write, RangeCount - write);
        RangeCount = write;
    }

    /// <summary>Puts neighbouring ranges together that no snapshot tells apart, under the later stamp; rows that are all dead need none.</summary>
    public void MergeRanges(VectorSlot slot, SnapshotList snapshots)
    {
        var write = 0;
        for (var i = 0; i < RangeCount; i++)
        {
            var range = _ranges[i];
            if (range.Stamp.Value > snapshots.Newest)
            {
                _ranges[write++] = range;
                continue;
            }
            if (slot.AreDead(range.Start, range.End))
                continue;
            if (write > 0 && _ranges[write - 1].End == range.Start && _ranges[write - 1].Stamp.Value <= snapshots.Newest)
            {
                ref var last = ref _ranges[write - 1];
                var (older, newer) = last.Stamp.Value < range.Stamp.Value ? (last.Stamp, range.Stamp) : (range.Stamp, last.Stamp);
                if (!snapshots.AnyBetween(older.Value, newer.Value))
                {
                    last.End = range.End;
                    last.Stamp = newer;
                    continue;
                }
            }
            _ranges[write++] = range;
        }
        Array.Clear(_ranges, write, RangeCount - write);
        RangeCount = write;
    }

    /// <summary>Index of a row's entry, or -1.</summary>
    public int Find(int row) => _entryOfRow is null ? -1 : _entryOfRow[row] - 1;

    public ref RowVersion GetOrAdd(int row)
    {
        _entryOfRow ??= new short[RowId.VectorRows];
        if (_entryOfRow[row] == 0)
        {
            if (EntryCount == _entries.Length)
                Array.Resize(ref _entries, Math.Max(4, EntryCount * 2));
            _entries[EntryCount] = new RowVersion { Row = (ushort)row };
            _entryOfRow[row] = (short)++EntryCount;
        }
        return ref _entries[_entryOfRow[row] - 1];
    }

    /// <summary>Drops an entry that has become empty; the last one takes its place.</summary>
    public void RemoveEntry(int index)
    {
        _entryOfRow![_entries[index].Row] = 0;
        var last = --EntryCount;
        if (index != last)
        {
            _entries[index] = _entries[last];
            _entryOfRow[_entries[index].Row] = (short)(index + 1);
        }
        _entries[last] = default;
    }
}
