using System.Text;
using System.Text.Json;
using OmenDb.Engine.Expressions;
using OmenDb.Planner.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Functions.Json;

/// <summary>Functions that json and jsonb share: access by key and path, building, taking apart.</summary>
internal static class JsonFunctions
{
    private static readonly SqlType Text = SqlType.Text, Int = SqlType.Int4;
    private static readonly SqlType TextArray = SqlType.ArrayOf(SqlType.Text);

    public static IEnumerable<FunctionInfo> All()
    {
        foreach (var type in new[] { SqlType.Json, SqlType.Jsonb })
        {
            foreach (var function in Of(type))
                yield return function;
        }
    }

    private static IEnumerable<FunctionInfo> Of(SqlType json)
    {
        var binary = json.Id == TypeId.Jsonb;
        var prefix = binary ? "jsonb_" : "json_";
        foreach (var asText in new[] { false, true })
        {
            var result = asText ? Text : json;
            var arrow = asText ? "->>" : "->";
            foreach (var name in new[] { arrow, prefix + "object_field" + (asText ? "_text" : "") })
                yield return Scalar.Of<string, string, string?>(name, [json, Text], result, (_, s, key) => Find(s, asText, e => Member(e, key)));
            foreach (var name in new[] { arrow, prefix + "array_element" + (asText ? "_text" : "") })
                yield return Scalar.Of<string, int, string?>(name, [json, Int], result, (_, s, index) => Find(s, asText, e => Item(e, index)));
            yield return Scalar.Row<string?>(asText ? "#>>" : "#>", [json, TextArray], result, (_, a) => Path(a.Get<string>(0), a.Get<object?[]>(1), asText));
            yield return Scalar.Row<string?>(prefix + "extract_path" + (asText ? "_text" : ""), [json, Text, Text], result, (_, a) =>
            {
                var path = new object?[a.Count - 1];
                for (var i = 0; i < path.Length; i++)
                    path[i] = a.Get<string>(i + 1);
                return Path(a.Get<string>(0), path, asText);
            }, variadic: true);
            var suffix = asText ? "_text" : "";
            yield return new RowsFunction((_, a) => Elements((string)a[0]!, prefix + "array_elements" + suffix, asText))
            {
                Name = prefix + "array_elements" + suffix, Kind = FunctionKind.Table, Arguments = [json], Result = result, Outputs = [("value", result)],
            };
            yield return new RowsFunction((_, a) => Each((string)a[0]!, prefix + "each" + suffix, asText))
            {
                Name = prefix + "each" + suffix, Kind = FunctionKind.Table, Arguments = [json], Result = SqlType.Record, Outputs = [("key", Text), ("value", result)],
            };
        }
        yield return new RowsFunction((_, a) => Keys((string)a[0]!, prefix + "object_keys")) { Name = prefix + "object_keys", Kind = FunctionKind.Table, Arguments = [json], Result = Text };
        yield return Scalar.Of<string, string>(prefix + "typeof", [json], Text, static (_, s) =>
        {
            using var document = JsonNode.Document(s);
            return document.RootElement.ValueKind switch
            {
                JsonValueKind.Object => "object",
                JsonValueKind.Array => "array",
                JsonValueKind.String => "string",
                JsonValueKind.Number => "number",
                JsonValueKind.Null => "null",
                _ => "boolean",
            };
        });
        yield return Scalar.Of<string, int>(prefix + "array_length", [json], Int, static (_, s) =>
        {
            using var document = JsonNode.Document(s);
            return document.RootElement.ValueKind switch
            {
                JsonValueKind.Array => document.RootElement.GetArrayLength(),
                JsonValueKind.Object => throw Bad("cannot get array length of a non-array"),
                _ => throw Bad("cannot get array length of a scalar"),
            };
        });
        yield return Scalar.Of<string, string>(prefix + "strip_nulls", [json], json, (_, s) => binary ? StripNulls(JsonNode.Parse(s)).ToString() : StripNulls(s));
        yield return Scalar.Row(binary ? "to_jsonb" : "to_json", [SqlType.AnyElement], json, (c, a) => Finish(JsonText.Of(a.Boxed(0), a.Type(0), Io(c)), binary), Volatility.Stable);
        yield return Scalar.Row<string>("row_to_json", [SqlType.Record], SqlType.Json, static (_, _) => throw SqlException.NotSupported("row_to_json"));
        foreach (var variadic in new[] { false, true })
        {
            yield return Scalar.Row(prefix + "build_array", variadic ? [SqlType.Any, SqlType.Any] : [], json, (c, a) => BuildArray(c, a, binary), Volatility.Stable,
                strict: false, variadic: variadic);
            yield return Scalar.Row(prefix + "build_object", variadic ? [SqlType.Any, SqlType.Any] : [], json, (c, a) => BuildObject(c, a, binary), Volatility.Stable,
                strict: false, variadic: variadic);
        }
        yield return Scalar.Row(prefix + "object", [TextArray], json, (_, a) => FromArrays(a.Get<object?[]>(0), null, binary));
        yield return Scalar.Row(prefix + "object", [TextArray, TextArray], json, (_, a) => FromArrays(a.Get<object?[]>(0), a.Get<object?[]>(1), binary));
        if (!binary)
        {
            yield return Scalar.Row("array_to_json", [SqlType.AnyArray], json, static (c, a) => JsonText.Of(a.Boxed(0), a.Type(0), Io(c)), Volatility.Stable);
            yield return Scalar.Row("array_to_json", [SqlType.AnyArray, SqlType.Bool], json, static (c, a) =>
            {
                var (type, io) = (ValueBox.ElementType(a.Type(0)), Io(c));
                var parts = a.Get<object?[]>(0).Select(i => JsonText.Of(i, type, io));
                return "[" + string.Join(a.Get<bool>(1) ? ",\n " : ",", parts) + "]";
            }, Volatility.Stable);
        }
    }

