using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace OmenDb.Arrow.Compute;

/// <summary>Any kind of vector to a flat one.</summary>
public static unsafe class Flatten
{
    /// <summary><paramref name="result"/> becomes the first <paramref name="rows"/> rows of <paramref name="source"/> in flat form.</summary>
    /// <remarks>A flat source is referenced, not copied; strings stay in the source's arena. Both live as long as the source.</remarks>
    public static void Into(Vector source, int rows, Vector result)
    {
        if (source.Kind == VectorKind.Flat)
        {
            result.Reference(source);
            result.Length = rows;
            return;
        }
        var shared = source.Kind == VectorKind.Dictionary ? source.Dictionary! : source;
        result.ResetFlat(source.Type, rows);
        Values(source, rows, result.Values);
        Nulls.Propagate(source, result);
        if (shared.Physical == PhysicalType.View)
            result.Arena = shared.Arena;
        result.Child = shared.Child;
    }

    /// <summary>Writes the values of the first rows of a vector of any kind in flat form, what stands under nulls included; views point where the source's do.</summary>
    /// <param name="source">Neither a list nor empty of memory.</param>
    /// <param name="rows">At most its length.</param>
    /// <param name="target">Room for <see cref="PhysicalTypes.BytesFor"/> of the rows.</param>
    public static void Values(Vector source, int rows, byte* target)
    {
        switch (source.Kind)
        {
            case VectorKind.Flat: Buffer.MemoryCopy(source.Values, target, source.Physical.BytesFor(rows), source.Physical.BytesFor(rows)); break;
            case VectorKind.Constant: FillConstant(source, rows, target); break;
            case VectorKind.Narrow: Widen(source, rows, target); break;
            default: Decode(source, rows, target); break;
        }
    }

    /// <summary>The vector itself when it is flat, otherwise a flattened copy in per-thread scratch, valid until the slot is used again.</summary>
    internal static Vector ToFlat(Vector source, int rows, int slot)
    {
        if (source.Kind == VectorKind.Flat)
            return source;
        var scratch = KernelScratch.Vector(slot);
        Into(source, rows, scratch);
        return scratch;
    }

    private static void FillConstant(Vector source, int rows, byte* target)
    {
        switch (source.Physical.Width())
        {
            case 0: Bits.Fill((ulong*)target, rows, (*(ulong*)source.Values & 1) != 0); break;
            case 1: new Span<byte>(target, rows).Fill(*source.Values); break;
            case 2: new Span<short>(target, rows).Fill(*(short*)source.Values); break;
            case 4: new Span<int>(target, rows).Fill(*(int*)source.Values); break;
            case 8: new Span<long>(target, rows).Fill(*(long*)source.Values); break;
            default: new Span<Int128>(target, rows).Fill(*(Int128*)source.Values); break;
        }
    }

    /// <summary>Narrow offsets to full values.</summary>
    internal static void Widen(Vector source, int rows, byte* target)
    {
        switch (source.Physical)
        {
            case PhysicalType.Int16: Widen(source, rows, (short*)target); break;
            case PhysicalType.Int32: Widen(source, rows, (int*)target); break;
            case PhysicalType.Int64: Widen(source, rows, (long*)target); break;
            default: Widen(source, rows, (Int128*)target); break;
        }
    }

    private static void Widen<T>(Vector source, int rows, T* target) where T : unmanaged, IBinaryInteger<T>
    {
        switch (source.CodeWidth)
        {
            case 1: Widen(source.Values, source.Base, rows, target); break;
            case 2: Widen((ushort*)source.Values, source.Base, rows, target); break;
            case 8: Widen((long*)source.Values, source.Base, rows, target); break;
            default: Widen((uint*)source.Values, source.Base, rows, target); break;
        }
    }

    /// <summary>A narrow vector of offsets of 1, 2 or 4 bytes as 64-bit values, whatever its type; they must fit.</summary>
    internal static void WidenLongs(Vector source, int rows, long* target) => Widen(source, rows, target);

