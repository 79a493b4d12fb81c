using System.Buffers;
using System.Buffers.Binary;
using OmenDb.Arrow;
using OmenDb.Storage.Tables;
using OmenDb.Types;

namespace OmenDb.Storage.Indexes;

/// <summary>One column of an index's key.</summary>
/// <param name="Column">Physical column.</param>
/// <param name="Descending">Larger values first.</param>
/// <param name="NullsFirst">PostgreSQL: by default true exactly when descending.</param>
public readonly record struct IndexKeyColumn(int Column, bool Descending = false, bool NullsFirst = false);

/// <summary>Turns column values into key bytes whose unsigned order is the index's.</summary>
/// <remarks>
/// A single column of at most eight bytes makes the fixed form: eight bytes, big-endian; rows with a null are kept apart. All others:
/// <code>
/// per column: | 0x01, value bytes (inverted when descending) |   or   | 0x00 or 0x02: null, first or last |
/// numeric:      as in <see cref="KeyEncoder"/>
/// strings:      each 00 byte as 00 FF, at the end 00 00: a prefix sorts before what it begins
/// </code></remarks>
internal sealed class KeyLayout
{
    public const byte NullFirst = 0;
    public const byte Value = 1;
    public const byte NullLast = 2;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _numeric;

    private readonly IndexKeyColumn[] _keys;
    private readonly TableColumn[] _columns;

    public KeyLayout(IndexKeyColumn[] keys, TableColumn[] columns, bool nullsInKeys)
    {
        _keys = keys;
        _columns = columns;
        IsFixed = keys.Length == 1 && !nullsInKeys && IsEightBytes(columns[0]);
        foreach (var column in columns)
        {
            if (!CanBeKey(column.Type))
                throw SqlException.NotSupported($"an index on a column of type {column.Type.Id.ToString().ToLowerInvariant()}");
        }
    }

    /// <summary>Eight-byte keys without nulls.</summary>
    public bool IsFixed { get; }

    public int ColumnCount => _keys.Length;

    public IndexKeyColumn Key(int index) => _keys[index];

    public static bool CanBeKey(SqlType type) => type.Physical != PhysicalType.List;

    /// <summary>Appends a whole key.</summary>
    /// <param name="cells">One per key column.</param>
    /// <param name="arena">Where views point.</param>
    /// <param name="target">Cleared by the caller.</param>
    /// <returns>False: a column is null (in the fixed form nothing was written then).</returns>
    public unsafe bool Encode(ReadOnlySpan<KeyCell> cells, byte** arena, KeyWriter target)
    {
        if (IsFixed)
        {
            if (!cells[0].IsValid)
                return false;
            EncodeValue(0, cells[0], arena, target);
            return true;
        }
        var complete = true;
        for (var i = 0; i < cells.Length; i++)
        {
            complete &= cells[i].IsValid;
            EncodeColumn(i, cells[i], arena, target);
        }
        return complete;
    }

    /// <summary>One column of a key in the form of this index, for bounds; not null.</summary>
    public unsafe void EncodeOne(int index, in KeyCell cell, byte** arena, KeyWriter target)
    {
        if (IsFixed)
            EncodeValue(index, cell, arena, target);
        else
            EncodeColumn(index, cell, arena, target);
    }

    /// <summary>The same for a value of another physical type: integers and floats of all widths have the same key bytes.</summary>
    public unsafe void EncodeOne(int index, PhysicalType physical, in KeyCell cell, byte** arena, KeyWriter target)
    {
        if (physical == _columns[index].Stored)
        {
            EncodeOne(index, cell, arena, target);
            return;
        }
        var bits = (ulong)cell.Bits;
        var number = physical switch
        {
            PhysicalType.Int16 => ZoneKey.Of((short)bits),
            PhysicalType.Int32 => ZoneKey.Of((int)bits),
            PhysicalType.Int64 => ZoneKey.Of((long)bits),
            PhysicalType.Float32 => ZoneKey.Of(BitConverter.UInt32BitsToSingle((uint)bits)),
            PhysicalType.Float64 => ZoneKey.Of(BitConverter.UInt64BitsToDouble(bits)),
            _ => throw SqlException.Internal($"a bound of type {physical} for a key of type {_columns[index].Stored}"),
        };
        if (!IsFixed)
            target.Add(Value);
        var start = target.Length;
        WriteEight(number, target);
        if (_keys[index].Descending)
            target.Invert(start);
    }

    /// <summary>What the keys of all strings that begin with a text begin with; byte form only.</summary>
    public void EncodeBeginning(int index, ReadOnlySpan<byte> text, KeyWriter target)
    {
        target.Add(Value);
        var start = target.Length;
        WriteEscaped(text, target);
        if (_keys[index].Descending)
            target.Invert(start);
    }

    /// <summary>A null column in a key of the byte form.</summary>
    public void EncodeNull(int index, KeyWriter target) => target.Add(_keys[index].NullsFirst ? NullFirst : NullLast);

