using System.Buffers;
using System.Buffers.Binary;
using OmenDb.Arrow.Compute;

namespace OmenDb.Arrow.Ipc;

/// <summary>Writes batches in Arrow's IPC stream or file format (Arrow columnar format, "Serialization and IPC").</summary>
/// <remarks>Columns of any kind are written flat; those named as dictionary columns are written as int32 indexes, and whatever entries
/// are new follow as delta dictionaries. Lists go out as Arrow List, intervals as month-day-nano. Not thread-safe.</remarks>
public sealed unsafe class ArrowWriter : IDisposable
{
    private readonly IpcSink _sink;
    private readonly Schema _schema;
    private readonly bool _file;
    private readonly HashSet<int> _dictionaryColumns;
    private readonly Dictionary<int, WrittenDictionary> _dictionaries = [];
    private readonly BatchEncoder _encoder = new();
    private readonly List<IpcBlock> _batches = [];
    private readonly List<IpcBlock> _dictionaryBlocks = [];
    private bool _finished;

    private sealed class WrittenDictionary
    {
        public ColumnAppender? Last; // a copy: the vector that brought the entries may have been reused since
        public int FirstEntry; // of Last among all entries written
        public int Entries;
    }

    private ArrowWriter(IpcSink sink, Schema schema, bool file, IEnumerable<int>? dictionaryColumns)
    {
        _sink = sink;
        _schema = schema;
        _file = file;
        _dictionaryColumns = [.. dictionaryColumns ?? []];
        if (_file)
        {
            sink.Write(MessageFormat.FileMagic);
            sink.WriteZeros(2);
        }
        var builder = new FlatBuilder();
        sink.Write(MessageFormat.Frame(builder, MessageFormat.SchemaHeader, SchemaFormat.Write(builder, schema, _dictionaryColumns), 0));
    }

    /// <param name="stream">Stays open.</param>
    /// <param name="schema">Of every batch to come.</param>
    /// <param name="dictionaryColumns">Columns to write as dictionary-encoded.</param>
    public static ArrowWriter ToStream(Stream stream, Schema schema, IEnumerable<int>? dictionaryColumns = null) =>
        new(new IpcSink(stream, null), schema, file: false, dictionaryColumns);

    public static ArrowWriter ToStream(IBufferWriter<byte> writer, Schema schema, IEnumerable<int>? dictionaryColumns = null) =>
        new(new IpcSink(null, writer), schema, file: false, dictionaryColumns);

    /// <inheritdoc cref="ToStream(Stream, Schema, IEnumerable{int}?)"/>
    public static ArrowWriter ToFile(Stream stream, Schema schema, IEnumerable<int>? dictionaryColumns = null) =>
        new(new IpcSink(stream, null), schema, file: true, dictionaryColumns);

    public static ArrowWriter ToFile(IBufferWriter<byte> writer, Schema schema, IEnumerable<int>? dictionaryColumns = null) =>
        new(new IpcSink(null, writer), schema, file: true, dictionaryColumns);

    /// <summary>Bytes written so far.</summary>
    public long Position => _sink.Position;

    /// <summary>Writes the selected rows of a batch.</summary>
    public void Write(Batch batch)
    {
        ObjectDisposedException.ThrowIf(_finished, this);
        if (batch.Columns.Length != _schema.Fields.Length)
            throw new ArgumentException($"{batch.Columns.Length} columns for a schema of {_schema.Fields.Length}", nameof(batch));
        using var compacted = new Batch(batch.Columns.Length);
        Gather.Compact(batch, compacted);
        for (var i = 0; i < compacted.Columns.Length; i++)
        {
            if (compacted.Columns[i].Physical != _schema.Fields[i].Type.Physical)
                throw new ArgumentException($"column {i} is {compacted.Columns[i].Type.Id}, the schema says {_schema.Fields[i].Type.Id}", nameof(batch));
        }
        var codes = new Dictionary<int, int[]>();
        foreach (var column in _dictionaryColumns)
            codes[column] = WriteDictionary(column, batch.Columns[column], compacted.Columns[column], compacted.Length);
        for (var i = 0; i < compacted.Columns.Length; i++)
        {
            if (codes.TryGetValue(i, out var indexes))
                _encoder.AddCodes(indexes, compacted.Columns[i]);
            else
                _encoder.Add(compacted.Columns[i], compacted.Length);
        }
        _batches.Add(_encoder.Write(_sink, compacted.Length, null, false));
    }

