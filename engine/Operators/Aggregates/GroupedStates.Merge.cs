using OmenDb.Arrow;
using OmenDb.Engine.Rows;

namespace OmenDb.Engine.Operators.Aggregates;

/// <summary>Taking in what other workers have aggregated.</summary>
internal sealed unsafe partial class GroupedStates
{
    private readonly RowIndices _picked = new();

    /// <summary>How much there is to merge: groups, and rows that wait for DISTINCT and ORDER BY.</summary>
    public long MergeRows => GroupCount + _distinct.Sum(d => (long)(d?.Count ?? 0)) + _ordered.Sum(o => (long)(o?.Count ?? 0));

    /// <summary>Takes another worker's part in.</summary>
    public void Merge(GroupedStates other)
    {
        var count = other.GroupCount;
        var map = _groups.Reserve(Math.Max(1, count));
        if (_table is null)
            map[0] = 0;
        else
        {
            var rows = _rows.Reserve(count);
            for (var i = 0; i < count; i++)
                rows[i] = i;
            _table.FindOrAdd(other._table!.Keys.Views(), rows, count, count, map);
        }
        for (var i = 0; i < _states.Length; i++)
        {
            if (_owner.Aggregates[i].StatesOf < i)
                continue;
            _states[i].Grow(GroupCount);
            other._states[i].Grow(count);
            if (_distinct[i] is { } distinct)
                MergeDistinct(distinct, other._distinct[i]!, map);
            else if (_ordered[i] is { } ordered)
                MergeOrdered(ordered, other._ordered[i]!, map);
            else
                _owner.Aggregates[i].Kernel.Combine(_states[i], other._states[i], null, map, count);
        }
    }

    private void MapGroups(Vector groups, int* map)
    {
        _groupVector.ResetFlat(ArrowType.Int32, groups.Length);
        for (var i = 0; i < groups.Length; i++)
            ((int*)_groupVector.Values)[i] = map[((int*)groups.Values)[i]];
    }

    private void MergeDistinct(GroupTable target, GroupTable source, int* map)
    {
        if (source.Count == 0)
            return;
        var views = source.Keys.Views();
        MapGroups(views[0], map);
        views[0] = _groupVector;
        var rows = _rows.Reserve(source.Count);
        for (var i = 0; i < source.Count; i++)
            rows[i] = i;
        target.FindOrAdd(views, rows, source.Count, source.Count, _mapped.Reserve(source.Count));
    }

    private void MergeOrdered(RowStore target, RowStore source, int* map)
    {
        if (source.Count == 0)
            return;
        var views = source.Views();
        MapGroups(views[0], map);
        views[0] = _groupVector;
        target.Append(views, null, source.Count);
    }

    /// <summary>Prepares to be merged by several threads: which of my groups belong to which partition, by their keys' hashes.</summary>
    /// <param name="partitions">A power of two, at most 256.</param>
    public PartitionedGroups Partition(int partitions) => new(this, partitions);

    /// <summary>Where the groups and the collected rows of one worker belong.</summary>
    internal sealed partial class PartitionedGroups : IDisposable
    {
        private readonly GroupedStates _states;
        private readonly NativeBuffer _map; // by group: its number in its partition's table
        private readonly Lists _groups;
        private readonly Lists?[] _distinct;
        private readonly Lists?[] _ordered;
        private readonly Vector[] _keys;
        private readonly Vector[]?[] _distinctColumns;
        private readonly Vector[]?[] _orderedColumns;

        public PartitionedGroups(GroupedStates states, int partitions)
        {
            _states = states;
            var table = states._table!;
            var count = table.Count;
            for (var i = 0; i < states._states.Length; i++)
                states._states[i].Grow(count);
            var partitionOf = new byte[count];
            for (var group = 0; group < count; group++)
                partitionOf[group] = (byte)(table.Hashes[group] >> PartitionShift & (ulong)(partitions - 1));
            _groups = new Lists(partitionOf, null, count, partitions);
            _map = NativeBuffer.Allocate(Math.Max(8, count * 4L), zeroed: false);
            // Views are made here, once: many threads read them.
            _keys = table.Keys.Views();
            _distinctColumns = Array.ConvertAll(states._distinct, d => d?.Keys.Views());
            _orderedColumns = Array.ConvertAll(states._ordered, o => o?.Views());
            _distinct = Array.ConvertAll(_distinctColumns, c => c is null ? null : new Lists(partitionOf, (int*)c[0].Values, c[0].Length, partitions));
            _ordered = Array.ConvertAll(_orderedColumns, c => c is null ? null : new Lists(partitionOf, (int*)c[0].Values, c[0].Length, partitions));
        }

