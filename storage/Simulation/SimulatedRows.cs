using System.Collections.Immutable;
using System.Text;
using OmenDb.Arrow;
using OmenDb.Storage.Catalog;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Tables;
using OmenDb.Types;

namespace OmenDb.Storage.Simulation;

/// <summary>Rows (id int8, name text, score int4, added columns text) between the model's text and the engine's batches.</summary>
internal static class SimulatedRows
{
    public static readonly SqlType[] Types = [SqlType.Int8, SqlType.Text, SqlType.Int4];

    public const string AddedDefault = "d";

    private const char Null = '~';

    /// <summary>name|score and one part per added column.</summary>
    public static string Make(Random random, int addedColumns)
    {
        var name = random.Next(6) == 0 ? "~" : new string((char)('a' + random.Next(26)), random.Next(40));
        var text = $"{name}|{(random.Next(6) == 0 ? "~" : random.Next(1000).ToString(System.Globalization.CultureInfo.InvariantCulture))}";
        for (var i = 0; i < addedColumns; i++)
            text += random.Next(4) == 0 ? "|~" : $"|v{random.Next(100)}";
        return text;
    }

    /// <summary>A batch for the physical columns given: id, name, score and added ones; null: all columns of the table.</summary>
    public static Batch ToBatch(Table table, TableEntry entry, IReadOnlyList<(long Id, string Row)> rows)
    {
        var batch = new Batch(table.Columns.Count) { Length = rows.Count };
        for (var physical = 0; physical < table.Columns.Count; physical++)
        {
            var writer = new VectorWriter(table.Columns[physical].Arrow, batch.Columns[physical], rows.Count);
            var place = PlaceOf(entry, physical);
            foreach (var (id, row) in rows)
                Write(writer, place, id, row);
        }
        return batch;
    }

    /// <summary>Name and score only, for updates.</summary>
    public static Batch ToUpdate(IReadOnlyList<string> rows)
    {
        var batch = new Batch(2) { Length = rows.Count };
        for (var c = 0; c < 2; c++)
        {
            var writer = new VectorWriter(Types[c + 1].Arrow, batch.Columns[c], rows.Count);
            foreach (var row in rows)
                Write(writer, c + 1, 0, row);
        }
        return batch;
    }

    /// <summary>All rows that a snapshot sees, with their ids in the engine.</summary>
    public static unsafe ImmutableSortedDictionary<long, string> Read(Table table, TableEntry entry, Snapshot snapshot, Dictionary<long, RowId> places)
    {
        int[] columns = [.. entry.Columns.Select(column => column.Physical)];
        var result = ImmutableSortedDictionary.CreateBuilder<long, string>();
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
                    var id = batch.Columns[0].Get<long>(row);
                    if (!places.TryAdd(id, first + row))
                        throw SqlException.Internal($"row {id} is there twice");
                    result.Add(id, TextOf(batch, row));
                }
            }
        }
        return result.ToImmutable();
    }

    private static int PlaceOf(TableEntry entry, int physical)
    {
        for (var i = 0; i < entry.Columns.Length; i++)
        {
            if (entry.Columns[i].Physical == physical)
                return i;
        }
        return -1; // left behind by a rolled back ALTER TABLE
    }

    private static void Write(VectorWriter writer, int place, long id, string row)
    {
        var part = place <= 0 ? "" : row.Split('|')[place - 1];
        if (place < 0 || part == "~")
            writer.AppendNull();
        else if (place == 0)
            writer.Append(id);
        else if (place == 2)
            writer.Append(int.Parse(part, System.Globalization.CultureInfo.InvariantCulture));
        else
            writer.AppendBytes(Encoding.UTF8.GetBytes(part));
    }

    private static string TextOf(Batch batch, int row)
    {
        var text = new StringBuilder();
        for (var c = 1; c < batch.Columns.Length; c++)
        {
            if (c > 1)
                text.Append('|');
            var column = batch.Columns[c];
            if (!column.IsValid(row))
                text.Append(Null);
            else if (c == 2)
                text.Append(column.Get<int>(row));
            else
                text.Append(Encoding.UTF8.GetString(column.GetBytes(row)));
        }
        return text.ToString();
    }
}
