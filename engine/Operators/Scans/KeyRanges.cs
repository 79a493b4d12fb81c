using OmenDb.Arrow;
using OmenDb.Engine.Execution;
using OmenDb.Engine.Expressions;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;
using OmenDb.Storage.Indexes;
using OmenDb.Types;

namespace OmenDb.Engine.Operators.Scans;

/// <summary>The values of a probe, computed when a scan starts, as ranges of keys: ascending in the index's order, and apart.</summary>
internal sealed class KeyRanges
{
    private readonly IndexProbe _probe;
    private readonly Scan _scan;
    private readonly CompiledProgram _values; // of the tests, then low, high, beginning

    public KeyRanges(Scan scan, IndexProbe probe)
    {
        _scan = scan;
        _probe = probe;
        var values = new List<(Expression, SqlType)>();
        for (var i = 0; i < probe.Tests.Length; i++)
        {
            switch (probe.Tests[i])
            {
                case KeyTest.OneOf one:
                    values.AddRange(one.Values.Select(v => (v, TypeOf(v, KeyType(i)))));
                    break;
                case KeyTest.AnyOf any:
                    values.Add((any.Array, any.Array.Type));
                    break;
            }
        }
        if (probe.Bounds is { } bounds)
        {
            values.AddRange(bounds.Low.Select((v, i) => (v, TypeOf(v, KeyType(probe.Tests.Length + i)))));
            values.AddRange(bounds.High.Select((v, i) => (v, TypeOf(v, KeyType(probe.Tests.Length + i)))));
            if (bounds.Begins is not null)
                values.Add((bounds.Begins, bounds.Begins.Type));
        }
        _values = CompiledProgram.Compile(values, ColumnLayout.Empty);
    }

    private SqlType KeyType(int keyColumn) => _scan.Table.Columns[_probe.Index.Columns[keyColumn].Ordinal].Type;

    /// <summary>Integers and floats of another width stay as they are: a value that does not go into the column's type is no error.</summary>
    private static SqlType TypeOf(Expression value, SqlType key) => value.Type.Physical == key.Physical ? key : value.Type;

    /// <summary>Keys that equal one value in each tested column, and nothing more: what a transaction may note one by one.</summary>
    public bool AreEqualities => _probe.Bounds is null && _probe.Tests.Length > 0 && _probe.Tests.All(t => t is KeyTest.OneOf);

    /// <summary>Computes the ranges.</summary>
    /// <param name="context">Has the parameters.</param>
    /// <param name="use">Receives them; the values live no longer than this call.</param>
    public T With<T>(ExecutionContext context, Func<List<IndexRangeSpec>, T> use)
    {
        using var frame = _values.CreateFrame(context);
        var made = new List<Vector>();
        try
        {
            return use(Compute(frame, made));
        }
        finally
        {
            foreach (var vector in made)
                vector.Dispose();
        }
    }

    private List<IndexRangeSpec> Compute(Frame frame, List<Vector> made)
    {
        var one = new Batch([], 1);
        var next = 0;
        Vector Value() => _values.Evaluate(frame, one, next++);
        var prefixes = new List<Vector?[]> { Array.Empty<Vector?>() };
        for (var i = 0; i < _probe.Tests.Length; i++)
        {
            var alternatives = new List<Vector?>();
            switch (_probe.Tests[i])
            {
                case KeyTest.OneOf several:
                    for (var v = 0; v < several.Values.Length; v++)
                        alternatives.Add(Value());
                    alternatives = Distinct(alternatives, several.Values[0].Type, _probe.Index.Columns[i].Descending);
                    break;
                case KeyTest.AnyOf any:
                    alternatives = Distinct(Elements(Value(), any.Array.Type, made), any.Array.Type.Element!, _probe.Index.Columns[i].Descending);
                    break;
                default:
                    alternatives.Add(null);
                    break;
            }
            prefixes = [.. prefixes.SelectMany(prefix => alternatives.Select(value => (Vector?[])[.. prefix, value]))];
        }
        if (_probe.Bounds is not { } bounds)
            return prefixes.ConvertAll(p => new IndexRangeSpec { Prefix = p });
        Vector[] low = [.. bounds.Low.Select(_ => Value())], high = [.. bounds.High.Select(_ => Value())];
        var begins = bounds.Begins is null ? null : bounds.IsPattern ? Beginning(Value(), bounds.Begins.Type, made) : Value();
        return prefixes.ConvertAll(p => new IndexRangeSpec
        {
            Prefix = p, Low = low, LowInclusive = bounds.LowInclusive, High = high, HighInclusive = bounds.HighInclusive, Begins = begins, NotNull = bounds.NotNull || bounds.IsPattern,
        });
    }

    /// <returns>Null: a match may begin with anything.</returns>
    private static Vector? Beginning(Vector pattern, SqlType type, List<Vector> made)
    {
        if (!pattern.IsValid(0))
            return pattern; // finds nothing
        if (Physical.PatternPrefix.Of(System.Text.Encoding.UTF8.GetString(pattern.GetBytes(0))) is not var (text, _))
            return null;
        var value = new Vector();
        made.Add(value);
        ValueBox.ToConstant(text, type, value, 1);
        return value;
    }

    private static List<Vector?> Elements(Vector array, SqlType type, List<Vector> made)
    {
        var result = new List<Vector?>();
        if (!array.IsValid(0) || ValueBox.Get(array, 0, type) is not object?[] items)
            return result;
        var pending = new Stack<object?[]>([items]);
        while (pending.TryPop(out var list))
        {
            foreach (var item in list)
            {
                if (item is object?[] inner)
                {
                    pending.Push(inner); // more dimensions
                    continue;
                }
                if (item is null)
                    continue;
                var value = new Vector();
                made.Add(value);
                ValueBox.ToConstant(item, type.Element!, value, 1);
                result.Add(value);
            }
        }
        return result;
    }

    /// <summary>In the index's order, without doubles; a null value finds nothing.</summary>
    private static List<Vector?> Distinct(List<Vector?> values, SqlType type, bool descending)
    {
        values.RemoveAll(v => !v!.IsValid(0));
        if (values.Count < 2)
            return values;
        values.Sort((a, b) => TypedCompare.Order(a!, 0, b!, 0, type) * (descending ? -1 : 1));
        var kept = 1;
        for (var i = 1; i < values.Count; i++)
        {
            if (TypedCompare.Order(values[i]!, 0, values[kept - 1]!, 0, type) != 0)
                values[kept++] = values[i];
        }
        values.RemoveRange(kept, values.Count - kept);
        return values;
    }
}
