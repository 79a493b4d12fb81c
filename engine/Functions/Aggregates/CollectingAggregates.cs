using System.Buffers;
using System.Text;
using OmenDb.Engine.Expressions;
using OmenDb.Engine.Functions.Json;
using OmenDb.Planner.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Functions.Aggregates;

/// <summary>string_agg, array_agg, the json aggregates, bit_and, bit_or, bit_xor.</summary>
internal static class CollectingAggregates
{
    private sealed class Bytes
    {
        public readonly ArrayBufferWriter<byte> Text = new();
        public byte[] FirstSeparator = [];
        public bool Any;
    }

    private sealed class Items
    {
        public readonly List<object?> Values = [];
        public readonly List<object?> Keys = [];
        public SqlType Type = SqlType.Unknown;
        public SqlType KeyType = SqlType.Unknown;
    }

    private sealed class BitState
    {
        public long Value;
        public bool Any;
    }

    public static IEnumerable<FunctionInfo> All()
    {
        foreach (var type in new[] { SqlType.Text, SqlType.Bytea })
        {
            yield return new ManagedAggregate<Bytes>(static () => new Bytes(), static (s, row) =>
            {
                if (row.IsNull(0))
                    return;
                if (!row.IsNull(1))
                {
                    if (s.Any)
                        s.Text.Write(row.Get<ReadOnlySpan<byte>>(1));
                    else
                        s.FirstSeparator = row.Get<byte[]>(1);
                }
                s.Any = true;
                s.Text.Write(row.Get<ReadOnlySpan<byte>>(0));
            }, static (into, from) =>
            {
                if (!from.Any)
                    return;
                if (into.Any)
                    into.Text.Write(from.FirstSeparator);
                else
                    into.FirstSeparator = from.FirstSeparator;
                into.Any = true;
                into.Text.Write(from.Text.WrittenSpan);
            }, static (s, _) => s.Any ? s.Text.WrittenSpan.ToArray() : null)
            {
                // A null separator still lets its value in.
                Name = "string_agg", Kind = FunctionKind.Aggregate, Arguments = [type, type], Result = type, SkipsNulls = false, OrderSensitive = true, Strict = false,
            };
        }
        yield return new ManagedAggregate<Items>(static () => new Items(), static (s, row) => s.Values.Add(Part(row)), Merge, static (s, _) => Together(s.Values))
        {
            Name = "array_agg", Kind = FunctionKind.Aggregate, Arguments = [SqlType.AnyElement], Result = SqlType.AnyArray, SkipsNulls = false, OrderSensitive = true,
            Strict = false,
            TypeOf = static a => a[0].Id == TypeId.Array ? a[0] : SqlType.ArrayOf(a[0]),
        };
        // Rows are set apart by line ends.
        yield return new ManagedAggregate<Items>(static () => new Items(), static (s, row) =>
        {
            s.Type = row.Type(0);
            s.Values.Add(row.Boxed(0));
        }, Merge, static (s, _) => Array(s, binary: false, areRows: true))
        {
            Name = "omendb_json_agg_rows", Kind = FunctionKind.Aggregate, Arguments = [SqlType.Json], Result = SqlType.Json, SkipsNulls = false, OrderSensitive = true,
            Strict = false,
        };
        foreach (var max in new[] { false, true })
        {
            yield return new ManagedAggregate<Items>(static () => new Items(), (s, row) =>
            {
                s.Type = row.Type(0);
                Keep(s, row.Boxed(0), max);
            }, (into, from) =>
            {
                into.Type = from.Type;
                foreach (var value in from.Values)
                    Keep(into, value, max);
            }, static (s, _) => s.Values.Count > 0 ? s.Values[0] : null)
            {
                Name = max ? "max" : "min", Kind = FunctionKind.Aggregate, Arguments = [SqlType.AnyArray], Result = SqlType.AnyArray, IgnoresDuplicates = true,
                TypeOf = static a => a[0],
            };
        }
        foreach (var binary in new[] { false, true })
        {
            var type = binary ? SqlType.Jsonb : SqlType.Json;
            yield return new ManagedAggregate<Items>(static () => new Items(), static (s, row) =>
            {
                s.Type = row.Type(0);
                s.Values.Add(row.Boxed(0));
            }, Merge, (s, _) => Array(s, binary))
            {
                Name = binary ? "jsonb_agg" : "json_agg", Kind = FunctionKind.Aggregate, Arguments = [SqlType.AnyElement], Result = type, SkipsNulls = false,
                OrderSensitive = true, Strict = false,
            };
            yield return new ManagedAggregate<Items>(static () => new Items(), static (s, row) =>
            {
                (s.KeyType, s.Type) = (row.Type(0), row.Type(1));
                s.Keys.Add(row.Boxed(0) ?? throw new SqlException(SqlState.InvalidParameterValue, "field name must not be null"));
                s.Values.Add(row.Boxed(1));
            }, Merge, (s, _) => Object(s, binary))
            {
                Name = binary ? "jsonb_object_agg" : "json_object_agg", Kind = FunctionKind.Aggregate, Arguments = [SqlType.Any, SqlType.Any], Result = type,
                SkipsNulls = false, OrderSensitive = true, Strict = false,
            };
        }
        foreach (var (name, op) in new (string, Func<long, long, long>)[] { ("bit_and", static (x, y) => x & y), ("bit_or", static (x, y) => x | y), ("bit_xor", static (x, y) => x ^ y) })
        {
            foreach (var type in new[] { SqlType.Int2, SqlType.Int4, SqlType.Int8 })
            {
                yield return new ManagedAggregate<BitState>(static () => new BitState(), (s, row) =>
                {
                    var value = row.Type(0).Id switch { TypeId.Int2 => row.Get<short>(0), TypeId.Int4 => row.Get<int>(0), _ => row.Get<long>(0) };
                    s.Value = s.Any ? op(s.Value, value) : value;
                    s.Any = true;
                }, (into, from) =>
                {
                    if (from.Any)
                        into.Value = into.Any ? op(into.Value, from.Value) : from.Value;
                    into.Any |= from.Any;
                }, static (s, t) => !s.Any ? null : t.Id switch { TypeId.Int2 => (object)(short)s.Value, TypeId.Int4 => (int)s.Value, _ => s.Value })
                {
                    Name = name, Kind = FunctionKind.Aggregate, Arguments = [type], Result = type, Strict = false, IgnoresDuplicates = name != "bit_xor",
                };
            }
        }
    }

