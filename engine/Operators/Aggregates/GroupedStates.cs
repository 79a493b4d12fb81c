using System.Collections.Immutable;
using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Execution;
using OmenDb.Engine.Expressions;
using OmenDb.Engine.Functions;
using OmenDb.Engine.Operators.Sorting;
using OmenDb.Engine.Rows;
using OmenDb.Types;

namespace OmenDb.Engine.Operators.Aggregates;

/// <summary>The groups of one grouping set with the states of all aggregates.</summary>
internal sealed unsafe partial class GroupedStates : IDisposable
{
    private const int ChunkRows = 2048;

    /// <summary>Totals per batch pay from a few rows per group on.</summary>
    private const int LeastRowsOfFew = 256;

    private readonly HashAggregateOperator _owner;
    private readonly ImmutableArray<int> _set;
    private readonly ExecutionContext _context;
    private readonly GroupTable? _table; // null: one group over everything
    private readonly AggregateStates[] _states;
    private readonly GroupTable?[] _distinct; // group, arguments
    private readonly RowStore?[] _ordered;    // group, arguments, order keys
    private readonly Vector[] _keys;
    private readonly RowIndices _groups = new();
    private readonly RowIndices _rows = new();
    private readonly RowIndices _mapped = new();
    private readonly Vector _groupVector = new();
    private readonly RowIndices _counts = new();
    private readonly bool _canUpdateWhole;
    private NativeBuffer? _mask;

    public GroupedStates(HashAggregateOperator owner, ImmutableArray<int> set, ExecutionContext context)
    {
        _owner = owner;
        _set = set;
        _context = context;
        _table = set.IsEmpty ? null : new GroupTable([.. set.Select(i => owner.GroupTypes[i])], context, owner.Determining(set));
        _keys = new Vector[set.Length];
        _states = new AggregateStates[owner.Aggregates.Length];
        for (var i = 0; i < _states.Length; i++)
            _states[i] = owner.Aggregates[i].StatesOf is var first && first < i ? _states[first] : new AggregateStates(owner.Aggregates[i].Kernel, context);
        _canUpdateWhole = set.IsEmpty && owner.Aggregates.All(a => !a.Distinct && !a.Ordered);
        _distinct = new GroupTable?[_states.Length];
        _ordered = new RowStore?[_states.Length];
        for (var i = 0; i < _states.Length; i++)
        {
            var aggregate = owner.Aggregates[i];
            SqlType[] arguments = [.. aggregate.Call.Arguments.Select(a => a.Type)];
            if (aggregate.StatesOf < i)
                continue;
            if (aggregate.Distinct)
                _distinct[i] = new GroupTable([SqlType.Int4, .. arguments], context);
            else if (aggregate.Ordered)
                _ordered[i] = new RowStore([SqlType.Int4, .. arguments, .. aggregate.Call.OrderBy.Select(k => k.Expression.Type)], context);
            if (_table is null)
                _states[i].Grow(1);
        }
    }

    public int GroupCount => _table?.Count ?? 1;

    /// <param name="values">The evaluated expressions of the operator's program.</param>
    public void Update(Vector[] values, int* rows, int count, int batchLength)
    {
        int* groups = null;
        if (_table is not null)
        {
            for (var i = 0; i < _keys.Length; i++)
                _keys[i] = values[_set[i]];
            groups = _groups.Reserve(batchLength);
            _table.FindOrAdd(_keys, rows, count, batchLength, groups);
        }
        var arguments = new Vector[4];
        var isFew = groups != null && GroupCount <= FewGroups.Most && count > LeastRowsOfFew;
        var counts = isFew ? _counts.Reserve(FewGroups.Most) : null;
        if (isFew)
            Count(rows, count, groups, counts);
        for (var i = 0; i < _states.Length; i++)
        {
            var aggregate = _owner.Aggregates[i];
            if (aggregate.StatesOf < i)
                continue;
            _states[i].Grow(GroupCount);
            if (arguments.Length < aggregate.Arguments.Length)
                arguments = new Vector[aggregate.Arguments.Length];
            for (var a = 0; a < aggregate.Arguments.Length; a++)
                arguments[a] = values[aggregate.Arguments[a]];
            var span = arguments.AsSpan(0, aggregate.Arguments.Length);
            var taken = Restrict(aggregate, values, span, rows, count, batchLength, out var takenCount);
            if (takenCount == 0)
                continue;
            if (_distinct[i] is { } distinct)
                AddDistinct(distinct, span, taken, takenCount, batchLength, groups);
            else if (_ordered[i] is { } ordered)
                AddOrdered(ordered, aggregate, values, span, taken, takenCount, batchLength, groups);
            else
            {
                var dense = takenCount == batchLength;
                if (isFew && takenCount == count && aggregate.Kernel.TryUpdateFew(_states[i], span, new FewGroups(dense ? null : taken, count, groups, GroupCount, counts)))
                    continue;
                aggregate.Kernel.Update(_states[i], span, dense ? null : taken, takenCount, groups);
            }
        }
    }

