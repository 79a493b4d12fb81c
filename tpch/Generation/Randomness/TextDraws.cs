using System.Buffers.Text;
using OmenDb.Tpch.Generation.Columns;

namespace OmenDb.Tpch.Generation.Randomness;

/// <summary>Fills text columns from their streams; each method replaces what the column held.</summary>
internal static class TextDraws
{
    /// <summary>One word of the list per row.</summary>
    public static void Words(RandomStream stream, int rowCount, Distribution words, TextColumn column)
    {
        column.Clear();
        for (var i = 0; i < rowCount; i++)
        {
            column.Append(words.Utf8(words.Pick(RandomStream.Next(stream.State))));
            stream.NextRow();
        }
    }

    /// <summary>One word of the list per line.</summary>
    public static void WordsPerLine(RandomStream stream, ReadOnlySpan<byte> lineCounts, Distribution words, TextColumn column)
    {
        column.Clear();
        foreach (var count in lineCounts)
        {
            var state = stream.State;
            for (var line = 0; line < count; line++)
            {
                state = RandomStream.Next(state);
                column.Append(words.Utf8(words.Pick(state)));
            }
            stream.NextRow();
        }
    }

    /// <summary>One piece of the text pool per line.</summary>
    /// <remarks>The places are drawn first and copied then, so that the cache misses overlap.</remarks>
    /// <param name="places">Scratch, one entry per line.</param>
    public static void Comments(
        RandomStream stream, ReadOnlySpan<byte> lineCounts, CommentLength length, TextPool pool, TextColumn column, Span<long> places)
    {
        double offsetRange = TextPool.SizeBytes - length.Max + 1;
        double lengthRange = length.Max - length.Min + 1;
        var next = 0;
        foreach (var count in lineCounts)
        {
            var state = stream.State;
            for (var line = 0; line < count; line++)
            {
                state = RandomStream.Next(state);
                var offset = RandomStream.Draw(state, offsetRange);
                state = RandomStream.Next(state);
                places[next++] = ((long)offset << 32) | (uint)(length.Min + RandomStream.Draw(state, lengthRange));
            }
            stream.NextRow();
        }
        column.Clear();
        foreach (var place in places[..next])
            column.Append(pool.Slice((int)(place >> 32), (int)place));
    }

    /// <summary>10 to 40 random characters per row: an address (a_rnd in clause 4.2.2.7).</summary>
    /// <remarks>
    /// Each draw gives five characters of six bits. Its range is written as 0 .. 2^31 - 1, whose size overflows 32 bits in dbgen
    /// and becomes -2^31; the data set contains the outcome, so the range is negative here as well.
    /// </remarks>
    public static void Alphanumeric(RandomStream stream, int rowCount, TextColumn column)
    {
        const int minLength = 10;
        const int maxLength = 40;
        const double overflownRange = int.MinValue;
        var characters = "0123456789abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ,"u8;
        column.Clear();
        for (var row = 0; row < rowCount; row++)
        {
            var state = RandomStream.Next(stream.State);
            var target = column.AppendUninitialized(minLength + RandomStream.Draw(state, maxLength - minLength + 1));
            var bits = 0;
            for (var i = 0; i < target.Length; i++)
            {
                if (i % 5 == 0)
                {
                    state = RandomStream.Next(state);
                    bits = RandomStream.Draw(state, overflownRange);
                }
                target[i] = characters[bits & 63];
                bits >>= 6;
            }
            stream.NextRow();
        }
    }

    /// <summary>Phone numbers of clause 4.2.2.9; the country code is the nation key + 10.</summary>
    public static void Phones(RandomStream stream, ReadOnlySpan<int> nationKeys, TextColumn column)
    {
        column.Clear();
        foreach (var nation in nationKeys)
        {
            var target = column.AppendUninitialized(15);
            var state = RandomStream.Next(stream.State);
            Digits(target[..2], nation + 10);
            target[2] = (byte)'-';
            Digits(target[3..6], 100 + RandomStream.Draw(state, 900));
            target[6] = (byte)'-';
            state = RandomStream.Next(state);
            Digits(target[7..10], 100 + RandomStream.Draw(state, 900));
            target[10] = (byte)'-';
            state = RandomStream.Next(state);
            Digits(target[11..], 1000 + RandomStream.Draw(state, 9000));
            stream.NextRow();
        }
    }

    /// <summary>A prefix and the number with at least nine digits, as in Customer#000000001.</summary>
    public static void Numbered(ReadOnlySpan<byte> prefix, long number, TextColumn column)
    {
        const int minDigits = 9;
        var digits = Math.Max(minDigits, (int)Math.Log10(number) + 1);
        var target = column.AppendUninitialized(prefix.Length + digits);
        prefix.CopyTo(target);
        Utf8Formatter.TryFormat(number, target[prefix.Length..], out _, new('D', (byte)digits));
    }

    private static void Digits(Span<byte> target, int value)
    {
        for (var i = target.Length - 1; i >= 0; i--)
        {
            target[i] = (byte)('0' + value % 10);
            value /= 10;
        }
    }
}
