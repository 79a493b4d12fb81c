using System.Runtime.CompilerServices;
using OmenDb.Arrow;

namespace OmenDb.Storage.Tables.Sealed;

/// <summary>What has been found out about one column of one vector, and what is made of it.</summary>
internal struct ColumnPiece
{
    public bool IsPresent;
    public SealedEncoding Encoding;
    public byte Width;
    public long Base;
    public int Rows;
    public int LiveCount;
    public int NullCount;

    /// <summary>Bounds of the values that count, as <see cref="ZoneKey"/>s; Min above Max: there are none.</summary>
    public ulong Min;
    public ulong Max;
}

/// <summary>Re-encodes one column of a segment: looks at all its vectors, chooses by size, writes.</summary>
/// <remarks>In two steps: <see cref="Analyze"/>, <see cref="Write"/>. A column has blocks of its own, so that it can leave memory alone.
/// Values of rows that are dead or null do not count: zeros (or the first dictionary entry) stand in their place.</remarks>
internal abstract unsafe class ColumnEncoder(TableColumn definition, int column)
{
    private const int Alignment = NativeMemoryBlocks.Alignment;

    protected readonly ColumnPiece[] Pieces = new ColumnPiece[RowId.VectorsPerSegment];

    public TableColumn Definition { get; } = definition;

    public int Column { get; } = column;

    public ref readonly ColumnPiece Piece(int vector) => ref Pieces[vector];

    /// <summary>An estimate, or exact where a dictionary was made.</summary>
    protected int DistinctCount { get; set; }

    /// <summary>Entries of the dictionary, when one is used; otherwise 0.</summary>
    protected virtual int DictionaryEntries => 0;

    protected virtual bool DictionaryIsSorted => true;

    protected PhysicalType Physical => Definition.Stored;

    public static ColumnEncoder For(TableColumn definition, int column) => definition.Stored switch
    {
        PhysicalType.Bool => new BoolEncoder(definition, column),
        PhysicalType.Int16 => new IntegerEncoder<short>(definition, column),
        PhysicalType.Int32 => new IntegerEncoder<int>(definition, column),
        PhysicalType.Int64 => new IntegerEncoder<long>(definition, column),
        PhysicalType.Int128 => new IntegerEncoder<Int128>(definition, column),
        PhysicalType.Int8 => new OpaqueEncoder<byte>(definition, column),
        PhysicalType.Float32 => new OpaqueEncoder<int>(definition, column),
        PhysicalType.Float64 => new OpaqueEncoder<long>(definition, column),
        PhysicalType.View => new ViewEncoder(definition, column),
        _ => new OpaqueEncoder<Int128>(definition, column),
    };

    /// <summary>Looks at the values of all vectors and decides.</summary>
    public void Analyze(ColumnInputs inputs)
    {
        for (var v = 0; v < Pieces.Length; v++)
        {
            if (!inputs.TryOpen(v, Column, out var input))
                continue;
            Pieces[v] = new ColumnPiece
            {
                IsPresent = true, Rows = input.Rows, LiveCount = input.LiveCount, NullCount = input.NullCount, Min = ulong.MaxValue, Max = 0,
            };
            if (input.LiveCount > 0)
                Look(v, ref Pieces[v], input);
        }
        Choose(inputs);
        for (var v = 0; v < Pieces.Length; v++)
        {
            if (Pieces[v] is { IsPresent: true, LiveCount: 0 })
                Pieces[v].Encoding = SealedEncoding.Constant; // only nulls, or nobody there
        }
    }

    /// <summary>At least one row counts.</summary>
    protected abstract void Look(int vector, ref ColumnPiece piece, in ColumnInput input);

    /// <summary>Gives every piece with rows that count its encoding.</summary>
    protected abstract void Choose(ColumnInputs inputs);

