using System.Runtime.CompilerServices;
using OmenDb.Arrow;
using OmenDb.Storage.Mvcc;

namespace OmenDb.Storage.Tables;

/// <summary>The undo records that a reader must apply to the rows of one vector, per row from newest to oldest.</summary>
internal sealed class PatchList
{
    private readonly List<(int Row, UndoRecord Record, int Index)> _patches = [];
    private ulong _columns; // bit per column below 63, bit 63 for all others

    public bool IsEmpty => _patches.Count == 0;

    public void Clear()
    {
        _patches.Clear();
        _columns = 0;
    }

    public void Add(int row, UndoRecord record, int index)
    {
        _patches.Add((row, record, index));
        foreach (var column in record.Columns)
            _columns |= 1UL << Math.Min(column, 63);
    }

    /// <summary>False: no patch changes this column.</summary>
    public bool Touches(int column) => (_columns >> Math.Min(column, 63) & 1) != 0;

    /// <summary>Puts the before-images into a flat column of the reader's own; later (older) ones win.</summary>
    /// <param name="column">Physical column.</param>
    /// <param name="physicals">Stored types of all columns of the table.</param>
    /// <param name="target">Rows as in the vector.</param>
    public void Apply(int column, ReadOnlySpan<PhysicalType> physicals, Vector target)
    {
        var width = UndoRecord.WidthOf(physicals[column]);
        foreach (var (row, record, index) in _patches)
        {
            if (record.Find(column, physicals, out var offset) < 0)
                continue;
            WriteImage(record, offset, index, width, physicals[column], target, row);
        }
    }

    /// <summary>Writes one before-image over a row of a flat vector.</summary>
    public static unsafe void WriteImage(UndoRecord record, int offset, int index, int width, PhysicalType physical, Vector target, int row)
    {
        var valid = record.IsValid(offset, index);
        if (!valid || target.Validity != null)
            ColumnCopy.SetBit(target.EnsureValidity(), row, valid);
        ref var value = ref record.ValueAt(offset, index, width);
        if (physical == PhysicalType.Bool)
            ColumnCopy.SetBit((ulong*)target.Values, row, value != 0);
        else
            Unsafe.CopyBlockUnaligned(ref target.Values[(long)row * width], ref value, (uint)width);
    }
}
