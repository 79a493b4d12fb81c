using System.Buffers;
using System.Buffers.Binary;
using OmenDb.Arrow;

namespace OmenDb.Types;

internal sealed class DateIo : TypeHandler
{
    public override void Parse(SqlType type, ReadOnlySpan<byte> text, IoContext context, VectorWriter writer) =>
        writer.Append(DateTimeParser.ParseDate(text, context));

    public override void Format(SqlType type, Vector vector, int row, IBufferWriter<byte> target, IoContext context) =>
        target.Advance(DateTimeText.FormatDate(vector.Get<int>(row), context.DateStyle, context.DateOrder, target.GetSpan(DateTimeText.MaxLength)));

    public override void Receive(SqlType type, ReadOnlySpan<byte> data, IoContext context, VectorWriter writer)
    {
        CheckLength(data, 4);
        var value = BinaryPrimitives.ReadInt32BigEndian(data);
        var days = value + (long)DateTimes.DaysTo2000;
        if (!DateTimes.IsInfinite(value) && days is < DateTimes.MinDate or > DateTimes.MaxDate)
            throw DateTimes.DateOutOfRange();
        writer.Append(DateTimes.IsInfinite(value) ? value : (int)days);
    }

    public override void Send(SqlType type, Vector vector, int row, IBufferWriter<byte> target, IoContext context)
    {
        var value = vector.Get<int>(row);
        SendInt32(DateTimes.IsInfinite(value) ? value : value - DateTimes.DaysTo2000, target);
    }
}

internal sealed class TimeIo : TypeHandler
{
    public override void Parse(SqlType type, ReadOnlySpan<byte> text, IoContext context, VectorWriter writer) =>
        writer.Append(DateTimeParser.ParseTime(text, type.Length, context));

    public override void Format(SqlType type, Vector vector, int row, IBufferWriter<byte> target, IoContext context) =>
        target.Advance(DateTimeText.FormatTime(vector.Get<long>(row), target.GetSpan(DateTimeText.MaxLength)));

    public override void Receive(SqlType type, ReadOnlySpan<byte> data, IoContext context, VectorWriter writer)
    {
        CheckLength(data, 8);
        var value = BinaryPrimitives.ReadInt64BigEndian(data);
        if (value is < 0 or > DateTimes.MicrosPerDay)
            throw new SqlException(SqlState.DatetimeFieldOverflow, "time out of range");
        writer.Append(DateTimes.RoundMicroseconds(value, type.Length));
    }

    public override void Send(SqlType type, Vector vector, int row, IBufferWriter<byte> target, IoContext context) =>
        SendInt64(vector.Get<long>(row), target);
}

internal sealed class TimeTzIo : TypeHandler
{
    private static void Append(TimeTz value, VectorWriter writer)
    {
        Span<byte> bytes = stackalloc byte[TimeTz.Length];
        value.Write(bytes);
        writer.AppendBytes(bytes);
    }

    public override void Parse(SqlType type, ReadOnlySpan<byte> text, IoContext context, VectorWriter writer) =>
        Append(DateTimeParser.ParseTimeTz(text, type.Length, context), writer);

    public override void Format(SqlType type, Vector vector, int row, IBufferWriter<byte> target, IoContext context) =>
        target.Advance(DateTimeText.FormatTimeTz(TimeTz.Read(vector.GetBytes(row)), target.GetSpan(DateTimeText.MaxLength)));

    public override void Receive(SqlType type, ReadOnlySpan<byte> data, IoContext context, VectorWriter writer)
    {
        CheckLength(data, 12);
        Append(new TimeTz(BinaryPrimitives.ReadInt64BigEndian(data), BinaryPrimitives.ReadInt32BigEndian(data[8..])), writer);
    }

    public override void Send(SqlType type, Vector vector, int row, IBufferWriter<byte> target, IoContext context)
    {
        var value = TimeTz.Read(vector.GetBytes(row));
        SendInt64(value.Micros, target);
        SendInt32(value.ZoneSecondsWest, target);
    }
}

internal sealed class TimestampIo : TypeHandler
{
    public override void Parse(SqlType type, ReadOnlySpan<byte> text, IoContext context, VectorWriter writer) =>
        writer.Append(type.Id == TypeId.Timestamp
            ? DateTimeParser.ParseTimestamp(text, type.Length, context)
            : DateTimeParser.ParseTimestampTz(text, type.Length, context));

    public override void Format(SqlType type, Vector vector, int row, IBufferWriter<byte> target, IoContext context) =>
        target.Advance(DateTimeText.FormatTimestamp(vector.Get<long>(row), type.Id == TypeId.Timestamp ? null : context.TimeZone,
            context.DateStyle, context.DateOrder, target.GetSpan(DateTimeText.MaxLength)));

    public override void Receive(SqlType type, ReadOnlySpan<byte> data, IoContext context, VectorWriter writer)
    {
        CheckLength(data, 8);
        var value = BinaryPrimitives.ReadInt64BigEndian(data);
        writer.Append(DateTimes.IsInfinite(value) ? value
            : DateTimes.RoundMicroseconds(DateTimes.CheckTimestamp((Int128)value + DateTimes.MicrosTo2000), type.Length));
    }

    public override void Send(SqlType type, Vector vector, int row, IBufferWriter<byte> target, IoContext context)
    {
        var value = vector.Get<long>(row);
        SendInt64(DateTimes.IsInfinite(value) ? value : value - DateTimes.MicrosTo2000, target);
    }
}

internal sealed class IntervalIo : TypeHandler
{
    public override void Parse(SqlType type, ReadOnlySpan<byte> text, IoContext context, VectorWriter writer) =>
        writer.Append(IntervalParser.Parse(text, IntervalFields.None, type.Length, context.IntervalStyle));

    public override void Format(SqlType type, Vector vector, int row, IBufferWriter<byte> target, IoContext context) =>
        target.Advance(IntervalText.Format(vector.Get<PgInterval>(row), context.IntervalStyle, target.GetSpan(IntervalText.MaxLength)));

    public override void Receive(SqlType type, ReadOnlySpan<byte> data, IoContext context, VectorWriter writer)
    {
        CheckLength(data, 16);
        writer.Append(new PgInterval(BinaryPrimitives.ReadInt32BigEndian(data[12..]), BinaryPrimitives.ReadInt32BigEndian(data[8..]),
            DateTimes.RoundMicroseconds(BinaryPrimitives.ReadInt64BigEndian(data), type.Length)));
    }

    public override void Send(SqlType type, Vector vector, int row, IBufferWriter<byte> target, IoContext context)
    {
        var value = vector.Get<PgInterval>(row);
        SendInt64(value.Microseconds, target);
        SendInt32(value.Days, target);
        SendInt32(value.Months, target);
    }
}
