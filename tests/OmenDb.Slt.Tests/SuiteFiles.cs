namespace OmenDb.Slt.Tests;

/// <summary>Where the scripts are: tests/slt of the working copy, so that the rewriter changes the real files.</summary>
public static class SuiteFiles
{
    public static readonly string Root = FindRoot();

    /// <summary>OMENDB_SLT_FILES: only the scripts whose path contains this text.</summary>
    private static readonly string? Filter = Environment.GetEnvironmentVariable("OMENDB_SLT_FILES");

    /// <summary>Paths relative to tests/slt, with slashes, in order.</summary>
    public static readonly string[] All =
    [
        .. Directory.EnumerateFiles(Root, "*.slt", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
            .Where(path => string.IsNullOrEmpty(Filter) || path.Contains(Filter, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal),
    ];

    public static bool IsFiltered => !string.IsNullOrEmpty(Filter);

    public static Script Load(string file) => Script.Parse(File.ReadAllText(Path.Combine(Root, file)));

    private static string FindRoot()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "OmenDb.sln")))
                return Path.Combine(directory.FullName, "tests", "slt");
        }
        throw new InvalidOperationException("OmenDb.sln is not above the test binaries");
    }
}
