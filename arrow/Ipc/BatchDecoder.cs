using System.Text.Unicode;
using OmenDb.Arrow.Compute;

namespace OmenDb.Arrow.Ipc;

/// <summary>Turns one RecordBatch table and its body into vectors; trusts nothing in either.</summary>
/// <remarks>Fixed-width values and string bytes are used where they stand; views are copied and checked one by one.</remarks>
internal sealed unsafe class BatchDecoder
{
    private readonly FlatTable _table;
    private readonly NativeBuffer _body;
    private readonly long _bodyOrigin;
    private readonly IReadOnlyDictionary<long, ColumnAppender> _dictionaries;
    private int _node;
    private int _buffer;
    private int _variadic;

    public BatchDecoder(FlatTable table, NativeBuffer body, long bodyOrigin, IReadOnlyDictionary<long, ColumnAppender> dictionaries)
    {
        if (table.Has(3))
            throw new NotSupportedException("compressed Arrow batches are not supported");
        _table = table;
        _body = body;
        _bodyOrigin = bodyOrigin;
        _dictionaries = dictionaries;
        var rows = table.Long(0);
        if (rows is < 0 or > int.MaxValue - 64)
            throw table.Corrupt($"a batch of {rows} rows");
        Rows = (int)rows;
    }

    public int Rows { get; }

    public Batch Decode(WireField[] fields)
    {
        var batch = new Batch(fields.Length) { Length = Rows };
        try
        {
            for (var i = 0; i < fields.Length; i++)
            {
                Column(fields[i], batch.Columns[i], asDictionary: false);
                if (batch.Columns[i].Length != Rows)
                    throw _table.Corrupt($"column {i} has {batch.Columns[i].Length} rows, its batch {Rows}");
            }
            return batch;
        }
        catch
        {
            batch.Dispose();
            throw;
        }
    }

    /// <summary>Decodes the next column.</summary>
    /// <param name="field">What the schema says of it.</param>
    /// <param name="result">Filled.</param>
    /// <param name="asDictionary">True for the entries of a dictionary: then the field's own type is read, not its indexes.</param>
    public void Column(WireField field, Vector result, bool asDictionary)
    {
        if (_node >= _table.Count(1, 16))
            throw _table.Corrupt("a batch has fewer nodes than columns");
        var length = _table.StructLong(1, _node, 16, 0);
        var nulls = _table.StructLong(1, _node, 16, 8);
        _node++;
        if (length is < 0 or > int.MaxValue - 64 || nulls < 0 || nulls > length)
            throw _table.Corrupt($"a column of {length} rows with {nulls} nulls");
        var rows = (int)length;
        if (field.Wire == WireType.Null && field.DictionaryId is null)
        {
            result.ResetConstant(ArrowType.Null, rows, isNull: true);
            return;
        }
        using var validity = nulls == 0 ? Skip() : Region((rows + 7) / 8, "validity");
        if (field.DictionaryId is { } id && !asDictionary)
            Indexes(field, id, rows, validity, result);
        else
            Values(field, rows, validity, result);
    }

    private NativeBuffer? Skip()
    {
        NextRegion();
        return null;
    }

    private (long Offset, long Length) NextRegion()
    {
        if (_buffer >= _table.Count(2, 16))
            throw _table.Corrupt("a batch has fewer buffers than its columns need");
        var region = (_table.StructLong(2, _buffer, 16, 0), _table.StructLong(2, _buffer, 16, 8));
        _buffer++;
        return region;
    }

    private InvalidDataException Damaged(long offset, string what) =>
        new($"corrupt Arrow data at offset {_bodyOrigin + Math.Max(0, offset)}: {what}");

    /// <summary>The next buffer of the body: at least <paramref name="needed"/> bytes, readable (or copied) up to whole words.</summary>
    private NativeBuffer Region(long needed, string what)
    {
        var (offset, length) = NextRegion();
        if (offset < 0 || length < 0 || offset > _body.Length - length)
            throw Damaged(offset, $"the {what} buffer lies outside its batch");
        if (length < needed)
            throw Damaged(offset, $"the {what} buffer has {length} bytes, {needed} are needed");
        var whole = (length + 7) / 8 * 8;
        if (offset + whole <= _body.Length)
            return _body.Slice(offset, whole);
        var copy = NativeBuffer.Allocate(Math.Max(8, whole));
        new ReadOnlySpan<byte>(_body.Pointer + offset, checked((int)length)).CopyTo(copy.Span);
        return copy;
    }

