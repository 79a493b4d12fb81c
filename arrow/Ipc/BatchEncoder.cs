using OmenDb.Arrow.Compute;

namespace OmenDb.Arrow.Ipc;

/// <summary>Collects the buffers of one record batch (or dictionary) and writes them as one message.</summary>
internal sealed unsafe class BatchEncoder : IDisposable
{
    private readonly List<(long Length, long Nulls)> _nodes = [];
    private readonly List<(long Offset, long Length)> _regions = [];
    private readonly List<long> _variadic = [];
    private readonly List<(NativeBuffer? Owner, nint Pointer, long Length)> _pieces = [];
    private long _bodyLength;

    public void Clear()
    {
        foreach (var piece in _pieces)
            piece.Owner?.Release();
        _pieces.Clear();
        _nodes.Clear();
        _regions.Clear();
        _variadic.Clear();
        _bodyLength = 0;
    }

    public void Dispose() => Clear();

    /// <summary>Adds a column; its memory must stay as it is until <see cref="Write"/>.</summary>
    public void Add(Vector source, int rows)
    {
        if (source.Type.Id == ArrowTypeId.Null)
        {
            _nodes.Add((rows, rows)); // no buffers at all
            return;
        }
        using var own = new Vector();
        Flatten.Into(source, rows, own);
        var nulls = Nulls.CountNulls(own, rows);
        _nodes.Add((rows, nulls));
        if (nulls == 0)
        {
            Place(null, null, 0);
        }
        else
        {
            var bitmap = NativeBuffer.Allocate(Bits.WordsFor(rows) * 8L, zeroed: false);
            Bits.Copy(own.Validity, (ulong*)bitmap.Pointer, rows);
            Place(bitmap, bitmap.Pointer, (rows + 7) / 8);
        }
        switch (own.Physical)
        {
            case PhysicalType.View: AddViews(own, rows); break;
            case PhysicalType.List: AddList(own, rows); break;
            default:
                var bytes = own.Physical == PhysicalType.Bool ? (rows + 7) / 8 : (long)rows * own.Physical.Width();
                var values = NativeBuffer.Allocate(own.Physical.BytesFor(rows), zeroed: false);
                Buffer.MemoryCopy(own.Values, values.Pointer, values.Length, own.Physical == PhysicalType.Bool ? Bits.WordsFor(rows) * 8L : bytes);
                if (own.Physical == PhysicalType.Interval)
                    ToNanoseconds(own, (Int128*)values.Pointer, rows);
                Place(values, values.Pointer, bytes);
                break;
        }
    }

    /// <summary>Int32 codes: the column of a dictionary-encoded field.</summary>
    public void AddCodes(ReadOnlySpan<int> codes, Vector source)
    {
        var rows = codes.Length;
        var nulls = Nulls.CountNulls(source, rows);
        _nodes.Add((rows, nulls));
        if (nulls == 0)
        {
            Place(null, null, 0);
        }
        else
        {
            var bitmap = NativeBuffer.Allocate(Bits.WordsFor(rows) * 8L, zeroed: false);
            Nulls.IsNotNull(source, rows, (ulong*)bitmap.Pointer);
            Place(bitmap, bitmap.Pointer, (rows + 7) / 8);
        }
        var values = NativeBuffer.Allocate(Math.Max(1, rows) * 4L, zeroed: false);
        codes.CopyTo(new Span<int>(values.Pointer, rows));
        Place(values, values.Pointer, rows * 4L);
    }

    /// <summary>Only the strings that the rows use are written, in buffers of up to 1 MB or one long string each.</summary>
    private void AddViews(Vector vector, int rows)
    {
        using var appender = new ColumnAppender(vector.Type);
        appender.Append(vector, 0, rows);
        var values = NativeBuffer.Allocate(Math.Max(1, rows) * 16L);
        for (var row = 0; row < rows; row++)
        {
            if (appender.Column.IsValid(row))
                ((View*)values.Pointer)[row] = ((View*)appender.Column.Values)[row];
        }
        Place(values, values.Pointer, rows * 16L);
        var buffers = appender.Column.Arena!.Buffers;
        _variadic.Add(buffers.Count);
        for (var i = 0; i < buffers.Count; i++)
        {
            var length = appender.Column.Arena.UsedIn(i);
            Place(buffers[i].Retain(), buffers[i].Pointer, length);
        }
    }

