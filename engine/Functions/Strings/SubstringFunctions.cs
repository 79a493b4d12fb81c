using System.Text;
using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Planner.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Functions.Strings;

/// <summary>substr and substring by position, left, right: results are views into the argument's own buffers, no byte is copied.</summary>
internal sealed unsafe class SubstringFunctions : ScalarFunction
{
    private enum Form { From, FromFor, Left, Right }

    private readonly Form _form;
    private readonly bool _bytes;

    private SubstringFunctions(Form form, bool bytes)
    {
        _form = form;
        _bytes = bytes;
    }

    public static IEnumerable<FunctionInfo> All()
    {
        foreach (var name in new[] { "substr", "substring" })
        {
            foreach (var type in new[] { SqlType.Text, SqlType.Bytea })
            {
                yield return Of(name, type, Form.From, [type, SqlType.Int4]);
                yield return Of(name, type, Form.FromFor, [type, SqlType.Int4, SqlType.Int4]);
            }
        }
        yield return Of("left", SqlType.Text, Form.Left, [SqlType.Text, SqlType.Int4]);
        yield return Of("right", SqlType.Text, Form.Right, [SqlType.Text, SqlType.Int4]);
    }

    private static SubstringFunctions Of(string name, SqlType type, Form form, SqlType[] arguments) => new(form, type.Id == TypeId.Bytea)
    {
        Name = name, Kind = FunctionKind.Scalar, Arguments = [.. arguments], Result = type, IsTotal = form != Form.FromFor,
    };

    public override void Invoke(FunctionContext context, ReadOnlySpan<Vector> arguments, Vector result)
    {
        var rows = context.ActiveRows(arguments, strict: true);
        var source = arguments[0];
        result.ResetFlat(Result.Arrow, context.Rows);
        System.Runtime.CompilerServices.Unsafe.InitBlock(result.Values, 0, (uint)(context.Rows * sizeof(View)));
        foreach (var argument in arguments)
            Nulls.Propagate(argument, result);
        if (rows.IsEmpty)
            return;
        var flat = source.Kind == VectorKind.Dictionary ? source.Dictionary! : source;
        result.Arena = flat.Arena;
        var views = (View*)flat.Values;
        var target = (View*)result.Values;
        foreach (var row in rows)
        {
            var first = arguments[1].Get<int>(row);
            var count = _form == Form.FromFor ? arguments[2].Get<int>(row) : 0;
            var text = source.GetBytes(row);
            var range = Cut(text, first, count);
            var index = source.Kind switch { VectorKind.Constant => 0, VectorKind.Dictionary => (int)source.Code(row), _ => row };
            var length = range.End.Value - range.Start.Value;
            var part = text[range];
            // Long pieces of long strings keep their place in the buffer; the rest fits into the view itself.
            target[row] = length <= View.MaxInlineLength
                ? View.Inline(part)
                : View.Long(length, System.Runtime.InteropServices.MemoryMarshal.Read<uint>(part), views[index].BufferIndex, views[index].Offset + range.Start.Value);
        }
    }

    private Range Cut(ReadOnlySpan<byte> text, int first, int count)
    {
        switch (_form)
        {
            case Form.Left:
                var keep = first >= 0 ? first : Math.Max(0, (long)Characters(text) + first);
                return 0..Offset(text, keep);
            case Form.Right:
                var skip = first >= 0 ? Math.Max(0, (long)Characters(text) - first) : -(long)first;
                return Offset(text, skip)..text.Length;
            case Form.From:
                return Offset(text, Math.Max(0, first - 1L))..text.Length;
            default:
                if (count < 0)
                    throw new SqlException(SqlState.SubstringError, "negative substring length not allowed");
                var start = Math.Max(0, first - 1L);
                var end = Math.Max(start, first - 1L + count);
                var from = Offset(text, start);
                return from..(from + Offset(text[from..], end - start));
        }
    }

    private int Characters(ReadOnlySpan<byte> text) => _bytes ? text.Length : Utf8.CharacterCount(text);

    private int Offset(ReadOnlySpan<byte> text, long characters) => characters >= text.Length
        ? text.Length
        : _bytes || Ascii.IsValid(text) ? (int)characters : Utf8.ByteLengthOf(text, (int)characters);

    private static class Ascii
    {
        public static bool IsValid(ReadOnlySpan<byte> text) => System.Text.Ascii.IsValid(text);
    }
}