    private static void Widen<TCode, T>(TCode* codes, long baseValue, int rows, T* target)
        where TCode : unmanaged, IBinaryInteger<TCode> where T : unmanaged, IBinaryInteger<T>
    {
        var row = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            if (typeof(T) == typeof(long) && typeof(TCode) == typeof(uint))
            {
                var add = Vector256.Create(baseValue);
                for (; row + 8 <= rows; row += 8)
                {
                    var (low, high) = Vector256.Widen(Vector256.Load((uint*)codes + row));
                    (low.AsInt64() + add).Store((long*)target + row);
                    (high.AsInt64() + add).Store((long*)target + row + 4);
                }
            }
            else if (typeof(T) == typeof(long) && typeof(TCode) == typeof(ushort))
            {
                var add = Vector256.Create(baseValue);
                for (; row + 8 <= rows; row += 8)
                {
                    var (a, b) = Vector128.Widen(Vector128.Load((ushort*)codes + row));
                    var (low, high) = Vector256.Widen(Vector256.Create(a, b));
                    (low.AsInt64() + add).Store((long*)target + row);
                    (high.AsInt64() + add).Store((long*)target + row + 4);
                }
            }
            else if (typeof(T) == typeof(int) && typeof(TCode) == typeof(ushort))
            {
                var add = Vector256.Create((int)baseValue);
                for (; row + 16 <= rows; row += 16)
                {
                    var (low, high) = Vector256.Widen(Vector256.Load((ushort*)codes + row));
                    (low.AsInt32() + add).Store((int*)target + row);
                    (high.AsInt32() + add).Store((int*)target + row + 8);
                }
            }
            else if (typeof(T) == typeof(short) && typeof(TCode) == typeof(byte))
            {
                var add = Vector256.Create((short)baseValue);
                for (; row + 32 <= rows; row += 32)
                {
                    var (low, high) = Vector256.Widen(Vector256.Load((byte*)codes + row));
                    (low.AsInt16() + add).Store((short*)target + row);
                    (high.AsInt16() + add).Store((short*)target + row + 16);
                }
            }
            else if (typeof(TCode) == typeof(byte) && (typeof(T) == typeof(int) || typeof(T) == typeof(long)))
            {
                for (; row + 32 <= rows; row += 32)
                {
                    var (low, high) = Vector256.Widen(Vector256.Load((byte*)codes + row));
                    WidenHalf<T>(low, baseValue, target + row);
                    WidenHalf<T>(high, baseValue, target + row + 16);
                }
            }
        }
        var wideBase = T.CreateTruncating(baseValue);
        for (; row < rows; row++)
            target[row] = unchecked(wideBase + T.CreateTruncating(codes[row])); // tail, other widths, and the reference
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WidenHalf<T>(Vector256<ushort> codes, long baseValue, T* target) where T : unmanaged
    {
        var (low, high) = Vector256.Widen(codes);
        if (typeof(T) == typeof(int))
        {
            var add = Vector256.Create((int)baseValue);
            (low.AsInt32() + add).Store((int*)target);
            (high.AsInt32() + add).Store((int*)target + 8);
        }
        else
        {
            var add = Vector256.Create(baseValue);
            var (a, b) = Vector256.Widen(low);
            var (c, d) = Vector256.Widen(high);
            (a.AsInt64() + add).Store((long*)target);
            (b.AsInt64() + add).Store((long*)target + 4);
            (c.AsInt64() + add).Store((long*)target + 8);
            (d.AsInt64() + add).Store((long*)target + 12);
        }
    }

    private static void Decode(Vector source, int rows, byte* target)
    {
        switch (source.CodeWidth)
        {
            case 1: Decode(source.Values, source.Dictionary!, rows, target); break;
            case 2: Decode((ushort*)source.Values, source.Dictionary!, rows, target); break;
            default: Decode((uint*)source.Values, source.Dictionary!, rows, target); break;
        }
    }

    private static void Decode<TCode>(TCode* codes, Vector dictionary, int rows, byte* target)
        where TCode : unmanaged, IBinaryInteger<TCode>
    {
        switch (dictionary.Physical.Width())
        {
            case 0:
                new Span<ulong>(target, Bits.WordsFor(rows)).Clear();
                for (var row = 0; row < rows; row++)
                {
                    if (Bits.Get((ulong*)dictionary.Values, int.CreateTruncating(codes[row])))
                        Bits.Set((ulong*)target, row);
                }
                break;
            case 1: Decode(codes, dictionary.Values, rows, target); break;
            case 2: Decode(codes, (short*)dictionary.Values, rows, (short*)target); break;
            case 4: Decode(codes, (int*)dictionary.Values, rows, (int*)target); break;
            case 8: Decode(codes, (long*)dictionary.Values, rows, (long*)target); break;
            default: Decode(codes, (View*)dictionary.Values, rows, (View*)target); break;
        }
    }

    private static void Decode<TCode, T>(TCode* codes, T* values, int rows, T* target)
        where TCode : unmanaged, IBinaryInteger<TCode> where T : unmanaged
    {
        for (var row = 0; row < rows; row++)
            target[row] = values[int.CreateTruncating(codes[row])];
    }
}
