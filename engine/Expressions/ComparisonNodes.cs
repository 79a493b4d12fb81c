using System.Runtime.CompilerServices;
using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Functions;
using OmenDb.Types;

namespace OmenDb.Engine.Expressions;

/// <summary>Comparison by SQL type: the kernels of the physical type where its order is the type's own, row by row elsewhere.</summary>
internal static unsafe class TypedCompare
{
    /// <summary>Types whose memory order is not the order of their values: unbounded numeric and arrays.</summary>
    public static bool NeedsRows(SqlType type) =>
        (type.Id == TypeId.Numeric && type.Physical == PhysicalType.View) || type.Physical == PhysicalType.List;

    public static void Mask(CompareOp op, Vector left, Vector right, int rows, ulong* mask, SqlType type)
    {
        if (!NeedsRows(type))
        {
            Compare.Mask(op, left, right, rows, mask);
            return;
        }
        var distinct = op is CompareOp.Distinct or CompareOp.NotDistinct;
        for (var word = 0; word < Bits.WordsFor(rows); word++)
        {
            ulong bits = 0;
            var end = Math.Min(64, rows - (word << 6));
            for (var bit = 0; bit < end; bit++)
            {
                var row = (word << 6) + bit;
                var leftValid = left.IsValid(row);
                var rightValid = right.IsValid(row);
                bool holds;
                if (leftValid && rightValid)
                    holds = Readable(left, row) && Readable(right, row) && op.Holds(Order(left, row, right, row, type));
                else
                    holds = distinct && (leftValid == rightValid) == (op == CompareOp.NotDistinct);
                bits |= (holds ? 1UL : 0UL) << bit;
            }
            mask[word] = bits;
        }
    }

    // Rows outside a selection may hold a zero view, which encodes no number.
    private static bool Readable(Vector vector, int row) => vector.Physical == PhysicalType.List || vector.GetBytes(row).Length >= 2;

    /// <summary>Three-way comparison of two values that are not null.</summary>
    public static int Order(Vector left, int leftRow, Vector right, int rightRow, SqlType type)
    {
        switch (type.Physical)
        {
            case PhysicalType.Bool: return left.GetBool(leftRow).CompareTo(right.GetBool(rightRow));
            case PhysicalType.Int8: return left.Get<sbyte>(leftRow).CompareTo(right.Get<sbyte>(rightRow));
            case PhysicalType.Int16: return left.Get<short>(leftRow).CompareTo(right.Get<short>(rightRow));
            case PhysicalType.Int32: return left.Get<int>(leftRow).CompareTo(right.Get<int>(rightRow));
            case PhysicalType.Int64: return left.Get<long>(leftRow).CompareTo(right.Get<long>(rightRow));
            case PhysicalType.Int128: return left.Get<Int128>(leftRow).CompareTo(right.Get<Int128>(rightRow));
            case PhysicalType.Float32: return OrderFloats(left.Get<float>(leftRow), right.Get<float>(rightRow));
            case PhysicalType.Float64: return OrderFloats(left.Get<double>(leftRow), right.Get<double>(rightRow));
            case PhysicalType.View:
                var leftBytes = left.GetBytes(leftRow);
                var rightBytes = right.GetBytes(rightRow);
                return type.Id == TypeId.Numeric ? PgNumeric.Read(leftBytes).CompareTo(PgNumeric.Read(rightBytes)) : leftBytes.SequenceCompareTo(rightBytes);
            case PhysicalType.Fixed16:
                var a = left.Get<Int128>(leftRow);
                var b = right.Get<Int128>(rightRow);
                return new ReadOnlySpan<byte>(&a, 16).SequenceCompareTo(new ReadOnlySpan<byte>(&b, 16));
            case PhysicalType.Interval:
                return Unsafe.BitCast<Int128, PgInterval>(left.Get<Int128>(leftRow)).CompareTo(Unsafe.BitCast<Int128, PgInterval>(right.Get<Int128>(rightRow)));
            default:
                return OrderLists(ListValue.At(left, leftRow), ListValue.At(right, rightRow), ValueBox.ElementType(type));
        }
    }

    private static int OrderFloats(double left, double right) =>
        left < right ? -1 : left > right ? 1 : left == right ? 0 : double.IsNaN(left) ? (double.IsNaN(right) ? 0 : 1) : -1;

    // PostgreSQL: element by element, null elements last, then the shorter array first.
    private static int OrderLists(ListValue left, ListValue right, SqlType element)
    {
        for (var i = 0; i < Math.Min(left.Count, right.Count); i++)
        {
            var leftValid = left.Elements.IsValid(left.Offset + i);
            var rightValid = right.Elements.IsValid(right.Offset + i);
            if (leftValid && rightValid)
            {
                var order = Order(left.Elements, left.Offset + i, right.Elements, right.Offset + i, element);
                if (order != 0)
                    return order;
            }
            else if (leftValid != rightValid)
                return leftValid ? -1 : 1;
        }
        return left.Count != right.Count ? left.Count.CompareTo(right.Count) : ListShape.Compare(left.Shape, right.Shape, left.Count);
    }
}

/// <summary>A comparison of two operands of one type (numerics already at one scale).</summary>
internal sealed unsafe class ComparisonNode(CompareOp op, Node left, Node right, int slot) : Node(SqlType.Bool, slot)
{
    public CompareOp Op => op;

