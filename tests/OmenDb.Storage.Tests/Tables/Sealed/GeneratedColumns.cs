using System.Text;
using OmenDb.Arrow;
using OmenDb.Storage.Catalog;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Tables;
using OmenDb.Types;

namespace OmenDb.Storage.Tests.Tables.Sealed;

/// <summary>Columns of every stored type, filled in shapes that ask for every encoding.</summary>
internal static class GeneratedColumns
{
    public static readonly SqlType[] Types =
    [
        SqlType.Bool, SqlType.Int2, SqlType.Int4, SqlType.Int8, SqlType.Float4, SqlType.Float8, SqlType.NumericOf(15, 2), SqlType.NumericOf(30, 4), SqlType.Numeric,
        SqlType.Text, SqlType.Bytea, SqlType.Uuid, SqlType.Date, SqlType.Timestamp, SqlType.Interval, SqlType.ArrayOf(SqlType.Int4),
    ];

    /// <summary>What values a column has.</summary>
    public enum Shape
    {
        Constant, Narrow, Medium, Wide, Extremes, FewFar, Distinct, Runs,
    }

    public static readonly Shape[] Shapes = Enum.GetValues<Shape>();

    /// <summary>Rows of one column; the seed decides shape and nulls.</summary>
    public static void Fill(SqlType type, VectorWriter writer, int firstRow, int count, int seed)
    {
        var shape = Shapes[(seed / 4) % Shapes.Length];
        var nulls = (seed % 4) switch { 0 => 0, 1 => 10, 2 => 500, _ => seed % 32 == 3 ? 1000 : 0 };
        var random = new Random((seed * 1_000_003) + firstRow);
        for (var i = 0; i < count; i++)
        {
            if (random.Next(1000) < nulls)
                writer.AppendNull();
            else
                Append(type, writer, Number(shape, firstRow + i, random), shape, random);
        }
    }

    private static Int128 Number(Shape shape, int row, Random random) => shape switch
    {
        Shape.Constant => 42,
        Shape.Narrow => 1000 + random.Next(200),
        Shape.Medium => -7 + random.Next(60_000),
        Shape.Wide => random.NextInt64(),
        Shape.Extremes => random.Next(5) switch { 0 => long.MinValue, 1 => long.MaxValue, 2 => 0, 3 => Int128.MinValue / 3, _ => Int128.MaxValue / 3 },
        Shape.FewFar => (random.Next(20) - 10) * 7_777_777_777_777,
        Shape.Distinct => row,
        _ => row / 700,
    };

    private static void Append(SqlType type, VectorWriter writer, Int128 number, Shape shape, Random random)
    {
        switch (type.Physical)
        {
            case PhysicalType.Bool: writer.AppendBool((number & 1) != 0); break;
            case PhysicalType.Int16: writer.Append((short)(number & 0xFFFF)); break;
            case PhysicalType.Int32: writer.Append(shape == Shape.Extremes ? (number > 0 ? int.MaxValue : int.MinValue) : (int)(number & uint.MaxValue)); break;
            case PhysicalType.Int64: writer.Append(long.CreateTruncating(number)); break;
            case PhysicalType.Int128: writer.Append(number); break;
            case PhysicalType.Float32: writer.Append((float)Float(number, shape, random)); break;
            case PhysicalType.Float64: writer.Append(Float(number, shape, random)); break;
            case PhysicalType.Fixed16: writer.Append(number * 31); break;
            case PhysicalType.Interval: writer.Append(((Int128)(long)(number & 0xFFFF) << 64) | (uint)(number & 0xFF)); break;
            case PhysicalType.List:
                using (var elements = new Vector())
                {
                    var child = new VectorWriter(ArrowType.Int32, elements, 3);
                    var length = (int)(uint)(number & 3);
                    for (var e = 0; e < length; e++)
                        child.Append((int)(number & 0xFF) + e);
                    writer.AppendList(elements, 0, length);
                }
                break;
            default: writer.AppendBytes(Bytes(type, number, shape)); break;
        }
    }

