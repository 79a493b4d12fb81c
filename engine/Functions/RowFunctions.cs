using System.Buffers;

using OmenDb.Engine.Functions.Json;
using OmenDb.Planner.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Functions;

/// <summary>Composite values as text and as JSON.</summary>
internal static class RowFunctions
{
    /// <summary>ROW(...): (1,"a b",), a null field is empty.</summary>
    public static ScalarFunction Text { get; } = Scalar.Text("omendb_row", [SqlType.Any], static (context, a, text) =>
    {
        var io = IoContexts.Of(context.Execution);
        text.Write("("u8);
        var field = new ArrayBufferWriter<byte>();
        for (var i = 0; i < a.Count; i++)
        {
            if (i > 0)
                text.Write(","u8);
            if (a.IsNull(i))
                continue;
            field.ResetWrittenCount();
            a.Format(i, field, io);
            Quoted(field.WrittenSpan, text);
        }
        text.Write(")"u8);
    }, Volatility.Stable, strict: false, variadic: true, result: SqlType.Record);

    public static IEnumerable<FunctionInfo> All()
    {
        yield return Text;
        yield return Scalar.Row("omendb_row_json", [SqlType.Any], SqlType.Json, static (context, a) =>
        {
            var io = IoContexts.Of(context.Execution);
            var text = new System.Text.StringBuilder("{");
            for (var i = 0; i < a.Count; i += 2)
            {
                if (i > 0)
                    text.Append(',');
                JsonNode.Quote(a.Get<string>(i), text);
                text.Append(':');
                JsonText.Append(a.Boxed(i + 1), a.Type(i + 1), io, text);
            }
            return text.Append('}').ToString();
        }, Volatility.Stable, strict: false, variadic: true);
    }

    private static void Quoted(ReadOnlySpan<byte> value, ArrayBufferWriter<byte> text)
    {
        var quote = value.IsEmpty;
        foreach (var b in value)
            quote |= b is (byte)'"' or (byte)'\\' or (byte)'(' or (byte)')' or (byte)',' || Ascii.IsSpace(b);
        if (!quote)
        {
            text.Write(value);
            return;
        }
        text.Write("\""u8);
        foreach (var b in value)
        {
            if (b is (byte)'"' or (byte)'\\')
                text.Write([b]);
            text.Write([b]);
        }
        text.Write("\""u8);
    }
}
