using System.Runtime.CompilerServices;
using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Rows;
using OmenDb.Types;

namespace OmenDb.Engine.Expressions;

/// <summary>Collects the values of branches, each for its rows, in one flat vector.</summary>
internal static unsafe class BranchResult
{
    public static void Begin(Vector result, SqlType type, int rows)
    {
        result.ResetFlat(type.Arrow, rows);
        if (type.Physical is PhysicalType.View or PhysicalType.List)
            Unsafe.InitBlock(result.Values, 0, (uint)type.Physical.BytesFor(rows));
        Bits.Fill(result.EnsureValidity(), rows, false);
    }

    /// <summary>Drops a validity bitmap that says nothing.</summary>
    public static void End(Vector result, int rows)
    {
        if (Bits.All(result.Validity, rows))
            result.Validity = null;
    }
}

/// <summary>Searched CASE: conditions and values are evaluated only for the rows that reach them.</summary>
internal sealed unsafe class CaseNode(Node[] conditions, Node[] values, Node otherwise, SqlType type, int slot) : Node(type, slot)
{
    public override bool IsConstant => otherwise.IsConstant && Array.TrueForAll(conditions, c => c.IsConstant)
        && Array.TrueForAll(values, v => v.IsConstant);

    public override bool IsTotal => otherwise.IsTotal && Array.TrueForAll(conditions, c => c.IsTotal) && Array.TrueForAll(values, v => v.IsTotal);

    public override Vector Evaluate(Frame frame, Selection? selection)
    {
        var rows = frame.Rows;
        var open = frame.Rent();
        var taken = frame.Rent();
        var result = frame.Scratch(Slot);
        if (selection is null)
            open.SetAll(rows);
        else
        {
            Bits.Copy(selection.Mask, open.Mask, rows);
            open.Count = selection.Count;
        }
        var started = false;
        Vector? only = null;
        for (var i = 0; i <= conditions.Length && open.Count > 0; i++)
        {
            Node value;
            if (i < conditions.Length)
            {
                conditions[i].Select(frame, open, taken.Mask);
                taken.Count = Bits.PopCount(taken.Mask, rows);
                if (taken.Count == 0)
                    continue;
                value = values[i];
            }
            else
            {
                Bits.Copy(open.Mask, taken.Mask, rows);
                taken.Count = open.Count;
                value = otherwise;
            }
            var all = !started && taken.Count == open.Count;
            var branch = value.Evaluate(frame, taken);
            if (all)
            {
                only = branch; // every selected row takes this branch: no copy
                break;
            }
            if (!started)
            {
                BranchResult.Begin(result, Type, rows);
                started = true;
            }
            RowCopy.Blend(branch, taken.Mask, rows, result);
            Bits.AndNot(open.Mask, taken.Mask, open.Mask, rows);
            open.Count -= taken.Count;
        }
        frame.Return(open);
        frame.Return(taken);
        if (only is not null)
        {
            result.Reference(only);
            result.Length = rows;
            return result;
        }
        if (!started)
            ValueBox.ToConstant(null, Type, result, rows);
        else
            BranchResult.End(result, rows);
        return result;
    }
}

/// <summary>COALESCE: an argument is evaluated only for the rows where all before it are null.</summary>
internal sealed unsafe class CoalesceNode(Node[] arguments, SqlType type, int slot) : Node(type, slot)
{
    public override bool IsConstant => Array.TrueForAll(arguments, a => a.IsConstant);

    public override bool IsTotal => Array.TrueForAll(arguments, a => a.IsTotal);

    public override Vector Evaluate(Frame frame, Selection? selection)
    {
        var rows = frame.Rows;
        var first = arguments[0].Evaluate(frame, selection);
        if (first.Validity == null)
            return first;
        var open = frame.Rent();
        var taken = frame.Rent();
        var result = frame.Scratch(Slot);
        if (selection is null)
            open.SetAll(rows);
        else
            Bits.Copy(selection.Mask, open.Mask, rows);
        BranchResult.Begin(result, Type, rows);
        for (var i = 0; i < arguments.Length; i++)
        {
            open.Count = Bits.PopCount(open.Mask, rows);
            if (open.Count == 0)
                break;
            var value = i == 0 ? first : arguments[i].Evaluate(frame, open);
            Nulls.IsNotNull(value, rows, taken.Mask);
            Bits.And(taken.Mask, open.Mask, taken.Mask, rows);
            RowCopy.Blend(value, taken.Mask, rows, result);
            Bits.AndNot(open.Mask, taken.Mask, open.Mask, rows);
        }
        frame.Return(open);
        frame.Return(taken);
        BranchResult.End(result, rows);
        return result;
    }
}

/// <summary>GREATEST and LEAST: null arguments do not count.</summary>
internal sealed unsafe class ExtremeNode(bool greatest, Node[] arguments, SqlType type, int slot) : Node(type, slot)
{
    public override bool IsConstant => Array.TrueForAll(arguments, a => a.IsConstant);

    public override bool IsTotal => Array.TrueForAll(arguments, a => a.IsTotal);

    /// <summary>One more slot is for the running best.</summary>
    public const int SlotCount = 2;

    public override Vector Evaluate(Frame frame, Selection? selection)
    {
        var rows = frame.Rows;
        var take = frame.Rent();
        var valid = frame.Rent();
        var best = frame.Scratch(Slot);
        BranchResult.Begin(best, Type, rows);
        foreach (var argument in arguments)
        {
            var value = argument.Evaluate(frame, selection);
            // Take it where it beats the best so far, or where there is none yet.
            TypedCompare.Mask(greatest ? CompareOp.Greater : CompareOp.Less, value, best, rows, take.Mask, Type);
            Nulls.IsNull(best, rows, valid.Mask);
            Bits.Or(take.Mask, valid.Mask, take.Mask, rows);
            Nulls.AndValid(value, rows, take.Mask);
            if (selection is not null)
                Bits.And(take.Mask, selection.Mask, take.Mask, rows);
            RowCopy.Blend(value, take.Mask, rows, best);
        }
        frame.Return(take);
        frame.Return(valid);
        BranchResult.End(best, rows);
        return best;
    }
}

/// <summary>NULLIF(a, b): null where a = b, otherwise a.</summary>
internal sealed unsafe class NullIfNode(Node value, Node equal, SqlType type, int slot) : Node(type, slot)
{
    public override bool IsConstant => value.IsConstant && equal.IsConstant;

    public override bool IsTotal => value.IsTotal && equal.IsTotal;

    public override Vector Evaluate(Frame frame, Selection? selection)
    {
        var rows = frame.Rows;
        var left = value.Evaluate(frame, selection);
        var mask = frame.Rent();
        equal.Select(frame, selection, mask.Mask);
        var result = frame.Scratch(Slot);
        BranchResult.Begin(result, Type, rows);
        Bits.Not(mask.Mask, mask.Mask, rows);
        RowCopy.Blend(left, mask.Mask, rows, result);
        frame.Return(mask);
        BranchResult.End(result, rows);
        return result;
    }
}
