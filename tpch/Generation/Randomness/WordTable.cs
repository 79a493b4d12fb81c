using System.Runtime.CompilerServices;
using System.Text;

namespace OmenDb.Tpch.Generation.Randomness;

/// <summary>A distribution laid out for the text pool: each word with one space after it, padded to 16 bytes.</summary>
internal sealed class WordTable
{
    /// <summary>Every append writes a whole slot; the bytes past the word are overwritten by the next one.</summary>
    public const int SlotBytes = 16;

    private readonly Distribution _distribution;
    private readonly byte[] _slots;
    private readonly byte[] _lengths;

    public WordTable(Distribution distribution)
    {
        _distribution = distribution;
        _slots = new byte[distribution.Words.Count * SlotBytes];
        _lengths = new byte[distribution.Words.Count];
        for (var i = 0; i < _lengths.Length; i++)
        {
            var word = distribution.Words[i] + " ";
            Encoding.ASCII.GetBytes(word, _slots.AsSpan(i * SlotBytes, SlotBytes));
            _lengths[i] = (byte)word.Length;
        }
    }

    /// <summary>Draws a word and writes it with its space at <paramref name="position"/>.</summary>
    /// <returns>The position behind the space.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Append(Span<byte> target, int position, ref long state)
    {
        state = RandomStream.Next(state);
        var index = _distribution.Pick(state);
        _slots.AsSpan(index * SlotBytes, SlotBytes).CopyTo(target.Slice(position, SlotBytes));
        return position + _lengths[index];
    }
}
