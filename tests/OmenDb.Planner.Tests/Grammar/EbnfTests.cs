using OmenDb.Planner.Grammar;
using OmenDb.Types;
using Xunit.Abstractions;

namespace OmenDb.Planner.Tests.Grammar;

/// <summary>sql.ebnf is the reference: the parser accepts every sentence that it derives.</summary>
public sealed class EbnfTests(ITestOutputHelper output)
{
    internal static readonly EbnfSentences Sentences = new(ReadGrammar());

    private static string ReadGrammar()
    {
        using var stream = typeof(EbnfTests).Assembly.GetManifestResourceStream("sql.ebnf")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    [Fact]
    public void EveryNameInTheGrammarIsDefined() => Assert.Empty(Sentences.UndefinedRules);

    [Fact]
    public void TheParserAcceptsWhatTheGrammarDerives()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("OMENDB_SEED"), out var given) ? given : Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var failures = new List<string>();
        for (var i = 0; i < 10_000 && failures.Count < 10; i++)
        {
            var sentence = Sentences.Derive("statement", random, random.Next(4, 26));
            if (sentence.Length > 4000)
                continue;
            try
            {
                SqlParser.ParseStatement(sentence);
            }
            catch (SqlException error)
            {
                failures.Add($"{error.Message} near {sentence[Math.Max(0, error.Position - 60)..Math.Min(sentence.Length, error.Position + 20)]}");
            }
        }
        Assert.True(failures.Count == 0, $"seed {seed}\n{string.Join('\n', failures)}");
    }

    /// <summary>Damaged sentences are syntax errors (or still sentences), never anything else.</summary>
    [Fact]
    public void DamagedSentencesNeverBreakTheParser()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("OMENDB_SEED"), out var given) ? given : Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        const string junk = "()[]{},;.:'\"$\\+-*/<>=~!@#%^&|?` \n\0aZ09é€";
        for (var i = 0; i < 10_000; i++)
        {
            var sentence = Sentences.Derive("statement", random, random.Next(4, 14));
            var cut = random.Next(sentence.Length + 1);
            var damaged = random.Next(3) switch
            {
                0 => sentence[..cut],
                1 => sentence.Insert(cut, junk[random.Next(junk.Length)].ToString()),
                _ => string.Concat(Enumerable.Range(0, random.Next(40)).Select(_ => junk[random.Next(junk.Length)])),
            };
            var error = Record.Exception(() => SqlParser.ParseScript(damaged));
            Assert.True(error is null or SqlException, $"seed {seed}: {damaged}\n{error}");
        }
    }
}
