using System.Numerics;
using System.Runtime.CompilerServices;
using OmenDb.Arrow.Compute;

namespace OmenDb.Arrow;

/// <summary>A flat column that grows: what hash-join builds, sorts and lists keep their rows in.</summary>
/// <remarks>Everything is copied, long strings into an arena of its own, so nothing of the source is referenced afterwards.
/// For one thread. Up to 2^31 - 1 rows.</remarks>
public sealed unsafe class ColumnAppender : IDisposable
{
    private NativeBuffer? _values;
    private NativeBuffer? _validity;
    private readonly ViewArena? _arena;
    private readonly ColumnAppender? _elements;
    private readonly int _width;
    private int _capacity;
    private long _stringBytes;

    public ColumnAppender(ArrowType type)
    {
        Type = type;
        _width = type.Physical.Width();
        if (type.Physical == PhysicalType.View)
            _arena = new ViewArena();
        if (type.Physical == PhysicalType.List)
            _elements = new ColumnAppender(type.Element ?? ArrowType.Null);
        Column.Type = type;
        Column.Physical = type.Physical;
        Column.Arena = _arena;
        Column.Child = _elements?.Column;
        Reserve(0);
    }

    public ArrowType Type { get; }

    public int Count { get; private set; }

    /// <summary>The rows so far as a flat vector. The same object always; its pointers change when the column grows.</summary>
    public Vector Column { get; } = new();

    /// <summary>Bytes of memory held: what a memory accountant charges.</summary>
    public long SizeBytes => (_values?.Length ?? 0) + (_validity?.Length ?? 0) + _stringBytes + (_elements?.SizeBytes ?? 0);

    /// <summary>Appends rows <paramref name="start"/> to <paramref name="start"/> + <paramref name="count"/> of a vector of the same physical type and any kind.</summary>
    public void Append(Vector source, int start, int count)
    {
        Check(source);
        if (count == 0)
            return;
        Reserve(count);
        if (source.Kind == VectorKind.Flat)
        {
            if (_width == 0)
                Bits.CopyRange((ulong*)source.Values, start, (ulong*)_values!.Pointer, Count, count);
            else
                Buffer.MemoryCopy(source.Values + (long)start * _width, At(Count), (long)count * _width, (long)count * _width);
        }
        else
        {
            for (var i = 0; i < count; i++)
                CopyOne(source, start + i, Count + i);
        }
        AppendValidity(source, start, count);
        Adopt(source, count);
        Advance(count);
    }

    /// <summary>Appends chosen rows; index -1 appends a null.</summary>
    public void AppendRows(Vector source, int* rows, int count)
    {
        Check(source);
        if (count == 0)
            return;
        Reserve(count);
        var missing = false;
        for (var i = 0; i < count; i++)
            missing |= rows[i] < 0;
        if (source.Kind == VectorKind.Flat && !missing && _width > 0)
            GatherFlat(source.Values, rows, count);
        else
        {
            for (var i = 0; i < count; i++)
            {
                if (rows[i] >= 0)
                    CopyOne(source, rows[i], Count + i);
                else
                    Blank(Count + i);
            }
        }
        if (missing || source.Validity != null || _validity is not null)
        {
            var validity = EnsureValidity();
            for (var i = 0; i < count; i++)
            {
                if (rows[i] >= 0 && source.IsValid(rows[i]))
                    Bits.Set(validity, Count + i);
                else
                    Bits.Clear(validity, Count + i);
            }
        }
        Adopt(source, count);
        Advance(count);
    }

    public void AppendNulls(int count)
    {
        if (count == 0)
            return;
        Reserve(count);
        for (var i = 0; i < count; i++)
            Blank(Count + i);
        Bits.SetRange(EnsureValidity(), Count, count, value: false);
        Advance(count);
    }

    /// <summary>Forgets the rows and keeps the memory.</summary>
    public void Clear()
    {
        Count = 0;
        Column.Length = 0;
        Column.Validity = null;
        _validity?.Release();
        _validity = null;
        _arena?.Reset();
        _stringBytes = 0;
        _elements?.Clear();
    }

    public void Dispose()
    {
        _values?.Release();
        _validity?.Release();
        _values = _validity = null;
        _arena?.Dispose();
        _elements?.Dispose();
        Column.Values = null;
        Column.Validity = null;
        Column.Length = 0;
    }

    private byte* At(int row) => _values!.Pointer + (long)row * _width;

    private void Check(Vector source)
    {
        if (source.Physical != Type.Physical)
            throw new ArgumentException($"cannot append {source.Physical} to {Type.Physical}", nameof(source));
    }

