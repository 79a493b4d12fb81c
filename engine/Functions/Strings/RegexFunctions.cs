using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;
using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Planner.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Functions.Strings;

/// <summary>~, ~*, !~, !~* and the regexp_ functions.</summary>
internal static class RegexFunctions
{
    private static readonly SqlType TextArray = SqlType.ArrayOf(SqlType.Text);

    public static IEnumerable<FunctionInfo> All()
    {
        yield return MatchOperator.Of("~", "", false);
        yield return MatchOperator.Of("~*", "i", false);
        yield return MatchOperator.Of("!~", "", true);
        yield return MatchOperator.Of("!~*", "i", true);
        SqlType t = SqlType.Text, n = SqlType.Int4;

        yield return Scalar.Of<string, string, string?>("substring", [t, t], t, static (_, s, p) =>
            PgRegex.Get(p, "").Match(s, 0) is { Success: true } m ? m.Groups.Count > 1 ? GroupText(m, 1) : m.Value : null);
        yield return Scalar.Of<string, string, bool>("regexp_like", [t, t], SqlType.Bool, static (_, s, p) => PgRegex.Get(p, "").IsMatch(s));
        yield return Scalar.Of<string, string, string, bool>("regexp_like", [t, t, t], SqlType.Bool,
            static (_, s, p, f) => PgRegex.Get(p, Flags(f, "regexp_like", false).Flags).IsMatch(s));

        yield return Scalar.Of<string, string, string, string>("regexp_replace", [t, t, t], t, static (_, s, p, r) => Replace(s, p, r, 1, 1, ""));
        yield return Scalar.Of<string, string, string, string, string>("regexp_replace", [t, t, t, t], t, static (_, s, p, r, f) =>
        {
            if (f.Length > 0 && char.IsAsciiDigit(f[0]))
            {
                throw new SqlException(SqlState.InvalidParameterValue, $"invalid regular expression option: \"{f[0]}\"")
                {
                    Hint = "If you meant to use regexp_replace() with a start parameter, cast the fourth argument to integer explicitly.",
                };
            }
            var (flags, global) = Flags(f, "regexp_replace", true);
            return Replace(s, p, r, 1, global ? 0 : 1, flags);
        });
        yield return Scalar.Of<string, string, string, int, string>("regexp_replace", [t, t, t, n], t, static (_, s, p, r, start) => Replace(s, p, r, Start(start), 1, ""));
        yield return Scalar.Of<string, string, string, int, int, string>("regexp_replace", [t, t, t, n, n], t,
            static (_, s, p, r, start, nth) => Replace(s, p, r, Start(start), Nth(nth), ""));
        yield return Scalar.Row("regexp_replace", [t, t, t, n, n, t], t, static (_, a) => Replace(a.Get<string>(0), a.Get<string>(1), a.Get<string>(2),
            Start(a.Get<int>(3)), Nth(a.Get<int>(4)), Flags(a.Get<string>(5), "regexp_replace", true).Flags));

        foreach (var withFlags in new[] { false, true })
        {
            SqlType[] arguments = withFlags ? [t, t, t] : [t, t];
            yield return Scalar.Row<object?>("regexp_match", [.. arguments], TextArray, (_, a) =>
            {
                var (flags, global) = withFlags ? Flags(a.Get<string>(2), "regexp_match", true) : ("", false);
                if (global)
                {
                    throw new SqlException(SqlState.InvalidParameterValue, "regexp_match() does not support the \"global\" option")
                    {
                        Hint = "Use the regexp_matches function instead.",
                    };
                }
                return Matches(a.Get<string>(0), a.Get<string>(1), flags).Take(1).Select(Captures).FirstOrDefault();
            });
            yield return Scalar.Row<object?>("regexp_split_to_array", [.. arguments], TextArray, (_, a) =>
                Split(a.Get<string>(0), a.Get<string>(1), withFlags ? a.Get<string>(2) : "", "regexp_split_to_array").ToArray<object?>());
            yield return new RowsFunction((_, a) =>
            {
                var (flags, global) = withFlags ? Flags((string)a[2]!, "regexp_matches", true) : ("", false);
                var all = Matches((string)a[0]!, (string)a[1]!, flags);
                return (global ? all : all.Take(1)).Select(m => new object?[] { Captures(m) });
            })
            { Name = "regexp_matches", Kind = FunctionKind.Table, Arguments = [.. arguments], Result = TextArray };
            yield return new RowsFunction((_, a) =>
                Split((string)a[0]!, (string)a[1]!, withFlags ? (string)a[2]! : "", "regexp_split_to_table").Select(part => new object?[] { part }))
            { Name = "regexp_split_to_table", Kind = FunctionKind.Table, Arguments = [.. arguments], Result = t };
        }

        yield return Scalar.Of<string, string, int>("regexp_count", [t, t], n, static (_, s, p) => Matches(s, p, "").Count());
        yield return Scalar.Of<string, string, int, int>("regexp_count", [t, t, n], n, static (_, s, p, start) => Matches(s, p, "", Start(start)).Count());
        yield return Scalar.Of<string, string, int, string, int>("regexp_count", [t, t, n, t], n,
            static (_, s, p, start, f) => Matches(s, p, Flags(f, "regexp_count", false).Flags, Start(start)).Count());
        for (var count = 2; count <= 6; count++)
        {
            SqlType[] types = [t, t, n, n, t, n];
            yield return Scalar.Row("regexp_substr", [.. types.Take(count)], t, static (_, a) =>
            {
                var sub = SubExpression(a, 5);
                var match = Find(a, a.Count > 4 ? a.Get<string>(4) : "", "regexp_substr");
                return match is null || sub >= match.Groups.Count ? null : GroupText(match, sub);
            });
        }
        for (var count = 2; count <= 7; count++)
        {
            SqlType[] types = [t, t, n, n, n, t, n];
            yield return Scalar.Row("regexp_instr", [.. types.Take(count)], n, static (_, a) =>
            {
                var end = a.Count > 4 ? a.Get<int>(4) : 0;
                if (end is not (0 or 1))
                    throw InvalidValue("endoption", end);
                var sub = SubExpression(a, 6);
                var match = Find(a, a.Count > 5 ? a.Get<string>(5) : "", "regexp_instr");
                if (match is null || sub >= match.Groups.Count || !match.Groups[sub].Success)
                    return 0;
                var group = match.Groups[sub];
                return Characters(a.Get<string>(0), end == 1 ? group.Index + group.Length : group.Index) + 1;
            });
        }
    }

