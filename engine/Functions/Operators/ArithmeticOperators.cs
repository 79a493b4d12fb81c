using OmenDb.Arrow.Compute;
using OmenDb.Planner.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Functions.Operators;

/// <summary>+ - * / % on all number types.</summary>
internal static class ArithmeticOperators
{
    public static IEnumerable<FunctionInfo> All()
    {
        foreach (var (name, op) in new[] { ("+", ArithmeticOp.Add), ("-", ArithmeticOp.Subtract), ("*", ArithmeticOp.Multiply), ("/", ArithmeticOp.Divide) })
        {
            foreach (var type in new[] { SqlType.Int2, SqlType.Int4, SqlType.Int8, SqlType.Float4, SqlType.Float8 })
                yield return ArithmeticFunction.Of(name, op, type);
            yield return NumericFunction.Of(name, op);
        }
        foreach (var name in new[] { "%", "mod" })
        {
            foreach (var type in new[] { SqlType.Int2, SqlType.Int4, SqlType.Int8 })
                yield return ArithmeticFunction.Of(name, ArithmeticOp.Modulo, type);
            yield return NumericFunction.Of(name, ArithmeticOp.Modulo);
        }
    }
}
