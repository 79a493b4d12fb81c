using OmenDb.Tpch.Generation.Columns;
using OmenDb.Tpch.Generation.Randomness;

namespace OmenDb.Tpch.Generation.Chunks;

/// <summary>A unit is an order with its one to seven lines.</summary>
public sealed class LineItemChunk : TpchChunk
{
    private static readonly CommentLength CommentLength = new(27);

    private readonly byte[] _lineCounts;
    private readonly int[] _orderDates;

    internal LineItemChunk(int unitCapacity) : base(TpchTable.LineItem, unitCapacity, OrderLines.MaxLines)
    {
        OrderKey = BigInt();
        PartKey = Integer();
        SupplierKey = Integer();
        LineNumber = Integer();
        Quantity = Decimal(wholeNumbers: true);
        ExtendedPrice = Decimal();
        Discount = Decimal();
        Tax = Decimal();
        ReturnFlag = Text();
        LineStatus = Text();
        ShipDate = Date();
        CommitDate = Date();
        ReceiptDate = Date();
        ShipInstruct = Text(Distributions.ShipInstructions.LongestWord);
        ShipMode = Text();
        Comment = Text();
        _lineCounts = new byte[unitCapacity];
        _orderDates = new int[unitCapacity];
    }

    public BigIntColumn OrderKey { get; }
    public IntegerColumn PartKey { get; }
    public IntegerColumn SupplierKey { get; }
    public IntegerColumn LineNumber { get; }
    public DecimalColumn Quantity { get; }
    public DecimalColumn ExtendedPrice { get; }
    public DecimalColumn Discount { get; }
    public DecimalColumn Tax { get; }
    public TextColumn ReturnFlag { get; }
    public TextColumn LineStatus { get; }
    public DateColumn ShipDate { get; }
    public DateColumn CommitDate { get; }
    public DateColumn ReceiptDate { get; }
    public TextColumn ShipInstruct { get; }
    public TextColumn ShipMode { get; }
    public TextColumn Comment { get; }

    private protected override int FillColumns(TpchScale scale, TextPool pool, long first, int count)
    {
        var counts = _lineCounts.AsSpan(0, count);
        var orderDates = _orderDates.AsSpan(0, count);
        OrderLines.FillLineCounts(first, counts);
        OrderLines.FillOrderDates(first, orderDates);
        var rows = FillKeys(first, counts);
        var shipDates = ShipDate.Buffer.AsSpan(0, rows);
        var commitDates = CommitDate.Buffer.AsSpan(0, rows);
        var receiptDates = ReceiptDate.Buffer.AsSpan(0, rows);

        NumberDraws.PerLine(Stream(ColumnSeed.LineQuantity), counts, Quantity.Buffer.AsSpan(0, rows), 1, 50, 100);
        NumberDraws.PerLine(Stream(ColumnSeed.LineDiscount), counts, Discount.Buffer.AsSpan(0, rows), 0, 10);
        NumberDraws.PerLine(Stream(ColumnSeed.LineTax), counts, Tax.Buffer.AsSpan(0, rows), 0, 8);
        NumberDraws.PerLine(Stream(ColumnSeed.LinePart), counts, PartKey.Buffer.AsSpan(0, rows), 1, scale.Parts);
        NumberDraws.PerLine(Stream(ColumnSeed.LineSupplier), counts, SupplierKey.Buffer.AsSpan(0, rows), 0, 3);
        NumberDraws.PerLine(Stream(ColumnSeed.LineShipDate), counts, shipDates, 1, OrderLines.MaxShipDays);
        NumberDraws.PerLine(Stream(ColumnSeed.LineCommitDate), counts, commitDates, 30, 90);
        NumberDraws.PerLine(Stream(ColumnSeed.LineReceiptDate), counts, receiptDates, 1, 30);
        for (int order = 0, row = 0; order < count; order++)
        {
            for (var end = row + counts[order]; row < end; row++)
            {
                var part = PartKey.Buffer[row];
                ExtendedPrice.Buffer[row] = PartChunk.PriceOf(part) * (Quantity.Buffer[row] / 100);
                SupplierKey.Buffer[row] = (int)PartSuppChunk.SupplierOf(part, SupplierKey.Buffer[row], scale.Suppliers);
                shipDates[row] += orderDates[order];
                commitDates[row] += orderDates[order];
                receiptDates[row] += shipDates[row];
            }
        }
        FillFlags(Stream(ColumnSeed.LineReturnFlag), counts);
        TextDraws.WordsPerLine(Stream(ColumnSeed.LineShipInstruct), counts, Distributions.ShipInstructions, ShipInstruct);
        TextDraws.WordsPerLine(Stream(ColumnSeed.LineShipMode), counts, Distributions.ShipModes, ShipMode);
        TextDraws.Comments(Stream(ColumnSeed.LineComment), counts, CommentLength, pool, Comment, Places);
        return rows;

        RandomStream Stream(ColumnSeed seed) => new(seed, first);
    }

    private int FillKeys(long first, ReadOnlySpan<byte> counts)
    {
        var row = 0;
        for (var order = 0; order < counts.Length; order++)
        {
            var key = OrderLines.KeyOf(first + order + 1);
            for (var line = 1; line <= counts[order]; line++, row++)
            {
                OrderKey.Buffer[row] = key;
                LineNumber.Buffer[row] = line;
            }
        }
        return row;
    }

    /// <summary>Only lines received by the current date draw a return flag (R or A); the others have N.</summary>
    private void FillFlags(RandomStream stream, ReadOnlySpan<byte> counts)
    {
        var flags = Distributions.ReturnFlags;
        ReturnFlag.Clear();
        LineStatus.Clear();
        var row = 0;
        foreach (var count in counts)
        {
            var state = stream.State;
            for (var end = row + count; row < end; row++)
            {
                if (ReceiptDate.Buffer[row] <= TpchDates.Current)
                {
                    state = RandomStream.Next(state);
                    ReturnFlag.Append(flags.Utf8(flags.Pick(state)));
                }
                else
                {
                    ReturnFlag.Append("N"u8);
                }
                LineStatus.Append(ShipDate.Buffer[row] <= TpchDates.Current ? "F"u8 : "O"u8);
            }
            stream.NextRow();
        }
    }
}
