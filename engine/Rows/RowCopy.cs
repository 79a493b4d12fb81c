using System.Numerics;
using System.Runtime.CompilerServices;
using OmenDb.Arrow;
using OmenDb.Arrow.Compute;

namespace OmenDb.Engine.Rows;

/// <summary>Copies rows between vectors: gather, scatter, and blends of branches.</summary>
internal static unsafe class RowCopy
{
    /// <summary>target[i] = source[rows[i]] for a vector of any kind; T has the width of the physical type.</summary>
    /// <param name="source">Not Bool.</param>
    /// <param name="rows">Null: the first <paramref name="count"/> rows.</param>
    /// <param name="count">Values to write.</param>
    /// <param name="target">Room for them.</param>
    public static void Fixed<T>(Vector source, int* rows, int count, T* target) where T : unmanaged
    {
        switch (source.Kind)
        {
            case VectorKind.Flat:
                if (rows == null)
                    Buffer.MemoryCopy(source.Values, target, (long)count * sizeof(T), (long)count * sizeof(T));
                else
                {
                    var values = (T*)source.Values;
                    for (var i = 0; i < count; i++)
                        target[i] = values[rows[i]];
                }
                break;
            case VectorKind.Constant:
                new Span<T>(target, count).Fill(*(T*)source.Values);
                break;
            case VectorKind.Dictionary:
                var entries = (T*)source.Dictionary!.Values;
                for (var i = 0; i < count; i++)
                    target[i] = entries[source.Code(rows == null ? i : rows[i])];
                break;
            default:
                if (rows == null)
                    Flatten.Values(source, count, (byte*)target);
                else if (typeof(T) == typeof(int))
                    Widen(source, rows, count, (int*)target);
                else if (typeof(T) == typeof(long))
                    Widen(source, rows, count, (long*)target);
                else if (typeof(T) == typeof(short))
                    Widen(source, rows, count, (short*)target);
                else
                    Widen(source, rows, count, (Int128*)target);
                break;
        }
    }

    private static void Widen<T>(Vector narrow, int* rows, int count, T* target) where T : unmanaged, IBinaryInteger<T>
    {
        switch (narrow.CodeWidth)
        {
            case 1: Widen(narrow.Values, narrow.Base, rows, count, target); break;
            case 2: Widen((ushort*)narrow.Values, narrow.Base, rows, count, target); break;
            case 4: Widen((uint*)narrow.Values, narrow.Base, rows, count, target); break;
            default: Widen((long*)narrow.Values, narrow.Base, rows, count, target); break;
        }
    }

    private static void Widen<TCode, T>(TCode* codes, long first, int* rows, int count, T* target)
        where TCode : unmanaged, IBinaryInteger<TCode> where T : unmanaged, IBinaryInteger<T>
    {
        for (var i = 0; i < count; i++)
            target[i] = T.CreateTruncating(first + long.CreateTruncating(codes[rows[i]]));
    }

    /// <summary><paramref name="result"/> becomes flat with row i = row rows[i] of <paramref name="source"/>; strings stay in the source's arena.</summary>
    /// <param name="source">Any kind.</param>
    /// <param name="rows">Row numbers; -1 gives null.</param>
    /// <param name="count">Rows of the result.</param>
    /// <param name="result">Not the source.</param>
    /// <param name="mayMiss">Whether -1 occurs.</param>
    public static void Gather(Vector source, int* rows, int count, Vector result, bool mayMiss = false)
    {
        if (source.Kind == VectorKind.Constant && !mayMiss)
        {
            result.Reference(source);
            result.Length = count;
            return;
        }
        var shared = source.Kind == VectorKind.Dictionary ? source.Dictionary! : source;
        result.ResetFlat(source.Type, count);
        int* safe = rows;
        NativeBuffer? clamped = null;
        if (mayMiss)
        {
            // Row 0 stands in for a missing one, or nothing at all when there is no row.
            clamped = NativeBuffer.Allocate(Math.Max(4, count * 4L), zeroed: false);
            safe = (int*)clamped.Pointer;
            for (var i = 0; i < count; i++)
                safe[i] = Math.Max(rows[i], 0);
        }
        if (source.Length == 0 && source.Kind != VectorKind.Constant)
            new Span<byte>(result.Values, (int)source.Physical.BytesFor(count)).Clear();
        else
        {
            switch (source.Physical)
            {
                case PhysicalType.Bool: GatherBits(source, safe, count, (ulong*)result.Values); break;
                case PhysicalType.Int8: Fixed(source, safe, count, result.Values); break;
                case PhysicalType.Int16: Fixed(source, safe, count, (short*)result.Values); break;
                case PhysicalType.Int32 or PhysicalType.Float32: Fixed(source, safe, count, (int*)result.Values); break;
                case PhysicalType.Int64 or PhysicalType.Float64: Fixed(source, safe, count, (long*)result.Values); break;
                default: Fixed(source, safe, count, (Int128*)result.Values); break;
            }
        }
        if (source.Physical == PhysicalType.View)
            result.Arena = shared.Arena;
        result.Child = shared.Child;
        if (source.Validity != null)
        {
            var valid = result.EnsureValidity();
            if (source.Kind == VectorKind.Constant)
                Bits.Fill(valid, count, (*source.Validity & 1) != 0);
            else
            {
                for (var word = 0; word < Bits.WordsFor(count); word++)
                {
                    ulong bits = 0;
                    var end = Math.Min(64, count - (word << 6));
                    for (var bit = 0; bit < end; bit++)
                        bits |= (Bits.Get(source.Validity, safe[(word << 6) + bit]) ? 1UL : 0UL) << bit;
                    valid[word] = bits;
                }
            }
        }
        if (mayMiss)
        {
            for (var i = 0; i < count; i++)
            {
                if (rows[i] < 0)
                    Bits.Clear(result.EnsureValidity(), i);
            }
            clamped!.Release();
        }
    }

