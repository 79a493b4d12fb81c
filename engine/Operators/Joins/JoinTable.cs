using System.Numerics;
using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Execution;
using OmenDb.Engine.Rows;
using OmenDb.Types;
using Parallel = OmenDb.Engine.Pipelines.Parallel;

namespace OmenDb.Engine.Operators.Joins;

/// <summary>The build side of a hash join: rows in columns, found by key.</summary>
/// <remarks>
/// Two forms, chosen when all rows are there. Direct: one integer key whose values lie close together: an array of row numbers
/// by key, nothing to compare. Hashed: linear probing over 8-byte entries
/// <code>
/// entry: | high half of the hash, 32 bits | row + 1, 32 bits |   0 = empty
/// </code>
/// In both, rows with the same key (hashed: the same half hash) form a chain through <see cref="_next"/>.
/// </remarks>
internal sealed unsafe class JoinTable : IDisposable
{
    /// <summary>Direct addressing up to this many slots per row: then the array is no larger than a hash table with its hashes.</summary>
    private const int DirectSlotsPerRow = 8;

    /// <summary>From so many rows on several threads enter them; rows of equal keys then come in any order.</summary>
    private const int ParallelFrom = 128 * 1024;

    /// <summary>Rows between the one that is entered and the one whose slot is fetched.</summary>
    private const int PrefetchAhead = 16;

    private readonly ExecutionContext _context;
    private readonly SqlType[] _keyTypes;
    private readonly bool[] _nullMatches;
    private readonly bool _constantHash;
    private NativeBuffer? _entries;
    private NativeBuffer? _heads;
    private NativeBuffer? _next;
    private NativeBuffer? _matched;
    private long _charged;
    private int _mask;
    private long _min;
    private ulong _range;

    /// <param name="keyTypes">One per key.</param>
    /// <param name="nullMatches">By key: two nulls match (IS NOT DISTINCT FROM).</param>
    public JoinTable(SqlType[] keyTypes, bool[] nullMatches, ExecutionContext context)
    {
        _context = context;
        _keyTypes = keyTypes;
        _nullMatches = nullMatches;
        _constantHash = context.Settings.ConstantHash;
    }

    /// <summary>All build rows, keys first.</summary>
    public Vector[] Columns { get; private set; } = [];

    public int RowCount { get; private set; }

    public bool HasNullKey { get; private set; }

    public bool HasDuplicates { get; private set; }

    public bool IsDirect => _heads is not null;

    public int* Next => (int*)_next!.Pointer;

    /// <summary>One byte per build row: a probe row has matched it. Set by many workers, all writing 1.</summary>
    public byte* Matched => _matched!.Pointer;

    /// <param name="columns">Flat, over all rows; the first ones are the keys.</param>
    public void Build(Vector[] columns, int rowCount, bool trackMatches)
    {
        Columns = columns;
        RowCount = rowCount;
        _next = Take(Math.Max(1, rowCount) * 4L, zeroed: false);
        if (trackMatches)
            _matched = Take(Math.Max(1, rowCount), zeroed: true);
        for (var k = 0; k < _keyTypes.Length; k++)
            HasNullKey |= !_nullMatches[k] && columns[k].Validity != null && !Bits.All(columns[k].Validity, rowCount);
        if (!_constantHash && TryDirect(columns[0]))
            return;
        BuildHashed();
    }

    private NativeBuffer Take(long bytes, bool zeroed)
    {
        _context.Memory.Charge(bytes);
        _charged += bytes;
        return NativeBuffer.Allocate(bytes, zeroed);
    }

