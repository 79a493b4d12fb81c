using System.Text;
using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Planner.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Functions.Times;

/// <summary>extract() as numeric, date_part() as double precision.</summary>
/// <remarks>A constant field is parsed once per batch. Calendar fields take few values: their encoded numerics are kept in a
/// small table, so that a batch of dates costs the calendar arithmetic and one 16-byte copy per row.</remarks>
internal sealed unsafe class ExtractFunctions : ScalarFunction
{
    private const int CacheSize = 4096;

    private readonly SqlType _source;
    private readonly bool _isFloat;

    private ExtractFunctions(SqlType source, bool isFloat)
    {
        _source = source;
        _isFloat = isFloat;
    }

    public static IEnumerable<FunctionInfo> All()
    {
        foreach (var isFloat in new[] { false, true })
        {
            foreach (var source in new[] { SqlType.Date, SqlType.Timestamp, SqlType.TimestampTz, SqlType.Time, SqlType.TimeTz, SqlType.Interval })
            {
                yield return new ExtractFunctions(source, isFloat)
                {
                    Name = isFloat ? "date_part" : "extract", Kind = FunctionKind.Scalar, Arguments = [SqlType.Text, source],
                    Result = isFloat ? SqlType.Float8 : SqlType.Numeric,
                    Volatility = source.Id == TypeId.TimestampTz ? Volatility.Stable : Volatility.Immutable,
                };
            }
        }
    }

    private sealed class State
    {
        public readonly long[] Keys = new long[CacheSize];
        public readonly View[] Views = new View[CacheSize];
        public readonly bool[] Filled = new bool[CacheSize];
    }

    public override void Invoke(FunctionContext context, ReadOnlySpan<Vector> arguments, Vector result)
    {
        var rows = context.ActiveRows(arguments, strict: true);
        var source = arguments[1];
        if (_isFloat)
            result.ResetFlat(ArrowType.Float64, context.Rows);
        else
        {
            result.ResetFlat(ArrowType.BinaryView, context.Rows);
            System.Runtime.CompilerServices.Unsafe.InitBlock(result.Values, 0, (uint)(context.Rows * sizeof(View)));
        }
        Nulls.Propagate(arguments[0], source, result);
        if (rows.IsEmpty)
            return;
        var constant = arguments[0].Kind == VectorKind.Constant;
        var name = Encoding.UTF8.GetString(arguments[0].GetBytes(rows[0]));
        var field = DateTimeFields.Parse(name, TypeName());
        if (constant && IsCalendar(field) && _source.Id is TypeId.Date or TypeId.Timestamp or TypeId.TimestampTz)
        {
            Calendar(context, field, source, rows, result);
            return;
        }
        foreach (var row in rows)
        {
            if (!constant)
            {
                name = Encoding.UTF8.GetString(arguments[0].GetBytes(row));
                field = DateTimeFields.Parse(name, TypeName());
            }
            Write(result, row, General(context, field, name, source, row));
        }
    }

    private void Calendar(FunctionContext context, DateTimeField field, Vector source, ReadOnlySpan<int> rows, Vector result)
    {
        var cache = context.State<State>();
        var zone = _source.Id == TypeId.TimestampTz ? DateTimeOperators.Zone(context) : null;
        Span<byte> encoded = stackalloc byte[PgNumeric.MaxSmallLength];
        foreach (var row in rows)
        {
            int days;
            if (_source.Id == TypeId.Date)
                days = source.Get<int>(row);
            else
            {
                var time = source.Get<long>(row);
                days = DateTimes.IsInfinite(time) ? (time < 0 ? DateTimes.DateNegativeInfinity : DateTimes.DateInfinity)
                    : (int)DateTimes.FloorDiv(zone is null ? time : time + zone.OffsetAtUtc(time) * DateTimes.MicrosPerSecond, DateTimes.MicrosPerDay);
            }
            if (DateTimes.IsInfinite(days))
            {
                Write(result, row, DateTimeFields.Extract(field, days < 0 ? DateTimes.TimestampNegativeInfinity : DateTimes.TimestampInfinity));
                continue;
            }
            var value = DateTimeFields.DateField(field, days);
            if (_isFloat)
            {
                ((double*)result.Values)[row] = value;
                continue;
            }
            var slot = (int)value & CacheSize - 1;
            if (!cache.Filled[slot] || cache.Keys[slot] != value)
            {
                var length = PgNumeric.FromInt64(value).Write(encoded);
                cache.Views[slot] = View.Inline(encoded[..length]); // 64-bit integers take 10 bytes
                cache.Keys[slot] = value;
                cache.Filled[slot] = true;
            }
            ((View*)result.Values)[row] = cache.Views[slot];
        }
    }

