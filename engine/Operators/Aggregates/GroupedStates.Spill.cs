using OmenDb.Arrow;
using OmenDb.Engine.Functions;
using OmenDb.Engine.Rows;

namespace OmenDb.Engine.Operators.Aggregates;

/// <summary>Groups and their states to bytes and back.</summary>
internal sealed unsafe partial class GroupedStates
{
    /// <summary>Whether all that is held can be written: states in slots, no arrays.</summary>
    public bool CanSpill => _table is not null && _set.All(i => SpillBlock.Supports(_owner.GroupTypes[i].Arrow)) && _owner.Aggregates.All(a =>
        a.Distinct || a.Ordered
            ? a.Call.Arguments.Select(x => x.Type).Concat(a.Call.OrderBy.Select(k => k.Expression.Type)).All(type => SpillBlock.Supports(type.Arrow))
            : !a.Kernel.IsManaged);

    internal sealed partial class PartitionedGroups
    {
        /// <summary>One partition: number of groups, pieces of keys and states, then the rows collected for DISTINCT and ORDER BY, which name groups by
        /// their position here.</summary>
        public void Write(SpillBlock block, int partition)
        {
            var map = (int*)_map.Pointer;
            var groups = _groups.Of(partition, out var count);
            block.Write(count);
            for (var start = 0; start < count; start += ChunkRows)
            {
                var picked = groups + start;
                var length = Math.Min(ChunkRows, count - start);
                foreach (var key in _keys)
                    block.Write(key, picked, length);
                for (var i = 0; i < _states._states.Length; i++)
                {
                    if (!_states.HasSlots(i))
                        continue;
                    var size = _states._states[i].Kernel.StateSize;
                    var target = block.Take((long)length * size);
                    for (var g = 0; g < length; g++)
                        Buffer.MemoryCopy(_states._states[i].Slots + (long)picked[g] * size, target + (long)g * size, size, size);
                }
            }
            for (var position = 0; position < count; position++)
                map[groups[position]] = position;
            for (var i = 0; i < _states._states.Length; i++)
            {
                if ((_distinct[i] ?? _ordered[i]) is { } lists)
                    WriteRows(block, lists, (_distinctColumns[i] ?? _orderedColumns[i])!, partition);
            }
        }

        private void WriteRows(SpillBlock block, Lists lists, Vector[] columns, int partition)
        {
            var map = (int*)_map.Pointer;
            var rows = lists.Of(partition, out var count);
            block.Write(count);
            for (var start = 0; start < count; start += ChunkRows)
            {
                var length = Math.Min(ChunkRows, count - start);
                var positions = (int*)block.Take(length * sizeof(int));
                for (var i = 0; i < length; i++)
                    positions[i] = map[((int*)columns[0].Values)[rows[start + i]]];
                foreach (var column in columns.AsSpan(1))
                    block.Write(column, rows + start, length);
            }
        }
    }

    private bool HasSlots(int i) => _owner.Aggregates[i] is { Distinct: false, Ordered: false } aggregate && aggregate.StatesOf == i && aggregate.Kernel.StateSize > 0;

    /// <summary>Takes in one partition that <see cref="PartitionedGroups.Write"/> has written.</summary>
    public void MergeFrom(SpillReader reader)
    {
        var count = reader.ReadInt();
        using var mapBuffer = NativeBuffer.Allocate(Math.Max(8, count * 4L), zeroed: false);
        var map = (int*)mapBuffer.Pointer;
        var keys = Joins.HashJoinOperator.NewVectors(_set.Length);
        var read = new AggregateStates?[_states.Length];
        for (var start = 0; start < count; start += ChunkRows)
        {
            _context.CheckInterrupts();
            var length = Math.Min(ChunkRows, count - start);
            for (var k = 0; k < keys.Length; k++)
                reader.Read(_owner.GroupTypes[_set[k]].Arrow, length, keys[k]);
            _table!.FindOrAdd(keys, All(length), length, length, map + start);
            for (var i = 0; i < _states.Length; i++)
            {
                if (_owner.Aggregates[i].StatesOf == i)
                    _states[i].Grow(GroupCount);
                if (!HasSlots(i))
                    continue;
                var part = read[i] ??= new AggregateStates(_owner.Aggregates[i].Kernel, _context);
                part.Grow(length);
                var bytes = (long)length * part.Kernel.StateSize;
                Buffer.MemoryCopy(reader.Take(bytes), part.Slots, bytes, bytes);
                part.Kernel.Combine(_states[i], part, null, map + start, length);
            }
        }
        for (var i = 0; i < _states.Length; i++)
        {
            if (_distinct[i] is not null || _ordered[i] is not null)
                ReadRows(ref reader, i, map);
        }
        foreach (var key in keys)
            key.Dispose();
        foreach (var part in read)
            part?.Dispose();
    }

    private void ReadRows(ref SpillReader reader, int index, int* map)
    {
        var types = (_distinct[index]?.Keys ?? _ordered[index]!).Types;
        var columns = Joins.HashJoinOperator.NewVectors(types.Length);
        var count = reader.ReadInt();
        for (var start = 0; start < count; start += ChunkRows)
        {
            _context.CheckInterrupts();
            var length = Math.Min(ChunkRows, count - start);
            columns[0].ResetFlat(ArrowType.Int32, length);
            var positions = (int*)reader.Take(length * sizeof(int));
            for (var i = 0; i < length; i++)
                ((int*)columns[0].Values)[i] = map[positions[i]];
            for (var c = 1; c < columns.Length; c++)
                reader.Read(types[c].Arrow, length, columns[c]);
            if (_distinct[index] is { } distinct)
                distinct.FindOrAdd(columns, All(length), length, length, _mapped.Reserve(length));
            else
                _ordered[index]!.Append(columns, null, length);
        }
        foreach (var column in columns)
            column.Dispose();
    }

    private int* All(int count)
    {
        var rows = _picked.Reserve(count);
        for (var i = 0; i < count; i++)
            rows[i] = i;
        return rows;
    }
}
