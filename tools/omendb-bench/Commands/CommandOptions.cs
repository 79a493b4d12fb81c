using System.CommandLine;
using OmenDb.Tools.Bench.Workloads;
using OmenDb.Tpch.Targets;

namespace OmenDb.Tools.Bench.Commands;

/// <summary>Options that several commands have.</summary>
internal static class CommandOptions
{
    public const string Embedded = "embedded";

    public static Option<int> Number(string name, string description, int defaultValue, int minimum)
    {
        var option = new Option<int>(name) { Description = description, HelpName = "N", DefaultValueFactory = _ => defaultValue };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < minimum)
                result.AddError($"{name} must be at least {minimum}");
        });
        return option;
    }

    /// <summary>"embedded" stays, a URL becomes a connection string.</summary>
    /// <param name="words">Other words that stay as they are.</param>
    public static Option<string?> Url(string name, string description, params string[] words) => new(name)
    {
        Description = description,
        HelpName = "URL",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (words.Contains(text) || (text == Embedded && name == "--target"))
                return text;
            if (PostgresUrl.TryParse(text, out var error) is { } connectionString)
                return connectionString;
            result.AddError($"{name}: {error}");
            return null;
        },
    };

    public static Option<string?> Target() => WithDefault(Url("--target", $"\"{Embedded}\", or {PostgresUrl.Usage}."));

    public static Option<string?> Data() => new("--data") { Description = "Embedded: the data directory, kept and used again.", HelpName = "DIR" };

    public static Option<string?> Json() => new("--json") { Description = "Write the results to this file as well.", HelpName = "FILE" };

    public static Option<string?> PlotFile() => new("--plot") { Description = "Write plots to this SVG file.", HelpName = "FILE" };

    public static Option<int> WarmUp(int seconds) => Number("--warm-up", "Seconds of load before the measured time.", seconds, 0);

    public static Option<string> Fsync()
    {
        var option = new Option<string>("--fsync")
        {
            Description = "on: a commit waits for the device; off: it does not.",
            HelpName = "on|off",
            DefaultValueFactory = _ => "on",
        };
        option.AcceptOnlyFromAmong("on", "off");
        return option;
    }

    public static Option<string?> WithDefault(Option<string?> target)
    {
        target.DefaultValueFactory = _ => Embedded;
        return target;
    }

    /// <summary>--data is for a system in this process only.</summary>
    public static void RefuseDataElsewhere(Command command, Option<string?> target, Option<string?> data) => command.Validators.Add(result =>
    {
        if (result.GetResult(data) is not null && result.GetValue(target) is { } place && place != Embedded)
            result.AddError("--data belongs to the embedded target; a server has its own directory");
    });

    public static SystemPlace PlaceOf(ParseResult parsed, Option<string?> target, Option<string?> data, Option<string> fsync) =>
        new(parsed.GetValue(target) is { } url && url != Embedded ? url : null, parsed.GetValue(data), parsed.GetValue(fsync) == "on");

    /// <returns>The exit code: 0 when the work says that all is right.</returns>
    public static int Guard(Func<bool> work)
    {
        try
        {
            return work() ? 0 : 1;
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("cancelled");
            return 1;
        }
        catch (Exception exception) when (BenchErrors.IsExpected(exception))
        {
            Console.Error.WriteLine(BenchErrors.Describe(exception));
            return 1;
        }
    }
}
