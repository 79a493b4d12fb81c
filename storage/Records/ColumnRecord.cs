using OmenDb.Arrow;
using OmenDb.Storage.Tables;

namespace OmenDb.Storage.Records;

/// <summary>Values of one column of some rows, inside insert and update records.</summary>
/// <remarks>
/// <code>
/// | nulls u8: 0 none, 1 some, 2 all; 3: all have the column's default | validity: 1 byte per row (only 1) | values of all rows (only 0, 1):
///     fixed width, one byte per bool, or per valid row: length i32, bytes |
/// </code></remarks>
internal static unsafe class ColumnRecord
{
    /// <summary>Under the vector's latch: writes rows given by a list, or consecutive ones.</summary>
    public static void Write(VectorSlot slot, int column, TableColumn definition, ushort[]? rows, int first, int count, RedoBuffer target)
    {
        slot.MakeHot(column, definition.Stored);
        ref var chunk = ref slot.Columns[column];
        if (chunk.Values is null)
        {
            target.U8(3); // a column without memory
            return;
        }
        var validity = chunk.Validity is null ? null : (ulong*)chunk.Validity.Pointer;
        var valid = count;
        if (validity != null)
        {
            valid = 0;
            for (var i = 0; i < count; i++)
                valid += ColumnCopy.GetBit(validity, rows is null ? first + i : rows[i]) ? 1 : 0;
        }
        target.U8(valid == count ? (byte)0 : valid == 0 ? (byte)2 : (byte)1);
        if (valid == 0)
            return;
        if (valid < count)
        {
            var bits = target.Take(count);
            for (var i = 0; i < count; i++)
                bits[i] = ColumnCopy.GetBit(validity, rows is null ? first + i : rows[i]) ? (byte)1 : (byte)0;
        }
        var values = chunk.Values.Pointer;
        switch (definition.Stored)
        {
            case PhysicalType.Bool:
                var bools = target.Take(count);
                for (var i = 0; i < count; i++)
                    bools[i] = ColumnCopy.GetBit((ulong*)values, rows is null ? first + i : rows[i]) ? (byte)1 : (byte)0;
                break;
            case PhysicalType.View:
                var pointers = slot.Arena.Published.Pointers;
                for (var i = 0; i < count; i++)
                {
                    var row = rows is null ? first + i : rows[i];
                    if (validity != null && !ColumnCopy.GetBit(validity, row))
                        continue;
                    var bytes = View.Bytes((View*)values + row, pointers);
                    target.I32(bytes.Length);
                    target.Raw(bytes);
                }
                break;
            default:
                var width = definition.Stored.Width();
                if (rows is null)
                {
                    target.Raw(new ReadOnlySpan<byte>(values + (long)first * width, count * width));
                    break;
                }
                for (var i = 0; i < count; i++)
                    target.Raw(new ReadOnlySpan<byte>(values + (long)rows[i] * width, width));
                break;
        }
    }

    /// <summary>Reads the values into rows of a vector that replay has to itself.</summary>
    public static void Read(ref RedoReader source, VectorSlot slot, int column, TableColumn definition, scoped ReadOnlySpan<ushort> rows)
    {
        var nulls = source.U8();
        var validBytes = nulls == 1 ? source.Take(rows.Length) : default;
        ref var chunk = ref slot.Columns[column];
        if (nulls == 3)
        {
            if (definition.DefaultImage is { } image)
            {
                ReadDefault(image, slot, column, definition, rows);
                return;
            }
            nulls = 2;
        }
        if (nulls != 0 || chunk.Validity is not null)
        {
            var validity = slot.EnsureValidity(column, nulls != 0);
            for (var i = 0; i < rows.Length; i++)
                ColumnCopy.SetBit(validity, rows[i], nulls == 0 || (nulls == 1 && validBytes[i] != 0));
        }
        if (nulls == 2)
            return;
        var values = chunk.Values!.Pointer;
        switch (definition.Stored)
        {
            case PhysicalType.Bool:
                var bools = source.Take(rows.Length);
                for (var i = 0; i < rows.Length; i++)
                    ColumnCopy.SetBit((ulong*)values, rows[i], bools[i] != 0);
                break;
            case PhysicalType.View:
                using (var arena = slot.Arena.BeginWrite())
                {
                    for (var i = 0; i < rows.Length; i++)
                    {
                        if (nulls == 1 && validBytes[i] == 0)
                            ((View*)values)[rows[i]] = default;
                        else
                            ((View*)values)[rows[i]] = arena.Append(source.Take(source.I32()));
                    }
                }
                break;
            default:
                var width = definition.Stored.Width();
                var bytes = source.Take(rows.Length * width);
                for (var i = 0; i < rows.Length; i++)
                    bytes.Slice(i * width, width).CopyTo(new Span<byte>(values + (long)rows[i] * width, width));
                break;
        }
    }

    private static void ReadDefault(byte[] image, VectorSlot slot, int column, TableColumn definition, scoped ReadOnlySpan<ushort> rows)
    {
        ref var chunk = ref slot.Columns[column];
        var validity = chunk.Validity is null ? null : slot.EnsureValidity(column);
        var values = chunk.Values!.Pointer;
        var width = definition.Stored.Width();
        using var arena = slot.Arena.BeginWrite();
        foreach (var row in rows)
        {
            if (validity != null)
                ColumnCopy.SetBit(validity, row, true);
            if (definition.Stored == PhysicalType.View)
                ((View*)values)[row] = arena.Append(image);
            else if (definition.Stored == PhysicalType.Bool)
                ColumnCopy.SetBit((ulong*)values, row, image[0] != 0);
            else
                image.CopyTo(new Span<byte>(values + (long)row * width, width)); // in range: the slot has room for all rows
        }
    }
}
