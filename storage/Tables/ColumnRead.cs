using System.Runtime.CompilerServices;
using OmenDb.Arrow;

namespace OmenDb.Storage.Tables;

/// <summary>From column memory to vectors. Everything but <see cref="DecodeLists"/> runs under the vector's latch.</summary>
internal static unsafe class ColumnRead
{
    /// <summary>The reader's vector becomes the column itself, holding a reference to its buffers.</summary>
    public static void Borrow(VectorSlot slot, int column, TableColumn definition, int rows, Vector target)
    {
        ref var chunk = ref slot.Columns[column];
        if (chunk.Sealed is { } narrow)
        {
            narrow.Borrow(slot.FirstRow.Vector, rows, target);
            return;
        }
        if (chunk.Values is null)
        {
            Default(definition, rows, target);
            return;
        }
        target.Borrow(definition.Arrow, rows, chunk.Values, chunk.Validity, slot.Arena.Published);
        if (definition.Stored == PhysicalType.View)
            target.KeepAlive(slot.Arena); // sealing may take the vector elsewhere meanwhile
    }

    /// <summary>The reader's vector becomes a private copy; lists as views of their bytes.</summary>
    public static void Copy(VectorSlot slot, int column, TableColumn definition, int rows, Vector target)
    {
        ref var chunk = ref slot.Columns[column];
        var type = definition.IsList ? ArrowType.BinaryView : definition.Arrow;
        target.ResetFlat(type, rows);
        if (!chunk.HasMemory)
        {
            for (var row = 0; row < rows; row++)
                WriteDefault(definition, target, row);
            return;
        }
        if (chunk.Sealed is { } narrow)
        {
            narrow.Decode(slot.FirstRow.Vector, rows, target.Values);
            using var validity = narrow.CopyValidity(slot.FirstRow.Vector, rows, rows);
            validity?.Span.CopyTo(new Span<byte>(target.EnsureValidity(), (rows + 63) / 64 * 8));
            if (definition.Stored != PhysicalType.View)
                return;
            target.Arena = narrow.Strings;
            target.KeepAlive(narrow);
            return;
        }
        Unsafe.CopyBlockUnaligned(target.Values, chunk.Values!.Pointer, (uint)definition.Stored.BytesFor(rows));
        if (chunk.Validity is not null)
            Unsafe.CopyBlockUnaligned(target.EnsureValidity(), chunk.Validity.Pointer, (uint)((rows + 63) / 64 * 8));
        if (definition.Stored != PhysicalType.View)
            return;
        target.Arena = slot.Arena.Published;
        target.KeepAlive(slot.Arena);
    }

    /// <summary>Copies one value, bytes of strings included, to a row of a flat vector of the reader's own.</summary>
    public static void CopyRow(VectorSlot slot, int column, TableColumn definition, int row, Vector target, int targetRow)
    {
        ref var chunk = ref slot.Columns[column];
        if (!chunk.HasMemory)
        {
            WriteDefault(definition, target, targetRow);
            return;
        }
        bool valid;
        byte* source;
        var value = default(UInt128);
        var strings = slot.Arena.Published.Pointers;
        if (chunk.Sealed is { } narrow)
        {
            valid = narrow.IsValid(slot.FirstRow.Vector, row);
            source = (byte*)&value;
            narrow.ReadValue(slot.FirstRow.Vector, row, source);
            strings = narrow.StringPointers;
            row = 0;
        }
        else
        {
            valid = chunk.Validity is null || ColumnCopy.GetBit((ulong*)chunk.Validity.Pointer, row);
            source = chunk.Values!.Pointer;
        }
        if (!valid || target.Validity != null)
            ColumnCopy.SetBit(target.EnsureValidity(), targetRow, valid);
        switch (definition.Stored)
        {
            case PhysicalType.Bool: ColumnCopy.SetBit((ulong*)target.Values, targetRow, ColumnCopy.GetBit((ulong*)source, row)); break;
            case PhysicalType.Int8: target.Values[targetRow] = source[row]; break;
            case PhysicalType.Int16: ((short*)target.Values)[targetRow] = ((short*)source)[row]; break;
            case PhysicalType.Int32 or PhysicalType.Float32: ((int*)target.Values)[targetRow] = ((int*)source)[row]; break;
            case PhysicalType.Int64 or PhysicalType.Float64: ((long*)target.Values)[targetRow] = ((long*)source)[row]; break;
            case PhysicalType.View: ((View*)target.Values)[targetRow] = CopyView((View*)source + row, strings, target); break;
            default: ((Int128*)target.Values)[targetRow] = ((Int128*)source)[row]; break;
        }
    }

