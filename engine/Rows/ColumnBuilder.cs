using System.Numerics;
using System.Runtime.CompilerServices;
using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Execution;

namespace OmenDb.Engine.Rows;

/// <summary>One column of materialised rows: contiguous native memory that doubles, so that a row number is an index.</summary>
/// <remarks>For one writer at a time. Charged to the query's memory before it grows. <see cref="View"/> may be read by many
/// once nobody appends any more. Strings are copied into one arena; lists into a child column.</remarks>
public sealed unsafe class ColumnBuilder : IDisposable
{
    private readonly QueryMemory? _memory;
    private readonly Vector _view = new();
    private NativeBuffer? _values;
    private NativeBuffer? _validity;
    private long _charged;
    private long _stringBytes;

    public ColumnBuilder(ArrowType type, QueryMemory? memory = null)
    {
        Type = type;
        Physical = type.Physical;
        _memory = memory;
        if (Physical == PhysicalType.View)
            Arena = new ViewArena();
        if (Physical == PhysicalType.List)
            Child = new ColumnBuilder(type.Element!, memory);
    }

    public ArrowType Type { get; }

    public PhysicalType Physical { get; }

    /// <summary>Rows.</summary>
    public int Count { get; private set; }

    public int Capacity { get; private set; }

    public ViewArena? Arena { get; private set; }

    public ColumnBuilder? Child { get; }

    public byte* Values => _values == null ? null : _values.Pointer;

    /// <summary>Null while no row is null.</summary>
    public ulong* Validity => _validity == null ? null : (ulong*)_validity.Pointer;

    public bool IsValid(int row) => _validity == null || Bits.Get(Validity, row);

    /// <summary>The rows so far as a flat vector on this builder's memory; valid until the next append.</summary>
    public Vector View()
    {
        _view.Type = Type;
        _view.Physical = Physical;
        _view.Kind = VectorKind.Flat;
        _view.Length = Count;
        if (_values == null)
            Reserve(1);
        _view.Values = Values;
        _view.Validity = Validity;
        _view.Arena = Arena;
        _view.Child = Child?.View();
        return _view;
    }

    /// <summary>Forgets the rows, keeps the memory.</summary>
    public void Clear()
    {
        Count = 0;
        _validity?.Release();
        _validity = null;
        Arena?.Reset();
        Child?.Clear();
    }

    /// <summary>Room for <paramref name="additional"/> more rows.</summary>
    public void Reserve(int additional)
    {
        var needed = checked(Count + additional);
        if (needed <= Capacity && _values != null)
            return;
        var capacity = (int)Math.Min(Array.MaxLength, Math.Max(64, (long)BitOperations.RoundUpToPowerOf2((uint)needed)));
        var bytes = Physical.BytesFor(capacity) + 64;
        Charge(bytes - (_values?.Length ?? 0));
        var values = NativeBuffer.Allocate(bytes, zeroed: Physical == PhysicalType.Bool);
        if (_values is not null)
        {
            Buffer.MemoryCopy(_values.Pointer, values.Pointer, bytes, Physical.BytesFor(Count));
            _values.Release();
        }
        _values = values;
        if (_validity is not null)
            GrowValidity(capacity);
        Capacity = capacity;
    }

    private void GrowValidity(int capacity)
    {
        var bytes = Bits.WordsFor(capacity) * 8L;
        Charge(bytes - (_validity?.Length ?? 0));
        var validity = NativeBuffer.Allocate(bytes, zeroed: false);
        new Span<byte>(validity.Pointer, (int)bytes).Fill(0xFF);
        if (_validity is not null)
        {
            Bits.CopyRange((ulong*)_validity.Pointer, 0, (ulong*)validity.Pointer, 0, Count);
            _validity.Release();
        }
        _validity = validity;
    }

    private void Charge(long bytes)
    {
        _memory?.Charge(bytes);
        _charged += bytes;
    }

    private void EnsureValidity()
    {
        if (_validity is null)
            GrowValidity(Math.Max(Capacity, 64));
    }

    public void Append<T>(T value) where T : unmanaged
    {
        Reserve(1);
        ((T*)Values)[Count++] = value;
    }

    public void AppendBool(bool value)
    {
        Reserve(1);
        if (value)
            Bits.Set((ulong*)Values, Count);
        else
            Bits.Clear((ulong*)Values, Count);
        Count++;
    }

    public void AppendBytes(ReadOnlySpan<byte> bytes)
    {
        Reserve(1);
        ((View*)Values)[Count++] = CopyString(bytes);
    }

