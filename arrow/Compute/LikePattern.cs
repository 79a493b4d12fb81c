using System.Buffers;
using System.Text;

namespace OmenDb.Arrow.Compute;

/// <summary>What came of compiling a LIKE pattern.</summary>
public enum LikeStatus : byte
{
    Ok,
    /// <summary>22025: LIKE pattern must not end with escape character.</summary>
    EndsWithEscape,
}

/// <summary>A compiled LIKE or ILIKE pattern: % is any string, _ one character (UTF-8), the escape makes the next byte literal.</summary>
/// <remarks>The pattern is cut at its % signs: the first piece is anchored at the start, the last at the end, those between are
/// searched leftmost, which is enough because only % has variable length. Immutable and shared by threads.</remarks>
public sealed unsafe class LikePattern
{
    private readonly LikePiece[] _pieces; // one: no %; otherwise first and last may be empty
    private readonly bool _ignoreCase;
    private readonly bool _ascii; // the pattern, for the fast path of ILIKE

    private LikePattern(LikePiece[] pieces, bool ignoreCase, bool ascii)
    {
        _pieces = pieces;
        _ignoreCase = ignoreCase;
        _ascii = ascii;
    }

    /// <param name="pattern">UTF-8.</param>
    /// <param name="ignoreCase">ILIKE.</param>
    /// <param name="compiled">Null unless Ok.</param>
    /// <param name="escape">Null: no escape character (ESCAPE '').</param>
    public static LikeStatus TryCompile(ReadOnlySpan<byte> pattern, bool ignoreCase, out LikePattern? compiled, byte? escape = (byte)'\\')
    {
        compiled = null;
        var folded = ignoreCase ? Fold(pattern) : pattern.ToArray();
        var pieces = new List<LikePiece>();
        var bytes = new List<byte>();
        var wild = new List<bool>();
        for (var i = 0; i < folded.Length; i++)
        {
            var b = folded[i];
            if (b == escape)
            {
                if (++i == folded.Length)
                    return LikeStatus.EndsWithEscape;
                bytes.Add(folded[i]);
                wild.Add(false);
            }
            else if (b == (byte)'%')
            {
                pieces.Add(new LikePiece([.. bytes], [.. wild]));
                bytes.Clear();
                wild.Clear();
            }
            else
            {
                bytes.Add(b);
                wild.Add(b == (byte)'_');
            }
        }
        pieces.Add(new LikePiece([.. bytes], [.. wild]));
        // Empty pieces between % signs say nothing: %% is %.
        for (var i = pieces.Count - 2; i > 0; i--)
        {
            if (pieces[i].IsEmpty)
                pieces.RemoveAt(i);
        }
        compiled = new LikePattern([.. pieces], ignoreCase, Ascii.IsValid(folded));
        return LikeStatus.Ok;
    }

    /// <summary>Bytes that every match begins with: for index ranges. Empty for ILIKE.</summary>
    public ReadOnlySpan<byte> LiteralPrefix => _ignoreCase ? [] : _pieces[0].LiteralHead;

    /// <summary>True when the pattern has no wildcard at all: then <see cref="LiteralPrefix"/> is the whole string that matches.</summary>
    public bool IsLiteral => !_ignoreCase && _pieces.Length == 1 && _pieces[0].IsLiteral;

    /// <summary>True when the pattern is <see cref="LiteralPrefix"/> and %: the prefix range is exact.</summary>
    public bool IsPrefixOnly => !_ignoreCase && _pieces.Length == 2 && _pieces[0].IsLiteral && _pieces[1].IsEmpty;

    public bool Matches(ReadOnlySpan<byte> text)
    {
        if (!_ignoreCase)
            return MatchesExactly(text);
        if (_ascii && text.Length <= 256 && Ascii.IsValid(text))
        {
            Span<byte> lower = stackalloc byte[text.Length];
            Ascii.ToLower(text, lower, out _);
            return MatchesExactly(lower);
        }
        return MatchesExactly(Fold(text));
    }

