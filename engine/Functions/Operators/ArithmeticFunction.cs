using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Planner.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Functions.Operators;

/// <summary>+ - * / % of integers and floats: operands and result have one type.</summary>
internal sealed class ArithmeticFunction : ScalarFunction
{
    private readonly ArithmeticOp _op;

    private ArithmeticFunction(ArithmeticOp op) => _op = op;

    public static ArithmeticFunction Of(string name, ArithmeticOp op, SqlType type, int oid = 0) => new(op)
    {
        Name = name, Kind = FunctionKind.Scalar, Arguments = [type, type], Result = type, Oid = oid,
    };

    public override void Invoke(FunctionContext context, ReadOnlySpan<Vector> arguments, Vector result)
    {
        var flags = Arithmetic.Evaluate(_op, arguments[0], arguments[1], context.Rows, Result.Arrow, result);
        if (flags != ArithmeticFlags.None)
            Raise(Arithmetic.Recheck(_op, arguments[0], arguments[1], context.Rows, context.Selection), Result);
    }

    internal static void Raise(ArithmeticFlags flags, SqlType type)
    {
        if ((flags & ArithmeticFlags.DivisionByZero) != 0)
            throw SqlException.DivisionByZero();
        if ((flags & ArithmeticFlags.Overflow) != 0)
        {
            throw type.Id switch
            {
                TypeId.Int2 => SqlException.OutOfRange("smallint"),
                TypeId.Int4 => SqlException.OutOfRange("integer"),
                TypeId.Int8 => SqlException.OutOfRange("bigint"),
                TypeId.Numeric => PgNumeric.Overflow(),
                _ => new SqlException(SqlState.NumericValueOutOfRange, "value out of range: overflow"),
            };
        }
        if ((flags & ArithmeticFlags.Underflow) != 0)
            throw new SqlException(SqlState.NumericValueOutOfRange, "value out of range: underflow");
    }
}

/// <summary>+ - * % / of numerics: scaled integers while the result is bounded, PgNumeric otherwise.</summary>
internal sealed unsafe class NumericFunction : ScalarFunction
{
    private readonly ArithmeticOp _op;

    private NumericFunction(ArithmeticOp op) => _op = op;

    public static NumericFunction Of(string name, ArithmeticOp op, int oid = 0) => new(op)
    {
        Name = name, Kind = FunctionKind.Scalar, Arguments = [SqlType.Numeric, SqlType.Numeric], Result = SqlType.Numeric, Oid = oid,
    };

    public override SqlType ResultType(ReadOnlySpan<SqlType> arguments) => _op switch
    {
        ArithmeticOp.Add or ArithmeticOp.Subtract => NumericTypes.Sum(arguments[0], arguments[1]),
        ArithmeticOp.Multiply => NumericTypes.Product(arguments[0], arguments[1]),
        ArithmeticOp.Modulo => NumericTypes.Common(arguments[0], arguments[1]),
        _ => SqlType.Numeric, // the digits of a quotient depend on its value
    };

    private sealed class Scratch : IDisposable
    {
        public readonly Vector Left = new();
        public readonly Vector Right = new();
        public readonly ResultColumn Rows = new();

        public void Dispose()
        {
            Left.Dispose();
            Right.Dispose();
        }
    }

    public override void Invoke(FunctionContext context, ReadOnlySpan<Vector> arguments, Vector result)
    {
        var type = context.ResultType;
        var scratch = context.State<Scratch>();
        if (type.Physical == PhysicalType.View || context.ArgumentTypes[0].Precision == 0 || context.ArgumentTypes[1].Precision == 0)
        {
            ByRow(context, arguments, result, scratch);
            return;
        }
        if (TryNarrow(context, arguments, type, result))
            return;
        var scale = _op == ArithmeticOp.Multiply ? -1 : type.Scale;
        var left = Prepare(arguments[0], context.ArgumentTypes[0], scale, type, context.Rows, scratch.Left);
        var right = Prepare(arguments[1], context.ArgumentTypes[1], scale, type, context.Rows, scratch.Right);
        if (left is null || right is null)
        {
            ByRow(context, arguments, result, scratch);
            return;
        }
        var flags = Arithmetic.Evaluate(_op, left, right, context.Rows, type.Arrow, result);
        // A value past the precision comes from NaN or an infinity among the operands: these rows go the slow way.
        if (flags != ArithmeticFlags.None || OutOfPrecision(result, context.Rows, type))
            ByRow(context, arguments, result, scratch);
    }

