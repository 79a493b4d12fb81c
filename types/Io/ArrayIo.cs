using System.Buffers;
using System.Buffers.Binary;
using OmenDb.Arrow;

namespace OmenDb.Types;

/// <summary>Arrays of up to six dimensions that start at 1, and the catalogs' int2vector and oidvector.</summary>
internal sealed class ArrayIo : TypeHandler
{
    private static bool IsVectorType(SqlType type) => type.Id is TypeId.Int2Vector or TypeId.OidVector;

    private static SqlType ElementOf(SqlType type) => type.Id switch
    {
        TypeId.Int2Vector => SqlType.Int2,
        TypeId.OidVector => SqlType.Oid,
        _ => type.Element!,
    };

    private static SqlException Malformed(ReadOnlySpan<byte> text, string detail) =>
        new(SqlState.InvalidTextRepresentation, $"malformed array literal: \"{Utf8.ToDisplay(text)}\"") { Detail = detail };

    public override void Parse(SqlType type, ReadOnlySpan<byte> text, IoContext context, VectorWriter writer)
    {
        var element = ElementOf(type);
        using var scratch = new Vector();
        var elements = new VectorWriter(element.Arrow, scratch, text.Length / 2 + 1);
        var shape = 0u;
        if (IsVectorType(type))
        {
            foreach (var range in text.Split((byte)' '))
            {
                if (!text[range].IsEmpty)
                    TypeIo.Parse(element, text[range], context, elements);
            }
        }
        else
        {
            shape = ParseBraces(element, text, context, elements);
        }
        writer.AppendList(scratch, 0, elements.Count, shape);
    }

    private const int MaxDimensions = 6;

