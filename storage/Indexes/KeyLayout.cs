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
        while (bytes.IndexOf((byte)0) is >= 0 and var zero)
        {
            target.Add(bytes[..(zero + 1)]);
            target.Add(0xFF);
            bytes = bytes[(zero + 1)..];
        }
        target.Add(bytes);
        target.Add([0, 0]);
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