    private void Reserve(int more)
    {
        var needed = checked(Count + more);
        if (_values is not null && needed <= _capacity)
            return;
        var capacity = (int)Math.Min(int.MaxValue - 63, Math.Max(64L, (long)BitOperations.RoundUpToPowerOf2((uint)needed)));
        var grown = NativeBuffer.Allocate(Type.Physical.BytesFor(capacity), zeroed: false);
        if (_values is not null)
        {
            Buffer.MemoryCopy(_values.Pointer, grown.Pointer, grown.Length, Type.Physical.BytesFor(Count));
            _values.Release();
        }
        _values = grown;
        Column.Values = grown.Pointer;
        if (_validity is not null)
        {
            var bitmap = NativeBuffer.Allocate(Bits.WordsFor(capacity) * 8L, zeroed: false);
            Buffer.MemoryCopy(_validity.Pointer, bitmap.Pointer, bitmap.Length, Bits.WordsFor(Count) * 8L);
            _validity.Release();
            _validity = bitmap;
            Column.Validity = (ulong*)bitmap.Pointer;
        }
        _capacity = capacity;
    }

    private ulong* EnsureValidity()
    {
        if (_validity is null)
        {
            _validity = NativeBuffer.Allocate(Bits.WordsFor(_capacity) * 8L, zeroed: false);
            new Span<ulong>(_validity.Pointer, Bits.WordsFor(Count)).Fill(ulong.MaxValue);
            Column.Validity = (ulong*)_validity.Pointer;
        }
        return (ulong*)_validity.Pointer;
    }

    private void AppendValidity(Vector source, int start, int count)
    {
        if (source.Validity == null)
        {
            if (_validity is not null)
                Bits.SetRange(EnsureValidity(), Count, count);
        }
        else if (source.Kind == VectorKind.Constant)
        {
            if (source.IsConstantNull || _validity is not null)
                Bits.SetRange(EnsureValidity(), Count, count, !source.IsConstantNull);
        }
        else
        {
            Bits.CopyRange(source.Validity, start, EnsureValidity(), Count, count);
        }
    }

    private void Advance(int count)
    {
        Count += count;
        Column.Length = Count;
    }

    private void Blank(int row)
    {
        if (_width > 0)
            Unsafe.InitBlock(At(row), 0, (uint)_width);
        else
            Bits.Clear((ulong*)_values!.Pointer, row);
    }

    private void GatherFlat(byte* source, int* rows, int count)
    {
        var target = At(Count);
        switch (_width)
        {
            case 1: Gather.Copy(source, rows, count, target); break;
            case 2: Gather.Copy((short*)source, rows, count, (short*)target); break;
            case 4: Gather.Copy((int*)source, rows, count, (int*)target); break;
            case 8: Gather.Copy((long*)source, rows, count, (long*)target); break;
            default: Gather.Copy((View*)source, rows, count, (View*)target); break;
        }
    }

    private void CopyOne(Vector source, int row, int target)
    {
        switch (_width)
        {
            case 0:
                if (source.GetBool(row))
                    Bits.Set((ulong*)_values!.Pointer, target);
                else
                    Bits.Clear((ulong*)_values!.Pointer, target);
                break;
            case 1: *(sbyte*)At(target) = source.Get<sbyte>(row); break;
            case 2: *(short*)At(target) = source.Get<short>(row); break;
            case 4: *(int*)At(target) = source.Get<int>(row); break;
            case 8: *(long*)At(target) = source.Get<long>(row); break;
            default: *(View*)At(target) = source.Get<View>(row); break;
        }
    }

    /// <summary>Makes the rows just copied independent of the source: long strings and list elements move in here.</summary>
    private void Adopt(Vector source, int count)
    {
        if (_arena is null && _elements is null)
            return;
        var flat = source.Kind == VectorKind.Dictionary ? source.Dictionary! : source;
        if (_arena is not null)
        {
            var views = (View*)At(Count);
            var buffers = flat.ArenaPointers;
            for (var i = 0; i < count; i++)
            {
                if (views[i].IsInline)
                    continue;
                if (Column.Validity != null && !Bits.Get(Column.Validity, Count + i))
                {
                    views[i] = default; // whatever stood under the null
                    continue;
                }
                _stringBytes += views[i].Length;
                views[i] = _arena.Append(View.Bytes(views + i, buffers));
            }
            return;
        }
        var slots = (ListSlot*)At(Count);
        for (var i = 0; i < count; i++)
        {
            var list = slots[i];
            var first = _elements!.Count;
            var valid = Column.Validity == null || Bits.Get(Column.Validity, Count + i);
            if (valid && list.Length > 0)
                _elements.Append(flat.Child!, checked((int)list.Offset), checked((int)list.Length));
            slots[i] = valid ? list.At(first) : new ListSlot(first, 0);
        }
    }
}
