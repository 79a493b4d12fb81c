using OmenDb.Arrow;

namespace OmenDb.Engine.Rows;

/// <summary>Runs of equal keys in clustered input, such as the lines of an order: only the first row of each has to be looked up.</summary>
internal sealed unsafe class KeyRuns : IDisposable
{
    private const int LeastRows = 64;

    /// <summary>After so many batches without runs no more are looked for.</summary>
    private const int Patience = 8;

    private readonly RowIndices _heads = new();
    private int _failures;

    /// <summary>The rows whose key differs from that of the row before.</summary>
    /// <param name="key">Flat, without nulls.</param>
    /// <param name="rows">Ascending.</param>
    /// <param name="count">How many.</param>
    /// <param name="headCount">Receives the number of runs.</param>
    /// <returns>Null: the key is no integer, or there are hardly any runs.</returns>
    public int* Heads(Vector key, int* rows, int count, out int headCount)
    {
        headCount = 0;
        if (count < LeastRows || _failures >= Patience)
            return null;
        var heads = _heads.Reserve(count);
        switch (key.Physical)
        {
            case PhysicalType.Int32: headCount = Find((int*)key.Values, rows, count, heads); break;
            case PhysicalType.Int64: headCount = Find((long*)key.Values, rows, count, heads); break;
            default:
                _failures = Patience;
                return null;
        }
        if (headCount <= count - count / 4)
            return heads;
        _failures++;
        return null;
    }

    /// <summary>Gives the rows of each run the group of its first row.</summary>
    public static void Spread(Vector key, int* rows, int count, int* groups)
    {
        if (key.Physical == PhysicalType.Int32)
            Spread((int*)key.Values, rows, count, groups);
        else
            Spread((long*)key.Values, rows, count, groups);
    }

    private static int Find<T>(T* values, int* rows, int count, int* heads) where T : unmanaged, IEquatable<T>
    {
        heads[0] = rows[0];
        var found = 1;
        for (var i = 1; i < count; i++)
        {
            heads[found] = rows[i];
            found += values[rows[i]].Equals(values[rows[i - 1]]) ? 0 : 1;
        }
        return found;
    }

    private static void Spread<T>(T* values, int* rows, int count, int* groups) where T : unmanaged, IEquatable<T>
    {
        var group = groups[rows[0]];
        for (var i = 1; i < count; i++)
        {
            if (values[rows[i]].Equals(values[rows[i - 1]]))
                groups[rows[i]] = group;
            else
                group = groups[rows[i]];
        }
    }

    public void Dispose() => _heads.Dispose();
}
