using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace OmenDb.Arrow;

/// <summary>How the values of a vector stand in memory. There are no other kinds.</summary>
public enum VectorKind : byte
{
    /// <summary>One value per row: exactly an Arrow array.</summary>
    Flat = 0,
    /// <summary>One value for all rows, or null for all rows.</summary>
    Constant = 1,
    /// <summary>Codes of 1, 2 or 4 bytes into a flat dictionary vector: exactly an Arrow dictionary array (with unsigned indexes).</summary>
    Dictionary = 2,
    /// <summary>Frame of reference: value = <see cref="Vector.Base"/> + an unsigned offset of 1, 2 or 4 bytes. Only for Int16/32/64/128.</summary>
    Narrow = 3,
}

/// <summary>A column in flight: up to a few thousand values of one type, in one of four representations.</summary>
/// <remarks>
/// <para>One sealed class, its fields read directly: kernels switch on <see cref="Kind"/> once per batch.</para>
/// <para><b>Lifetime.</b> The vectors of a batch are valid until its producer is asked for the next batch; then their memory
/// may be reused. Who needs values longer copies them (<see cref="VectorWriter"/>). A vector keeps alive what it points
/// into through references that <see cref="Dispose"/> (or the next Reset) drops.</para>
/// <para><b>Nulls.</b> <see cref="Validity"/> null means no nulls; otherwise ⌈Length/64⌉ words, bit = 1: valid. Under a null
/// stands an unspecified but readable value; for View a zero view. In a Constant vector bit 0 speaks for all rows.</para>
/// <para>Bits past Length in the last word of a bitmap are unspecified.</para>
/// </remarks>
public sealed unsafe class Vector : IDisposable
{
    private NativeBuffer? _valuesOwner;
    private NativeBuffer? _validityOwner;
    private SharedMemory? _keeper;
    private ViewArena? _scratchArena;
    private Vector? _scratchChild;

    public ArrowType Type = ArrowType.Null;
    public PhysicalType Physical;
    public VectorKind Kind;

    /// <summary>Rows.</summary>
    public int Length;

    /// <summary>Flat: values. Constant: the one value. Dictionary: codes. Narrow: offsets.</summary>
    public byte* Values;

    /// <summary>Null when no value is null. Arrow bit order.</summary>
    public ulong* Validity;

    /// <summary>Dictionary and Narrow: 1, 2 or 4 bytes per code or offset. Narrow vectors of Int128 also 8, signed, with base 0: what computations
    /// make of decimals that fit 64 bits.</summary>
    public byte CodeWidth;

    /// <summary>Narrow: what is added to every offset. For Int128 values the base must fit 64 bits.</summary>
    public long Base;

    /// <summary>Dictionary: the distinct values, flat.</summary>
    public Vector? Dictionary;

    /// <summary>Of a dictionary: its entries ascend as <see cref="Compute.Compare"/> orders them, so codes compare as their values do.</summary>
    public bool IsSorted;

    /// <summary>View: where the bytes of long strings stand (of the dictionary vector for Dictionary kind: look there).</summary>
    public ViewArena? Arena;

    /// <summary>List: the elements of all lists, flat.</summary>
    public Vector? Child;

    public bool MayHaveNulls => Validity != null;

    public byte** ArenaPointers => Arena == null ? null : Arena.Pointers;

    /// <summary>True when row <paramref name="row"/> is not null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsValid(int row)
    {
        if (Kind == VectorKind.Constant)
            row = 0;
        return Validity == null || (Validity[row >> 6] >> (row & 63) & 1) != 0;
    }

    /// <summary>All rows null, whatever they are.</summary>
    public bool IsConstantNull => Kind == VectorKind.Constant && Validity != null && (*Validity & 1) == 0;

    public Span<T> ValuesAs<T>() where T : unmanaged =>
        new(Values, Kind == VectorKind.Constant ? 1 : Length);

    /// <summary>The value of a row of a Flat, Constant, Dictionary or Narrow vector of a fixed-width type other than Bool.
    /// One value at a time: for point reads, row-wise sinks and tests, not for kernels.</summary>
    public T Get<T>(int row) where T : unmanaged
    {
        Debug.Assert(sizeof(T) == Physical.Width(), "the type of the value must have the vector's width");
        switch (Kind)
        {
            case VectorKind.Flat:
                return ((T*)Values)[row];
            case VectorKind.Constant:
                return *(T*)Values;
            case VectorKind.Dictionary:
                return ((T*)Dictionary!.Values)[Code(row)];
            default:
                var wide = CodeWidth == sizeof(long) ? ((long*)Values)[row] : Base + (long)Code(row);
                return Physical switch
                {
                    PhysicalType.Int16 => Unsafe.BitCast<short, T>((short)wide),
                    PhysicalType.Int32 => Unsafe.BitCast<int, T>((int)wide),
                    PhysicalType.Int64 => Unsafe.BitCast<long, T>(wide),
                    _ => Unsafe.BitCast<Int128, T>(wide),
                };
        }
    }

