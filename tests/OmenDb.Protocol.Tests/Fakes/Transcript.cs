using System.Buffers.Binary;
using System.Text;

namespace OmenDb.Protocol.Tests.Fakes;

/// <summary>Reads a server's bytes back as one line per message.</summary>
internal static class Transcript
{
    public static List<string> Of(byte[] bytes)
    {
        var lines = new List<string>();
        var position = 0;
        while (position < bytes.Length)
        {
            var code = (char)bytes[position];
            if (code == 'N' && (bytes.Length - position < 5 || bytes[position + 1] != 0))
            {
                lines.Add("N (no encryption)");
                position++;
                continue;
            }
            var length = BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(position + 1));
            lines.Add(Line(code, bytes.AsSpan(position + 5, length - 4)));
            position += 1 + length;
        }
        return lines;
    }

    private static string Line(char code, ReadOnlySpan<byte> body)
    {
        switch (code)
        {
            case 'E' or 'N':
                return code + Fields(body);
            case 'D':
                return "D " + Row(body);
            case 'T':
                return "T " + Columns(body);
            case 't' or 'K' or 'R' or 'v' or 'G' or 'H':
                return $"{code} {Convert.ToHexStringLower(body)}";
            case 'S':
                return "S " + Encoding.UTF8.GetString(body[..^1]).Replace('\0', '=');
            default:
                return body.IsEmpty ? code.ToString() : $"{code} {Encoding.UTF8.GetString(body).TrimEnd('\0')}";
        }
    }

    private static string Fields(ReadOnlySpan<byte> body)
    {
        var text = new StringBuilder();
        while (body[0] != 0)
        {
            var end = body.IndexOf((byte)0);
            text.Append(' ').Append((char)body[0]).Append('=').Append(Encoding.UTF8.GetString(body[1..end]));
            body = body[(end + 1)..];
        }
        Assert.Equal(1, body.Length);
        return text.ToString();
    }

    private static string Row(ReadOnlySpan<byte> body)
    {
        var values = new string[BinaryPrimitives.ReadInt16BigEndian(body)];
        body = body[2..];
        for (var i = 0; i < values.Length; i++)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(body);
            body = body[4..];
            values[i] = "NULL";
            if (length < 0)
                continue;
            var value = body[..length];
            values[i] = value.ContainsAnyInRange((byte)0, (byte)31) ? "\\x" + Convert.ToHexStringLower(value) : Encoding.UTF8.GetString(value);
            body = body[length..];
        }
        Assert.Equal(0, body.Length);
        return string.Join('|', values);
    }

    private static string Columns(ReadOnlySpan<byte> body)
    {
        var columns = new string[BinaryPrimitives.ReadInt16BigEndian(body)];
        body = body[2..];
        for (var i = 0; i < columns.Length; i++)
        {
            var end = body.IndexOf((byte)0);
            var name = Encoding.UTF8.GetString(body[..end]);
            body = body[(end + 1)..];
            columns[i] = $"{name}:table {BinaryPrimitives.ReadInt32BigEndian(body)}.{BinaryPrimitives.ReadInt16BigEndian(body[4..])}"
                + $" type {BinaryPrimitives.ReadInt32BigEndian(body[6..])} length {BinaryPrimitives.ReadInt16BigEndian(body[10..])}"
                + $" typmod {BinaryPrimitives.ReadInt32BigEndian(body[12..])} format {BinaryPrimitives.ReadInt16BigEndian(body[16..])}";
            body = body[18..];
        }
        Assert.Equal(0, body.Length);
        return string.Join("; ", columns);
    }
}