    private View CopyString(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length <= Arrow.View.MaxInlineLength)
            return Arrow.View.Inline(bytes);
        _stringBytes += bytes.Length;
        if (_stringBytes > 1 << 16) // strings are charged in steps, not one by one
        {
            Charge(_stringBytes);
            _stringBytes = 0;
        }
        return Arena!.Append(bytes);
    }

    public void AppendNull()
    {
        Reserve(1);
        EnsureValidity();
        Bits.Clear(Validity, Count);
        var width = Physical.Width();
        if (width > 0)
            Unsafe.InitBlock(Values + (long)Count * width, 0, (uint)width);
        Count++;
    }

    /// <summary>Starts a list of <paramref name="length"/> elements, which the caller appends to <see cref="Child"/> next.</summary>
    public void AppendList(int length, uint shape = 0)
    {
        Reserve(1);
        ((ListSlot*)Values)[Count] = new ListSlot(Child!.Count, length, shape);
        Count++;
    }

    /// <summary>Appends one row of a vector of any kind and the same physical type.</summary>
    public void AppendFrom(Vector source, int row) => Append(source, &row, 1);

    /// <summary>Appends rows of a vector of any kind.</summary>
    /// <param name="source">Of this column's physical type.</param>
    /// <param name="rows">Row numbers; null: the first <paramref name="count"/> rows.</param>
    /// <param name="count">How many.</param>
    public void Append(Vector source, int* rows, int count)
    {
        if (count == 0)
            return;
        Reserve(count);
        if (source.Validity != null || _validity is not null)
            AppendValidity(source, rows, count);
        switch (Physical)
        {
            case PhysicalType.Bool:
                for (var i = 0; i < count; i++)
                {
                    if (source.GetBool(rows == null ? i : rows[i]))
                        Bits.Set((ulong*)Values, Count + i);
                    else
                        Bits.Clear((ulong*)Values, Count + i);
                }
                break;
            case PhysicalType.Int8: RowCopy.Fixed(source, rows, count, (byte*)Values + Count); break;
            case PhysicalType.Int16: RowCopy.Fixed(source, rows, count, (short*)Values + Count); break;
            case PhysicalType.Int32 or PhysicalType.Float32: RowCopy.Fixed(source, rows, count, (int*)Values + Count); break;
            case PhysicalType.Int64 or PhysicalType.Float64: RowCopy.Fixed(source, rows, count, (long*)Values + Count); break;
            case PhysicalType.View: AppendViews(source, rows, count); break;
            case PhysicalType.List: AppendLists(source, rows, count); break;
            default: RowCopy.Fixed(source, rows, count, (Int128*)Values + Count); break;
        }
        Count += count;
    }

    private void AppendValidity(Vector source, int* rows, int count)
    {
        if (source.Validity == null)
        {
            Bits.SetRange(Validity, Count, count);
            return;
        }
        EnsureValidity();
        if (source.Kind == VectorKind.Constant)
            Bits.SetRange(Validity, Count, count, (*source.Validity & 1) != 0);
        else if (rows == null)
            Bits.CopyRange(source.Validity, 0, Validity, Count, count);
        else
        {
            var target = Validity;
            for (var i = 0; i < count; i++)
            {
                if (Bits.Get(source.Validity, rows[i]))
                    Bits.Set(target, Count + i);
                else
                    Bits.Clear(target, Count + i);
            }
        }
    }

    private void AppendViews(Vector source, int* rows, int count)
    {
        var target = (View*)Values + Count;
        RowCopy.Fixed(source, rows, count, (Int128*)target);
        var flat = source.Kind == VectorKind.Dictionary ? source.Dictionary! : source;
        var buffers = flat.ArenaPointers;
        for (var i = 0; i < count; i++)
        {
            if (target[i].IsInline)
                continue;
            if (source.Validity != null && !source.IsValid(rows == null ? i : rows[i]))
                target[i] = default;
            else
                target[i] = CopyString(Arrow.View.Bytes(target + i, buffers));
        }
    }

    private void AppendLists(Vector source, int* rows, int count)
    {
        var flat = source.Kind == VectorKind.Dictionary ? source.Dictionary! : source;
        for (var i = 0; i < count; i++)
        {
            var row = rows == null ? i : rows[i];
            var entry = (long*)Values + (Count + i) * 2L;
            entry[0] = Child!.Count;
            entry[1] = 0;
            if (!source.IsValid(row))
                continue;
            var index = source.Kind switch { VectorKind.Constant => 0, VectorKind.Dictionary => (int)source.Code(row), _ => row };
            var offset = (int)((long*)flat.Values)[index * 2L];
            var length = (int)((long*)flat.Values)[index * 2L + 1];
            entry[1] = ((long*)flat.Values)[index * 2L + 1];
            for (var k = 0; k < length; k++)
                Child.AppendFrom(flat.Child!, offset + k);
        }
    }

    /// <summary>Appends all rows of another builder of the same type.</summary>
    public void Append(ColumnBuilder other)
    {
        if (other.Count == 0)
            return;
        if (Physical != PhysicalType.View)
        {
            Append(other.View(), null, other.Count);
            return;
        }
        // Long strings stay where they are: the arenas are shared, only buffer numbers move.
        Reserve(other.Count);
        if (other._validity is not null || _validity is not null)
            AppendValidity(other.View(), null, other.Count);
        var shift = Arena!.AddShared(other.Arena!);
        var source = (View*)other.Values;
        var target = (View*)Values + Count;
        for (var i = 0; i < other.Count; i++)
        {
            var view = source[i];
            target[i] = view.IsInline ? view : new View(view.Low, view.High + (uint)shift);
        }
        Count += other.Count;
    }

    public void Dispose()
    {
        _values?.Release();
        _validity?.Release();
        _values = _validity = null;
        Arena?.Dispose();
        Arena = null;
        Child?.Dispose();
        _memory?.Release(_charged);
        _charged = 0;
        Capacity = 0;
        Count = 0;
    }
}
