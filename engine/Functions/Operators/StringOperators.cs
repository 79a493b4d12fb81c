using System.Text;
using System.Buffers;
using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Planner.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Functions.Operators;

/// <summary>|| of texts and byte strings.</summary>
internal static class ConcatFunction
{
    public static IEnumerable<FunctionInfo> All()
    {
        yield return Of(SqlType.Text);
        yield return Of(SqlType.Bytea);
    }

    private static ScalarFunction Of(SqlType type) => Scalar.Text("||", [type, type], static (_, a, text) =>
    {
        text.Write(a.Get<ReadOnlySpan<byte>>(0));
        text.Write(a.Get<ReadOnlySpan<byte>>(1));
    }, total: true, result: type);
}

/// <summary>[NOT] [I]LIKE: ~~, !~~, ~~*, !~~*. A constant pattern is prepared once per worker.</summary>
internal sealed unsafe class LikeFunction : ScalarFunction
{
    private readonly bool _ignoreCase;
    private readonly bool _negated;

    private LikeFunction(bool ignoreCase, bool negated)
    {
        _ignoreCase = ignoreCase;
        _negated = negated;
    }

    public static IEnumerable<FunctionInfo> All()
    {
        yield return Of("~~", false, false);
        yield return Of("!~~", false, true);
        yield return Of("~~*", true, false);
        yield return Of("!~~*", true, true);
    }

    private static LikeFunction Of(string name, bool ignoreCase, bool negated) => new(ignoreCase, negated)
    {
        Name = name, Kind = FunctionKind.Scalar, Arguments = [SqlType.Text, SqlType.Text], Result = SqlType.Bool,
    };

    private sealed class State
    {
        public byte[]? Text;
        /// <summary>Null with a text: the pattern ends with its escape.</summary>
        public LikePattern? Pattern;
    }

    public override void Invoke(FunctionContext context, ReadOnlySpan<Vector> arguments, Vector result)
    {
        var value = arguments[0];
        var pattern = arguments[1];
        var state = context.State<State>();
        if (pattern.Kind == VectorKind.Constant)
        {
            if (pattern.IsConstantNull || value.IsConstantNull)
            {
                result.ResetConstant(ArrowType.Bool, context.Rows, isNull: true);
                return;
            }
            Prepare(state, pattern.GetBytes(0));
            if (state.Pattern is not null)
            {
                state.Pattern.Evaluate(value, context.Rows, _negated, result);
                return;
            }
        }
        var rows = context.ActiveRows(arguments, strict: true);
        result.ResetFlat(ArrowType.Bool, context.Rows);
        Bits.Fill((ulong*)result.Values, context.Rows, false);
        Nulls.Propagate(value, pattern, result);
        foreach (var row in rows)
        {
            Prepare(state, pattern.GetBytes(row));
            if (Matches(state, value.GetBytes(row)) != _negated)
                Bits.Set((ulong*)result.Values, row);
        }
    }

    private void Prepare(State state, ReadOnlySpan<byte> text)
    {
        if (state.Text is not null && text.SequenceEqual(state.Text))
            return;
        state.Text = text.ToArray();
        LikePattern.TryCompile(text, _ignoreCase, out state.Pattern);
    }

    private bool Matches(State state, ReadOnlySpan<byte> text)
    {
        if (state.Pattern is not null)
            return state.Pattern.Matches(text);
        if (!_ignoreCase)
            return DanglingEscape.Matches(text, state.Text);
        return DanglingEscape.Matches(Lower(text), Lower(state.Text));
    }

    private static byte[] Lower(ReadOnlySpan<byte> text) => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(text).ToLowerInvariant());
}
