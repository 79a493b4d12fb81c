using System.Numerics;
using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Execution;
using OmenDb.Types;

namespace OmenDb.Engine.Rows;

/// <summary>Distinct keys, numbered from 0 in the order of arrival: for grouping, DISTINCT and set operations. Nulls are equal.</summary>
/// <remarks>
/// Linear probing over 8-byte entries, the keys stand apart in columns:
/// <code>
/// entry: | high half of the hash, 32 bits | group number + 1, 32 bits |   0 = empty
/// </code>
/// A batch goes through in rounds of short loops: claim or find a candidate for each row, append the new keys, compare all
/// candidates column by column; rows that met another key with the same half hash go on to the next slot.
/// </remarks>
internal sealed unsafe class GroupTable : IDisposable
{
    private const int InitialSlots = 1024;

    /// <summary>Slots from which entries are prefetched: 256 KiB.</summary>
    private const int PrefetchFrom = 1 << 15;

    /// <summary>Groups between the one that is entered and the one whose slot is fetched.</summary>
    private const int PrefetchAhead = 16;

    private readonly ExecutionContext _context;
    private readonly SqlType[] _types;
    private readonly RowStore _keys;
    private readonly bool _constantHash;
    private readonly Vector[] _flat;
    private readonly RowIndices _pending = new();
    private readonly RowIndices _candidates = new();
    private readonly RowIndices _compare = new();
    private readonly RowIndices _slots = new();
    private readonly RowIndices _fresh = new();
    private readonly RowIndices _all = new();
    private readonly CodedGroups _coded;
    private readonly KeyRuns _runs = new();
    private readonly Vector[] _hashed;
    private readonly Vector[] _fields; // of keys to be added
    private NativeBuffer? _entries;
    private NativeBuffer? _hashes; // by group
    private NativeBuffer? _batchHashes;
    private NativeBuffer? _equal;
    private int _mask;

    /// <param name="types">Of all columns that are kept for a key.</param>
    /// <param name="context">Memory and settings.</param>
    /// <param name="determining">How many of the columns tell keys apart, the first ones; the others follow from them and are only kept. Default: all.</param>
    public GroupTable(IReadOnlyList<SqlType> types, ExecutionContext context, int? determining = null)
    {
        _context = context;
        _types = [.. types.Take(determining ?? types.Count)];
        _coded = new CodedGroups(_types.Length);
        _fields = new Vector[types.Count];
        _keys = new RowStore(types, context);
        _constantHash = context.Settings.ConstantHash;
        _flat = new Vector[types.Count];
        _hashed = new Vector[_types.Length];
        for (var i = 0; i < _flat.Length; i++)
            _flat[i] = new Vector();
    }

    public int Count { get; private set; }

    public RowStore Keys => _keys;

    /// <summary>The hash of each group's key.</summary>
    public ulong* Hashes => (ulong*)_hashes!.Pointer;

    /// <summary>Finds or adds the keys of some rows.</summary>
    /// <param name="keys">One vector per key column, any kind.</param>
    /// <param name="rows">Row numbers, ascending.</param>
    /// <param name="count">How many.</param>
    /// <param name="batchLength">Physical rows of the vectors.</param>
    /// <param name="groups">By row number; receives the group.</param>
    public void FindOrAdd(ReadOnlySpan<Vector> keys, int* rows, int count, int batchLength, int* groups)
    {
        if (count > 0 && !_coded.TryFindOrAdd(this, keys, rows, count, batchLength, groups))
            FindOrAddValues(keys, rows, count, batchLength, groups);
    }

    /// <summary>The same without looking at codes.</summary>
    internal void FindOrAddValues(ReadOnlySpan<Vector> keys, int* rows, int count, int batchLength, int* groups)
    {
        Buffers(batchLength);
        var hashes = (ulong*)_batchHashes!.Pointer;
        for (var k = 0; k < _types.Length; k++)
        {
            Flatten.Into(keys[k], batchLength, _flat[k]);
            _fields[k] = _flat[k];
            // Codes are hashed once per entry, everything else in flat form.
            _hashed[k] = keys[k].Kind is VectorKind.Dictionary or VectorKind.Constant ? keys[k] : _flat[k];
        }
        for (var k = _types.Length; k < _fields.Length; k++)
            _fields[k] = keys[k];
        KeyColumns.Hash(_hashed, _types, batchLength, hashes, _constantHash);
        var headCount = 0;
        var heads = _types.Length == 1 && _flat[0].Validity == null ? _runs.Heads(_flat[0], rows, count, out headCount) : null;
        if (heads == null)
        {
            FindOrAddHashed(hashes, rows, count, batchLength, groups);
            return;
        }
        FindOrAddHashed(hashes, heads, headCount, batchLength, groups);
        KeyRuns.Spread(_flat[0], rows, count, groups);
    }

