using System.Buffers;
using System.Buffers.Binary;
using OmenDb.Arrow;

namespace OmenDb.Types;

/// <summary>Text and binary form of one type. Stateless and shared; adding a type = one handler and one line in <see cref="TypeIo"/>.</summary>
/// <remarks>Rows handed to Format and Send are never null; text handed to Parse is valid UTF-8.</remarks>
public abstract class TypeHandler
{
    /// <summary>The type's input function. Appends exactly one row.</summary>
    public abstract void Parse(SqlType type, ReadOnlySpan<byte> text, IoContext context, VectorWriter writer);

    /// <summary>The type's output function. Allocates nothing.</summary>
    public abstract void Format(SqlType type, Vector vector, int row, IBufferWriter<byte> target, IoContext context);

    /// <summary>The type's receive function: PostgreSQL's binary format. Appends exactly one row.</summary>
    public abstract void Receive(SqlType type, ReadOnlySpan<byte> data, IoContext context, VectorWriter writer);

    /// <summary>The type's send function.</summary>
    public abstract void Send(SqlType type, Vector vector, int row, IBufferWriter<byte> target, IoContext context);

    protected static void CheckLength(ReadOnlySpan<byte> data, int length)
    {
        if (data.Length < length)
            throw new SqlException(SqlState.ProtocolViolation, "insufficient data left in message");
        if (data.Length > length)
            throw new SqlException(SqlState.InvalidBinaryRepresentation, "incorrect binary data format");
    }

    protected static void SendInt64(long value, IBufferWriter<byte> target)
    {
        BinaryPrimitives.WriteInt64BigEndian(target.GetSpan(8), value);
        target.Advance(8);
    }

    protected static void SendInt32(int value, IBufferWriter<byte> target)
    {
        BinaryPrimitives.WriteInt32BigEndian(target.GetSpan(4), value);
        target.Advance(4);
    }
}

/// <summary>Values in and out of vectors: the one table of handlers by type.</summary>
public static class TypeIo
{
    private static readonly TypeHandler?[] Handlers = MakeHandlers();

    private static TypeHandler?[] MakeHandlers()
    {
        var table = new TypeHandler?[256];
        void Add(TypeHandler handler, params ReadOnlySpan<TypeId> ids)
        {
            foreach (var id in ids)
                table[(int)id] = handler;
        }
        Add(new BoolIo(), TypeId.Bool);
        Add(new IntegerIo(), TypeId.Int2, TypeId.Int4, TypeId.Int8);
        Add(new OidIo(), TypeId.Oid, TypeId.Regclass, TypeId.Regtype, TypeId.Regproc, TypeId.Regnamespace, TypeId.Regrole, TypeId.Regoper,
            TypeId.Xid, TypeId.Cid);
        Add(new FloatIo(), TypeId.Float4, TypeId.Float8);
        Add(new NumericIo(), TypeId.Numeric);
        Add(new StringIo(), TypeId.Text, TypeId.Varchar, TypeId.Char, TypeId.Name, TypeId.Unknown, TypeId.InternalChar, TypeId.PgNodeTree,
            TypeId.AclItem, TypeId.Tid, TypeId.Inet, TypeId.Record);
        Add(new JsonIo(), TypeId.Json, TypeId.Jsonb);
        Add(new ByteaIo(), TypeId.Bytea);
        Add(new UuidIo(), TypeId.Uuid);
        Add(new DateIo(), TypeId.Date);
        Add(new TimeIo(), TypeId.Time);
        Add(new TimeTzIo(), TypeId.TimeTz);
        Add(new TimestampIo(), TypeId.Timestamp, TypeId.TimestampTz);
        Add(new IntervalIo(), TypeId.Interval);
        Add(new EnumIo(), TypeId.Enum);
        Add(new ArrayIo(), TypeId.Array, TypeId.Int2Vector, TypeId.OidVector);
        Add(new VoidIo(), TypeId.Void);
        return table;
    }

    /// <exception cref="SqlException">0A000 for pseudo-types.</exception>
    public static TypeHandler Of(TypeId id) => Handlers[(int)id] ?? throw SqlException.NotSupported($"input or output of type {id}");

    /// <summary>Reads one value and appends it. Lengths and precisions of the type apply as in an assignment.</summary>
    /// <exception cref="SqlException">What the type's input function reports: 22P02, 22003, 22007, 22008, 22001 …</exception>
    public static void Parse(SqlType type, ReadOnlySpan<byte> utf8, IoContext context, VectorWriter writer) =>
        Of(type.Id).Parse(type, utf8, context, writer);

    /// <summary>Writes the text of a value that is not null.</summary>
    public static void FormatText(SqlType type, Vector vector, int row, IBufferWriter<byte> target, IoContext context) =>
        Of(type.Id).Format(type, vector, row, target, context);

    /// <summary>Reads PostgreSQL's binary format and appends the value.</summary>
    /// <exception cref="SqlException">22P03; 08P01.</exception>
    public static void Receive(SqlType type, ReadOnlySpan<byte> data, IoContext context, VectorWriter writer) =>
        Of(type.Id).Receive(type, data, context, writer);

    /// <summary>Writes PostgreSQL's binary format of a value that is not null.</summary>
    public static void Send(SqlType type, Vector vector, int row, IBufferWriter<byte> target, IoContext context) =>
        Of(type.Id).Send(type, vector, row, target, context);

    /// <summary>For messages, tests and cold paths.</summary>
    public static string FormatString(SqlType type, Vector vector, int row, IoContext context)
    {
        var buffer = new ArrayBufferWriter<byte>();
        FormatText(type, vector, row, buffer, context);
        return Utf8.ToDisplay(buffer.WrittenSpan);
    }
}
