using System.Globalization;

namespace OmenDb.Tpch.Reference;

/// <summary>The reference data carried with the project: table checksums and query answers.</summary>
public static class TpchReference
{
    private static readonly Lazy<Dictionary<(double, string), TableChecksum>> Checksums = new(ParseChecksums);

    /// <summary>Scale factors that have checksums and answers.</summary>
    public static IReadOnlyList<double> ScaleFactors { get; } = [0.01, 0.1, 1];

    /// <returns>Null where the reference has none for that scale factor.</returns>
    public static TableChecksum? Checksum(double scaleFactor, TpchTable table) =>
        Checksums.Value.GetValueOrDefault((scaleFactor, Schema.TpchSchema.NameOf(table)));

    /// <summary>The answer to a query with validation parameters, as rows of fields; char(n) padded, null as an empty field.</summary>
    /// <returns>Null where the reference has none for that scale factor.</returns>
    public static IReadOnlyList<string[]>? Answer(double scaleFactor, int query)
    {
        var text = Resources.TryReadText($"Reference/answers/sf{scaleFactor.ToString(CultureInfo.InvariantCulture)}/q{query}.txt");
        if (text is null)
            return null;
        var lines = text.Split('\n');
        return [.. lines.AsSpan(0, lines[^1].Length == 0 ? lines.Length - 1 : lines.Length).ToArray().Select(line => line.Split('|'))];
    }

    /// <summary>The query with validation parameters as the reference states it.</summary>
    public static string Query(int query) => Resources.ReadText($"Reference/queries/q{query}.sql");

    private static Dictionary<(double, string), TableChecksum> ParseChecksums()
    {
        var checksums = new Dictionary<(double, string), TableChecksum>();
        foreach (var line in Resources.ReadText("Reference/checksums.txt").Split('\n'))
        {
            if (line.Length == 0 || line[0] == '#')
                continue;
            // 0.01 region rows=5 md5_plain=... md5_trailing=...
            var fields = line.Split(' ');
            checksums.Add(
                (double.Parse(fields[0], CultureInfo.InvariantCulture), fields[1]),
                new TableChecksum(
                    long.Parse(Value(2, "rows="), CultureInfo.InvariantCulture), Value(3, "md5_plain="), Value(4, "md5_trailing=")));

            string Value(int field, string name) => fields[field].StartsWith(name, StringComparison.Ordinal)
                ? fields[field][name.Length..]
                : throw new InvalidOperationException($"checksums.txt: expected {name} in \"{line}\"");
        }
        return checksums;
    }
}
