using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using OmenDb.Arrow;

namespace OmenDb.Storage.Tables;

/// <summary>Eight bytes in the order of the values: what zone maps compare.</summary>
/// <remarks>For types wider than eight bytes the order is kept but values may share a key: bounds stay true, equality is not
/// decided by them. Types without a sensible key map to 0 and never prune.</remarks>
public static class ZoneKey
{
    private const ulong SignBit = 1UL << 63;

    public static ulong Of(long value) => (ulong)value ^ SignBit;

    /// <summary>NaN last and -0 equal to 0, as SQL orders them.</summary>
    public static ulong Of(double value)
    {
        if (double.IsNaN(value))
            return ulong.MaxValue;
        var bits = BitConverter.DoubleToUInt64Bits(value == 0 ? 0 : value);
        return (bits & SignBit) != 0 ? ~bits : bits | SignBit;
    }

    /// <summary>The upper eight bytes: values that differ only below share a key.</summary>
    public static ulong Of(Int128 value) => Of((long)(value >> 64));

    /// <summary>The first eight bytes, unsigned, zero-padded.</summary>
    public static ulong Of(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length >= 8)
            return BinaryPrimitives.ReadUInt64BigEndian(bytes);
        ulong key = 0;
        for (var i = 0; i < bytes.Length; i++)
            key |= (ulong)bytes[i] << (56 - i * 8);
        return key;
    }

    /// <summary>True for types whose zone maps are kept; unbounded numerics and lists are stored as bytes without an order.</summary>
    public static bool IsKept(ArrowType type) => type.Physical switch
    {
        PhysicalType.Bool or PhysicalType.Interval or PhysicalType.List => false,
        PhysicalType.View => type.Id == ArrowTypeId.Utf8View,
        _ => true,
    };

    /// <summary>The key of the value that stands at an address, laid out as in a flat vector.</summary>
    /// <param name="physical">A kept type.</param>
    /// <param name="value">Aligned or not; at least the type's width.</param>
    /// <param name="arena">Views: base addresses of the buffers.</param>
    internal static unsafe ulong At(PhysicalType physical, byte* value, byte** arena) => physical switch
    {
        PhysicalType.Int8 => Of((sbyte)*value),
        PhysicalType.Int16 => Of(Unsafe.ReadUnaligned<short>(value)),
        PhysicalType.Int32 => Of(Unsafe.ReadUnaligned<int>(value)),
        PhysicalType.Int64 => Of(Unsafe.ReadUnaligned<long>(value)),
        PhysicalType.Float32 => Of(Unsafe.ReadUnaligned<float>(value)),
        PhysicalType.Float64 => Of(Unsafe.ReadUnaligned<double>(value)),
        PhysicalType.Int128 => Of(Unsafe.ReadUnaligned<Int128>(value)),
        PhysicalType.Fixed16 => Of(new ReadOnlySpan<byte>(value, 16)),
        PhysicalType.View => Of(View.Bytes((View*)value, arena)),
        _ => 0,
    };
}

/// <summary>Bounds of one column over some rows, as <see cref="ZoneKey"/>s.</summary>
/// <param name="Min">No value of any visible row has a smaller key.</param>
/// <param name="Max">Nor a larger one. Min above Max: there are only nulls, or no rows.</param>
/// <param name="MayHaveNulls">False: certainly none.</param>
public readonly record struct ZoneMap(ulong Min, ulong Max, bool MayHaveNulls)
{
    /// <summary>Nothing is known.</summary>
    public static readonly ZoneMap Unknown = new(0, ulong.MaxValue, true);

    public bool HasNoValues => Min > Max;

    /// <summary>False: certainly no value lies in the closed range.</summary>
    public bool MayContain(ulong low, ulong high) => Min <= high && Max >= low;

    public ZoneMap Union(ZoneMap other) =>
        new(Math.Min(Min, other.Min), Math.Max(Max, other.Max), MayHaveNulls || other.MayHaveNulls);
}