    public bool GetBool(int row)
    {
        if (Kind == VectorKind.Constant)
            row = 0;
        else if (Kind == VectorKind.Dictionary)
            return Dictionary!.GetBool((int)Code(row));
        return (((ulong*)Values)[row >> 6] >> (row & 63) & 1) != 0;
    }

    /// <summary>The bytes of a row of a View vector of any kind; valid as long as the vector is.</summary>
    public ReadOnlySpan<byte> GetBytes(int row)
    {
        if (Kind == VectorKind.Dictionary)
            return Dictionary!.GetBytes((int)Code(row));
        if (Kind == VectorKind.Constant)
            row = 0;
        return View.Bytes((View*)Values + row, ArenaPointers);
    }

    /// <summary>Dictionary code or Narrow offset of a row, of at most 4 bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Code(int row) => CodeWidth switch
    {
        1 => Values[row],
        2 => ((ushort*)Values)[row],
        _ => ((uint*)Values)[row],
    };

    /// <summary>Makes this a writable flat vector of <paramref name="length"/> rows on memory of its own, reusing what it has.
    /// Values are undefined; all rows are valid (no validity bitmap) until <see cref="EnsureValidity"/>.</summary>
    public void ResetFlat(ArrowType type, int length)
    {
        var physical = type.Physical;
        DropBorrowed();
        Type = type;
        Physical = physical;
        Kind = VectorKind.Flat;
        Length = length;
        Values = OwnValues(physical.BytesFor(length));
        if (physical == PhysicalType.View)
        {
            _scratchArena ??= new ViewArena();
            _scratchArena.Reset();
            Arena = _scratchArena;
        }
        else if (physical == PhysicalType.List)
        {
            if (_elements is null || _elements.Type != type.Element)
            {
                _elements?.Dispose();
                _elements = new ColumnAppender(type.Element ?? ArrowType.Null);
            }
            _elements.Clear();
            Child = _elements.Column;
        }
    }

    /// <summary>Makes this a constant; the caller then writes the value to <see cref="Values"/> (or through <see cref="VectorWriter"/>).</summary>
    public void ResetConstant(ArrowType type, int length, bool isNull)
    {
        ResetFlat(type, 1);
        new Span<byte>(Values, 16).Clear();
        Kind = VectorKind.Constant;
        Length = length;
        if (isNull)
        {
            EnsureValidity();
            *Validity = 0;
        }
    }

    /// <summary>Makes this a dictionary vector with writable codes of its own; the dictionary is borrowed like everything referenced.</summary>
    /// <param name="length">Rows; their codes are undefined until written, and every code, under nulls too, must be below the dictionary's length (or 0).</param>
    /// <param name="codeWidth">1, 2 or 4.</param>
    /// <param name="dictionary">Flat, distinct, without nulls.</param>
    public void ResetDictionary(int length, byte codeWidth, Vector dictionary)
    {
        Debug.Assert(dictionary.Kind == VectorKind.Flat, "a dictionary is flat");
        DropBorrowed();
        Type = dictionary.Type;
        Physical = dictionary.Physical;
        Kind = VectorKind.Dictionary;
        Length = length;
        CodeWidth = codeWidth;
        Dictionary = dictionary;
        Values = OwnValues((long)length * codeWidth);
    }

    /// <summary>Makes this a frame-of-reference vector with writable offsets of its own.</summary>
    public void ResetNarrow(ArrowType type, int length, byte codeWidth, long baseValue)
    {
        DropBorrowed();
        Type = type;
        Physical = type.Physical;
        Kind = VectorKind.Narrow;
        Length = length;
        CodeWidth = codeWidth;
        Base = baseValue;
        Values = OwnValues((long)length * codeWidth);
    }

    /// <summary>Of an own flat List vector: takes the elements of the lists that are being built; <see cref="Child"/> shows them.</summary>
    public ColumnAppender Elements =>
        _elements ?? throw new InvalidOperationException("only a list vector that was reset to flat collects elements");

    private ColumnAppender? _elements;

    /// <summary>A writable bitmap of this vector's own; starts as a copy of a borrowed one, or all valid if there was none.</summary>
    public ulong* EnsureValidity()
    {
        if (Validity != null && !_borrowed && _validityOwner is not null && Validity == (ulong*)_validityOwner.Pointer)
            return Validity;
        var words = Math.Max(1, ((Kind == VectorKind.Constant ? 1 : Length) + 63) >> 6);
        if (Validity != null)
        {
            var borrowed = Validity;
            var own = NativeBuffer.Allocate(Math.Max(256, words * 8L), zeroed: false);
            Unsafe.CopyBlock(own.Pointer, borrowed, (uint)words * 8);
            _validityOwner?.Release();
            _validityOwner = own;
            return Validity = (ulong*)own.Pointer;
        }
        if (_validityOwner is null || _validityOwner.Length < words * 8L || _validityOwner.ReferenceCount > 1)
        {
            _validityOwner?.Release();
            _validityOwner = NativeBuffer.Allocate(Math.Max(256, words * 8L), zeroed: false);
        }
        Validity = (ulong*)_validityOwner.Pointer;
        new Span<ulong>(Validity, words).Fill(ulong.MaxValue);
        return Validity;
    }

