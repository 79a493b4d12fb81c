using System.Globalization;
using OmenDb.Tpch.Generation;
using OmenDb.Tpch.Generation.Randomness;

namespace OmenDb.Tpch.Queries;

/// <summary>Substitution parameters of clauses 2.4.1.3 to 2.4.22.3, drawn as qgen 3.0.1 draws them.</summary>
/// <remarks>
/// Query q has a stream of its own, which starts q steps behind the seed; the order of the draws below is part of the result.
/// qgen up to 2.14 left the specification's ranges in Q4 (months) and Q22 (country codes); these are the corrected ones.
/// </remarks>
public static class QueryParameters
{
    /// <param name="query">1 .. 22.</param>
    /// <param name="seed">Any number; what counts is its remainder modulo 2^31 - 1, which must not be 0.</param>
    /// <param name="scaleFactor">Only Q11 depends on it: its fraction is 0.0001 / SF.</param>
    /// <returns>The parameters in the order of the template's numbers.</returns>
    public static IReadOnlyList<string> For(int query, long seed, double scaleFactor)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(scaleFactor);
        var state = seed % RandomStream.Modulus;
        if (state < 0)
            state += RandomStream.Modulus;
        ArgumentOutOfRangeException.ThrowIfZero(state, nameof(seed));
        for (var i = 0; i < query; i++)
            state = RandomStream.Next(state);
        var draws = new Draws(state);
        switch (query)
        {
            case 1:
                return [draws.Number(60, 120)];
            case 2:
                return [draws.Number(1, 50), LastWord(draws.Word(Distributions.PartTypes)), draws.Word(Distributions.Regions)];
            case 3:
                return [draws.Word(Distributions.Segments), MarchDay(draws.Uniform(0, 30))];
            case 4:
                return [Month(draws.Uniform(0, 57))];
            case 5:
                return [draws.Word(Distributions.Regions), Year(draws.Uniform(93, 97))];
            case 6:
                return [Year(draws.Uniform(93, 97)), $"0.{draws.Uniform(2, 9):D2}", draws.Number(24, 25)];
            case 7:
                return draws.TwoWords(Distributions.EvenNations);
            case 8:
                var nation = draws.Index(Distributions.EvenNations);
                var region = Distributions.Nations.RunningWeights[nation];
                return
                [
                    Distributions.EvenNations.Words[nation], Distributions.Regions.Words[region], draws.Word(Distributions.PartTypes),
                ];
            case 9:
                return [draws.Word(Distributions.Colors)];
            case 10:
                return [Month(draws.Uniform(1, 24))];
            case 11:
                return
                [
                    draws.Word(Distributions.EvenNations), (0.0001 / scaleFactor).ToString("F10", CultureInfo.InvariantCulture),
                ];
            case 12:
                return [.. draws.TwoWords(Distributions.ShipModes), Year(draws.Uniform(93, 97))];
            case 13:
                return [draws.Word(Distributions.RequestAdjectives), draws.Word(Distributions.RequestNouns)];
            case 14:
                return [Month(draws.Uniform(0, 59))];
            case 15:
                return [Month(draws.Uniform(0, 57))];
            case 16:
                var brand = draws.Brand();
                var type = draws.Word(Distributions.PartTypes);
                return [brand, type[..type.LastIndexOf(' ')], .. draws.Shuffled(1, 50).Take(8)];
            case 17:
                return [draws.Brand(), draws.Word(Distributions.Containers)];
            case 18:
                return [draws.Number(312, 315)];
            case 19:
                return [draws.Brand(), draws.Brand(), draws.Brand(), draws.Number(1, 10), draws.Number(10, 20), draws.Number(20, 30)];
            case 20:
                return [draws.Word(Distributions.Colors), Year(draws.Uniform(93, 97)), draws.Word(Distributions.EvenNations)];
            case 21:
                return [draws.Word(Distributions.EvenNations)];
            case 22:
                return [.. draws.Shuffled(10, 34).Take(7)];
            default:
                throw new ArgumentOutOfRangeException(nameof(query), query, "queries are numbered from 1 to 22");
        }
    }

    private static string LastWord(string text) => text[(text.LastIndexOf(' ') + 1)..];

    private static string Year(int year) => $"19{year:D2}-01-01";

    /// <param name="months">Counted from January 1993.</param>
    private static string Month(int months) => $"19{93 + months / 12:D2}-{months % 12 + 1:D2}-01";

    private static string MarchDay(int day) => $"1995-03-{day + 1:D2}";

    /// <summary>The stream of one query.</summary>
    private sealed class Draws(long state)
    {
        public int Uniform(int low, int high)
        {
            state = RandomStream.Next(state);
            return low + RandomStream.Draw(state, high - low + 1);
        }

        public string Number(int low, int high) => Uniform(low, high).ToString(CultureInfo.InvariantCulture);

        public int Index(Distribution words)
        {
            state = RandomStream.Next(state);
            return words.Pick(state);
        }

        public string Word(Distribution words) => words.Words[Index(words)];

        public string[] TwoWords(Distribution words)
        {
            var first = Index(words);
            int second;
            do
                second = Index(words);
            while (second == first);
            return [words.Words[first], words.Words[second]];
        }

        public string Brand()
        {
            var maker = Uniform(1, 5);
            return $"Brand#{maker}{Uniform(1, 5)}";
        }

        public IEnumerable<string> Shuffled(int low, int high)
        {
            int[] numbers = [.. Enumerable.Range(low, high - low + 1)];
            for (var i = 0; i < numbers.Length; i++)
            {
                var other = Uniform(i, numbers.Length - 1);
                (numbers[i], numbers[other]) = (numbers[other], numbers[i]);
            }
            return numbers.Select(number => number.ToString(CultureInfo.InvariantCulture));
        }
    }
}
