using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using OmenDb.Planner.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Functions.Strings;

/// <summary>Digests, encode and decode, bits and bytes of byte strings.</summary>
internal static class BinaryFunctions
{
    public static IEnumerable<FunctionInfo> All()
    {
#pragma warning disable CA5351 // md5() is md5
        yield return Scalar.Of<ReadOnlySpan<byte>, string>("md5", [SqlType.Text], SqlType.Text, static (_, s) => Convert.ToHexStringLower(MD5.HashData(s)), total: true);
        yield return Scalar.Of<ReadOnlySpan<byte>, string>("md5", [SqlType.Bytea], SqlType.Text, static (_, s) => Convert.ToHexStringLower(MD5.HashData(s)), total: true);
#pragma warning restore CA5351
        yield return Scalar.Of<ReadOnlySpan<byte>, byte[]>("sha224", [SqlType.Bytea], SqlType.Bytea, static (_, s) => Sha224.Hash(s), total: true);
        yield return Scalar.Of<ReadOnlySpan<byte>, byte[]>("sha256", [SqlType.Bytea], SqlType.Bytea, static (_, s) => SHA256.HashData(s), total: true);
        yield return Scalar.Of<ReadOnlySpan<byte>, byte[]>("sha384", [SqlType.Bytea], SqlType.Bytea, static (_, s) => SHA384.HashData(s), total: true);
        yield return Scalar.Of<ReadOnlySpan<byte>, byte[]>("sha512", [SqlType.Bytea], SqlType.Bytea, static (_, s) => SHA512.HashData(s), total: true);
        yield return Scalar.Of<ReadOnlySpan<byte>, string, string>("encode", [SqlType.Bytea, SqlType.Text], SqlType.Text, static (_, s, format) => Encode(s, format));
        yield return Scalar.Of<ReadOnlySpan<byte>, string, byte[]>("decode", [SqlType.Text, SqlType.Text], SqlType.Bytea, static (_, s, format) => Decode(s, format));
        yield return Scalar.Of<ReadOnlySpan<byte>, string, string>("convert_from", [SqlType.Bytea, SqlType.Text], SqlType.Text, static (_, s, encoding) =>
        {
            CheckEncoding(encoding, "source");
            Utf8.Validate(s);
            return Encoding.UTF8.GetString(s);
        });
        yield return Scalar.Of<ReadOnlySpan<byte>, string, byte[]>("convert_to", [SqlType.Text, SqlType.Text], SqlType.Bytea, static (_, s, encoding) =>
        {
            CheckEncoding(encoding, "destination");
            return s.ToArray();
        });
        yield return Scalar.Of<ReadOnlySpan<byte>, int, int>("get_byte", [SqlType.Bytea, SqlType.Int4], SqlType.Int4, static (_, s, n) => s[Check(n, s.Length)]);
        yield return Scalar.Of<ReadOnlySpan<byte>, int, int, byte[]>("set_byte", [SqlType.Bytea, SqlType.Int4, SqlType.Int4], SqlType.Bytea, static (_, s, n, value) =>
        {
            var copy = s.ToArray();
            copy[Check(n, s.Length)] = (byte)value;
            return copy;
        });
        yield return Scalar.Of<ReadOnlySpan<byte>, long, int>("get_bit", [SqlType.Bytea, SqlType.Int8], SqlType.Int4,
            static (_, s, n) => s[(int)(Check(n, s.Length * 8L) >> 3)] >> (int)(n & 7) & 1);
        yield return Scalar.Of<ReadOnlySpan<byte>, long, int, byte[]>("set_bit", [SqlType.Bytea, SqlType.Int8, SqlType.Int4], SqlType.Bytea, static (_, s, n, value) =>
        {
            Check(n, s.Length * 8L);
            if (value is not (0 or 1))
                throw new SqlException(SqlState.InvalidParameterValue, "new bit must be 0 or 1");
            var copy = s.ToArray();
            copy[(int)(n >> 3)] = (byte)(copy[(int)(n >> 3)] & ~(1 << (int)(n & 7)) | value << (int)(n & 7));
            return copy;
        });
        yield return Scalar.Of<ReadOnlySpan<byte>, long>("bit_count", [SqlType.Bytea], SqlType.Int8, static (_, s) =>
        {
            var count = 0L;
            foreach (var b in s)
                count += System.Numerics.BitOperations.PopCount(b);
            return count;
        }, total: true);
    }

