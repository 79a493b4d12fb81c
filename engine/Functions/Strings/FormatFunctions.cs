using System.Buffers;
using System.Text;
using OmenDb.Planner.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Functions.Strings;

/// <summary>concat, concat_ws, || with other types, format, quote_*.</summary>
internal static class FormatFunctions
{
    public static IEnumerable<FunctionInfo> All()
    {
        yield return Scalar.Text("concat", [SqlType.Any, SqlType.Any], static (c, a, text) =>
        {
            for (var i = 0; i < a.Count; i++)
                Append(c, a, i, text);
        }, Volatility.Stable, strict: false, variadic: true);
        yield return Scalar.Row("concat_ws", [SqlType.Text, SqlType.Any], SqlType.Text, static (c, a) =>
        {
            if (a.IsNull(0))
                return null;
            var text = new ArrayBufferWriter<byte>();
            var first = true;
            for (var i = 1; i < a.Count; i++)
            {
                if (a.IsNull(i))
                    continue;
                if (!first)
                    text.Write(a.Get<ReadOnlySpan<byte>>(0));
                first = false;
                Append(c, a, i, text);
            }
            return text.WrittenSpan.ToArray();
        }, Volatility.Stable, strict: false, variadic: true);
        // Each type by name: "any" would also take arrays, whose || is another operator.
        foreach (var type in new[]
        {
            SqlType.Bool, SqlType.Int2, SqlType.Int4, SqlType.Int8, SqlType.Float4, SqlType.Float8, SqlType.Numeric, SqlType.Json, SqlType.Jsonb, SqlType.Uuid,
            SqlType.Date, SqlType.Time, SqlType.TimeTz, SqlType.Timestamp, SqlType.TimestampTz, SqlType.Interval, SqlType.Oid, SqlType.InternalChar,
        })
        {
            foreach (var arguments in new SqlType[][] { [SqlType.Text, type], [type, SqlType.Text] })
            {
                yield return new TextConcat
                {
                    Name = "||", Kind = FunctionKind.Scalar, Arguments = [.. arguments], Result = SqlType.Text, Volatility = Volatility.Stable,
                };
            }
        }
        yield return Scalar.Row<string?>("format", [SqlType.Text, SqlType.Any], SqlType.Text, static (c, a) => a.IsNull(0) ? null : Format(c, a), Volatility.Stable,
            strict: false, variadic: true);
        yield return Scalar.Of<string, string>("quote_ident", [SqlType.Text], SqlType.Text, static (_, s) => QuoteIdentifier(s), total: true);
        yield return Scalar.Of<string, string>("quote_literal", [SqlType.Text], SqlType.Text, static (_, s) => QuoteLiteral(s), total: true);
        yield return Scalar.Row("quote_literal", [SqlType.AnyElement], SqlType.Text, static (c, a) => QuoteLiteral(TextOf(c, a, 0, asCast: true)), Volatility.Stable);
        yield return Scalar.Row("quote_nullable", [SqlType.Text], SqlType.Text, static (_, a) => a.IsNull(0) ? "NULL" : QuoteLiteral(a.Get<string>(0)), strict: false);
        yield return Scalar.Row("quote_nullable", [SqlType.AnyElement], SqlType.Text, static (c, a) => a.IsNull(0) ? "NULL" : QuoteLiteral(TextOf(c, a, 0, asCast: true)),
            Volatility.Stable, strict: false);
    }

    /// <summary>text || a value of another type, as its cast to text has it.</summary>
    private sealed class TextConcat : RowFunction
    {
        protected override void Run(FunctionContext context, ReadOnlySpan<Arrow.Vector> arguments, ReadOnlySpan<int> rows, ResultColumn result)
        {
            foreach (var row in rows)
            {
                var pair = new RowArguments(arguments, context.ArgumentTypes, row);
                Append(context, pair, 0, result.Text, asCast: true);
                Append(context, pair, 1, result.Text, asCast: true);
                result.WriteText(row);
            }
        }
    }

    /// <summary>The argument's text; bool as its output function has it, or as a cast to text has it.</summary>
    private static void Append(FunctionContext context, RowArguments arguments, int index, ArrayBufferWriter<byte> target, bool asCast = false)
    {
        if (arguments.IsNull(index))
            return;
        if (asCast && arguments.Type(index).Id == TypeId.Bool)
            target.Write(arguments.Get<bool>(index) ? "true"u8 : "false"u8);
        else
            arguments.Format(index, target, IoContexts.Of(context.Execution));
    }

