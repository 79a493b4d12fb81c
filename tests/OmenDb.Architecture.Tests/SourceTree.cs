using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace OmenDb.Architecture.Tests;

/// <summary>The checkout that the tests were built from.</summary>
internal static class SourceTree
{
    private static readonly HashSet<string> BuildOutput = ["bin", "obj", "TestResults", "BenchmarkDotNet.Artifacts", "omendb-data"];

    public static string Root { get; } = FindRoot();

    /// <summary>All files outside build output and hidden folders, with forward slashes, relative to the root.</summary>
    public static IReadOnlyList<string> Files { get; } = [.. Enumerate(Root).Select(Relative).Order(StringComparer.Ordinal)];

    public static string Read(string file) => File.ReadAllText(Path.Combine(Root, file));

    public static IEnumerable<string> FilesUnder(string folder, string extension) => Files.Where(file =>
        file.StartsWith(folder + "/", StringComparison.Ordinal) && file.EndsWith(extension, StringComparison.Ordinal));

    /// <summary>The first folder; under tools and tests the first two.</summary>
    public static string ProjectFolderOf(string file)
    {
        var parts = file.Split('/');
        return parts[0] is "tools" or "tests" && parts.Length > 2 ? $"{parts[0]}/{parts[1]}" : parts[0];
    }

    /// <summary>Folders of the projects that this project refers to.</summary>
    public static IEnumerable<string> ReferencesOf(string projectFile)
    {
        var folder = Path.GetDirectoryName(Path.Combine(Root, projectFile))!;
        foreach (var reference in XDocument.Parse(Read(projectFile)).Descendants("ProjectReference"))
        {
            var target = Path.GetFullPath(Path.Combine(folder, reference.Attribute("Include")!.Value.Replace('\\', '/')));
            yield return ProjectFolderOf(Relative(target));
        }
    }

    /// <summary>C# without comments; strings stay.</summary>
    public static string WithoutComments(string code) =>
        Regex.Replace(code, """("(?:\\.|[^"\\\n])*")|//[^\n]*|/\*.*?\*/""", "$1", RegexOptions.Singleline);

    private static string Relative(string path) => Path.GetRelativePath(Root, path).Replace('\\', '/');

    private static IEnumerable<string> Enumerate(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder))
            yield return file;
        foreach (var sub in Directory.EnumerateDirectories(folder))
        {
            var name = Path.GetFileName(sub);
            if (BuildOutput.Contains(name) || (name.StartsWith('.') && name != ".ci"))
                continue;
            foreach (var file in Enumerate(sub))
                yield return file;
        }
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "OmenDb.sln")))
                return folder.FullName;
        }
        throw new InvalidOperationException($"no OmenDb.sln above {AppContext.BaseDirectory}: the tests read the sources they were built from");
    }
}