    private void Values(WireField field, int rows, NativeBuffer? validity, Vector result)
    {
        switch (field.Wire)
        {
            case WireType.Utf8View or WireType.BinaryView: Views(field, rows, validity, result); return;
            case WireType.Utf8 or WireType.Binary or WireType.LargeUtf8 or WireType.LargeBinary: Strings(field, rows, validity, result); return;
            case WireType.List or WireType.LargeList: Lists(field, rows, validity, result); return;
            default: break;
        }
        var type = field.Field.Type;
        var bytes = field.Wire == WireType.Bool ? (rows + 7L) / 8 : (long)rows * field.BitWidth / 8;
        using var values = Region(bytes, "value");
        var factor = ToMicroseconds(field);
        var sameWidth = field.Wire == WireType.Bool || field.BitWidth == type.Physical.Width() * 8;
        if (sameWidth && factor == 1 && field.Wire != WireType.Interval)
        {
            result.Borrow(type, rows, values, validity);
            return;
        }
        result.ResetFlat(type, rows);
        CopyValidity(validity, rows, result);
        for (var row = 0; row < rows; row++)
        {
            if (field.Wire == WireType.Interval)
            {
                var interval = ((Int128*)values.Pointer)[row];
                ((Int128*)result.Values)[row] = new Int128((ulong)((long)(ulong)(interval >>> 64) / 1000), (ulong)interval);
                continue;
            }
            long value = (field.BitWidth, field.Signed) switch
            {
                (8, false) => values.Pointer[row],
                (16, false) => ((ushort*)values.Pointer)[row],
                (32, false) => ((uint*)values.Pointer)[row],
                (32, true) => ((int*)values.Pointer)[row],
                _ => ((long*)values.Pointer)[row],
            };
            if (!result.IsValid(row))
                value = 0;
            if (factor < 0) // nanoseconds: towards the past
                value = Math.DivRem(value, -factor, out var rest) - (rest < 0 ? 1 : 0);
            else if (Math.BigMul(value, factor, out value) != value >> 63)
                throw Damaged(0, $"a time in row {row} does not fit microseconds");
            switch (result.Physical)
            {
                case PhysicalType.Int16: ((short*)result.Values)[row] = (short)value; break;
                case PhysicalType.Int32: ((int*)result.Values)[row] = (int)value; break;
                default: ((long*)result.Values)[row] = value; break;
            }
        }
    }

    /// <summary>What a value is multiplied by; negative: divided by.</summary>
    private static long ToMicroseconds(WireField field) => field.Wire is not (WireType.Time or WireType.Timestamp) ? 1 : field.Unit switch
    {
        0 => 1_000_000,
        1 => 1000,
        2 => 1,
        _ => -1000,
    };

    private void Views(WireField field, int rows, NativeBuffer? validity, Vector result)
    {
        using var views = Region(rows * 16L, "view");
        if (_variadic >= _table.Count(4, 8))
            throw _table.Corrupt("a batch has fewer variadic buffer counts than view columns");
        var count = _table.StructLong(4, _variadic++, 8, 0);
        if (count < 0 || count > _table.Count(2, 16))
            throw _table.Corrupt($"a view column of {count} data buffers");
        result.ResetFlat(field.Field.Type, rows);
        CopyValidity(validity, rows, result);
        for (var i = 0; i < count; i++)
            result.Arena!.AddTaken(Region(0, "string"));
        var source = (View*)views.Pointer;
        var target = (View*)result.Values;
        for (var row = 0; row < rows; row++)
        {
            if (!result.IsValid(row))
            {
                target[row] = default;
                continue;
            }
            var view = source[row];
            if (view.Length < 0)
                throw Damaged(0, $"row {row} has a string of negative length");
            if (view.IsInline)
            {
                view = View.Inline(new ReadOnlySpan<byte>((byte*)(source + row) + 4, view.Length)); // with zeros behind it
            }
            else
            {
                if ((uint)view.BufferIndex >= count || view.Offset < 0
                    || (long)view.Offset + view.Length > result.Arena!.Buffers[view.BufferIndex].Length)
                    throw Damaged(0, $"the string of row {row} lies outside its buffers");
                if (*(uint*)(result.Arena.Pointers[view.BufferIndex] + view.Offset) != (uint)(view.Low >> 32))
                    throw Damaged(0, $"the string of row {row} does not begin with its prefix");
            }
            target[row] = view;
        }
        CheckText(field, rows, result);
    }

