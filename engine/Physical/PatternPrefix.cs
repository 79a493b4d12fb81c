using System.Text;
using OmenDb.Engine.Execution;
using OmenDb.Engine.Expressions;
using OmenDb.Planner.Expressions;

namespace OmenDb.Engine.Physical;

internal enum PatternKind
{
    /// <summary>More is asked of a string than how it begins.</summary>
    Partial,
    /// <summary>Nothing else is asked.</summary>
    Exact,
    /// <summary>The string is the text.</summary>
    Whole,
}

/// <summary>The text that a string begins with when it matches a pattern of LIKE.</summary>
internal static class PatternPrefix
{
    /// <returns>Null: it may begin with anything, or the pattern is an error if a row gets there.</returns>
    public static (string Text, PatternKind Kind)? Of(string pattern)
    {
        var text = new StringBuilder();
        for (var i = 0; i < pattern.Length; i++)
        {
            switch (pattern[i])
            {
                case '%' or '_' when text.Length == 0:
                    return null;
                case '%' or '_':
                    return (text.ToString(), pattern[i] == '%' && i == pattern.Length - 1 ? PatternKind.Exact : PatternKind.Partial);
                case '\\' when i == pattern.Length - 1:
                    return null;
                case '\\':
                    text.Append(pattern[++i]);
                    break;
                default:
                    text.Append(pattern[i]);
                    break;
            }
        }
        return (text.ToString(), PatternKind.Whole);
    }
}

/// <summary>Patterns of LIKE that index scans of a plan take their bounds from, and that are known only when it runs: a plan for patterns with a beginning reads
/// whole indexes, row by row, when there is none.</summary>
internal sealed class PatternProbes
{
    private readonly List<Expression> _patterns = [];
    private CompiledProgram? _program;

    /// <summary>False: the plan is for those that begin with anything.</summary>
    public bool AreWanted { get; init; } = true;

    /// <summary>Once the plan is made.</summary>
    public bool Any => _patterns.Count > 0;

    public void Add(Expression pattern)
    {
        if (!_patterns.Exists(known => ExpressionTree.Same(known, pattern)))
            _patterns.Add(pattern);
    }

    /// <summary>Whether each of them begins with some text, or is null, in one execution.</summary>
    public bool HavePrefixes(ExecutionContext context)
    {
        // Two threads may compile it at the same time: they come to the same.
        var program = _program ??= CompiledProgram.Compile([.. _patterns.Select(p => (p, p.Type))], ColumnLayout.Empty);
        using var frame = program.CreateFrame(context);
        var one = new Arrow.Batch([], 1);
        for (var i = 0; i < _patterns.Count; i++)
        {
            var value = program.Evaluate(frame, one, i);
            if (value.IsValid(0) && PatternPrefix.Of(Encoding.UTF8.GetString(value.GetBytes(0))) is null)
                return false;
        }
        return true;
    }
}
