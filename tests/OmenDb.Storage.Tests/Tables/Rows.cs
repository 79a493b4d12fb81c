using System.Text;
using OmenDb.Arrow;
using OmenDb.Storage.Catalog;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Tables;
using OmenDb.Storage.Transactions;
using OmenDb.Types;

namespace OmenDb.Storage.Tests.Tables;

/// <summary>Small rows (id int8, name text, score int4) in and out of a table.</summary>
internal static class Rows
{
    public static readonly SqlType[] Types = [SqlType.Int8, SqlType.Text, SqlType.Int4];

    public static TableEntry Create(StorageEngine engine, Transaction transaction, string name = "t", SqlType[]? types = null)
    {
        types ??= Types;
        var catalog = transaction.CurrentCatalog;
        var schema = catalog.FindSchema(catalog.FindDatabase("omendb")!.Oid, "public")!;
        return engine.CreateTable(transaction, new TableEntry
        {
            Oid = transaction.Catalog.NewOid(), Name = name, SchemaOid = schema.Oid, StorageId = 0,
            Columns = [.. types.Select((t, i) => new ColumnEntry { Id = i + 1, Name = "c" + i, Type = t, Physical = i })],
        });
    }

    public static Table Create(StorageEngine engine, string name = "t")
    {
        var transaction = engine.Begin();
        var entry = Create(engine, transaction, name);
        engine.Commit(transaction);
        return engine.GetTable(entry);
    }

    public static Table Find(StorageEngine engine, string name = "t") =>
        engine.GetTable((TableEntry)engine.Catalog.FindRelation("omendb", "public", name)!);

    public static Batch Batch(params (long? Id, string? Name, int? Score)[] rows)
    {
        var batch = new Batch(3) { Length = rows.Length };
        var id = new VectorWriter(ArrowType.Int64, batch.Columns[0], rows.Length);
        var name = new VectorWriter(ArrowType.Utf8View, batch.Columns[1], rows.Length);
        var score = new VectorWriter(ArrowType.Int32, batch.Columns[2], rows.Length);
        foreach (var row in rows)
        {
            if (row.Id is { } i)
                id.Append(i);
            else
                id.AppendNull();
            if (row.Name is { } n)
                name.AppendBytes(Encoding.UTF8.GetBytes(n));
            else
                name.AppendNull();
            if (row.Score is { } s)
                score.Append(s);
            else
                score.AppendNull();
        }
        return batch;
    }

    public static Batch Ints(params int?[] values)
    {
        var batch = new Batch(1) { Length = values.Length };
        var writer = new VectorWriter(ArrowType.Int32, batch.Columns[0], values.Length);
        foreach (var value in values)
        {
            if (value is { } v)
                writer.Append(v);
            else
                writer.AppendNull();
        }
        return batch;
    }

    public static Batch Longs(params long?[] values)
    {
        var batch = new Batch(1) { Length = values.Length };
        var writer = new VectorWriter(ArrowType.Int64, batch.Columns[0], values.Length);
        foreach (var value in values)
        {
            if (value is { } v)
                writer.Append(v);
            else
                writer.AppendNull();
        }
        return batch;
    }

    public static Batch Texts(params string?[] values)
    {
        var batch = new Batch(1) { Length = values.Length };
        var writer = new VectorWriter(ArrowType.Utf8View, batch.Columns[0], values.Length);
        foreach (var value in values)
        {
            if (value is { } v)
                writer.AppendBytes(Encoding.UTF8.GetBytes(v));
            else
                writer.AppendNull();
        }
        return batch;
    }

    public static RowId[] Append(Table table, Transaction transaction, params (long? Id, string? Name, int? Score)[] rows)
    {
        using var batch = Batch(rows);
        var ids = new RowId[rows.Length];
        Assert.Equal(WriteStatus.Ok, table.Append(transaction, batch, ids).Status);
        return ids;
    }

    public static (long?, string?, int?) Row(Batch batch, int row)
    {
        var (id, name, score) = (batch.Columns[0], batch.Columns[1], batch.Columns[2]);
        return (id.IsValid(row) ? id.Get<long>(row) : null,
            name.IsValid(row) ? Encoding.UTF8.GetString(name.GetBytes(row)) : null,
            score.IsValid(row) ? score.Get<int>(row) : null);
    }

    public static List<(RowId Row, (long?, string?, int?) Values)> Scan(Table table, Snapshot snapshot)
    {
        var result = new List<(RowId, (long?, string?, int?))>();
        using var scan = table.OpenScan(snapshot, [0, 1, 2]);
        using var batch = new Batch(3);
        using var selection = new Selection(2048);
        while (scan.TryNextMorsel(out var morsel))
        {
            for (var v = 0; v < morsel.VectorCount; v++)
            {
                if (scan.Read(morsel, v, batch, selection, out var first) == 0)
                    continue;
                for (var row = 0; row < batch.Length; row++)
                {
                    if (batch.Selection is null || IsSelected(batch.Selection, row))
                        result.Add((first + row, Row(batch, row)));
                }
            }
        }
        return result;
    }

    public static unsafe bool IsSelected(Selection selection, int row) => (selection.Mask[row >> 6] >> (row & 63) & 1) != 0;

    public static List<(long?, string?, int?)> All(StorageEngine engine, Table table)
    {
        using var snapshot = engine.Transactions.OpenSnapshot();
        return [.. Scan(table, snapshot).Select(r => r.Values)];
    }
}