    /// <summary>List: a child vector of this vector's own, reused from batch to batch; the caller fills it.</summary>
    public Vector OwnChild() => Child = _scratchChild ??= new Vector();

    /// <summary>Becomes the same column as <paramref name="other"/> without copying: same pointers, same lifetime rule. Nothing is retained.</summary>
    public void Reference(Vector other)
    {
        if (ReferenceEquals(this, other))
            return;
        DropBorrowed();
        Type = other.Type;
        Physical = other.Physical;
        Kind = other.Kind;
        Length = other.Length;
        Values = other.Values;
        Validity = other.Validity;
        CodeWidth = other.CodeWidth;
        Base = other.Base;
        Dictionary = other.Dictionary;
        IsSorted = other.IsSorted;
        Arena = other.Arena;
        Child = other.Child;
    }

    /// <summary>Becomes a column of any kind in memory of somebody else, who is retained until the next Reset or Dispose.</summary>
    /// <param name="type">The column's type.</param>
    /// <param name="length">Rows.</param>
    /// <param name="values">Where and how they stand.</param>
    /// <param name="owner">Of everything that <paramref name="values"/> points to.</param>
    public void Borrow(ArrowType type, int length, in EncodedValues values, SharedMemory owner)
    {
        owner.Retain();
        DropBorrowed();
        _keeper = owner;
        Type = type;
        Physical = type.Physical;
        Kind = values.Kind;
        Length = length;
        Values = values.Values;
        Validity = values.Validity;
        CodeWidth = values.CodeWidth;
        Base = values.Base;
        Dictionary = values.Dictionary;
        Arena = values.Arena;
    }

    /// <summary>Makes a reader's column independent of who owns what it points into (the bytes of strings, most of all): he is retained until the next
    /// Reset or Dispose.</summary>
    public void KeepAlive(SharedMemory owner)
    {
        owner.Retain();
        _keeper?.Release();
        _keeper = owner;
    }

    /// <summary>Becomes a flat column on buffers of somebody else, each retained until the next Reset or Dispose.</summary>
    /// <param name="type">The column's type.</param>
    /// <param name="length">Rows.</param>
    /// <param name="values">Laid out as Arrow wants it.</param>
    /// <param name="validity">Null: no nulls.</param>
    /// <param name="arena">Views only; not retained: its owner must outlive the use of this vector.</param>
    public void Borrow(ArrowType type, int length, NativeBuffer values, NativeBuffer? validity, ViewArena? arena = null)
    {
        // Retain before dropping: both may be the same buffer.
        values.Retain();
        validity?.Retain();
        DropBorrowed();
        _valuesOwner?.Release();
        _valuesOwner = values;
        _borrowed = true;
        if (validity is not null)
        {
            _validityOwner?.Release();
            _validityOwner = validity;
        }
        Type = type;
        Physical = type.Physical;
        Kind = VectorKind.Flat;
        Length = length;
        Values = values.Pointer;
        Validity = validity is null ? null : (ulong*)validity.Pointer;
        Arena = arena;
    }

    private bool _borrowed;

    private void DropBorrowed()
    {
        if (_borrowed)
        {
            _valuesOwner?.Release();
            _validityOwner?.Release();
            _valuesOwner = _validityOwner = null;
            _borrowed = false;
        }
        _keeper?.Release();
        _keeper = null;
        Validity = null;
        Dictionary = null;
        IsSorted = false;
        Arena = null;
        Child = null;
        CodeWidth = 0;
        Base = 0;
    }

    private byte* OwnValues(long bytes)
    {
        bytes = Math.Max(bytes, 16);
        if (_valuesOwner is null || _valuesOwner.Length < bytes || _valuesOwner.ReferenceCount > 1)
        {
            _valuesOwner?.Release();
            _valuesOwner = NativeBuffer.Allocate((long)BitOperations.RoundUpToPowerOf2((ulong)bytes), zeroed: false);
        }
        return _valuesOwner.Pointer;
    }

    /// <summary>Gives the vector's own flat memory away: one reference each; the vector forgets it. For storage that adopts appended data.</summary>
    public (NativeBuffer Values, NativeBuffer? Validity, ViewArena? Arena) Detach()
    {
        Debug.Assert(Kind == VectorKind.Flat && !_borrowed && _valuesOwner != null, "only own flat memory can be given away");
        var result = (_valuesOwner!, Validity == null ? null : _validityOwner, Arena);
        _valuesOwner = null;
        if (Validity != null)
            _validityOwner = null;
        if (ReferenceEquals(Arena, _scratchArena))
            _scratchArena = null;
        DropBorrowed();
        Values = null;
        Length = 0;
        return result;
    }

    public void Dispose()
    {
        DropBorrowed();
        _valuesOwner?.Release();
        _validityOwner?.Release();
        _valuesOwner = _validityOwner = null;
        _scratchArena?.Dispose();
        _scratchArena = null;
        _elements?.Dispose();
        _elements = null;
        Values = null;
        Length = 0;
    }
}
