using OmenDb.Engine.Execution;
using OmenDb.Engine.Functions.Casts;
using OmenDb.Engine.Rows;
using OmenDb.Planner.Catalog;
using OmenDb.Planner.Expressions;
using OmenDb.Types;

namespace OmenDb.Engine.Functions;

/// <summary>generate_series over integers, numerics and timestamps.</summary>
internal static class SeriesFunctions
{
    public static IEnumerable<FunctionInfo> All()
    {
        foreach (var type in new[] { SqlType.Int4, SqlType.Int8, SqlType.Numeric })
        {
            yield return new Series { Name = "generate_series", Kind = FunctionKind.Table, Arguments = [type, type], Result = type };
            yield return new Series { Name = "generate_series", Kind = FunctionKind.Table, Arguments = [type, type, type], Result = type };
        }
        foreach (var type in new[] { SqlType.Timestamp, SqlType.TimestampTz })
        {
            yield return new Series
            {
                Name = "generate_series", Kind = FunctionKind.Table, Arguments = [type, type, SqlType.Interval], Result = type,
                Volatility = type.Id == TypeId.TimestampTz ? Volatility.Stable : Volatility.Immutable,
            };
        }
    }

    private static SqlException ZeroStep() => new(SqlState.InvalidParameterValue, "step size cannot equal zero");

    private sealed class Series : TableFunctionImpl
    {
        public override double EstimateRows(ReadOnlySpan<Expression> arguments)
        {
            if (arguments.Length < 2 || arguments[0] is not ConstantExpression { Value: int or long } low || arguments[1] is not ConstantExpression { Value: int or long } high)
                return 1000;
            var step = arguments.Length > 2 && arguments[2] is ConstantExpression { Value: int or long } s ? Convert.ToDouble(s.Value) : 1;
            return step == 0 ? 1000 : Math.Max(1, Math.Floor((Convert.ToDouble(high.Value) - Convert.ToDouble(low.Value)) / step) + 1);
        }

        public override TableFunctionCall Open(ExecutionContext context, RowArguments arguments, SqlType[] resultTypes)
        {
            for (var i = 0; i < arguments.Count; i++)
            {
                if (arguments.IsNull(i))
                    return new IntegerSeries(1, 0, 1, wide: true);
            }
            switch (arguments.Type(0).Id)
            {
                case TypeId.Int4:
                    return new IntegerSeries(arguments.Get<int>(0), arguments.Get<int>(1), arguments.Count > 2 ? arguments.Get<int>(2) : 1, wide: false);
                case TypeId.Int8:
                    return new IntegerSeries(arguments.Get<long>(0), arguments.Get<long>(1), arguments.Count > 2 ? arguments.Get<long>(2) : 1, wide: true);
                case TypeId.Numeric:
                    return new NumericSeries(arguments.Get<PgNumeric>(0), arguments.Get<PgNumeric>(1), arguments.Count > 2 ? arguments.Get<PgNumeric>(2) : PgNumeric.One);
                default:
                    var zone = arguments.Type(0).Id == TypeId.TimestampTz ? context.Settings.TimeZone : TimeZoneInfo.Utc;
                    return new TimeSeries(arguments.Get<long>(0), arguments.Get<long>(1), arguments.Get<PgInterval>(2), zone);
            }
        }
    }

    private sealed class IntegerSeries : TableFunctionCall
    {
        private readonly long _stop;
        private readonly long _step;
        private readonly bool _wide;
        private long _next;
        private bool _done;

        public IntegerSeries(long start, long stop, long step, bool wide)
        {
            if (step == 0)
                throw ZeroStep();
            (_next, _stop, _step, _wide) = (start, stop, step, wide);
        }

        public override int Next(ColumnBuilder[] columns, int capacity)
        {
            var column = columns[0];
            var count = 0;
            while (count < capacity && !_done && (_step > 0 ? _next <= _stop : _next >= _stop))
            {
                if (_wide)
                    column.Append(_next);
                else
                    column.Append((int)_next);
                count++;
                var next = _next + _step;
                _done = _step > 0 ? next < _next : next > _next; // wrapped: the series ends
                _next = next;
            }
            return count;
        }
    }

    private sealed class NumericSeries : TableFunctionCall
    {
        private readonly PgNumeric _stop;
        private readonly PgNumeric _step;
        private PgNumeric _next;

        public NumericSeries(PgNumeric start, PgNumeric stop, PgNumeric step)
        {
            if (!start.IsFinite)
                throw new SqlException(SqlState.InvalidParameterValue, $"start value cannot be {(start.IsNaN ? "NaN" : "infinity")}");
            if (!stop.IsFinite)
                throw new SqlException(SqlState.InvalidParameterValue, $"stop value cannot be {(stop.IsNaN ? "NaN" : "infinity")}");
            if (!step.IsFinite)
                throw new SqlException(SqlState.InvalidParameterValue, $"step size cannot be {(step.IsNaN ? "NaN" : "infinity")}");
            if (step.IsZero)
                throw ZeroStep();
            (_next, _stop, _step) = (start, stop, step);
        }

        public override int Next(ColumnBuilder[] columns, int capacity)
        {
            var count = 0;
            for (; count < capacity && (_step.SignOf > 0 ? _next <= _stop : _next >= _stop); count++)
            {
                columns[0].AppendBytes(_next.ToBytes());
                _next += _step;
            }
            return count;
        }
    }

    private sealed class TimeSeries : TableFunctionCall
    {
        private readonly long _stop;
        private readonly PgInterval _step;
        private readonly TimeZoneInfo _zone;
        private readonly int _sign;
        private long _next;

        public TimeSeries(long start, long stop, PgInterval step, TimeZoneInfo zone)
        {
            _sign = step.CompareTo(PgInterval.Zero);
            if (_sign == 0)
                throw ZeroStep();
            (_next, _stop, _step, _zone) = (start, stop, step, zone);
        }

        public override int Next(ColumnBuilder[] columns, int capacity)
        {
            var count = 0;
            for (; count < capacity && (_sign > 0 ? _next <= _stop : _next >= _stop); count++)
            {
                columns[0].Append(_next);
                _next = Advance(_next);
            }
            return count;
        }

        // Months and days move in local time, microseconds in absolute time, as timestamptz + interval does.
        private long Advance(long time)
        {
            if (DateTimes.IsInfinite(time))
                return time;
            if (_step.Months != 0 || _step.Days != 0)
            {
                var (days, micros) = DateTimes.Split(TimeZones.ToLocal(time, _zone));
                if (_step.Months != 0)
                {
                    var (year, month, day) = DateTimes.FromDays(days);
                    var months = year * 12L + month - 1 + _step.Months;
                    year = (int)DateTimes.FloorDiv(months, 12);
                    month = (int)DateTimes.Modulo(months, 12) + 1;
                    days = DateTimes.ToDays(year, month, Math.Min(day, DateTimes.DaysInMonth(year, month)));
                }
                time = TimeZones.ToUtc(DateTimes.CheckTimestamp((Int128)(days + _step.Days) * DateTimes.MicrosPerDay + micros), _zone);
            }
            return DateTimes.CheckTimestamp((Int128)time + _step.Microseconds);
        }
    }
}
