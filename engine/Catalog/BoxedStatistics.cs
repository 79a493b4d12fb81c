using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using OmenDb.Arrow;
using OmenDb.Storage.Statistics;
using OmenDb.Types;
using Stored = OmenDb.Storage.Statistics.ColumnStatistics;

namespace OmenDb.Engine.Catalog;

/// <summary>A table's analysis with values as the planner has constants; converted once per analysis and column.</summary>
/// <param name="analysis">What storage found out.</param>
/// <param name="columnCount">Ordinals of the table.</param>
internal sealed class BoxedStatistics(TableStatistics analysis, int columnCount)
{
    private readonly Planner.Catalog.ColumnStatistics?[] _columns = new Planner.Catalog.ColumnStatistics?[columnCount];

    public TableStatistics Analysis => analysis;

    /// <returns>Null: the column came after the analysis.</returns>
    public Planner.Catalog.ColumnStatistics? Column(int ordinal, int physical, SqlType type) =>
        physical >= analysis.Columns.Length ? null : _columns[ordinal] ??= Convert(analysis.Columns[physical], type);

    private static Planner.Catalog.ColumnStatistics Convert(Stored column, SqlType type) => new(column.DistinctCount, column.NullFraction)
    {
        AverageWidth = column.AverageWidth,
        Min = column.Min is null ? null : Box(column.Min.Image, type),
        Max = column.Max is null ? null : Box(column.Max.Image, type),
        MostCommon = [.. column.MostCommon.Select(m => (Value: Box(m.Value.Image, type), m.Fraction)).Where(m => m.Value is not null).Select(m => (m.Value!, m.Fraction))],
        Histogram = Bounds(column.Histogram, type),
    };

    private static ImmutableArray<object> Bounds(ImmutableArray<SampleValue> histogram, SqlType type)
    {
        var bounds = histogram.Select(bound => Box(bound.Image, type)).ToArray();
        return bounds.Contains(null) ? [] : [.. bounds.Select(bound => bound!)];
    }

    /// <returns>Null for types whose constants the planner does not compare.</returns>
    private static object? Box(byte[] image, SqlType type) => type.Physical switch
    {
        PhysicalType.Bool => image[0] != 0,
        PhysicalType.Int16 => MemoryMarshal.Read<short>(image),
        PhysicalType.Int32 => MemoryMarshal.Read<int>(image),
        PhysicalType.Int64 => MemoryMarshal.Read<long>(image),
        PhysicalType.Int128 => MemoryMarshal.Read<Int128>(image),
        PhysicalType.Float32 => MemoryMarshal.Read<float>(image),
        PhysicalType.Float64 => MemoryMarshal.Read<double>(image),
        PhysicalType.View when type.Id is not (TypeId.Bytea or TypeId.Numeric or TypeId.TimeTz) => Encoding.UTF8.GetString(image),
        _ => null,
    };
}