    private static int Check(int index, int length) => (int)Check((long)index, length);

    private static long Check(long index, long length) => index >= 0 && index < length
        ? index
        : throw new SqlException("2202E", $"index {index} out of valid range, 0..{length - 1}");

    private static void CheckEncoding(string name, string role)
    {
        if (name.Replace("-", "", StringComparison.Ordinal).ToUpperInvariant() is not ("UTF8" or "UNICODE" or "SQL_ASCII" or "SQLASCII"))
            throw new SqlException(SqlState.InvalidParameterValue, $"invalid {role} encoding name \"{name}\"");
    }

    private static SqlException UnknownFormat(string format) => new(SqlState.InvalidParameterValue, $"unrecognized encoding: \"{format}\"");

    private static string Encode(ReadOnlySpan<byte> data, string format)
    {
        switch (format.ToLowerInvariant())
        {
            case "hex": return Convert.ToHexStringLower(data);
            case "base64":
                var text = Convert.ToBase64String(data);
                if (text.Length <= 76)
                    return text;
                var lines = new StringBuilder(text.Length + text.Length / 76);
                for (var i = 0; i < text.Length; i += 76)
                    lines.Append(i == 0 ? "" : "\n").Append(text, i, Math.Min(76, text.Length - i));
                return lines.ToString();
            case "escape":
                var result = new StringBuilder(data.Length);
                foreach (var b in data)
                {
                    if (b == 0 || b >= 0x80)
                        result.Append('\\').Append((char)('0' + (b >> 6))).Append((char)('0' + (b >> 3 & 7))).Append((char)('0' + (b & 7)));
                    else
                        result.Append(b == '\\' ? "\\\\" : ((char)b).ToString());
                }
                return result.ToString();
            default: throw UnknownFormat(format);
        }
    }

    private static byte[] Decode(ReadOnlySpan<byte> text, string format)
    {
        var result = new ArrayBufferWriter<byte>(text.Length + 1);
        switch (format.ToLowerInvariant())
        {
            case "hex":
                var high = -1;
                for (var i = 0; i < text.Length; i++)
                {
                    var c = text[i];
                    if (c is (byte)' ' or (byte)'\n' or (byte)'\t' or (byte)'\r' && high < 0)
                        continue;
                    var digit = c is >= (byte)'0' and <= (byte)'9' ? c - '0' : (c | 0x20) is >= 'a' and <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
                    if (digit < 0)
                    {
                        Rune.DecodeFromUtf8(text[i..], out var rune, out _);
                        throw new SqlException(SqlState.InvalidParameterValue, $"invalid hexadecimal digit: \"{rune}\"");
                    }
                    if (high < 0)
                        high = digit;
                    else
                    {
                        result.Write([(byte)(high << 4 | digit)]);
                        high = -1;
                    }
                }
                if (high >= 0)
                    throw new SqlException(SqlState.InvalidParameterValue, "invalid hexadecimal data: odd number of digits");
                break;
            case "base64":
                DecodeBase64(text, result);
                break;
            case "escape":
                for (var i = 0; i < text.Length; i++)
                {
                    if (text[i] != '\\')
                        result.Write([text[i]]);
                    else if (i + 3 < text.Length && text[i + 1] is >= (byte)'0' and <= (byte)'3' && text[i + 2] is >= (byte)'0' and <= (byte)'7' && text[i + 3] is >= (byte)'0' and <= (byte)'7')
                    {
                        result.Write([(byte)(text[i + 1] - '0' << 6 | text[i + 2] - '0' << 3 | text[i + 3] - '0')]);
                        i += 3;
                    }
                    else if (i + 1 < text.Length && text[i + 1] == '\\')
                        result.Write([text[i++]]);
                    else
                        throw new SqlException(SqlState.InvalidTextRepresentation, "invalid input syntax for type bytea");
                }
                break;
            default: throw UnknownFormat(format);
        }
        return result.WrittenSpan.ToArray();
    }

