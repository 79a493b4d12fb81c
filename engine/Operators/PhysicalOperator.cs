using System.Collections.Immutable;
using OmenDb.Engine.Expressions;
using OmenDb.Engine.Physical;
using OmenDb.Engine.Pipelines;
using OmenDb.Planner.Expressions;

namespace OmenDb.Engine.Operators;

/// <summary>A node of the physical plan: immutable, shared by all executions; cuts itself into pipelines.</summary>
internal abstract class PhysicalOperator(ImmutableArray<Column> columns, params PhysicalOperator[] children)
{
    private ColumnLayout? _layout;

    /// <summary>Unique in the plan, set when the plan is complete.</summary>
    public int Id { get; set; } = -1;

    /// <summary>A second state of the operator; ids are handed out in pairs.</summary>
    public int AuxiliaryId => Id + 1;

    public ImmutableArray<Column> Columns { get; } = columns;

    public PhysicalOperator[] Children { get; } = children;

    public double EstimatedRows { get; set; } = 1;

    public double EstimatedCost { get; set; }

    public ColumnLayout Layout => _layout ??= new ColumnLayout(Columns);

    /// <summary>The order in which rows come, when one worker asks for them.</summary>
    public virtual RowOrder Order => RowOrder.None;

    /// <summary>As EXPLAIN names it: "Hash Join", "Seq Scan on t".</summary>
    public abstract string Name { get; }

    /// <summary>The lines below the name, e.g. ("Hash Cond", "a = b").</summary>
    public virtual IEnumerable<(string Label, string Text)> Details => [];

    /// <summary>The ways in which rows come out of this operator; adds the pipelines that must run before.</summary>
    public abstract List<Leg> Build(PipelineBuilder builder);

    /// <summary>The input's legs with one stage more.</summary>
    protected static List<Leg> Through(List<Leg> legs, PipelineStage stage)
    {
        foreach (var leg in legs)
            leg.Stages.Add(stage);
        return legs;
    }
}