    /// <summary>The same for rows of another table of the same key types.</summary>
    /// <param name="other">Complete.</param>
    /// <param name="otherKeys">Its keys' columns.</param>
    /// <param name="picked">Its group numbers.</param>
    /// <param name="count">At most a batch.</param>
    /// <param name="groups">By position.</param>
    public void FindOrAddFrom(GroupTable other, Vector[] otherKeys, int* picked, int count, int* groups)
    {
        Buffers(count);
        var hashes = (ulong*)_batchHashes!.Pointer;
        for (var i = 0; i < count; i++)
            hashes[i] = other.Hashes[picked[i]];
        for (var k = 0; k < _flat.Length; k++)
        {
            RowCopy.Gather(otherKeys[k], picked, count, _flat[k]);
            _fields[k] = _flat[k];
        }
        var rows = _all.Reserve(count);
        for (var i = 0; i < count; i++)
            rows[i] = i;
        FindOrAddHashed(hashes, rows, count, count, groups);
    }

    /// <summary>The keys stand in <see cref="_flat"/>, all their columns in <see cref="_fields"/>.</summary>
    private void FindOrAddHashed(ulong* hashes, int* rows, int count, int batchLength, int* groups)
    {
        Grow(count);
        var entries = (ulong*)_entries!.Pointer;
        var pending = _pending.Reserve(count);
        var slots = _slots.Reserve(batchLength);
        var candidates = _candidates.Reserve(count);
        var compare = _compare.Reserve(count);
        var fresh = _fresh.Reserve(count);
        var equal = _equal!.Pointer;
        for (var i = 0; i < count; i++)
        {
            var row = rows[i];
            pending[i] = row;
            slots[row] = (int)hashes[row] & _mask;
        }
        if (_mask > PrefetchFrom)
        {
            // The table is larger than a cache: all rows' entries are on their way before the first is looked at.
            for (var i = 0; i < count; i++)
                Prefetch.Read(entries + slots[rows[i]]);
        }
        var left = count;
        while (left > 0)
        {
            int compared = 0, added = 0;
            for (var i = 0; i < left; i++)
            {
                var row = pending[i];
                var tag = hashes[row] & 0xFFFF_FFFF_0000_0000;
                var slot = slots[row];
                ulong entry;
                while ((entry = entries[slot]) != 0 && (entry & 0xFFFF_FFFF_0000_0000) != tag)
                    slot = slot + 1 & _mask;
                slots[row] = slot;
                if (entry == 0)
                {
                    var group = Count + added;
                    entries[slot] = tag | (uint)(group + 1);
                    groups[row] = group;
                    fresh[added++] = row;
                }
                else
                {
                    candidates[compared] = (int)(uint)entry - 1;
                    compare[compared++] = row;
                }
            }
            if (_mask > PrefetchFrom && _flat[0].Physical.Width() is > 0 and var width)
            {
                var keys = _keys.Columns[0].Values;
                for (var i = 0; i < compared; i++)
                    Prefetch.Read(keys + (long)candidates[i] * width);
            }
            if (added > 0)
                AddKeys(fresh, added, hashes);
            left = 0;
            if (compared == 0)
                break;
            new Span<byte>(equal, compared).Fill(1);
            for (var k = 0; k < _types.Length; k++)
                KeyColumns.Match(_flat[k], compare, _keys.Columns[k].View(), candidates, compared, equal, _types[k], nullsEqual: true);
            for (var i = 0; i < compared; i++)
            {
                var row = compare[i];
                if (equal[i] != 0)
                    groups[row] = candidates[i];
                else
                {
                    slots[row] = slots[row] + 1 & _mask;
                    pending[left++] = row;
                }
            }
        }
    }

