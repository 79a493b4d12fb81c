using System.Buffers.Binary;
using System.Numerics;

namespace OmenDb.Engine.Functions.Strings;

/// <summary>PostgreSQL's hash of byte strings: Bob Jenkins' lookup3 with the constant and byte order that PostgreSQL gives it on little-endian machines.</summary>
internal static class TextHash
{
    public static uint Of(ReadOnlySpan<byte> key)
    {
        uint a, b, c;
        a = b = c = 0x9E37_79B9u + (uint)key.Length + 3923095u;
        while (key.Length >= 12)
        {
            a += BinaryPrimitives.ReadUInt32LittleEndian(key);
            b += BinaryPrimitives.ReadUInt32LittleEndian(key[4..]);
            c += BinaryPrimitives.ReadUInt32LittleEndian(key[8..]);
            Mix(ref a, ref b, ref c);
            key = key[12..];
        }
        // The lowest byte of c is left out: it has the length already.
        for (var i = 0; i < key.Length; i++)
        {
            if (i < 4)
                a += (uint)key[i] << 8 * i;
            else if (i < 8)
                b += (uint)key[i] << 8 * (i - 4);
            else
                c += (uint)key[i] << 8 * (i - 7);
        }
        Final(ref a, ref b, ref c);
        return c;
    }

    private static void Mix(ref uint a, ref uint b, ref uint c)
    {
        a = (a - c) ^ BitOperations.RotateLeft(c, 4);
        c += b;
        b = (b - a) ^ BitOperations.RotateLeft(a, 6);
        a += c;
        c = (c - b) ^ BitOperations.RotateLeft(b, 8);
        b += a;
        a = (a - c) ^ BitOperations.RotateLeft(c, 16);
        c += b;
        b = (b - a) ^ BitOperations.RotateLeft(a, 19);
        a += c;
        c = (c - b) ^ BitOperations.RotateLeft(b, 4);
        b += a;
    }

    private static void Final(ref uint a, ref uint b, ref uint c)
    {
        c = (c ^ b) - BitOperations.RotateLeft(b, 14);
        a = (a ^ c) - BitOperations.RotateLeft(c, 11);
        b = (b ^ a) - BitOperations.RotateLeft(a, 25);
        c = (c ^ b) - BitOperations.RotateLeft(b, 16);
        a = (a ^ c) - BitOperations.RotateLeft(c, 4);
        b = (b ^ a) - BitOperations.RotateLeft(a, 14);
        c = (c ^ b) - BitOperations.RotateLeft(b, 24);
    }
}
