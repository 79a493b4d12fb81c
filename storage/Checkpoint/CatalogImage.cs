using System.Globalization;
using System.Text;
using OmenDb.Storage.Catalog;
using OmenDb.Types;

namespace OmenDb.Storage.Checkpoint;

/// <summary>The catalog as a text file.</summary>
/// <remarks>
/// <code>
/// omendb catalog 1
/// numbers 16412 9                      highest OID and storage id given out, also to objects that are gone
/// object {"kind":"table", ...}         one line per object
/// sequence 16390 512 true              OID, value, whether the value itself is used up
/// </code></remarks>
internal static class CatalogImage
{
    private const string Header = "omendb catalog ";
    private const int Version = 1;

    public static byte[] Write(CatalogSnapshot catalog, (int Oid, long StorageId) last, IEnumerable<(int Oid, long Value, bool Called)> sequences)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Header}{Version}\nnumbers {last.Oid} {last.StorageId}\n");
        foreach (var entry in catalog.Objects.OrderBy(entry => entry.Oid))
            text.Append(CultureInfo.InvariantCulture, $"object {CatalogJson.Write(entry)}\n");
        foreach (var (oid, value, called) in sequences)
            text.Append(CultureInfo.InvariantCulture, $"sequence {oid} {value} {(called ? "true" : "false")}\n");
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <exception cref="SqlException">0A000: written by a newer version.</exception>
    public static void Load(byte[] image, CatalogStore catalog, SequenceStore sequences)
    {
        var lines = Encoding.UTF8.GetString(image).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (lines.Length == 0 || !lines[0].StartsWith(Header, StringComparison.Ordinal)
            || !int.TryParse(lines[0].AsSpan(Header.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var version))
            throw new SqlException(SqlState.DataCorrupted, "the catalog of the checkpoint has no header");
        if (version > Version)
            throw SqlException.NotSupported($"a catalog of format version {version} (this program reads up to {Version})");
        foreach (var line in lines.Skip(1))
        {
            var space = line.IndexOf(' ');
            var rest = line[(space + 1)..];
            switch (line[..Math.Max(space, 0)])
            {
                case "object":
                    catalog.Load(CatalogJson.Read(rest));
                    break;
                case "numbers" when rest.Split(' ') is [var oid, var storageId]:
                    catalog.ReserveNumbers(int.Parse(oid, CultureInfo.InvariantCulture), long.Parse(storageId, CultureInfo.InvariantCulture));
                    break;
                case "sequence" when rest.Split(' ') is [var oid, var value, var called]:
                    sequences.Restore(int.Parse(oid, CultureInfo.InvariantCulture), long.Parse(value, CultureInfo.InvariantCulture), called == "true");
                    break;
                default:
                    throw new SqlException(SqlState.DataCorrupted, $"the catalog of the checkpoint has a line \"{line}\"");
            }
        }
    }
}