    private static SqlException InvalidValue(string parameter, int value) =>
        new(SqlState.InvalidParameterValue, $"invalid value for parameter \"{parameter}\": {value}");

    private static int Start(int start) => start > 0 ? start : throw InvalidValue("start", start);

    private static int Nth(int n) => n >= 0 ? n : throw InvalidValue("n", n);

    private static int SubExpression(RowArguments a, int index)
    {
        var value = a.Count > index ? a.Get<int>(index) : 0;
        return value >= 0 ? value : throw InvalidValue("subexpr", value);
    }

    private static Match? Find(RowArguments a, string flags, string function)
    {
        var start = a.Count > 2 ? Start(a.Get<int>(2)) : 1;
        var nth = a.Count > 3 ? a.Get<int>(3) : 1;
        if (nth <= 0)
            throw InvalidValue("n", nth);
        return Matches(a.Get<string>(0), a.Get<string>(1), Flags(flags, function, false).Flags, start).Skip(nth - 1).FirstOrDefault();
    }

    /// <summary>Takes the g out; it is an error where the function has no such option.</summary>
    private static (string Flags, bool Global) Flags(string flags, string function, bool mayBeGlobal)
    {
        if (!flags.Contains('g', StringComparison.Ordinal))
            return (flags, false);
        return mayBeGlobal
            ? (flags.Replace("g", "", StringComparison.Ordinal), true)
            : throw new SqlException(SqlState.InvalidParameterValue, $"{function}() does not support the \"global\" option");
    }

    private static int Characters(string text, int end)
    {
        var count = 0;
        for (var i = 0; i < end; i++)
            count += char.IsLowSurrogate(text[i]) ? 0 : 1;
        return count;
    }

    /// <summary>Code units before the 1-based character; past the end when there are fewer.</summary>
    private static int Offset(string text, int start)
    {
        var at = 0;
        for (; start > 1; start--)
        {
            if (at >= text.Length)
                return text.Length + 1;
            at += char.IsHighSurrogate(text[at]) ? 2 : 1;
        }
        return at;
    }