    private void Count(int* rows, int count, int* groups, int* counts)
    {
        new Span<int>(counts, GroupCount).Clear();
        for (var i = 0; i < count; i++)
            counts[groups[rows[i]]]++;
    }

    /// <summary>One group over everything: whole batches under a mask, rows need not be listed.</summary>
    /// <returns>False: nothing was done.</returns>
    public bool TryUpdateWhole(Vector[] values, Batch batch)
    {
        if (!_canUpdateWhole || batch.Selection is { IsSparse: true })
            return false;
        var rows = batch.Length;
        int* listed = null;
        for (var i = 0; i < _states.Length; i++)
        {
            var aggregate = _owner.Aggregates[i];
            if (aggregate.StatesOf < i)
                continue;
            var arguments = new Vector[aggregate.Arguments.Length];
            for (var a = 0; a < arguments.Length; a++)
                arguments[a] = values[aggregate.Arguments[a]];
            var mask = batch.Selection is null ? null : batch.Selection.Mask;
            var count = batch.RowCount;
            if (aggregate.Filter >= 0 || (aggregate.SkipsNulls && Array.Exists(arguments, a => a.Validity != null)))
            {
                mask = TakenMask(aggregate, values, arguments, rows);
                if (batch.Selection is not null)
                    Bits.And(mask, batch.Selection.Mask, mask, rows);
                count = Bits.PopCount(mask, rows);
            }
            if (count == 0 || aggregate.Kernel.TryUpdateMasked(_states[i], arguments, rows, mask, count))
                continue;
            if (mask != null)
            {
                listed = _rows.Reserve(rows);
                Bits.ToIndices(mask, rows, listed);
            }
            aggregate.Kernel.Update(_states[i], arguments, mask == null ? null : listed, count, null);
        }
        return true;
    }

    /// <summary>The aggregate's filter is true, no argument is null (where that counts).</summary>
    private ulong* TakenMask(BoundAggregate aggregate, Vector[] values, ReadOnlySpan<Vector> arguments, int rows)
    {
        var bytes = Math.Max(8, Bits.WordsFor(rows) * 8L);
        if (_mask is null || _mask.Length < bytes)
        {
            _mask?.Release();
            _mask = NativeBuffer.Allocate(bytes, zeroed: false);
        }
        var mask = (ulong*)_mask.Pointer;
        if (aggregate.Filter >= 0)
            Logic.IsTrue(values[aggregate.Filter], rows, mask);
        else
            Bits.Fill(mask, rows, true);
        if (aggregate.SkipsNulls)
        {
            foreach (var argument in arguments)
                Nulls.AndValid(argument, rows, mask);
        }
        return mask;
    }

    /// <summary>The rows that the aggregate takes: its filter is true, no argument is null.</summary>
    private int* Restrict(BoundAggregate aggregate, Vector[] values, ReadOnlySpan<Vector> arguments, int* rows, int count, int batchLength, out int takenCount)
    {
        takenCount = count;
        var anyNulls = false;
        if (aggregate.SkipsNulls)
        {
            foreach (var argument in arguments)
            {
                if (argument.IsConstantNull)
                {
                    takenCount = 0;
                    return rows;
                }
                anyNulls |= argument.Validity != null && argument.Kind != VectorKind.Constant;
            }
        }
        if (aggregate.Filter < 0 && !anyNulls)
            return rows;
        var mask = TakenMask(aggregate, values, arguments, batchLength);
        var target = _rows.Reserve(count);
        takenCount = 0;
        for (var i = 0; i < count; i++)
        {
            target[takenCount] = rows[i];
            takenCount += Bits.Get(mask, rows[i]) ? 1 : 0;
        }
        return target;
    }

    private Vector GroupColumn(int* groups, int batchLength)
    {
        if (groups == null)
        {
            Constants.Set(_groupVector, ArrowType.Int32, batchLength, 0);
            return _groupVector;
        }
        _groupVector.ResetFlat(ArrowType.Int32, batchLength);
        Buffer.MemoryCopy(groups, _groupVector.Values, batchLength * 4L, batchLength * 4L);
        return _groupVector;
    }

    private void AddDistinct(GroupTable distinct, ReadOnlySpan<Vector> arguments, int* rows, int count, int batchLength, int* groups)
    {
        Vector[] keys = [GroupColumn(groups, batchLength), .. arguments];
        distinct.FindOrAdd(keys, rows, count, batchLength, _mapped.Reserve(batchLength));
    }

    private void AddOrdered(RowStore ordered, BoundAggregate aggregate, Vector[] values, ReadOnlySpan<Vector> arguments, int* rows, int count, int batchLength, int* groups)
    {
        Vector[] columns = [GroupColumn(groups, batchLength), .. arguments, .. aggregate.OrderKeys.Select(k => values[k])];
        ordered.Append(columns, rows, count);
    }

