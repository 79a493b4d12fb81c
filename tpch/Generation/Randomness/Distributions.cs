namespace OmenDb.Tpch.Generation.Randomness;

/// <summary>The word lists of the specification, read from the embedded data file.</summary>
internal static class Distributions
{
    private static readonly Dictionary<string, Distribution> ByName = Parse(Resources.ReadText("Generation/Data/distributions.txt"));

    public static readonly Distribution Containers = ByName["p_cntr"];
    public static readonly Distribution ShipInstructions = ByName["instruct"];
    public static readonly Distribution Segments = ByName["msegmnt"];
    /// <summary>Running weights are region keys; not a list to pick from.</summary>
    public static readonly Distribution Nations = ByName["nations"];
    /// <summary>The same nations with equal weights.</summary>
    public static readonly Distribution EvenNations = ByName["nations2"];
    public static readonly Distribution Regions = ByName["regions"];
    public static readonly Distribution Priorities = ByName["o_oprio"];
    public static readonly Distribution ReturnFlags = ByName["rflag"];
    public static readonly Distribution ShipModes = ByName["smode"];
    public static readonly Distribution PartTypes = ByName["p_types"];
    public static readonly Distribution Colors = ByName["colors"];

    public static readonly Distribution Nouns = ByName["nouns"];
    public static readonly Distribution Verbs = ByName["verbs"];
    public static readonly Distribution Adverbs = ByName["adverbs"];
    public static readonly Distribution Articles = ByName["articles"];
    public static readonly Distribution Prepositions = ByName["prepositions"];
    public static readonly Distribution Auxiliaries = ByName["auxillaries"];
    public static readonly Distribution Terminators = ByName["terminators"];
    public static readonly Distribution Adjectives = ByName["adjectives"];
    public static readonly Distribution Sentences = ByName["grammar"];
    public static readonly Distribution NounPhrases = ByName["np"];
    public static readonly Distribution VerbPhrases = ByName["vp"];

    public static readonly Distribution RequestAdjectives = ByName["q13a"];
    public static readonly Distribution RequestNouns = ByName["q13b"];

    private static Dictionary<string, Distribution> Parse(string text)
    {
        var lists = new Dictionary<string, Distribution>(StringComparer.Ordinal);
        List<(string, int)> entries = [];
        string? name = null;
        foreach (var line in text.Split('\n'))
        {
            if (line.Length == 0 || line[0] == '#')
                continue;
            if (line[0] == '[')
            {
                Close();
                name = line[1..^1];
                continue;
            }
            var bar = line.IndexOf('|', StringComparison.Ordinal);
            entries.Add((line[..bar], int.Parse(line.AsSpan(bar + 1))));
        }
        Close();
        return lists;

        void Close()
        {
            if (name is not null)
                lists.Add(name, new Distribution(name, entries));
            entries = [];
        }
    }
}
