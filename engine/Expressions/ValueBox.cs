using System.Runtime.CompilerServices;
using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Rows;
using OmenDb.Types;

namespace OmenDb.Engine.Expressions;

/// <summary>Single values in and out of vectors, boxed as <see cref="Planner.Expressions.ConstantExpression"/> has them. Not for hot paths.</summary>
public static unsafe class ValueBox
{
    /// <summary>Makes <paramref name="target"/> a Constant of that value.</summary>
    public static void ToConstant(object? value, SqlType type, Vector target, int length)
    {
        if (value is null)
        {
            Constants.SetNull(target, type.Arrow, length);
            return;
        }
        switch (type.Physical)
        {
            case PhysicalType.Bool:
                target.ResetConstant(type.Arrow, length, isNull: false);
                *(ulong*)target.Values = (bool)value ? ulong.MaxValue : 0;
                break;
            case PhysicalType.Int8: Constants.Set(target, type.Arrow, length, (sbyte)value); break;
            case PhysicalType.Int16: Constants.Set(target, type.Arrow, length, (short)value); break;
            case PhysicalType.Int32: Constants.Set(target, type.Arrow, length, Convert.ToInt32(value)); break;
            case PhysicalType.Int64: Constants.Set(target, type.Arrow, length, Convert.ToInt64(value)); break;
            case PhysicalType.Int128: Constants.Set(target, type.Arrow, length, ToInt128(value)); break;
            case PhysicalType.Float32: Constants.Set(target, type.Arrow, length, (float)value); break;
            case PhysicalType.Float64: Constants.Set(target, type.Arrow, length, (double)value); break;
            case PhysicalType.View: Constants.SetBytes(target, type.Arrow, length, ToBytes(value)); break;
            case PhysicalType.Fixed16:
            case PhysicalType.Interval: Constants.Set(target, type.Arrow, length, ToInt128(value)); break;
            default:
                target.ResetConstant(type.Arrow, length, isNull: false);
                var items = NestedArray.Flat((object?[])value, out var shape);
                AppendElements(target, items, ElementType(type));
                *(ListSlot*)target.Values = new ListSlot(0, items.Length, shape);
                break;
        }
    }

    /// <summary>Row <paramref name="row"/> boxed; null for null.</summary>
    public static object? Get(Vector vector, int row, SqlType type)
    {
        if (!vector.IsValid(row))
            return null;
        switch (type.Physical)
        {
            case PhysicalType.Bool: return vector.GetBool(row);
            case PhysicalType.Int8: return vector.Get<sbyte>(row);
            case PhysicalType.Int16: return vector.Get<short>(row);
            case PhysicalType.Int32: return vector.Get<int>(row);
            case PhysicalType.Int64: return vector.Get<long>(row);
            case PhysicalType.Int128: return vector.Get<Int128>(row);
            case PhysicalType.Float32: return vector.Get<float>(row);
            case PhysicalType.Float64: return vector.Get<double>(row);
            case PhysicalType.Fixed16: return vector.Get<Int128>(row);
            case PhysicalType.Interval: return BoxInterval(vector.Get<Int128>(row));
            case PhysicalType.View:
                var bytes = vector.GetBytes(row);
                return type.Id is TypeId.Bytea or TypeId.Numeric or TypeId.TimeTz ? bytes.ToArray() : System.Text.Encoding.UTF8.GetString(bytes);
            default:
                var flat = vector.Kind == VectorKind.Dictionary ? vector.Dictionary! : vector;
                var index = vector.Kind switch { VectorKind.Constant => 0, VectorKind.Dictionary => (int)vector.Code(row), _ => row };
                var slot = ((ListSlot*)flat.Values)[index];
                var items = new object?[slot.Length];
                for (var i = 0; i < items.Length; i++)
                    items[i] = Get(flat.Child!, (int)slot.Offset + i, ElementType(type));
                return slot.Shape == 0 ? items : NestedArray.Nest(items, ListShape.Dimensions(slot.Shape, items.Length));
        }
    }

    /// <summary>The element type of an array-like type.</summary>
    public static SqlType ElementType(SqlType type) => type.Id switch
    {
        TypeId.Array => type.Element!,
        TypeId.Int2Vector => SqlType.Int2,
        TypeId.OidVector => SqlType.Oid,
        _ => throw SqlException.Internal($"{type.Id} has no elements"),
    };

