using System.Text;

namespace OmenDb.Planner.Tests.Grammar;

/// <summary>Reads a grammar in the notation of sql.ebnf and derives random sentences from it.</summary>
internal sealed class EbnfSentences
{
    private abstract record Term;

    private sealed record Word(string Text) : Term;

    private sealed record Rule(string Name) : Term;

    private sealed record Sequence(List<Term> Items) : Term;

    private sealed record Choice(List<Term> Items) : Term;

    private sealed record Optional(Term Item) : Term;

    private sealed record Repeat(Term Item) : Term;

    private readonly Dictionary<string, Term> _rules = [];
    private readonly Dictionary<string, int> _depths = [];
    private readonly List<string> _tokens;
    private int _at;

    public EbnfSentences(string grammar)
    {
        _tokens = Tokenize(grammar);
        while (_at < _tokens.Count)
        {
            var name = _tokens[_at++];
            Expect("=");
            _rules.Add(name, ParseChoice());
            Expect(";");
        }
        ComputeDepths();
    }

    public IEnumerable<string> RuleNames => _rules.Keys;

    /// <summary>Names that are used but neither defined nor lexical.</summary>
    public IEnumerable<string> UndefinedRules => _rules.Values.SelectMany(Used).Distinct().Where(n => !_rules.ContainsKey(n) && Lexical(n, new Random(0)) is null);

    /// <summary>One sentence of a rule. Beyond the depth only the shortest way out is taken.</summary>
    public string Derive(string rule, Random random, int depth)
    {
        var text = new StringBuilder();
        Emit(new Rule(rule), random, depth, text);
        return text.ToString().Trim();
    }

    private void Emit(Term term, Random random, int depth, StringBuilder text)
    {
        switch (term)
        {
            case Word word:
                text.Append(word.Text).Append(' ');
                break;
            case Rule rule when _rules.TryGetValue(rule.Name, out var body):
                Emit(body, random, depth - 1, text);
                break;
            case Rule rule:
                text.Append(Lexical(rule.Name, random)).Append(' ');
                break;
            case Sequence sequence:
                foreach (var item in sequence.Items)
                    Emit(item, random, depth, text);
                break;
            case Choice choice:
                var items = choice.Items;
                if (depth <= 0)
                {
                    var least = items.Min(Depth);
                    items = items.FindAll(i => Depth(i) == least);
                }
                Emit(items[random.Next(items.Count)], random, depth, text);
                break;
            case Optional optional:
                if (depth > 0 && random.Next(3) == 0)
                    Emit(optional.Item, random, depth, text);
                break;
            case Repeat repeat:
                for (var n = depth > 0 && random.Next(4) == 0 ? random.Next(1, 3) : 0; n > 0; n--)
                    Emit(repeat.Item, random, depth, text);
                break;
        }
    }

    private static string? Lexical(string name, Random random) => name switch
    {
        "identifier" => Pick(random, "a", "b1", "tab", "x_y", "\"Quoted name\"", "\"select\"", "zorro", "été"),
        "integer" => Pick(random, "0", "1", "42", "2147483648"),
        "number" => Pick(random, "1.5", ".25", "1e10", "3.", "12345678901234567890"),
        "string" => Pick(random, "'x'", "''", "'it''s'", "E'a\\nb'", "$$q$$", "$t$ $$ $t$"),
        "bit_string" => Pick(random, "B'01'", "X'1F'"),
        "parameter" => Pick(random, "$1", "$2"),
        _ => null,
    };

    private static string Pick(Random random, params string[] values) => values[random.Next(values.Length)];

    /// <summary>The fewest rule expansions that a rule needs: the way out of recursion.</summary>
    private void ComputeDepths()
    {
        foreach (var name in _rules.Keys)
            _depths[name] = 1000;
        for (var changed = true; changed;)
        {
            changed = false;
            foreach (var (name, term) in _rules)
            {
                var depth = 1 + Depth(term);
                if (depth >= _depths[name])
                    continue;
                _depths[name] = depth;
                changed = true;
            }
        }
    }

    private int Depth(Term term) => term switch
    {
        Rule rule => _depths.GetValueOrDefault(rule.Name, 0),
        Sequence sequence => sequence.Items.Count == 0 ? 0 : sequence.Items.Max(Depth),
        Choice choice => choice.Items.Min(Depth),
        _ => 0,
    };

    private static IEnumerable<string> Used(Term term) => term switch
    {
        Rule rule => [rule.Name],
        Sequence sequence => sequence.Items.SelectMany(Used),
        Choice choice => choice.Items.SelectMany(Used),
        Optional optional => Used(optional.Item),
        Repeat repeat => Used(repeat.Item),
        _ => [],
    };

    private static List<string> Tokenize(string grammar)
    {
        var tokens = new List<string>();
        for (var i = 0; i < grammar.Length;)
        {
            if (char.IsWhiteSpace(grammar[i]))
            {
                i++;
            }
            else if (grammar.AsSpan(i).StartsWith("(*"))
            {
                i = grammar.IndexOf("*)", i, StringComparison.Ordinal) + 2;
            }
            else if (grammar[i] == '"')
            {
                var end = grammar.IndexOf('"', i + 1);
                tokens.Add(grammar[i..(end + 1)]);
                i = end + 1;
            }
            else if (char.IsLetter(grammar[i]))
            {
                var end = i;
                while (end < grammar.Length && (char.IsLetterOrDigit(grammar[end]) || grammar[end] == '_'))
                    end++;
                tokens.Add(grammar[i..end]);
                i = end;
            }
            else
            {
                tokens.Add(grammar[i++].ToString());
            }
        }
        return tokens;
    }

    private void Expect(string token)
    {
        if (_tokens[_at++] != token)
            throw new FormatException($"expected {token} at token {_at}: {string.Join(' ', _tokens.Skip(Math.Max(0, _at - 8)).Take(12))}");
    }

    private Term ParseChoice()
    {
        var items = new List<Term> { ParseSequence() };
        while (_tokens[_at] == "|")
        {
            _at++;
            items.Add(ParseSequence());
        }
        return items.Count == 1 ? items[0] : new Choice(items);
    }

    private Sequence ParseSequence()
    {
        var items = new List<Term>();
        while (_tokens[_at] is not ("|" or ";" or ")" or "]" or "}"))
            items.Add(ParseTerm());
        return new Sequence(items);
    }

    private Term ParseTerm()
    {
        var token = _tokens[_at++];
        if (token is "(" or "[" or "{")
        {
            var inner = ParseChoice();
            Expect(token switch { "(" => ")", "[" => "]", _ => "}" });
            return token switch { "(" => inner, "[" => new Optional(inner), _ => new Repeat(inner) };
        }
        if (token[0] == '"')
            return new Word(token.Trim('"'));
        return token.Equals(token.ToUpperInvariant(), StringComparison.Ordinal) ? new Word(token) : new Rule(token);
    }
}
