using System.CommandLine;
using System.Globalization;

namespace OmenDb.Tools.Server.Commands;

/// <summary>Options that several commands know.</summary>
internal static class CommonOptions
{
    public static Option<string> Data() => new("--data", "-D")
    {
        Description = "The data directory; made on first use.",
        HelpName = "DIR",
        DefaultValueFactory = _ => "./omendb-data",
    };

    public static Option<long> MemoryLimit() => new("--memory-limit")
    {
        Description = "Memory for data and queries: 512MB, 8GB (units of 1024). Default: three quarters of this machine's.",
        HelpName = "SIZE",
        CustomParser = result =>
        {
            if (TryParseSize(result.Tokens[0].Value, out var bytes))
                return bytes;
            result.AddError($"--memory-limit: \"{result.Tokens[0].Value}\" is no size; write 512MB or 8GB");
            return 0;
        },
    };

    /// <param name="given">0: the option was not given.</param>
    public static long MemoryOrDefault(long given) => given > 0 ? given : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4 * 3;

    /// <summary>A number with kB, MB, GB or TB, any case, with or without the B; without a unit: bytes.</summary>
    public static bool TryParseSize(string text, out long bytes)
    {
        var number = text.AsSpan().Trim();
        var unit = 1L;
        if (number.EndsWith("b", StringComparison.OrdinalIgnoreCase))
            number = number[..^1];
        if (number.EndsWith("i", StringComparison.OrdinalIgnoreCase))
            number = number[..^1];
        if (number.Length > 0 && "kmgt".IndexOf(char.ToLowerInvariant(number[^1])) is >= 0 and var power)
        {
            unit = 1L << 10 * (power + 1);
            number = number[..^1];
        }
        bytes = 0;
        if (!decimal.TryParse(number.TrimEnd(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) || value * unit > long.MaxValue)
            return false;
        bytes = (long)(value * unit);
        return bytes > 0;
    }
}