    internal static string TextOf(FunctionContext context, RowArguments arguments, int index, bool asCast = false)
    {
        var buffer = new ArrayBufferWriter<byte>();
        Append(context, arguments, index, buffer, asCast);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    public static string QuoteIdentifier(string name)
    {
        var plain = name.Length > 0 && (name[0] is >= 'a' and <= 'z' or '_') && name.All(c => c is >= 'a' and <= 'z' or >= '0' and <= '9' or '_');
        return plain && !ReservedWords.Contains(name) ? name : "\"" + name.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
    }

    public static string QuoteLiteral(string text)
    {
        var quoted = "'" + text.Replace("'", "''", StringComparison.Ordinal).Replace("\\", "\\\\", StringComparison.Ordinal) + "'";
        return text.Contains('\\', StringComparison.Ordinal) ? "E" + quoted : quoted;
    }

    private static string Format(FunctionContext context, RowArguments a)
    {
        var format = a.Get<string>(0);
        var result = new StringBuilder();
        var next = 1;
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] != '%')
            {
                result.Append(format[i]);
                continue;
            }
            i++;
            Need(format, i);
            if (format[i] == '%')
            {
                result.Append('%');
                continue;
            }
            // %[position$][-][width]type, the width being a number, * or *position$
            var number = Digits(format, ref i);
            int? argument = null;
            var left = false;
            int? width = null;
            Need(format, i);
            if (number is not null && format[i] == '$')
            {
                if (number == 0)
                    throw new SqlException(SqlState.InvalidParameterValue, "format specifies argument 0, but arguments are numbered from 1");
                argument = number;
                i++;
                number = null;
                Need(format, i);
            }
            if (number is null)
            {
                while (format[i] == '-')
                {
                    left = true;
                    Need(format, ++i);
                }
                if (format[i] == '*')
                {
                    i++;
                    var at = Digits(format, ref i);
                    if (at is not null)
                    {
                        if (i >= format.Length || format[i] != '$')
                            throw new SqlException(SqlState.InvalidParameterValue, "width argument position must be ended by \"$\"");
                        i++;
                        if (at == 0)
                            throw new SqlException(SqlState.InvalidParameterValue, "format specifies argument 0, but arguments are numbered from 1");
                        next = at.Value;
                    }
                    if (next >= a.Count)
                        throw TooFew();
                    width = a.IsNull(next) ? 0 : int.Parse(TextOf(context, a, next), System.Globalization.CultureInfo.InvariantCulture);
                    next++;
                    if (width < 0)
                    {
                        left = true;
                        width = -width;
                    }
                }
                else
                {
                    width = Digits(format, ref i);
                }
            }
            else
            {
                width = number;
            }
            Need(format, i);
            var type = format[i];
            if (type is not ('s' or 'I' or 'L'))
            {
                throw new SqlException(SqlState.InvalidParameterValue, $"unrecognized format() type specifier \"{type}\"")
                {
                    Hint = "For a single \"%\" use \"%%\".",
                };
            }
            var index = argument ?? next;
            if (index >= a.Count)
                throw TooFew();
            next = index + 1;
            var value = a.IsNull(index) ? null : TextOf(context, a, index);
            var text = type switch
            {
                's' => value ?? "",
                'L' => value is null ? "NULL" : QuoteLiteral(value),
                _ => value is null ? throw new SqlException(SqlState.NullValueNotAllowed, "null values cannot be formatted as an SQL identifier") : QuoteIdentifier(value),
            };
            var fill = Math.Max(0, (width ?? 0) - text.EnumerateRunes().Count());
            result.Append(' ', left ? 0 : fill).Append(text).Append(' ', left ? fill : 0);
        }
        return result.ToString();
    }

    private static SqlException TooFew() => new(SqlState.InvalidParameterValue, "too few arguments for format()");

    private static void Need(string format, int index)
    {
        if (index >= format.Length)
            throw new SqlException(SqlState.InvalidParameterValue, "unterminated format() type specifier") { Hint = "For a single \"%\" use \"%%\"." };
    }

    private static int? Digits(string format, ref int index)
    {
        if (index >= format.Length || !char.IsAsciiDigit(format[index]))
            return null;
        long value = 0;
        while (index < format.Length && char.IsAsciiDigit(format[index]))
        {
            value = value * 10 + format[index++] - '0';
            if (value > int.MaxValue)
                throw new SqlException(SqlState.NumericValueOutOfRange, "number is out of range");
        }
        return (int)value;
    }

    /// <summary>Keywords that are not unreserved: an identifier of that name needs quotes.</summary>
    private static readonly HashSet<string> ReservedWords = new((
        "all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case cast char character check coalesce "
        + "collate collation column concurrently constraint create cross current_catalog current_date current_role current_schema current_time current_timestamp "
        + "current_user dec decimal default deferrable desc distinct do else end except exists extract false fetch float for foreign freeze from full grant greatest "
        + "group grouping having ilike in initially inner inout int integer intersect interval into is isnull join lateral leading least left like limit localtime "
        + "localtimestamp national natural nchar none normalize not notnull null nullif numeric offset on only or order out outer overlaps overlay placing position "
        + "precision primary real references returning right row select session_user setof similar smallint some substring symmetric table tablesample then time "
        + "timestamp to trailing treat trim true union unique user using values varchar variadic verbose when where window with xmlattributes xmlconcat xmlelement "
        + "xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable").Split(' '), StringComparer.Ordinal);
}
