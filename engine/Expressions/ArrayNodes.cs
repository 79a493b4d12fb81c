using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Functions;
using OmenDb.Types;

namespace OmenDb.Engine.Expressions;

/// <summary>Calls a function of this file's kind row by row through the registry's row function machinery.</summary>
internal static class ArrayFunctions
{
    /// <summary>ARRAY[...].</summary>
    public static ScalarFunction Construct { get; } = Scalar.Row<object?[]>("array", [], SqlType.AnyArray, static (_, a) =>
    {
        var items = new object?[a.Count];
        for (var i = 0; i < items.Length; i++)
        {
            items[i] = a.Boxed(i);
            if (items[i] is null && a.Type(i).Id == TypeId.Array)
                throw new SqlException(SqlState.ArraySubscriptError, "multidimensional arrays must have array expressions with matching dimensions");
        }
        return items;
    }, strict: false, variadic: true);

    /// <summary>array[index]: null outside of the bounds.</summary>
    public static ScalarFunction Subscript { get; } = Scalar.Row<object?>("array_subscript", [SqlType.AnyArray, SqlType.Int4], SqlType.AnyElement, static (_, a) =>
    {
        var list = a.Get<ListValue>(0);
        var index = a.Type(1).Physical == PhysicalType.Int64 ? a.Get<long>(1) : a.Get<int>(1);
        // int2vector and oidvector count from 0, arrays from 1.
        var first = a.Type(0).Id is TypeId.Int2Vector or TypeId.OidVector ? 0 : 1;
        // An array of arrays wants as many subscripts as it has dimensions.
        if (list.Shape != 0 || index < first || index >= first + list.Count)
            return null;
        return ValueBox.Get(list.Elements, list.Offset + (int)(index - first), ValueBox.ElementType(a.Type(0)));
    });
}

/// <summary>operand op ANY|ALL (array), three-valued.</summary>
/// <param name="function">An operator that is no comparison (LIKE ANY); null: <paramref name="op"/>.</param>
internal sealed unsafe class ArrayComparisonNode(CompareOp op, ScalarFunction? function, Node left, Node array, bool all, int slot) : Node(SqlType.Bool, slot)
{
    public const int SlotCount = 5;

    public override bool IsConstant => left.IsConstant && array.IsConstant;

    public override Vector Evaluate(Frame frame, Selection? selection)
    {
        var rows = frame.Rows;
        var value = left.Evaluate(frame, selection);
        var list = array.Evaluate(frame, selection);
        var result = frame.Scratch(Slot);
        result.ResetFlat(ArrowType.Bool, rows);
        var bits = (ulong*)result.Values;
        var element = ValueBox.ElementType(array.Type);
        if (list.Kind == VectorKind.Constant && !list.IsConstantNull)
        {
            // The usual form, x = ANY ('{..}'): one whole-vector comparison per element.
            var items = ListValue.At(list, 0);
            var settled = frame.Rent();
            var unknown = frame.Rent();
            var part = frame.Rent();
            var item = frame.Scratch(Slot + 1);
            Bits.Fill(settled.Mask, rows, false);
            Bits.Fill(unknown.Mask, rows, false);
            for (var i = 0; i < items.Count; i++)
            {
                Constants.SetFromRow(item, items.Elements, items.Offset + i, rows);
                var outcome = One(frame, value, item, element, rows, selection);
                // ANY is settled by a true, ALL by a false.
                if (all)
                    Logic.IsFalse(outcome, rows, part.Mask);
                else
                    Logic.IsTrue(outcome, rows, part.Mask);
                Bits.Or(settled.Mask, part.Mask, settled.Mask, rows);
                Nulls.IsNull(outcome, rows, part.Mask);
                Bits.Or(unknown.Mask, part.Mask, unknown.Mask, rows);
            }
            Bits.AndNot(unknown.Mask, settled.Mask, unknown.Mask, rows);
            if (Bits.Any(unknown.Mask, rows))
                Bits.Not(unknown.Mask, result.EnsureValidity(), rows);
            if (all)
                Bits.Not(settled.Mask, bits, rows);
            else
                Bits.Copy(settled.Mask, bits, rows);
            frame.Return(settled);
            frame.Return(unknown);
            frame.Return(part);
            return result;
        }
        Bits.Fill(bits, rows, all);
        var one = frame.Scratch(Slot + 3);
        var item2 = frame.Scratch(Slot + 1);
        for (var row = 0; row < rows; row++)
        {
            if (selection is not null && !Bits.Get(selection.Mask, row))
                continue;
            if (!list.IsValid(row))
            {
                Bits.Clear(result.EnsureValidity(), row);
                continue;
            }
            var items = ListValue.At(list, row);
            bool? outcome = all;
            for (var i = 0; i < items.Count && outcome != !all; i++)
            {
                bool? single;
                if (!value.IsValid(row) || !items.Elements.IsValid(items.Offset + i))
                    single = null;
                else if (function is null)
                    single = op.Holds(TypedCompare.Order(value, row, items.Elements, items.Offset + i, element));
                else
                {
                    Constants.SetFromRow(one, value, row, 1);
                    Constants.SetFromRow(item2, items.Elements, items.Offset + i, 1);
                    var answer = Call(frame, one, item2, 1, null);
                    single = answer.IsValid(0) ? answer.GetBool(0) : null;
                }
                if (single is null)
                    outcome = null;
                else if (single != all)
                    outcome = !all;
            }
            if (outcome is null)
                Bits.Clear(result.EnsureValidity(), row);
            else if (outcome.Value)
                Bits.Set(bits, row);
            else
                Bits.Clear(bits, row);
        }
        return result;
    }

    private Vector One(Frame frame, Vector value, Vector item, SqlType element, int rows, Selection? selection)
    {
        if (function is not null)
            return Call(frame, value, item, rows, selection);
        var outcome = frame.Scratch(Slot + 2);
        if (!TypedCompare.NeedsRows(element))
        {
            Compare.Evaluate(op, value, item, rows, outcome);
            return outcome;
        }
        outcome.ResetFlat(ArrowType.Bool, rows);
        TypedCompare.Mask(op, value, item, rows, (ulong*)outcome.Values, element);
        Nulls.Propagate(value, item, outcome);
        return outcome;
    }

    private Vector Call(Frame frame, Vector value, Vector item, int rows, Selection? selection)
    {
        var context = (FunctionContext)(frame.CallState(Slot) ??=
            new FunctionContext(frame, Slot + 4, [left.Type, ValueBox.ElementType(array.Type)], SqlType.Bool));
        context.Rows = rows;
        context.Selection = selection;
        var outcome = frame.Scratch(Slot + 2);
        if (value.IsConstantNull || item.IsConstantNull)
        {
            outcome.ResetConstant(ArrowType.Bool, rows, isNull: true);
            return outcome;
        }
        function!.Invoke(context, [value, item], outcome);
        return outcome;
    }
}