    internal static void AppendBoxed(ColumnBuilder target, object? value, SqlType type)
    {
        if (value is null)
        {
            target.AppendNull();
            return;
        }
        switch (type.Physical)
        {
            case PhysicalType.Bool: target.AppendBool((bool)value); break;
            case PhysicalType.Int8: target.Append((sbyte)value); break;
            case PhysicalType.Int16: target.Append((short)value); break;
            case PhysicalType.Int32: target.Append(Convert.ToInt32(value)); break;
            case PhysicalType.Int64: target.Append(Convert.ToInt64(value)); break;
            case PhysicalType.Int128:
            case PhysicalType.Fixed16:
            case PhysicalType.Interval: target.Append(ToInt128(value)); break;
            case PhysicalType.Float32: target.Append((float)value); break;
            case PhysicalType.Float64: target.Append((double)value); break;
            case PhysicalType.View: target.AppendBytes(ToBytes(value)); break;
            default:
                var items = NestedArray.Flat((object?[])value, out var shape);
                target.AppendList(items.Length, shape);
                foreach (var item in items)
                    AppendBoxed(target.Child!, item, ElementType(type));
                break;
        }
    }

    /// <summary>Makes <paramref name="target"/> a flat vector of the boxed values.</summary>
    public static void FillFlat(Vector target, ReadOnlySpan<object?> items, SqlType type)
    {
        if (type.Physical == PhysicalType.List)
        {
            target.ResetFlat(type.Arrow, items.Length);
            var inner = new List<object?>();
            for (var i = 0; i < items.Length; i++)
            {
                var shape = 0u;
                var list = items[i] is object?[] nested ? NestedArray.Flat(nested, out shape) : null;
                ((ListSlot*)target.Values)[i] = new ListSlot(inner.Count, list?.Length ?? 0, shape);
                if (list is null)
                    Bits.Clear(target.EnsureValidity(), i);
                else
                    inner.AddRange(list);
            }
            AppendElements(target, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(inner), ElementType(type));
            return;
        }
        var writer = new VectorWriter(type.Arrow, target, items.Length);
        foreach (var item in items)
            Append(writer, item, type);
    }

    private static void AppendElements(Vector list, ReadOnlySpan<object?> items, SqlType element)
    {
        using var elements = new Vector();
        FillFlat(elements, items, element);
        list.Elements.Append(elements, 0, items.Length);
    }

    /// <summary>Appends one boxed value; not for lists.</summary>
    public static void Append(VectorWriter writer, object? value, SqlType type)
    {
        if (value is null)
        {
            writer.AppendNull();
            return;
        }
        switch (type.Physical)
        {
            case PhysicalType.Bool: writer.AppendBool((bool)value); break;
            case PhysicalType.Int8: writer.Append((sbyte)value); break;
            case PhysicalType.Int16: writer.Append((short)value); break;
            case PhysicalType.Int32: writer.Append(Convert.ToInt32(value)); break;
            case PhysicalType.Int64: writer.Append(Convert.ToInt64(value)); break;
            case PhysicalType.Int128:
            case PhysicalType.Fixed16:
            case PhysicalType.Interval: writer.Append(ToInt128(value)); break;
            case PhysicalType.Float32: writer.Append((float)value); break;
            case PhysicalType.Float64: writer.Append((double)value); break;
            case PhysicalType.View: writer.AppendBytes(ToBytes(value)); break;
            default: throw SqlException.Internal("a list is not appended as one value");
        }
    }

    private static ReadOnlySpan<byte> ToBytes(object value) => value switch
    {
        byte[] bytes => bytes,
        string text => System.Text.Encoding.UTF8.GetBytes(text),
        _ => throw SqlException.Internal($"a {value.GetType().Name} is no string"),
    };

    private static Int128 ToInt128(object value) => value switch
    {
        Int128 wide => wide,
        long narrow => narrow,
        PgInterval interval => Unsafe.BitCast<PgInterval, Int128>(interval),
        _ => throw SqlException.Internal($"a {value.GetType().Name} is no 16-byte value"),
    };

    private static PgInterval BoxInterval(Int128 bits) => Unsafe.BitCast<Int128, PgInterval>(bits);
}
