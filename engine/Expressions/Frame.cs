using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Execution;

namespace OmenDb.Engine.Expressions;

/// <summary>What one worker needs to evaluate compiled expressions: the input batch and scratch memory by slot.</summary>
/// <remarks>The compiled tree is immutable and shared; everything that changes lives here. Results of an evaluation stand in
/// the scratch vectors and are valid until the same expression is evaluated again.</remarks>
public sealed class Frame : IDisposable
{
    private readonly Vector?[] _vectors;
    private readonly object?[] _callStates;
    private readonly Stack<Selection> _free = new();
    private readonly List<Selection> _all = [];
    private readonly List<IDisposable> _owned = [];

    public Frame(ExecutionContext context, int slotCount)
    {
        Context = context;
        Capacity = Math.Max(64, context.Settings.BatchCapacity);
        _vectors = new Vector?[slotCount];
        _callStates = new object?[slotCount];
    }

    public ExecutionContext Context { get; }

    /// <summary>The most rows that selections of this frame hold; grows with the batches.</summary>
    internal int Capacity { get; private set; }

    /// <summary>The columns that ColumnNodes read.</summary>
    internal Vector[] Columns { get; private set; } = [];

    /// <summary>Physical rows of the input.</summary>
    internal int Rows { get; private set; }

    /// <summary>Counts inputs: what was computed for the same number still holds.</summary>
    internal long Sequence { get; private set; }

    internal void SetInput(Vector[] columns, int rows)
    {
        Sequence++;
        Columns = columns;
        Rows = rows;
        if (rows > Capacity)
        {
            foreach (var selection in _all)
                selection.Dispose();
            _all.Clear();
            _free.Clear();
            Capacity = rows;
        }
    }

    internal Vector Scratch(int slot) => _vectors[slot] ??= new Vector();

    /// <summary>State that a function keeps per call site and worker (a compiled pattern, a cache).</summary>
    internal ref object? CallState(int slot) => ref _callStates[slot];

    /// <summary>Keeps <paramref name="resource"/> until the frame ends.</summary>
    internal T Own<T>(T resource) where T : IDisposable
    {
        _owned.Add(resource);
        return resource;
    }

    /// <summary>A mask selection; to be handed back with <see cref="Return"/>.</summary>
    internal Selection Rent()
    {
        if (_free.TryPop(out var selection))
        {
            selection.IsSparse = false;
            return selection;
        }
        selection = new Selection(Capacity);
        _all.Add(selection);
        return selection;
    }

    internal void Return(Selection selection)
    {
        if (selection.Capacity >= Capacity)
            _free.Push(selection);
    }

    /// <summary>The selection in mask form: itself, or a rented copy that the caller returns.</summary>
    internal unsafe Selection? AsMask(Selection? selection, out bool rented)
    {
        rented = false;
        if (selection is null || !selection.IsSparse)
            return selection;
        var mask = Rent();
        Bits.FromIndices(selection.Indices, selection.Count, mask.Mask, Rows);
        mask.Count = selection.Count;
        rented = true;
        return mask;
    }

    public void Dispose()
    {
        foreach (var vector in _vectors)
            vector?.Dispose();
        foreach (var selection in _all)
            selection.Dispose();
        foreach (var owned in _owned)
            owned.Dispose();
        foreach (var state in _callStates)
            (state as IDisposable)?.Dispose();
    }
}
