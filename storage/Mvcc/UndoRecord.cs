using System.Runtime.CompilerServices;
using OmenDb.Arrow;
using OmenDb.Storage.Tables;

namespace OmenDb.Storage.Mvcc;

/// <summary>One row's place in an undo record: links of the version chains, newest first.</summary>
internal struct UndoLink
{
    public UndoRecord? Record;
    public int Index;
}

/// <summary>Before-images of a set of columns of some rows of one vector: what one update call replaced there.</summary>
/// <remarks>
/// Written once under the vector's latch, before the values in place change; afterwards only <see cref="Next"/> is cut by the
/// collector (under the latch). An ordinary managed object: a reader that captured a link under the latch may follow it after
/// leaving, whatever happens to the vector meanwhile. The image, per column in the order of <see cref="Columns"/>:
/// <code>| validity: 1 byte per row | values: width bytes per row (bool: 1 byte) |</code>
/// Views in the image point into the segment's arena; their places are given back when the record leaves the row's chain.
/// </remarks>
internal sealed class UndoRecord(VersionStamp stamp, int command, VectorSlot slot, int[] columns, ushort[] rows)
{
    public readonly VersionStamp Stamp = stamp;
    public readonly int Command = command;
    public readonly VectorSlot Slot = slot;

    /// <summary>Physical columns, ascending; shared between records.</summary>
    public readonly int[] Columns = columns;

    /// <summary>Rows in the vector.</summary>
    public readonly ushort[] Rows = rows;

    /// <summary>Per row: the next older change.</summary>
    public readonly UndoLink[] Next = new UndoLink[rows.Length];

    public byte[] Image = [];

    /// <summary>In how many of its rows' chains it stands. Under the latch.</summary>
    public int Linked = rows.Length;

    /// <summary>Per row: index keys that the change has left behind. Null: none. Under the latch.</summary>
    public ushort[]? StaleKeys;

    /// <summary>Per row: a unique key was changed. Null: none was. Under the latch.</summary>
    public bool[]? KeyChanged;

    public bool ChangesKey(int index) => KeyChanged is { } changed && changed[index];

    public static int WidthOf(PhysicalType physical) => physical == PhysicalType.Bool ? 1 : physical.Width();

    /// <summary>Where the image of a column begins; its position in <see cref="Columns"/>, -1 when this record did not change it.</summary>
    public int Find(int column, ReadOnlySpan<PhysicalType> physicals, out int offset)
    {
        offset = 0;
        for (var i = 0; i < Columns.Length; i++)
        {
            if (Columns[i] == column)
                return i;
            offset += Rows.Length * (1 + WidthOf(physicals[Columns[i]]));
        }
        return -1;
    }

    public bool IsValid(int offset, int index) => Image[offset + index] != 0;

    public ref byte ValueAt(int offset, int index, int width) =>
        ref Unsafe.Add(ref Image[0], offset + Rows.Length + index * width); // in range: the image covers all rows of the column
}
