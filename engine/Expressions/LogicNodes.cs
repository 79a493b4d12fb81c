using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Planner.Expressions;
using OmenDb.Types;

namespace OmenDb.Engine.Expressions;

/// <summary>AND and OR: an operand is evaluated only for the rows that the operands before it have not decided.</summary>
internal sealed unsafe class LogicalNode(bool isAnd, Node[] operands, int slot) : Node(SqlType.Bool, slot)
{
    public override bool IsConstant => Array.TrueForAll(operands, o => o.IsConstant);

    public override bool IsTotal => Array.TrueForAll(operands, o => o.IsTotal);

    public override Vector Evaluate(Frame frame, Selection? selection)
    {
        var rows = frame.Rows;
        var words = Bits.WordsFor(rows);
        var open = frame.Rent(); // rows that are not decided yet
        var left = frame.Rent();
        var valid = frame.Rent();
        var rightValid = frame.Rent();
        var right = frame.Rent();
        Start(open, selection, rows);
        Bits.Fill(left.Mask, rows, isAnd);
        Bits.Fill(valid.Mask, rows, true);
        foreach (var operand in operands)
        {
            var value = operand.Evaluate(frame, open);
            Nulls.IsNotNull(value, rows, rightValid.Mask);
            Logic.IsTrue(value, rows, right.Mask);
            // Rows outside of `open` are decided: neither AND with a false nor OR with a true row changes by what stands there.
            if (isAnd)
                Logic.And(left.Mask, valid.Mask, right.Mask, rightValid.Mask, left.Mask, valid.Mask, words);
            else
                Logic.Or(left.Mask, valid.Mask, right.Mask, rightValid.Mask, left.Mask, valid.Mask, words);
            for (var i = 0; i < words; i++)
                open.Mask[i] &= isAnd ? left.Mask[i] | ~valid.Mask[i] : ~(left.Mask[i] & valid.Mask[i]);
            open.Count = Bits.PopCount(open.Mask, rows);
            if (open.Count == 0)
                break;
        }
        var result = frame.Scratch(Slot);
        result.ResetFlat(ArrowType.Bool, rows);
        Bits.Copy(left.Mask, (ulong*)result.Values, rows);
        if (!Bits.All(valid.Mask, rows))
            Bits.Copy(valid.Mask, result.EnsureValidity(), rows);
        frame.Return(open);
        frame.Return(left);
        frame.Return(valid);
        frame.Return(rightValid);
        frame.Return(right);
        return result;
    }

    public override void Select(Frame frame, Selection? selection, ulong* mask)
    {
        var rows = frame.Rows;
        var open = frame.Rent();
        Start(open, selection, rows);
        if (isAnd)
        {
            foreach (var operand in operands)
            {
                operand.Select(frame, open, mask);
                Bits.Copy(mask, open.Mask, rows);
                open.Count = Bits.PopCount(mask, rows);
                if (open.Count == 0)
                    break;
            }
        }
        else
        {
            var one = frame.Rent();
            Bits.Fill(mask, rows, false);
            foreach (var operand in operands)
            {
                operand.Select(frame, open, one.Mask);
                Bits.Or(mask, one.Mask, mask, rows);
                Bits.AndNot(open.Mask, one.Mask, open.Mask, rows);
                open.Count = Bits.PopCount(open.Mask, rows);
                if (open.Count == 0)
                    break;
            }
            frame.Return(one);
        }
        frame.Return(open);
    }

    private static void Start(Selection open, Selection? selection, int rows)
    {
        if (selection is null)
            Bits.Fill(open.Mask, rows, true);
        else
            Bits.Copy(selection.Mask, open.Mask, rows);
        open.Count = Bits.PopCount(open.Mask, rows);
    }
}

internal sealed unsafe class NotNode(Node operand, int slot) : Node(SqlType.Bool, slot)
{
    public override bool IsConstant => operand.IsConstant;

    public override bool IsTotal => operand.IsTotal;

    public override Vector Evaluate(Frame frame, Selection? selection)
    {
        var result = frame.Scratch(Slot);
        Logic.Not(operand.Evaluate(frame, selection), frame.Rows, result);
        return result;
    }

    public override void Select(Frame frame, Selection? selection, ulong* mask)
    {
        Logic.IsFalse(operand.Evaluate(frame, selection), frame.Rows, mask);
        if (selection is not null)
            Bits.And(mask, selection.Mask, mask, frame.Rows);
    }
}

/// <summary>IS [NOT] NULL.</summary>
internal sealed unsafe class NullTestNode(Node operand, bool negated, int slot) : Node(SqlType.Bool, slot)
{
    public override bool IsConstant => operand.IsConstant;

    public override bool IsTotal => operand.IsTotal;

    public override Vector Evaluate(Frame frame, Selection? selection)
    {
        var value = operand.Evaluate(frame, selection);
        var result = frame.Scratch(Slot);
        result.ResetFlat(ArrowType.Bool, frame.Rows);
        if (negated)
            Nulls.IsNotNull(value, frame.Rows, (ulong*)result.Values);
        else
            Nulls.IsNull(value, frame.Rows, (ulong*)result.Values);
        return result;
    }
}

/// <summary>IS [NOT] TRUE, FALSE, UNKNOWN.</summary>
internal sealed unsafe class BooleanTestNode(Node operand, BooleanTest test, int slot) : Node(SqlType.Bool, slot)
{
    public override bool IsConstant => operand.IsConstant;

    public override bool IsTotal => operand.IsTotal;

    public override Vector Evaluate(Frame frame, Selection? selection)
    {
        var value = operand.Evaluate(frame, selection);
        var rows = frame.Rows;
        var result = frame.Scratch(Slot);
        result.ResetFlat(ArrowType.Bool, rows);
        var mask = (ulong*)result.Values;
        switch (test)
        {
            case BooleanTest.IsTrue or BooleanTest.IsNotTrue: Logic.IsTrue(value, rows, mask); break;
            case BooleanTest.IsFalse or BooleanTest.IsNotFalse: Logic.IsFalse(value, rows, mask); break;
            default: Nulls.IsNull(value, rows, mask); break;
        }
        if (test is BooleanTest.IsNotTrue or BooleanTest.IsNotFalse or BooleanTest.IsNotUnknown)
            Bits.Not(mask, mask, rows);
        return result;
    }
}