    /// <summary>The same string in the vector's own arena.</summary>
    public static View CopyView(View* view, byte** source, Vector target) => view->IsInline ? *view : target.Arena!.Append(View.Bytes(view, source));

    public static void WriteNull(PhysicalType stored, Vector target, int row)
    {
        ColumnCopy.SetBit(target.EnsureValidity(), row, false);
        var width = stored.Width();
        if (width == 0)
            ColumnCopy.SetBit((ulong*)target.Values, row, false);
        else
            Unsafe.InitBlockUnaligned(target.Values + (long)row * width, 0, (uint)width);
    }

    /// <summary>Replaces views of encoded lists by the lists, their elements in a child vector of the target's own.</summary>
    public static void DecodeLists(TableColumn definition, Vector target)
    {
        var rows = target.Length;
        var views = NativeBuffer.CopyOf(new ReadOnlySpan<byte>(target.Values, rows * sizeof(View)));
        NativeBuffer? validity = target.Validity == null ? null
            : NativeBuffer.CopyOf(new ReadOnlySpan<byte>(target.Validity, (rows + 63) / 64 * 8));
        var encoded = new List<byte[]?>(rows);
        try
        {
            var total = 0;
            for (var row = 0; row < rows; row++)
            {
                var view = (View*)views.Pointer + row;
                if (view->Length == 0) // null, or the row is not visible
                {
                    encoded.Add(null);
                    continue;
                }
                var bytes = View.Bytes(view, target.ArenaPointers).ToArray();
                encoded.Add(bytes);
                total += ListCodec.Count(bytes);
            }
            target.ResetFlat(definition.Arrow, rows);
            var element = definition.Arrow.Element!;
            var child = new VectorWriter(element, target.OwnChild(), Math.Max(1, total));
            var entries = (ListSlot*)target.Values;
            for (var row = 0; row < rows; row++)
            {
                var start = child.Count;
                var shape = encoded[row] is { } bytes ? ListCodec.Decode(bytes, element.Physical, child) : 0;
                entries[row] = new ListSlot(start, child.Count - start, shape);
            }
            if (validity is not null)
                validity.Span.CopyTo(new Span<byte>(target.EnsureValidity(), (int)validity.Length));
        }
        finally
        {
            views.Release();
            validity?.Release();
        }
    }

    /// <summary>All rows have the column's default.</summary>
    private static void Default(TableColumn definition, int rows, Vector target)
    {
        target.ResetConstant(definition.Arrow, rows, definition.DefaultImage is null);
        if (definition.DefaultImage is { } image)
            WriteImage(definition, image, target, 0);
    }

    private static void WriteDefault(TableColumn definition, Vector target, int row)
    {
        if (definition.DefaultImage is not { } image)
        {
            WriteNull(definition.Stored, target, row);
            return;
        }
        if (target.Validity != null)
            ColumnCopy.SetBit(target.Validity, row, true);
        WriteImage(definition, image, target, row);
    }

    private static void WriteImage(TableColumn definition, byte[] image, Vector target, int row)
    {
        if (definition.Stored == PhysicalType.View)
            ((View*)target.Values)[row] = target.Arena!.Append(image);
        else if (definition.Stored == PhysicalType.Bool)
            ColumnCopy.SetBit((ulong*)target.Values, row, image[0] != 0);
        else
            image.CopyTo(new Span<byte>(target.Values + (long)row * definition.Stored.Width(), definition.Stored.Width()));
    }
}
