using System.Buffers;
using System.Globalization;
using OmenDb.Arrow;

namespace OmenDb.Types;

/// <summary>text, varchar(n), char(n), name, "char" and what is kept as text.</summary>
internal sealed class StringIo : TypeHandler
{
    public override void Parse(SqlType type, ReadOnlySpan<byte> text, IoContext context, VectorWriter writer) => writer.AppendBytes(type.Id switch
    {
        TypeId.Varchar => Utf8.FitVarchar(text, type.Length, isExplicitCast: false),
        TypeId.Char => Utf8.FitChar(text, type.Length, isExplicitCast: false),
        TypeId.Name => Utf8.FitName(text),
        TypeId.InternalChar => text.Length > 1 ? text[..1] : text,
        _ => text,
    });

    public override void Format(SqlType type, Vector vector, int row, IBufferWriter<byte> target, IoContext context)
    {
        var text = vector.GetBytes(row);
        target.Write(text);
        if (type.Id != TypeId.Char)
            return;
        var padding = Utf8.PaddingOf(text, type.Length);
        if (padding > 0)
        {
            target.GetSpan(padding)[..padding].Fill((byte)' ');
            target.Advance(padding);
        }
    }

    public override void Receive(SqlType type, ReadOnlySpan<byte> data, IoContext context, VectorWriter writer)
    {
        Utf8.Validate(data);
        Parse(type, data, context, writer);
    }

    public override void Send(SqlType type, Vector vector, int row, IBufferWriter<byte> target, IoContext context) =>
        Format(type, vector, row, target, context);
}