        public bool IsEmpty(int partition)
        {
            _groups.Of(partition, out var count);
            return count == 0;
        }

        /// <summary>Merges one partition into a table of its own.</summary>
        public void MergeInto(GroupedStates target, int partition)
        {
            var map = (int*)_map.Pointer;
            var groups = _groups.Of(partition, out var count);
            for (var start = 0; start < count; start += ChunkRows)
            {
                target._context.CheckInterrupts();
                var length = Math.Min(ChunkRows, count - start);
                var picked = groups + start;
                var into = target._groups.Reserve(length);
                target._table!.FindOrAddFrom(_states._table!, _keys, picked, length, into);
                for (var i = 0; i < length; i++)
                    map[picked[i]] = into[i];
                for (var i = 0; i < target._states.Length; i++)
                {
                    var aggregate = target._owner.Aggregates[i];
                    if (aggregate.StatesOf < i)
                        continue;
                    target._states[i].Grow(target.GroupCount);
                    if (!aggregate.Distinct && !aggregate.Ordered)
                        aggregate.Kernel.Combine(target._states[i], _states._states[i], picked, into, length);
                }
            }
            for (var i = 0; i < target._states.Length; i++)
            {
                if (_distinct[i] is { } distinct)
                    MoveRows(distinct, _distinctColumns[i]!, partition, target, (columns, rows, length) =>
                        target._distinct[i]!.FindOrAdd(columns, rows, length, length, target._mapped.Reserve(length)));
                if (_ordered[i] is { } ordered)
                    MoveRows(ordered, _orderedColumns[i]!, partition, target, (columns, rows, length) => target._ordered[i]!.Append(columns, null, length));
            }
        }

        private delegate void RowTaker(Vector[] columns, int* rows, int count);

        private void MoveRows(Lists lists, Vector[] columns, int partition, GroupedStates target, RowTaker take)
        {
            var map = (int*)_map.Pointer;
            var rows = lists.Of(partition, out var count);
            var taken = Joins.HashJoinOperator.NewVectors(columns.Length);
            for (var start = 0; start < count; start += ChunkRows)
            {
                target._context.CheckInterrupts();
                var length = Math.Min(ChunkRows, count - start);
                for (var c = 0; c < columns.Length; c++)
                    RowCopy.Gather(columns[c], rows + start, length, taken[c]);
                var groups = (int*)taken[0].Values;
                var all = target._picked.Reserve(length);
                for (var i = 0; i < length; i++)
                {
                    groups[i] = map[groups[i]];
                    all[i] = i;
                }
                take(taken, all, length);
            }
            foreach (var vector in taken)
                vector.Dispose();
        }

        public void Dispose()
        {
            _map.Release();
            _groups.Dispose();
            foreach (var lists in _distinct)
                lists?.Dispose();
            foreach (var lists in _ordered)
                lists?.Dispose();
        }
    }

    /// <summary>Above the bits that choose a slot, below those that entries keep most of.</summary>
    private const int PartitionShift = 32;

    /// <summary>Row numbers by partition.</summary>
    private sealed class Lists : IDisposable
    {
        private readonly NativeBuffer _rows;
        private readonly int[] _starts;

        /// <param name="partitionOf">By group.</param>
        /// <param name="groups">By row: its group; null: the rows are the groups.</param>
        public Lists(byte[] partitionOf, int* groups, int count, int partitions)
        {
            _rows = NativeBuffer.Allocate(Math.Max(8, count * 4L), zeroed: false);
            _starts = new int[partitions + 1];
            for (var row = 0; row < count; row++)
                _starts[partitionOf[groups == null ? row : groups[row]] + 1]++;
            for (var p = 0; p < partitions; p++)
                _starts[p + 1] += _starts[p];
            var next = (int[])_starts.Clone();
            var rows = (int*)_rows.Pointer;
            for (var row = 0; row < count; row++)
                rows[next[partitionOf[groups == null ? row : groups[row]]]++] = row;
        }

        public int* Of(int partition, out int count)
        {
            count = _starts[partition + 1] - _starts[partition];
            return (int*)_rows.Pointer + _starts[partition];
        }

        public void Dispose() => _rows.Release();
    }
}
