using System.Numerics;
using System.Runtime.Intrinsics;

namespace OmenDb.Arrow.Compute;

/// <summary>Finds one needle in many short texts: first and last byte of the needle are compared for 32 (or 16) positions at once.</summary>
internal sealed unsafe class SubstringSearch
{
    private readonly byte[] _needle;
    private readonly Vector256<byte> _first;
    private readonly Vector256<byte> _last;

    public SubstringSearch(byte[] needle)
    {
        _needle = needle;
        _first = Vector256.Create(needle.Length == 0 ? (byte)0 : needle[0]);
        _last = Vector256.Create(needle.Length == 0 ? (byte)0 : needle[^1]);
    }

    /// <returns>The first position at or after <paramref name="from"/>, or -1.</returns>
    public int IndexOf(ReadOnlySpan<byte> text, int from)
    {
        var needle = _needle;
        var positions = text.Length - needle.Length + 1;
        if (from >= positions)
            return -1;
        if (needle.Length == 0)
            return from;
        if (positions < 16 || !Vector256.IsHardwareAccelerated)
        {
            var found = text[from..].IndexOf(needle);
            return found < 0 ? -1 : from + found;
        }
        // Blocks never reach past the last position, so every load ends at or before the text's end; the last block
        // overlaps the one before it (or positions before `from`, whose hits are masked out).
        fixed (byte* start = text)
        {
            var lastByte = start + needle.Length - 1;
            var width = positions < 32 ? 16 : 32;
            for (var at = Math.Min(from, positions - width); ; at = Math.Min(at + width, positions - width))
            {
                var hits = width == 32
                    ? (Vector256.Equals(Vector256.Load(start + at), _first)
                        & Vector256.Equals(Vector256.Load(lastByte + at), _last)).ExtractMostSignificantBits()
                    : (Vector128.Equals(Vector128.Load(start + at), _first.GetLower())
                        & Vector128.Equals(Vector128.Load(lastByte + at), _last.GetLower())).ExtractMostSignificantBits();
                if (at < from)
                    hits &= uint.MaxValue << (from - at);
                if (hits != 0)
                {
                    var found = Confirm(text, hits, at);
                    if (found >= 0)
                        return found;
                }
                if (at == positions - width)
                    return -1;
            }
        }
    }

    private int Confirm(ReadOnlySpan<byte> text, uint hits, int at)
    {
        for (; hits != 0; hits &= hits - 1)
        {
            var position = at + BitOperations.TrailingZeroCount(hits);
            if (text.Slice(position, _needle.Length).SequenceEqual(_needle))
                return position;
        }
        return -1;
    }
}
