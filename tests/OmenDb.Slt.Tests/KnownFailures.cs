namespace OmenDb.Slt.Tests;

/// <summary>tests/slt/known-failures.txt: records that do not keep their promise yet.</summary>
/// <remarks>One a line: "file:line reason", or "file:line @mode reason" for a record that only fails under a forced mode.
/// A listed record that passes fails the run, so that the list can only shrink.</remarks>
public sealed class KnownFailures
{
    public static readonly string Path = System.IO.Path.Combine(SuiteFiles.Root, "known-failures.txt");

    private readonly Dictionary<(string Place, string Mode), string> _reasons = [];

    public static KnownFailures Load()
    {
        var known = new KnownFailures();
        if (!File.Exists(Path))
            return known;
        foreach (var line in File.ReadLines(Path))
        {
            if (line.Length == 0 || line[0] == '#')
                continue;
            var words = line.Split(' ', 2);
            if (words.Length < 2 || !words[0].Contains(':'))
                throw new FormatException($"known-failures.txt: \"{line}\" is not file:line and a reason");
            var (mode, reason) = (Mode.Default.Name, words[1]);
            if (reason[0] == '@')
                (mode, reason) = (reason.Split(' ')[0][1..], reason[(reason.IndexOf(' ') + 1)..]);
            known._reasons.Add((words[0], mode), reason);
        }
        return known;
    }

    /// <summary>Listed for this mode. An entry without a mode holds for the default mode and excuses the others.</summary>
    public bool Excuses(string file, int line, Mode mode) =>
        _reasons.ContainsKey(($"{file}:{line}", Mode.Default.Name)) || _reasons.ContainsKey(($"{file}:{line}", mode.Name));

    public string? Reason(string file, int line, Mode mode) => _reasons.GetValueOrDefault(($"{file}:{line}", mode.Name));

    /// <summary>Lines of a file that must fail in this mode.</summary>
    public IEnumerable<int> LinesOf(string file, Mode mode) =>
        _reasons.Keys.Where(key => key.Mode == mode.Name && key.Place[..key.Place.LastIndexOf(':')] == file)
            .Select(key => int.Parse(key.Place[(key.Place.LastIndexOf(':') + 1)..]));

    public IEnumerable<string> Files => _reasons.Keys.Select(key => key.Place[..key.Place.LastIndexOf(':')]).Distinct();
}
