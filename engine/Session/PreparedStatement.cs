using System.Collections.Immutable;
using OmenDb.Planner.Binding;
using OmenDb.Planner.Syntax;
using OmenDb.Types;

namespace OmenDb.Engine;

/// <summary>A parsed statement with known parameter and result types. Planned once; planned again only when the catalog or a
/// setting that the plan depends on has changed.</summary>
public sealed class PreparedStatement
{
    internal PreparedStatement(string name, string sql, Statement? syntax)
    {
        Name = name;
        Sql = sql;
        Syntax = syntax;
    }

    /// <summary>Empty: the unnamed one.</summary>
    public string Name { get; }

    public string Sql { get; }

    /// <summary>No statement at all: only blanks and comments.</summary>
    public bool IsEmpty => Syntax is null;

    public ImmutableArray<SqlType> ParameterTypes { get; internal set; } = [];

    /// <summary>Null: returns no rows.</summary>
    public ImmutableArray<OutputColumn>? Columns { get; internal set; }

    /// <summary>The first word or words of the command tag: "SELECT", "INSERT", "CREATE TABLE".</summary>
    public string CommandTagKind { get; internal set; } = "";

    internal Statement? Syntax { get; }

    /// <summary>Where plans of this text are kept for the whole session; null: the plan is kept here.</summary>
    internal CachedScript? Script { get; init; }

    /// <summary>Which statement of the script.</summary>
    internal int ScriptIndex { get; init; }

    /// <summary>Types that the client declared, Unknown where it did not.</summary>
    internal ImmutableArray<SqlType> DeclaredTypes { get; set; } = [];

    internal QueryPlan? Plan
    {
        get => Script is null ? _plan : Script.Plans[ScriptIndex];
        set
        {
            if (Script is null)
                _plan = value;
            else
                Script.Plans[ScriptIndex] = value;
        }
    }

    private QueryPlan? _plan;

    internal DateTime CreatedAt { get; } = DateTime.UtcNow;
}
