using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using OmenDb.Planner.Binding;
using OmenDb.Planner.Syntax;
using OmenDb.Types;

namespace OmenDb.Engine;

/// <summary>EXPLAIN: the plan, and with ANALYZE what its execution has met.</summary>
internal static class ExplainCommand
{
    public static ImmutableArray<OutputColumn> Columns(ExplainStatement statement) =>
        [RowsRun.Column("QUERY PLAN", Options(statement).Format switch { "json" => SqlType.Json, _ => SqlType.Text })];

    public static StatementRun Create(Session session, ExplainStatement statement, ParameterSource parameters)
    {
        var options = Options(statement);
        return new RowsRun(Columns(statement), "EXPLAIN", () => Lines(session, statement.Statement, options, parameters));
    }

    private static IEnumerable<object?[]> Lines(Session session, Statement statement, ExplainOptions options, ParameterSource parameters)
    {
        if (statement is CreateTableAsStatement { Query: { } inner })
            statement = inner;
        var watch = Stopwatch.StartNew();
        QueryRun run;
        if (statement is ExecuteStatement execute)
        {
            run = session.RunPrepared(execute, options.Analyze);
        }
        else
        {
            var plan = session.MakePlan(statement, []);
            run = new QueryRun(session, plan, ParameterDecoding.Decode(
                plan.ParameterTypes.Length > 0 && parameters.Count == 0 && !options.Analyze
                    ? ParameterSource.OfValues(new object?[plan.ParameterTypes.Length]) : parameters,
                plan.ParameterTypes, "", session.Settings.Io)) { Instrument = options.Analyze };
        }
        using var _ = run;
        var planning = watch.Elapsed.TotalMilliseconds;
        watch.Restart();
        if (options.Analyze)
        {
            while (run.Next(out var _))
            {
            }
        }
        var execution = watch.Elapsed.TotalMilliseconds;
        var lines = run.Plan.Plan.Explain(options, options.Analyze ? run.Execution : null).ToList();
        if (options.Summary && options.Format == "text")
        {
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"Planning Time: {planning:F3} ms"));
            if (options.Analyze)
                lines.Add(string.Create(CultureInfo.InvariantCulture, $"Execution Time: {execution:F3} ms"));
        }
        if (options.Format == "json")
            return [[Json(lines)]];
        return lines.Select(line => new object?[] { line });
    }

    /// <summary>The lines of the text form under one key: enough for clients that only show them.</summary>
    private static string Json(List<string> lines) =>
        System.Text.Json.JsonSerializer.Serialize(new[] { new Dictionary<string, object> { ["Plan"] = new Dictionary<string, object> { ["Text"] = lines } } });

    private static ExplainOptions Options(ExplainStatement statement)
    {
        var options = new ExplainOptions();
        bool? summary = null;
        foreach (var option in statement.Options)
        {
            bool On() => option.Value is null || OptionValues.Bool(option);
            options = option.Name switch
            {
                "analyze" => options with { Analyze = On() },
                "verbose" => options with { Verbose = On() },
                "costs" => options with { Costs = On() },
                "timing" => options with { Timing = On() },
                "buffers" or "wal" or "settings" => options,
                "summary" => Summary(On()),
                "format" => options with { Format = Format(option) },
                _ => throw new SqlException(SqlState.SyntaxError, $"unrecognized EXPLAIN option \"{option.Name}\"") { Position = option.ErrorPosition },
            };
        }
        return options with { Summary = summary ?? options.Analyze };

        ExplainOptions Summary(bool on)
        {
            summary = on;
            return options;
        }
    }

    private static string Format(OptionItem option) => OptionValues.Text(option) switch
    {
        "text" => "text",
        "json" => "json",
        "xml" or "yaml" => throw SqlException.NotSupported($"EXPLAIN (FORMAT {OptionValues.Text(option)})", option.ErrorPosition),
        var other => throw new SqlException(SqlState.InvalidParameterValue, $"unrecognized value for EXPLAIN option \"format\": \"{other}\"") { Position = option.ErrorPosition },
    };
}

/// <summary>Values in option lists.</summary>
internal static class OptionValues
{
    public static string Text(OptionItem option) => option.Value switch
    {
        StringLiteral s => s.Value,
        ColumnReference c => c.Name,
        BooleanLiteral b => b.Value ? "true" : "false",
        IntegerLiteral i => i.Value.ToString(CultureInfo.InvariantCulture),
        NumericLiteral n => n.Text,
        _ => throw new SqlException(SqlState.SyntaxError, $"{option.Name} requires a parameter") { Position = option.ErrorPosition },
    };

    public static bool Bool(OptionItem option) => option.Value switch
    {
        null => true,
        BooleanLiteral b => b.Value,
        IntegerLiteral { Value: 0 or 1 } i => i.Value == 1,
        _ => Settings.SettingDefinition.TryBool(Text(option))
            ?? throw new SqlException(SqlState.SyntaxError, $"{option.Name} requires a Boolean value") { Position = option.ErrorPosition },
    };
}