    private static uint ParseBraces(SqlType element, ReadOnlySpan<byte> text, IoContext context, VectorWriter elements)
    {
        var body = Ascii.Trim(text);
        if (body.Length > 0 && body[0] == '[')
            throw SqlException.NotSupported("an array literal with explicit bounds");
        if (body.Length == 0 || body[0] != '{')
            throw Malformed(text, "Array value must start with \"{\" or dimension information.");
        var at = 1;
        var buffer = ArrayPool<byte>.Shared.Rent(body.Length);
        Span<int> lengths = stackalloc int[MaxDimensions];
        lengths.Fill(-1);
        try
        {
            var depth = ParseLevel(element, body, ref at, 0, lengths, buffer, text, context, elements);
            if (at != body.Length)
                throw Malformed(text, "Junk after closing right brace.");
            return elements.Count == 0 ? 0 : ListShape.Of(lengths[..depth]);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>What stands between an opening brace, which has been read, and its closing one.</summary>
    /// <returns>The number of levels from the outermost to the elements.</returns>
    private static int ParseLevel(SqlType element, ReadOnlySpan<byte> body, ref int at, int level, Span<int> lengths, byte[] buffer,
        ReadOnlySpan<byte> text, IoContext context, VectorWriter elements)
    {
        if (level == MaxDimensions)
        {
            throw new SqlException(SqlState.ProgramLimitExceeded, $"number of array dimensions ({MaxDimensions + 1}) exceeds the maximum allowed ({MaxDimensions})");
        }
        var count = 0;
        var depth = level + 1;
        SkipSpaces(body, ref at);
        if (at < body.Length && body[at] == '}')
        {
            if (level > 0)
                throw Malformed(text, "Unexpected \"}\" character.");
            at++;
            return depth;
        }
        while (true)
        {
            SkipSpaces(body, ref at);
            if (at >= body.Length)
                throw Malformed(text, "Unexpected end of input.");
            if (body[at] == '{')
            {
                if (count > 0 && depth == level + 1)
                    throw Malformed(text, "Unexpected \"{\" character.");
                at++;
                depth = ParseLevel(element, body, ref at, level + 1, lengths, buffer, text, context, elements);
                SkipSpaces(body, ref at);
                if (at < body.Length && body[at] is not ((byte)',' or (byte)'}'))
                    throw Malformed(text, $"Unexpected \"{(char)body[at]}\" character.");
            }
            else
            {
                if (depth > level + 1 || level + 1 < MaxDimensions && lengths[level + 1] >= 0)
                    throw Malformed(text, "Unexpected array element.");
                var length = ReadElement(body, ref at, buffer, text, out var quoted);
                if (!quoted && length == 0)
                    throw Malformed(text, $"Unexpected \"{(char)body[Math.Min(at, body.Length - 1)]}\" character.");
                if (!quoted && Ascii.EqualsIgnoreCase(buffer.AsSpan(0, length), "null"u8))
                    elements.AppendNull();
                else
                    TypeIo.Parse(element, buffer.AsSpan(0, length), context, elements);
            }
            count++;
            if (at >= body.Length)
                throw Malformed(text, "Unexpected end of input.");
            if (body[at++] == '}')
                break;
        }
        Settle(lengths, level, count, text);
        return depth;
    }

    /// <summary>All parts of a level are of one length.</summary>
    private static void Settle(Span<int> lengths, int level, int count, ReadOnlySpan<byte> text)
    {
        if (lengths[level] >= 0 && lengths[level] != count)
            throw Malformed(text, "Multidimensional arrays must have sub-arrays with matching dimensions.");
        lengths[level] = count;
    }

    private static void SkipSpaces(ReadOnlySpan<byte> text, ref int at)
    {
        while (at < text.Length && Ascii.IsSpace(text[at]))
            at++;
    }

    /// <summary>Up to the comma or brace that ends the element, quotes and backslashes removed.</summary>
    private static int ReadElement(ReadOnlySpan<byte> body, ref int at, Span<byte> buffer, ReadOnlySpan<byte> text, out bool quoted)
    {
        var length = 0;
        var keep = 0; // blanks at the end of unquoted elements do not count, unless escaped
        quoted = false;
        var inside = false;
        for (; at < body.Length; at++)
        {
            var c = body[at];
            if (c == '\\')
            {
                if (++at == body.Length)
                    break;
                buffer[length++] = body[at];
                keep = length;
                quoted |= !inside;
            }
            else if (c == '"')
            {
                inside = !inside;
                quoted = true;
                keep = length;
            }
            else if (inside)
            {
                buffer[length++] = c;
                keep = length;
            }
            else if (c is (byte)',' or (byte)'}')
            {
                break;
            }
            else if (c == '{')
            {
                throw Malformed(text, "Unexpected \"{\" character.");
            }
            else
            {
                buffer[length++] = c;
                if (!Ascii.IsSpace(c))
                    keep = length;
            }
        }
        return keep;
    }

    private static Vector Elements(Vector vector, int row, out int start, out int count, out uint shape)
    {
        var slot = vector.Get<ListSlot>(row);
        shape = slot.Shape;
        start = checked((int)slot.Offset);
        count = checked((int)slot.Length);
        return vector.Kind == VectorKind.Dictionary ? vector.Dictionary!.Child! : vector.Child!;
    }

    public override void Format(SqlType type, Vector vector, int row, IBufferWriter<byte> target, IoContext context)
    {
        var element = ElementOf(type);
        var elements = Elements(vector, row, out var start, out var count, out var shape);
        var inner = shape == 0 ? [] : ListShape.Dimensions(shape, count).AsSpan(1);
        var separator = IsVectorType(type) ? (byte)' ' : (byte)',';
        if (separator == ',')
            target.Write("{"u8);
        var scratch = t_scratch ??= new ArrayBufferWriter<byte>();
        for (var i = 0; i < count; i++)
        {
            var borders = Borders(inner, i);
            for (var k = 0; k < borders && i > 0; k++)
                target.Write("}"u8);
            if (i > 0)
            {
                target.GetSpan(1)[0] = separator;
                target.Advance(1);
            }
            for (var k = 0; k < borders; k++)
                target.Write("{"u8);
            if (!elements.IsValid(start + i))
            {
                target.Write("NULL"u8);
            }
            else if (NeverQuoted(element))
            {
                TypeIo.FormatText(element, elements, start + i, target, context);
            }
            else
            {
                scratch.ResetWrittenCount();
                TypeIo.FormatText(element, elements, start + i, scratch, context);
                WriteQuoted(scratch.WrittenSpan, target);
            }
        }
        for (var k = 0; k < inner.Length && count > 0; k++)
            target.Write("}"u8);
        if (separator == ',')
            target.Write("}"u8);
    }

    /// <summary>How many inner levels begin at element <paramref name="index"/>.</summary>
    private static int Borders(ReadOnlySpan<int> inner, int index)
    {
        var borders = 0;
        var size = 1;
        for (var k = inner.Length - 1; k >= 0; k--)
        {
            size *= inner[k];
            if (index % size == 0)
                borders++;
        }
        return borders;
    }

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? t_scratch;

    /// <summary>Nested arrays write their own braces; numbers never hold a character that needs quotes.</summary>
    private static bool NeverQuoted(SqlType element) => element.IsNumber || element.Id is TypeId.Array or TypeId.Bool or TypeId.Oid or TypeId.Date or TypeId.Uuid;

    private static void WriteQuoted(ReadOnlySpan<byte> text, IBufferWriter<byte> target)
    {
        var quote = text.Length == 0 || Ascii.EqualsIgnoreCase(text, "null"u8);
        foreach (var c in text)
            quote |= c is (byte)'"' or (byte)'\\' or (byte)'{' or (byte)'}' or (byte)',' || Ascii.IsSpace(c);
        if (!quote)
        {
            target.Write(text);
            return;
        }
        target.Write("\""u8);
        foreach (var c in text)
        {
            var span = target.GetSpan(2);
            var length = 0;
            if (c is (byte)'"' or (byte)'\\')
                span[length++] = (byte)'\\';
            span[length++] = c;
            target.Advance(length);
        }
        target.Write("\""u8);
    }

    public override void Receive(SqlType type, ReadOnlySpan<byte> data, IoContext context, VectorWriter writer)
    {
        var element = ElementOf(type);
        if (data.Length < 12)
            throw new SqlException(SqlState.ProtocolViolation, "insufficient data left in message");
        var dimensions = BinaryPrimitives.ReadInt32BigEndian(data);
        using var scratch = new Vector();
        if (dimensions == 0)
        {
            _ = new VectorWriter(element.Arrow, scratch, 1);
            writer.AppendList(scratch, 0, 0);
            return;
        }
        if (dimensions is < 0 or > MaxDimensions)
            throw new SqlException(SqlState.InvalidBinaryRepresentation, $"invalid number of dimensions: {dimensions}");
        if (data.Length < 12 + 8 * dimensions)
            throw new SqlException(SqlState.ProtocolViolation, "insufficient data left in message");
        Span<int> lengths = stackalloc int[dimensions];
        var product = 1L;
        for (var i = 0; i < dimensions; i++)
        {
            lengths[i] = BinaryPrimitives.ReadInt32BigEndian(data[(12 + 8 * i)..]);
            product *= lengths[i];
            if (lengths[i] < 0 || product > data.Length / 4)
                throw new SqlException(SqlState.InvalidBinaryRepresentation, "invalid array size");
        }
        var count = (int)product;
        data = data[(12 + 8 * dimensions)..];
        var elements = new VectorWriter(element.Arrow, scratch, Math.Max(1, count));
        for (var i = 0; i < count; i++)
        {
            var length = data.Length >= 4 ? BinaryPrimitives.ReadInt32BigEndian(data) : int.MaxValue;
            if (length > data.Length - 4 || length < -1)
                throw new SqlException(SqlState.ProtocolViolation, "insufficient data left in message");
            data = data[4..];
            if (length < 0)
            {
                elements.AppendNull();
                continue;
            }
            TypeIo.Receive(element, data[..length], context, elements);
            data = data[length..];
        }
        writer.AppendList(scratch, 0, count, count == 0 ? 0 : ListShape.Of(lengths));
    }

    public override void Send(SqlType type, Vector vector, int row, IBufferWriter<byte> target, IoContext context)
    {
        var element = ElementOf(type);
        var elements = Elements(vector, row, out var start, out var count, out var shape);
        var dimensions = ListShape.Dimensions(shape, count);
        var hasNull = false;
        for (var i = 0; i < count; i++)
            hasNull |= !elements.IsValid(start + i);
        SendInt32(dimensions.Length, target);
        SendInt32(hasNull ? 1 : 0, target);
        SendInt32((int)PgTypes.OidOf(element), target);
        if (count == 0)
            return;
        foreach (var length in dimensions)
        {
            SendInt32(length, target);
            SendInt32(IsVectorType(type) ? 0 : 1, target); // lower bound
        }
        var scratch = t_scratch ??= new ArrayBufferWriter<byte>();
        for (var i = 0; i < count; i++)
        {
            if (!elements.IsValid(start + i))
            {
                SendInt32(-1, target);
                continue;
            }
            scratch.ResetWrittenCount();
            TypeIo.Send(element, elements, start + i, scratch, context);
            SendInt32(scratch.WrittenCount, target);
            target.Write(scratch.WrittenSpan);
        }
    }
}
