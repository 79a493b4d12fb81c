using System.Text;
using System.Text.Json;
using OmenDb.Engine.Expressions;
using OmenDb.Types;

namespace OmenDb.Engine.Functions.Json;

internal enum JsonKind : byte { Null, Bool, Number, String, Array, Object }

/// <summary>A jsonb value as a tree that functions change; its text is jsonb's canonical one.</summary>
internal sealed class JsonNode(JsonKind kind)
{
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 6400 };

    /// <summary>jsonb's order of keys: by length in bytes, then bytewise.</summary>
    public static readonly IComparer<string> KeyOrder = Comparer<string>.Create(static (x, y) =>
    {
        var (a, b) = (Encoding.UTF8.GetBytes(x), Encoding.UTF8.GetBytes(y));
        return a.Length != b.Length ? a.Length - b.Length : a.AsSpan().SequenceCompareTo(b);
    });

    public static readonly JsonNode Null = new(JsonKind.Null);

    public JsonKind Kind { get; } = kind;

    public bool Flag { get; init; }

    /// <summary>A string's characters, a number's digits.</summary>
    public string Text { get; init; } = "";

    public List<JsonNode> Items { get; } = kind == JsonKind.Array ? [] : null!;

    public SortedDictionary<string, JsonNode> Members { get; } = kind == JsonKind.Object ? new(KeyOrder) : null!;

    public bool IsScalar => Kind is not (JsonKind.Array or JsonKind.Object);

    public static JsonNode String(string text) => new(JsonKind.String) { Text = text };

    /// <exception cref="SqlException">22P02.</exception>
    public static JsonNode Parse(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text, Options);
            return From(document.RootElement);
        }
        catch (JsonException error)
        {
            throw Invalid(error);
        }
    }

    public static SqlException Invalid(Exception error) =>
        new(SqlState.InvalidTextRepresentation, "invalid input syntax for type json", error) { Detail = "The input string is not valid JSON." };

    /// <exception cref="SqlException">22P02.</exception>
    public static JsonDocument Document(string text)
    {
        try
        {
            return JsonDocument.Parse(text, Options);
        }
        catch (JsonException error)
        {
            throw Invalid(error);
        }
    }

    private static JsonNode From(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                var node = new JsonNode(JsonKind.Object);
                foreach (var member in element.EnumerateObject())
                    node.Members[member.Name] = From(member.Value);
                return node;
            case JsonValueKind.Array:
                var list = new JsonNode(JsonKind.Array);
                foreach (var item in element.EnumerateArray())
                    list.Items.Add(From(item));
                return list;
            case JsonValueKind.String: return String(element.GetString()!);
            case JsonValueKind.Number: return new JsonNode(JsonKind.Number) { Text = PgNumeric.Parse(element.GetRawText()).ToString() };
            case JsonValueKind.True or JsonValueKind.False: return new JsonNode(JsonKind.Bool) { Flag = element.ValueKind == JsonValueKind.True };
            default: return Null;
        }
    }

    public override string ToString()
    {
        var result = new StringBuilder();
        Write(result, -1);
        return result.ToString();
    }

    /// <param name="target">Appended to.</param>
    /// <param name="indent">Depth for jsonb_pretty(); -1: on one line.</param>
    public void Write(StringBuilder target, int indent)
    {
        var inner = indent < 0 ? -1 : indent + 1;
        void NewLine(int depth)
        {
            if (depth >= 0)
                target.Append('\n').Append(' ', depth * 4);
        }
        switch (Kind)
        {
            case JsonKind.Object:
                target.Append('{');
                var first = true;
                foreach (var (key, value) in Members)
                {
                    if (!first)
                        target.Append(indent < 0 ? ", " : ",");
                    first = false;
                    NewLine(inner);
                    Quote(key, target);
                    target.Append(": ");
                    value.Write(target, inner);
                }
                NewLine(indent);
                target.Append('}');
                break;
            case JsonKind.Array:
                target.Append('[');
                for (var i = 0; i < Items.Count; i++)
                {
                    if (i > 0)
                        target.Append(indent < 0 ? ", " : ",");
                    NewLine(inner);
                    Items[i].Write(target, inner);
                }
                NewLine(indent);
                target.Append(']');
                break;
            case JsonKind.String: Quote(Text, target); break;
            case JsonKind.Number: target.Append(Text); break;
            case JsonKind.Bool: target.Append(Flag ? "true" : "false"); break;
            default: target.Append("null"); break;
        }
    }

    public static void Quote(string text, StringBuilder target)
    {
        target.Append('"');
        foreach (var c in text)
        {
            switch (c)
            {
                case '"': target.Append("\\\""); break;
                case '\\': target.Append("\\\\"); break;
                case '\b': target.Append("\\b"); break;
                case '\f': target.Append("\\f"); break;
                case '\n': target.Append("\\n"); break;
                case '\r': target.Append("\\r"); break;
                case '\t': target.Append("\\t"); break;
                default:
                    if (c < ' ')
                        target.Append("\\u").Append(((int)c).ToString("x4", System.Globalization.CultureInfo.InvariantCulture));
                    else
                        target.Append(c);
                    break;
            }
        }
        target.Append('"');
    }

    public bool SameAs(JsonNode other) => Kind == other.Kind && Kind switch
    {
        JsonKind.Null => true,
        JsonKind.Bool => Flag == other.Flag,
        JsonKind.String => Text == other.Text,
        JsonKind.Number => Text == other.Text || PgNumeric.Parse(Text) == PgNumeric.Parse(other.Text),
        JsonKind.Array => Items.Count == other.Items.Count && Items.Zip(other.Items).All(p => p.First.SameAs(p.Second)),
        _ => Members.Count == other.Members.Count && Members.All(m => other.Members.TryGetValue(m.Key, out var value) && m.Value.SameAs(value)),
    };

    /// <summary>@&gt;</summary>
    public bool Contains(JsonNode part, bool isTop = true)
    {
        if (Kind == JsonKind.Object && part.Kind == JsonKind.Object)
        {
            return part.Members.All(m => Members.TryGetValue(m.Key, out var mine)
                && (mine.IsScalar || m.Value.IsScalar ? mine.SameAs(m.Value) : mine.Contains(m.Value, false)));
        }
        if (Kind == JsonKind.Array)
        {
            // An array contains a scalar that is one of its elements: only at the top.
            if (part.IsScalar)
                return isTop && Items.Any(i => i.SameAs(part));
            return part.Kind == JsonKind.Array && part.Items.All(p => p.IsScalar
                ? Items.Any(i => i.SameAs(p))
                : Items.Any(i => i.Kind == p.Kind && i.Contains(p, false)));
        }
        return isTop && SameAs(part);
    }
}

