using System.Diagnostics;
using OmenDb.Arrow;
using OmenDb.Storage.Indexes;
using OmenDb.Storage.Tables;

namespace OmenDb.Storage.Transactions;

/// <summary>What a SERIALIZABLE transaction has read of a table, rows that were not there included: a predicate.</summary>
/// <param name="table">Which.</param>
/// <param name="columns">Physical columns that the predicate looks at.</param>
public abstract class ReadSet(Table table, int[] columns) : IDisposable
{
    public Table Table { get; } = table;

    public IReadOnlyList<int> Columns => columns;

    internal int[] ColumnArray => columns;

    /// <summary>Everything committed up to here was looked at.</summary>
    internal ulong CheckedUpTo { get; set; }

    /// <summary>Whether a row of the batch was, or would have been, read.</summary>
    /// <param name="rows">One column per element of <see cref="Columns"/>; maybe with a selection.</param>
    public abstract bool MatchesAny(Batch rows);

    protected virtual void Dispose(bool disposing)
    {
    }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }
}

/// <summary>Look-ups of keys in an index, or of their leading columns.</summary>
public sealed class KeyReads : ReadSet
{
    private readonly TableIndex _index;
    private readonly int _keyColumns;
    private readonly HashSet<byte[]> _keys = new(KeyComparer.Instance);
    private readonly KeyWriter _writer = new();

    internal KeyReads(TableIndex index, int keyColumns) : base(index.Table, index.Columns[..keyColumns].ToArray())
    {
        _index = index;
        _keyColumns = keyColumns;
    }

    internal bool IsOf(TableIndex index, int keyColumns) => _index == index && _keyColumns == keyColumns;

    /// <summary>Thread-safe.</summary>
    /// <param name="values">One vector per key column.</param>
    /// <param name="row">Which row of them; without nulls.</param>
    public void Add(ReadOnlySpan<Vector> values, int row)
    {
        lock (_keys)
        {
            Encode(values, row);
            _keys.Add(_writer.ToArray());
        }
    }

    private unsafe void Encode(ReadOnlySpan<Vector> values, int row)
    {
        _writer.Clear();
        for (var i = 0; i < _keyColumns; i++)
        {
            var arena = values[i].Kind == VectorKind.Dictionary ? values[i].Dictionary!.ArenaPointers : values[i].ArenaPointers;
            _index.Layout.EncodeOne(i, values[i].Physical, KeyCell.FromVector(values[i], row), arena, _writer);
        }
    }

    public override bool MatchesAny(Batch rows)
    {
        var lookup = _keys.GetAlternateLookup<ReadOnlySpan<byte>>();
        foreach (var row in Rows(rows))
        {
            if (Array.TrueForAll(rows.Columns, c => c.IsValid(row)))
            {
                Encode(rows.Columns, row);
                if (lookup.Contains(_writer.Key))
                    return true;
            }
        }
        return false;
    }

    private static int[] Rows(Batch rows) =>
        rows.Selection is { } selection ? selection.FillIndices(rows.Length).ToArray() : [.. Enumerable.Range(0, rows.Length)];

    private sealed class KeyComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static readonly KeyComparer Instance = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = default(HashCode);
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }
    }
}