    /// <summary>Feeds what was collected for DISTINCT and ORDER BY.</summary>
    public void Finish()
    {
        for (var i = 0; i < _states.Length; i++)
        {
            _states[i].Grow(GroupCount);
            if (_distinct[i] is { Count: > 0 } distinct)
                FeedDistinct(i, distinct);
            else if (_ordered[i] is { Count: > 0 } ordered)
                FeedOrdered(i, ordered.Views(), ordered.Count);
        }
        _views = _table?.Keys.Views() ?? [];
    }

    private void FeedDistinct(int index, GroupTable distinct)
    {
        var aggregate = _owner.Aggregates[index];
        var views = distinct.Keys.Views();
        if (aggregate.Ordered)
        {
            // ORDER BY of a DISTINCT aggregate names its arguments: they are the keys.
            var keys = aggregate.Call.OrderBy.Select(k => views[1 + FindArgument(aggregate, k.Expression)]);
            FeedOrdered(index, [.. views, .. keys], distinct.Count);
            return;
        }
        Feed(index, views, distinct.Count);
    }

    private static int FindArgument(BoundAggregate aggregate, Planner.Expressions.Expression key)
    {
        var position = aggregate.Call.Arguments.IndexOf(key);
        if (position >= 0)
            return position;
        // The same expression may have been bound twice: fall back on its text.
        var text = Physical.ExpressionText.Of(key);
        for (var i = 0; i < aggregate.Call.Arguments.Length; i++)
        {
            if (Physical.ExpressionText.Of(aggregate.Call.Arguments[i]) == text)
                return i;
        }
        throw new SqlException(SqlState.InvalidColumnReference, "in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list");
    }

    private void FeedOrdered(int index, Vector[] columns, int count)
    {
        var aggregate = _owner.Aggregates[index];
        var argumentCount = aggregate.Arguments.Length;
        var keys = new List<RowSorter.Key> { new(columns[0], SqlType.Int4, false, false) };
        for (var k = 0; k < aggregate.Call.OrderBy.Length; k++)
        {
            var order = aggregate.Call.OrderBy[k];
            keys.Add(new RowSorter.Key(columns[1 + argumentCount + k], order.Expression.Type, order.Descending, order.NullsFirst));
        }
        using var permutation = RowSorter.Sort([.. keys], count, _context);
        var sorted = new Vector[1 + argumentCount];
        for (var i = 0; i < sorted.Length; i++)
        {
            sorted[i] = new Vector();
            Gather.Take(columns[i], (int*)permutation.Pointer, count, sorted[i]);
        }
        Feed(index, sorted, count);
        foreach (var vector in sorted)
            vector.Dispose();
    }

    private void Feed(int index, Vector[] columns, int count)
    {
        var aggregate = _owner.Aggregates[index];
        var slices = new Vector[aggregate.Arguments.Length];
        for (var i = 0; i < slices.Length; i++)
            slices[i] = new Vector();
        for (var start = 0; start < count; start += ChunkRows)
        {
            var length = Math.Min(ChunkRows, count - start);
            for (var i = 0; i < slices.Length; i++)
                Gather.Slice(columns[1 + i], start, length, slices[i]);
            aggregate.Kernel.Update(_states[index], slices, null, length, (int*)columns[0].Values + start);
        }
        foreach (var slice in slices)
            slice.Dispose();
    }

    /// <summary>Groups first .. first+count-1 as output rows.</summary>
    public void Read(int first, int count, Batch target)
    {
        var groupCount = _owner.Groups.Length;
        for (var i = 0; i < groupCount; i++)
        {
            var position = _set.IndexOf(i);
            if (position < 0)
                ValueBox.ToConstant(null, _owner.GroupTypes[i], target.Columns[i], count);
            else
                Gather.Slice(_views![position], first, count, target.Columns[i]);
        }
        for (var i = 0; i < _states.Length; i++)
            _owner.Aggregates[i].Kernel.Finish(_states[i], first, count, target.Columns[groupCount + i]);
        if (_owner.HasGroupingId)
        {
            var id = 0;
            for (var i = 0; i < groupCount; i++)
                id = id << 1 | (_set.Contains(i) ? 0 : 1);
            Constants.Set(target.Columns[^1], ArrowType.Int32, count, id);
        }
        target.Length = count;
        target.Selection = null;
    }

    private Vector[]? _views; // the key columns, once all groups are there

    private bool _disposed;

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _table?.Dispose();
        foreach (var states in _states)
            states.Dispose(); // those that are shared forgive the second time
        foreach (var distinct in _distinct)
            distinct?.Dispose();
        foreach (var ordered in _ordered)
            ordered?.Dispose();
        _groups.Dispose();
        _rows.Dispose();
        _mapped.Dispose();
        _counts.Dispose();
        _picked.Dispose();
        _groupVector.Dispose();
        _mask?.Release();
    }
}
