using System.Runtime.CompilerServices;
using OmenDb.Types;

namespace OmenDb.Planner.Syntax;

/// <summary>Turns an imminent stack overflow into 54001. Every recursive walk over syntax calls it once per level.</summary>
public static class StackGuard
{
    /// <exception cref="SqlException">54001.</exception>
    public static void Check()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw TooDeep();
    }

    public static SqlException TooDeep() => new(SqlState.StatementTooComplex, "stack depth limit exceeded")
    {
        Hint = "The statement nests too deeply; split it or flatten its expressions.",
    };
}
