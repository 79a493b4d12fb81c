using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using OmenDb.Arrow;
using OmenDb.Storage.Catalog;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Tables;
using OmenDb.Types;

namespace OmenDb.Storage.Simulation;

/// <summary>Rows (c0 id int8, c1 name text, c2 score int4, c3 key int4, added columns text) between the model's numbers and the engine's batches.</summary>
internal static class SimulatedRows
{
    public const int NameColumn = 1;
    public const int ScoreColumn = 2;
    public const int KeyColumn = 3;

    public static readonly SqlType[] Types = [SqlType.Int8, SqlType.Text, SqlType.Int4, SqlType.Int4];

    public static readonly byte[] AddedDefault = "d"u8.ToArray();

    private const int LongestText = 64;

    /// <summary>The text that follows from a number; -1: null. Some are longer than what a view holds in itself.</summary>
    private static int Text(int number, Span<byte> target)
    {
        if (number % 7 == 3)
            return -1;
        target[0] = (byte)'n';
        number.TryFormat(target[1..], out var digits, provider: CultureInfo.InvariantCulture);
        var padding = number % 5 == 0 ? 20 + (number % 30) : number % 3;
        target.Slice(1 + digits, padding).Fill((byte)'x');
        return 1 + digits + padding;
    }

    private static int Added(in SimulatedRow row, int ordinal, Span<byte> target)
    {
        if (ordinal < row.Ordinals)
            return Text(row.Origin + ordinal, target);
        AddedDefault.CopyTo(target);
        return AddedDefault.Length;
    }

    /// <summary>The model's order of names, nulls last.</summary>
    public static int CompareNames(int left, int right)
    {
        Span<byte> first = stackalloc byte[LongestText];
        Span<byte> second = stackalloc byte[LongestText];
        var (l, r) = (Text(left, first), Text(right, second));
        return l < 0 || r < 0 ? (l < 0).CompareTo(r < 0) : first[..l].SequenceCompareTo(second[..r]);
    }

    /// <summary>All columns of new rows, also of physical columns that no entry names.</summary>
    public static Batch ToBatch(Table table, TableEntry entry, TableState state, IReadOnlyList<(long Id, SimulatedRow Row)> rows)
    {
        var batch = new Batch(table.Columns.Count) { Length = rows.Count };
        Span<byte> text = stackalloc byte[LongestText];
        for (var physical = 0; physical < table.Columns.Count; physical++)
        {
            var writer = new VectorWriter(table.Columns[physical].Arrow, batch.Columns[physical], rows.Count);
            var place = PlaceOf(entry, physical);
            foreach (var (id, row) in rows)
            {
                if (place < 0)
                    writer.AppendNull();
                else if (place < Types.Length)
                    Append(writer, place, id, row, text);
                else
                    AppendText(writer, Added(row, state.Added[place - Types.Length], text), text);
            }
        }
        return batch;
    }

    /// <summary>New values of some columns.</summary>
    public static Batch ToUpdate(ReadOnlySpan<int> columns, IReadOnlyList<SimulatedRow> rows)
    {
        var batch = new Batch(columns.Length) { Length = rows.Count };
        Span<byte> text = stackalloc byte[LongestText];
        for (var c = 0; c < columns.Length; c++)
        {
            var writer = new VectorWriter(Types[columns[c]].Arrow, batch.Columns[c], rows.Count);
            foreach (var row in rows)
                Append(writer, columns[c], 0, row, text);
        }
        return batch;
    }

    /// <summary>Reads all rows that a snapshot sees and says how they differ from what they should be; null: not at all.</summary>
    public static unsafe string? Difference(Table table, TableEntry entry, Snapshot snapshot, TableState expected)
    {
        if (entry.Columns.Length != Types.Length + expected.Added.Length)
            return $"{entry.Columns.Length - Types.Length} added columns instead of {expected.Added.Length}";
        int[] columns = [.. entry.Columns.Select(column => column.Physical)];
        var seen = 0;
        using var scan = table.OpenScan(snapshot, columns);
        using var batch = new Batch(columns.Length);
        using var scratch = new Selection(RowId.VectorRows);
        while (scan.TryNextMorsel(out var morsel))
        {
            for (var v = 0; v < morsel.VectorCount; v++)
            {
                if (scan.Read(morsel, v, batch, scratch, out var first) == 0)
                    continue;
                for (var row = 0; row < batch.Length; row++)
                {
                    if (batch.Selection is not null && (scratch.Mask[row >> 6] >> (row & 63) & 1) == 0)
                        continue; // in range: the mask has a word for each 64 rows of the batch
                    seen++;
                    if (Difference(batch, row, first + row, expected) is { } difference)
                        return difference;
                }
            }
        }
        if (seen == expected.Rows.Count)
            return null;
        // Every row seen is right and stands in its place, so those that are missing are missing.
        return $"{expected.Rows.Count - seen} of {expected.Rows.Count} rows are missing";
    }

    private static string? Difference(Batch batch, int row, RowId place, TableState expected)
    {
        var id = batch.Columns[0].Get<long>(row);
        if (!expected.Rows.TryGetValue(id, out var should))
            return $"row {id} at {place} should not be there";
        if (should.Place != place)
            return $"row {id} is at {place} instead of {should.Place}";
        Span<byte> text = stackalloc byte[LongestText];
        for (var c = 1; c < batch.Columns.Length; c++)
        {
            var column = batch.Columns[c];
            var isRight = c switch
            {
                ScoreColumn => column.IsValid(row) && column.Get<int>(row) == should.Score,
                KeyColumn => column.IsValid(row) ? column.Get<int>(row) == should.Key : should.Key < 0,
                _ => IsText(column, row, c == NameColumn ? Text(should.Name, text) : Added(should, expected.Added[c - Types.Length], text), text),
            };
            if (!isRight)
                return $"row {id} has {Show(column, row, c)} in column {c}, the model has {should}";
        }
        return null;
    }

    private static bool IsText(Vector column, int row, int length, ReadOnlySpan<byte> text) =>
        length < 0 ? !column.IsValid(row) : column.IsValid(row) && column.GetBytes(row).SequenceEqual(text[..length]);

    private static string Show(Vector column, int row, int c) => !column.IsValid(row) ? "null"
        : c is ScoreColumn or KeyColumn ? column.Get<int>(row).ToString(CultureInfo.InvariantCulture) : Encoding.UTF8.GetString(column.GetBytes(row));

    private static int PlaceOf(TableEntry entry, int physical)
    {
        for (var i = 0; i < entry.Columns.Length; i++)
        {
            if (entry.Columns[i].Physical == physical)
                return i;
        }
        return -1; // left behind by a rolled back ALTER TABLE, or dropped
    }

    private static void Append(VectorWriter writer, int place, long id, in SimulatedRow row, Span<byte> text)
    {
        switch (place)
        {
            case 0: writer.Append(id); break;
            case NameColumn: AppendText(writer, Text(row.Name, text), text); break;
            case ScoreColumn: writer.Append(row.Score); break;
            case KeyColumn when row.Key >= 0: writer.Append(row.Key); break;
            default: writer.AppendNull(); break;
        }
    }

    private static void AppendText(VectorWriter writer, int length, ReadOnlySpan<byte> text)
    {
        if (length < 0)
            writer.AppendNull();
        else
            writer.AppendBytes(text[..length]);
    }
}
