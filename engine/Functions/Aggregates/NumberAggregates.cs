using System.Numerics;
using System.Runtime.CompilerServices;
using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Types;

namespace OmenDb.Engine.Functions.Aggregates;

/// <summary>Flat access to arguments for kernels; the scratch belongs to the thread.</summary>
internal static class AggregateInput
{
    [ThreadStatic]
    private static Vector? _scratch;

    /// <summary>The vector itself when flat; otherwise a flat copy, valid until the next call on this thread.</summary>
    public static Vector Flat(Vector vector)
    {
        if (vector.Kind == VectorKind.Flat)
            return vector;
        _scratch ??= new Vector();
        Flatten.Into(vector, vector.Length, _scratch);
        return _scratch;
    }
}

/// <summary>count(*) and count(x): the operator has dropped the null rows.</summary>
internal sealed unsafe class CountKernel : AggregateKernel
{
    public override int StateSize => sizeof(long);

    public override bool TryUpdateMasked(AggregateStates states, ReadOnlySpan<Vector> arguments, int rows, ulong* mask, int count)
    {
        *(long*)states.Slots += count;
        return true;
    }

    public override bool TryUpdateFew(AggregateStates states, ReadOnlySpan<Vector> arguments, in FewGroups rows)
    {
        for (var group = 0; group < rows.GroupCount; group++)
            ((long*)states.Slots)[group] += rows.Counts[group];
        return true;
    }

    public override void Update(AggregateStates states, ReadOnlySpan<Vector> arguments, int* rows, int count, int* groups)
    {
        var counts = (long*)states.Slots;
        if (groups == null)
        {
            *counts += count;
            return;
        }
        if (rows == null)
        {
            for (var i = 0; i < count; i++)
                counts[groups[i]]++;
        }
        else
        {
            for (var i = 0; i < count; i++)
                counts[groups[rows[i]]]++;
        }
    }

    public override void Combine(AggregateStates target, AggregateStates source, int* picked, int* map, int count)
    {
        var into = (long*)target.Slots;
        var from = (long*)source.Slots;
        for (var i = 0; i < count; i++)
        {
            var given = picked == null ? i : picked[i];
            into[map[i]] += from[given];
        }
    }

    public override void Finish(AggregateStates states, int first, int count, Vector result)
    {
        result.ResetFlat(ArrowType.Int64, count);
        Buffer.MemoryCopy((long*)states.Slots + first, result.Values, count * 8L, count * 8L);
    }
}

/// <summary>Sum and count of rows: the state of sum() and avg() over integers and scaled decimals.</summary>
internal struct WideSum
{
    public Int128 Sum;
    public long Count;
    private readonly long _padding;
}

/// <summary>sum() and avg() of integers and scaled decimals: 128-bit totals.</summary>
internal sealed unsafe class WideSumKernel<T>(int scale, SqlType result, bool average) : AggregateKernel where T : unmanaged, IBinaryInteger<T>
{
    public override int StateSize => sizeof(WideSum);

    public override object? StateKey => typeof(WideSumKernel<T>);

    public override bool TryUpdateMasked(AggregateStates states, ReadOnlySpan<Vector> arguments, int rows, ulong* mask, int count)
    {
        var sum = (WideSum*)states.Slots;
        var overflow = false;
        sum->Count += Aggregate.SumIntegers(arguments[0], rows, mask, ref sum->Sum, ref overflow);
        return overflow ? throw PgNumeric.Overflow() : true;
    }

    public override bool TryUpdateFew(AggregateStates states, ReadOnlySpan<Vector> arguments, in FewGroups rows)
    {
        var totals = stackalloc long[FewGroups.Most];
        if (!GroupSums.TryAdd(arguments[0], rows, totals, out var first))
            return false;
        var sums = (WideSum*)states.Slots;
        for (var group = 0; group < rows.GroupCount; group++)
        {
            sums[group].Sum = Add(sums[group].Sum, totals[group] + first * rows.Counts[group]);
            sums[group].Count += rows.Counts[group];
        }
        return true;
    }

    public override void Update(AggregateStates states, ReadOnlySpan<Vector> arguments, int* rows, int count, int* groups)
    {
        var sums = (WideSum*)states.Slots;
        var argument = arguments[0];
        if (groups == null && argument.Kind == VectorKind.Constant)
        {
            sums->Sum = Add(sums->Sum, Wide(*(T*)argument.Values) * count);
            sums->Count += count;
            return;
        }
        var values = (T*)AggregateInput.Flat(argument).Values;
        if (groups == null)
        {
            sums->Sum = Add(sums->Sum, Total(values, rows, count));
            sums->Count += count;
            return;
        }
        for (var i = 0; i < count; i++)
        {
            var row = rows == null ? i : rows[i];
            ref var state = ref sums[groups[row]];
            if (typeof(T) == typeof(Int128))
                state.Sum = Add(state.Sum, Wide(values[row]));
            else
                state.Sum += Wide(values[row]); // 64-bit addends: 2^63 rows would be needed
            state.Count++;
        }
    }

