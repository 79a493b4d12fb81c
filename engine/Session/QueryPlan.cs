using System.Collections.Immutable;
using OmenDb.Arrow;
using OmenDb.Engine.Execution;
using OmenDb.Planner.Binding;
using OmenDb.Types;

namespace OmenDb.Engine;

/// <summary>A planned query or change, usable by any number of executions as long as catalog and settings are the same.</summary>
internal sealed record QueryPlan(ExecutablePlan Plan, ImmutableArray<OutputColumn> Outputs, ImmutableArray<SqlType> ParameterTypes)
{
    /// <summary>SELECT, INSERT, UPDATE or DELETE.</summary>
    public required string Verb { get; init; }

    /// <summary>Returns rows.</summary>
    public bool HasRows { get; init; }

    /// <summary>Changes or locks rows: runs to its end before the first row is given out, and may have to run again.</summary>
    public bool Writes { get; init; }

    /// <summary>SELECT ... FOR UPDATE and the like: how strong; null: no row is locked.</summary>
    public Planner.Plans.RowLockStrength? RowLock { get; init; }

    public required long CatalogVersion { get; init; }

    public required string SettingsKey { get; init; }

    /// <summary>What the plan was made for; see <see cref="PlannedTable"/>.</summary>
    public ImmutableArray<PlannedTable> Sizes { get; init; } = [];

    /// <summary>False: a table has new statistics or is of another size, and a new plan may be better.</summary>
    public bool FitsData()
    {
        foreach (var table in Sizes)
        {
            if (!table.Fits())
                return false;
        }
        return true;
    }

    /// <summary>Made for one snapshot, which is older than indexes of its tables: for nobody else.</summary>
    public bool IsOlder { get; init; }

    /// <summary>Patterns that it takes the bounds of index scans from when it runs.</summary>
    public required Physical.PatternProbes Patterns { get; init; }

    /// <summary>For executions whose patterns begin with anything; made when it is needed first.</summary>
    public QueryPlan? WithoutPatterns { get; set; }

    /// <summary>What it was made of.</summary>
    public PlanSource? Source { get; init; }

    /// <summary>Tables that are only read, and those that are changed, by OID.</summary>
    public required int[] ReadTables { get; init; }

    public required int[] ChangedTables { get; init; }

    /// <summary>Tables whose rows are locked.</summary>
    public int[] LockedTables { get; init; } = [];
}

/// <summary>What a plan is made of.</summary>
/// <param name="Syntax">The statement.</param>
/// <param name="Declared">Types of parameters.</param>
/// <param name="Extra">One more table.</param>
internal sealed record PlanSource(Planner.Syntax.Statement Syntax, ImmutableArray<SqlType> Declared, Planner.Catalog.ITableInfo? Extra);

/// <summary>What the engine makes of a logical plan.</summary>
internal abstract class ExecutablePlan
{
    public abstract PlanExecution Start(ExecutionContext context);

    /// <summary>The short way to one row; null: there is none.</summary>
    public virtual Physical.PointPlan? Point => null;

    /// <summary>The lines of EXPLAIN.</summary>
    /// <param name="execution">After its end, for EXPLAIN ANALYZE; null: only the plan.</param>
    public abstract IReadOnlyList<string> Explain(ExplainOptions options, PlanExecution? execution);
}

/// <summary>One execution.</summary>
internal abstract class PlanExecution : IDisposable
{
    public abstract bool Next(out Batch batch);

    /// <summary>Rows that the change has changed, after the end.</summary>
    public abstract long RowsAffected { get; }

    public abstract void Dispose();
}

/// <summary>Options of EXPLAIN.</summary>
internal sealed record ExplainOptions
{
    public bool Analyze { get; init; }

    public bool Verbose { get; init; }

    public bool Costs { get; init; } = true;

    public bool Timing { get; init; } = true;

    public bool Summary { get; init; }

    /// <summary>text, json, yaml or xml.</summary>
    public string Format { get; init; } = "text";
}

/// <summary>A table as a plan's estimates saw it.</summary>
internal readonly record struct PlannedTable(Storage.Tables.Table Rows, object? Statistics, double RowCount)
{
    /// <summary>Growth below this factor, or this number of rows, does not change plans.</summary>
    private const double Factor = 10;
    private const double Few = 1000;

    public bool Fits()
    {
        var now = (double)Rows.RowCount;
        return ReferenceEquals(Rows.Statistics, Statistics) && now <= RowCount * Factor + Few && RowCount <= now * Factor + Few;
    }

    public static IEnumerable<PlannedTable> Of(Planner.Plans.LogicalPlan plan) =>
        (plan is Planner.Plans.Scan { Table: Catalog.TableInfo { Table.Rows: var rows } } ? [new PlannedTable(rows, rows.Statistics, rows.RowCount)]
            : Enumerable.Empty<PlannedTable>()).Concat(plan.Children.SelectMany(Of));
}
