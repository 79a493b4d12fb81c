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
/// <remarks>The values of all vectors, the bitmaps and the dictionary stand in one block, the bytes of long strings in blocks beside it. A column whose
/// bytes are in a checkpoint file (<see cref="Home"/>) may be replaced by one without bytes (<see cref="IsEvicted"/>): nobody reads values of that
/// one, see Residency.md.</remarks>
internal sealed unsafe class SealedColumn : SharedMemory
{
    [ThreadStatic]
    private static Vector? _scratch;

    private readonly NativeBuffer? _block;
    private readonly EncodedValues[] _vectors;
    private readonly ViewArena? _strings;
    private SealedHome? _home;

    /// <param name="type">As stored: lists are binary views here.</param>
    /// <param name="layout">Of the bytes.</param>
    /// <param name="block">Taken over.</param>
    /// <param name="strings">Taken over; as many as the layout has.</param>
    public SealedColumn(ArrowType type, SealedLayout layout, NativeBuffer block, IReadOnlyList<NativeBuffer> strings)
    {
        Type = type;
        Layout = layout;
        _block = block;
        _vectors = new EncodedValues[RowId.VectorsPerSegment];
        if (type.Physical == PhysicalType.View)
        {
            _strings = new ViewArena();
            foreach (var buffer in strings)
                _strings.AddTaken(buffer);
        }
        if (layout.DictionaryCount > 0)
        {
            Dictionary = new Vector
            {
                Type = type, Physical = type.Physical, Kind = VectorKind.Flat, Length = layout.DictionaryCount,
                Values = block.Pointer + layout.DictionaryAt, IsSorted = layout.DictionaryIsSorted, Arena = _strings,
            };
        }
        for (var v = 0; v < _vectors.Length; v++)
        {
            ref readonly var vector = ref layout.Vectors[v];
            if (vector.Encoding == SealedEncoding.None)
                continue;
            _vectors[v] = new EncodedValues
            {
                Kind = KindOf(vector.Encoding), CodeWidth = vector.CodeWidth, Base = vector.Base,
                Values = block.Pointer + vector.ValuesAt,
                Validity = vector.ValidityAt < 0 ? null : (ulong*)(block.Pointer + vector.ValidityAt),
                Dictionary = vector.Encoding == SealedEncoding.Dictionary ? Dictionary : null,
                Arena = _strings,
            };
        }
    }

    /// <summary>Without bytes: they are in the file.</summary>
    /// <param name="type">As stored.</param>
    /// <param name="layout">Of the bytes.</param>
    /// <param name="home">Retained.</param>
    public SealedColumn(ArrowType type, SealedLayout layout, SealedHome home)
    {
        Type = type;
        Layout = layout;
        _vectors = [];
        home.File.Retain();
        _home = home;
    }

    public ArrowType Type { get; }

    public SealedLayout Layout { get; }

    /// <summary>Nobody may read values: they must be loaded first.</summary>
    public bool IsEvicted => _block is null;

    /// <summary>Whoever loads an evicted column holds this: one reads, the others find what he has put in place.</summary>
    public Lock Loading { get; } = new();

    /// <summary>Somebody has read it since the clock came by.</summary>
    public bool IsUsed { get; set; }

    /// <summary>Null: no vector has codes.</summary>
    public Vector? Dictionary { get; }

    /// <summary>Of its block, in memory or not; the strings apart.</summary>
    public long Bytes => Layout.BlockBytes;

    /// <summary>Of its long strings.</summary>
    public long StringBytes => Layout.StringBytes;

    /// <summary>What it takes in memory.</summary>
    public long ResidentBytes => IsEvicted ? 0 : Bytes + StringBytes;

    public int LiveRows => Layout.LiveRows;

    public int DistinctCount => Layout.DistinctCount;

    /// <summary>The bytes; null when evicted.</summary>
    public NativeBuffer? Block => _block;

    /// <summary>The blocks of long strings; null: no strings.</summary>
    public IReadOnlyList<NativeBuffer>? StringBlocks => _strings?.Buffers;

    /// <summary>Where its views point; resident columns only.</summary>
    public byte** StringPointers => _strings is null ? null : _strings.Pointers;

    public ViewArena? Strings => _strings;

    /// <summary>The place in a checkpoint file that the manifest names; null: in none yet.</summary>
    public SealedHome? Home => Volatile.Read(ref _home);

    /// <summary>An evicted column once more with its bytes; one reference is the caller's.</summary>
    /// <exception cref="Types.SqlException">XX001 with file and offset; 58030.</exception>
    public SealedColumn Reload()
    {
        for (; ; )
        {
            var home = Home!;
            if (!home.File.TryRetain())
                continue; // a checkpoint has just moved it
            try
            {
                return home.Read(Type, Layout);
            }
            finally
            {
                home.File.Release();
            }
        }
    }

    /// <summary>By the checkpoint that has written it: one at a time.</summary>
    public void MoveTo(SealedHome home)
    {
        home.File.Retain();
        Interlocked.Exchange(ref _home, home)?.File.Release();
    }

    public SealedEncoding Encoding(int vector) => Layout.Vectors[vector].Encoding;

    public int NullCount(int vector) => Layout.Vectors[vector].Nulls;

    public byte CodeWidth(int vector) => Layout.Vectors[vector].CodeWidth;

    private static VectorKind KindOf(SealedEncoding encoding) => encoding switch
    {
        SealedEncoding.Constant => VectorKind.Constant,
        SealedEncoding.Narrow => VectorKind.Narrow,
        SealedEncoding.Dictionary => VectorKind.Dictionary,
        _ => VectorKind.Flat,
    };

    /// <summary>The reader's vector becomes the column vector itself.</summary>
    public void Borrow(int vector, int rows, Vector target)
    {
        if (!IsUsed)
            IsUsed = true;
        target.Borrow(Type, rows, _vectors[vector], this);
    }

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
        if (!IsUsed)
            IsUsed = true;
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

    /// <summary>Fetches the line that <see cref="ReadValue"/> will read first.</summary>
    public void Prefetch(int vector, int row)
    {
        if (IsEvicted)
            return; // whoever reads it will find out
        ref readonly var values = ref _vectors[vector];
        if (System.Runtime.Intrinsics.X86.Sse.IsSupported)
            System.Runtime.Intrinsics.X86.Sse.Prefetch0(values.Values + (long)row * (values.CodeWidth != 0 ? values.CodeWidth : Type.Physical.Width()));
    }

    private static uint Code(in EncodedValues values, int row) => values.CodeWidth switch
    {
        1 => values.Values[row],
        2 => ((ushort*)values.Values)[row],
        _ => ((uint*)values.Values)[row],
    };

    protected override void FreeMemory()
    {
        _block?.Release();
        _strings?.Dispose();
        Interlocked.Exchange(ref _home, null)?.File.Release();
    }
}
