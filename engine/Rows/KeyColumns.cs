using System.Runtime.CompilerServices;
using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Expressions;
using OmenDb.Engine.Functions;
using OmenDb.Types;

namespace OmenDb.Engine.Rows;

/// <summary>Hashes and equality of key columns, by the SQL types' notion of equality.</summary>
internal static unsafe class KeyColumns
{
    /// <summary>hashes[row] for the first <paramref name="rows"/> rows; equal keys (nulls included) have equal hashes.</summary>
    public static void Hash(ReadOnlySpan<Vector> keys, ReadOnlySpan<SqlType> types, int rows, ulong* hashes, bool constant)
    {
        if (constant || keys.Length == 0)
        {
            new Span<ulong>(hashes, rows).Fill(0x9E37_79B9_7F4A_7C15);
            return;
        }
        var special = false;
        foreach (var type in types)
            special |= NeedsRows(type);
        if (!special)
        {
            Arrow.Compute.Hash.Rows(keys, rows, hashes);
            return;
        }
        for (var row = 0; row < rows; row++)
        {
            var hash = 0UL;
            for (var k = 0; k < keys.Length; k++)
                hash = Arrow.Compute.Hash.Mix(hash, HashOne(keys[k], row, types[k]));
            hashes[row] = hash;
        }
    }

    /// <summary>Types of which equal values may differ in memory.</summary>
    public static bool NeedsRows(SqlType type) => TypedCompare.NeedsRows(type) || type.Physical == PhysicalType.Interval;

    private static ulong HashOne(Vector vector, int row, SqlType type)
    {
        if (!vector.IsValid(row))
            return Arrow.Compute.Hash.NullHash;
        switch (type.Physical)
        {
            case PhysicalType.Bool: return Arrow.Compute.Hash.Of(vector.GetBool(row));
            case PhysicalType.Int8: return Arrow.Compute.Hash.Of((long)vector.Get<sbyte>(row));
            case PhysicalType.Int16: return Arrow.Compute.Hash.Of((long)vector.Get<short>(row));
            case PhysicalType.Int32: return Arrow.Compute.Hash.Of((long)vector.Get<int>(row));
            case PhysicalType.Int64: return Arrow.Compute.Hash.Of(vector.Get<long>(row));
            case PhysicalType.Float32: return Arrow.Compute.Hash.Of((double)vector.Get<float>(row));
            case PhysicalType.Float64: return Arrow.Compute.Hash.Of(vector.Get<double>(row));
            case PhysicalType.View:
                var bytes = vector.GetBytes(row);
                return type.Id == TypeId.Numeric && bytes.Length >= 2
                    ? Arrow.Compute.Hash.Of((long)PgNumeric.Read(bytes).GetHashCode()) : Arrow.Compute.Hash.Of(bytes);
            case PhysicalType.Interval:
                return Arrow.Compute.Hash.Of(Unsafe.BitCast<Int128, PgInterval>(vector.Get<Int128>(row)).ComparisonValue);
            case PhysicalType.List:
                var list = ListValue.At(vector, row);
                var hash = (ulong)list.Count;
                for (var i = 0; i < list.Count; i++)
                    hash = Arrow.Compute.Hash.Mix(hash, HashOne(list.Elements, list.Offset + i, ValueBox.ElementType(type)));
                return hash;
            default: return Arrow.Compute.Hash.Of(vector.Get<Int128>(row));
        }
    }

    /// <summary>equal[i] = 0 where row left[i] and row right[i] differ in this column; others stay.</summary>
    /// <param name="a">Flat.</param>
    /// <param name="b">Flat.</param>
    /// <param name="nullsEqual">Two nulls are equal (grouping) or never (joins).</param>
    public static void Match(Vector a, int* left, Vector b, int* right, int count, byte* equal, SqlType type, bool nullsEqual)
    {
        if (a.Validity != null || b.Validity != null)
        {
            for (var i = 0; i < count; i++)
            {
                var va = a.IsValid(left[i]);
                var vb = b.IsValid(right[i]);
                if (va & vb)
                {
                    if (equal[i] != 0)
                        equal[i] = One(a, left[i], b, right[i], type) ? (byte)1 : (byte)0;
                }
                else if (va != vb || !nullsEqual)
                    equal[i] = 0;
            }
            return;
        }
        switch (type.Physical)
        {
            case PhysicalType.Int16: Fixed((short*)a.Values, left, (short*)b.Values, right, count, equal); break;
            case PhysicalType.Int32: Fixed((int*)a.Values, left, (int*)b.Values, right, count, equal); break;
            case PhysicalType.Int64: Fixed((long*)a.Values, left, (long*)b.Values, right, count, equal); break;
            default:
                for (var i = 0; i < count; i++)
                {
                    if (equal[i] != 0 && !One(a, left[i], b, right[i], type))
                        equal[i] = 0;
                }
                break;
        }
    }

    private static void Fixed<T>(T* a, int* left, T* b, int* right, int count, byte* equal) where T : unmanaged, System.Numerics.IEqualityOperators<T, T, bool>
    {
        for (var i = 0; i < count; i++)
            equal[i] &= a[left[i]] == b[right[i]] ? (byte)1 : (byte)0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool One(Vector a, int left, Vector b, int right, SqlType type)
    {
        switch (type.Physical)
        {
            case PhysicalType.Int16: return ((short*)a.Values)[left] == ((short*)b.Values)[right];
            case PhysicalType.Int32: return ((int*)a.Values)[left] == ((int*)b.Values)[right];
            case PhysicalType.Int64: return ((long*)a.Values)[left] == ((long*)b.Values)[right];
            case PhysicalType.View when type.Id != TypeId.Numeric:
                return CompareViews.Equal((View*)a.Values + left, a.ArenaPointers, (View*)b.Values + right, b.ArenaPointers);
            default: return TypedCompare.Order(a, left, b, right, type) == 0;
        }
    }
}
