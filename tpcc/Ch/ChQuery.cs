namespace OmenDb.Tpcc.Ch;

/// <summary>One of the 22 queries of CH-benCHmark (Cole et al., "The mixed workload CH-benCHmark", 2011): TPC-H's questions on TPC-C's tables.</summary>
/// <remarks>Dates reach to the end of the century, so that the share of rows that a query selects does not depend on when it runs; ties are broken in ORDER BY, so that
/// results compare row by row; Q8 divides by null instead of zero where nothing was sold; Q16 asks for suppliers with complaints, which exist.</remarks>
/// <param name="Text">No semicolon at the end.</param>
public sealed record ChQuery(int Number, string Text)
{
    public static readonly IReadOnlyList<ChQuery> All = [.. Enumerable.Range(1, 22).Select(number => new ChQuery(number, Read($"q{number:00}.sql")))];

    private static string Read(string name)
    {
        using var stream = typeof(ChQuery).Assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"resource {name} is missing");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().TrimEnd();
    }
}
