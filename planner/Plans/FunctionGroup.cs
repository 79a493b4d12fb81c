using System.Collections.Immutable;
using OmenDb.Planner.Catalog;
using OmenDb.Planner.Expressions;
using OmenDb.Types;

namespace OmenDb.Planner.Plans;

/// <summary>Set-returning functions that advance together: several in a select list, or unnest of several arrays. As many rows as the longest
/// gives; the others are padded with nulls.</summary>
/// <remarks>Stands as the function of one <see cref="TableFunction"/>, whose arguments and outputs are those of the members, one after the other.</remarks>
public sealed class FunctionGroup : FunctionInfo
{
    public required ImmutableArray<FunctionGroupMember> Members { get; init; }

    [System.Diagnostics.CodeAnalysis.SetsRequiredMembers]
    public FunctionGroup(IEnumerable<TableFunction> functions)
    {
        Members = [.. functions.Select(f => new FunctionGroupMember(f.Function, f.Arguments.Length, f.Outputs.Length))];
        Name = string.Join(", ", Members.Select(m => m.Function.Name));
        Kind = FunctionKind.Table;
        Arguments = [];
        Result = SqlType.Record;
        Volatility = Members.Max(m => m.Function.Volatility);
        Strict = false;
    }

    public override double EstimateRows(ReadOnlySpan<Expression> arguments)
    {
        var rows = 0.0;
        var start = 0;
        foreach (var member in Members)
        {
            rows = Math.Max(rows, member.Function.EstimateRows(arguments.Slice(start, member.ArgumentCount)));
            start += member.ArgumentCount;
        }
        return rows;
    }

    /// <summary>One node for functions over the same input.</summary>
    public static TableFunction Combine(LogicalPlan? input, IReadOnlyList<TableFunction> functions) => functions.Count == 1
        ? functions[0] with { Input = input }
        : new TableFunction(input, new FunctionGroup(functions), [.. functions.SelectMany(f => f.Arguments)], [.. functions.SelectMany(f => f.Outputs)]);
}

/// <summary>One function of a group and how many of the node's arguments and outputs are its own.</summary>
public sealed record FunctionGroupMember(FunctionInfo Function, int ArgumentCount, int OutputCount);
