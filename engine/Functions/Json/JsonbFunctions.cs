using System.Globalization;
using System.Text;
using OmenDb.Planner.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Functions.Json;

/// <summary>What only jsonb has: containment, existence, changes; casts to numbers and bool.</summary>
internal static class JsonbFunctions
{
    private static readonly SqlType J = SqlType.Jsonb, Text = SqlType.Text;
    private static readonly SqlType TextArray = SqlType.ArrayOf(SqlType.Text);

    public static IEnumerable<FunctionInfo> All()
    {
        yield return Scalar.Of<string, string, bool>("@>", [J, J], SqlType.Bool, static (_, x, y) => JsonNode.Parse(x).Contains(JsonNode.Parse(y)));
        yield return Scalar.Of<string, string, bool>("<@", [J, J], SqlType.Bool, static (_, x, y) => JsonNode.Parse(y).Contains(JsonNode.Parse(x)));
        yield return Scalar.Of<string, string, bool>("?", [J, Text], SqlType.Bool, static (_, x, key) => Exists(JsonNode.Parse(x), key));
        yield return Scalar.Row("?|", [J, TextArray], SqlType.Bool, static (_, a) =>
        {
            var node = JsonNode.Parse(a.Get<string>(0));
            return a.Get<object?[]>(1).Any(k => k is string key && Exists(node, key));
        });
        yield return Scalar.Row("?&", [J, TextArray], SqlType.Bool, static (_, a) =>
        {
            var node = JsonNode.Parse(a.Get<string>(0));
            return a.Get<object?[]>(1).All(k => k is not string key || Exists(node, key));
        });
        yield return Scalar.Of<string, string, string>("||", [J, J], J, static (_, x, y) => Concat(JsonNode.Parse(x), JsonNode.Parse(y)).ToString());
        yield return Scalar.Of<string, string, string>("-", [J, Text], J, static (_, x, key) => Without(JsonNode.Parse(x), [key]).ToString());
        yield return Scalar.Row("-", [J, TextArray], J, static (_, a) => Without(JsonNode.Parse(a.Get<string>(0)), [.. a.Get<object?[]>(1).OfType<string>()]).ToString());
        yield return Scalar.Of<string, int, string>("-", [J, SqlType.Int4], J, static (_, x, index) => WithoutIndex(JsonNode.Parse(x), index).ToString());
        foreach (var name in new[] { "#-", "jsonb_delete_path" })
        {
            yield return Scalar.Row(name, [J, TextArray], J, static (_, a) =>
            {
                var node = JsonNode.Parse(a.Get<string>(0));
                if (node.IsScalar)
                    throw JsonFunctions.Bad("cannot delete path in scalar");
                return Change(node, a.Get<object?[]>(1), 0, null, Mode.Delete).ToString();
            });
        }
        foreach (var withFlag in new[] { false, true })
        {
            yield return Scalar.Row("jsonb_set", withFlag ? [J, TextArray, J, SqlType.Bool] : [J, TextArray, J], J,
                (_, a) => Set(a, !withFlag || a.Get<bool>(3) ? Mode.Set : Mode.Replace));
            yield return Scalar.Row("jsonb_insert", withFlag ? [J, TextArray, J, SqlType.Bool] : [J, TextArray, J], J,
                (_, a) => Set(a, withFlag && a.Get<bool>(3) ? Mode.InsertAfter : Mode.InsertBefore));
        }
        yield return Scalar.Of<string, string>("jsonb_pretty", [J], Text, static (_, s) =>
        {
            var result = new StringBuilder();
            JsonNode.Parse(s).Write(result, 0);
            return result.ToString();
        });
    }

    private enum Mode { Set, Replace, InsertBefore, InsertAfter, Delete }

    private static bool Exists(JsonNode node, string key) => node.Kind switch
    {
        JsonKind.Object => node.Members.ContainsKey(key),
        JsonKind.Array => node.Items.Any(i => i.Kind == JsonKind.String && i.Text == key),
        JsonKind.String => node.Text == key,
        _ => false,
    };

    private static JsonNode Concat(JsonNode left, JsonNode right)
    {
        if (left.Kind == JsonKind.Object && right.Kind == JsonKind.Object)
        {
            foreach (var (key, value) in right.Members)
                left.Members[key] = value;
            return left;
        }
        // Everything else becomes an array first.
        var result = new JsonNode(JsonKind.Array);
        foreach (var side in new[] { left, right })
        {
            if (side.Kind == JsonKind.Array)
                result.Items.AddRange(side.Items);
            else
                result.Items.Add(side);
        }
        return result;
    }

    private static JsonNode Without(JsonNode node, string[] keys)
    {
        if (node.IsScalar)
            throw JsonFunctions.Bad("cannot delete from scalar");
        foreach (var key in keys)
        {
            if (node.Kind == JsonKind.Object)
                node.Members.Remove(key);
            else
                node.Items.RemoveAll(i => i.Kind == JsonKind.String && i.Text == key);
        }
        return node;
    }

    private static JsonNode WithoutIndex(JsonNode node, int index)
    {
        if (node.IsScalar)
            throw JsonFunctions.Bad("cannot delete from scalar");
        if (node.Kind == JsonKind.Object)
            throw JsonFunctions.Bad("cannot delete from object using integer index");
        var at = index < 0 ? index + (long)node.Items.Count : index;
        if (at >= 0 && at < node.Items.Count)
            node.Items.RemoveAt((int)at);
        return node;
    }

