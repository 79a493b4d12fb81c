using System.Text.RegularExpressions;

namespace OmenDb.Architecture.Tests;

/// <summary>What no file of the tree may contain.</summary>
public sealed class HygieneTests
{
    private const int MaxLines = 600;

    /// <summary>Files over the limit and why each stays in one piece.</summary>
    private static readonly Dictionary<string, string> LongFiles = [];

    private static IEnumerable<string> ProductCode =>
        SourceTree.Files.Where(file => file.EndsWith(".cs", StringComparison.Ordinal) && !file.StartsWith("tests/", StringComparison.Ordinal));

    [Fact]
    public void Files_over_600_lines_say_why()
    {
        var lengths = SourceTree.Files.Where(file => file.EndsWith(".cs", StringComparison.Ordinal))
            .ToDictionary(file => file, file => SourceTree.Read(file).Count(c => c == '\n'));
        string[] tooLong = [.. lengths.Where(file => file.Value > MaxLines).Select(file => file.Key).Order(StringComparer.Ordinal)];
        // Both ways: an entry that is not needed any more goes away again.
        Assert.Equal(LongFiles.Keys.Order(StringComparer.Ordinal), tooLong);
    }

    [Fact]
    public void No_unfinished_code() => Assert.Empty(Lines(ProductCode, @"NotImplementedException|\bTODO\b|\bFIXME\b|\bHACK\b"));

    [Fact]
    public void No_path_of_the_machine_it_was_written_on()
    {
        string[] extensions = [".cs", ".csproj", ".props", ".targets", ".sln", ".json", ".md", ".sh", ".slt", ".ebnf", "/run"];
        var files = SourceTree.Files.Where(file =>
            extensions.Any(e => file.EndsWith(e, StringComparison.Ordinal)) && !file.EndsWith("/HygieneTests.cs", StringComparison.Ordinal));
        Assert.Empty(Lines(files, @"(?<![\w.~])/(home|root|Users|work|mnt)/\w|(?<![\w.])/tmp/\w|\b[A-Z]:\\+(Users|src|work)"));
    }

    [Fact]
    public void Package_versions_stand_in_one_file()
    {
        var projects = SourceTree.Files.Where(file => file.EndsWith(".csproj", StringComparison.Ordinal));
        Assert.Empty(Lines(projects, @"<PackageReference[^>]*\bVersion="));
    }

    private static List<string> Lines(IEnumerable<string> files, string pattern)
    {
        var found = new List<string>();
        foreach (var file in files)
        {
            var lines = SourceTree.Read(file).Split('\n');
            for (var i = 0; i < lines.Length; i++)
            {
                if (Regex.IsMatch(lines[i], pattern))
                    found.Add($"{file}:{i + 1}: {lines[i].Trim()}");
            }
        }
        return found;
    }

    [Fact]
    public void Every_project_has_its_page()
    {
        var projects = SourceTree.Files.Where(file => file.EndsWith(".csproj", StringComparison.Ordinal))
            .Select(SourceTree.ProjectFolderOf)
            .Where(folder => !folder.StartsWith("tests/", StringComparison.Ordinal));
        string[] missing = [.. projects.Select(folder => $"{folder}/README.md").Except(SourceTree.Files)];
        Assert.Empty(missing);
    }
}
