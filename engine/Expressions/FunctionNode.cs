using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Functions;
using OmenDb.Engine.Rows;
using OmenDb.Planner.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Expressions;

/// <summary>A call of a scalar function, operator or cast.</summary>
/// <remarks>Constant arguments of a function that is not volatile: computed for one row, the result is a Constant. One dictionary
/// argument, the others constant, and a function that cannot fail: computed once per entry. What a condition says of the entries is kept as long as
/// the dictionary stays the same: all vectors of a sealed segment share one.</remarks>
internal sealed unsafe class FunctionNode : Node
{
    private readonly ScalarFunction _function;
    private readonly Node[] _arguments;
    private readonly SqlType[] _argumentTypes;
    private readonly bool _constant;
    private readonly bool _perDictionaryEntry;
    private readonly int _constantArguments;

    /// <summary>A dictionary of at most so many times the rows of a batch is worth it, when the results are kept for the batches to come.</summary>
    private const int MostEntriesPerRow = 8;

    /// <param name="slots">Own slot, then one for the dictionary's result, then one for its codes.</param>
    public FunctionNode(ScalarFunction function, Node[] arguments, SqlType type, int slots) : base(type, slots)
    {
        _function = function;
        _arguments = arguments;
        _argumentTypes = Array.ConvertAll(arguments, a => a.Type);
        _constant = function.Volatility != Volatility.Volatile && Array.TrueForAll(arguments, a => a.IsConstant);
        _perDictionaryEntry = function.IsTotal && function.Strict && function.Volatility != Volatility.Volatile
            && arguments.Length > 0 && type.Physical != PhysicalType.List;
        _constantArguments = arguments.Count(a => a.IsConstant);
    }

    /// <summary>Slots that a node of this kind takes.</summary>
    public const int SlotCount = 3;

    public ScalarFunction Function => _function;

    public IReadOnlyList<Node> Arguments => _arguments;

    public override bool IsConstant => _constant;

    public override bool IsTotal => _function.IsTotal && Array.TrueForAll(_arguments, a => a.IsTotal);

    private sealed class State
    {
        public required FunctionContext Context;
        public required Vector[] Arguments;

        /// <summary>Whose entries <see cref="Accepted"/> speaks of.</summary>
        public Vector? Dictionary;

        /// <summary>Bit per entry, when the function's other arguments are constants of the plan; null: it is null for some entry.</summary>
        public ulong[]? Accepted;
    }

    public override Vector Evaluate(Frame frame, Selection? selection)
    {
        // The function's own call state stands in the second slot; ours in the first.
        var state = (State)(frame.CallState(Slot) ??= new State
        {
            Context = new FunctionContext(frame, Slot + 1, _argumentTypes, Type),
            Arguments = new Vector[_arguments.Length],
        });
        var arguments = state.Arguments;
        Vector? dictionary = null;
        var others = true;
        for (var i = 0; i < arguments.Length; i++)
        {
            arguments[i] = _arguments[i].Evaluate(frame, selection);
            if (_function.Strict && arguments[i].IsConstantNull)
                return Null(frame);
            if (arguments[i].Kind == VectorKind.Dictionary && dictionary is null)
                dictionary = arguments[i];
            else if (arguments[i].Kind != VectorKind.Constant)
                others = false;
        }
        var result = frame.Scratch(Slot);
        var context = state.Context;
        if (_constant)
        {
            // An empty selection may hide a constant that raises: 1/0 under a false condition.
            if (selection is { Count: 0 } || frame.Rows == 0)
                return Null(frame);
            context.Rows = 1;
            context.Selection = null;
            var one = frame.Scratch(Slot + 1);
            _function.Invoke(context, arguments, one);
            Constants.SetFromRow(result, one, 0, frame.Rows);
            return result;
        }
        if (_perDictionaryEntry && dictionary is not null && others && Type.Physical == PhysicalType.Bool && _constantArguments == arguments.Length - 1
            && dictionary.Dictionary!.Length <= frame.Capacity * (long)MostEntriesPerRow)
        {
            if (!ReferenceEquals(state.Dictionary, dictionary.Dictionary))
                Ask(frame, state, dictionary.Dictionary);
            if (state.Accepted is { } known)
            {
                result.ResetFlat(ArrowType.Bool, frame.Rows);
                fixed (ulong* accepted = known)
                    DictionaryCodes.Map(dictionary, accepted, frame.Rows, (ulong*)result.Values);
                Nulls.Propagate(dictionary, result);
                return result;
            }
        }
        if (_perDictionaryEntry && dictionary is not null && others && dictionary.Dictionary!.Length <= frame.Rows)
            return PerEntry(frame, context, arguments, dictionary, result);
        context.Rows = frame.Rows;
        context.Selection = selection;
        // Errors of values carry no position, as in PostgreSQL: only literals are reported where they stand, by the binder.
        _function.Invoke(context, arguments, result);
        return result;
    }