    private static Int128 Total(T* values, int* rows, int count)
    {
        if (typeof(T) == typeof(Int128))
        {
            Int128 wide = 0;
            for (var i = 0; i < count; i++)
                wide = Add(wide, Wide(values[rows == null ? i : rows[i]]));
            return wide;
        }
        // Low halves and signs apart: no 128-bit addition per row.
        ulong low = 0;
        long high = 0;
        for (var i = 0; i < count; i++)
        {
            var value = long.CreateTruncating(values[rows == null ? i : rows[i]]);
            low += (uint)value;
            high += value >> 32;
        }
        return ((Int128)high << 32) + low;
    }

    private static Int128 Wide(T value) => typeof(T) == typeof(Int128) ? Unsafe.BitCast<T, Int128>(value) : long.CreateTruncating(value);

    private static Int128 Add(Int128 left, Int128 right)
    {
        var sum = left + right;
        if (((left ^ sum) & (right ^ sum)) < 0)
            throw PgNumeric.Overflow();
        return sum;
    }

    public override void Combine(AggregateStates target, AggregateStates source, int* picked, int* map, int count)
    {
        var into = (WideSum*)target.Slots;
        var from = (WideSum*)source.Slots;
        for (var i = 0; i < count; i++)
        {
            var given = picked == null ? i : picked[i];
            into[map[i]].Sum = Add(into[map[i]].Sum, from[given].Sum);
            into[map[i]].Count += from[given].Count;
        }
    }

    public override void Finish(AggregateStates states, int first, int count, Vector vector)
    {
        var sums = (WideSum*)states.Slots + first;
        vector.ResetFlat(result.Arrow, count);
        Span<byte> encoded = stackalloc byte[PgNumeric.MaxSmallLength];
        for (var i = 0; i < count; i++)
        {
            if (sums[i].Count == 0)
            {
                SetNull(vector, i);
                continue;
            }
            if (average)
            {
                var quotient = PgNumeric.DivideScaled(sums[i].Sum, scale, sums[i].Count, 0);
                ((View*)vector.Values)[i] = vector.Arena!.Append(quotient.EncodedLength <= encoded.Length ? encoded[..quotient.Write(encoded)] : quotient.ToBytes());
                continue;
            }
            switch (result.Physical)
            {
                case PhysicalType.Int64:
                    if ((long)sums[i].Sum != sums[i].Sum)
                        throw SqlException.OutOfRange("bigint");
                    ((long*)vector.Values)[i] = (long)sums[i].Sum;
                    break;
                case PhysicalType.Int128:
                    ((Int128*)vector.Values)[i] = sums[i].Sum;
                    break;
                default:
                    var total = PgNumeric.FromScaled(sums[i].Sum, scale);
                    ((View*)vector.Values)[i] = vector.Arena!.Append(total.EncodedLength <= encoded.Length ? encoded[..total.Write(encoded)] : total.ToBytes());
                    break;
            }
        }
    }

    internal static void SetNull(Vector vector, int row)
    {
        Bits.Clear(vector.EnsureValidity(), row);
        var width = vector.Physical.Width();
        Unsafe.InitBlock(vector.Values + (long)row * width, 0, (uint)width);
    }
}

internal struct FloatSum
{
    public double Sum;
    public long Count;
}

