using OmenDb.Tpch.Generation.Columns;
using OmenDb.Tpch.Generation.Randomness;

namespace OmenDb.Tpch.Generation.Chunks;

public sealed class CustomerChunk : TpchChunk
{
    private static readonly CommentLength CommentLength = new(73);

    internal CustomerChunk(int unitCapacity) : base(TpchTable.Customer, unitCapacity)
    {
        CustomerKey = Integer();
        Name = Text();
        Address = Text();
        NationKey = Integer();
        Phone = Text();
        AccountBalance = Decimal();
        MarketSegment = Text();
        Comment = Text();
    }

    public IntegerColumn CustomerKey { get; }
    public TextColumn Name { get; }
    public TextColumn Address { get; }
    public IntegerColumn NationKey { get; }
    public TextColumn Phone { get; }
    public DecimalColumn AccountBalance { get; }
    public TextColumn MarketSegment { get; }
    public TextColumn Comment { get; }

    private protected override int FillColumns(TpchScale scale, TextPool pool, long first, int count)
    {
        Name.Clear();
        for (var i = 0; i < count; i++)
        {
            CustomerKey.Buffer[i] = (int)(first + i + 1);
            TextDraws.Numbered("Customer#"u8, first + i + 1, Name);
        }
        TextDraws.Alphanumeric(new RandomStream(ColumnSeed.CustomerAddress, first), count, Address);
        var nations = NationKey.Buffer.AsSpan(0, count);
        NumberDraws.PerRow(new RandomStream(ColumnSeed.CustomerNation, first), nations, 0, 24);
        TextDraws.Phones(new RandomStream(ColumnSeed.CustomerPhone, first), nations, Phone);
        NumberDraws.PerRow(
            new RandomStream(ColumnSeed.CustomerBalance, first), AccountBalance.Buffer.AsSpan(0, count), -99_999, 999_999);
        TextDraws.Words(new RandomStream(ColumnSeed.CustomerSegment, first), count, Distributions.Segments, MarketSegment);
        TextDraws.Comments(
            new RandomStream(ColumnSeed.CustomerComment, first), OnePerUnit.AsSpan(0, count), CommentLength, pool, Comment, Places);
        return count;
    }
}
