using OmenDb.Arrow;

namespace OmenDb.Storage.Checkpoint;

/// <summary>Arrays of arrays in checkpoint files. Arrow's List has one dimension: the elements stand there flat, and beside every list column stands one with
/// the dimensions of each row, null where there is one.</summary>
internal static unsafe class ListDimensions
{
    public static readonly ArrowType Type = ArrowType.List(ArrowType.Int32);

    /// <summary>Makes <paramref name="target"/> the dimensions of the lists.</summary>
    public static void Write(Vector lists, int rows, Vector target)
    {
        var writer = new VectorWriter(Type, target, Math.Max(1, rows));
        using var scratch = new Vector();
        for (var row = 0; row < rows; row++)
        {
            if (!lists.IsValid(row) || lists.Get<ListSlot>(row) is not { Shape: not 0 } slot)
            {
                writer.AppendNull();
                continue;
            }
            var dimensions = ListShape.Dimensions(slot.Shape, (int)slot.Length);
            var numbers = new VectorWriter(ArrowType.Int32, scratch, dimensions.Length);
            foreach (var length in dimensions)
                numbers.Append(length);
            writer.AppendList(scratch, 0, dimensions.Length);
        }
    }

    /// <summary>Gives lists that were read the dimensions that they had.</summary>
    /// <param name="lists">Flat.</param>
    /// <param name="dimensions">As written.</param>
    /// <param name="rows">Of both.</param>
    public static void Apply(Vector lists, Vector dimensions, int rows)
    {
        var slots = (ListSlot*)lists.Values;
        for (var row = 0; row < rows; row++)
        {
            if (!dimensions.IsValid(row) || !lists.IsValid(row))
                continue;
            var stated = dimensions.Get<ListSlot>(row);
            var lengths = new int[stated.Length];
            for (var i = 0; i < lengths.Length; i++)
                lengths[i] = dimensions.Child!.Get<int>((int)stated.Offset + i);
            if (lengths.Aggregate(1L, (product, n) => product * n) != slots[row].Length)
                throw new InvalidDataException($"a list of {slots[row].Length} elements with the dimensions {string.Join(" x ", lengths)}");
            slots[row] = new ListSlot(slots[row].Offset, slots[row].Length, ListShape.Of(lengths));
        }
    }
}