    private static double Float(Int128 number, Shape shape, Random random) => shape != Shape.Extremes ? (double)number / 8
        : random.Next(6) switch { 0 => double.NaN, 1 => double.PositiveInfinity, 2 => double.NegativeInfinity, 3 => -0.0, 4 => 0.0, _ => double.Epsilon };

    private static byte[] Bytes(SqlType type, Int128 number, Shape shape)
    {
        if (type.Id == TypeId.Numeric)
            return PgNumeric.Parse(((long)(number % 100_000)).ToString(System.Globalization.CultureInfo.InvariantCulture) + (number % 2 == 0 ? ".50" : ".5")).ToBytes();
        if (shape == Shape.Extremes)
            return number == 0 ? [] : Encoding.UTF8.GetBytes(number > 0 ? "\u00e4\u20ac exactly twelve?" : "twelve bytes");
        var text = "v" + number.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return Encoding.UTF8.GetBytes(number % 3 == 0 ? text + " and some more so that it is long" : text);
    }

    /// <summary>A table with a column of each type.</summary>
    public static Table Create(StorageEngine engine)
    {
        var transaction = engine.Begin();
        var entry = Rows.Create(engine, transaction, "generated", Types);
        engine.Commit(transaction);
        return engine.GetTable(entry);
    }

    public static void Append(StorageEngine engine, Table table, int firstRow, int count, int seed)
    {
        for (var done = 0; done < count;)
        {
            var rows = Math.Min(2048, count - done);
            using var batch = new Batch(Types.Length) { Length = rows };
            for (var c = 0; c < Types.Length; c++)
                Fill(Types[c], new VectorWriter(Types[c].Arrow, batch.Columns[c], rows), firstRow + done, rows, seed + (c * 7));
            var transaction = engine.Begin();
            Assert.True(table.Append(transaction, batch, []).IsOk);
            engine.Commit(transaction);
            done += rows;
        }
    }

    /// <summary>Values by row, as text.</summary>
    public static SortedDictionary<RowId, string> Scan(Table table, Snapshot snapshot)
    {
        var result = new SortedDictionary<RowId, string>();
        int[] columns = [.. Enumerable.Range(0, Types.Length)];
        using var scan = table.OpenScan(snapshot, columns);
        using var batch = new Batch(columns.Length);
        using var selection = new Selection(2048);
        while (scan.TryNextMorsel(out var morsel))
        {
            for (var v = 0; v < morsel.VectorCount; v++)
            {
                if (scan.Read(morsel, v, batch, selection, out var first) == 0)
                    continue;
                for (var row = 0; row < batch.Length; row++)
                {
                    if (batch.Selection is null || Rows.IsSelected(batch.Selection, row))
                        result.Add(first + row, Show(batch, row));
                }
            }
        }
        return result;
    }

    public static string Show(Batch batch, int row)
    {
        var text = new StringBuilder();
        foreach (var column in batch.Columns)
            text.Append(Show(column, row)).Append('|');
        return text.ToString();
    }

    private static string Show(Vector column, int row)
    {
        if (!column.IsValid(row))
            return "null";
        return column.Physical switch
        {
            PhysicalType.Bool => column.GetBool(row) ? "t" : "f",
            PhysicalType.Int16 => column.Get<short>(row).ToString(),
            PhysicalType.Int32 or PhysicalType.Float32 => column.Get<int>(row).ToString(),
            PhysicalType.Int64 or PhysicalType.Float64 => column.Get<long>(row).ToString(),
            PhysicalType.View => Convert.ToHexString(column.GetBytes(row)),
            PhysicalType.List => List(column, row),
            _ => column.Get<Int128>(row).ToString(),
        };
    }

    private static unsafe string List(Vector column, int row)
    {
        var slot = ((ListSlot*)column.Values)[row];
        return "{" + string.Join(',', Enumerable.Range((int)slot.Offset, (int)slot.Length).Select(i => column.Child!.Get<int>(i))) + "}";
    }
}
