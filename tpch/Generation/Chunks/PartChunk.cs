using OmenDb.Tpch.Generation.Columns;
using OmenDb.Tpch.Generation.Randomness;

namespace OmenDb.Tpch.Generation.Chunks;

public sealed class PartChunk : TpchChunk
{
    private const int WordsPerName = 5;

    private static readonly CommentLength CommentLength = new(14);
    private static readonly byte[] InOrder = [.. Enumerable.Range(0, Distributions.Colors.Words.Count).Select(i => (byte)i)];

    internal PartChunk(int unitCapacity) : base(TpchTable.Part, unitCapacity)
    {
        PartKey = Integer();
        Name = Text();
        Manufacturer = Text();
        Brand = Text();
        Type = Text();
        Size = Integer();
        Container = Text();
        RetailPrice = Decimal();
        Comment = Text();
    }

    public IntegerColumn PartKey { get; }
    public TextColumn Name { get; }
    public TextColumn Manufacturer { get; }
    public TextColumn Brand { get; }
    public TextColumn Type { get; }
    public IntegerColumn Size { get; }
    public TextColumn Container { get; }
    public DecimalColumn RetailPrice { get; }
    public TextColumn Comment { get; }

    /// <summary>p_retailprice of a part in cents, clause 4.2.3.</summary>
    internal static long PriceOf(long partKey) => 90_000 + partKey / 10 % 20_001 + partKey % 1000 * 100;

    private protected override int FillColumns(TpchScale scale, TextPool pool, long first, int count)
    {
        for (var i = 0; i < count; i++)
        {
            PartKey.Buffer[i] = (int)(first + i + 1);
            RetailPrice.Buffer[i] = PriceOf(first + i + 1);
        }
        FillNames(new RandomStream(ColumnSeed.PartName, first), count);
        FillMakers(new RandomStream(ColumnSeed.PartManufacturer, first), new RandomStream(ColumnSeed.PartBrand, first), count);
        TextDraws.Words(new RandomStream(ColumnSeed.PartType, first), count, Distributions.PartTypes, Type);
        NumberDraws.PerRow(new RandomStream(ColumnSeed.PartSize, first), Size.Buffer.AsSpan(0, count), 1, 50);
        TextDraws.Words(new RandomStream(ColumnSeed.PartContainer, first), count, Distributions.Containers, Container);
        TextDraws.Comments(
            new RandomStream(ColumnSeed.PartComment, first), OnePerUnit.AsSpan(0, count), CommentLength, pool, Comment, Places);
        return count;
    }

    /// <summary>Five different colours: the first places of a shuffle, whose further steps cannot change them and are skipped.</summary>
    private void FillNames(RandomStream stream, int count)
    {
        var colors = Distributions.Colors;
        Span<byte> order = stackalloc byte[InOrder.Length];
        Name.Clear();
        for (var i = 0; i < count; i++)
        {
            InOrder.CopyTo(order);
            var state = stream.State;
            var length = WordsPerName - 1;
            for (var word = 0; word < WordsPerName; word++)
            {
                state = RandomStream.Next(state);
                var other = word + RandomStream.Draw(state, order.Length - word);
                (order[word], order[other]) = (order[other], order[word]);
                length += colors.Utf8(order[word]).Length;
            }
            var target = Name.AppendUninitialized(length);
            for (var word = 0; word < WordsPerName; word++)
            {
                var color = colors.Utf8(order[word]);
                color.CopyTo(target);
                if (word == WordsPerName - 1)
                    break;
                target[color.Length] = (byte)' ';
                target = target[(color.Length + 1)..];
            }
            stream.NextRow();
        }
    }

    private void FillMakers(RandomStream manufacturers, RandomStream brands, int count)
    {
        Manufacturer.Clear();
        Brand.Clear();
        for (var i = 0; i < count; i++)
        {
            var maker = (byte)('1' + RandomStream.Draw(RandomStream.Next(manufacturers.State), 5));
            var brand = (byte)('1' + RandomStream.Draw(RandomStream.Next(brands.State), 5));
            var text = Manufacturer.AppendUninitialized(14);
            "Manufacturer#"u8.CopyTo(text);
            text[13] = maker;
            text = Brand.AppendUninitialized(8);
            "Brand#"u8.CopyTo(text);
            text[6] = maker;
            text[7] = brand;
            manufacturers.NextRow();
            brands.NextRow();
        }
    }
}