internal sealed class ByteaIo : TypeHandler
{
    public override void Parse(SqlType type, ReadOnlySpan<byte> text, IoContext context, VectorWriter writer)
    {
        var rented = ArrayPool<byte>.Shared.Rent(Math.Max(1, text.Length));
        try
        {
            writer.AppendBytes(rented.AsSpan(0, Decode(text, rented)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>\x followed by hex digits in pairs, or text with \ooo and \\.</summary>
    /// <exception cref="SqlException">22P02 in escape format, 22023 in hex format.</exception>
    public static int Decode(ReadOnlySpan<byte> text, Span<byte> target)
    {
        var length = 0;
        if (text.StartsWith("\\x"u8))
        {
            for (var i = 2; i < text.Length; i++)
            {
                if (Ascii.IsSpace(text[i]))
                    continue;
                var high = HexDigit(text[i]);
                if (++i == text.Length)
                    throw new SqlException(SqlState.InvalidParameterValue, "invalid hexadecimal data: odd number of digits");
                target[length++] = (byte)(high << 4 | HexDigit(text[i]));
            }
            return length;
        }
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                target[length++] = text[i];
            }
            else if (i + 1 < text.Length && text[i + 1] == '\\')
            {
                target[length++] = (byte)'\\';
                i++;
            }
            else if (i + 3 < text.Length && text[i + 1] is >= (byte)'0' and <= (byte)'3' && text[i + 2] is >= (byte)'0' and <= (byte)'7'
                && text[i + 3] is >= (byte)'0' and <= (byte)'7')
            {
                target[length++] = (byte)((text[i + 1] - '0') << 6 | (text[i + 2] - '0') << 3 | text[i + 3] - '0');
                i += 3;
            }
            else
            {
                throw new SqlException(SqlState.InvalidTextRepresentation, "invalid input syntax for type bytea");
            }
        }
        return length;
    }

    private static int HexDigit(byte c) => char.IsAsciiHexDigit((char)c)
        ? (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10)
        : throw new SqlException(SqlState.InvalidParameterValue, $"invalid hexadecimal digit: \"{(char)c}\"");

    public override void Format(SqlType type, Vector vector, int row, IBufferWriter<byte> target, IoContext context)
    {
        var bytes = vector.GetBytes(row);
        if (context.ByteaEscape)
        {
            Escape(bytes, target);
            return;
        }
        target.Write("\\x"u8);
        while (bytes.Length > 0)
        {
            var part = bytes[..Math.Min(bytes.Length, 1024)];
            Convert.TryToHexStringLower(part, target.GetSpan(part.Length * 2), out var written);
            target.Advance(written);
            bytes = bytes[part.Length..];
        }
    }

    private static void Escape(ReadOnlySpan<byte> bytes, IBufferWriter<byte> target)
    {
        foreach (var c in bytes)
        {
            var span = target.GetSpan(4);
            if (c == '\\')
            {
                "\\\\"u8.CopyTo(span);
                target.Advance(2);
            }
            else if (c is < 0x20 or > 0x7E)
            {
                (span[0], span[1], span[2], span[3]) = ((byte)'\\', (byte)('0' + (c >> 6)), (byte)('0' + (c >> 3 & 7)), (byte)('0' + (c & 7)));
                target.Advance(4);
            }
            else
            {
                span[0] = c;
                target.Advance(1);
            }
        }
    }

    public override void Receive(SqlType type, ReadOnlySpan<byte> data, IoContext context, VectorWriter writer) => writer.AppendBytes(data);

    public override void Send(SqlType type, Vector vector, int row, IBufferWriter<byte> target, IoContext context) => target.Write(vector.GetBytes(row));
}

/// <summary>16 bytes in network order, so that byte order is SQL order.</summary>
internal sealed class UuidIo : TypeHandler
{
    public override void Parse(SqlType type, ReadOnlySpan<byte> text, IoContext context, VectorWriter writer) => writer.Append(ParseUuid(text));

    /// <summary>32 hex digits, a hyphen allowed after every fourth, braces around.</summary>
    public static UInt128 ParseUuid(ReadOnlySpan<byte> text)
    {
        var rest = text;
        var braces = rest.Length > 0 && rest[0] == '{';
        if (braces)
            rest = rest[1..];
        Span<byte> bytes = stackalloc byte[16];
        var at = 0;
        for (var i = 0; i < 16; i++)
        {
            if (at + 2 > rest.Length || !byte.TryParse(rest.Slice(at, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out bytes[i]))
                throw SqlException.InvalidText("uuid", Utf8.ToDisplay(text));
            at += 2;
            if (i % 2 == 1 && i < 15 && at < rest.Length && rest[at] == '-')
                at++;
        }
        if (braces ? rest[at..] is not [(byte)'}'] : at != rest.Length)
            throw SqlException.InvalidText("uuid", Utf8.ToDisplay(text));
        return System.Runtime.InteropServices.MemoryMarshal.Read<UInt128>(bytes);
    }

    public override void Format(SqlType type, Vector vector, int row, IBufferWriter<byte> target, IoContext context)
    {
        var value = vector.Get<UInt128>(row);
        var bytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes(new ReadOnlySpan<UInt128>(in value));
        var span = target.GetSpan(36);
        var at = 0;
        for (var i = 0; i < 16; i++)
        {
            if (i is 4 or 6 or 8 or 10)
                span[at++] = (byte)'-';
            span[at++] = "0123456789abcdef"u8[bytes[i] >> 4];
            span[at++] = "0123456789abcdef"u8[bytes[i] & 15];
        }
        target.Advance(36);
    }

    public override void Receive(SqlType type, ReadOnlySpan<byte> data, IoContext context, VectorWriter writer)
    {
        CheckLength(data, 16);
        writer.Append(System.Runtime.InteropServices.MemoryMarshal.Read<UInt128>(data));
    }

    public override void Send(SqlType type, Vector vector, int row, IBufferWriter<byte> target, IoContext context)
    {
        var value = vector.Get<UInt128>(row);
        target.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes(new ReadOnlySpan<UInt128>(in value)));
    }
}

/// <summary>Labels as text, ordinals in memory.</summary>
internal sealed class EnumIo : TypeHandler
{
    private static IReadOnlyList<string> Labels(SqlType type, IoContext context) =>
        context.EnumLabels?.Invoke(type.UserOid) ?? throw SqlException.Internal($"no labels known for enum {type.EnumName}");

    public override void Parse(SqlType type, ReadOnlySpan<byte> text, IoContext context, VectorWriter writer)
    {
        var labels = Labels(type, context);
        var label = Utf8.ToDisplay(text);
        for (var i = 0; i < labels.Count; i++)
        {
            if (labels[i] != label)
                continue;
            writer.Append(i);
            return;
        }
        throw new SqlException(SqlState.InvalidTextRepresentation, $"invalid input value for enum {type.EnumName}: \"{label}\"");
    }

    public override void Format(SqlType type, Vector vector, int row, IBufferWriter<byte> target, IoContext context)
    {
        var label = Labels(type, context)[vector.Get<int>(row)];
        target.Advance(System.Text.Encoding.UTF8.GetBytes(label, target.GetSpan(label.Length * 3)));
    }

    public override void Receive(SqlType type, ReadOnlySpan<byte> data, IoContext context, VectorWriter writer) => Parse(type, data, context, writer);

    public override void Send(SqlType type, Vector vector, int row, IBufferWriter<byte> target, IoContext context) =>
        Format(type, vector, row, target, context);
}