    /// <summary>Bit i of the mask = row i matches; null does not. Dictionaries are searched once per entry.</summary>
    /// <param name="vector">Of physical type View, any kind.</param>
    /// <param name="rows">Rows to match.</param>
    /// <param name="mask">⌈rows/64⌉ words; zeros past the last row.</param>
    public void Mask(Vector vector, int rows, ulong* mask)
    {
        Truth(vector, rows, mask);
        Nulls.AndValid(vector, rows, mask);
    }

    /// <summary>[NOT] LIKE as a Bool vector, null where the text is.</summary>
    public void Evaluate(Vector vector, int rows, bool negate, Vector result)
    {
        if (vector.IsConstantNull)
        {
            result.ResetConstant(ArrowType.Bool, rows, isNull: true);
            return;
        }
        result.ResetFlat(ArrowType.Bool, rows);
        Truth(vector, rows, (ulong*)result.Values);
        if (negate)
            Bits.Not((ulong*)result.Values, (ulong*)result.Values, rows);
        Nulls.Propagate(vector, result);
    }

    private void Truth(Vector vector, int rows, ulong* mask)
    {
        switch (vector.Kind)
        {
            case VectorKind.Constant:
                Bits.Fill(mask, rows, !vector.IsConstantNull && Matches(vector.GetBytes(0)));
                break;
            case VectorKind.Dictionary when vector.Dictionary!.Length <= rows * 2L:
                var entries = vector.Dictionary.Length;
                var accepted = KernelScratch.Mask(KernelScratch.DictionaryMask, entries);
                Flat(vector.Dictionary, entries, accepted);
                DictionaryCodes.Map(vector, accepted, rows, mask);
                break;
            default:
                Flat(Flatten.ToFlat(vector, rows, KernelScratch.LeftOperand), rows, mask);
                break;
        }
    }

    private void Flat(Vector flat, int rows, ulong* mask)
    {
        var views = (View*)flat.Values;
        var buffers = flat.ArenaPointers;
        var validity = flat.Validity;
        for (var row = 0; row < rows;)
        {
            ulong bits = 0;
            var word = row >> 6;
            var valid = validity == null ? ulong.MaxValue : validity[word];
            for (var end = Math.Min(row + 64, rows); row < end; row++)
            {
                if ((valid >> (row & 63) & 1) != 0 && Matches(View.Bytes(views + row, buffers)))
                    bits |= 1UL << (row & 63);
            }
            mask[word] = bits;
        }
    }

    private bool MatchesExactly(ReadOnlySpan<byte> text)
    {
        var pieces = _pieces;
        if (pieces.Length == 1)
            return pieces[0].MatchForward(text, 0) == text.Length;
        var at = pieces[0].MatchForward(text, 0);
        if (at < 0)
            return false;
        var end = pieces[^1].MatchBackward(text);
        if (end < at)
            return false;
        var middle = text[..end];
        for (var i = 1; i < pieces.Length - 1; i++)
        {
            at = pieces[i].Find(middle, at);
            if (at < 0)
                return false;
        }
        return true;
    }

    /// <summary>Lower case: ASCII bytewise, otherwise by Unicode's simple invariant mapping. Invalid UTF-8 folds its ASCII letters only.</summary>
    private static byte[] Fold(ReadOnlySpan<byte> text)
    {
        var lower = new byte[text.Length];
        if (Ascii.ToLower(text, lower, out _) == OperationStatus.Done)
            return lower;
        try
        {
            return Encoding.UTF8.GetBytes(StrictUtf8.GetString(text).ToLowerInvariant());
        }
        catch (DecoderFallbackException) // not text: compare it as bytes
        {
            for (var i = 0; i < text.Length; i++)
                lower[i] = text[i] is >= (byte)'A' and <= (byte)'Z' ? (byte)(text[i] | 0x20) : text[i];
            return lower;
        }
    }

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);
}
