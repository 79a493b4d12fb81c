namespace OmenDb.Arrow.Compute;

/// <summary>Comparison of single rows, and of pairs of rows that a hash table proposes.</summary>
public static unsafe class RowCompare
{
    /// <summary>The sign of the comparison of two values that are not null, of one physical type; kinds may differ. Same order as <see cref="Compare"/>;
    /// lists compare element by element, nulls last, then by length.</summary>
    public static int Values(Vector left, int leftRow, Vector right, int rightRow)
    {
        switch (left.Physical)
        {
            case PhysicalType.Bool: return left.GetBool(leftRow).CompareTo(right.GetBool(rightRow));
            case PhysicalType.Int8: return left.Get<sbyte>(leftRow).CompareTo(right.Get<sbyte>(rightRow));
            case PhysicalType.Int16: return left.Get<short>(leftRow).CompareTo(right.Get<short>(rightRow));
            case PhysicalType.Int32: return left.Get<int>(leftRow).CompareTo(right.Get<int>(rightRow));
            case PhysicalType.Int64: return left.Get<long>(leftRow).CompareTo(right.Get<long>(rightRow));
            case PhysicalType.Int128: return left.Get<Int128>(leftRow).CompareTo(right.Get<Int128>(rightRow));
            case PhysicalType.Float32: return Floats(left.Get<float>(leftRow), right.Get<float>(rightRow));
            case PhysicalType.Float64: return Floats(left.Get<double>(leftRow), right.Get<double>(rightRow));
            case PhysicalType.View: return left.GetBytes(leftRow).SequenceCompareTo(right.GetBytes(rightRow));
            case PhysicalType.Fixed16: return Fixed16Order.Compare(left.Get<Int128>(leftRow), right.Get<Int128>(rightRow));
            case PhysicalType.Interval: return IntervalOrder.Compare(left.Get<Int128>(leftRow), right.Get<Int128>(rightRow));
            default: return Lists(left, leftRow, right, rightRow);
        }
    }

    /// <summary>IS NOT DISTINCT FROM for two rows.</summary>
    public static bool NotDistinct(Vector left, int leftRow, Vector right, int rightRow)
    {
        var leftValid = left.IsValid(leftRow);
        return leftValid == right.IsValid(rightRow) && (!leftValid || Values(left, leftRow, right, rightRow) == 0);
    }

    /// <summary>mask bit i &amp;= left[leftRows[i]] equals right[rightRows[i]]: call it once per key column on a mask that starts full.</summary>
    /// <param name="left">Probe side, any kind.</param>
    /// <param name="leftRows"><paramref name="count"/> rows of it.</param>
    /// <param name="right">Build side, any kind.</param>
    /// <param name="rightRows"><paramref name="count"/> rows of it.</param>
    /// <param name="count">Pairs.</param>
    /// <param name="nullsEqual">True: two nulls match (grouping); false: a null matches nothing (joins).</param>
    /// <param name="mask">⌈count/64⌉ words, zeros past the last.</param>
    public static void AndEqualPairs(Vector left, int* leftRows, Vector right, int* rightRows, int count, bool nullsEqual, ulong* mask)
    {
        if (left.Physical != right.Physical)
            throw new ArgumentException($"cannot compare {left.Physical} with {right.Physical}", nameof(right));
        if (left.Kind == VectorKind.Flat && right.Kind == VectorKind.Flat && left.Validity == null && right.Validity == null)
        {
            switch (left.Physical)
            {
                case PhysicalType.Int16: Pairs((short*)left.Values, leftRows, (short*)right.Values, rightRows, count, mask); return;
                case PhysicalType.Int32: Pairs((int*)left.Values, leftRows, (int*)right.Values, rightRows, count, mask); return;
                case PhysicalType.Int64: Pairs((long*)left.Values, leftRows, (long*)right.Values, rightRows, count, mask); return;
                case PhysicalType.Int128 or PhysicalType.Fixed16:
                    Pairs((Int128*)left.Values, leftRows, (Int128*)right.Values, rightRows, count, mask);
                    return;
                case PhysicalType.View: Views(left, leftRows, right, rightRows, count, mask); return;
                default: break;
            }
        }
        for (var i = 0; i < count; i++)
        {
            if (!Bits.Get(mask, i))
                continue;
            var equal = nullsEqual
                ? NotDistinct(left, leftRows[i], right, rightRows[i])
                : left.IsValid(leftRows[i]) && right.IsValid(rightRows[i]) && Values(left, leftRows[i], right, rightRows[i]) == 0;
            if (!equal)
                Bits.Clear(mask, i);
        }
    }

    private static void Pairs<T>(T* left, int* leftRows, T* right, int* rightRows, int count, ulong* mask)
        where T : unmanaged, IEquatable<T>
    {
        for (var i = 0; i < count;)
        {
            ulong bits = 0;
            var word = i >> 6;
            for (var end = Math.Min(i + 64, count); i < end; i++)
                bits |= (left[leftRows[i]].Equals(right[rightRows[i]]) ? 1UL : 0UL) << (i & 63);
            mask[word] &= bits;
        }
    }

    private static void Views(Vector left, int* leftRows, Vector right, int* rightRows, int count, ulong* mask)
    {
        var leftBuffers = left.ArenaPointers;
        var rightBuffers = right.ArenaPointers;
        for (var i = 0; i < count;)
        {
            ulong bits = 0;
            var word = i >> 6;
            for (var end = Math.Min(i + 64, count); i < end; i++)
            {
                var equal = CompareViews.Equal((View*)left.Values + leftRows[i], leftBuffers, (View*)right.Values + rightRows[i], rightBuffers);
                bits |= (equal ? 1UL : 0UL) << (i & 63);
            }
            mask[word] &= bits;
        }
    }

    /// <summary>NaN last and equal to itself, -0 equal to 0.</summary>
    private static int Floats(double left, double right)
    {
        if (left < right)
            return -1;
        if (left > right)
            return 1;
        return left == right ? 0 : double.IsNaN(left).CompareTo(double.IsNaN(right));
    }

    private static int Lists(Vector left, int leftRow, Vector right, int rightRow)
    {
        var a = left.Get<ListSlot>(leftRow);
        var b = right.Get<ListSlot>(rightRow);
        var leftElements = (left.Kind == VectorKind.Dictionary ? left.Dictionary! : left).Child!;
        var rightElements = (right.Kind == VectorKind.Dictionary ? right.Dictionary! : right).Child!;
        for (long i = 0; i < Math.Min(a.Length, b.Length); i++)
        {
            var x = (int)(a.Offset + i);
            var y = (int)(b.Offset + i);
            var xValid = leftElements.IsValid(x);
            var yValid = rightElements.IsValid(y);
            if (!xValid || !yValid)
            {
                if (xValid != yValid)
                    return xValid ? -1 : 1;
                continue;
            }
            var order = Values(leftElements, x, rightElements, y);
            if (order != 0)
                return order;
        }
        return a.Length != b.Length ? a.Length.CompareTo(b.Length) : ListShape.Compare(a.Shape, b.Shape, (int)a.Length);
    }
}
