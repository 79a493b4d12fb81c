using OmenDb.Tpch.Generation.Columns;
using OmenDb.Tpch.Generation.Randomness;

namespace OmenDb.Tpch.Generation.Chunks;

public sealed class OrdersChunk : TpchChunk
{
    private static readonly CommentLength CommentLength = new(49);

    private readonly byte[] _lineCounts;

    internal OrdersChunk(int unitCapacity) : base(TpchTable.Orders, unitCapacity)
    {
        OrderKey = BigInt();
        CustomerKey = Integer();
        Status = Text();
        TotalPrice = Decimal();
        OrderDate = Date();
        Priority = Text();
        Clerk = Text();
        ShipPriority = Integer();
        Comment = Text();
        _lineCounts = new byte[unitCapacity];
    }

    public BigIntColumn OrderKey { get; }
    public IntegerColumn CustomerKey { get; }
    public TextColumn Status { get; }
    public DecimalColumn TotalPrice { get; }
    public DateColumn OrderDate { get; }
    public TextColumn Priority { get; }
    public TextColumn Clerk { get; }
    public IntegerColumn ShipPriority { get; }
    public TextColumn Comment { get; }

    private protected override int FillColumns(TpchScale scale, TextPool pool, long first, int count)
    {
        for (var i = 0; i < count; i++)
            OrderKey.Buffer[i] = OrderLines.KeyOf(first + i + 1);
        FillCustomers(new RandomStream(ColumnSeed.OrderCustomer, first), scale.Customers, count);
        OrderLines.FillLineCounts(first, _lineCounts.AsSpan(0, count));
        OrderLines.FillOrderDates(first, OrderDate.Buffer.AsSpan(0, count));
        FillTotals(scale, first, count);
        TextDraws.Words(new RandomStream(ColumnSeed.OrderPriority, first), count, Distributions.Priorities, Priority);
        var clerks = new RandomStream(ColumnSeed.OrderClerk, first);
        Clerk.Clear();
        for (var i = 0; i < count; i++)
        {
            TextDraws.Numbered("Clerk#"u8, 1 + RandomStream.Draw(RandomStream.Next(clerks.State), scale.Clerks), Clerk);
            clerks.NextRow();
        }
        ShipPriority.Buffer.AsSpan(0, count).Clear();
        TextDraws.Comments(
            new RandomStream(ColumnSeed.OrderComment, first), OnePerUnit.AsSpan(0, count), CommentLength, pool, Comment, Places);
        return count;
    }

    /// <summary>One customer of three has no orders: those whose key 3 divides. A draw that hits one moves to a neighbour.</summary>
    private void FillCustomers(RandomStream stream, long customers, int count)
    {
        for (var i = 0; i < count; i++)
        {
            long key = 1 + RandomStream.Draw(RandomStream.Next(stream.State), customers);
            for (var step = 1; key % 3 == 0; step = -step)
                key = Math.Min(key + step, customers);
            CustomerKey.Buffer[i] = (int)key;
            stream.NextRow();
        }
    }

    /// <summary>o_totalprice and o_orderstatus follow from the lines, whose numbers are drawn here again.</summary>
    private void FillTotals(TpchScale scale, long first, int count)
    {
        var quantities = new RandomStream(ColumnSeed.LineQuantity, first);
        var discounts = new RandomStream(ColumnSeed.LineDiscount, first);
        var taxes = new RandomStream(ColumnSeed.LineTax, first);
        var parts = new RandomStream(ColumnSeed.LinePart, first);
        var shipDays = new RandomStream(ColumnSeed.LineShipDate, first);
        Status.Clear();
        for (var i = 0; i < count; i++)
        {
            var (quantity, discount, tax) = (quantities.State, discounts.State, taxes.State);
            var (part, shipDay) = (parts.State, shipDays.State);
            var total = 0L;
            var shipped = 0;
            for (var line = 0; line < _lineCounts[i]; line++)
            {
                quantity = RandomStream.Next(quantity);
                discount = RandomStream.Next(discount);
                tax = RandomStream.Next(tax);
                part = RandomStream.Next(part);
                shipDay = RandomStream.Next(shipDay);
                var price = PartChunk.PriceOf(1 + RandomStream.Draw(part, scale.Parts)) * (1 + RandomStream.Draw(quantity, 50));
                // Rounded down to cents after each of the two steps, as dbgen does.
                total += price * (100 - RandomStream.Draw(discount, 11)) / 100 * (100 + RandomStream.Draw(tax, 9)) / 100;
                if (OrderDate.Buffer[i] + 1 + RandomStream.Draw(shipDay, OrderLines.MaxShipDays) <= TpchDates.Current)
                    shipped++;
            }
            TotalPrice.Buffer[i] = total;
            Status.Append(shipped == _lineCounts[i] ? "F"u8 : shipped > 0 ? "P"u8 : "O"u8);
            quantities.NextRow();
            discounts.NextRow();
            taxes.NextRow();
            parts.NextRow();
            shipDays.NextRow();
        }
    }
}
