using OmenDb.Arrow;
using OmenDb.Planner.Binding;
using OmenDb.Tpch.Generation.Chunks;
using OmenDb.Tpch.Generation.Columns;

namespace OmenDb.Tpch.Targets;

/// <summary>A chunk's columns as Arrow vectors, in memory that is used again for the next chunk.</summary>
internal sealed class ChunkBatch(IReadOnlyList<OutputColumn> columns) : IDisposable
{
    private readonly Batch _batch = new(columns.Count);

    /// <returns>Valid until the next call.</returns>
    public Batch Fill(TpchChunk chunk)
    {
        for (var i = 0; i < columns.Count; i++)
            Fill(chunk.Columns[i], columns[i].Type.Arrow, _batch.Columns[i]);
        _batch.Length = chunk.RowCount;
        return _batch;
    }

    private static void Fill(TpchColumn column, ArrowType type, Vector target)
    {
        target.ResetFlat(type, column.Count);
        switch (column)
        {
            case IntegerColumn integers:
                integers.Values.CopyTo(target.ValuesAs<int>());
                break;
            case BigIntColumn integers:
                integers.Values.CopyTo(target.ValuesAs<long>());
                break;
            case DecimalColumn decimals: // hundredths are numeric(15,2) as stored
                decimals.Values.CopyTo(target.ValuesAs<long>());
                break;
            case DateColumn dates:
                dates.Values.CopyTo(target.ValuesAs<int>());
                break;
            case TextColumn texts:
                FillTexts(texts, target);
                break;
            default:
                throw new InvalidOperationException($"no vector for {column.GetType().Name}");
        }
    }

    private static void FillTexts(TextColumn texts, Vector target)
    {
        var views = target.ValuesAs<View>();
        var arena = target.Arena!;
        for (var row = 0; row < views.Length; row++)
            views[row] = arena.Append(texts[row]);
    }

    public void Dispose() => _batch.Dispose();
}
