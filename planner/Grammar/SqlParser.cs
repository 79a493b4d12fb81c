using System.Collections.Immutable;
using OmenDb.Planner.Syntax;
using OmenDb.Types;

namespace OmenDb.Planner.Grammar;

/// <summary>SQL text to syntax trees; sql.ebnf is the reference of what is accepted.</summary>
/// <remarks>Thread-safe, without state. Every error is a <see cref="SqlException"/> with PostgreSQL's message and position:
/// 42601, 54001 for nesting past the limit, 22xxx for malformed strings.</remarks>
public static class SqlParser
{
    /// <summary>The keywords in alphabetical order; class U: unreserved, C: not as function or type, T: only as function or type, R: reserved.</summary>
    public static IEnumerable<(string Word, char Class, bool IsBareLabel)> Keywords => KeywordTable.All;

    /// <summary>A whole script: statements separated by semicolons, empty ones dropped.</summary>
    public static ImmutableArray<ParsedStatement> ParseScript(string text)
    {
        var parser = new Parser(text);
        ImmutableArray<ParsedStatement>.Builder? list = null;
        ParsedStatement? single = null;
        while (true)
        {
            while (parser.AcceptSemicolon())
            {
            }
            if (parser.IsAtEnd)
                break;
            var start = parser.Position;
            var statement = parser.ParseStatement();
            parser.ExpectStatementEnd();
            var parsed = new ParsedStatement(statement, start, parser.PreviousEnd - start);
            if (single is null)
            {
                single = parsed;
            }
            else
            {
                if (list is null)
                {
                    list = ImmutableArray.CreateBuilder<ParsedStatement>();
                    list.Add(single);
                }
                list.Add(parsed);
            }
        }
        return list is not null ? list.DrainToImmutable() : single is not null ? [single] : [];
    }

    /// <summary>Exactly one statement, with or without a semicolon.</summary>
    public static Statement ParseStatement(string text)
    {
        var parser = new Parser(text);
        while (parser.AcceptSemicolon())
        {
        }
        var statement = parser.ParseStatement();
        while (parser.AcceptSemicolon())
        {
        }
        parser.ExpectEnd();
        return statement;
    }

    /// <summary>One expression: stored defaults, checks, index expressions.</summary>
    public static SyntaxExpression ParseExpression(string text)
    {
        var parser = new Parser(text);
        var expression = parser.ParseExpression();
        parser.ExpectEnd();
        return expression;
    }

    /// <summary>One type name, as <c>'..'::regtype</c> and drivers write it.</summary>
    public static TypeName ParseTypeName(string text)
    {
        var parser = new Parser(text);
        var type = parser.ParseTypeName();
        parser.ExpectEnd();
        return type;
    }
}