    private bool TryDirect(Vector key)
    {
        if (_keyTypes.Length != 1 || _nullMatches[0] || RowCount == 0 || RowCount > 1 << 28)
            return false;
        long min = 0, max = 0;
        if (key.Physical is not (PhysicalType.Int16 or PhysicalType.Int32 or PhysicalType.Int64)
            || !Aggregate.TryMinMax(key, RowCount, null, out min, out max))
        {
            return false;
        }
        var range = (ulong)(max - min);
        if (range >= (ulong)RowCount * DirectSlotsPerRow + 1024)
            return false;
        _min = min;
        _range = range;
        _heads = Take(((long)range + 1) * 4, zeroed: false);
        var heads = (int*)_heads.Pointer;
        var next = Next;
        if (RowCount >= ParallelFrom && Parallel.Threads(_context) > 1)
        {
            Parallel.Pieces((int)range + 1, _context, (first, count) => new Span<int>(heads + first, count).Fill(-1));
            Parallel.Pieces(RowCount, _context, (first, count) =>
            {
                var anyDuplicate = false;
                for (var row = first; row < first + count; row++)
                {
                    if (!key.IsValid(row))
                        continue;
                    var before = Interlocked.Exchange(ref heads[Value(key, row) - min], row);
                    next[row] = before;
                    anyDuplicate |= before >= 0;
                }
                if (anyDuplicate)
                    HasDuplicates = true;
            });
            return true;
        }
        new Span<int>(heads, (int)range + 1).Fill(-1);
        // From the last row to the first, so that chains run in row order.
        for (var row = RowCount - 1; row >= 0; row--)
        {
            if (!key.IsValid(row))
                continue;
            ref var head = ref heads[Value(key, row) - min];
            next[row] = head;
            HasDuplicates |= head >= 0;
            head = row;
        }
        return true;
    }

    private static long Value(Vector key, int row) => key.Physical switch
    {
        PhysicalType.Int16 => ((short*)key.Values)[row],
        PhysicalType.Int32 => ((int*)key.Values)[row],
        _ => ((long*)key.Values)[row],
    };

    private void BuildHashed()
    {
        var slots = (long)BitOperations.RoundUpToPowerOf2((ulong)Math.Max(64, RowCount * 2L));
        if (slots > 1 << 30)
            throw new SqlException(SqlState.OutOfMemory, "out of memory") { Detail = "The build side of a join would need more than 2^30 entries." };
        _entries = Take(slots * 8, zeroed: true);
        _mask = (int)slots - 1;
        using var hashes = NativeBuffer.Allocate(Math.Max(8, RowCount * 8L), zeroed: false);
        var values = (ulong*)hashes.Pointer;
        if (RowCount >= ParallelFrom && Parallel.Threads(_context) > 1)
        {
            Parallel.Pieces(RowCount, _context, (first, count) => InsertShared(values, first, count));
            return;
        }
        KeyColumns.Hash(Columns.AsSpan(0, _keyTypes.Length), _keyTypes, RowCount, values, _constantHash);
        var entries = (ulong*)_entries.Pointer;
        var next = Next;
        for (var row = RowCount - 1; row >= 0; row--)
        {
            if (HasNullKey && IsNullKey(Columns, row))
                continue;
            var hash = values[row];
            var tag = hash & 0xFFFF_FFFF_0000_0000;
            var slot = (int)hash & _mask;
            ulong entry;
            while ((entry = entries[slot]) != 0 && (entry & 0xFFFF_FFFF_0000_0000) != tag)
                slot = slot + 1 & _mask;
            next[row] = (int)(uint)entry - 1;
            HasDuplicates |= entry != 0;
            entries[slot] = tag | (uint)(row + 1);
        }
    }

    /// <summary>Enters some rows while others do the same: whoever finds a slot changed looks again.</summary>
    private void InsertShared(ulong* hashes, int first, int count)
    {
        var slices = HashJoinOperator.NewVectors(_keyTypes.Length);
        for (var k = 0; k < slices.Length; k++)
            Gather.Slice(Columns[k], first, count, slices[k]);
        KeyColumns.Hash(slices, _keyTypes, count, hashes + first, _constantHash);
        foreach (var slice in slices)
            slice.Dispose();
        var entries = (ulong*)_entries!.Pointer;
        var next = Next;
        var anyDuplicate = false;
        for (var row = first; row < first + count; row++)
        {
            if (row + PrefetchAhead < first + count)
                Prefetch.Read(entries + ((int)hashes[row + PrefetchAhead] & _mask));
            if (HasNullKey && IsNullKey(Columns, row))
                continue;
            var tag = hashes[row] & 0xFFFF_FFFF_0000_0000;
            var slot = (int)hashes[row] & _mask;
            while (true)
            {
                var entry = Volatile.Read(ref entries[slot]);
                if (entry != 0 && (entry & 0xFFFF_FFFF_0000_0000) != tag)
                {
                    slot = slot + 1 & _mask;
                    continue;
                }
                next[row] = (int)(uint)entry - 1;
                if (Interlocked.CompareExchange(ref entries[slot], tag | (uint)(row + 1), entry) != entry)
                    continue;
                anyDuplicate |= entry != 0;
                break;
            }
        }
        if (anyDuplicate)
            HasDuplicates = true;
    }