    /// <summary>Whether a column's values can be read back from keys: nothing is lost in them.</summary>
    public bool CanDecode(int index) => _columns[index].Stored switch
    {
        PhysicalType.Bool or PhysicalType.Int8 or PhysicalType.Int16 or PhysicalType.Int32 or PhysicalType.Int64 or PhysicalType.Int128 or PhysicalType.Fixed16 => true,
        PhysicalType.View => _columns[index].Type.Id != TypeId.Numeric, // 1.0 and 1.00 have one key, as 0 and -0 have
        _ => false,
    };

    /// <summary>Where the first columns of a key of the byte form end.</summary>
    public int EndOf(ReadOnlySpan<byte> key, int columns)
    {
        var at = 0;
        for (var i = 0; i < columns; i++)
        {
            if (key[at++] == Value)
                at += LengthOf(i, key[at..]);
        }
        return at;
    }

    /// <summary>How long a column's value is, its marker apart.</summary>
    private int LengthOf(int index, ReadOnlySpan<byte> value)
    {
        switch (_columns[index].Stored)
        {
            case PhysicalType.Int128 or PhysicalType.Interval or PhysicalType.Fixed16:
                return 16;
            case PhysicalType.View when _columns[index].Type.Id == TypeId.Numeric:
                return NumericLength(value, _keys[index].Descending);
            case PhysicalType.View:
                var zero = (byte)(_keys[index].Descending ? 0xFF : 0);
                for (var at = 0; ; at += 2)
                {
                    at += value[at..].IndexOf(zero);
                    if (value[at + 1] == zero)
                        return at + 2;
                }
            default:
                return 8;
        }
    }

    /// <summary>Of a numeric as <see cref="KeyEncoder"/> writes it: class, then for finite values but zero the exponent and pairs of digits up to a zero.</summary>
    private static int NumericLength(ReadOnlySpan<byte> value, bool descending)
    {
        var kind = descending ? (byte)~value[0] : value[0];
        if (kind is not (2 or 4))
            return 1;
        var end = kind == 2 != descending ? (byte)0xFF : (byte)0;
        return 5 + value[5..].IndexOf(end) + 1;
    }

    /// <summary>Appends a column's value as a key has it.</summary>
    /// <remarks>Of a column that <see cref="CanDecode"/>; the key may be of either form, the target is of the column's stored type.</remarks>
    public void Decode(int index, ReadOnlySpan<byte> key, VectorWriter target)
    {
        if (!IsFixed)
        {
            key = key[EndOf(key, index)..];
            if (key[0] != Value)
            {
                target.AppendNull();
                return;
            }
            key = key[1..];
        }
        var length = LengthOf(index, key);
        Span<byte> turned = _keys[index].Descending ? length <= 256 ? stackalloc byte[length] : new byte[length] : [];
        for (var i = 0; i < turned.Length; i++)
            turned[i] = (byte)~key[i];
        var value = turned.IsEmpty ? key[..length] : turned;
        switch (_columns[index].Stored)
        {
            case PhysicalType.Bool: target.AppendBool(value[7] != 0); break;
            case PhysicalType.Int8: target.Append((sbyte)Number(value)); break;
            case PhysicalType.Int16: target.Append((short)Number(value)); break;
            case PhysicalType.Int32: target.Append((int)Number(value)); break;
            case PhysicalType.Int64: target.Append(Number(value)); break;
            case PhysicalType.Int128: target.Append((Int128)(BinaryPrimitives.ReadUInt128BigEndian(value) ^ ((UInt128)1 << 127))); break;
            case PhysicalType.Fixed16: target.Append(System.Runtime.InteropServices.MemoryMarshal.Read<Int128>(value)); break;
            default: AppendUnescaped(value[..^2], target); break;
        }
    }

    private static long Number(ReadOnlySpan<byte> key) => (long)(BinaryPrimitives.ReadUInt64BigEndian(key) ^ (1UL << 63));

    private static void AppendUnescaped(ReadOnlySpan<byte> value, VectorWriter target)
    {
        if (value.IndexOf((byte)0) < 0)
        {
            target.AppendBytes(value);
            return;
        }
        var bytes = new byte[value.Length];
        var length = 0;
        for (var i = 0; i < value.Length; i++)
        {
            bytes[length++] = value[i];
            if (value[i] == 0)
                i++; // FF follows
        }
        target.AppendBytes(bytes.AsSpan(0, length));
    }

    /// <summary>One column of the composite form, marker included.</summary>
    private unsafe void EncodeColumn(int index, in KeyCell cell, byte** arena, KeyWriter target)
    {
        if (!cell.IsValid)
        {
            target.Add(_keys[index].NullsFirst ? NullFirst : NullLast);
            return;
        }
        target.Add(Value);
        EncodeValue(index, cell, arena, target);
    }