/// <summary>SQL values as JSON.</summary>
internal static class JsonText
{
    /// <summary>Appends a value as to_json() has it: compact arrays, ISO dates, numbers and json unquoted.</summary>
    public static void Append(object? value, SqlType type, IoContext io, StringBuilder target)
    {
        if (value is null)
        {
            target.Append("null");
            return;
        }
        switch (type.Id)
        {
            case TypeId.Bool: target.Append((bool)value ? "true" : "false"); break;
            case TypeId.Json or TypeId.Jsonb: target.Append((string)value); break;
            case TypeId.Int2 or TypeId.Int4 or TypeId.Int8 or TypeId.Numeric or TypeId.Float4 or TypeId.Float8:
                var number = BoxedValues.Text(value, type, io);
                if (number is "NaN" or "Infinity" or "-Infinity")
                    JsonNode.Quote(number, target);
                else
                    target.Append(number);
                break;
            case TypeId.Array:
                target.Append('[');
                var items = (object?[])value;
                for (var i = 0; i < items.Length; i++)
                {
                    if (i > 0)
                        target.Append(',');
                    Append(items[i], items[i] is object?[] ? type : ValueBox.ElementType(type), io, target);
                }
                target.Append(']');
                break;
            case TypeId.Date or TypeId.Timestamp or TypeId.TimestampTz:
                var text = BoxedValues.Text(value, type, io with { DateStyle = DateStyle.Iso });
                if (type.Id != TypeId.Date && text.Length > 10 && char.IsAsciiDigit(text[0]))
                {
                    var at = text.IndexOf(' ', StringComparison.Ordinal);
                    text = text[..at] + "T" + text[(at + 1)..];
                    // XSD wants the minutes of the zone, which the output function leaves out when they are 0.
                    var sign = text.LastIndexOfAny(['+', '-']);
                    if (type.Id == TypeId.TimestampTz && sign > at && !text.AsSpan(sign).Contains(':'))
                        text = text.Contains(" BC", StringComparison.Ordinal) ? text.Replace(" BC", ":00 BC", StringComparison.Ordinal) : text + ":00";
                }
                JsonNode.Quote(text, target);
                break;
            default: JsonNode.Quote(BoxedValues.Text(value, type, io), target); break;
        }
    }

    public static string Of(object? value, SqlType type, IoContext io)
    {
        var result = new StringBuilder();
        Append(value, type, io, result);
        return result.ToString();
    }

    public static JsonNode Node(object? value, SqlType type, IoContext io) => type.Id is TypeId.Text or TypeId.Varchar or TypeId.Name && value is string text
        ? JsonNode.String(text)
        : JsonNode.Parse(Of(value, type, io));

    /// <summary>A key: any scalar's text.</summary>
    public static string Key(object value, SqlType type, IoContext io) => type.Id is TypeId.Array or TypeId.Json or TypeId.Jsonb or TypeId.Record
        ? throw new SqlException(SqlState.InvalidParameterValue, "key value must be scalar, not array, composite, or json")
        : type.Id == TypeId.Bool ? ((bool)value ? "true" : "false") : BoxedValues.Text(value, type, io);
}