    /// <summary>A value for array_agg; arrays are the parts of an array of arrays.</summary>
    private static object? Part(RowArguments row)
    {
        var value = row.Boxed(0);
        if (row.Type(0).Id != TypeId.Array)
            return value;
        return value switch
        {
            null => throw new SqlException(SqlState.NullValueNotAllowed, "cannot accumulate null arrays"),
            object?[] { Length: 0 } => throw new SqlException(SqlState.ArraySubscriptError, "cannot accumulate empty arrays"),
            _ => value,
        };
    }

    /// <summary>The one value that is the largest or smallest so far.</summary>
    private static void Keep(Items items, object? value, bool max)
    {
        if (value is null)
            return;
        if (items.Values.Count == 0)
            items.Values.Add(value);
        else if (BoxedValues.Compare(value, items.Values[0], items.Type) is var order && (max ? order > 0 : order < 0))
            items.Values[0] = value;
    }

    private static object?[] Together(List<object?> parts)
    {
        if (parts[0] is object?[] first)
        {
            var dimensions = NestedArray.Dimensions(first);
            if (parts.Exists(p => !NestedArray.Dimensions((object?[])p!).AsSpan().SequenceEqual(dimensions)))
                throw new SqlException(SqlState.ArraySubscriptError, "cannot accumulate arrays of different dimensionality");
        }
        return [.. parts];
    }

    private static void Merge(Items into, Items from)
    {
        (into.Type, into.KeyType) = (from.Type, from.KeyType);
        into.Values.AddRange(from.Values);
        into.Keys.AddRange(from.Keys);
    }

    private static string Array(Items items, bool binary, bool areRows = false)
    {
        var result = new StringBuilder("[");
        for (var i = 0; i < items.Values.Count; i++)
        {
            if (i > 0)
                result.Append(items.Values[i] is not null && (areRows || items.Type.Id == TypeId.Array) ? ", \n " : ", ");
            JsonText.Append(items.Values[i], items.Type, IoContext.Default, result);
        }
        result.Append(']');
        return binary ? JsonNode.Parse(result.ToString()).ToString() : result.ToString();
    }

    private static string Object(Items items, bool binary)
    {
        var result = new StringBuilder("{ ");
        for (var i = 0; i < items.Values.Count; i++)
        {
            if (i > 0)
                result.Append(", ");
            JsonNode.Quote(JsonText.Key(items.Keys[i]!, items.KeyType, IoContext.Default), result);
            result.Append(" : ");
            JsonText.Append(items.Values[i], items.Type, IoContext.Default, result);
        }
        result.Append(" }");
        return binary ? JsonNode.Parse(result.ToString()).ToString() : result.ToString();
    }
}