    private void AddList(Vector vector, int rows)
    {
        using var elements = new ColumnAppender(vector.Type.Element!);
        var offsets = NativeBuffer.Allocate((rows + 1) * 4L);
        for (var row = 0; row < rows; row++)
        {
            if (vector.IsValid(row))
            {
                var list = ((ListSlot*)vector.Values)[row];
                elements.Append(vector.Child!, checked((int)list.Offset), checked((int)list.Length));
            }
            ((int*)offsets.Pointer)[row + 1] = elements.Count;
        }
        Place(offsets, offsets.Pointer, (rows + 1) * 4L);
        Add(elements.Column, elements.Count);
    }

    private static void ToNanoseconds(Vector vector, Int128* values, int rows)
    {
        for (var row = 0; row < rows; row++)
        {
            var microseconds = (long)(ulong)(values[row] >>> 64);
            if (!vector.IsValid(row))
                microseconds = 0;
            if (microseconds is > long.MaxValue / 1000 or < long.MinValue / 1000)
                throw new OverflowException("an interval of more than 292 years does not fit Arrow's nanoseconds");
            values[row] = new Int128((ulong)(microseconds * 1000), (ulong)values[row]);
        }
    }

    /// <param name="owner">Taken over; keeps the bytes until they are written.</param>
    /// <param name="pointer">The bytes.</param>
    /// <param name="length">How many.</param>
    private void Place(NativeBuffer? owner, byte* pointer, long length)
    {
        _regions.Add((_bodyLength, length));
        _pieces.Add((owner, (nint)pointer, length));
        _bodyLength += MessageFormat.Padded(length);
    }

    /// <summary>Writes everything added so far as one message and forgets it.</summary>
    /// <returns>Where the message stands, for the footer of a file.</returns>
    public IpcBlock Write(IpcSink sink, long rows, long? dictionaryId, bool isDelta)
    {
        var builder = new FlatBuilder();
        builder.StartVector(16, _nodes.Count, 8);
        for (var i = _nodes.Count - 1; i >= 0; i--)
        {
            builder.PutLong(_nodes[i].Nulls);
            builder.PutLong(_nodes[i].Length);
        }
        var nodes = builder.EndVector(_nodes.Count);
        builder.StartVector(16, _regions.Count, 8);
        for (var i = _regions.Count - 1; i >= 0; i--)
        {
            builder.PutLong(_regions[i].Length);
            builder.PutLong(_regions[i].Offset);
        }
        var regions = builder.EndVector(_regions.Count);
        var variadic = 0;
        if (_variadic.Count > 0)
        {
            builder.StartVector(8, _variadic.Count, 8);
            for (var i = _variadic.Count - 1; i >= 0; i--)
                builder.PutLong(_variadic[i]);
            variadic = builder.EndVector(_variadic.Count);
        }
        builder.StartTable(5);
        builder.Long(0, rows);
        builder.Reference(1, nodes);
        builder.Reference(2, regions);
        builder.Reference(4, variadic);
        var header = builder.EndTable();
        if (dictionaryId is { } id)
        {
            builder.StartTable(3);
            builder.Long(0, id);
            builder.Reference(1, header);
            builder.Byte(2, isDelta ? (byte)1 : (byte)0);
            header = builder.EndTable();
        }
        var frame = MessageFormat.Frame(builder, dictionaryId is null ? MessageFormat.BatchHeader : MessageFormat.DictionaryHeader, header, _bodyLength);
        var block = new IpcBlock(sink.Position, frame.Length, _bodyLength);
        sink.Write(frame);
        foreach (var (_, pointer, length) in _pieces)
        {
            for (long done = 0; done < length; done += 1 << 20)
                sink.Write(new ReadOnlySpan<byte>((byte*)pointer + done, (int)Math.Min(1 << 20, length - done)));
            sink.WriteZeros((int)(MessageFormat.Padded(length) - length));
        }
        Clear();
        return block;
    }
}

/// <summary>Where a message stands in a file.</summary>
internal readonly record struct IpcBlock(long Offset, int MetadataLength, long BodyLength);
