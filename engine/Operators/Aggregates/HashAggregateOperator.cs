using System.Collections.Immutable;
using OmenDb.Arrow;
using OmenDb.Engine.Expressions;
using OmenDb.Engine.Functions;
using OmenDb.Engine.Pipelines;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;
using OmenDb.Types;

namespace OmenDb.Engine.Operators.Aggregates;

/// <summary>One aggregate call, bound: which columns of the evaluated input it reads.</summary>
internal sealed class BoundAggregate
{
    public required AggregateCall Call { get; init; }

    public required AggregateKernel Kernel { get; init; }

    /// <summary>Positions among the evaluated expressions.</summary>
    public required int[] Arguments { get; init; }

    /// <summary>-1: none.</summary>
    public required int Filter { get; init; }

    public required int[] OrderKeys { get; init; }

    public required bool SkipsNulls { get; init; }

    public required bool Distinct { get; init; }

    public bool Ordered => OrderKeys.Length > 0;

    /// <summary>The aggregate whose states this one reads: itself, or an earlier one that takes the same rows in the same way.</summary>
    public required int StatesOf { get; init; }
}

/// <summary>Grouping and aggregation: each worker fills tables of its own, which are merged; then the groups are read out in parallel.</summary>
/// <remarks>Grouping sets are separate tables fed by the same rows. DISTINCT arguments are collected per group in a set of their
/// own and aggregated at the end, once; ordered ones are collected and sorted.</remarks>
internal sealed class HashAggregateOperator : PhysicalOperator
{
    public HashAggregateOperator(PhysicalOperator input, ImmutableArray<Projection> groups, ImmutableArray<AggregateCall> calls,
        ImmutableArray<ImmutableArray<int>> groupingSets, Column? groupingId, ImmutableArray<int> determined = default)
        : base([.. groups.Select(g => g.Output), .. calls.Select(c => c.Output), .. groupingId is null ? ImmutableArray<Column>.Empty : [groupingId]], input)
    {
        Groups = groups;
        Calls = calls;
        _determined = determined.IsDefault ? [] : determined;
        // Keys that others determine come last.
        Sets = groupingSets.IsDefault ? [[.. Enumerable.Range(0, groups.Length).Except(_determined), .. _determined]] : groupingSets;
        HasGroupingId = groupingId is not null;
        var expressions = new List<(Expression, SqlType)>();
        int Add(Expression e)
        {
            // sum(x) and avg(x) evaluate x once
            var known = expressions.FindIndex(other => other.Item2.Equals(e.Type) && ExpressionTree.Same(other.Item1, e));
            if (known >= 0)
                return known;
            expressions.Add((e, e.Type));
            return expressions.Count - 1;
        }
        foreach (var group in groups)
            expressions.Add((group.Expression, group.Output.Type));
        GroupTypes = [.. groups.Select(g => g.Output.Type)];
        var bound = new List<BoundAggregate>();
        foreach (var call in calls)
        {
            if (call.Function is not AggregateFunction function)
                throw SqlException.Internal($"{call.Function.Name} is no aggregate");
            var kernel = function.Bind([.. call.Arguments.Select(a => a.Type)], call.Output.Type);
            int[] arguments = [.. call.Arguments.Select(Add)];
            var filter = call.Filter is null ? -1 : Add(call.Filter);
            var distinct = call.Distinct && !function.IgnoresDuplicates && !call.Arguments.IsEmpty;
            var same = call.OrderBy.IsEmpty && kernel.StateKey is { } key
                ? bound.FindIndex(b => key.Equals(b.Kernel.StateKey) && b.Arguments.AsSpan().SequenceEqual(arguments) && b.Filter == filter && b.Distinct == distinct && !b.Ordered)
                : -1;
            bound.Add(new BoundAggregate
            {
                Call = call,
                Kernel = kernel,
                Arguments = arguments,
                Filter = filter,
                OrderKeys = [.. call.OrderBy.Select(k => Add(k.Expression))],
                SkipsNulls = function.SkipsNulls,
                Distinct = distinct,
                StatesOf = same < 0 ? bound.Count : same,
            });
        }
        Aggregates = [.. bound];
        Program = CompiledProgram.Compile(expressions, input.Layout);
        OrderSensitive = calls.Any(c => c.Function is AggregateFunction { OrderSensitive: true } && c.OrderBy.IsEmpty);
    }

