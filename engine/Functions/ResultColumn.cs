using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Expressions;
using OmenDb.Engine.Rows;
using OmenDb.Types;

namespace OmenDb.Engine.Functions;

/// <summary>Row-wise writing of a flat result. Rows that are not written are null (strict functions) or zero.</summary>
public sealed unsafe class ResultColumn : IDisposable
{
    private readonly ArrayBufferWriter<byte> _text = new(256);
    private Vector _vector = null!;
    private SqlType _type = SqlType.Unknown;
    private ColumnBuilder? _elements;

    /// <summary>Text of the row being written, for functions that write UTF-8 piece by piece.</summary>
    public ArrayBufferWriter<byte> Text => _text;

    internal void Begin(Vector vector, SqlType type, int rows)
    {
        _vector = vector;
        _type = type;
        vector.ResetFlat(type.Arrow, rows);
        // What is not written must be readable: zero views, zero lists, and no stale bits.
        if (type.Physical is PhysicalType.View or PhysicalType.List or PhysicalType.Bool)
            Unsafe.InitBlock(vector.Values, 0, (uint)type.Physical.BytesFor(rows));
        if (type.Physical == PhysicalType.List)
        {
            _elements?.Dispose();
            _elements = new ColumnBuilder(type.Arrow.Element!);
        }
    }

    internal void End()
    {
        if (_elements is null)
            return;
        _vector.Elements.Append(_elements.View(), 0, _elements.Count);
        _elements.Dispose();
        _elements = null;
    }

    public void Dispose() => _elements?.Dispose();

    public void WriteNull(int row) => Bits.Clear(_vector.EnsureValidity(), row);

    public void WriteBytes(int row, ReadOnlySpan<byte> bytes) => ((View*)_vector.Values)[row] = _vector.Arena!.Append(bytes);

    /// <summary>Takes what was written to <see cref="Text"/> as the row's value.</summary>
    public void WriteText(int row)
    {
        WriteBytes(row, _text.WrittenSpan);
        _text.ResetWrittenCount();
    }

    /// <param name="row">The row.</param>
    /// <param name="value">As <see cref="ArgumentColumn"/> reads it; a null string, array, object or Nullable is null.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write<T>(int row, T value) where T : allows ref struct
    {
        if (typeof(T) == typeof(bool))
        {
            if (Unsafe.As<T, bool>(ref value))
                Bits.Set((ulong*)_vector.Values, row);
        }
        else if (typeof(T) == typeof(int))
            ((int*)_vector.Values)[row] = Unsafe.As<T, int>(ref value);
        else if (typeof(T) == typeof(long))
            ((long*)_vector.Values)[row] = Unsafe.As<T, long>(ref value);
        else if (typeof(T) == typeof(short))
            ((short*)_vector.Values)[row] = Unsafe.As<T, short>(ref value);
        else if (typeof(T) == typeof(double))
            ((double*)_vector.Values)[row] = Unsafe.As<T, double>(ref value);
        else if (typeof(T) == typeof(float))
            ((float*)_vector.Values)[row] = Unsafe.As<T, float>(ref value);
        else if (typeof(T) == typeof(Int128) || typeof(T) == typeof(PgInterval))
            ((Int128*)_vector.Values)[row] = Unsafe.As<T, Int128>(ref value);
        else if (typeof(T) == typeof(ReadOnlySpan<byte>))
            WriteBytes(row, Unsafe.As<T, ReadOnlySpan<byte>>(ref value));
        else if (typeof(T) == typeof(PgNumeric))
            WriteNumeric(row, Unsafe.As<T, PgNumeric>(ref value));
        else
            WriteOther(row, ref value);
    }

    private void WriteOther<T>(int row, ref T value) where T : allows ref struct
    {
        if (typeof(T) == typeof(string))
        {
            var text = Unsafe.As<T, string?>(ref value);
            if (text is null)
                WriteNull(row);
            else
                WriteString(row, text);
        }
        else if (typeof(T) == typeof(byte[]))
        {
            var bytes = Unsafe.As<T, byte[]?>(ref value);
            if (bytes is null)
                WriteNull(row);
            else
                WriteBytes(row, bytes);
        }
        else if (typeof(T) == typeof(bool?))
            WriteNullable(row, Unsafe.As<T, bool?>(ref value));
        else if (typeof(T) == typeof(int?))
            WriteNullable(row, Unsafe.As<T, int?>(ref value));
        else if (typeof(T) == typeof(long?))
            WriteNullable(row, Unsafe.As<T, long?>(ref value));
        else if (typeof(T) == typeof(double?))
            WriteNullable(row, Unsafe.As<T, double?>(ref value));
        else if (typeof(T) == typeof(PgNumeric?))
            WriteNullable(row, Unsafe.As<T, PgNumeric?>(ref value));
        else if (typeof(T) == typeof(PgInterval?))
            WriteNullable(row, Unsafe.As<T, PgInterval?>(ref value));
        else if (typeof(T) == typeof(object) || typeof(T) == typeof(object[]))
            WriteBoxed(row, Unsafe.As<T, object?>(ref value));
        else
            throw SqlException.Internal("a result type without a writer");
    }

    private void WriteNullable<T>(int row, T? value) where T : struct
    {
        if (value is null)
            WriteNull(row);
        else
            Write(row, value.GetValueOrDefault());
    }

    private void WriteString(int row, string text)
    {
        Encoding.UTF8.GetBytes(text, _text);
        WriteText(row);
    }

    private void WriteNumeric(int row, PgNumeric value)
    {
        switch (_vector.Physical)
        {
            case PhysicalType.Int64:
                ((long*)_vector.Values)[row] = value.ToDecimal64(_type.Precision, _type.Scale);
                break;
            case PhysicalType.Int128:
                ((Int128*)_vector.Values)[row] = value.ToDecimal128(_type.Precision, _type.Scale);
                break;
            default:
                Span<byte> small = stackalloc byte[PgNumeric.MaxSmallLength];
                if (value.EncodedLength <= small.Length)
                    WriteBytes(row, small[..value.Write(small)]);
                else
                    WriteBytes(row, value.ToBytes());
                break;
        }
    }

    /// <summary>Any value in the form of ConstantExpression; arrays as object?[].</summary>
    public void WriteBoxed(int row, object? value)
    {
        if (value is null)
        {
            WriteNull(row);
            return;
        }
        switch (_vector.Physical)
        {
            case PhysicalType.Bool: Write(row, (bool)value); break;
            case PhysicalType.Int16: Write(row, (short)value); break;
            case PhysicalType.Int32: Write(row, Convert.ToInt32(value)); break;
            case PhysicalType.Int64: Write(row, Convert.ToInt64(value)); break;
            case PhysicalType.Float32: Write(row, (float)value); break;
            case PhysicalType.Float64: Write(row, (double)value); break;
            case PhysicalType.View when value is string text: WriteString(row, text); break;
            case PhysicalType.View: WriteBytes(row, (byte[])value); break;
            case PhysicalType.List:
                var items = NestedArray.Flat((object?[])value, out var shape);
                ((ListSlot*)_vector.Values)[row] = new ListSlot(_elements!.Count, items.Length, shape);
                foreach (var item in items)
                    ValueBox.AppendBoxed(_elements, item, ValueBox.ElementType(_type));
                break;
            default:
                ((Int128*)_vector.Values)[row] = value is PgInterval interval ? Unsafe.BitCast<PgInterval, Int128>(interval) : (Int128)value;
                break;
        }
    }
}