    private static bool IsCalendar(DateTimeField field) => field is DateTimeField.Day or DateTimeField.Week or DateTimeField.Month or DateTimeField.Quarter
        or DateTimeField.Year or DateTimeField.Decade or DateTimeField.Century or DateTimeField.Millennium or DateTimeField.DayOfWeek
        or DateTimeField.IsoDayOfWeek or DateTimeField.DayOfYear or DateTimeField.IsoYear;

    private PgNumeric? General(FunctionContext context, DateTimeField field, string name, Vector source, int row)
    {
        switch (_source.Id)
        {
            case TypeId.Date:
                var days = source.Get<int>(row);
                if (!IsCalendar(field) && field is not (DateTimeField.Epoch or DateTimeField.Julian))
                    throw NotSupported(name);
                if (DateTimes.IsInfinite(days))
                    return DateTimeFields.Extract(field, DateTimes.DateToTimestamp(days));
                return field switch
                {
                    DateTimeField.Epoch => days * 86400L,
                    DateTimeField.Julian => days + 2440588L,
                    _ => DateTimeFields.DateField(field, days),
                };
            case TypeId.Timestamp:
                return DateTimeFields.Extract(field, source.Get<long>(row));
            case TypeId.TimestampTz:
                return DateTimeFields.Extract(field, source.Get<long>(row), DateTimeOperators.Zone(context));
            case TypeId.Time:
                var micros = source.Get<long>(row);
                return DateTimeFields.TimeField(field, micros) ?? (field == DateTimeField.Epoch ? PgNumeric.FromScaled(micros, 6) : throw NotSupported(name));
            case TypeId.TimeTz:
                var time = TimeTz.Read(source.GetBytes(row));
                return field switch
                {
                    DateTimeField.Epoch => PgNumeric.FromScaled(time.Micros + time.ZoneSecondsWest * DateTimes.MicrosPerSecond, 6),
                    DateTimeField.Timezone => -time.ZoneSecondsWest,
                    DateTimeField.TimezoneHour => -time.ZoneSecondsWest / 3600,
                    DateTimeField.TimezoneMinute => -time.ZoneSecondsWest / 60 % 60,
                    _ => DateTimeFields.TimeField(field, time.Micros) ?? throw NotSupported(name),
                };
            default:
                if (field is DateTimeField.Week or DateTimeField.DayOfWeek or DateTimeField.IsoDayOfWeek or DateTimeField.DayOfYear or DateTimeField.IsoYear
                    or DateTimeField.Julian or DateTimeField.Timezone or DateTimeField.TimezoneHour or DateTimeField.TimezoneMinute)
                    throw NotSupported(name);
                return DateTimeFields.Extract(field, source.Get<PgInterval>(row));
        }
    }

    private SqlException NotSupported(string name) => new(SqlState.FeatureNotSupported, $"unit \"{name}\" not supported for type {TypeName()}");

    private string TypeName() => Casts.TypeNames.Of(_source);

    private void Write(Vector result, int row, PgNumeric? value)
    {
        if (value is null)
        {
            Bits.Clear(result.EnsureValidity(), row);
            if (_isFloat)
                ((double*)result.Values)[row] = 0;
        }
        else if (_isFloat)
            ((double*)result.Values)[row] = value.Value.ToDouble();
        else
            ((View*)result.Values)[row] = result.Arena!.Append(value.Value.ToBytes());
    }
}
