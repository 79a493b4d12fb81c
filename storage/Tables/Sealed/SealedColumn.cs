using System.Runtime.CompilerServices;
using OmenDb.Arrow;
using OmenDb.Arrow.Compute;

namespace OmenDb.Storage.Tables.Sealed;

/// <summary>How a sealed column vector stands in memory. Append-only: shown by name.</summary>
public enum SealedEncoding : byte
{
    /// <summary>Not of this column: hot, or without memory.</summary>
    None = 0,
    /// <summary>One value for all rows, or only nulls.</summary>
    Constant = 1,
    /// <summary>Base and offsets of 1, 2 or 4 bytes.</summary>
    Narrow = 2,
    /// <summary>Codes of 1 or 2 bytes into the segment's dictionary.</summary>
    Dictionary = 3,
    /// <summary>As hot, but packed.</summary>
    Plain = 4,
}

/// <summary>One column of one segment, re-encoded: immutable, shared by the vectors that have been moved to it and by the readers' columns that
/// borrow it; goes with the last of them.</summary>
/// <remarks>The values of all vectors, the bitmaps and the dictionary stand in one block that the columns of one sealing share; the bytes of
/// long strings stand in the arena.</remarks>
internal sealed unsafe class SealedColumn : SharedMemory
{
    [ThreadStatic]
    private static Vector? _scratch;

    private readonly NativeBuffer _block;
    private readonly EncodedValues[] _vectors = new EncodedValues[RowId.VectorsPerSegment];
    private readonly SealedEncoding[] _encodings = new SealedEncoding[RowId.VectorsPerSegment];
    private readonly int[] _nulls = new int[RowId.VectorsPerSegment];
    private SegmentArena? _arena;

    /// <param name="type">As stored: lists are binary views here.</param>
    /// <param name="block">Retained.</param>
    public SealedColumn(ArrowType type, NativeBuffer block)
    {
        Type = type;
        _block = block.Retain();
    }

    public ArrowType Type { get; }

    /// <summary>Null: no vector has codes.</summary>
    public Vector? Dictionary { get; private set; }

    /// <summary>Its share of the block; the strings are the arena's.</summary>
    public long Bytes { get; set; }

    /// <summary>Of its strings in the arena.</summary>
    public long StringBytes { get; set; }

    /// <summary>Living rows when it was made: those of dead rows were left out.</summary>
    public int LiveRows { get; set; }

    /// <summary>Distinct values of living rows; an upper bound where they were not counted.</summary>
    public int DistinctCount { get; set; }

    public SealedEncoding Encoding(int vector) => _encodings[vector];

    public int NullCount(int vector) => _nulls[vector];

    public byte CodeWidth(int vector) => _vectors[vector].CodeWidth;

    /// <summary>While it is made.</summary>
    public void Set(int vector, SealedEncoding encoding, in EncodedValues values, int nulls)
    {
        _vectors[vector] = values;
        _encodings[vector] = encoding;
        _nulls[vector] = nulls;
    }

    /// <summary>While it is made: what the codes mean.</summary>
    /// <param name="values">Flat, in the block.</param>
    /// <param name="count">Entries.</param>
    /// <param name="isSorted">As comparison orders them.</param>
    public void SetDictionary(byte* values, int count, bool isSorted)
    {
        Dictionary = new Vector { Type = Type, Physical = Type.Physical, Kind = VectorKind.Flat, Length = count, Values = values, IsSorted = isSorted };
        foreach (ref var vector in _vectors.AsSpan())
        {
            if (vector.Kind == VectorKind.Dictionary)
                vector.Dictionary = Dictionary;
        }
    }

    /// <summary>While it is made: where its views point.</summary>
    public void SetArena(SegmentArena arena)
    {
        arena.Retain();
        _arena = arena;
        if (Dictionary is not null)
            Dictionary.Arena = arena.Published;
        foreach (ref var vector in _vectors.AsSpan())
            vector.Arena = arena.Published;
    }

    /// <summary>The reader's vector becomes the column vector itself.</summary>
    public void Borrow(int vector, int rows, Vector target) => target.Borrow(Type, rows, _vectors[vector], this);

    /// <summary>Writes the values in flat form.</summary>
    public void Decode(int vector, int rows, byte* target)
    {
        var scratch = _scratch ??= new Vector();
        Borrow(vector, rows, scratch);
        Flatten.Values(scratch, rows, target);
        scratch.Dispose(); // gives the reference back
    }

    /// <summary>The validity of the rows as a bitmap of its own; null when none is null.</summary>
    public NativeBuffer? CopyValidity(int vector, int rows, int capacity)
    {
        ref readonly var values = ref _vectors[vector];
        if (values.Validity == null)
            return null;
        var words = (capacity + 63) / 64;
        var copy = NativeBuffer.Allocate(words * 8L, zeroed: false);
        var bits = new Span<ulong>(copy.Pointer, words);
        bits.Fill(ulong.MaxValue);
        if (values.Kind == VectorKind.Constant)
        {
            if ((*values.Validity & 1) == 0)
            {
                bits.Clear();
                ColumnCopy.SetBits((ulong*)copy.Pointer, rows, words * 64 - rows);
            }
        }
        else
        {
            new ReadOnlySpan<ulong>(values.Validity, (rows + 63) / 64).CopyTo(bits);
        }
        return copy;
    }

    public bool IsValid(int vector, int row)
    {
        ref readonly var values = ref _vectors[vector];
        return values.Validity == null || ColumnCopy.GetBit(values.Validity, values.Kind == VectorKind.Constant ? 0 : row);
    }

    /// <summary>One value as in a flat column (bool: one byte); nothing else is decoded.</summary>
    /// <param name="vector">Of the segment.</param>
    /// <param name="row">In the vector.</param>
    /// <param name="target">Room for 16 bytes, at an address that a view may be read from.</param>
    public void ReadValue(int vector, int row, byte* target)
    {
        ref readonly var values = ref _vectors[vector];
        var source = values.Values;
        var physical = Type.Physical;
        switch (values.Kind)
        {
            case VectorKind.Constant:
                row = 0;
                break;
            case VectorKind.Dictionary:
                source = values.Dictionary!.Values;
                row = (int)Code(values, row);
                break;
            case VectorKind.Narrow:
                var wide = values.Base + (long)Code(values, row);
                if (physical == PhysicalType.Int128)
                    *(Int128*)target = wide;
                else
                    *(long*)target = wide; // little-endian: narrower types take the low bytes
                return;
        }
        if (physical == PhysicalType.Bool)
        {
            *target = ColumnCopy.GetBit((ulong*)source, row) ? (byte)1 : (byte)0;
            return;
        }
        var width = physical.Width();
        Unsafe.CopyBlockUnaligned(target, source + (long)row * width, (uint)width);
    }

    private static uint Code(in EncodedValues values, int row) => values.CodeWidth switch
    {
        1 => values.Values[row],
        2 => ((ushort*)values.Values)[row],
        _ => ((uint*)values.Values)[row],
    };

    protected override void FreeMemory()
    {
        _block.Release();
        _arena?.Release();
    }
}
