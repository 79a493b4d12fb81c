using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Planner.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Functions.Strings;

/// <summary>length, char_length, character_length, octet_length, bit_length: one loop over the views of a batch.</summary>
internal sealed unsafe class StringLengthFunctions : ScalarFunction
{
    private enum Unit { Characters, Bytes, Bits }

    private readonly Unit _unit;

    private StringLengthFunctions(Unit unit) => _unit = unit;

    public static IEnumerable<FunctionInfo> All()
    {
        foreach (var name in new[] { "length", "char_length", "character_length" })
        {
            yield return Of(name, SqlType.Text, Unit.Characters);
            yield return Of(name, SqlType.Char, Unit.Characters);
        }
        yield return Of("length", SqlType.Bytea, Unit.Bytes);
        yield return Of("octet_length", SqlType.Text, Unit.Bytes);
        yield return Of("octet_length", SqlType.Bytea, Unit.Bytes);
        yield return Of("bit_length", SqlType.Text, Unit.Bits);
        yield return Of("bit_length", SqlType.Bytea, Unit.Bits);
        // char(n) is stored without its blanks but counts them in bytes.
        yield return Scalar.Of<ReadOnlySpan<byte>, int>("octet_length", [SqlType.Char], SqlType.Int4,
            static (c, s) => s.Length + Utf8.PaddingOf(s, c.ArgumentTypes[0].Length), total: true);
    }

    private static StringLengthFunctions Of(string name, SqlType type, Unit unit) => new(unit)
    {
        Name = name, Kind = FunctionKind.Scalar, Arguments = [type], Result = SqlType.Int4, IsTotal = true,
    };

    private int Measure(ReadOnlySpan<byte> text) => _unit switch
    {
        Unit.Characters => Utf8.CharacterCount(text),
        Unit.Bytes => text.Length,
        _ => text.Length * 8,
    };

    public override void Invoke(FunctionContext context, ReadOnlySpan<Vector> arguments, Vector result)
    {
        var source = arguments[0];
        result.ResetFlat(ArrowType.Int32, context.Rows);
        Nulls.Propagate(source, result);
        var target = (int*)result.Values;
        if (source.Kind == VectorKind.Flat && source.Validity == null && _unit != Unit.Characters)
        {
            var views = (View*)source.Values;
            var shift = _unit == Unit.Bits ? 3 : 0;
            for (var i = 0; i < context.Rows; i++)
                target[i] = views[i].Length << shift;
            return;
        }
        for (var i = 0; i < context.Rows; i++)
            target[i] = source.IsValid(i) ? Measure(source.GetBytes(i)) : 0;
    }
}