/// <summary>sum() and avg() of floats, in double precision.</summary>
internal sealed unsafe class FloatSumKernel<T>(SqlType result, bool average) : AggregateKernel where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public override int StateSize => sizeof(FloatSum);

    public override void Update(AggregateStates states, ReadOnlySpan<Vector> arguments, int* rows, int count, int* groups)
    {
        var sums = (FloatSum*)states.Slots;
        var values = (T*)AggregateInput.Flat(arguments[0]).Values;
        for (var i = 0; i < count; i++)
        {
            var row = rows == null ? i : rows[i];
            ref var state = ref sums[groups == null ? 0 : groups[row]];
            var value = double.CreateTruncating(values[row]);
            var sum = state.Sum + value;
            if (double.IsInfinity(sum) && !double.IsInfinity(state.Sum) && !double.IsInfinity(value))
                throw new SqlException(SqlState.NumericValueOutOfRange, "value out of range: overflow");
            state.Sum = sum;
            state.Count++;
        }
    }

    public override void Combine(AggregateStates target, AggregateStates source, int* picked, int* map, int count)
    {
        var into = (FloatSum*)target.Slots;
        var from = (FloatSum*)source.Slots;
        for (var i = 0; i < count; i++)
        {
            var given = picked == null ? i : picked[i];
            into[map[i]].Sum += from[given].Sum;
            into[map[i]].Count += from[given].Count;
        }
    }

    public override void Finish(AggregateStates states, int first, int count, Vector vector)
    {
        var sums = (FloatSum*)states.Slots + first;
        vector.ResetFlat(result.Arrow, count);
        for (var i = 0; i < count; i++)
        {
            if (sums[i].Count == 0)
            {
                WideSumKernel<long>.SetNull(vector, i);
                continue;
            }
            var value = average ? sums[i].Sum / sums[i].Count : sums[i].Sum;
            if (result.Physical == PhysicalType.Float32)
                ((float*)vector.Values)[i] = (float)value;
            else
                ((double*)vector.Values)[i] = value;
        }
    }
}

/// <summary>Smallest or largest of a fixed-width type whose CLR order is the SQL order.</summary>
internal sealed unsafe class ExtremeKernel<T>(SqlType type, bool max) : AggregateKernel where T : unmanaged, IComparable<T>
{
    private struct State
    {
        public T Value;
        public bool Seen;
    }

    public override int StateSize => sizeof(State);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Compare(T left, T right)
    {
        if (typeof(T) == typeof(double) || typeof(T) == typeof(float))
        {
            // NaN is the largest.
            double a = typeof(T) == typeof(double) ? Unsafe.BitCast<T, double>(left) : Unsafe.BitCast<T, float>(left);
            double b = typeof(T) == typeof(double) ? Unsafe.BitCast<T, double>(right) : Unsafe.BitCast<T, float>(right);
            return a < b ? -1 : a > b ? 1 : a == b ? 0 : double.IsNaN(a) ? (double.IsNaN(b) ? 0 : 1) : -1;
        }
        return left.CompareTo(right);
    }

    public override void Update(AggregateStates states, ReadOnlySpan<Vector> arguments, int* rows, int count, int* groups)
    {
        var slots = (State*)states.Slots;
        var values = (T*)AggregateInput.Flat(arguments[0]).Values;
        for (var i = 0; i < count; i++)
        {
            var row = rows == null ? i : rows[i];
            ref var state = ref slots[groups == null ? 0 : groups[row]];
            var value = values[row];
            if (!state.Seen || (max ? Compare(value, state.Value) > 0 : Compare(value, state.Value) < 0))
            {
                state.Value = value;
                state.Seen = true;
            }
        }
    }

    public override void Combine(AggregateStates target, AggregateStates source, int* picked, int* map, int count)
    {
        var into = (State*)target.Slots;
        var from = (State*)source.Slots;
        for (var i = 0; i < count; i++)
        {
            var given = picked == null ? i : picked[i];
            if (!from[given].Seen)
                continue;
            ref var state = ref into[map[i]];
            if (!state.Seen || (max ? Compare(from[given].Value, state.Value) > 0 : Compare(from[given].Value, state.Value) < 0))
                state = from[given];
        }
    }

    public override void Finish(AggregateStates states, int first, int count, Vector result)
    {
        var slots = (State*)states.Slots + first;
        result.ResetFlat(type.Arrow, count);
        for (var i = 0; i < count; i++)
        {
            if (slots[i].Seen)
                ((T*)result.Values)[i] = slots[i].Value;
            else
                WideSumKernel<long>.SetNull(result, i);
        }
    }
}

/// <summary>bool_and and bool_or.</summary>
internal sealed unsafe class BoolKernel(bool and) : AggregateKernel
{
    // 0: nothing seen, 1: false, 2: true
    public override int StateSize => 1;

    public override void Update(AggregateStates states, ReadOnlySpan<Vector> arguments, int* rows, int count, int* groups)
    {
        for (var i = 0; i < count; i++)
        {
            var row = rows == null ? i : rows[i];
            Take(ref states.Slots[groups == null ? 0 : groups[row]], arguments[0].GetBool(row) ? (byte)2 : (byte)1);
        }
    }

    private void Take(ref byte state, byte value)
    {
        if (value != 0)
            state = state == 0 ? value : and ? Math.Min(state, value) : Math.Max(state, value);
    }

