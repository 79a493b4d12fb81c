using System.Buffers;
using System.Text;
using System.Text.Json;
using OmenDb.Arrow;

namespace OmenDb.Types;

/// <summary>json keeps its text; jsonb is kept as its canonical text.</summary>
internal sealed class JsonIo : TypeHandler
{
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 6400 };

    public override void Parse(SqlType type, ReadOnlySpan<byte> text, IoContext context, VectorWriter writer)
    {
        if (type.Id == TypeId.Jsonb)
        {
            writer.AppendBytes(Canonical(text));
            return;
        }
        try
        {
            var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = 6400 });
            while (reader.Read())
            {
            }
        }
        catch (JsonException error)
        {
            throw Invalid(error);
        }
        writer.AppendBytes(text);
    }

    private static SqlException Invalid(JsonException error) =>
        new(SqlState.InvalidTextRepresentation, "invalid input syntax for type json", error) { Detail = "The input string is not valid JSON." };

    /// <summary>jsonb's text: keys by length, then bytes, the last of equal keys; ": " and ", "; numbers keep their digits, without exponent.</summary>
    /// <exception cref="SqlException">22P02.</exception>
    public static byte[] Canonical(ReadOnlySpan<byte> text)
    {
        try
        {
            using var document = JsonDocument.Parse(text.ToArray(), Options);
            var target = new ArrayBufferWriter<byte>(text.Length + 16);
            Write(document.RootElement, target);
            return target.WrittenSpan.ToArray();
        }
        catch (JsonException error)
        {
            throw Invalid(error);
        }
    }

    private static void Write(JsonElement element, ArrayBufferWriter<byte> target)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                var members = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
                foreach (var member in element.EnumerateObject())
                    members[member.Name] = member.Value;
                var keys = members.Keys.Select(key => (Name: key, Bytes: Encoding.UTF8.GetBytes(key))).ToArray();
                Array.Sort(keys, (a, b) => a.Bytes.Length != b.Bytes.Length ? a.Bytes.Length - b.Bytes.Length : a.Bytes.AsSpan().SequenceCompareTo(b.Bytes));
                target.Write("{"u8);
                for (var i = 0; i < keys.Length; i++)
                {
                    if (i > 0)
                        target.Write(", "u8);
                    WriteString(keys[i].Bytes, target);
                    target.Write(": "u8);
                    Write(members[keys[i].Name], target);
                }
                target.Write("}"u8);
                break;
            case JsonValueKind.Array:
                target.Write("["u8);
                var first = true;
                foreach (var item in element.EnumerateArray())
                {
                    if (!first)
                        target.Write(", "u8);
                    first = false;
                    Write(item, target);
                }
                target.Write("]"u8);
                break;
            case JsonValueKind.String: WriteString(Encoding.UTF8.GetBytes(element.GetString()!), target); break;
            case JsonValueKind.Number:
                var number = PgNumeric.Parse(element.GetRawText());
                target.Advance(number.Format(target.GetSpan(number.MaxFormattedLength)));
                break;
            case JsonValueKind.True: target.Write("true"u8); break;
            case JsonValueKind.False: target.Write("false"u8); break;
            default: target.Write("null"u8); break;
        }
    }

    private static void WriteString(ReadOnlySpan<byte> text, ArrayBufferWriter<byte> target)
    {
        if (text.Contains((byte)0))
        {
            throw new SqlException(SqlState.UntranslatableCharacter, "unsupported Unicode escape sequence")
            {
                Detail = "\\u0000 cannot be converted to text.",
            };
        }
        target.Write("\""u8);
        foreach (var c in text)
        {
            var span = target.GetSpan(6);
            var escape = c switch
            {
                (byte)'"' => (byte)'"', (byte)'\\' => (byte)'\\', 8 => (byte)'b', 12 => (byte)'f', 10 => (byte)'n', 13 => (byte)'r', 9 => (byte)'t',
                _ => (byte)0,
            };
            if (escape != 0)
            {
                (span[0], span[1]) = ((byte)'\\', escape);
                target.Advance(2);
            }
            else if (c < 0x20)
            {
                "\\u00"u8.CopyTo(span);
                (span[4], span[5]) = ("0123456789abcdef"u8[c >> 4], "0123456789abcdef"u8[c & 15]);
                target.Advance(6);
            }
            else
            {
                span[0] = c;
                target.Advance(1);
            }
        }
        target.Write("\""u8);
    }

    public override void Format(SqlType type, Vector vector, int row, IBufferWriter<byte> target, IoContext context) => target.Write(vector.GetBytes(row));

    public override void Receive(SqlType type, ReadOnlySpan<byte> data, IoContext context, VectorWriter writer)
    {
        if (type.Id == TypeId.Jsonb)
        {
            if (data.Length == 0 || data[0] != 1)
                throw new SqlException(SqlState.InternalError, $"unsupported jsonb version number {(data.Length == 0 ? 0 : data[0])}");
            data = data[1..];
        }
        Utf8.Validate(data);
        Parse(type, data, context, writer);
    }

    public override void Send(SqlType type, Vector vector, int row, IBufferWriter<byte> target, IoContext context)
    {
        if (type.Id == TypeId.Jsonb)
            target.Write("\u0001"u8);
        target.Write(vector.GetBytes(row));
    }
}
