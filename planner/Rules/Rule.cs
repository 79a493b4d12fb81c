using OmenDb.Planner.Catalog;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;
using OmenDb.Types;

namespace OmenDb.Planner.Rules;

/// <summary>What rules may use beside the plan itself. One per optimisation.</summary>
/// <param name="catalog">The catalog that the plan was bound against.</param>
/// <param name="nextColumnId">The first id that the plan does not use.</param>
/// <param name="nextParameter">The first 0-based parameter number that the statement does not use.</param>
public sealed class RuleContext(IPlannerCatalog catalog, int nextColumnId, int nextParameter = 0)
{
    private int _nextColumn = nextColumnId;
    private int _nextParameter = nextParameter;
    private int _nextCte = 1 << 20; // above the binder's

    public IPlannerCatalog Catalog { get; } = catalog;

    public Column NewColumn(string name, SqlType type, bool nullable = true) => new(_nextColumn++, name, type, nullable);

    /// <summary>A column of a table that nobody has named.</summary>
    public Column NewColumn(string name, SqlType type, bool nullable, (ITableInfo Table, int Ordinal) origin) => new(_nextColumn++, name, type, nullable) { Origin = origin };

    /// <summary>A fresh column that stands for another one in a copy.</summary>
    public Column CopyOf(Column column) => new(_nextColumn++, column.Name, column.Type, column.Nullable) { Origin = column.Origin };

    /// <summary>Numbers for the arguments of an inner plan.</summary>
    public int NewParameters(int count)
    {
        var first = _nextParameter;
        _nextParameter += count;
        return first;
    }

    /// <summary>Runs all rules over a plan that stands inside an expression.</summary>
    public LogicalPlan OptimizeInner(LogicalPlan plan) => Optimizer.Run(plan, this);

    internal Func<string, bool>? IsOff { get; init; }

    public int NewCteId() => _nextCte++;

    /// <summary>The built-in function of that name whose declared arguments have these types.</summary>
    public FunctionInfo Function(string name, params ReadOnlySpan<SqlType> arguments)
    {
        foreach (var candidate in Catalog.FindFunctions("pg_catalog", name))
        {
            if (candidate.Arguments.Length != arguments.Length)
                continue;
            var matches = true;
            for (var i = 0; i < arguments.Length && matches; i++)
                matches = candidate.Arguments[i].SameBase(arguments[i]) || candidate.Arguments[i].Id is TypeId.AnyElement or TypeId.Any;
            if (matches)
                return candidate;
        }
        throw SqlException.Internal($"the built-in function {name} is missing");
    }
}

/// <summary>One rewriting of the logical plan. The optimiser runs the rules in the order of the rule list.</summary>
public abstract class Rule
{
    /// <summary>Lower case with underscores: what settings and tests switch it by.</summary>
    public abstract string Name { get; }

    /// <summary>False for lowering steps without which the engine could not run the plan.</summary>
    public virtual bool IsSwitchable => true;

    /// <returns>The very same object when there is nothing to do. The output columns of the root never change.</returns>
    public abstract LogicalPlan Apply(LogicalPlan plan, RuleContext context);
}

/// <summary>A rule that looks at one node at a time, children first.</summary>
public abstract class RewriteRule : Rule
{
    public override LogicalPlan Apply(LogicalPlan plan, RuleContext context) => PlanTree.Rewrite(plan, node => Rewrite(node, context));

    /// <returns>The replacement, or the very same object.</returns>
    protected abstract LogicalPlan Rewrite(LogicalPlan node, RuleContext context);
}
