namespace OmenDb.Storage.Tables.Sealed;

/// <summary>Where one vector of a sealed column stands in the column's block.</summary>
internal struct VectorLayout
{
    public SealedEncoding Encoding;

    /// <summary>Of narrow offsets and dictionary codes; else 0.</summary>
    public byte CodeWidth;

    public long Base;

    public long ValuesAt;

    /// <summary>-1: no row is null.</summary>
    public long ValidityAt;

    /// <summary>Living rows that are null.</summary>
    public int Nulls;
}

/// <summary>What is known of a sealed column without its bytes; it stays in memory when they go.</summary>
/// <remarks>Positions are relative to the block, views name the string blocks by their place: so the bytes mean the same wherever they stand.</remarks>
internal sealed class SealedLayout
{
    public VectorLayout[] Vectors { get; } = new VectorLayout[RowId.VectorsPerSegment];

    /// <summary>Values, bitmaps and the dictionary.</summary>
    public long BlockBytes { get; set; }

    /// <summary>Entries; 0: no vector has codes.</summary>
    public int DictionaryCount { get; set; }

    public long DictionaryAt { get; set; }

    /// <summary>As comparison orders them.</summary>
    public bool DictionaryIsSorted { get; set; }

    /// <summary>Lengths of the blocks that hold the bytes of long strings.</summary>
    public IReadOnlyList<long> StringBlocks { get; set; } = [];

    public long StringBytes => StringBlocks.Sum();

    /// <summary>Living rows when it was made: those of dead rows were left out.</summary>
    public int LiveRows { get; set; }

    /// <summary>Distinct values of living rows; an upper bound where they were not counted.</summary>
    public int DistinctCount { get; set; }
}