    public Node Left => left;

    public Node Right => right;

    public override bool IsConstant => left.IsConstant && right.IsConstant;

    public override bool IsTotal => left.IsTotal && right.IsTotal;

    public override Vector Evaluate(Frame frame, Selection? selection)
    {
        var a = left.Evaluate(frame, selection);
        var b = right.Evaluate(frame, selection);
        var result = frame.Scratch(Slot);
        var rows = frame.Rows;
        if (!TypedCompare.NeedsRows(left.Type))
        {
            Compare.Evaluate(op, a, b, rows, result);
            return result;
        }
        result.ResetFlat(ArrowType.Bool, rows);
        TypedCompare.Mask(op, a, b, rows, (ulong*)result.Values, left.Type);
        if (op is not (CompareOp.Distinct or CompareOp.NotDistinct))
            Nulls.Propagate(a, b, result);
        return result;
    }

    public override void Select(Frame frame, Selection? selection, ulong* mask)
    {
        var a = left.Evaluate(frame, selection);
        var b = right.Evaluate(frame, selection);
        TypedCompare.Mask(op, a, b, frame.Rows, mask, left.Type);
        if (selection is not null)
            Bits.And(mask, selection.Mask, mask, frame.Rows);
    }
}

/// <summary>operand IN (constants): a hash set of the items per worker; items with columns are compared one by one.</summary>
internal sealed unsafe class InListNode(Node operand, Node[] items, bool negated, int slot) : Node(SqlType.Bool, slot)
{
    /// <summary>Fewer items are compared one after the other with whole-vector kernels.</summary>
    private const int HashFrom = 9;

    private readonly bool _hashable = items.Length >= HashFrom && Array.TrueForAll(items, i => i.IsConstant)
        && operand.Type.Physical is PhysicalType.Int16 or PhysicalType.Int32 or PhysicalType.Int64 && !TypedCompare.NeedsRows(operand.Type);

    public override bool IsConstant => operand.IsConstant && Array.TrueForAll(items, i => i.IsConstant);

    public override bool IsTotal => operand.IsTotal && Array.TrueForAll(items, i => i.IsTotal);

    private sealed class ItemSet
    {
        public readonly HashSet<long> Values = [];
        public bool HasNull;
    }

    public override Vector Evaluate(Frame frame, Selection? selection)
    {
        var rows = frame.Rows;
        var value = operand.Evaluate(frame, selection);
        var found = frame.Rent();
        var unknown = frame.Rent();
        var part = frame.Rent();
        Bits.Fill(found.Mask, rows, false);
        Bits.Fill(unknown.Mask, rows, false);
        if (_hashable)
        {
            var set = Items(frame);
            for (var row = 0; row < rows; row++)
            {
                if (set.Values.Contains(Integer(value, row)))
                    Bits.Set(found.Mask, row);
            }
            if (set.HasNull)
                Bits.Fill(unknown.Mask, rows, true);
        }
        else
        {
            // An item that may raise is evaluated only where no item before it was found.
            var open = frame.Rent();
            foreach (var item in items)
            {
                Vector other;
                if (item.IsTotal)
                    other = item.Evaluate(frame, selection);
                else
                {
                    Bits.Not(found.Mask, open.Mask, rows);
                    if (selection is not null)
                        Bits.And(open.Mask, selection.Mask, open.Mask, rows);
                    open.Count = Bits.PopCount(open.Mask, rows);
                    other = item.Evaluate(frame, open);
                }
                TypedCompare.Mask(CompareOp.Equal, value, other, rows, part.Mask, operand.Type);
                Bits.Or(found.Mask, part.Mask, found.Mask, rows);
                if (other.Validity != null)
                {
                    Nulls.IsNull(other, rows, part.Mask);
                    Bits.Or(unknown.Mask, part.Mask, unknown.Mask, rows);
                }
            }
            frame.Return(open);
        }
        if (value.Validity != null)
        {
            Nulls.AndValid(value, rows, found.Mask);
            Nulls.IsNull(value, rows, part.Mask);
            Bits.Or(unknown.Mask, part.Mask, unknown.Mask, rows);
        }
        var result = frame.Scratch(Slot);
        result.ResetFlat(ArrowType.Bool, rows);
        Bits.AndNot(unknown.Mask, found.Mask, unknown.Mask, rows);
        if (Bits.Any(unknown.Mask, rows))
            Bits.Not(unknown.Mask, result.EnsureValidity(), rows);
        if (negated)
            Bits.Not(found.Mask, (ulong*)result.Values, rows);
        else
            Bits.Copy(found.Mask, (ulong*)result.Values, rows);
        frame.Return(found);
        frame.Return(unknown);
        frame.Return(part);
        return result;
    }

    private ItemSet Items(Frame frame)
    {
        ref var state = ref frame.CallState(Slot);
        if (state is ItemSet known)
            return known;
        var set = new ItemSet();
        foreach (var item in items)
        {
            var vector = item.Evaluate(frame, null);
            if (vector.IsConstantNull)
                set.HasNull = true;
            else
                set.Values.Add(Integer(vector, 0));
        }
        state = set;
        return set;
    }

    private static long Integer(Vector vector, int row) => vector.Physical switch
    {
        PhysicalType.Int16 => vector.Get<short>(row),
        PhysicalType.Int32 => vector.Get<int>(row),
        _ => vector.Get<long>(row),
    };
}
