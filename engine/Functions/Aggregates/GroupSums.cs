using System.Numerics;
using OmenDb.Arrow;
using OmenDb.Arrow.Compute;

namespace OmenDb.Engine.Functions.Aggregates;

/// <summary>Totals of a batch by group, for few groups: 64-bit additions, narrow offsets as they stand, 128 bits only once per batch and group.</summary>
internal static unsafe class GroupSums
{
    /// <summary>Copies of the totals that take turns: additions to one total would wait for each other.</summary>
    private const int Copies = 4;

    /// <param name="values">Integers of any kind, no nulls among the rows.</param>
    /// <param name="rows">Rows and groups.</param>
    /// <param name="totals">Receives the sum of each group's offsets.</param>
    /// <param name="first">What every offset starts from.</param>
    /// <returns>False: the totals might not fit 64 bits.</returns>
    public static bool TryAdd(Vector values, in FewGroups rows, long* totals, out Int128 first)
    {
        new Span<long>(totals, rows.GroupCount).Clear();
        first = 0;
        if (values.Kind == VectorKind.Constant)
        {
            if (values.Physical == PhysicalType.Int128)
                return false;
            first = values.Physical switch
            {
                PhysicalType.Int16 => *(short*)values.Values,
                PhysicalType.Int32 => *(int*)values.Values,
                _ => *(long*)values.Values,
            };
            return true;
        }
        if (values.Kind == VectorKind.Narrow)
        {
            first = values.Base;
            switch (values.CodeWidth)
            {
                case 1: Sum(values.Values, rows, totals); return true;
                case 2: Sum((ushort*)values.Values, rows, totals); return true;
                case 4: Sum((uint*)values.Values, rows, totals); return true;
                default: return TryLongs((long*)values.Values, values.Length, rows, totals);
            }
        }
        if (values.Physical == PhysicalType.Int128)
            return false;
        var flat = AggregateInput.Flat(values).Values;
        switch (values.Physical)
        {
            case PhysicalType.Int16: Sum((short*)flat, rows, totals); return true;
            case PhysicalType.Int32: Sum((int*)flat, rows, totals); return true;
            default: return TryLongs((long*)flat, values.Length, rows, totals);
        }
    }

    private static bool TryLongs(long* values, int length, in FewGroups rows, long* totals)
    {
        if ((UInt128)NarrowDecimals.Magnitude(values, length) * (uint)rows.Count > long.MaxValue)
            return false;
        Sum(values, rows, totals);
        return true;
    }

    private static void Sum<T>(T* values, in FewGroups rows, long* totals) where T : unmanaged, IBinaryInteger<T>
    {
        var parts = stackalloc long[FewGroups.Most * Copies];
        var groupCount = rows.GroupCount;
        new Span<long>(parts, groupCount * Copies).Clear();
        var second = parts + groupCount;
        var third = second + groupCount;
        var fourth = third + groupCount;
        var groups = rows.Groups;
        var list = rows.Rows;
        var count = rows.Count;
        var i = 0;
        if (list == null)
        {
            for (; i + 4 <= count; i += 4)
            {
                parts[groups[i]] += long.CreateTruncating(values[i]);
                second[groups[i + 1]] += long.CreateTruncating(values[i + 1]);
                third[groups[i + 2]] += long.CreateTruncating(values[i + 2]);
                fourth[groups[i + 3]] += long.CreateTruncating(values[i + 3]);
            }
            for (; i < count; i++)
                parts[groups[i]] += long.CreateTruncating(values[i]);
        }
        else
        {
            for (; i + 4 <= count; i += 4)
            {
                int a = list[i], b = list[i + 1], c = list[i + 2], d = list[i + 3];
                parts[groups[a]] += long.CreateTruncating(values[a]);
                second[groups[b]] += long.CreateTruncating(values[b]);
                third[groups[c]] += long.CreateTruncating(values[c]);
                fourth[groups[d]] += long.CreateTruncating(values[d]);
            }
            for (; i < count; i++)
                parts[groups[list[i]]] += long.CreateTruncating(values[list[i]]);
        }
        for (var group = 0; group < groupCount; group++)
            totals[group] = parts[group] + second[group] + third[group] + fourth[group];
    }
}
