using System.Runtime.CompilerServices;
using OmenDb.Arrow;
using OmenDb.Engine.Functions;
using OmenDb.Engine.Functions.Casts;
using OmenDb.Engine.Operators.Sorting;
using OmenDb.Planner.Expressions;
using OmenDb.Types;

namespace OmenDb.Engine.Operators.Windows;

/// <summary>The frame of each row of a partition as a range of its rows, for ROWS, RANGE and GROUPS.</summary>
internal sealed class FrameBounds
{
    private readonly WindowFrame _frame;
    private readonly Vector[] _columns;
    private readonly RowSorter.Key[] _orderKeys;
    private readonly int _start;
    private readonly int _count;
    private readonly int[] _peerStart;
    private readonly int[] _peerEnd;
    private readonly int _startOffset;
    private readonly int _endOffset;
    private readonly SqlType _startType;
    private readonly SqlType _endType;
    private readonly int[] _groupOf = [];
    private readonly List<int> _groupStarts = [];

    public FrameBounds(BoundWindowCall call, WindowOperator owner, Vector[] columns, RowSorter.Key[] orderKeys, int start, int count, int[] peerStart, int[] peerEnd)
    {
        _frame = call.Call.Frame;
        _columns = columns;
        _orderKeys = orderKeys;
        _start = start;
        _count = count;
        _peerStart = peerStart;
        _peerEnd = peerEnd;
        _startOffset = call.StartOffset;
        _endOffset = call.EndOffset;
        _startType = call.StartOffset < 0 ? SqlType.Unknown : owner.StoredTypes[owner.InputCount + call.StartOffset];
        _endType = call.EndOffset < 0 ? SqlType.Unknown : owner.StoredTypes[owner.InputCount + call.EndOffset];
        if (_frame.Mode != FrameMode.Groups)
            return;
        _groupOf = new int[count];
        for (var row = 0; row < count; row = peerEnd[row])
        {
            _groupStarts.Add(row);
            for (var i = row; i < peerEnd[row]; i++)
                _groupOf[i] = _groupStarts.Count - 1;
        }
    }

    public WindowFrame Frame => _frame;

    public int PeerStart(int row) => _peerStart[row];

    public int PeerEnd(int row) => _peerEnd[row];

    public void Of(int row, out int start, out int end)
    {
        start = Bound(row, _frame.Start, _startOffset, _startType, isStart: true);
        end = Bound(row, _frame.End, _endOffset, _endType, isStart: false);
        start = Math.Clamp(start, 0, _count);
        end = Math.Max(start, Math.Clamp(end, 0, _count));
    }

    private int Bound(int row, FrameBound bound, int offsetColumn, SqlType offsetType, bool isStart)
    {
        switch (bound.Kind)
        {
            case FrameBoundKind.UnboundedPreceding: return 0;
            case FrameBoundKind.UnboundedFollowing: return _count;
            case FrameBoundKind.CurrentRow:
                return _frame.Mode == FrameMode.Rows ? (isStart ? row : row + 1) : isStart ? _peerStart[row] : _peerEnd[row];
        }
        var sign = bound.Kind == FrameBoundKind.Preceding ? -1 : 1;
        var column = _columns[offsetColumn];
        if (!column.IsValid(_start + row))
            throw new SqlException(SqlState.NullValueNotAllowed, $"frame {(isStart ? "starting" : "ending")} offset must not be null");
        if (_frame.Mode == FrameMode.Range)
            return RangeBound(row, sign, column, offsetType, isStart);
        var offset = offsetType.Physical switch
        {
            PhysicalType.Int16 => column.Get<short>(_start + row),
            PhysicalType.Int32 => column.Get<int>(_start + row),
            _ => column.Get<long>(_start + row),
        };
        if (offset < 0)
            throw NegativeOffset(isStart);
        offset = Math.Min(offset, _count + 1L);
        if (_frame.Mode == FrameMode.Rows)
            return (int)(row + sign * offset) + (isStart ? 0 : 1);
        var group = _groupOf[row] + sign * offset;
        if (group < 0)
            return 0;
        if (group >= _groupStarts.Count)
            return _count;
        return isStart ? _groupStarts[(int)group] : _peerEnd[_groupStarts[(int)group]];
    }

    private static SqlException NegativeOffset(bool isStart) =>
        new(SqlState.InvalidPrecedingOrFollowingSize, $"frame {(isStart ? "starting" : "ending")} offset must not be negative");