    private readonly ImmutableArray<int> _determined;

    /// <summary>How many keys of a set tell groups apart, its first ones; the others follow from them.</summary>
    public int Determining(ImmutableArray<int> set) => set.Length - _determined.Length;

    public ImmutableArray<Projection> Groups { get; }

    public ImmutableArray<AggregateCall> Calls { get; }

    public ImmutableArray<ImmutableArray<int>> Sets { get; }

    public bool HasGroupingId { get; }

    public SqlType[] GroupTypes { get; }

    public BoundAggregate[] Aggregates { get; }

    public CompiledProgram Program { get; }

    public bool OrderSensitive { get; }

    public override string Name => Groups.IsEmpty ? "Aggregate" : Sets.Length > 1 ? "MixedAggregate" : "HashAggregate";

    public override IEnumerable<(string Label, string Text)> Details
    {
        get
        {
            if (Sets.Length == 1 && !Groups.IsEmpty)
                yield return ("Group Key", string.Join(", ", Sets[0].Take(Determining(Sets[0])).Select(i => Physical.ExpressionText.Of(Groups[i].Expression))));
            else if (Sets.Length > 1)
            {
                foreach (var set in Sets)
                    yield return ("Group Key", set.IsEmpty ? "()" : string.Join(", ", set.Select(i => Physical.ExpressionText.Of(Groups[i].Expression))));
            }
        }
    }

    public override List<Leg> Build(PipelineBuilder builder)
    {
        builder.Add(Children[0].Build(builder), new Sink(this));
        return [new Leg(new GroupSource(this))];
    }

    private sealed class Sink(HashAggregateOperator owner) : PipelineSink
    {
        public override int OperatorId => owner.Id;

        public override SinkState Open(PlanRun run) => new State(owner, run);
    }

    private sealed class State : SinkState
    {
        private readonly HashAggregateOperator _owner;
        private readonly PlanRun _run;

        public State(HashAggregateOperator owner, PlanRun run)
        {
            _owner = owner;
            _run = run;
        }

        private readonly List<GroupedStates[]> _parts = [];

        /// <summary>What did not fit; null: everything did.</summary>
        public SpilledGroups? Spilled { get; private set; }

        /// <summary>Puts the groups of a worker aside.</summary>
        private void Spill(int set, GroupedStates states)
        {
            lock (_parts)
                Spilled ??= new SpilledGroups(_owner, _run.Context);
            Spilled.Add(set, states);
        }

        /// <summary>One per grouping set, or one per partition of it; complete. Sets that have spilled are not among them.</summary>
        public GroupedStates[]? Sets { get; private set; }

        public override bool AllowsParallelInput => !_owner.OrderSensitive;

        public override SinkWorker CreateWorker() => new Worker(this);

        public override void Finish()
        {
            if (_parts.Count == 0)
                _parts.Add(NewSets());
            var finished = new List<GroupedStates>();
            for (var set = 0; set < _owner.Sets.Length; set++)
            {
                if (Spilled?.HasSet(set) == true)
                {
                    // The rest goes the same way: a partition is complete when it comes back.
                    foreach (var part in _parts)
                        Spilled.Add(set, part[set]);
                    continue;
                }
                finished.AddRange(ParallelMerge.Merge(_owner, _owner.Sets[set], [.. _parts.Select(part => part[set])], _run.Context));
            }
            if (Spilled is not null && _run.Metrics?[_owner.Id] is { } metrics)
                metrics.SpilledBytes = Spilled.Bytes;
            Sets = [.. finished];
        }

        private GroupedStates[] NewSets() => [.. _owner.Sets.Select(set => new GroupedStates(_owner, set, _run.Context))];

        public override void Dispose()
        {
            Spilled?.Dispose();
            foreach (var set in Sets ?? [])
                set.Dispose();
            foreach (var part in _parts)
            {
                foreach (var set in part)
                    set.Dispose(); // those that became a result are disposed already and do not mind
            }
        }

        private sealed class Worker(State state) : SinkWorker
        {
            private readonly Frame _frame = state._owner.Program.CreateFrame(state._run.Context);
            private readonly Vector[] _values = Joins.HashJoinOperator.NewVectors(state._owner.Program.Count);
            private readonly Rows.RowIndices _rows = new();

