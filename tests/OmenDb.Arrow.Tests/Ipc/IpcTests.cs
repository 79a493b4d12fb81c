using System.Buffers;
using System.Collections.Immutable;
using OmenDb.Arrow.Ipc;

namespace OmenDb.Arrow.Tests.Ipc;

public unsafe class IpcTests
{
    public static readonly ArrowType[] Types =
    [
        .. Generated.AllTypes, ArrowType.Decimal64(12, 2), ArrowType.Date32, ArrowType.Time64, ArrowType.Timestamp, ArrowType.TimestampUtc,
        ArrowType.BinaryView,
    ];

    public static Schema SchemaOf(params ArrowType[] types) => new([.. types.Select((type, i) => new Field($"c{i}", type))]);

    public static Batch RandomBatch(Random random, Schema schema, int rows) =>
        new([.. schema.Fields.Select(field => Generated.Vector(random, field.Type, rows))], rows);

    private static void AssertSame(Batch expected, Batch actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var column = 0; column < expected.Columns.Length; column++)
        {
            for (var row = 0; row < expected.Length; row++)
                Generated.AssertSameRow(expected.Columns[column], row, actual.Columns[column], row);
        }
    }

    [Fact]
    public void Streams_and_files_come_back() => Generated.ForAllSeeds(random =>
    {
        var schema = SchemaOf(Types);
        var dictionaries = Enumerable.Range(0, Types.Length).Where(_ => random.Next(4) == 0).ToArray();
        using var stream = new MemoryStream();
        using var file = new MemoryStream();
        var batches = new[] { 0, 1, random.Pick([63, 64, 65, 200]) }.Select(rows => RandomBatch(random, schema, rows)).ToArray();
        using (var toStream = ArrowWriter.ToStream(stream, schema, dictionaries))
        using (var toFile = ArrowWriter.ToFile(file, schema, dictionaries))
        {
            foreach (var batch in batches)
            {
                toStream.Write(batch);
                toFile.Write(batch);
            }
        }
        stream.Position = 0;
        using var reader = new ArrowReader(stream);
        using var bytes = NativeBuffer.CopyOf(file.ToArray());
        using var fileReader = new ArrowFileReader(bytes);
        Assert.Equal(schema.Fields.AsEnumerable(), reader.Schema.Fields);
        Assert.Equal(schema.Fields.AsEnumerable(), fileReader.Schema.Fields);
        Assert.Equal(batches.Length, fileReader.BatchCount);
        for (var i = 0; i < batches.Length; i++)
        {
            using var fromStream = reader.Next();
            using var fromFile = fileReader.Read(i);
            AssertSame(batches[i], fromStream!);
            AssertSame(batches[i], fromFile);
        }
        Assert.Null(reader.Next());
        foreach (var batch in batches)
            batch.Dispose();
    }, 20);

    [Fact]
    public void Only_selected_rows_are_written_and_buffer_writers_serve_too()
    {
        var random = new Random(5);
        var schema = SchemaOf(ArrowType.Int32, ArrowType.Utf8View);
        using var batch = RandomBatch(random, schema, 100);
        using var selection = new Selection(2048) { IsSparse = true, Count = 2 };
        selection.Indices[0] = 7;
        selection.Indices[1] = 99;
        batch.Selection = selection;
        var target = new ArrayBufferWriter<byte>();
        using (var writer = ArrowWriter.ToStream(target, schema))
            writer.Write(batch);
        using var reader = new ArrowReader(new MemoryStream(target.WrittenSpan.ToArray()));
        using var back = reader.Next()!;
        Assert.Equal(2, back.Length);
        for (var column = 0; column < 2; column++)
        {
            Generated.AssertSameRow(batch.Columns[column], 7, back.Columns[column], 0);
            Generated.AssertSameRow(batch.Columns[column], 99, back.Columns[column], 1);
        }
    }

    [Fact]
    public void Metadata_travels_with_schema_and_fields()
    {
        var schema = new Schema(
        [
            new Field("größe", ArrowType.Decimal64(15, 2), Nullable: false) { Metadata = ImmutableDictionary<string, string>.Empty.Add("unit", "m") },
        ])
        {
            Metadata = ImmutableDictionary<string, string>.Empty.Add("source", "test").Add("", "empty key"),
        };
        using var stream = new MemoryStream();
        ArrowWriter.ToStream(stream, schema).Dispose();
        stream.Position = 0;
        using var reader = new ArrowReader(stream);
        Assert.Equal("größe", reader.Schema.Fields[0].Name);
        Assert.False(reader.Schema.Fields[0].Nullable);
        Assert.Equal("m", reader.Schema.Fields[0].Metadata!["unit"]);
        Assert.Equal("empty key", reader.Schema.Metadata![""]);
        Assert.Equal(2, reader.Schema.Metadata.Count);
        Assert.Null(reader.Next());
    }

    [Fact]
    public void Bodies_are_padded_to_64_bytes()
    {
        var schema = SchemaOf(Types);
        using var batch = RandomBatch(new Random(3), schema, 65);
        using var stream = new MemoryStream();
        using var writer = ArrowWriter.ToStream(stream, schema);
        var before = stream.Position;
        writer.Write(batch);
        Assert.Equal(0, before % 8);
        Assert.Equal(0, stream.Position % 8);
    }

    [Fact]
    public void Damage_is_reported_never_a_crash() => Generated.ForAllSeeds(random =>
    {
        var schema = SchemaOf(Types);
        using var batch = RandomBatch(random, schema, random.Next(1, 70));
        using var stream = new MemoryStream();
        using var file = new MemoryStream();
        using (var toStream = ArrowWriter.ToStream(stream, schema, [3]))
            toStream.Write(batch);
        using (var toFile = ArrowWriter.ToFile(file, schema, [3]))
            toFile.Write(batch);
        for (var round = 0; round < 40; round++)
        {
            ReadAll(Damaged(random, stream.ToArray()), asFile: false);
            ReadAll(Damaged(random, file.ToArray()), asFile: true);
        }
    }, 25);

    [Fact]
    public void Every_truncation_of_a_file_is_noticed()
    {
        var schema = SchemaOf(ArrowType.Int32, ArrowType.Utf8View);
        using var batch = RandomBatch(new Random(2), schema, 20);
        using var file = new MemoryStream();
        using (var writer = ArrowWriter.ToFile(file, schema))
            writer.Write(batch);
        var bytes = file.ToArray();
        for (var length = 0; length < bytes.Length; length++)
        {
            using var buffer = NativeBuffer.CopyOf(bytes.AsSpan(0, length));
            var error = Assert.Throws<InvalidDataException>(() => new ArrowFileReader(buffer));
            Assert.Contains("offset", error.Message, StringComparison.Ordinal);
        }
    }

    private static byte[] Damaged(Random random, byte[] bytes)
    {
        if (random.Next(4) == 0)
            return bytes[..random.Next(bytes.Length)];
        for (var i = random.Next(1, 4); i > 0; i--)
        {
            var at = random.Next(2) == 0 ? random.Next(bytes.Length) : random.Next(Math.Min(bytes.Length, 3000));
            bytes[at] = random.Next(3) switch { 0 => 0xFF, 1 => (byte)random.Next(256), _ => (byte)(bytes[at] ^ 1 << random.Next(8)) };
        }
        return bytes;
    }

    /// <summary>Reads everything, values too; only the two documented exceptions may come out.</summary>
    private static void ReadAll(byte[] bytes, bool asFile)
    {
        try
        {
            if (asFile)
            {
                using var buffer = NativeBuffer.CopyOf(bytes);
                using var reader = new ArrowFileReader(buffer);
                for (var i = 0; i < reader.BatchCount; i++)
                {
                    using var batch = reader.Read(i);
                    Touch(batch);
                }
            }
            else
            {
                using var reader = new ArrowReader(new MemoryStream(bytes));
                while (reader.Next() is { } batch)
                {
                    Touch(batch);
                    batch.Dispose();
                }
            }
        }
        catch (InvalidDataException error)
        {
            Assert.Contains("offset", error.Message, StringComparison.Ordinal);
        }
        catch (NotSupportedException error)
        {
            Assert.Contains("not supported", error.Message, StringComparison.Ordinal);
        }
    }

    private static void Touch(Batch batch)
    {
        using var copy = new Vector();
        foreach (var column in batch.Columns)
        {
            if (column.Type.Id == ArrowTypeId.Null)
                continue;
            var writer = new VectorWriter(column.Type, copy, batch.Length);
            for (var row = 0; row < batch.Length; row++)
                writer.AppendFrom(column, row);
            Assert.Equal(batch.Length, writer.Count);
        }
    }
}