    private void Strings(WireField field, int rows, NativeBuffer? validity, Vector result)
    {
        var large = field.Wire is WireType.LargeUtf8 or WireType.LargeBinary;
        using var offsets = Region(rows == 0 ? 0 : (rows + 1L) * (large ? 8 : 4), "offset");
        var data = Region(0, "string");
        result.ResetFlat(field.Field.Type, rows);
        CopyValidity(validity, rows, result);
        var buffer = result.Arena!.AddTaken(data);
        for (var row = 0; row < rows; row++)
        {
            var start = large ? ((long*)offsets.Pointer)[row] : ((int*)offsets.Pointer)[row];
            var end = large ? ((long*)offsets.Pointer)[row + 1] : ((int*)offsets.Pointer)[row + 1];
            if (start < 0 || end < start || end > data.Length || end > int.MaxValue)
                throw Damaged(0, $"the string of row {row} lies outside its buffer");
            var text = new ReadOnlySpan<byte>(data.Pointer + start, (int)(end - start));
            ((View*)result.Values)[row] = !result.IsValid(row) ? default
                : text.Length <= View.MaxInlineLength ? View.Inline(text)
                : View.Long(text.Length, *(uint*)(data.Pointer + start), buffer, (int)start);
        }
        CheckText(field, rows, result);
    }

    private void CheckText(WireField field, int rows, Vector result)
    {
        if (field.Field.Type.Id != ArrowTypeId.Utf8View)
            return;
        for (var row = 0; row < rows; row++)
        {
            if (!Utf8.IsValid(result.GetBytes(row)))
                throw Damaged(0, $"the string of row {row} is not valid UTF-8");
        }
    }

    private void Lists(WireField field, int rows, NativeBuffer? validity, Vector result)
    {
        var large = field.Wire == WireType.LargeList;
        using var offsets = Region(rows == 0 ? 0 : (rows + 1L) * (large ? 8 : 4), "offset");
        using var child = new Vector();
        Column(field.Child!, child, asDictionary: false);
        result.ResetFlat(field.Field.Type, rows);
        CopyValidity(validity, rows, result);
        if (child.Type.Id == ArrowTypeId.Null)
            result.Elements.AppendNulls(child.Length);
        else
            result.Elements.Append(child, 0, child.Length);
        for (var row = 0; row < rows; row++)
        {
            var start = large ? ((long*)offsets.Pointer)[row] : ((int*)offsets.Pointer)[row];
            var end = large ? ((long*)offsets.Pointer)[row + 1] : ((int*)offsets.Pointer)[row + 1];
            if (start < 0 || end < start || end > child.Length)
                throw Damaged(0, $"the list of row {row} lies outside its elements");
            ((ListSlot*)result.Values)[row] = result.IsValid(row) ? new ListSlot(start, end - start) : default;
        }
    }

    /// <summary>A dictionary-encoded column, decoded: entries of other writers may repeat or be null, ours in flight may not.</summary>
    private void Indexes(WireField field, long id, int rows, NativeBuffer? validity, Vector result)
    {
        using var indexes = Region((long)rows * field.IndexBits / 8, "index");
        if (!_dictionaries.TryGetValue(id, out var dictionary))
            throw _table.Corrupt($"dictionary {id} is missing");
        using var chosen = NativeBuffer.Allocate(Math.Max(1, rows) * 4L, zeroed: false);
        var target = (int*)chosen.Pointer;
        for (var row = 0; row < rows; row++)
        {
            long index = (field.IndexBits, field.IndexSigned) switch
            {
                (8, true) => ((sbyte*)indexes.Pointer)[row],
                (8, false) => indexes.Pointer[row],
                (16, true) => ((short*)indexes.Pointer)[row],
                (16, false) => ((ushort*)indexes.Pointer)[row],
                (32, true) => ((int*)indexes.Pointer)[row],
                (32, false) => ((uint*)indexes.Pointer)[row],
                _ => ((long*)indexes.Pointer)[row],
            };
            if (validity is not null && !Bits.Get((ulong*)validity.Pointer, row))
                index = -1;
            else if (index < 0 || index >= dictionary.Count)
                throw Damaged(0, $"row {row} refers to entry {index} of a dictionary of {dictionary.Count}");
            target[row] = (int)index;
        }
        using var copy = new ColumnAppender(field.Field.Type);
        copy.AppendRows(dictionary.Column, target, rows);
        var writer = new VectorWriter(field.Field.Type, result, rows);
        for (var row = 0; row < rows; row++)
            writer.AppendFrom(copy.Column, row);
        result.Length = rows;
    }

    private static void CopyValidity(NativeBuffer? validity, int rows, Vector result)
    {
        if (validity is not null)
            Bits.Copy((ulong*)validity.Pointer, result.EnsureValidity(), rows);
    }
}
