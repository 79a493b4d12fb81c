using System.Runtime.CompilerServices;
using OmenDb.Arrow;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Tables;

namespace OmenDb.Storage.Indexes;

/// <summary>One value on its way into a key: up to 16 bytes as stored, or null.</summary>
internal struct KeyCell
{
    public UInt128 Bits;
    public bool IsValid;

    /// <summary>Where a view points when it is not into the vector's arena: strings of sealed columns.</summary>
    public unsafe byte** Strings;

    /// <summary>Under the vector's latch: the value in place, of a column that has memory of its own.</summary>
    public static unsafe KeyCell InPlace(VectorSlot slot, int row, int column, TableColumn definition)
    {
        var cell = default(KeyCell);
        ref var chunk = ref slot.Columns[column];
        if (chunk.Sealed is { } narrow)
        {
            cell.IsValid = narrow.IsValid(slot.FirstRow.Vector, row);
            if (!cell.IsValid)
                return cell;
            cell.Strings = narrow.StringPointers;
            UInt128 value = 0;
            narrow.ReadValue(slot.FirstRow.Vector, row, (byte*)&value);
            Unsafe.CopyBlockUnaligned(&cell.Bits, &value, (uint)UndoRecord.WidthOf(definition.Stored)); // no more than the value's own bytes
            return cell;
        }
        cell.IsValid = chunk.Validity is null || ColumnCopy.GetBit((ulong*)chunk.Validity.Pointer, row);
        if (!cell.IsValid)
            return cell;
        if (definition.Stored == PhysicalType.Bool)
        {
            cell.Bits = ColumnCopy.GetBit((ulong*)chunk.Values!.Pointer, row) ? (UInt128)1 : 0;
            return cell;
        }
        var width = definition.Stored.Width();
        Unsafe.CopyBlockUnaligned(&cell.Bits, chunk.Values!.Pointer + (long)row * width, (uint)width);
        return cell;
    }

    /// <summary>The value that a record replaced; null when it did not change the column.</summary>
    public static KeyCell? FromImage(UndoRecord record, int index, int column, ReadOnlySpan<PhysicalType> physicals)
    {
        if (record.Find(column, physicals, out var offset) < 0)
            return null;
        var cell = new KeyCell { IsValid = record.IsValid(offset, index) };
        if (cell.IsValid)
        {
            var width = UndoRecord.WidthOf(physicals[column]);
            Unsafe.CopyBlockUnaligned(ref Unsafe.As<UInt128, byte>(ref cell.Bits), ref record.ValueAt(offset, index, width), (uint)width);
        }
        return cell;
    }

    /// <summary>A value of a vector of any kind, for bounds; its bytes stay where they are.</summary>
    public static unsafe KeyCell FromVector(Vector vector, int row)
    {
        var cell = default(KeyCell);
        cell.IsValid = vector.IsValid(row);
        if (!cell.IsValid)
            return cell;
        switch (vector.Physical)
        {
            case PhysicalType.Bool: cell.Bits = vector.GetBool(row) ? (UInt128)1 : 0; break;
            case PhysicalType.Int8: cell.Bits = vector.Get<byte>(row); break;
            case PhysicalType.Int16: cell.Bits = vector.Get<ushort>(row); break;
            case PhysicalType.Int32 or PhysicalType.Float32: cell.Bits = vector.Get<uint>(row); break;
            case PhysicalType.Int64 or PhysicalType.Float64: cell.Bits = vector.Get<ulong>(row); break;
            default: cell.Bits = vector.Get<UInt128>(row); break;
        }
        return cell;
    }
}
