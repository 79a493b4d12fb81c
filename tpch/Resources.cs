using System.Text;

namespace OmenDb.Tpch;

/// <summary>The files carried inside the assembly, named by their path in the project with forward slashes.</summary>
internal static class Resources
{
    /// <returns>The whole text, or null when there is no such file.</returns>
    public static string? TryReadText(string path)
    {
        using var stream = typeof(Resources).Assembly.GetManifestResourceStream(path);
        if (stream is null)
            return null;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    public static string ReadText(string path) =>
        TryReadText(path) ?? throw new InvalidOperationException($"the assembly lacks its resource {path}");
}