    private bool IsNullKey(Vector[] keys, int row)
    {
        for (var k = 0; k < _keyTypes.Length; k++)
        {
            if (!_nullMatches[k] && !keys[k].IsValid(row))
                return true;
        }
        return false;
    }

    /// <summary>The first candidate of each row; rows without one are dropped.</summary>
    /// <param name="keys">Flat probe keys.</param>
    /// <param name="rows">Probe rows; receives those with a candidate.</param>
    /// <param name="hashes">Scratch for as many numbers as the batch has rows.</param>
    /// <param name="candidates">Receives build rows.</param>
    /// <returns>How many have one.</returns>
    public int Probe(Vector[] keys, int batchLength, int* rows, int count, ulong* hashes, int* candidates)
    {
        var found = 0;
        if (_heads is not null)
        {
            var heads = (int*)_heads.Pointer;
            var key = keys[0];
            for (var i = 0; i < count; i++)
            {
                var row = rows[i];
                var offset = (ulong)(Value(key, row) - _min);
                if (offset > _range || (key.Validity != null && !Bits.Get(key.Validity, row)))
                    continue;
                var head = heads[offset];
                rows[found] = row;
                candidates[found] = head;
                found += head >= 0 ? 1 : 0;
            }
            return found;
        }
        if (RowCount == 0)
            return 0;
        KeyColumns.Hash(keys, _keyTypes, batchLength, hashes, _constantHash);
        var anyNulls = false;
        for (var k = 0; k < keys.Length; k++)
            anyNulls |= !_nullMatches[k] && keys[k].Validity != null;
        var entries = (ulong*)_entries!.Pointer;
        if (_mask > 1 << 15)
        {
            // The table is larger than a cache: fetch the first entry of all rows before any of them is looked at.
            for (var i = 0; i < count; i++)
                Prefetch.Read(entries + ((int)hashes[rows[i]] & _mask));
        }
        for (var i = 0; i < count; i++)
        {
            var row = rows[i];
            if (anyNulls && IsNullKey(keys, row))
                continue;
            var tag = hashes[row] & 0xFFFF_FFFF_0000_0000;
            var slot = (int)hashes[row] & _mask;
            ulong entry;
            while ((entry = entries[slot]) != 0 && (entry & 0xFFFF_FFFF_0000_0000) != tag)
                slot = slot + 1 & _mask;
            rows[found] = row;
            candidates[found] = (int)(uint)entry - 1;
            found += entry != 0 ? 1 : 0;
        }
        return found;
    }

    /// <summary>equal[i] = whether probe row rows[i] and build row candidates[i] have equal keys.</summary>
    public void Match(Vector[] keys, int* rows, int* candidates, int count, byte* equal)
    {
        new Span<byte>(equal, count).Fill(1);
        if (IsDirect)
            return;
        for (var k = 0; k < _keyTypes.Length; k++)
            KeyColumns.Match(keys[k], rows, Columns[k], candidates, count, equal, _keyTypes[k], _nullMatches[k]);
    }

    public void Dispose()
    {
        _entries?.Release();
        _heads?.Release();
        _next?.Release();
        _matched?.Release();
        _entries = _heads = _next = _matched = null;
        _context.Memory.Release(_charged);
        _charged = 0;
    }
}
