using System.Runtime.CompilerServices;

namespace OmenDb.Tpch.Generation.Randomness;

/// <summary>Writes the pseudo text of clause 4.2.2.14: sentence, noun phrase and verb phrase forms filled with weighted words.</summary>
/// <remarks>
/// Most of its work is over within a second of the first call, before the runtime would have replaced the quick code by the
/// optimised: on one core, cold, the pool took 2.2 s instead of 1.2 s. Therefore the methods ask for optimised code at once.
/// </remarks>
internal sealed class SentenceWriter
{
    /// <summary>A sentence stays below this; room that <see cref="Append"/> needs behind its position.</summary>
    public const int MaxSentenceBytes = 512;

    private readonly Distribution _sentences = Distributions.Sentences;
    private readonly Distribution _nounPhrases = Distributions.NounPhrases;
    private readonly Distribution _verbPhrases = Distributions.VerbPhrases;
    private readonly WordTable _nouns = new(Distributions.Nouns);
    private readonly WordTable _verbs = new(Distributions.Verbs);
    private readonly WordTable _adverbs = new(Distributions.Adverbs);
    private readonly WordTable _adjectives = new(Distributions.Adjectives);
    private readonly WordTable _prepositions = new(Distributions.Prepositions);
    private readonly WordTable _auxiliaries = new(Distributions.Auxiliaries);
    private readonly WordTable _terminators = new(Distributions.Terminators);

    /// <summary>Appends one sentence and the space behind it.</summary>
    /// <param name="state">State of the text stream, advanced by the draws of the sentence.</param>
    /// <returns>The position behind the space.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int Append(Span<byte> target, int position, ref long state)
    {
        // The forms are "N V T", "N V P T", "N V N T", "N P V N T", "N P V P T", numbered as in the data file.
        state = RandomStream.Next(state);
        var form = _sentences.Pick(state);
        position = NounPhrase(target, position, ref state);
        if (form >= 3)
            position = Preposition(target, position, ref state);
        position = VerbPhrase(target, position, ref state);
        position = form switch
        {
            0 => position,
            1 or 4 => Preposition(target, position, ref state),
            _ => NounPhrase(target, position, ref state),
        };
        return _terminators.Append(target, position - 1, ref state); // the terminator takes the place of the last space
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int Preposition(Span<byte> target, int position, ref long state)
    {
        position = _prepositions.Append(target, position, ref state);
        "the "u8.CopyTo(target[position..]);
        return NounPhrase(target, position + 4, ref state);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int NounPhrase(Span<byte> target, int position, ref long state)
    {
        // "N", "J N", "J, J N", "D J N"
        state = RandomStream.Next(state);
        switch (_nounPhrases.Pick(state))
        {
            case 0:
                break;
            case 1:
                position = _adjectives.Append(target, position, ref state);
                break;
            case 2:
                position = _adjectives.Append(target, position, ref state);
                ", "u8.CopyTo(target[(position - 1)..]);
                position = _adjectives.Append(target, position + 1, ref state);
                break;
            default:
                position = _adverbs.Append(target, position, ref state);
                position = _adjectives.Append(target, position, ref state);
                break;
        }
        return _nouns.Append(target, position, ref state);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int VerbPhrase(Span<byte> target, int position, ref long state)
    {
        // "V", "X V", "V D", "X V D"
        state = RandomStream.Next(state);
        var form = _verbPhrases.Pick(state);
        if ((form & 1) != 0)
            position = _auxiliaries.Append(target, position, ref state);
        position = _verbs.Append(target, position, ref state);
        return form >= 2 ? _adverbs.Append(target, position, ref state) : position;
    }
}
