using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using OmenDb.Storage.Statistics;
using OmenDb.Storage.Tables;
using OmenDb.Types;

namespace OmenDb.Storage.Checkpoint;

/// <summary>What ANALYZE found out, as a text file beside the checkpoint's other files.</summary>
/// <remarks>
/// <code>
/// omendb statistics 1
/// {"storageId":17,"rowCount":1000,"changes":12,"columns":[{"nullFraction":0.5,...}]}       one line per table that was analysed
/// </code>
/// Values are bytes in base 64: the order-preserving key and the value itself. "changes": rows changed between the analysis and the checkpoint.</remarks>
internal static class StatisticsImage
{
    private const string Header = "omendb statistics ";
    private const int Version = 1;

    public static byte[] Write(IEnumerable<(long StorageId, TableStatistics Statistics, long Changes)> tables)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Header}{Version}\n");
        foreach (var (storageId, statistics, changes) in tables)
            text.Append(JsonSerializer.Serialize(ToImage(storageId, statistics, changes), StatisticsJson.Default.TableImage)).Append('\n');
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>One table's line, without its end.</summary>
    public static byte[] WriteTable(long storageId, TableStatistics statistics, long changes) =>
        JsonSerializer.SerializeToUtf8Bytes(ToImage(storageId, statistics, changes), StatisticsJson.Default.TableImage);

    /// <exception cref="SqlException">0A000: written by a newer version; XX001.</exception>
    public static void Load(byte[] image, Func<long, Table?> find)
    {
        var lines = Encoding.UTF8.GetString(image).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (lines.Length == 0 || !lines[0].StartsWith(Header, StringComparison.Ordinal)
            || !int.TryParse(lines[0].AsSpan(Header.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var version))
            throw new SqlException(SqlState.DataCorrupted, "the statistics of the checkpoint have no header");
        if (version > Version)
            throw SqlException.NotSupported($"statistics of format version {version} (this program reads up to {Version})");
        foreach (var line in lines.Skip(1))
            LoadTable(Encoding.UTF8.GetBytes(line), find);
    }

    /// <summary>Gives a table what <see cref="WriteTable"/> has written of it.</summary>
    /// <param name="line">In UTF-8.</param>
    /// <param name="find">By storage id; null: dropped since.</param>
    public static void LoadTable(ReadOnlySpan<byte> line, Func<long, Table?> find)
    {
        var table = JsonSerializer.Deserialize(line, StatisticsJson.Default.TableImage) ?? throw new SqlException(SqlState.DataCorrupted, "statistics of no table");
        find(table.StorageId)?.RestoreStatistics(new TableStatistics(table.RowCount, [.. table.Columns.Select(FromImage)]), table.Changes);
    }

    private static TableImage ToImage(long storageId, TableStatistics statistics, long changes) =>
        new(storageId, statistics.RowCount, changes, [.. statistics.Columns.Select(ToImage)]);

    private static ColumnImage ToImage(ColumnStatistics column) => new()
    {
        NullFraction = column.NullFraction,
        DistinctCount = column.DistinctCount,
        AverageWidth = column.AverageWidth,
        Min = ToImage(column.Min),
        Max = ToImage(column.Max),
        MostCommon = [.. column.MostCommon.Select(value => new CommonImage(value.Value.Key, value.Value.Image, value.Fraction))],
        Histogram = [.. column.Histogram.Select(value => ToImage(value)!)],
    };

    private static ColumnStatistics FromImage(ColumnImage column) => new()
    {
        NullFraction = column.NullFraction,
        DistinctCount = column.DistinctCount,
        AverageWidth = column.AverageWidth,
        Min = FromImage(column.Min),
        Max = FromImage(column.Max),
        MostCommon = [.. column.MostCommon.Select(value => (new SampleValue(value.Key, value.Image), value.Fraction))],
        Histogram = [.. column.Histogram.Select(value => FromImage(value)!)],
    };

    private static ValueImage? ToImage(SampleValue? value) => value is null ? null : new ValueImage(value.Key, value.Image);

    private static SampleValue? FromImage(ValueImage? value) => value is null ? null : new SampleValue(value.Key, value.Image);

    internal sealed record TableImage(long StorageId, long RowCount, long Changes, IReadOnlyList<ColumnImage> Columns);

    internal sealed record ColumnImage
    {
        public double NullFraction { get; init; }

        public double DistinctCount { get; init; }

        public double AverageWidth { get; init; }

        public ValueImage? Min { get; init; }

        public ValueImage? Max { get; init; }

        public IReadOnlyList<CommonImage> MostCommon { get; init; } = [];

        public IReadOnlyList<ValueImage> Histogram { get; init; } = [];
    }

    internal sealed record ValueImage(byte[] Key, byte[] Image);

    internal sealed record CommonImage(byte[] Key, byte[] Image, double Fraction);
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(StatisticsImage.TableImage))]
internal sealed partial class StatisticsJson : JsonSerializerContext;