    /// <summary>Finds keys without adding; -1 for those that are not there.</summary>
    public void Find(ReadOnlySpan<Vector> keys, int* rows, int count, int batchLength, int* groups)
    {
        if (count == 0)
            return;
        Buffers(batchLength);
        var hashes = (ulong*)_batchHashes!.Pointer;
        KeyColumns.Hash(keys, _types, batchLength, hashes, _constantHash);
        for (var k = 0; k < _types.Length; k++)
            Flatten.Into(keys[k], batchLength, _flat[k]);
        Grow(0);
        var entries = (ulong*)_entries!.Pointer;
        byte equal;
        for (var i = 0; i < count; i++)
        {
            var row = rows[i];
            var tag = hashes[row] & 0xFFFF_FFFF_0000_0000;
            var slot = (int)hashes[row] & _mask;
            groups[row] = -1;
            for (ulong entry; (entry = entries[slot]) != 0; slot = slot + 1 & _mask)
            {
                if ((entry & 0xFFFF_FFFF_0000_0000) != tag)
                    continue;
                var candidate = (int)(uint)entry - 1;
                equal = 1;
                for (var k = 0; k < _types.Length && equal != 0; k++)
                    KeyColumns.Match(_flat[k], &row, _keys.Columns[k].View(), &candidate, 1, &equal, _types[k], nullsEqual: true);
                if (equal != 0)
                {
                    groups[row] = candidate;
                    break;
                }
            }
        }
    }

    private void AddKeys(int* rows, int count, ulong* hashes)
    {
        _keys.Append(_fields, rows, count);
        var stored = (ulong*)_hashes!.Pointer;
        for (var i = 0; i < count; i++)
            stored[Count + i] = hashes[rows[i]];
        Count += count;
    }

    private void Buffers(int rows)
    {
        if (_batchHashes is null || _batchHashes.Length < rows * 8L)
        {
            _batchHashes?.Release();
            _equal?.Release();
            _batchHashes = NativeBuffer.Allocate(Math.Max(64, rows * 8L), zeroed: false);
            _equal = NativeBuffer.Allocate(Math.Max(64, rows), zeroed: false);
        }
    }

    /// <summary>Room for so many more groups at a load of at most one half.</summary>
    private void Grow(int additional)
    {
        var needed = (long)Count + additional;
        if (_hashes is null || _hashes.Length < needed * 8)
        {
            var bytes = (long)BitOperations.RoundUpToPowerOf2((ulong)Math.Max(needed, 64)) * 8;
            _context.Memory.Charge(bytes - (_hashes?.Length ?? 0));
            var hashes = NativeBuffer.Allocate(bytes, zeroed: false);
            if (_hashes is not null)
            {
                Buffer.MemoryCopy(_hashes.Pointer, hashes.Pointer, bytes, Count * 8L);
                _hashes.Release();
            }
            _hashes = hashes;
        }
        if (_entries is not null && needed * 2 <= _mask + 1L)
            return;
        var slots = (long)BitOperations.RoundUpToPowerOf2((ulong)Math.Max(InitialSlots, needed * 2));
        if (_entries is not null && slots < 1 << 20)
            slots *= 4;
        if (slots > 1 << 30)
            throw new SqlException(SqlState.OutOfMemory, "out of memory") { Detail = "A hash table would need more than 2^30 entries." };
        _context.Memory.Charge(slots * 8 - (_entries?.Length ?? 0));
        _entries?.Release();
        _entries = NativeBuffer.Allocate(slots * 8);
        _mask = (int)slots - 1;
        var entries = (ulong*)_entries.Pointer;
        var stored = (ulong*)_hashes.Pointer;
        for (var group = 0; group < Count; group++)
        {
            if (group + PrefetchAhead < Count)
                Prefetch.Read(entries + ((int)stored[group + PrefetchAhead] & _mask));
            var slot = (int)stored[group] & _mask;
            while (entries[slot] != 0)
                slot = slot + 1 & _mask;
            entries[slot] = (stored[group] & 0xFFFF_FFFF_0000_0000) | (uint)(group + 1);
        }
    }

    public void Dispose()
    {
        _context.Memory.Release((_entries?.Length ?? 0) + (_hashes?.Length ?? 0));
        _entries?.Release();
        _hashes?.Release();
        _batchHashes?.Release();
        _equal?.Release();
        _entries = _hashes = _batchHashes = _equal = null;
        _keys.Dispose();
        foreach (var vector in _flat)
            vector.Dispose();
        _pending.Dispose();
        _candidates.Dispose();
        _compare.Dispose();
        _slots.Dispose();
        _fresh.Dispose();
        _all.Dispose();
        _runs.Dispose();
        _coded.Dispose();
        Count = 0;
    }
}
