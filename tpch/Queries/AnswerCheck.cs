using System.Globalization;
using OmenDb.Tpch.Reference;

namespace OmenDb.Tpch.Queries;

/// <summary>Compares the result of a query with the answer that is known to be right.</summary>
/// <remarks>
/// Fields are text as PostgreSQL prints it; null and the empty string are one (no answer contains an empty string, and psql
/// prints null so). Rows must come in the order of the query's sort key; rows that agree in it may be permuted. Where LIMIT
/// cuts between such rows the choice would be open too, but in the reference answers it never does, so none is allowed here.
/// </remarks>
public static class AnswerCheck
{
    private const double RelativeTolerance = 1e-9;

    /// <summary>Compares with the reference answer to the query with validation parameters.</summary>
    /// <returns>Null when the result is right, otherwise a sentence on the first difference.</returns>
    /// <exception cref="ArgumentException">No reference for the scale factor (<see cref="TpchReference.ScaleFactors"/>).</exception>
    public static string? Compare(TpchQuery query, double scaleFactor, IReadOnlyList<IReadOnlyList<string?>> rows)
    {
        var expected = TpchReference.Answer(scaleFactor, query.Number)
            ?? throw new ArgumentException($"there is no reference answer at scale factor {scaleFactor}", nameof(scaleFactor));
        return Compare(query, expected, rows);
    }

    /// <summary>Compares with rows from elsewhere, for example from another system.</summary>
    /// <returns>Null when the result is right, otherwise a sentence on the first difference.</returns>
    public static string? Compare(
        TpchQuery query, IReadOnlyList<IReadOnlyList<string?>> expected, IReadOnlyList<IReadOnlyList<string?>> rows)
    {
        for (var row = 0; row < rows.Count; row++)
        {
            if (rows[row].Count != query.Columns.Count)
                return $"Q{query.Number}, row {row + 1}: expected {query.Columns.Count} columns, found {rows[row].Count}";
        }
        // Runs of rows with equal sort keys: within one, any order is right.
        for (int start = 0, end; start < expected.Count; start = end)
        {
            end = start + 1;
            while (end < expected.Count && SameSortKey(query, expected[start], expected[end]))
                end++;
            if (CompareRun(query, expected, rows, start, end) is { } difference)
                return difference;
        }
        return rows.Count > expected.Count
            ? $"Q{query.Number}: expected {expected.Count} rows, found {rows.Count}; first extra row: " +
                string.Join('|', rows[expected.Count])
            : null;
    }

    private static string? CompareRun(
        TpchQuery query,
        IReadOnlyList<IReadOnlyList<string?>> expected,
        IReadOnlyList<IReadOnlyList<string?>> rows,
        int start,
        int end)
    {
        var open = Enumerable.Range(start, end - start).ToList();
        for (var row = start; row < end; row++)
        {
            if (row >= rows.Count)
            {
                return $"Q{query.Number}: expected {expected.Count} rows, found {rows.Count}; first missing row: " +
                    string.Join('|', expected[open[0]]);
            }
            var match = open.FindIndex(candidate => FirstDifference(query, expected[candidate], rows[row]) < 0);
            if (match < 0)
                return Describe(query, expected[open[0]], rows[row], row, open.Count);
            open.RemoveAt(match);
        }
        return null;
    }

    private static string Describe(
        TpchQuery query, IReadOnlyList<string?> expected, IReadOnlyList<string?> actual, int row, int candidates)
    {
        var column = FirstDifference(query, expected, actual);
        var tie = candidates > 1 ? $" (or one of {candidates - 1} more rows with this sort key)" : "";
        return $"Q{query.Number}, row {row + 1}, column {query.Columns[column].Name}: " +
            $"expected \"{expected[column]}\"{tie}, found \"{actual[column]}\"";
    }

    private static bool SameSortKey(TpchQuery query, IReadOnlyList<string?> left, IReadOnlyList<string?> right)
    {
        foreach (var column in query.SortKey)
        {
            if (!SameField(query.Columns[column].Kind, left[column], right[column]))
                return false;
        }
        return true;
    }

    /// <returns>The column's number, or -1 when all fields agree.</returns>
    private static int FirstDifference(TpchQuery query, IReadOnlyList<string?> expected, IReadOnlyList<string?> actual)
    {
        for (var column = 0; column < query.Columns.Count; column++)
        {
            if (!SameField(query.Columns[column].Kind, expected[column], actual[column]))
                return column;
        }
        return -1;
    }

    private static bool SameField(AnswerColumnKind kind, string? expected, string? actual)
    {
        expected ??= "";
        actual ??= "";
        if (expected == actual)
            return true;
        return kind switch
        {
            AnswerColumnKind.Text => false,
            AnswerColumnKind.Padded => expected.AsSpan().TrimEnd(' ').SequenceEqual(actual.AsSpan().TrimEnd(' ')),
            AnswerColumnKind.Exact => TryNumber(expected, out var left) && TryNumber(actual, out var right) && left == right,
            AnswerColumnKind.Approximate => Close(expected, actual),
            _ => throw new ArgumentOutOfRangeException(nameof(kind)),
        };
    }

    private static bool TryNumber(string text, out decimal value) =>
        decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value);

    private static bool Close(string expected, string actual) =>
        double.TryParse(expected, NumberStyles.Float, CultureInfo.InvariantCulture, out var left) &&
        double.TryParse(actual, NumberStyles.Float, CultureInfo.InvariantCulture, out var right) &&
        Math.Abs(left - right) <= RelativeTolerance * Math.Abs(left);
}