    public override void Combine(AggregateStates target, AggregateStates source, int* picked, int* map, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var given = picked == null ? i : picked[i];
            Take(ref target.Slots[map[i]], source.Slots[given]);
        }
    }

    public override void Finish(AggregateStates states, int first, int count, Vector result)
    {
        result.ResetFlat(ArrowType.Bool, count);
        for (var i = 0; i < count; i++)
        {
            var state = states.Slots[first + i];
            if (state == 2)
                Bits.Set((ulong*)result.Values, i);
            else
                Bits.Clear((ulong*)result.Values, i);
            if (state == 0)
                Bits.Clear(result.EnsureValidity(), i);
        }
    }
}

/// <summary>Smallest or largest of strings and unbounded numerics: one copy of the bytes per group.</summary>
internal sealed unsafe class BytesExtremeKernel(SqlType type, bool max) : AggregateKernel
{
    private sealed class Holder
    {
        public byte[] Bytes = [];
        public int Length;

        public ReadOnlySpan<byte> Span => Bytes.AsSpan(0, Length);

        public void Set(ReadOnlySpan<byte> value)
        {
            if (Bytes.Length < value.Length)
                Bytes = new byte[Math.Max(16, (int)BitOperations.RoundUpToPowerOf2((uint)value.Length))];
            value.CopyTo(Bytes);
            Length = value.Length;
        }
    }

    public override int StateSize => 0;

    public override bool IsManaged => true;

    private void Take(ref object? state, ReadOnlySpan<byte> value)
    {
        if (state is not Holder holder)
        {
            state = holder = new Holder();
            holder.Set(value);
            return;
        }
        var order = type.Id == TypeId.Numeric ? PgNumeric.Read(value).CompareTo(PgNumeric.Read(holder.Span)) : value.SequenceCompareTo(holder.Span);
        if (max ? order > 0 : order < 0)
            holder.Set(value);
    }

    public override void Update(AggregateStates states, ReadOnlySpan<Vector> arguments, int* rows, int count, int* groups)
    {
        for (var i = 0; i < count; i++)
        {
            var row = rows == null ? i : rows[i];
            Take(ref states.Objects[groups == null ? 0 : groups[row]], arguments[0].GetBytes(row));
        }
    }

    public override void Combine(AggregateStates target, AggregateStates source, int* picked, int* map, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var given = picked == null ? i : picked[i];
            if (source.Objects[given] is Holder holder)
                Take(ref target.Objects[map[i]], holder.Span);
        }
    }

    public override void Finish(AggregateStates states, int first, int count, Vector result)
    {
        result.ResetFlat(type.Arrow, count);
        for (var i = 0; i < count; i++)
        {
            if (states.Objects[first + i] is Holder holder)
                ((View*)result.Values)[i] = result.Arena!.Append(holder.Span);
            else
                WideSumKernel<long>.SetNull(result, i);
        }
    }
}

/// <summary>sum() and avg() of unbounded numerics and intervals: one object per group.</summary>
internal sealed unsafe class ObjectSumKernel(SqlType argument, bool average) : AggregateKernel
{
    private sealed class Total
    {
        public PgNumeric Number = PgNumeric.Zero;
        public PgInterval Interval;
        public long Count;
    }

    private readonly bool _interval = argument.Id == TypeId.Interval;

    public override int StateSize => 0;

    public override bool IsManaged => true;

    public override void Update(AggregateStates states, ReadOnlySpan<Vector> arguments, int* rows, int count, int* groups)
    {
        var column = new ArgumentColumn(arguments[0], argument);
        for (var i = 0; i < count; i++)
        {
            var row = rows == null ? i : rows[i];
            var total = (Total)(states.Objects[groups == null ? 0 : groups[row]] ??= new Total());
            if (_interval)
                total.Interval += column.Read<PgInterval>(row);
            else
                total.Number += column.Read<PgNumeric>(row);
            total.Count++;
        }
    }

    public override void Combine(AggregateStates target, AggregateStates source, int* picked, int* map, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var given = picked == null ? i : picked[i];
            if (source.Objects[given] is not Total from)
                continue;
            var into = (Total)(target.Objects[map[i]] ??= new Total());
            into.Interval += from.Interval;
            into.Number += from.Number;
            into.Count += from.Count;
        }
    }

    public override void Finish(AggregateStates states, int first, int count, Vector result)
    {
        var column = new ResultColumn();
        column.Begin(result, _interval ? SqlType.Interval : SqlType.Numeric, count);
        for (var i = 0; i < count; i++)
        {
            if (states.Objects[first + i] is not Total total)
                column.WriteNull(i);
            else if (_interval)
                column.Write(i, average ? PgInterval.Divide(total.Interval, total.Count) : total.Interval);
            else
                column.Write(i, average ? total.Number / PgNumeric.FromInt64(total.Count) : total.Number);
        }
        column.End();
    }
}
