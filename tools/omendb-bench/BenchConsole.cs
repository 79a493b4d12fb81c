using Spectre.Console;

namespace OmenDb.Tools.Bench;

/// <summary>Where results are written.</summary>
internal static class BenchConsole
{
    private const int FileWidth = 160;

    /// <summary>Colours and moving bars on a terminal, plain lines in files and pipes.</summary>
    public static IAnsiConsole Create()
    {
        if (!Console.IsOutputRedirected)
            return AnsiConsole.Console;
        return ForText(Console.Out);
    }

    public static IAnsiConsole ForText(TextWriter writer)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(writer),
        });
        console.Profile.Width = FileWidth;
        return console;
    }
}