    private Vector Null(Frame frame)
    {
        var result = frame.Scratch(Slot);
        ValueBox.ToConstant(null, Type, result, frame.Rows);
        return result;
    }

    /// <summary>Asks the function about all entries, as many at a time as a batch has rows.</summary>
    private void Ask(Frame frame, State state, Vector entries)
    {
        var arguments = state.Arguments;
        var index = Array.FindIndex(arguments, a => a.Kind == VectorKind.Dictionary);
        var column = arguments[index];
        var accepted = new ulong[Math.Max(1, Bits.WordsFor(entries.Length))];
        var width = entries.Physical.Width();
        var step = Math.Max(64, frame.Capacity / 64 * 64);
        using var piece = new Vector();
        state.Context.Selection = null;
        var anyNull = false;
        for (var first = 0; first < entries.Length; first += step)
        {
            piece.Reference(entries);
            piece.Length = Math.Min(step, entries.Length - first);
            piece.Values = width == 0 ? entries.Values + first / 8 : entries.Values + (long)first * width; // in range: below the dictionary's length
            arguments[index] = piece;
            state.Context.Rows = piece.Length;
            var result = frame.Scratch(Slot + 1);
            _function.Invoke(state.Context, arguments, result);
            for (var row = 0; row < piece.Length; row++)
            {
                anyNull |= !result.IsValid(row);
                if (result.GetBool(row))
                    accepted[(first + row) >> 6] |= 1UL << ((first + row) & 63);
            }
        }
        arguments[index] = column;
        (state.Dictionary, state.Accepted) = (entries, anyNull ? null : accepted);
    }

    private Vector PerEntry(Frame frame, FunctionContext context, Vector[] arguments, Vector dictionary, Vector result)
    {
        var entries = dictionary.Dictionary!;
        var index = Array.IndexOf(arguments, dictionary);
        arguments[index] = entries;
        context.Rows = entries.Length;
        context.Selection = null;
        var perEntry = frame.Scratch(Slot + 1);
        _function.Invoke(context, arguments, perEntry);
        var rows = frame.Rows;
        if (perEntry.Physical == PhysicalType.Bool && perEntry.Kind == VectorKind.Flat && perEntry.Validity == null)
        {
            result.ResetFlat(Type.Arrow, rows);
            Bits.Trim((ulong*)perEntry.Values, entries.Length);
            DictionaryCodes.Map(dictionary, (ulong*)perEntry.Values, rows, (ulong*)result.Values);
        }
        else
        {
            var codes = frame.Scratch(Slot + 2);
            codes.ResetFlat(ArrowType.Int32, rows);
            var target = (int*)codes.Values;
            for (var row = 0; row < rows; row++)
                target[row] = (int)dictionary.Code(row);
            RowCopy.Gather(perEntry, target, rows, result);
            if (result.Kind == VectorKind.Constant)
            {
                Flatten.Into(result, rows, codes);
                result = codes;
            }
        }
        Nulls.Propagate(dictionary, result);
        return result;
    }
}
