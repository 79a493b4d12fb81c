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
}
