using System.Globalization;

namespace OmenDb.Storage.Checkpoint;

/// <summary>Names and keys of checkpoint files.</summary>
/// <remarks>
/// <code>
/// checkpoint/0000002a.catalog          all catalog objects and the values of sequences, see CatalogImage
/// checkpoint/0000002c.statistics       see StatisticsImage; written when an analysis is new
/// checkpoint/0000002d.t17.s4.sealed         sealed columns of segment 4, see SealedFormat
/// checkpoint/0000002b.t17.s3.arrow          Arrow IPC file: live rows of segment 3 of the table with storage id 17
///
///   schema metadata   omendb.format = 1, omendb.table = 17, omendb.segment = 3
///                     omendb.vectors = 0,1,5       vector (2,048 row ids) of each record batch, in order
///   field _row        int32, row number inside the segment, rising
///   field a, b ...    columns under the user's names; field metadata omendb.column = physical number
///   field a dimensions ...    for each column of lists: a list of int32, the dimensions of an array of arrays, null for one dimension;
///                     field metadata omendb.dimensions = physical number of the column
/// </code>
/// <para>A base file (no earlier file of its segment is live) has all vectors and columns. A delta has, for each of its vectors, the
/// complete list of live rows (others are dead from then on) and the values of the columns that it names; the other columns keep
/// the values of earlier files. A row that is new in a delta has all its columns there, since inserting changes them all.</para>
/// </remarks>
internal static class CheckpointFormat
{
    public const int Version = 1;
    public const string RowField = "_row";
    public const string FormatKey = "omendb.format";
    public const string TableKey = "omendb.table";
    public const string SegmentKey = "omendb.segment";
    public const string VectorsKey = "omendb.vectors";
    public const string ColumnKey = "omendb.column";
    public const string DimensionsKey = "omendb.dimensions";

    /// <summary>Counter of the manifest: the newest commit that the checkpoint contains.</summary>
    public const string TimestampCounter = "checkpoint_timestamp";

    /// <summary>Unit of checksums, see <see cref="Manifest.CheckpointFile.BlockCrcs"/>.</summary>
    public const int BlockBytes = 1 << 20;

    public static string SegmentName(long number, long table, int segment) =>
        string.Create(CultureInfo.InvariantCulture, $"{number:x8}.t{table}.s{segment}.arrow");

    public static string SealedName(long number, long table, int segment) =>
        string.Create(CultureInfo.InvariantCulture, $"{number:x8}.t{table}.s{segment}.sealed");

    public static string StatisticsName(long number) => string.Create(CultureInfo.InvariantCulture, $"{number:x8}.statistics");

    public static string CatalogName(long number) => string.Create(CultureInfo.InvariantCulture, $"{number:x8}.catalog");
}