    private static void GatherBits(Vector source, int* rows, int count, ulong* target)
    {
        for (var word = 0; word < Bits.WordsFor(count); word++)
        {
            ulong bits = 0;
            var end = Math.Min(64, count - (word << 6));
            for (var bit = 0; bit < end; bit++)
                bits |= (source.GetBool(rows[(word << 6) + bit]) ? 1UL : 0UL) << bit;
            target[word] = bits;
        }
    }

    /// <summary>Copies the rows of <paramref name="mask"/> from <paramref name="source"/> into a flat <paramref name="result"/> of the same type;
    /// long strings are copied into the result's arena.</summary>
    public static void Blend(Vector source, ulong* mask, int rows, Vector result)
    {
        if (source.Validity != null || result.Validity != null)
        {
            var valid = result.EnsureValidity();
            for (var word = 0; word < Bits.WordsFor(rows); word++)
            {
                var bits = source.Validity == null ? ulong.MaxValue
                    : source.Kind == VectorKind.Constant ? ((*source.Validity & 1) != 0 ? ulong.MaxValue : 0) : source.Validity[word];
                valid[word] = (valid[word] & ~mask[word]) | (bits & mask[word]);
            }
        }
        switch (source.Physical)
        {
            case PhysicalType.Bool:
                for (var word = 0; word < Bits.WordsFor(rows); word++)
                {
                    for (var bits = mask[word]; bits != 0; bits &= bits - 1)
                    {
                        var row = (word << 6) + System.Numerics.BitOperations.TrailingZeroCount(bits);
                        if (source.GetBool(row))
                            Bits.Set((ulong*)result.Values, row);
                        else
                            Bits.Clear((ulong*)result.Values, row);
                    }
                }
                break;
            case PhysicalType.Int8: BlendFixed<byte>(source, mask, rows, result.Values); break;
            case PhysicalType.Int16: BlendFixed(source, mask, rows, (short*)result.Values); break;
            case PhysicalType.Int32 or PhysicalType.Float32: BlendFixed(source, mask, rows, (int*)result.Values); break;
            case PhysicalType.Int64 or PhysicalType.Float64: BlendFixed(source, mask, rows, (long*)result.Values); break;
            case PhysicalType.View:
                for (var word = 0; word < Bits.WordsFor(rows); word++)
                {
                    for (var bits = mask[word]; bits != 0; bits &= bits - 1)
                    {
                        var row = (word << 6) + System.Numerics.BitOperations.TrailingZeroCount(bits);
                        if (source.IsValid(row))
                            ((View*)result.Values)[row] = result.Arena!.Append(source.GetBytes(row));
                    }
                }
                break;
            case PhysicalType.List: BlendLists(source, mask, rows, result); break;
            default: BlendFixed(source, mask, rows, (Int128*)result.Values); break;
        }
    }

    private static void BlendFixed<T>(Vector source, ulong* mask, int rows, T* target) where T : unmanaged
    {
        for (var word = 0; word < Bits.WordsFor(rows); word++)
        {
            for (var bits = mask[word]; bits != 0; bits &= bits - 1)
            {
                var row = (word << 6) + System.Numerics.BitOperations.TrailingZeroCount(bits);
                target[row] = source.Get<T>(row);
            }
        }
    }

    /// <summary>The elements of all branches are collected into one child vector of the result.</summary>
    private static void BlendLists(Vector source, ulong* mask, int rows, Vector result)
    {
        var flat = source.Kind == VectorKind.Dictionary ? source.Dictionary! : source;
        for (var row = 0; row < rows; row++)
        {
            if (!Bits.Get(mask, row) || !source.IsValid(row))
                continue;
            var slot = source.Get<ListSlot>(row);
            ((ListSlot*)result.Values)[row] = slot.At(result.Elements.Count);
            result.Elements.Append(flat.Child!, (int)slot.Offset, (int)slot.Length);
        }
    }

    /// <summary>A deep copy of a Constant vector.</summary>
    public static void CopyConstant(Vector source, Vector target)
    {
        if (source.Physical == PhysicalType.View && !source.IsConstantNull)
        {
            Constants.SetBytes(target, source.Type, source.Length, source.GetBytes(0));
            return;
        }
        target.ResetConstant(source.Type, source.Length, source.IsConstantNull);
        if (source.Physical == PhysicalType.Bool)
            *(ulong*)target.Values = *(ulong*)source.Values;
        else
            Unsafe.CopyBlock(target.Values, source.Values, (uint)source.Physical.Width());
        target.Child = source.Child;
    }

    /// <summary>A deep copy of a flat vector.</summary>
    public static void CopyFlat(Vector source, Vector target)
    {
        target.ResetFlat(source.Type, source.Length);
        var all = NativeBuffer.Allocate(Math.Max(8, Bits.WordsFor(source.Length) * 8L), zeroed: false);
        Bits.Fill((ulong*)all.Pointer, source.Length, true);
        Unsafe.InitBlock(target.Values, 0, (uint)source.Physical.BytesFor(source.Length));
        Blend(source, (ulong*)all.Pointer, source.Length, target);
        all.Release();
    }
}
