using System.Runtime.CompilerServices;
using System.Text;
using OmenDb.Arrow;
using OmenDb.Engine.Expressions;
using OmenDb.Types;

namespace OmenDb.Engine.Functions;

/// <summary>What text input and output need of an execution's settings.</summary>
public static class IoContexts
{
    private static readonly ConditionalWeakTable<ExecutionContext, IoContext> Cache = [];

    public static IoContext Of(ExecutionContext execution) => Cache.GetValue(execution, static e => Make(e));

    private static IoContext Make(ExecutionContext execution)
    {
        var settings = execution.Settings;
        var style = settings.DateStyle;
        return new IoContext
        {
            TimeZone = Types.TimeZone.TryGet(settings.TimeZoneName, out var zone) ? zone : Types.TimeZone.Utc,
            DateStyle = Has("german") ? DateStyle.German : Has("sql") ? DateStyle.Sql : Has("postgres") ? DateStyle.Postgres : DateStyle.Iso,
            DateOrder = Has("dmy") ? DateOrder.Dmy : Has("ymd") ? DateOrder.Ymd : DateOrder.Mdy,
            IntervalStyle = settings.IntervalStyle.ToLowerInvariant() switch
            {
                "postgres_verbose" => IntervalStyle.PostgresVerbose,
                "sql_standard" => IntervalStyle.SqlStandard,
                "iso_8601" => IntervalStyle.Iso8601,
                _ => IntervalStyle.Postgres,
            },
            ExtraFloatDigits = settings.ExtraFloatDigits,
            Now = execution.TransactionTimestamp,
            EnumLabels = (execution.Session as Session.SessionServices)?.Session.Settings.EnumLabels,
            Names = (execution.Session as Session.SessionServices)?.Session.Settings.ObjectNames,
        };
        bool Has(string word) => style.Contains(word, StringComparison.OrdinalIgnoreCase);
    }
}

/// <summary>Boxed values: text, parsing and order. For functions over arrays, json and the like, not for hot paths.</summary>
internal static class BoxedValues
{
    /// <summary>As the type's output function prints it.</summary>
    public static string Text(object value, SqlType type, IoContext io)
    {
        if (value is string plain && type.Id is not TypeId.Char)
            return plain;
        using var vector = new Vector();
        ValueBox.ToConstant(value, type, vector, 1);
        return TypeIo.FormatString(type, vector, 0, io);
    }

    /// <summary>Through the type's input function.</summary>
    public static object? Parse(string text, SqlType type, IoContext io)
    {
        using var vector = new Vector();
        var writer = new VectorWriter(type.Arrow, vector, 1);
        TypeIo.Parse(type, Encoding.UTF8.GetBytes(text), io, writer);
        return ValueBox.Get(vector, 0, type);
    }

    public static PgNumeric ToNumeric(object value, SqlType type) => value switch
    {
        short s => s,
        int i => i,
        long l when type.Id == TypeId.Numeric => PgNumeric.FromDecimal64(l, type.Scale),
        long l => l,
        Int128 w => PgNumeric.FromDecimal128(w, type.Scale),
        byte[] b => PgNumeric.Read(b),
        double d => PgNumeric.FromDouble(d),
        float f => PgNumeric.FromSingle(f),
        _ => throw SqlException.Internal($"a {value.GetType().Name} is no number"),
    };

    /// <summary>SQL order of two values of one type; nulls last.</summary>
    public static int Compare(object? left, object? right, SqlType type)
    {
        if (left is null || right is null)
            return (left is null ? 1 : 0) - (right is null ? 1 : 0);
        switch (left)
        {
            case bool b: return b.CompareTo((bool)right);
            case short s: return s.CompareTo((short)right);
            case int i: return i.CompareTo(Convert.ToInt32(right));
            case long l: return l.CompareTo((long)right);
            case Int128 w when type.Physical == PhysicalType.Fixed16: return Bytes(w).AsSpan().SequenceCompareTo(Bytes((Int128)right));
            case Int128 w: return w.CompareTo((Int128)right);
            case double d: return CompareFloat(d, (double)right);
            case float f: return CompareFloat(f, (float)right);
            case string s: return Encoding.UTF8.GetBytes(s).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes((string)right));
            case byte[] n when type.Id == TypeId.Numeric: return PgNumeric.Read(n).CompareTo(PgNumeric.Read((byte[])right));
            case byte[] b: return b.AsSpan().SequenceCompareTo((byte[])right);
            case PgInterval v: return v.CompareTo((PgInterval)right);
            case object?[] a:
                // Element by element whatever the dimensions are, which decide last.
                var (first, second) = (NestedArray.Flat(a, out var firstShape), NestedArray.Flat((object?[])right, out var secondShape));
                for (var k = 0; k < Math.Min(first.Length, second.Length); k++)
                {
                    var order = Compare(first[k], second[k], ValueBox.ElementType(type));
                    if (order != 0)
                        return order;
                }
                return first.Length != second.Length ? first.Length.CompareTo(second.Length) : ListShape.Compare(firstShape, secondShape, first.Length);
            default: throw SqlException.Internal($"no order for a {left.GetType().Name}");
        }
    }

    /// <summary>IS NOT DISTINCT FROM.</summary>
    public static bool Same(object? left, object? right, SqlType type) =>
        left is string a && right is string b ? a == b : left is null ? right is null : right is not null && Compare(left, right, type) == 0;

    private static byte[] Bytes(Int128 value)
    {
        var bytes = new byte[16];
        System.Runtime.InteropServices.MemoryMarshal.Write(bytes, in value);
        return bytes;
    }

    private static int CompareFloat(double a, double b) =>
        a < b ? -1 : a > b ? 1 : a == b ? 0 : double.IsNaN(a) ? (double.IsNaN(b) ? 0 : 1) : -1;
}
