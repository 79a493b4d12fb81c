using System.Runtime.CompilerServices;

namespace OmenDb.Arrow;

/// <summary>Appends values one by one to a flat vector of its own: the builder of all types.</summary>
/// <remarks>For row-wise sources (VALUES, COPY, DML, tests). Kernels write vectors directly.</remarks>
public sealed unsafe class VectorWriter(ArrowType type, Vector target, int capacity)
{
    private readonly Vector _target = Prepare(type, target, capacity);
    private readonly int _capacity = capacity;

    /// <summary>Rows written so far; the vector's Length follows.</summary>
    public int Count { get; private set; }

    public Vector Vector => _target;

    private static Vector Prepare(ArrowType type, Vector target, int capacity)
    {
        target.ResetFlat(type, capacity);
        target.Length = 0;
        return target;
    }

    /// <summary>Starts again at row 0 of the same vector.</summary>
    public void Reset()
    {
        Prepare(_target.Type, _target, _capacity);
        Count = 0;
    }

    public void Append<T>(T value) where T : unmanaged
    {
        var row = Next(valid: true);
        ((T*)_target.Values)[row] = value;
    }

    public void AppendBool(bool value)
    {
        var row = Next(valid: true);
        ref var word = ref ((ulong*)_target.Values)[row >> 6];
        var bit = 1UL << (row & 63);
        word = value ? word | bit : word & ~bit;
    }

    public void AppendBytes(ReadOnlySpan<byte> bytes)
    {
        var row = Next(valid: true);
        ((View*)_target.Values)[row] = _target.Arena!.Append(bytes);
    }

    /// <summary>Appends one list: <paramref name="count"/> rows of <paramref name="elements"/> from <paramref name="start"/> on.</summary>
    public void AppendList(Vector elements, int start, int count, uint shape = 0)
    {
        var appender = _target.Elements;
        var slot = new ListSlot(appender.Count, count, shape);
        appender.Append(elements, start, count);
        Append(slot);
    }

    public void AppendNull()
    {
        var row = Next(valid: false);
        var width = _target.Physical.Width();
        if (width > 0)
            Unsafe.InitBlock(_target.Values + (long)row * width, 0, (uint)width);
    }

    /// <summary>Copies row <paramref name="row"/> of a vector of the same type and any kind.</summary>
    public void AppendFrom(Vector source, int row)
    {
        if (!source.IsValid(row) || source.Physical != _target.Physical)
        {
            if (source.IsValid(row))
                throw new ArgumentException($"cannot append {source.Physical} to {_target.Physical}", nameof(source));
            AppendNull();
            return;
        }
        switch (_target.Physical)
        {
            case PhysicalType.Bool: AppendBool(source.GetBool(row)); break;
            case PhysicalType.Int8: Append(source.Get<sbyte>(row)); break;
            case PhysicalType.Int16: Append(source.Get<short>(row)); break;
            case PhysicalType.Int32 or PhysicalType.Float32: Append(source.Get<int>(row)); break;
            case PhysicalType.Int64 or PhysicalType.Float64: Append(source.Get<long>(row)); break;
            case PhysicalType.View: AppendBytes(source.GetBytes(row)); break;
            case PhysicalType.List:
                var list = source.Get<ListSlot>(row);
                var elements = source.Kind == VectorKind.Dictionary ? source.Dictionary!.Child! : source.Child!;
                AppendList(elements, checked((int)list.Offset), checked((int)list.Length), list.Shape);
                break;
            default: Append(source.Get<Int128>(row)); break;
        }
    }

    private int Next(bool valid)
    {
        if (Count == _capacity)
            throw new InvalidOperationException("the vector is full");
        var row = Count++;
        _target.Length = Count;
        if (!valid || _target.Validity != null)
        {
            if (_target.Validity == null)
            {
                _target.Length = _capacity; // the bitmap must cover all rows to come
                _target.EnsureValidity();
                _target.Length = Count;
            }
            var bit = 1UL << (row & 63);
            if (valid)
                _target.Validity[row >> 6] |= bit;
            else
                _target.Validity[row >> 6] &= ~bit;
        }
        return row;
    }
}