    /// <summary>The first row (start) or the row past the last (end) whose key lies within the offset. Keys are sorted: a binary search.</summary>
    private int RangeBound(int row, int sign, Vector offsets, SqlType offsetType, bool isStart)
    {
        var key = _orderKeys[0];
        if (!key.Column.IsValid(_start + row))
            return isStart ? _peerStart[row] : _peerEnd[row]; // nulls are peers of each other only
        if (key.Descending)
            sign = -sign;
        var target = Target(key, _start + row, sign, offsets, offsetType, isStart);
        // Among the rows that are not null; those stand together.
        var low = 0;
        var high = _count;
        if (key.NullsFirst)
        {
            while (low < high && !key.Column.IsValid(_start + low))
                low++;
        }
        else
        {
            while (high > low && !key.Column.IsValid(_start + high - 1))
                high--;
        }
        while (low < high)
        {
            var middle = (low + high) / 2;
            var order = target(_start + middle); // key - bound
            if (key.Descending)
                order = -order;
            // start: the first row with key >= bound; end: the first row with key > bound
            if (isStart ? order < 0 : order <= 0)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    /// <summary>A comparison of any row's key with this row's key moved by the offset.</summary>
    private static Func<int, int> Target(RowSorter.Key key, int row, int sign, Vector offsets, SqlType offsetType, bool isStart)
    {
        var column = key.Column;
        switch (key.Type.Id)
        {
            case TypeId.Int2 or TypeId.Int4 or TypeId.Int8:
                var integer = Integer(offsets, row);
                if (integer < 0)
                    throw NegativeOffset(isStart);
                var bound = (Int128)Integer(column, row) + sign * (Int128)integer;
                return r => ((Int128)Integer(column, r)).CompareTo(bound);
            case TypeId.Float4 or TypeId.Float8:
                var offset = Float(offsets, row);
                if (!(offset >= 0))
                    throw NegativeOffset(isStart);
                var floatBound = Float(column, row) + sign * offset;
                return r => Float(column, r).CompareTo(floatBound);
            case TypeId.Numeric:
                var numericOffset = new ArgumentColumn(offsets, offsetType).Read<PgNumeric>(row);
                if (numericOffset.SignOf < 0)
                    throw NegativeOffset(isStart);
                var keys = new ArgumentColumn(column, key.Type);
                var numericBound = sign < 0 ? keys.Read<PgNumeric>(row) - numericOffset : keys.Read<PgNumeric>(row) + numericOffset;
                return r => new ArgumentColumn(column, key.Type).Read<PgNumeric>(r).CompareTo(numericBound);
            case TypeId.Date or TypeId.Timestamp or TypeId.TimestampTz or TypeId.Time when offsetType.Id == TypeId.Interval:
                var interval = Unsafe.BitCast<Int128, PgInterval>(offsets.Get<Int128>(row));
                if (interval < PgInterval.Zero)
                    throw NegativeOffset(isStart);
                var time = Moved(Micros(column, row, key.Type), sign < 0 ? -interval : interval);
                return r => Micros(column, r, key.Type).CompareTo(time);
            default:
                throw SqlException.NotSupported($"RANGE with offset PRECEDING/FOLLOWING for column type {TypeNames.Of(key.Type)} and offset type {TypeNames.Of(offsetType)}");
        }
    }

    private static long Integer(Vector column, int row) => column.Physical switch
    {
        PhysicalType.Int16 => column.Get<short>(row),
        PhysicalType.Int32 => column.Get<int>(row),
        _ => column.Get<long>(row),
    };

    private static double Float(Vector column, int row) => column.Physical == PhysicalType.Float32 ? column.Get<float>(row) : column.Get<double>(row);

    private static long Micros(Vector column, int row, SqlType type) =>
        type.Id == TypeId.Date ? DateTimes.DateToTimestamp(column.Get<int>(row)) : column.Get<long>(row);

    private static long Moved(long time, PgInterval interval)
    {
        if (DateTimes.IsInfinite(time))
            return time;
        var (days, micros) = DateTimes.Split(time);
        if (interval.Months != 0)
        {
            var (year, month, day) = DateTimes.FromDays(days);
            var months = year * 12L + month - 1 + interval.Months;
            year = (int)DateTimes.FloorDiv(months, 12);
            month = (int)DateTimes.Modulo(months, 12) + 1;
            days = DateTimes.ToDays(year, month, Math.Min(day, DateTimes.DaysInMonth(year, month)));
        }
        return (long)((Int128)(days + (long)interval.Days) * DateTimes.MicrosPerDay + micros + interval.Microseconds);
    }
}
