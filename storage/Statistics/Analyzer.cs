using System.Collections.Immutable;
using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Storage.Indexes;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Tables;

namespace OmenDb.Storage.Statistics;

/// <summary>ANALYZE: one scan that counts everything and keeps an even sample.</summary>
/// <remarks>The sample is taken by position (every n-th row of the table's estimated rows), which needs no random numbers and meets
/// every part of the table. Values common enough to matter show up in 30,000 rows, as in PostgreSQL's default.</remarks>
internal sealed class Analyzer
{
    private const int SampleRows = 30_000;
    private const int MostCommonValues = 100;
    private const int HistogramBounds = 101;

    private sealed class Column(TableColumn definition)
    {
        public readonly TableColumn Definition = definition;
        public readonly DistinctSketch Sketch = new();
        public readonly KeyLayout? Layout = KeyLayout.CanBeKey(definition.Type)
            ? new KeyLayout([new IndexKeyColumn(0)], [definition], nullsInKeys: false) : null;
        public readonly List<SampleValue> Sample = [];
        public long Nulls;
        public long Bytes;
    }

    private readonly Table _table;
    private readonly Column[] _columns;
    private readonly long _stride;
    private readonly KeyWriter _writer = new();
    private long _rows;

    private Analyzer(Table table)
    {
        _table = table;
        _columns = [.. table.Columns.Select(c => new Column(c))];
        _stride = Math.Max(1, table.RowCount / SampleRows);
    }

    public static TableStatistics Run(Table table, Snapshot snapshot, CancellationToken cancellation)
    {
        var analyzer = new Analyzer(table);
        var numbers = Enumerable.Range(0, analyzer._columns.Length).ToArray();
        using var scan = table.OpenScan(snapshot, numbers);
        using var batch = new Batch(numbers.Length);
        using var selection = new Selection(RowId.VectorRows);
        while (scan.TryNextMorsel(out var morsel))
        {
            cancellation.ThrowIfCancellationRequested();
            for (var v = 0; v < morsel.VectorCount; v++)
            {
                if (scan.Read(morsel, v, batch, selection, out _) > 0)
                    analyzer.Add(batch);
            }
        }
        return new TableStatistics(analyzer._rows, [.. analyzer._columns.Select(c => Finish(c, analyzer._rows))]);
    }

    private void Add(Batch batch)
    {
        Span<int> identity = stackalloc int[RowId.VectorRows];
        scoped ReadOnlySpan<int> rows;
        if (batch.Selection is { } selection)
        {
            rows = selection.FillIndices(batch.Length);
        }
        else
        {
            for (var i = 0; i < batch.Length; i++)
                identity[i] = i;
            rows = identity[..batch.Length];
        }
        var firstSampled = (int)((_stride - _rows % _stride) % _stride);
        for (var c = 0; c < _columns.Length; c++)
        {
            var column = _columns[c];
            var vector = batch.Columns[c];
            Count(column, vector, rows);
            if (column.Layout is null)
                continue;
            for (long i = firstSampled; i < rows.Length; i += _stride)
            {
                if (vector.IsValid(rows[(int)i]))
                    column.Sample.Add(Value(column, vector, rows[(int)i]));
            }
        }
        _rows += rows.Length;
    }

    private static unsafe void Count(Column column, Vector vector, ReadOnlySpan<int> rows)
    {
        var isList = vector.Physical == PhysicalType.List; // neither counted nor compared
        var hashes = stackalloc ulong[isList ? 1 : vector.Length];
        if (!isList)
            Hash.Rows(vector, vector.Length, hashes);
        foreach (var row in rows)
        {
            if (!vector.IsValid(row))
            {
                column.Nulls++;
                continue;
            }
            if (isList)
                continue;
            column.Sketch.Add(DistinctSketch.Mix(hashes[row]));
            if (vector.Physical == PhysicalType.View)
                column.Bytes += vector.GetBytes(row).Length;
        }
    }

    private unsafe SampleValue Value(Column column, Vector vector, int row)
    {
        var cell = KeyCell.FromVector(vector, row);
        _writer.Clear();
        column.Layout!.EncodeOne(0, cell, vector.Kind == VectorKind.Dictionary ? vector.Dictionary!.ArenaPointers : vector.ArenaPointers, _writer);
        byte[] image;
        if (vector.Physical == PhysicalType.View)
            image = vector.GetBytes(row).ToArray();
        else
            image = new ReadOnlySpan<byte>(&cell.Bits, UndoRecord.WidthOf(vector.Physical)).ToArray();
        return new SampleValue(_writer.ToArray(), image);
    }

    private static ColumnStatistics Finish(Column column, long rows)
    {
        var present = rows - column.Nulls;
        var distinct = Math.Min(present, column.Sketch.Estimate());
        var result = new ColumnStatistics
        {
            NullFraction = rows == 0 ? 0 : (double)column.Nulls / rows,
            DistinctCount = distinct,
            AverageWidth = column.Definition.Stored == PhysicalType.View ? present == 0 ? 0 : (double)column.Bytes / present
                : UndoRecord.WidthOf(column.Definition.Stored),
        };
        var sample = column.Sample;
        if (sample.Count == 0)
            return result;
        sample.Sort();
        var counts = new List<(SampleValue Value, int Count)>();
        foreach (var value in sample)
        {
            if (counts.Count > 0 && counts[^1].Value.Equals(value))
                counts[^1] = (value, counts[^1].Count + 1);
            else
                counts.Add((value, 1));
        }
        // Worth keeping: seen more than once, and a quarter more often than the average value (as PostgreSQL decides).
        var threshold = Math.Max(2, 1.25 * sample.Count / counts.Count);
        var common = counts.Count <= MostCommonValues ? [.. counts]
            : counts.Where(c => c.Count >= threshold).OrderByDescending(c => c.Count).Take(MostCommonValues).ToList();
        var isCommon = common.Select(c => c.Value).ToHashSet();
        var fractionOfRows = (1 - result.NullFraction) / sample.Count;
        var rest = sample.Where(v => !isCommon.Contains(v)).ToArray();
        return result with
        {
            Min = sample[0], Max = sample[^1],
            MostCommon = [.. common.OrderByDescending(c => c.Count).Select(c => (c.Value, c.Count * fractionOfRows))],
            Histogram = Bounds(rest),
        };
    }

    private static ImmutableArray<SampleValue> Bounds(SampleValue[] values)
    {
        if (values.Length < 2)
            return [];
        var count = Math.Min(HistogramBounds, values.Length);
        var bounds = ImmutableArray.CreateBuilder<SampleValue>(count);
        for (var i = 0; i < count; i++)
            bounds.Add(values[(int)((long)i * (values.Length - 1) / (count - 1))]);
        return bounds.MoveToImmutable();
    }
}
