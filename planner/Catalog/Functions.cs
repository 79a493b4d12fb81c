using System.Collections.Immutable;
using OmenDb.Planner.Expressions;
using OmenDb.Types;

namespace OmenDb.Planner.Catalog;

public enum FunctionKind : byte { Scalar, Aggregate, Window, Table }

/// <summary>PostgreSQL's volatility classes: what may be folded and when.</summary>
public enum Volatility : byte
{
    /// <summary>Same result for the same arguments for ever: folded when all arguments are constants.</summary>
    Immutable,
    /// <summary>Same result within one statement.</summary>
    Stable,
    Volatile,
}

/// <summary>One overload of a function or operator: what the binder resolves to. The engine derives from it to attach kernels.</summary>
/// <remarks>Operators are functions whose name is the operator's ("+", "~~", "||"); unary ones take one argument.
/// Pseudo-types (AnyElement, AnyArray, Any) may stand in <see cref="Arguments"/>.</remarks>
public abstract class FunctionInfo
{
    public required string Name { get; init; }

    public required FunctionKind Kind { get; init; }

    public required ImmutableArray<SqlType> Arguments { get; init; }

    /// <summary>The declared result; may be polymorphic or derived: <see cref="ResultType"/> decides for a call.</summary>
    public required SqlType Result { get; init; }

    public Volatility Volatility { get; init; } = Volatility.Immutable;

    /// <summary>Null when any argument is null, without being called.</summary>
    public bool Strict { get; init; } = true;

    /// <summary>The last declared argument may repeat (VARIADIC).</summary>
    public bool Variadic { get; init; }

    /// <summary>Trailing arguments that may be left out.</summary>
    public int OptionalArguments { get; init; }

    /// <summary>PostgreSQL's OID where clients ask for it; otherwise 0.</summary>
    public int Oid { get; init; }

    /// <summary>The exact type of a call, modifiers included: numeric(15,2) * numeric(4,2) is numeric(19,4).</summary>
    /// <param name="arguments">The call's argument types after coercion.</param>
    public virtual SqlType ResultType(ReadOnlySpan<SqlType> arguments) => Result;

    /// <summary>Set-returning functions in FROM: names and types of the result columns. Empty: one column named as the function.</summary>
    public virtual ImmutableArray<(string Name, SqlType Type)> ResultColumns(ReadOnlySpan<SqlType> arguments) => [];

    /// <summary>Table functions: expected rows.</summary>
    public virtual double EstimateRows(ReadOnlySpan<Expression> arguments) => 1000;
}

/// <summary>When a cast may be applied without being written.</summary>
public enum CastContext : byte { Implicit, Assignment, Explicit }

/// <summary>The names that a statement can use. One per statement: a consistent view of the catalog.</summary>
public interface IPlannerCatalog
{
    /// <summary>Schemas searched for unqualified names, pg_catalog first unless listed later.</summary>
    ImmutableArray<string> SearchPath { get; }

    string CurrentDatabase { get; }

    /// <param name="schema">Null: along the search path.</param>
    /// <param name="name">Folded.</param>
    ITableInfo? FindTable(string? schema, string name);

    bool SchemaExists(string name);

    /// <summary>All overloads of that name and kind, in no order.</summary>
    IReadOnlyList<FunctionInfo> FindFunctions(string? schema, string name);

    /// <summary>User-defined types (enums); built-in names are resolved by the types project.</summary>
    SqlType? FindType(string? schema, string name);

    /// <summary>The weakest context in which a cast exists; null when there is none. Casts through text are Explicit/Assignment as in pg_cast.</summary>
    CastContext? FindCast(SqlType from, SqlType to);

    /// <summary>The value of an expression without columns and parameters, for folding; raises the SQL error that executing it would raise.</summary>
    ConstantExpression Evaluate(Expression expression);
}
