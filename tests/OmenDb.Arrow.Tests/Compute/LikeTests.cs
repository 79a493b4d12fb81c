using System.Text;
using OmenDb.Arrow.Compute;

namespace OmenDb.Arrow.Tests.Compute;

public unsafe class LikeTests
{
    [Theory]
    [InlineData("abc", "abc", true)]
    [InlineData("abc", "a%", true)]
    [InlineData("abc", "%c", true)]
    [InlineData("abc", "%b%", true)]
    [InlineData("abc", "a_c", true)]
    [InlineData("abc", "a__c", false)]
    [InlineData("aüc", "a_c", true)]
    [InlineData("", "%", true)]
    [InlineData("", "", true)]
    [InlineData("", "_", false)]
    [InlineData("a", "%a%a%", false)]
    [InlineData("aba", "%a%a%", true)]
    [InlineData("ab", "ab%b", false)]
    [InlineData("100%", "100\\%", true)]
    [InlineData("1000", "100\\%", false)]
    [InlineData("a_b", "a\\_b", true)]
    [InlineData("axb", "a\\_b", false)]
    [InlineData("special packages with no requests", "%special%requests%", true)]
    [InlineData("the requests are special", "%special%requests%", false)]
    [InlineData("eine lange Zeichenkette mit Übergröße", "%Ü_ergr__e", true)]
    public void Patterns(string text, string pattern, bool expected)
    {
        Assert.Equal(LikeStatus.Ok, LikePattern.TryCompile(Encoding.UTF8.GetBytes(pattern), false, out var compiled));
        Assert.Equal(expected, compiled!.Matches(Encoding.UTF8.GetBytes(text)));
    }

    [Theory]
    [InlineData("ABC", "a%C", true)]
    [InlineData("MÜLLER", "mü%er", true)]
    [InlineData("Straße", "%STRASSE%", false)]
    public void Case_is_ignored_by_ilike(string text, string pattern, bool expected)
    {
        LikePattern.TryCompile(Encoding.UTF8.GetBytes(pattern), true, out var compiled);
        Assert.Equal(expected, compiled!.Matches(Encoding.UTF8.GetBytes(text)));
    }

    [Fact]
    public void A_trailing_escape_is_reported()
    {
        Assert.Equal(LikeStatus.EndsWithEscape, LikePattern.TryCompile("abc\\"u8, false, out var compiled));
        Assert.Null(compiled);
        Assert.Equal(LikeStatus.Ok, LikePattern.TryCompile("abc\\"u8, false, out compiled, escape: null));
        Assert.True(compiled!.Matches("abc\\"u8));
    }

    [Fact]
    public void The_planner_sees_prefixes()
    {
        LikePattern.TryCompile("ab\\%c%"u8, false, out var compiled);
        Assert.Equal("ab%c", Encoding.UTF8.GetString(compiled!.LiteralPrefix));
        Assert.True(compiled.IsPrefixOnly);
        LikePattern.TryCompile("ab_c"u8, false, out compiled);
        Assert.Equal("ab", Encoding.UTF8.GetString(compiled!.LiteralPrefix));
        Assert.False(compiled.IsPrefixOnly || compiled.IsLiteral);
        LikePattern.TryCompile("ab"u8, false, out compiled);
        Assert.True(compiled!.IsLiteral);
    }

    [Fact]
    public void Random_patterns_agree_with_a_recursive_matcher() => Generated.ForAllSeeds(random =>
    {
        var alphabet = new[] { "a", "b", "ü" };
        var pattern = string.Concat(Enumerable.Range(0, random.Next(7)).Select(_ => random.Pick(["a", "b", "ü", "%", "_", "ab"])));
        LikePattern.TryCompile(Encoding.UTF8.GetBytes(pattern), false, out var compiled);
        for (var i = 0; i < 30; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(i < 15 ? 8 : 70)).Select(_ => random.Pick(alphabet)));
            Assert.True(Naive(text, pattern) == compiled!.Matches(Encoding.UTF8.GetBytes(text)), $"'{text}' LIKE '{pattern}'");
        }
    }, 300);

    private static bool Naive(string text, string pattern)
    {
        var reach = new bool[text.Length + 1, pattern.Length + 1];
        reach[0, 0] = true;
        for (var p = 1; p <= pattern.Length; p++)
        {
            for (var t = 0; t <= text.Length; t++)
            {
                reach[t, p] = pattern[p - 1] == '%'
                    ? reach[t, p - 1] || (t > 0 && reach[t - 1, p])
                    : t > 0 && reach[t - 1, p - 1] && (pattern[p - 1] == '_' || pattern[p - 1] == text[t - 1]);
            }
        }
        return reach[text.Length, pattern.Length];
    }

    [Fact]
    public void Vectors_of_all_kinds() => Generated.ForAllSeeds(random =>
    {
        var rows = random.Pick(Generated.Lengths);
        using var vector = Generated.Vector(random, ArrowType.Utf8View, rows);
        using var mask = NativeBuffer.Allocate(Math.Max(8, Bits.WordsFor(rows) * 8));
        using var result = new Vector();
        LikePattern.TryCompile(Encoding.UTF8.GetBytes(random.Pick(["%ab%", "a%", "%c", "müll__%", "ZEB%"])), random.Next(2) == 0, out var like);
        like!.Mask(vector, rows, (ulong*)mask.Pointer);
        like.Evaluate(vector, rows, negate: true, result);
        for (var row = 0; row < rows; row++)
        {
            bool? expected = vector.IsValid(row) ? like.Matches(vector.GetBytes(row)) : null;
            Assert.Equal(expected == true, Bits.Get((ulong*)mask.Pointer, row));
            Assert.Equal(!expected, result.IsValid(row) ? result.GetBool(row) : null);
        }
    });
}
