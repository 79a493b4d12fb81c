using System.Text;

namespace OmenDb.Slt.Tests;

/// <summary>Every script of tests/slt, under the default mode and the forced ones.</summary>
public sealed class ScriptTests
{
    private static readonly KnownFailures Known = KnownFailures.Load();

    /// <summary>Every file runs under all modes when this is set; otherwise each takes its turn through the modes after the third.</summary>
    private static readonly bool AllModes = Environment.GetEnvironmentVariable("OMENDB_SLT_MODES") == "all";

    public static TheoryData<string, string> Runs()
    {
        var runs = new TheoryData<string, string>();
        var rotating = Mode.All[3..];
        var number = 0;
        foreach (var file in SuiteFiles.All)
        {
            // Neighbouring files cover different modes, so that each subject meets several.
            IEnumerable<Mode> modes = AllModes ? Mode.All : [Mode.Default, Mode.Sealed, Mode.TinyVectors, rotating[number++ % rotating.Length]];
            foreach (var mode in modes)
                runs.Add(file, mode.Name);
        }
        return runs;
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void Script_keeps_its_promises(string file, string mode)
    {
        var current = Mode.All.Single(m => m.Name == mode);
        var script = SuiteFiles.Load(file);
        var failures = ScriptRunner.Run(file, script, current);
        var report = new StringBuilder();
        foreach (var failure in failures.Where(f => !Known.Excuses(file, f.Line, current)))
            report.Append(failure).Append('\n');
        foreach (var line in Known.LinesOf(file, current).Except(failures.Select(f => f.Line)))
        {
            report.Append(script.Records.Any(r => r.Line == line)
                ? $"{file}:{line} passes now: take it out of known-failures.txt\n"
                : $"{file}:{line} is in known-failures.txt, but no record stands there\n");
        }
        Assert.True(report.Length == 0, $"mode {mode}\n{report}");
    }

    [Fact]
    public void Known_failures_name_existing_scripts()
    {
        if (!SuiteFiles.IsFiltered)
            Assert.Empty(Known.Files.Except(SuiteFiles.All));
    }

    [Fact]
    public void No_script_has_drafts() =>
        Assert.Empty(SuiteFiles.All.SelectMany(file => SuiteFiles.Load(file).Records.Where(r => r.Promise == Promise.Draft).Select(r => $"{file}:{r.Line}")));
}
