using OmenDb.Arrow;
using OmenDb.Engine.Execution;
using OmenDb.Engine.Rows;
using OmenDb.Planner.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Functions;

/// <summary>An aggregate: bound to its argument types it gives a kernel over states in slots. DISTINCT, FILTER and ORDER BY are the operator's business.</summary>
public abstract class AggregateFunction : FunctionInfo
{
    /// <summary>Rows with a null argument are skipped before the kernel sees them (all built-in ones but count(*), array_agg, json_agg and such).</summary>
    public bool SkipsNulls { get; init; } = true;

    /// <summary>The result depends on the order of rows (string_agg, array_agg, floats apart): such plans keep one worker per group.</summary>
    public bool OrderSensitive { get; init; }

    /// <summary>DISTINCT changes nothing (min, max, bool_and).</summary>
    public bool IgnoresDuplicates { get; init; }

    /// <param name="arguments">With modifiers.</param>
    /// <param name="result">The type of the call.</param>
    public abstract AggregateKernel Bind(ReadOnlySpan<SqlType> arguments, SqlType result);
}

/// <summary>The states of one aggregate for all groups of one table: fixed-width slots in native memory, and managed objects where a kernel needs them.</summary>
public sealed unsafe class AggregateStates : IDisposable
{
    private readonly AggregateKernel _kernel;
    private readonly QueryMemory? _memory;
    private NativeBuffer? _slots;
    private int _capacity;

    public AggregateStates(AggregateKernel kernel, ExecutionContext context)
    {
        _kernel = kernel;
        Context = context;
        _memory = context.Memory;
    }

    public ExecutionContext Context { get; }

    internal AggregateKernel Kernel => _kernel;

    /// <summary>Groups.</summary>
    public int Count { get; private set; }

    /// <summary>The first slot; moves when groups are added.</summary>
    public byte* Slots => _slots is null ? null : _slots.Pointer;

    /// <summary>One object per group, for kernels with <see cref="AggregateKernel.IsManaged"/>.</summary>
    public object?[] Objects { get; private set; } = [];

    /// <summary>Adds initialised states up to <paramref name="count"/> groups.</summary>
    public void Grow(int count)
    {
        if (count <= Count)
            return;
        if (count > _capacity)
        {
            var capacity = (int)Math.Min(Array.MaxLength, Math.Max(16, (long)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)count)));
            if (_kernel.StateSize > 0)
            {
                var bytes = (long)capacity * _kernel.StateSize;
                _memory?.Charge(bytes - (_slots?.Length ?? 0));
                var grown = NativeBuffer.Allocate(bytes, zeroed: false);
                if (_slots is not null)
                {
                    Buffer.MemoryCopy(_slots.Pointer, grown.Pointer, bytes, (long)Count * _kernel.StateSize);
                    _slots.Release();
                }
                _slots = grown;
            }
            if (_kernel.IsManaged)
            {
                var objects = Objects;
                Array.Resize(ref objects, capacity);
                Objects = objects;
            }
            _capacity = capacity;
        }
        var first = Count;
        Count = count;
        _kernel.Initialize(this, first, count - first);
    }

    /// <summary>State <paramref name="group"/> alone, as state 0, on the same memory; slots only.</summary>
    internal AggregateStates Window(int group) => new(_kernel, Context)
    {
        _slots = _slots!.Slice((long)group * _kernel.StateSize, _kernel.StateSize),
        _isWindow = true,
        Count = 1,
    };

    private bool _isWindow;

    public void Dispose()
    {
        if (_slots is not null)
        {
            if (!_isWindow)
                _memory?.Release(_slots.Length);
            _slots.Release();
        }
        _slots = null;
        foreach (var item in Objects)
            (item as IDisposable)?.Dispose();
        Objects = [];
        Count = _capacity = 0;
    }
}

/// <summary>Rows of a batch in a few groups.</summary>
public readonly unsafe ref struct FewGroups(int* rows, int count, int* groups, int groupCount, int* counts)
{
    /// <summary>More do not profit: their totals would leave the registers' neighbourhood.</summary>
    public const int Most = 32;

    /// <summary>Ascending; null: the first <see cref="Count"/>.</summary>
    public readonly int* Rows = rows;

    public readonly int Count = count;

    /// <summary>By row number.</summary>
    public readonly int* Groups = groups;

    public readonly int GroupCount = groupCount;

    /// <summary>Rows by group.</summary>
    public readonly int* Counts = counts;
}

/// <summary>What updates, merges and finishes states. Immutable, shared by workers.</summary>
public abstract unsafe class AggregateKernel
{
    /// <summary>Bytes per group.</summary>
    public abstract int StateSize { get; }

    /// <summary>Uses <see cref="AggregateStates.Objects"/>.</summary>
    public virtual bool IsManaged => false;

    /// <summary>Zeroes the slots unless overridden.</summary>
    public virtual void Initialize(AggregateStates states, int first, int count)
    {
        if (StateSize > 0)
            new Span<byte>(states.Slots + (long)first * StateSize, count * StateSize).Clear();
    }

