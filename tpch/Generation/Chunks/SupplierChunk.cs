using OmenDb.Tpch.Generation.Columns;
using OmenDb.Tpch.Generation.Randomness;

namespace OmenDb.Tpch.Generation.Chunks;

public sealed class SupplierChunk : TpchChunk
{
    private static readonly CommentLength CommentLength = new(63);

    internal SupplierChunk(int unitCapacity) : base(TpchTable.Supplier, unitCapacity)
    {
        SupplierKey = Integer();
        Name = Text();
        Address = Text();
        NationKey = Integer();
        Phone = Text();
        AccountBalance = Decimal();
        Comment = Text();
    }

    public IntegerColumn SupplierKey { get; }
    public TextColumn Name { get; }
    public TextColumn Address { get; }
    public IntegerColumn NationKey { get; }
    public TextColumn Phone { get; }
    public DecimalColumn AccountBalance { get; }
    public TextColumn Comment { get; }

    private protected override int FillColumns(TpchScale scale, TextPool pool, long first, int count)
    {
        Name.Clear();
        for (var i = 0; i < count; i++)
        {
            SupplierKey.Buffer[i] = (int)(first + i + 1);
            TextDraws.Numbered("Supplier#"u8, first + i + 1, Name);
        }
        TextDraws.Alphanumeric(new RandomStream(ColumnSeed.SupplierAddress, first), count, Address);
        var nations = NationKey.Buffer.AsSpan(0, count);
        NumberDraws.PerRow(new RandomStream(ColumnSeed.SupplierNation, first), nations, 0, 24);
        TextDraws.Phones(new RandomStream(ColumnSeed.SupplierPhone, first), nations, Phone);
        NumberDraws.PerRow(
            new RandomStream(ColumnSeed.SupplierBalance, first), AccountBalance.Buffer.AsSpan(0, count), -99_999, 999_999);
        TextDraws.Comments(
            new RandomStream(ColumnSeed.SupplierComment, first), OnePerUnit.AsSpan(0, count), CommentLength, pool, Comment, Places);
        AddRemarks(first, count);
        return count;
    }

    /// <summary>Writes "Customer ... Complaints" or "Customer ... Recommends" into one comment of a thousand (clause 4.2.3).</summary>
    private void AddRemarks(long first, int count)
    {
        var customer = "Customer "u8;
        const int remarkBytes = 19; // "Customer " and one of the two words of ten
        var remark = new RandomStream(ColumnSeed.SupplierRemark, first);
        var kind = new RandomStream(ColumnSeed.SupplierRemarkKind, first);
        var gap = new RandomStream(ColumnSeed.SupplierRemarkGap, first);
        var offset = new RandomStream(ColumnSeed.SupplierRemarkOffset, first);
        for (var i = 0; i < count; i++)
        {
            if (1 + RandomStream.Draw(RandomStream.Next(remark.State), 10_000) <= 10)
            {
                var comment = Comment.Writable(i);
                var noise = RandomStream.Draw(RandomStream.Next(gap.State), comment.Length - remarkBytes + 1);
                var start = RandomStream.Draw(RandomStream.Next(offset.State), comment.Length - (remarkBytes + noise) + 1);
                customer.CopyTo(comment[start..]);
                var word = RandomStream.Draw(RandomStream.Next(kind.State), 101) < 50 ? "Complaints"u8 : "Recommends"u8;
                word.CopyTo(comment[(start + customer.Length + noise)..]);
            }
            remark.NextRow();
            kind.NextRow();
            gap.NextRow();
            offset.NextRow();
        }
    }
}