    private static IoContext Io(FunctionContext context) => IoContexts.Of(context.Execution);

    internal static SqlException Bad(string message) => new(SqlState.InvalidParameterValue, message);

    /// <summary>jsonb's canonical text, or the text itself.</summary>
    private static string Finish(string text, bool binary) => binary ? JsonNode.Parse(text).ToString() : text;

    private static string? Find(string text, bool asText, Func<JsonElement, JsonElement?> step)
    {
        using var document = JsonNode.Document(text);
        return step(document.RootElement) is { } found ? Result(found, asText) : null;
    }

    private static string? Result(JsonElement element, bool asText)
    {
        if (!asText)
            return element.GetRawText();
        return element.ValueKind switch
        {
            JsonValueKind.Null => null,
            JsonValueKind.String => element.GetString(),
            _ => element.GetRawText(),
        };
    }

    private static JsonElement? Member(JsonElement element, string key) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(key, out var value) ? value : null;

    private static JsonElement? Item(JsonElement element, int index)
    {
        if (element.ValueKind != JsonValueKind.Array)
            return null;
        var length = element.GetArrayLength();
        var at = index < 0 ? (long)length + index : index;
        return at >= 0 && at < length ? element[(int)at] : null;
    }

    private static string? Path(string text, object?[] path, bool asText)
    {
        using var document = JsonNode.Document(text);
        JsonElement? at = document.RootElement;
        foreach (var step in path)
        {
            if (step is not string key || at is not { } element)
                return null;
            at = element.ValueKind == JsonValueKind.Array
                ? int.TryParse(key, System.Globalization.NumberStyles.AllowLeadingSign, null, out var index) ? Item(element, index) : null
                : Member(element, key);
        }
        return at is { } found ? Result(found, asText) : null;
    }

    private static List<object?[]> Elements(string text, string function, bool asText)
    {
        using var document = JsonNode.Document(text);
        switch (document.RootElement.ValueKind)
        {
            case JsonValueKind.Array: return [.. document.RootElement.EnumerateArray().Select(e => new object?[] { Result(e, asText) })];
            case JsonValueKind.Object:
                throw Bad(function.StartsWith("jsonb", StringComparison.Ordinal) ? "cannot extract elements from an object" : $"cannot call {function} on a non-array");
            default:
                throw Bad(function.StartsWith("jsonb", StringComparison.Ordinal) ? "cannot extract elements from a scalar" : $"cannot call {function} on a scalar");
        }
    }

