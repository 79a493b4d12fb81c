namespace OmenDb.Tpcc.Generation;

/// <summary>Regions and nations of CH-benCHmark.</summary>
internal static class ChNames
{
    public static readonly string[] Regions = ["Africa", "America", "Asia", "Europe", "Middle East"];

    /// <summary>62 nations: the keys are the ASCII codes of 0-9, A-Z, a-z.</summary>
    public static readonly IReadOnlyList<(int Key, string Name, int Region)> Nations = Make();

    private static List<(int, string, int)> Make()
    {
        (string Name, int Region)[] names =
        [
            ("Algeria", 0), ("Egypt", 0), ("Ethiopia", 0), ("Kenya", 0), ("Morocco", 0), ("Mozambique", 0), ("Nigeria", 0), ("Ghana", 0), ("Senegal", 0),
            ("South Africa", 0), ("Tanzania", 0), ("Uganda", 0),
            ("Argentina", 1), ("Bolivia", 1), ("Brazil", 1), ("Canada", 1), ("Chile", 1), ("Colombia", 1), ("Cuba", 1), ("Ecuador", 1), ("Mexico", 1),
            ("Peru", 1), ("United States", 1), ("Uruguay", 1), ("Venezuela", 1),
            ("Bangladesh", 2), ("Cambodia", 2), ("China", 2), ("India", 2), ("Indonesia", 2), ("Japan", 2), ("Malaysia", 2), ("Nepal", 2), ("Pakistan", 2),
            ("Philippines", 2), ("Thailand", 2), ("Vietnam", 2),
            ("Austria", 3), ("Belgium", 3), ("Denmark", 3), ("Finland", 3), ("France", 3), ("Germany", 3), ("Greece", 3), ("Italy", 3), ("Netherlands", 3),
            ("Poland", 3), ("Portugal", 3), ("Romania", 3), ("Spain", 3), ("Sweden", 3), ("United Kingdom", 3),
            ("Iran", 4), ("Iraq", 4), ("Israel", 4), ("Jordan", 4), ("Kuwait", 4), ("Lebanon", 4), ("Oman", 4), ("Qatar", 4), ("Saudi Arabia", 4), ("Turkey", 4),
        ];
        var keys = Enumerable.Range('0', 10).Concat(Enumerable.Range('A', 26)).Concat(Enumerable.Range('a', 26)).ToArray();
        // Keys in steps of 7, so that a region's nations are not neighbours.
        return [.. keys.Select((key, i) => (key, names[i * 7 % names.Length].Name, names[i * 7 % names.Length].Region))];
    }
}