    /// <summary>In 64-bit lanes, whatever the declared widths, when all values fit; they are then no sentinels, and within the precision.</summary>
    private bool TryNarrow(FunctionContext context, ReadOnlySpan<Vector> arguments, SqlType type, Vector result)
    {
        if (_op is not (ArithmeticOp.Add or ArithmeticOp.Subtract or ArithmeticOp.Multiply))
            return false;
        long left = 1, right = 1;
        if (_op != ArithmeticOp.Multiply)
        {
            int leftDigits = type.Scale - context.ArgumentTypes[0].Scale, rightDigits = type.Scale - context.ArgumentTypes[1].Scale;
            if (Math.Max(leftDigits, rightDigits) > ScaledDecimal.MaxPrecision64)
                return false;
            (left, right) = (Pow10.Int64[leftDigits], Pow10.Int64[rightDigits]);
        }
        return NarrowDecimals.TryEvaluate(_op, arguments[0], left, arguments[1], right, context.Rows, type.Arrow, result);
    }

    /// <summary>The operand at the result's width and at <paramref name="scale"/> (-1: its own); null when a value does not fit.</summary>
    private static Vector? Prepare(Vector operand, SqlType from, int scale, SqlType type, int rows, Vector scratch)
    {
        var target = scale < 0 ? from.Scale : scale;
        if (from.Physical == type.Physical && from.Scale == target)
            return operand;
        return DecimalRescale.Into(operand, from.Scale, target, type.Physical, rows, scratch) ? scratch : null;
    }

    private static bool OutOfPrecision(Vector result, int rows, SqlType type)
    {
        var count = result.Kind == VectorKind.Constant ? 1 : rows;
        if (type.Physical == PhysicalType.Int64)
        {
            var limit = (ulong)Pow10.Int64[Math.Min(18, type.Precision)];
            var values = new ReadOnlySpan<long>(result.Values, count);
            var any = false;
            foreach (var value in values)
                any |= (ulong)(value + (long)limit) > 2 * limit;
            return any;
        }
        var wide = Pow10.Wide[38];
        foreach (var value in new ReadOnlySpan<Int128>(result.Values, count))
        {
            if (value > wide || value < -wide)
                return true;
        }
        return false;
    }

    private void ByRow(FunctionContext context, ReadOnlySpan<Vector> arguments, Vector result, Scratch scratch)
    {
        var rows = context.ActiveRows(arguments, strict: true);
        var column = scratch.Rows;
        column.Begin(result, context.ResultType, context.Rows);
        Nulls.Propagate(arguments[0], arguments[1], result);
        var left = new ArgumentColumn(arguments[0], context.ArgumentTypes[0]);
        var right = new ArgumentColumn(arguments[1], context.ArgumentTypes[1]);
        foreach (var row in rows)
        {
            var a = left.Read<PgNumeric>(row);
            var b = right.Read<PgNumeric>(row);
            column.Write(row, _op switch
            {
                ArithmeticOp.Add => a + b,
                ArithmeticOp.Subtract => a - b,
                ArithmeticOp.Multiply => a * b,
                ArithmeticOp.Divide => a / b,
                _ => a % b,
            });
        }
        column.End();
    }
}

/// <summary>Scaled integers from one scale and width to another.</summary>
internal static unsafe class DecimalRescale
{
    [ThreadStatic]
    private static Vector? _flat;

    /// <summary>Only to larger or equal scales and widths.</summary>
    /// <returns>False: a value does not fit (or is NaN or infinite); the result is then undefined.</returns>
    public static bool Into(Vector operand, int fromScale, int toScale, PhysicalType to, int rows, Vector result)
    {
        var count = operand.Kind == VectorKind.Constant ? 1 : rows;
        var type = to == PhysicalType.Int64 ? ArrowType.Decimal64(18, toScale) : ArrowType.Decimal128(38, toScale);
        if (operand.Kind == VectorKind.Constant)
            result.ResetConstant(type, rows, operand.IsConstantNull);
        else
        {
            result.ResetFlat(type, rows);
            Nulls.Propagate(operand, result);
        }
        if (operand.IsConstantNull)
            return true;
        if (operand.Kind is not (VectorKind.Flat or VectorKind.Constant))
        {
            // Narrow or codes: all at once, not row by row.
            var flat = _flat ??= new Vector();
            Flatten.Into(operand, rows, flat);
            operand = flat;
        }
        var digits = toScale - fromScale;
        if (to == PhysicalType.Int64)
        {
            var factor = Pow10.Int64[digits];
            var limit = long.MaxValue / factor;
            var target = (long*)result.Values;
            var bad = false;
            var source = (long*)operand.Values;
            for (var i = 0; i < count; i++)
            {
                bad |= (ulong)(source[i] + limit) > (ulong)limit * 2;
                target[i] = source[i] * factor;
            }
            return !bad;
        }
        var wide = (Int128*)result.Values;
        var wideFactor = Pow10.Wide[digits];
        if (operand.Physical == PhysicalType.Int64)
        {
            var source = (long*)operand.Values;
            for (var i = 0; i < count; i++)
            {
                if (ScaledDecimal.IsSpecial(source[i]))
                    return false;
                wide[i] = digits == 0 ? source[i] : source[i] * wideFactor;
            }
            return digits <= 19 || AllFit(operand, count, wideFactor);
        }
        for (var i = 0; i < count; i++)
        {
            var value = ((Int128*)operand.Values)[i];
            if (ScaledDecimal.IsSpecial(value) || !Wide.TryMultiply(value, wideFactor, out wide[i]))
                return false;
        }
        return true;
    }