    private static string Set(RowArguments a, Mode mode)
    {
        var node = JsonNode.Parse(a.Get<string>(0));
        if (node.IsScalar)
            throw JsonFunctions.Bad("cannot set path in scalar");
        return Change(node, a.Get<object?[]>(1), 0, JsonNode.Parse(a.Get<string>(2)), mode).ToString();
    }

    private static JsonNode Change(JsonNode node, object?[] path, int level, JsonNode? value, Mode mode)
    {
        if (level >= path.Length || node.IsScalar)
            return node;
        if (path[level] is not string step)
            throw new SqlException(SqlState.NullValueNotAllowed, $"path element at position {level + 1} is null");
        var last = level == path.Length - 1;
        if (node.Kind == JsonKind.Object)
        {
            if (!node.Members.TryGetValue(step, out var member))
            {
                if (last && mode is Mode.Set or Mode.InsertBefore or Mode.InsertAfter)
                    node.Members[step] = value!;
                return node;
            }
            if (!last)
                node.Members[step] = Change(member, path, level + 1, value, mode);
            else if (mode == Mode.Delete)
                node.Members.Remove(step);
            else if (mode is Mode.InsertBefore or Mode.InsertAfter)
            {
                throw new SqlException(SqlState.InvalidParameterValue, "cannot replace existing key")
                {
                    Hint = "Try using the function jsonb_set to replace key value.",
                };
            }
            else
                node.Members[step] = value!;
            return node;
        }
        if (!int.TryParse(step.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var index))
            throw new SqlException(SqlState.InvalidTextRepresentation, $"path element at position {level + 1} is not an integer: \"{step}\"");
        var count = node.Items.Count;
        var at = index < 0 ? index + (long)count : index;
        var inside = at >= 0 && at < count;
        if (!last)
        {
            if (inside)
                node.Items[(int)at] = Change(node.Items[(int)at], path, level + 1, value, mode);
            return node;
        }
        switch (mode)
        {
            case Mode.Delete:
                if (inside)
                    node.Items.RemoveAt((int)at);
                break;
            case Mode.Set or Mode.Replace when inside:
                node.Items[(int)at] = value!;
                break;
            case Mode.Replace:
                break;
            case Mode.InsertAfter when inside:
                node.Items.Insert((int)at + 1, value!);
                break;
            case Mode.InsertBefore when inside:
                node.Items.Insert((int)at, value!);
                break;
            default:
                node.Items.Insert(at < 0 ? 0 : count, value!); // past an end: put there
                break;
        }
        return node;
    }
}

/// <summary>Casts from jsonb to numbers and bool, between json and jsonb.</summary>
internal static class JsonCasts
{
    public static ScalarFunction? Make(SqlType from, SqlType to)
    {
        if (from.Id == TypeId.Jsonb && to.Id == TypeId.Json)
            return Scalar.Of<byte[], byte[]>("json", [from], to, static (_, s) => s, total: true);
        if (from.Id == TypeId.Json && to.Id == TypeId.Jsonb)
            return Scalar.Of<string, string>("jsonb", [from], to, static (_, s) => JsonNode.Parse(s).ToString());
        if (from.Id != TypeId.Jsonb)
            return null;
        return to.Id switch
        {
            TypeId.Bool => Scalar.Of<string, bool>("bool", [from], to, static (_, s) => JsonNode.Parse(s) is { Kind: JsonKind.Bool } n ? n.Flag : throw Wrong(JsonNode.Parse(s), "boolean")),
            TypeId.Int2 => Scalar.Of<string, short>("int2", [from], to, static (_, s) => Number(s, "smallint").ToInt16()),
            TypeId.Int4 => Scalar.Of<string, int>("int4", [from], to, static (_, s) => Number(s, "integer").ToInt32()),
            TypeId.Int8 => Scalar.Of<string, long>("int8", [from], to, static (_, s) => Number(s, "bigint").ToInt64()),
            TypeId.Float4 => Scalar.Of<string, float>("float4", [from], to, static (_, s) => Number(s, "real").ToFloat4()),
            TypeId.Float8 => Scalar.Of<string, double>("float8", [from], to, static (_, s) => Number(s, "double precision").ToFloat8()),
            TypeId.Numeric => Scalar.Of<string, PgNumeric>("numeric", [from], to,
                (_, s) => to.Precision > 0 ? Number(s, "numeric").ToPrecision(to.Precision, to.Scale) : Number(s, "numeric")),
            _ => null,
        };
    }

    private static PgNumeric Number(string text, string typeName)
    {
        var node = JsonNode.Parse(text);
        return node.Kind == JsonKind.Number ? PgNumeric.Parse(node.Text) : throw Wrong(node, typeName);
    }

    private static SqlException Wrong(JsonNode node, string typeName) => JsonFunctions.Bad($"cannot cast jsonb {node.Kind switch
    {
        JsonKind.Null => "null",
        JsonKind.Bool => "boolean",
        JsonKind.Number => "numeric",
        JsonKind.String => "string",
        JsonKind.Array => "array",
        _ => "object",
    }} to type {typeName}");
}
