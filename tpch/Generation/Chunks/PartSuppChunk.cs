using OmenDb.Tpch.Generation.Columns;
using OmenDb.Tpch.Generation.Randomness;

namespace OmenDb.Tpch.Generation.Chunks;

/// <summary>A unit is a part with its four suppliers.</summary>
public sealed class PartSuppChunk : TpchChunk
{
    private const int SuppliersPerPart = 4;
    private static readonly CommentLength CommentLength = new(124);

    private readonly byte[] _fourPerPart;

    internal PartSuppChunk(int unitCapacity) : base(TpchTable.PartSupp, unitCapacity, SuppliersPerPart)
    {
        PartKey = Integer();
        SupplierKey = Integer();
        AvailableQuantity = Integer();
        SupplyCost = Decimal();
        Comment = Text();
        _fourPerPart = new byte[unitCapacity];
        Array.Fill(_fourPerPart, (byte)SuppliersPerPart);
    }

    public IntegerColumn PartKey { get; }
    public IntegerColumn SupplierKey { get; }
    public IntegerColumn AvailableQuantity { get; }
    public DecimalColumn SupplyCost { get; }
    public TextColumn Comment { get; }

    /// <summary>The supplier with number 0 .. 3 of a part (ps_suppkey in clause 4.2.3), spread over all suppliers.</summary>
    internal static long SupplierOf(long partKey, int number, long suppliers) =>
        (partKey + number * (suppliers / SuppliersPerPart + (partKey - 1) / suppliers)) % suppliers + 1;

    private protected override int FillColumns(TpchScale scale, TextPool pool, long first, int count)
    {
        var rows = count * SuppliersPerPart;
        for (var row = 0; row < rows; row++)
        {
            var part = first + row / SuppliersPerPart + 1;
            PartKey.Buffer[row] = (int)part;
            SupplierKey.Buffer[row] = (int)SupplierOf(part, row % SuppliersPerPart, scale.Suppliers);
        }
        var four = _fourPerPart.AsSpan(0, count);
        NumberDraws.PerLine(
            new RandomStream(ColumnSeed.PartSuppQuantity, first), four, AvailableQuantity.Buffer.AsSpan(0, rows), 1, 9999);
        NumberDraws.PerLine(new RandomStream(ColumnSeed.PartSuppCost, first), four, SupplyCost.Buffer.AsSpan(0, rows), 100, 100_000);
        TextDraws.Comments(new RandomStream(ColumnSeed.PartSuppComment, first), four, CommentLength, pool, Comment, Places);
        return rows;
    }
}