    private static bool AllFit(Vector operand, int count, Int128 factor)
    {
        for (var i = 0; i < count; i++)
        {
            if (!Wide.TryMultiply(operand.Get<long>(i), factor, out _))
                return false;
        }
        return true;
    }
}

/// <summary>Unary minus, plus and abs keep their operand's type.</summary>
internal static class SignFunctions
{
    private sealed class Sign<T>(Func<FunctionContext, T, T> body) : RowFunction where T : struct
    {
        public override SqlType ResultType(ReadOnlySpan<SqlType> arguments) => arguments[0];

        protected override void Run(FunctionContext context, ReadOnlySpan<Vector> arguments, ReadOnlySpan<int> rows, ResultColumn result)
        {
            var column = new ArgumentColumn(arguments[0], context.ArgumentTypes[0]);
            foreach (var row in rows)
                result.Write(row, body(context, column.Read<T>(row)));
        }
    }

    private static ScalarFunction Make<T>(string name, SqlType type, Func<FunctionContext, T, T> body, bool total = false) where T : struct => new Sign<T>(body)
    {
        Name = name, Kind = FunctionKind.Scalar, Arguments = [type], Result = type, IsTotal = total,
    };

    private static ScalarFunction Identity(string name, SqlType type) => new IdentityFunction
    {
        Name = name, Kind = FunctionKind.Scalar, Arguments = [type], Result = type, IsTotal = true,
    };

    private sealed class IdentityFunction : ScalarFunction
    {
        public override SqlType ResultType(ReadOnlySpan<SqlType> arguments) => arguments[0];

        public override void Invoke(FunctionContext context, ReadOnlySpan<Vector> arguments, Vector result) => result.Reference(arguments[0]);
    }

    public static IEnumerable<FunctionInfo> All()
    {
        yield return Make<short>("-", SqlType.Int2, static (_, x) => x == short.MinValue ? throw SqlException.OutOfRange("smallint") : (short)-x);
        yield return Make<int>("-", SqlType.Int4, static (_, x) => x == int.MinValue ? throw SqlException.OutOfRange("integer") : -x);
        yield return Make<long>("-", SqlType.Int8, static (_, x) => x == long.MinValue ? throw SqlException.OutOfRange("bigint") : -x);
        yield return Make<float>("-", SqlType.Float4, static (_, x) => -x, total: true);
        yield return Make<double>("-", SqlType.Float8, static (_, x) => -x, total: true);
        yield return Make<PgNumeric>("-", SqlType.Numeric, static (_, x) => -x, total: true);
        foreach (var name in new[] { "abs", "@" })
        {
            yield return Make<short>(name, SqlType.Int2, static (_, x) => x == short.MinValue ? throw SqlException.OutOfRange("smallint") : Math.Abs(x));
            yield return Make<int>(name, SqlType.Int4, static (_, x) => x == int.MinValue ? throw SqlException.OutOfRange("integer") : Math.Abs(x));
            yield return Make<long>(name, SqlType.Int8, static (_, x) => x == long.MinValue ? throw SqlException.OutOfRange("bigint") : Math.Abs(x));
            yield return Make<float>(name, SqlType.Float4, static (_, x) => Math.Abs(x), total: true);
            yield return Make<double>(name, SqlType.Float8, static (_, x) => Math.Abs(x), total: true);
            yield return Make<PgNumeric>(name, SqlType.Numeric, static (_, x) => x.Abs(), total: true);
        }
        foreach (var type in new[] { SqlType.Int2, SqlType.Int4, SqlType.Int8, SqlType.Float4, SqlType.Float8, SqlType.Numeric })
            yield return Identity("+", type);
    }
}