    private static void DecodeBase64(ReadOnlySpan<byte> text, ArrayBufferWriter<byte> target)
    {
        const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        var bits = 0;
        var position = 0;
        var end = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r')
                continue;
            var digit = 0;
            if (c == '=')
            {
                if (end == 0)
                {
                    end = position switch
                    {
                        2 => 1,
                        3 => 2,
                        _ => throw new SqlException(SqlState.InvalidParameterValue, "unexpected \"=\" while decoding base64 sequence"),
                    };
                }
            }
            else if ((digit = Alphabet.IndexOf((char)c, StringComparison.Ordinal)) < 0)
            {
                Rune.DecodeFromUtf8(text[i..], out var rune, out _);
                throw new SqlException(SqlState.InvalidParameterValue, $"invalid symbol \"{rune}\" found while decoding base64 sequence");
            }
            bits = bits << 6 | digit;
            if (++position == 4)
            {
                target.Write([(byte)(bits >> 16)]);
                if (end is 0 or > 1)
                    target.Write([(byte)(bits >> 8)]);
                if (end is 0 or > 2)
                    target.Write([(byte)bits]);
                bits = position = 0;
            }
        }
        if (position != 0)
        {
            throw new SqlException(SqlState.InvalidParameterValue, "invalid base64 end sequence")
            {
                Hint = "Input data is missing padding, is truncated, or is otherwise corrupted.",
            };
        }
    }
}

/// <summary>SHA-224, which the framework lacks: SHA-256 with other start values, cut to 28 bytes (FIPS 180-4, section 6.3).</summary>
internal static class Sha224
{
    private static readonly uint[] Constants = MakeConstants();

    /// <summary>The fractional bits of the cube roots of the first 64 primes.</summary>
    private static uint[] MakeConstants()
    {
        var result = new uint[64];
        var count = 0;
        for (var n = 2; count < 64; n++)
        {
            var prime = true;
            for (var d = 2; d * d <= n && prime; d++)
                prime = n % d != 0;
            if (!prime)
                continue;
            // floor(cbrt(n) * 2^32) exactly, by integer bisection on cubes
            System.Numerics.BigInteger target = (System.Numerics.BigInteger)n << 96, low = 0, high = System.Numerics.BigInteger.One << 36;
            while (high - low > 1)
            {
                var middle = (low + high) >> 1;
                if (middle * middle * middle <= target)
                    low = middle;
                else
                    high = middle;
            }
            result[count++] = (uint)(low & uint.MaxValue);
        }
        return result;
    }

    public static byte[] Hash(ReadOnlySpan<byte> data)
    {
        uint[] state = [0xc1059ed8, 0x367cd507, 0x3070dd17, 0xf70e5939, 0xffc00b31, 0x68581511, 0x64f98fa7, 0xbefa4fa4];
        var padded = new byte[(data.Length + 9 + 63) / 64 * 64];
        data.CopyTo(padded);
        padded[data.Length] = 0x80;
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(padded.AsSpan(padded.Length - 8), data.Length * 8L);
        Span<uint> w = stackalloc uint[64];
        for (var block = 0; block < padded.Length; block += 64)
        {
            for (var i = 0; i < 16; i++)
                w[i] = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(padded.AsSpan(block + i * 4));
            for (var i = 16; i < 64; i++)
            {
                var s0 = uint.RotateRight(w[i - 15], 7) ^ uint.RotateRight(w[i - 15], 18) ^ w[i - 15] >> 3;
                var s1 = uint.RotateRight(w[i - 2], 17) ^ uint.RotateRight(w[i - 2], 19) ^ w[i - 2] >> 10;
                w[i] = w[i - 16] + s0 + w[i - 7] + s1;
            }
            var (a, b, c, d, e, f, g, h) = (state[0], state[1], state[2], state[3], state[4], state[5], state[6], state[7]);
            for (var i = 0; i < 64; i++)
            {
                var t1 = h + (uint.RotateRight(e, 6) ^ uint.RotateRight(e, 11) ^ uint.RotateRight(e, 25)) + (e & f ^ ~e & g) + Constants[i] + w[i];
                var t2 = (uint.RotateRight(a, 2) ^ uint.RotateRight(a, 13) ^ uint.RotateRight(a, 22)) + (a & b ^ a & c ^ b & c);
                (h, g, f, e, d, c, b, a) = (g, f, e, d + t1, c, b, a, t1 + t2);
            }
            state[0] += a;
            state[1] += b;
            state[2] += c;
            state[3] += d;
            state[4] += e;
            state[5] += f;
            state[6] += g;
            state[7] += h;
        }
        var result = new byte[28];
        for (var i = 0; i < 7; i++)
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(result.AsSpan(i * 4), state[i]);
        return result;
    }
}
