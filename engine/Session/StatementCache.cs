using System.Collections.Immutable;
using OmenDb.Planner.Grammar;
using OmenDb.Planner.Syntax;

namespace OmenDb.Engine;

/// <summary>Parsed scripts and the plans of their statements, by text. Of one session.</summary>
internal sealed class StatementCache
{
    /// <summary>Texts kept; when full, the older half goes.</summary>
    private const int Capacity = 512;

    /// <summary>Longer texts (loads, dumps) are not worth keeping.</summary>
    private const int LongestText = 16 * 1024;

    private readonly Dictionary<string, CachedScript> _scripts = new(StringComparer.Ordinal);
    private long _clock;

    public long Parsed { get; private set; }

    /// <summary>Statements that were planned.</summary>
    public long Planned { get; set; }

    /// <summary>Executions that used a plan made before.</summary>
    public long Reused { get; set; }

    public int Count => _scripts.Count;

    public CachedScript Script(string sql)
    {
        if (_scripts.TryGetValue(sql, out var script))
        {
            script.LastUse = ++_clock;
            return script;
        }
        Parsed++;
        script = new CachedScript(SqlParser.ParseScript(sql)) { LastUse = ++_clock };
        if (sql.Length <= LongestText)
        {
            if (_scripts.Count >= Capacity)
            {
                foreach (var (text, _) in _scripts.OrderBy(s => s.Value.LastUse).Take(Capacity / 2).ToArray())
                    _scripts.Remove(text);
            }
            _scripts.Add(sql, script);
        }
        return script;
    }

    /// <summary>DISCARD PLANS.</summary>
    public void Clear() => _scripts.Clear();
}

/// <param name="statements">Of the text.</param>
internal sealed class CachedScript(ImmutableArray<ParsedStatement> statements)
{
    public ImmutableArray<ParsedStatement> Statements { get; } = statements;

    public QueryPlan?[] Plans { get; } = new QueryPlan?[statements.Length];

    public long LastUse { get; set; }
}
