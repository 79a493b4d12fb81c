using System.Numerics;
using OmenDb.Arrow;
using OmenDb.Storage.Simulation;

namespace OmenDb.Storage.Tables.Sealed;

/// <summary>Where one column of one vector stood when it was looked at: a hot buffer that was borrowed (so nobody writes it), or a narrow form (which
/// never changes). As long as the vector still has the very same object, nothing was written.</summary>
internal struct ColumnSource
{
    public NativeBuffer? Values;
    public NativeBuffer? Validity;
    public SealedColumn? Sealed;

    public readonly bool IsHot => Values is not null;

    public readonly bool Exists => Values is not null || Sealed is not null;

    public readonly bool IsStill(in ColumnChunk chunk) =>
        ReferenceEquals(chunk.Values, Values) && ReferenceEquals(chunk.Validity, Validity) && ReferenceEquals(chunk.Sealed, Sealed);
}

/// <summary>A stable copy of a quiet vector, taken under its latch without copying anything.</summary>
internal sealed class VectorCopy : IDisposable
{
    public required VectorSlot Slot { get; init; }

    public required int Rows { get; init; }

    /// <summary>Never changed once assigned to the vector.</summary>
    public required ulong[]? Dead { get; init; }

    public required SegmentArena Arena { get; init; }

    public required ColumnSource[] Columns { get; init; }

    public int LiveRows
    {
        get
        {
            var live = Rows;
            for (var w = 0; Dead is not null && w < (Rows + 63) / 64; w++)
                live -= BitOperations.PopCount(Dead[w]);
            return live;
        }
    }

    /// <summary>Null: the vector has versions, or no rows, or room for more (unless that does not matter).</summary>
    public static VectorCopy? Take(VectorSlot slot, bool partial)
    {
        slot.Latch.Enter();
        try
        {
            if ((slot.Versions is not null && !PlantedBugs.Has(PlantedBug.SealedVersions)) || slot.RowCount == 0 || (slot.RowCount < RowId.VectorRows && !partial))
                return null;
            var columns = new ColumnSource[slot.Columns.Length];
            for (var c = 0; c < columns.Length; c++)
            {
                ref var chunk = ref slot.Columns[c];
                columns[c] = new ColumnSource { Values = chunk.Values?.Retain(), Validity = chunk.Validity?.Retain(), Sealed = chunk.Sealed };
                chunk.Sealed?.Retain();
            }
            slot.Arena.Retain();
            return new VectorCopy { Slot = slot, Rows = slot.RowCount, Dead = slot.Dead, Arena = slot.Arena, Columns = columns };
        }
        finally
        {
            slot.Latch.Exit();
        }
    }

    public ColumnSource Source(int column) => column < Columns.Length ? Columns[column] : default;

    /// <summary>Gives one column back: writers need not copy it any more.</summary>
    public void Drop(int column)
    {
        if (column >= Columns.Length)
            return;
        Columns[column].Values?.Release();
        Columns[column].Validity?.Release();
        Columns[column].Sealed?.Release();
        Columns[column] = default;
    }

    public void Dispose()
    {
        for (var c = 0; c < Columns.Length; c++)
            Drop(c);
        Arena.Release();
    }
}