    /// <summary>Gives everything its place in the block.</summary>
    private SealedLayout Place()
    {
        var layout = new SealedLayout { DictionaryCount = DictionaryEntries, DictionaryIsSorted = DictionaryIsSorted, DistinctCount = DistinctCount };
        long at = 0;
        for (var v = 0; v < Pieces.Length; v++)
        {
            ref var piece = ref Pieces[v];
            if (!piece.IsPresent)
                continue;
            ref var vector = ref layout.Vectors[v];
            vector.Encoding = piece.Encoding;
            vector.CodeWidth = piece.Encoding is SealedEncoding.Narrow or SealedEncoding.Dictionary ? piece.Width : (byte)0;
            vector.Base = piece.Encoding == SealedEncoding.Narrow ? piece.Base : 0;
            vector.Nulls = piece.NullCount;
            vector.ValuesAt = at;
            at += Aligned(piece.Encoding switch
            {
                SealedEncoding.Constant => 16,
                SealedEncoding.Plain => Physical.BytesFor(piece.Rows),
                _ => (long)piece.Rows * piece.Width,
            });
            vector.ValidityAt = -1;
            if (piece.LiveCount > 0 && piece.NullCount == 0)
                continue;
            vector.ValidityAt = at;
            at += Aligned(piece.Encoding == SealedEncoding.Constant ? 8 : (piece.Rows + 63) / 64 * 8);
        }
        layout.DictionaryAt = at;
        layout.BlockBytes = at + Aligned(DictionaryEntries * (long)Math.Max(1, Physical.Width()));
        return layout;
    }

    private static long Aligned(long bytes) => (bytes + (Alignment - 1)) / Alignment * Alignment;

    /// <summary>Makes the column; one reference is the caller's.</summary>
    /// <param name="inputs">As analysed.</param>
    public SealedColumn Write(ColumnInputs inputs)
    {
        var layout = Place();
        var block = NativeBuffer.Allocate(layout.BlockBytes);
        using var strings = new StringBlocks(ExpectedStringBytes);
        try
        {
            for (var v = 0; v < Pieces.Length; v++)
            {
                if (!inputs.TryOpen(v, Column, out var input))
                    continue;
                ref readonly var vector = ref layout.Vectors[v];
                // In range: a constant's bitmap has one word, which stays zero; all others have a word for each 64 rows.
                if (vector.ValidityAt >= 0 && Pieces[v].LiveCount > 0)
                    Unsafe.CopyBlockUnaligned(block.Pointer + vector.ValidityAt, input.Validity, (uint)((input.Rows + 63) / 64 * 8));
                if (input.LiveCount > 0)
                    WriteValues(v, Pieces[v], input, block.Pointer + vector.ValuesAt, strings);
                layout.LiveRows += inputs.Vectors[v]!.LiveRows;
            }
            if (layout.DictionaryCount > 0)
                WriteDictionary(block.Pointer + layout.DictionaryAt, strings);
        }
        catch
        {
            block.Release();
            throw;
        }
        var blocks = strings.Take();
        layout.StringBlocks = [.. blocks.Select(b => b.Length)];
        return new SealedColumn(Definition.IsList ? ArrowType.BinaryView : Definition.Arrow, layout, block, blocks);
    }

    /// <summary>What long strings will take; may be less than what they do.</summary>
    protected virtual long ExpectedStringBytes => 0;

    /// <summary>At least one row counts. The target is zeroed.</summary>
    protected abstract void WriteValues(int vector, in ColumnPiece piece, in ColumnInput input, byte* target, StringBlocks strings);

    protected virtual void WriteDictionary(byte* target, StringBlocks strings) => throw new InvalidOperationException("this column has no dictionary");

    /// <summary>Bytes per code.</summary>
    protected static byte CodeWidth(int entries) => entries <= 256 ? (byte)1 : (byte)2;

    /// <summary>Codes of the rows that count; 0 for all others.</summary>
    protected static void WriteCodes(ReadOnlySpan<ushort> ids, ReadOnlySpan<ushort> codeOfId, byte width, in ColumnInput input, byte* target)
    {
        for (var row = 0; row < input.Rows; row++)
        {
            if (!input.Counts(row))
                continue;
            var code = codeOfId[ids[row]];
            if (width == 1)
                target[row] = (byte)code;
            else
                ((ushort*)target)[row] = code;
        }
    }
}
