using System.Text.RegularExpressions;

namespace OmenDb.Architecture.Tests;

/// <summary>Arrows between projects point one way.</summary>
public sealed class DirectionTests
{
    /// <summary>Folder; the folders that its project file may refer to; the namespaces of other projects that its code may name.</summary>
    private static readonly (string Folder, string[] References, string[] Names)[] Rules =
    [
        ("arrow", [], []),
        ("types", ["arrow"], ["Arrow"]),
        ("parquet", ["arrow"], ["Arrow"]),
        // Native memory blocks only: an index knows keys and row ids, nothing of columns or tables.
        ("index", ["arrow"], ["Arrow"]),
        ("storage", ["arrow", "types", "parquet", "index"], ["Arrow", "Types", "Parquet", "Index"]),
        // The planner executes nothing and stores nothing; tables, statistics and functions reach it through its own interfaces.
        ("planner", ["arrow", "types"], ["Arrow", "Types"]),
        ("engine", ["arrow", "types", "planner", "storage"], ["Arrow", "Types", "Planner", "Storage"]),
        // From here on: the façade, and the vocabulary in which it speaks.
        ("protocol", ["engine"], ["Arrow", "Types", "Planner.Binding", "Engine"]),
        ("tpch", ["engine"], ["Arrow", "Types", "Planner.Binding", "Engine"]),
        ("workload", ["engine"], ["Arrow", "Types", "Planner.Binding", "Engine"]),
        ("tpcc", ["workload"], ["Types", "Workload"]),
        ("ycsb", ["workload"], ["Types", "Workload"]),
        // The simulation tests the storage below the façade, for users too.
        ("tools/omendb", ["engine", "protocol", "tpch"],
            ["Arrow", "Types", "Planner.Binding", "Engine", "Protocol", "Tpch", "Storage.Simulation"]),
        ("tools/omendb-bench", ["engine", "index", "protocol", "tpch", "tpcc", "ycsb", "workload"],
            ["Arrow", "Types", "Index", "Planner.Binding", "Engine", "Protocol", "Tpch", "Tpcc", "Ycsb", "Workload"]),
    ];

    /// <summary>Sub-folders that do not show in the namespace: what a project offers as a whole, sorted into folders for reading.</summary>
    private static readonly string[] FlatFolders =
    [
        "arrow/Memory", "arrow/Vectors", "engine/Session",
        "engine/Catalog/System", // a namespace of that name would hide .NET's own
        "types/Catalog", "types/DateTime", "types/Errors", "types/Io", "types/Keys", "types/Numbers", "types/Strings",
    ];

    private static readonly Dictionary<string, string> ToolNamespaces = new()
    {
        ["tools/omendb"] = "OmenDb.Tools.Server",
        ["tools/omendb-bench"] = "OmenDb.Tools.Bench",
    };

    public static TheoryData<string> Folders => new(Rules.Select(rule => rule.Folder));

    [Fact]
    public void Every_project_has_a_rule_and_stands_in_the_solution()
    {
        var projects = SourceTree.Files.Where(file => file.EndsWith(".csproj", StringComparison.Ordinal)).ToArray();
        Assert.Equal(
            Rules.Select(rule => rule.Folder).Order(),
            projects.Select(SourceTree.ProjectFolderOf).Where(folder => !folder.StartsWith("tests/", StringComparison.Ordinal)).Order());
        var solution = SourceTree.Read("OmenDb.sln").Replace('\\', '/');
        string[] outside = [.. projects.Where(project => !solution.Contains($"\"{project}\"", StringComparison.Ordinal))];
        Assert.Empty(outside);
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void Project_references_point_only_where_they_may(string folder)
    {
        var rule = Rules.Single(rule => rule.Folder == folder);
        var project = Assert.Single(SourceTree.FilesUnder(folder, ".csproj"));
        Assert.Empty(SourceTree.ReferencesOf(project).Except(rule.References));
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void Code_names_only_namespaces_that_it_may(string folder)
    {
        var rule = Rules.Single(rule => rule.Folder == folder);
        var own = OwnNamespace(folder);
        var violations = new List<string>();
        foreach (var file in SourceTree.FilesUnder(folder, ".cs"))
        {
            foreach (Match match in Regex.Matches(SourceTree.WithoutComments(SourceTree.Read(file)), @"\bOmenDb\.[A-Z][\w.]*"))
            {
                if (!IsWithin(match.Value, own) && !rule.Names.Any(name => IsWithin(match.Value, "OmenDb." + name)))
                    violations.Add($"{file}: {match.Value}");
            }
        }
        Assert.Empty(violations);
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void Namespaces_follow_folders(string folder)
    {
        var violations = new List<string>();
        foreach (var file in SourceTree.FilesUnder(folder, ".cs"))
        {
            if (Regex.Match(SourceTree.Read(file), @"^namespace ([\w.]+)(;?)", RegexOptions.Multiline) is not { Success: true } match)
                continue; // global usings, assembly attributes, top-level statements
            var sub = Path.GetDirectoryName(file)!.Replace('\\', '/');
            if (FlatFolders.Contains(sub))
                sub = sub[..sub.LastIndexOf('/')];
            var expected = OwnNamespace(folder) + sub[folder.Length..].Replace('/', '.');
            if (match.Groups[1].Value != expected)
                violations.Add($"{file}: {match.Groups[1].Value}, expected {expected}");
            if (match.Groups[2].Length == 0)
                violations.Add($"{file}: the namespace is not file-scoped");
        }
        Assert.Empty(violations);
    }

    private static string OwnNamespace(string folder) =>
        ToolNamespaces.GetValueOrDefault(folder) ?? "OmenDb." + char.ToUpperInvariant(folder[0]) + folder[1..];

    private static bool IsWithin(string name, string space) => name == space || name.StartsWith(space + ".", StringComparison.Ordinal);
}
