using OmenDb.Tpch.Generation.Columns;
using OmenDb.Tpch.Generation.Randomness;

namespace OmenDb.Tpch.Generation.Chunks;

public sealed class NationChunk : TpchChunk
{
    private static readonly CommentLength CommentLength = new(72);

    internal NationChunk(int unitCapacity) : base(TpchTable.Nation, unitCapacity)
    {
        NationKey = Integer();
        Name = Text();
        RegionKey = Integer();
        Comment = Text();
    }

    public IntegerColumn NationKey { get; }
    public TextColumn Name { get; }
    public IntegerColumn RegionKey { get; }
    public TextColumn Comment { get; }

    private protected override int FillColumns(TpchScale scale, TextPool pool, long first, int count)
    {
        Name.Clear();
        for (var i = 0; i < count; i++)
        {
            var key = (int)first + i;
            NationKey.Buffer[i] = key;
            RegionKey.Buffer[i] = Distributions.Nations.RunningWeights[key];
            Name.Append(Distributions.Nations.Utf8(key));
        }
        TextDraws.Comments(
            new RandomStream(ColumnSeed.NationComment, first), OnePerUnit.AsSpan(0, count), CommentLength, pool, Comment, Places);
        return count;
    }
}
