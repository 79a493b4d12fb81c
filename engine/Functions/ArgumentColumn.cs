using System.Runtime.CompilerServices;
using System.Text;
using OmenDb.Arrow;
using OmenDb.Engine.Expressions;
using OmenDb.Types;

namespace OmenDb.Engine.Functions;

/// <summary>Row-wise access to an argument as a CLR type.</summary>
/// <remarks>The CLR types: bool, short, int, long, float, double, Int128, PgInterval and other unmanaged types of the value's width;
/// <c>ReadOnlySpan&lt;byte&gt;</c> (UTF-8 or bytes), string, byte[]; PgNumeric for any numeric, bounded or not;
/// <see cref="ListValue"/> or object?[] for arrays; object for a boxed value.</remarks>
public readonly unsafe struct ArgumentColumn(Vector vector, SqlType type)
{
    private readonly Vector _vector = vector;

    public SqlType Type => type;

    public Vector Vector => _vector;

    public bool IsNull(int row) => !_vector.IsValid(row);

    /// <summary>True: all rows have the same value (work on it can be done once per batch).</summary>
    public bool IsConstant => _vector.Kind == VectorKind.Constant;

    /// <summary>The value of a row that is not null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Read<T>(int row) where T : allows ref struct
    {
        if (typeof(T) == typeof(ReadOnlySpan<byte>))
        {
            var bytes = _vector.GetBytes(row);
            return Unsafe.As<ReadOnlySpan<byte>, T>(ref bytes);
        }
        if (typeof(T) == typeof(bool))
        {
            var value = _vector.GetBool(row);
            return Unsafe.As<bool, T>(ref value);
        }
        if (typeof(T) == typeof(short))
        {
            var value = _vector.Get<short>(row);
            return Unsafe.As<short, T>(ref value);
        }
        if (typeof(T) == typeof(int))
        {
            var value = _vector.Get<int>(row);
            return Unsafe.As<int, T>(ref value);
        }
        if (typeof(T) == typeof(long))
        {
            var value = _vector.Get<long>(row);
            return Unsafe.As<long, T>(ref value);
        }
        if (typeof(T) == typeof(float))
        {
            var value = _vector.Get<float>(row);
            return Unsafe.As<float, T>(ref value);
        }
        if (typeof(T) == typeof(double))
        {
            var value = _vector.Get<double>(row);
            return Unsafe.As<double, T>(ref value);
        }
        if (typeof(T) == typeof(PgNumeric))
        {
            var value = ReadNumeric(row);
            return Unsafe.As<PgNumeric, T>(ref value);
        }
        if (typeof(T) == typeof(Int128) || typeof(T) == typeof(PgInterval))
        {
            var value = _vector.Get<Int128>(row);
            return Unsafe.As<Int128, T>(ref value);
        }
        return ReadOther<T>(row);
    }

    private T ReadOther<T>(int row) where T : allows ref struct
    {
        if (typeof(T) == typeof(string))
        {
            var value = Encoding.UTF8.GetString(_vector.GetBytes(row));
            return Unsafe.As<string, T>(ref value);
        }
        if (typeof(T) == typeof(byte[]))
        {
            var value = _vector.GetBytes(row).ToArray();
            return Unsafe.As<byte[], T>(ref value);
        }
        if (typeof(T) == typeof(ListValue))
        {
            var value = ListValue.At(_vector, row);
            return Unsafe.As<ListValue, T>(ref value);
        }
        if (typeof(T) == typeof(object) || typeof(T) == typeof(object[]))
        {
            var value = ValueBox.Get(_vector, row, type);
            return Unsafe.As<object?, T>(ref value);
        }
        throw SqlException.Internal("an argument type without a reader");
    }

    private PgNumeric ReadNumeric(int row) => _vector.Physical switch
    {
        PhysicalType.Int64 => PgNumeric.FromDecimal64(_vector.Get<long>(row), type.Scale),
        PhysicalType.Int128 => PgNumeric.FromDecimal128(_vector.Get<Int128>(row), type.Scale),
        _ => PgNumeric.Read(_vector.GetBytes(row)),
    };
}

/// <summary>One array value: a range of elements.</summary>
/// <param name="Elements">The vector that they stand in.</param>
/// <param name="Offset">First element.</param>
/// <param name="Count">How many.</param>
/// <param name="Shape">See <see cref="ListShape"/>.</param>
public readonly record struct ListValue(Vector Elements, int Offset, int Count, uint Shape)
{
    /// <summary>Lengths, outermost first; none for an empty array.</summary>
    public int[] Dimensions => ListShape.Dimensions(Shape, Count);

    public static unsafe ListValue At(Vector list, int row)
    {
        var flat = list.Kind == VectorKind.Dictionary ? list.Dictionary! : list;
        var index = list.Kind switch { VectorKind.Constant => 0, VectorKind.Dictionary => (int)list.Code(row), _ => row };
        var entry = (long*)flat.Values + index * 2L;
        return new ListValue(flat.Child!, (int)entry[0], (int)entry[1], (uint)(entry[1] >>> 32));
    }
}
