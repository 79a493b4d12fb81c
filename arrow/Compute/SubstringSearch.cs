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

    /// <returns>The first position, or -1.</returns>
    public int IndexOf(ReadOnlySpan<byte> text)
    {
        var needle = _needle;
        var positions = text.Length - needle.Length + 1;
        if (positions <= 0)
            return -1;
        if (needle.Length == 0)
            return 0;
        if (positions < 16 || !Vector256.IsHardwareAccelerated)
            return text.IndexOf(needle);
        fixed (byte* start = text)
        {
            var lastByte = start + needle.Length - 1;
            if (positions < 32)
            {
                // Two overlapping blocks of 16 positions; every load ends at or before the text's end.
                for (var at = 0; ; at = positions - 16)
                {
                    var hits = (Vector128.Equals(Vector128.Load(start + at), _first.GetLower())
                        & Vector128.Equals(Vector128.Load(lastByte + at), _last.GetLower())).ExtractMostSignificantBits();
                    var found = Confirm(text, hits, at);
                    if (found >= 0)
                        return found;
                    if (at == positions - 16)
                        return -1;
                }
            }
            for (var at = 0; ; at = Math.Min(at + 32, positions - 32))
            {
                var hits = (Vector256.Equals(Vector256.Load(start + at), _first)
                    & Vector256.Equals(Vector256.Load(lastByte + at), _last)).ExtractMostSignificantBits();
                if (hits != 0)
                {
                    var found = Confirm(text, hits, at);
                    if (found >= 0)
                        return found;
                }
                if (at == positions - 32)
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