    private static List<object?[]> Each(string text, string function, bool asText)
    {
        using var document = JsonNode.Document(text);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            throw Bad(function.StartsWith("jsonb", StringComparison.Ordinal) ? $"cannot call {function} on a non-object"
                : document.RootElement.ValueKind == JsonValueKind.Array ? "cannot deconstruct an array as an object" : "cannot deconstruct a scalar");
        }
        return [.. document.RootElement.EnumerateObject().Select(m => new object?[] { m.Name, Result(m.Value, asText) })];
    }

    private static List<object?[]> Keys(string text, string function)
    {
        using var document = JsonNode.Document(text);
        return document.RootElement.ValueKind switch
        {
            JsonValueKind.Object => [.. document.RootElement.EnumerateObject().Select(m => new object?[] { m.Name })],
            JsonValueKind.Array => throw Bad($"cannot call {function} on an array"),
            _ => throw Bad($"cannot call {function} on a scalar"),
        };
    }

    private static string BuildArray(FunctionContext context, RowArguments a, bool binary)
    {
        var result = new StringBuilder("[");
        for (var i = 0; i < a.Count; i++)
        {
            if (i > 0)
                result.Append(", ");
            JsonText.Append(a.Boxed(i), a.Type(i), Io(context), result);
        }
        return Finish(result.Append(']').ToString(), binary);
    }

    private static string BuildObject(FunctionContext context, RowArguments a, bool binary)
    {
        if (a.Count % 2 != 0)
        {
            throw new SqlException(SqlState.InvalidParameterValue, "argument list must have even number of elements")
            {
                Hint = $"The arguments of {(binary ? "jsonb" : "json")}_build_object() must consist of alternating keys and values.",
            };
        }
        var result = new StringBuilder("{");
        for (var i = 0; i < a.Count; i += 2)
        {
            if (i > 0)
                result.Append(", ");
            var key = a.Boxed(i) ?? throw (binary ? Bad($"argument {i + 1}: key must not be null")
                : new SqlException(SqlState.InvalidParameterValue, $"argument {i + 1} cannot be null") { Hint = "Object keys should be text." });
            JsonNode.Quote(JsonText.Key(key, a.Type(i), Io(context)), result);
            result.Append(" : ");
            JsonText.Append(a.Boxed(i + 1), a.Type(i + 1), Io(context), result);
        }
        return Finish(result.Append('}').ToString(), binary);
    }

    private static string FromArrays(object?[] keys, object?[]? values, bool binary)
    {
        if (values is null)
        {
            if (keys.Length % 2 != 0)
                throw new SqlException(SqlState.ArraySubscriptError, "array must have even number of elements");
            values = [.. keys.Where((_, i) => i % 2 == 1)];
            keys = [.. keys.Where((_, i) => i % 2 == 0)];
        }
        else if (keys.Length != values.Length)
            throw new SqlException(SqlState.ArraySubscriptError, "mismatched array dimensions");
        var result = new StringBuilder("{");
        for (var i = 0; i < keys.Length; i++)
        {
            if (i > 0)
                result.Append(", ");
            JsonNode.Quote((string?)keys[i] ?? throw new SqlException(SqlState.NullValueNotAllowed, "null value not allowed for object key"), result);
            result.Append(" : ");
            if (values[i] is string text)
                JsonNode.Quote(text, result);
            else
                result.Append("null");
        }
        return Finish(result.Append('}').ToString(), binary);
    }

    internal static JsonNode StripNulls(JsonNode node)
    {
        if (node.Kind == JsonKind.Array)
        {
            var list = new JsonNode(JsonKind.Array);
            list.Items.AddRange(node.Items.Select(StripNulls));
            return list;
        }
        if (node.Kind != JsonKind.Object)
            return node;
        var result = new JsonNode(JsonKind.Object);
        foreach (var (key, value) in node.Members.Where(m => m.Value.Kind != JsonKind.Null))
            result.Members[key] = StripNulls(value);
        return result;
    }

    /// <summary>json keeps the order of its keys, and its duplicates.</summary>
    private static string StripNulls(string text)
    {
        using var document = JsonNode.Document(text);
        var result = new StringBuilder();
        Strip(document.RootElement, result);
        return result.ToString();

        static void Strip(JsonElement element, StringBuilder target)
        {
            switch (element.ValueKind)
            {
                case JsonValueKind.Object:
                    target.Append('{');
                    var first = true;
                    foreach (var member in element.EnumerateObject())
                    {
                        if (member.Value.ValueKind == JsonValueKind.Null)
                            continue;
                        target.Append(first ? "" : ",");
                        first = false;
                        JsonNode.Quote(member.Name, target);
                        target.Append(':');
                        Strip(member.Value, target);
                    }
                    target.Append('}');
                    break;
                case JsonValueKind.Array:
                    target.Append('[');
                    for (var i = 0; i < element.GetArrayLength(); i++)
                    {
                        target.Append(i == 0 ? "" : ",");
                        Strip(element[i], target);
                    }
                    target.Append(']');
                    break;
                case JsonValueKind.String: JsonNode.Quote(element.GetString()!, target); break;
                default: target.Append(element.GetRawText()); break;
            }
        }
    }
}