    private int[] WriteDictionary(int column, Vector original, Vector vector, int rows)
    {
        if (!_dictionaries.TryGetValue(column, out var written))
            _dictionaries[column] = written = new WrittenDictionary();
        var codes = new int[rows];
        Vector entries;
        if (vector.Kind == VectorKind.Dictionary)
        {
            entries = vector.Dictionary!;
            for (var row = 0; row < rows; row++)
                codes[row] = (int)vector.Code(row);
        }
        else
        {
            entries = vector; // other kinds: every row is an entry of its own, a constant one for all
            for (var row = 0; row < rows; row++)
                codes[row] = vector.Kind == VectorKind.Constant ? 0 : row;
        }
        var shared = original.Kind == VectorKind.Dictionary;
        if (!shared || !Same(entries, written.Last))
        {
            var count = entries.Kind == VectorKind.Constant ? 1 : shared ? entries.Length : rows;
            if (count > 0 || written.Entries == 0)
            {
                _encoder.Add(entries, count);
                _dictionaryBlocks.Add(_encoder.Write(_sink, count, column, isDelta: written.Entries > 0));
            }
            written.Last?.Dispose();
            written.Last = null;
            if (shared)
            {
                written.Last = new ColumnAppender(entries.Type);
                written.Last.Append(entries, 0, entries.Length);
            }
            written.FirstEntry = written.Entries;
            written.Entries += count;
        }
        for (var row = 0; row < rows; row++)
            codes[row] += written.FirstEntry;
        return codes;
    }

    private static bool Same(Vector entries, ColumnAppender? last)
    {
        if (last is null || last.Count != entries.Length)
            return false;
        for (var row = 0; row < entries.Length; row++)
        {
            if (!RowCompare.NotDistinct(entries, row, last.Column, row))
                return false;
        }
        return true;
    }

    /// <summary>Writes the end mark and, for a file, the footer. Further batches are refused.</summary>
    public void Finish()
    {
        if (_finished)
            return;
        _finished = true;
        Span<byte> end = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(end, 0xFFFF_FFFF);
        _sink.Write(end);
        if (!_file)
            return;
        var builder = new FlatBuilder();
        var schema = SchemaFormat.Write(builder, _schema, _dictionaryColumns);
        var dictionaries = Blocks(builder, _dictionaryBlocks);
        var batches = Blocks(builder, _batches);
        builder.StartTable(5);
        builder.Reference(1, schema);
        builder.Reference(2, dictionaries);
        builder.Reference(3, batches);
        builder.Short(0, MessageFormat.Version5);
        var footer = builder.Finish(builder.EndTable());
        _sink.Write(footer);
        BinaryPrimitives.WriteInt32LittleEndian(end, footer.Length);
        _sink.Write(end[..4]);
        _sink.Write(MessageFormat.FileMagic);
    }

    private static int Blocks(FlatBuilder builder, List<IpcBlock> blocks)
    {
        builder.StartVector(24, blocks.Count, 8);
        for (var i = blocks.Count - 1; i >= 0; i--)
        {
            builder.PutLong(blocks[i].BodyLength);
            builder.PutInt(0);
            builder.PutInt(blocks[i].MetadataLength);
            builder.PutLong(blocks[i].Offset);
        }
        return builder.EndVector(blocks.Count);
    }

    /// <summary>Finishes if that was not done.</summary>
    public void Dispose()
    {
        Finish();
        _encoder.Dispose();
        foreach (var written in _dictionaries.Values)
            written.Last?.Dispose();
        _dictionaries.Clear();
    }
}
