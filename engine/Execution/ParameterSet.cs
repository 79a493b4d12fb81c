using OmenDb.Arrow;
using OmenDb.Engine.Expressions;
using OmenDb.Types;

namespace OmenDb.Engine.Execution;

/// <summary>The values of $1, $2, ...: constant vectors that the caller fills and may fill again for the next execution.</summary>
/// <remarks>Not to be changed while a statement runs with it.</remarks>
public sealed class ParameterSet : IDisposable
{
    public static readonly ParameterSet Empty = new([]);

    private readonly Vector[] _values;

    /// <param name="types">The types that the binder gave the parameters.</param>
    public ParameterSet(IReadOnlyList<SqlType> types)
    {
        Types = types;
        _values = new Vector[types.Count];
        for (var i = 0; i < _values.Length; i++)
        {
            _values[i] = new Vector();
            _values[i].ResetConstant(types[i].Arrow, 1, isNull: true);
        }
    }

    public IReadOnlyList<SqlType> Types { get; }

    public int Count => _values.Length;

    /// <summary>A Constant vector of the parameter's type: write through the kernels of <see cref="Arrow.Compute.Constants"/>, or <see cref="Set"/>.</summary>
    public Vector this[int index] => _values[index];

    /// <param name="index">0-based.</param>
    /// <param name="value">As in <see cref="Planner.Expressions.ConstantExpression"/>; null for null.</param>
    public void Set(int index, object? value) => ValueBox.ToConstant(value, Types[index], _values[index], 1);

    /// <summary>A copy that outlives this.</summary>
    internal ParameterSet Clone()
    {
        if (Count == 0)
            return Empty;
        var copy = new ParameterSet(Types);
        for (var i = 0; i < Count; i++)
        {
            if (_values[i].IsValid(0))
                Arrow.Compute.Constants.SetFromRow(copy._values[i], _values[i], 0, 1);
        }
        return copy;
    }

    public void Dispose()
    {
        foreach (var value in _values)
            value.Dispose();
    }
}
