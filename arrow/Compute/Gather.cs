using System.Runtime.CompilerServices;

namespace OmenDb.Arrow.Compute;

/// <summary>Rows by number: take, compact, slice. Kinds stay what they are: codes and offsets are moved, not values.</summary>
/// <remarks>Results share dictionary, strings and list elements with the source and live no longer than it.</remarks>
public static unsafe class Gather
{
    /// <summary>Row i of the result is row indices[i] of the source.</summary>
    /// <param name="source">Of any kind.</param>
    /// <param name="indices">Each in 0 to Length - 1 of the source, in any order, repeats allowed.</param>
    /// <param name="count">Rows of the result.</param>
    /// <param name="result">Not the source.</param>
    public static void Take(Vector source, int* indices, int count, Vector result)
    {
        switch (source.Kind)
        {
            case VectorKind.Constant:
                result.Reference(source);
                result.Length = count;
                return;
            case VectorKind.Dictionary:
                result.ResetDictionary(count, source.CodeWidth, source.Dictionary!);
                result.Type = source.Type;
                Move(source.Values, source.CodeWidth, indices, count, result.Values);
                break;
            case VectorKind.Narrow:
                result.ResetNarrow(source.Type, count, source.CodeWidth, source.Base);
                Move(source.Values, source.CodeWidth, indices, count, result.Values);
                break;
            default:
                result.ResetFlat(source.Type, count);
                if (source.Physical == PhysicalType.Bool)
                    Bitmap((ulong*)source.Values, indices, count, (ulong*)result.Values);
                else
                    Move(source.Values, source.Physical.Width(), indices, count, result.Values);
                Share(source, result);
                break;
        }
        if (source.Validity != null)
            Bitmap(source.Validity, indices, count, result.EnsureValidity());
    }

    /// <summary>Like <see cref="Take"/>, but index -1 makes a null: the padding of outer joins.</summary>
    public static void TakeOrNull(Vector source, int* indices, int count, Vector result)
    {
        var missing = 0;
        for (var i = 0; i < count; i++)
            missing |= indices[i];
        if (missing >= 0)
        {
            Take(source, indices, count, result);
            return;
        }
        if (source.Length == 0 || source.IsConstantNull)
        {
            result.ResetConstant(source.Type, count, isNull: true); // nothing but padding
            return;
        }
        // Row 0 stands in for the missing ones, under their nulls.
        var safe = (int*)KernelScratch.Memory(KernelScratch.SortBuffer, count * 4L);
        for (var i = 0; i < count; i++)
            safe[i] = Math.Max(indices[i], 0);
        if (source.Kind == VectorKind.Constant)
        {
            var flat = KernelScratch.Vector(KernelScratch.LeftOperand);
            Flatten.Into(source, count, flat);
            result.ResetFlat(source.Type, count);
            if (source.Physical == PhysicalType.Bool)
                Bits.Copy((ulong*)flat.Values, (ulong*)result.Values, count);
            else
                Unsafe.CopyBlock(result.Values, flat.Values, (uint)source.Physical.BytesFor(count));
            Share(source, result);
        }
        else
        {
            Take(source, safe, count, result);
        }
        var validity = result.EnsureValidity();
        for (var i = 0; i < count; i++)
        {
            if (indices[i] < 0)
                Bits.Clear(validity, i);
        }
        if (result.Physical == PhysicalType.View && result.Kind == VectorKind.Flat)
        {
            for (var i = 0; i < count; i++)
            {
                if (indices[i] < 0)
                    ((View*)result.Values)[i] = default;
            }
        }
    }

    /// <summary>The selected rows, moved together. Without a selection the source is referenced.</summary>
    public static void Compact(Vector source, Selection? selection, int rows, Vector result)
    {
        if (selection is null || selection.Count == rows)
        {
            result.Reference(source);
            result.Length = rows;
            return;
        }
        var indices = selection.FillIndices(rows);
        Take(source, selection.Indices, indices.Length, result);
    }

    /// <summary>All columns of the selected rows, moved together; the result has no selection.</summary>
    public static void Compact(Batch source, Batch result)
    {
        var selection = source.Selection;
        if (selection is null || selection.Count == source.Length)
        {
            for (var i = 0; i < source.Columns.Length; i++)
                result.Columns[i].Reference(source.Columns[i]);
            result.Length = source.Length;
        }
        else
        {
            var count = selection.FillIndices(source.Length).Length;
            for (var i = 0; i < source.Columns.Length; i++)
                Take(source.Columns[i], selection.Indices, count, result.Columns[i]);
            result.Length = count;
        }
        result.Selection = null;
    }

    /// <summary>Rows <paramref name="start"/> to <paramref name="start"/> + <paramref name="count"/>; copies only bitmaps that do not start on a word.</summary>
    public static void Slice(Vector source, int start, int count, Vector result)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)start + count, source.Length, nameof(count));
        var bits = source.Kind == VectorKind.Flat && source.Physical == PhysicalType.Bool;
        if (bits && (start & 63) != 0)
        {
            result.ResetFlat(source.Type, count);
            Bits.CopyRange((ulong*)source.Values, start, (ulong*)result.Values, 0, count);
        }
        else
        {
            result.Reference(source);
            result.Length = count;
            result.Values = source.Kind switch
            {
                VectorKind.Constant => source.Values,
                VectorKind.Flat => bits ? source.Values + (start >> 3) : source.Values + (long)start * source.Physical.Width(),
                _ => source.Values + (long)start * source.CodeWidth,
            };
        }
        if (source.Validity == null || source.Kind == VectorKind.Constant)
            return;
        if ((start & 63) == 0)
        {
            result.Validity = source.Validity + (start >> 6);
            return;
        }
        result.Validity = null;
        Bits.CopyRange(source.Validity, start, result.EnsureValidity(), 0, count);
    }

    /// <summary>target[i] = source[rows[i]].</summary>
    internal static void Copy<T>(T* source, int* rows, int count, T* target) where T : unmanaged
    {
        var i = 0;
        for (; i + 4 <= count; i += 4) // four independent loads in flight
        {
            var a = source[rows[i]];
            var b = source[rows[i + 1]];
            var c = source[rows[i + 2]];
            var d = source[rows[i + 3]];
            target[i] = a;
            target[i + 1] = b;
            target[i + 2] = c;
            target[i + 3] = d;
        }
        for (; i < count; i++)
            target[i] = source[rows[i]];
    }

    /// <summary>Bit i of the target = bit rows[i] of the source; zeros past the last row.</summary>
    internal static void Bitmap(ulong* source, int* rows, int count, ulong* target)
    {
        for (var i = 0; i < count;)
        {
            ulong bits = 0;
            var word = i >> 6;
            for (var end = Math.Min(i + 64, count); i < end; i++)
                bits |= (source[rows[i] >> 6] >> (rows[i] & 63) & 1) << (i & 63);
            target[word] = bits;
        }
    }

    private static void Move(byte* source, int width, int* indices, int count, byte* target)
    {
        switch (width)
        {
            case 1: Copy(source, indices, count, target); break;
            case 2: Copy((short*)source, indices, count, (short*)target); break;
            case 4: Copy((int*)source, indices, count, (int*)target); break;
            case 8: Copy((long*)source, indices, count, (long*)target); break;
            default: Copy((View*)source, indices, count, (View*)target); break;
        }
    }

    private static void Share(Vector source, Vector result)
    {
        if (source.Physical == PhysicalType.View)
            result.Arena = source.Arena;
        else if (source.Physical == PhysicalType.List)
            result.Child = source.Child;
    }
}