            /// <summary>Fewer are not what fills the memory.</summary>
            private const int LeastSpilledRows = 4096;

            private GroupedStates[]? _sets = state.NewSets();

            public override unsafe void Consume(Batch batch)
            {
                state._owner.Program.Evaluate(_frame, batch, _values);
                int* rows = null;
                foreach (var set in _sets!)
                {
                    if (set.TryUpdateWhole(_values, batch))
                        continue;
                    if (rows == null)
                        rows = _rows.Selected(batch, out _);
                    set.Update(_values, rows, batch.RowCount, batch.Length);
                }
                if (state._run.Context.WantsSpill)
                    Spill();
            }

            private void Spill()
            {
                for (var i = 0; i < _sets!.Length; i++)
                {
                    if (!_sets[i].CanSpill || (_sets[i].MergeRows < LeastSpilledRows && !state._run.Context.Settings.ForceSpill))
                        continue;
                    var full = _sets[i];
                    _sets[i] = new GroupedStates(state._owner, state._owner.Sets[i], state._run.Context);
                    state.Spill(i, full);
                }
            }

            public override void Combine()
            {
                state._parts.Add(_sets!);
                _sets = null;
            }

            public override void Dispose()
            {
                _frame.Dispose();
                foreach (var value in _values)
                    value.Dispose();
                foreach (var set in _sets ?? [])
                    set.Dispose();
                _rows.Dispose();
            }
        }
    }

    private sealed class GroupSource(HashAggregateOperator owner) : PipelineSource
    {
        public override int OperatorId => owner.Id;

        public override SourceState Open(PlanRun run) => new GroupScan(owner, run.State<State>(owner.Id).Sets!, run.State<State>(owner.Id).Spilled, run.BatchCapacity);
    }

    private sealed class GroupScan(HashAggregateOperator owner, GroupedStates[] sets, SpilledGroups? spilled, int capacity) : SourceState
    {
        private readonly int[] _parts = spilled?.Parts ?? [];
        private int _nextPart = -1;
        private readonly Lock _lock = new();
        private int _set;
        private int _next;

        public override int MaxWorkers => sets.Sum(s => s.GroupCount) / (capacity * 8) + 1 + _parts.Length;

        public override SourceWorker CreateWorker() => new Worker(this);

        private bool Take(out GroupedStates set, out int setIndex, out int first, out int count)
        {
            lock (_lock)
            {
                while (_set < sets.Length && _next >= sets[_set].GroupCount)
                {
                    _set++;
                    _next = 0;
                }
                set = null!;
                setIndex = _set;
                first = count = 0;
                if (_set >= sets.Length)
                    return false;
                set = sets[_set];
                first = _next;
                count = Math.Min(capacity, set.GroupCount - first);
                _next += count;
                return true;
            }
        }

        /// <summary>The next partition that comes back from disk; null: there is none.</summary>
        private GroupedStates? Load() => Interlocked.Increment(ref _nextPart) is var next && next < _parts.Length ? spilled!.Load(_parts[next]) : null;

        private int Capacity => capacity;

        private HashAggregateOperator Owner => owner;

        private sealed class Worker(GroupScan scan) : SourceWorker
        {
            private GroupedStates? _loaded;
            private int _nextLoaded;

            private readonly Batch _batch = new(scan.Owner.Columns.Length);

            public override bool Next(out Batch batch)
            {
                batch = _batch;
                if (scan.Take(out var set, out _, out var first, out var count))
                {
                    set.Read(first, count, _batch);
                    return true;
                }
                while (_loaded is null || _nextLoaded >= _loaded.GroupCount)
                {
                    _loaded?.Dispose();
                    _loaded = scan.Load();
                    if (_loaded is null)
                        return false;
                    _nextLoaded = 0;
                }
                count = Math.Min(scan.Capacity, _loaded.GroupCount - _nextLoaded);
                _loaded.Read(_nextLoaded, count, _batch);
                _nextLoaded += count;
                return true;
            }

            public override void Dispose()
            {
                _loaded?.Dispose();
                _batch.Dispose();
            }
        }
    }
}
