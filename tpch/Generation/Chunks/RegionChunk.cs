using OmenDb.Tpch.Generation.Columns;
using OmenDb.Tpch.Generation.Randomness;

namespace OmenDb.Tpch.Generation.Chunks;

public sealed class RegionChunk : TpchChunk
{
    private static readonly CommentLength CommentLength = new(72);

    internal RegionChunk(int unitCapacity) : base(TpchTable.Region, unitCapacity)
    {
        RegionKey = Integer();
        Name = Text();
        Comment = Text();
    }

    public IntegerColumn RegionKey { get; }
    public TextColumn Name { get; }
    public TextColumn Comment { get; }

    private protected override int FillColumns(TpchScale scale, TextPool pool, long first, int count)
    {
        Name.Clear();
        for (var i = 0; i < count; i++)
        {
            RegionKey.Buffer[i] = (int)first + i;
            Name.Append(Distributions.Regions.Utf8((int)first + i));
        }
        TextDraws.Comments(
            new RandomStream(ColumnSeed.RegionComment, first), OnePerUnit.AsSpan(0, count), CommentLength, pool, Comment, Places);
        return count;
    }
}