    private static IEnumerable<Match> Matches(string text, string pattern, string flags, int start = 1)
    {
        var regex = PgRegex.Get(pattern, flags);
        return Enumerate(regex, text, Offset(text, start));
    }

    private static IEnumerable<Match> Enumerate(PgRegex regex, string text, int at)
    {
        while (at <= text.Length)
        {
            var match = regex.Match(text, at);
            if (!match.Success)
                yield break;
            yield return match;
            at = match.Length > 0 ? match.Index + match.Length : match.Index + (match.Index < text.Length && char.IsHighSurrogate(text[match.Index]) ? 2 : 1);
        }
    }

    private static string? GroupText(Match match, int group) => match.Groups[group].Success ? match.Groups[group].Value : null;

    private static object?[] Captures(Match match)
    {
        if (match.Groups.Count == 1)
            return [match.Value];
        var result = new object?[match.Groups.Count - 1];
        for (var i = 0; i < result.Length; i++)
            result[i] = GroupText(match, i + 1);
        return result;
    }

    private static IEnumerable<string> Split(string text, string pattern, string flagText, string function)
    {
        var flags = Flags(flagText, function, false).Flags;
        var result = new List<string>();
        var last = 0;
        foreach (var match in Matches(text, pattern, flags))
        {
            // Empty matches at the ends, or right behind another match, separate nothing.
            if (match.Length == 0 && (match.Index >= text.Length || match.Index == last))
                continue;
            result.Add(text[last..match.Index]);
            last = match.Index + match.Length;
        }
        result.Add(text[last..]);
        return result;
    }

    /// <param name="nth">Which match to replace; 0: all.</param>
    private static string Replace(string text, string pattern, string replacement, int start, int nth, string flags)
    {
        StringBuilder? result = null;
        var last = 0;
        var count = 0;
        foreach (var match in Matches(text, pattern, flags, start))
        {
            if (nth > 0 && ++count < nth)
                continue;
            result ??= new StringBuilder(text.Length);
            result.Append(text, last, match.Index - last);
            for (var i = 0; i < replacement.Length; i++)
            {
                var c = replacement[i];
                if (c != '\\' || i + 1 >= replacement.Length)
                {
                    result.Append(c);
                    continue;
                }
                var next = replacement[++i];
                if (next == '&')
                    result.Append(match.Value);
                else if (next is >= '1' and <= '9')
                    result.Append(next - '0' < match.Groups.Count ? match.Groups[next - '0'].Value : "");
                else if (next == '\\')
                    result.Append('\\');
                else
                    result.Append('\\').Append(next);
            }
            last = match.Index + match.Length;
            if (nth > 0)
                break;
        }
        return result is null ? text : result.Append(text, last, text.Length - last).ToString();
    }

    /// <summary>Matches decode into one reused buffer; a constant pattern is looked up once per batch.</summary>
    private sealed unsafe class MatchOperator(string flags, bool negated) : ScalarFunction
    {
        public static MatchOperator Of(string name, string flags, bool negated) => new(flags, negated)
        {
            Name = name, Kind = FunctionKind.Scalar, Arguments = [SqlType.Text, SqlType.Text], Result = SqlType.Bool,
        };

        public override void Invoke(FunctionContext context, ReadOnlySpan<Vector> arguments, Vector result)
        {
            var rows = context.ActiveRows(arguments, strict: true);
            result.ResetFlat(ArrowType.Bool, context.Rows);
            Bits.Fill((ulong*)result.Values, context.Rows, false);
            Nulls.Propagate(arguments[0], arguments[1], result);
            PgRegex? regex = null;
            var buffer = Array.Empty<char>();
            foreach (var row in rows)
            {
                if (regex is null || arguments[1].Kind != VectorKind.Constant)
                    regex = PgRegex.Get(Encoding.UTF8.GetString(arguments[1].GetBytes(row)), flags);
                var text = arguments[0].GetBytes(row);
                if (buffer.Length < text.Length)
                {
                    if (buffer.Length > 0)
                        ArrayPool<char>.Shared.Return(buffer);
                    buffer = ArrayPool<char>.Shared.Rent(text.Length);
                }
                var length = Encoding.UTF8.GetChars(text, buffer);
                if (regex.IsMatch(buffer.AsSpan(0, length)) != negated)
                    Bits.Set((ulong*)result.Values, row);
            }
            if (buffer.Length > 0)
                ArrayPool<char>.Shared.Return(buffer);
        }
    }
}
