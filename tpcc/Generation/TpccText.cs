using OmenDb.Workload;

namespace OmenDb.Tpcc.Generation;

/// <summary>The random texts of clause 4.3.2, in memory that is used again: each result is valid until the next call.</summary>
internal sealed class TpccText
{
    private static readonly byte[] Alphanumeric = [.. "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8];
    private static readonly string[] Syllables = ["BAR", "OUGHT", "ABLE", "PRI", "PRES", "ESE", "ANTI", "CALLY", "ATION", "EING"];

    private readonly byte[] _buffer = new byte[512];

    /// <summary>A random a-string: letters and digits.</summary>
    public ReadOnlyMemory<byte> Letters(WorkloadRandom random, int low, int high)
    {
        var length = random.Next(low, high);
        FillLetters(random, _buffer.AsSpan(0, length));
        return _buffer.AsMemory(0, length);
    }

    /// <summary>A random n-string: digits.</summary>
    public ReadOnlyMemory<byte> Digits(WorkloadRandom random, int length)
    {
        for (var i = 0; i < length; i++)
            _buffer[i] = (byte)('0' + random.Next(0, 9));
        return _buffer.AsMemory(0, length);
    }

    /// <summary>Four digits and "11111" (clause 4.3.2.7).</summary>
    public ReadOnlyMemory<byte> Zip(WorkloadRandom random)
    {
        Digits(random, 4);
        "11111"u8.CopyTo(_buffer.AsSpan(4));
        return _buffer.AsMemory(0, 9);
    }

    /// <summary>A text of 26 to 50 letters in which, one time in ten, "ORIGINAL" stands somewhere (i_data, s_data).</summary>
    public ReadOnlyMemory<byte> Data(WorkloadRandom random)
    {
        var text = Letters(random, 26, 50);
        if (random.Percent(10))
            "ORIGINAL"u8.CopyTo(_buffer.AsSpan(random.Next(0, text.Length - 8)));
        return text;
    }

    public ReadOnlyMemory<byte> Ascii(string text)
    {
        var length = System.Text.Encoding.ASCII.GetBytes(text, _buffer);
        return _buffer.AsMemory(0, length);
    }

    /// <summary>Three syllables, one per digit of a number from 0 to 999 (clause 4.3.2.3).</summary>
    public static string LastName(int number) => Syllables[number / 100] + Syllables[number / 10 % 10] + Syllables[number % 10];

    private static void FillLetters(WorkloadRandom random, Span<byte> target)
    {
        var bits = 0UL;
        var left = 0;
        for (var i = 0; i < target.Length; left--, bits >>= 6)
        {
            if (left == 0)
            {
                bits = random.NextBits();
                left = 10;
            }
            // Six bits make one of 64; two of them are no letter and are drawn again.
            if ((bits & 63) < (uint)Alphanumeric.Length)
                target[i++] = Alphanumeric[bits & 63];
        }
    }
}