    /// <summary>Under the vector's latch: keys of consecutive rows of a column without nulls, of the fixed form.</summary>
    public unsafe void EncodeFixed(byte* values, int first, Span<ulong> keys)
    {
        switch (_columns[0].Stored)
        {
            case PhysicalType.Int64:
                for (var i = 0; i < keys.Length; i++)
                    keys[i] = ZoneKey.Of(((long*)values)[first + i]);
                break;
            case PhysicalType.Int32:
                for (var i = 0; i < keys.Length; i++)
                    keys[i] = ZoneKey.Of(((int*)values)[first + i]);
                break;
            case PhysicalType.Bool:
                for (var i = 0; i < keys.Length; i++)
                    keys[i] = ColumnCopy.GetBit((ulong*)values, first + i) ? 1UL : 0;
                break;
            default:
                var width = _columns[0].Stored.Width();
                for (var i = 0; i < keys.Length; i++)
                    keys[i] = ZoneKey.At(_columns[0].Stored, values + (long)(first + i) * width, null);
                break;
        }
        if (!_keys[0].Descending)
            return;
        for (var i = 0; i < keys.Length; i++)
            keys[i] = ~keys[i];
    }

    private unsafe void EncodeValue(int index, in KeyCell cell, byte** arena, KeyWriter target)
    {
        var start = target.Length;
        var bits = cell.Bits;
        if (cell.Strings != null)
            arena = cell.Strings;
        switch (_columns[index].Stored)
        {
            case PhysicalType.Bool: WriteEight((ulong)bits, target); break;
            case PhysicalType.Int8: WriteEight(ZoneKey.Of((sbyte)(byte)bits), target); break;
            case PhysicalType.Int16: WriteEight(ZoneKey.Of((short)(ushort)bits), target); break;
            case PhysicalType.Int32: WriteEight(ZoneKey.Of((int)(uint)bits), target); break;
            case PhysicalType.Int64: WriteEight(ZoneKey.Of((long)(ulong)bits), target); break;
            case PhysicalType.Float32: WriteEight(ZoneKey.Of(BitConverter.UInt32BitsToSingle((uint)bits)), target); break;
            case PhysicalType.Float64: WriteEight(ZoneKey.Of(BitConverter.UInt64BitsToDouble((ulong)bits)), target); break;
            case PhysicalType.Int128:
                BinaryPrimitives.WriteUInt128BigEndian(target.Take(16), bits ^ ((UInt128)1 << 127));
                break;
            case PhysicalType.Interval:
                // As PostgreSQL compares intervals: months of 30 days, days of 24 hours.
                var months = (int)(uint)bits;
                var days = (int)(uint)(bits >> 32);
                var total = ((Int128)months * 30 + days) * 86_400_000_000 + (long)(ulong)(bits >> 64);
                BinaryPrimitives.WriteUInt128BigEndian(target.Take(16), (UInt128)total ^ ((UInt128)1 << 127));
                break;
            case PhysicalType.Fixed16:
                new ReadOnlySpan<byte>(&bits, 16).CopyTo(target.Take(16));
                break;
            case PhysicalType.View when _columns[index].Type.Id == TypeId.Numeric:
                var numeric = _numeric ??= new ArrayBufferWriter<byte>();
                numeric.ResetWrittenCount();
                KeyEncoder.AppendNumeric(PgNumeric.Read(OmenDb.Arrow.View.Bytes((View*)&bits, arena)), numeric);
                target.Add(numeric.WrittenSpan);
                break;
            default:
                WriteBytes(OmenDb.Arrow.View.Bytes((View*)&bits, arena), target);
                break;
        }
        if (_keys[index].Descending)
            target.Invert(start);
    }

    private static void WriteEight(ulong key, KeyWriter target) => BinaryPrimitives.WriteUInt64BigEndian(target.Take(8), key);

    private static void WriteBytes(ReadOnlySpan<byte> bytes, KeyWriter target)
    {
        WriteEscaped(bytes, target);
        target.Add([0, 0]);
    }

    private static void WriteEscaped(ReadOnlySpan<byte> bytes, KeyWriter target)
    {
        while (bytes.IndexOf((byte)0) is >= 0 and var zero)
        {
            target.Add(bytes[..(zero + 1)]);
            target.Add(0xFF);
            bytes = bytes[(zero + 1)..];
        }
        target.Add(bytes);
    }

    private static bool IsEightBytes(TableColumn column) => column.Stored switch
    {
        PhysicalType.Bool or PhysicalType.Int8 or PhysicalType.Int16 or PhysicalType.Int32 or PhysicalType.Int64
            or PhysicalType.Float32 or PhysicalType.Float64 => true,
        _ => false,
    };

    /// <summary>The smallest key above all keys that begin with this one; null: there is none.</summary>
    public static byte[]? Successor(ReadOnlySpan<byte> prefix)
    {
        var length = prefix.Length;
        while (length > 0 && prefix[length - 1] == 0xFF)
            length--;
        if (length == 0)
            return null;
        var result = prefix[..length].ToArray();
        result[^1]++;
        return result;
    }
}