    /// <summary>Takes rows in.</summary>
    /// <param name="states">Grown to all groups that occur.</param>
    /// <param name="arguments">Of any kind; no arguments for count(*).</param>
    /// <param name="rows">The rows to take, ascending; null: the first <paramref name="count"/>.</param>
    /// <param name="count">How many.</param>
    /// <param name="groups">By row number: its group; null: all belong to group 0.</param>
    public abstract void Update(AggregateStates states, ReadOnlySpan<Vector> arguments, int* rows, int count, int* groups);

    /// <summary>Kernels of equal keys, over the same rows and arguments, have the same states: sum and avg. Null: nobody has mine.</summary>
    public virtual object? StateKey => null;

    /// <summary>Takes rows of one group in, state 0, by mask.</summary>
    /// <param name="states">At least one.</param>
    /// <param name="arguments">As for <see cref="Update"/>.</param>
    /// <param name="rows">Physical rows.</param>
    /// <param name="mask">Null: all rows; otherwise zeros past the last one. Null arguments are not in it.</param>
    /// <param name="count">Rows in the mask.</param>
    /// <returns>False: nothing was done, rows have to be listed.</returns>
    public virtual bool TryUpdateMasked(AggregateStates states, ReadOnlySpan<Vector> arguments, int rows, ulong* mask, int count) => false;

    /// <summary>Takes rows of a few groups in, in totals per group and batch.</summary>
    /// <param name="states">Of all groups.</param>
    /// <param name="arguments">As for <see cref="Update"/>.</param>
    /// <param name="rows">The rows and their groups.</param>
    /// <returns>False: nothing was done.</returns>
    public virtual bool TryUpdateFew(AggregateStates states, ReadOnlySpan<Vector> arguments, in FewGroups rows) => false;

    /// <summary>Merges state picked[i] of <paramref name="source"/> (null: state i) into state map[i] of <paramref name="target"/>.</summary>
    public abstract void Combine(AggregateStates target, AggregateStates source, int* picked, int* map, int count);

    /// <summary>Results of groups first .. first+count-1; <paramref name="result"/> is scratch.</summary>
    public abstract void Finish(AggregateStates states, int first, int count, Vector result);
}

/// <summary>An aggregate whose state is an object, fed row by row: string_agg, array_agg and such.</summary>
/// <typeparam name="TState">The state.</typeparam>
public sealed class ManagedAggregate<TState>(
    Func<TState> create, ManagedAggregate<TState>.Accumulator accumulate, Action<TState, TState> merge,
    Func<TState, SqlType, object?> finish) : AggregateFunction where TState : class
{
    public delegate void Accumulator(TState state, RowArguments row);

    public Func<SqlType[], SqlType>? TypeOf { get; init; }

    public override SqlType ResultType(ReadOnlySpan<SqlType> arguments) => TypeOf?.Invoke(arguments.ToArray()) ?? Result;

    public override AggregateKernel Bind(ReadOnlySpan<SqlType> arguments, SqlType result) => new Kernel(this, arguments.ToArray(), result);

    private sealed unsafe class Kernel(ManagedAggregate<TState> owner, SqlType[] types, SqlType resultType) : AggregateKernel
    {
        public override int StateSize => 0;

        public override bool IsManaged => true;

        public override void Update(AggregateStates states, ReadOnlySpan<Vector> arguments, int* rows, int count, int* groups)
        {
            for (var i = 0; i < count; i++)
            {
                var row = rows == null ? i : rows[i];
                ref var state = ref states.Objects[groups == null ? 0 : groups[row]];
                _accumulate((TState)(state ??= _create()), new RowArguments(arguments, types, row));
            }
        }

        private readonly Accumulator _accumulate = owner.Accumulate;
        private readonly Func<TState> _create = owner.Create;

        public override void Combine(AggregateStates target, AggregateStates source, int* picked, int* map, int count)
        {
            for (var i = 0; i < count; i++)
            {
                var given = picked == null ? i : picked[i];
                if (source.Objects[given] is not TState from)
                    continue;
                ref var into = ref target.Objects[map[i]];
                if (into is null)
                {
                    into = from;
                    source.Objects[given] = null; // ownership moves
                }
                else
                    owner.Merge((TState)into, from);
            }
        }

        public override void Finish(AggregateStates states, int first, int count, Vector result)
        {
            var column = new ResultColumn();
            column.Begin(result, resultType, count);
            for (var i = 0; i < count; i++)
                column.WriteBoxed(i, states.Objects[first + i] is TState state ? owner.ResultOf(state, resultType) : null);
            column.End();
        }
    }

    private Accumulator Accumulate => accumulate;

    private Func<TState> Create => create;

    private void Merge(TState into, TState from) => merge(into, from);

    private object? ResultOf(TState state, SqlType type) => finish(state, type);
}
