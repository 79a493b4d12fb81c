using System.Collections.Immutable;
using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Expressions;
using OmenDb.Engine.Functions;
using OmenDb.Engine.Operators.Sorting;
using OmenDb.Engine.Pipelines;
using OmenDb.Engine.Rows;
using OmenDb.Planner.Expressions;
using OmenDb.Types;

namespace OmenDb.Engine.Operators.Windows;

/// <summary>Window functions that share partition and order: the input is sorted once, each partition is computed, rows come out in window order.</summary>
/// <remarks>A Window node with several specifications becomes one operator per specification.</remarks>
internal sealed class WindowOperator : PhysicalOperator
{
    private readonly ImmutableArray<WindowCall> _calls;

    private WindowOperator(PhysicalOperator input, ImmutableArray<WindowCall> calls) : base([.. input.Columns, .. calls.Select(c => c.Output)], input)
    {
        _calls = calls;
        var expressions = new List<Expression>();
        int Add(Expression e)
        {
            expressions.Add(e);
            return expressions.Count - 1;
        }
        PartitionBy = [.. calls[0].PartitionBy.Select(Add)];
        OrderBy = [.. calls[0].OrderBy.Select(k => Add(k.Expression))];
        Calls = [.. calls.Select(c => new BoundWindowCall(c, [.. c.Arguments.Select(Add)], c.Filter is null ? -1 : Add(c.Filter),
            c.Frame.Start.Offset is null ? -1 : Add(c.Frame.Start.Offset), c.Frame.End.Offset is null ? -1 : Add(c.Frame.End.Offset)))];
        Program = CompiledProgram.Compile(expressions, input.Layout);
        StoredTypes = [.. input.Columns.Select(c => c.Type), .. Program.Roots.Select(r => r.Type)];
    }

    public BoundWindowCall[] Calls { get; }

    /// <summary>Positions among the program's expressions.</summary>
    public int[] PartitionBy { get; }

    public int[] OrderBy { get; }

    public CompiledProgram Program { get; }

    /// <summary>The input's columns, then the evaluated expressions.</summary>
    public SqlType[] StoredTypes { get; }

    public ImmutableArray<SortKey> SortKeys => _calls[0].OrderBy;

    public int InputCount => Children[0].Columns.Length;

    public static PhysicalOperator Create(PhysicalOperator input, ImmutableArray<WindowCall> calls)
    {
        foreach (var group in calls.GroupBy(c => (Keys(c.PartitionBy), string.Join(",", c.OrderBy.Select(k => $"{Physical.ExpressionText.Of(k.Expression)} {k.Descending} {k.NullsFirst}"))
            + "#" + string.Join(",", c.OrderBy.SelectMany(k => ExpressionFacts.Columns(k.Expression)).Select(x => x.Id)))))
        {
            var rows = input.EstimatedRows;
            input = new WindowOperator(input, [.. group]) { EstimatedRows = rows };
        }
        return input;
    }

    private static string Keys(IEnumerable<Expression> expressions) =>
        string.Join(",", expressions.Select(e => Physical.ExpressionText.Of(e) + "#" + string.Join(",", ExpressionFacts.Columns(e).Select(c => c.Id))));

    public override string Name => "WindowAgg";

    public override List<Leg> Build(PipelineBuilder builder)
    {
        builder.Add(Children[0].Build(builder), new Sink(this));
        return [new Leg(new Source(this))];
    }

    private sealed class Sink(WindowOperator owner) : PipelineSink
    {
        public override int OperatorId => owner.Id;

        public override SinkState Open(PlanRun run) => new State(owner, run);
    }

    private sealed unsafe class State(WindowOperator owner, PlanRun run) : SinkState
    {
        private readonly RowStore _rows = new(owner.StoredTypes, run.Context);
        private NativeBuffer? _order;

        public Vector[] Views { get; private set; } = [];

        /// <summary>One result column per call, in window order.</summary>
        public ColumnBuilder[] Results { get; private set; } = [];

        public int* Order => (int*)_order!.Pointer;

        public int Count => _rows.Count;

        // Rows equal in the window's order keep the input's order, as in PostgreSQL.
        public override bool AllowsParallelInput => false;

        public override SinkWorker CreateWorker() => new Worker(this);

        public override void Finish()
        {
            Views = _rows.Views();
            var expressions = Views.AsSpan(owner.InputCount).ToArray();
            var keys = new List<RowSorter.Key>();
            foreach (var p in owner.PartitionBy)
                keys.Add(new RowSorter.Key(expressions[p], owner.StoredTypes[owner.InputCount + p], false, false));
            for (var k = 0; k < owner.OrderBy.Length; k++)
            {
                keys.Add(new RowSorter.Key(expressions[owner.OrderBy[k]], owner.StoredTypes[owner.InputCount + owner.OrderBy[k]],
                    owner.SortKeys[k].Descending, owner.SortKeys[k].NullsFirst));
            }
            RowSorter.Key[] all = [.. keys];
            _order = RowSorter.Sort(all, _rows.Count, run.Context);
            // Everything in window order: partitions and frames are ranges of rows.
            var sorted = new Vector[expressions.Length];
            for (var i = 0; i < sorted.Length; i++)
            {
                sorted[i] = new Vector();
                Gather.Take(expressions[i], Order, _rows.Count, sorted[i]);
            }
            var sortedKeys = new RowSorter.Key[all.Length];
            for (var i = 0; i < all.Length; i++)
                sortedKeys[i] = all[i] with { Column = sorted[i < owner.PartitionBy.Length ? owner.PartitionBy[i] : owner.OrderBy[i - owner.PartitionBy.Length]] };
            Results = [.. owner.Calls.Select(c => new ColumnBuilder(c.Call.Output.Type.Arrow, run.Context.Memory))];
            var partitionKeys = sortedKeys[..owner.PartitionBy.Length];
            for (var start = 0; start < _rows.Count;)
            {
                run.Context.CheckInterrupts();
                var end = start + 1;
                while (end < _rows.Count && RowSorter.Compare(partitionKeys, start, end) == 0)
                    end++;
                var partition = new Partition(sorted, sortedKeys[owner.PartitionBy.Length..], start, end, run.Context);
                for (var c = 0; c < owner.Calls.Length; c++)
                    partition.Compute(owner.Calls[c], owner, Results[c]);
                start = end;
            }
            foreach (var vector in sorted)
                vector.Dispose();
        }

        public override void Dispose()
        {
            _rows.Dispose();
            _order?.Release();
            foreach (var result in Results)
                result.Dispose();
        }

        private sealed class Worker(State state) : SinkWorker
        {
            private readonly Frame _frame = state.Owner.Program.CreateFrame(state.Run.Context);
            private readonly Vector[] _columns = Joins.HashJoinOperator.NewVectors(state.Owner.StoredTypes.Length);
            private readonly Vector[] _values = Joins.HashJoinOperator.NewVectors(state.Owner.Program.Count);

            public override void Consume(Batch batch)
            {
                state.Owner.Program.Evaluate(_frame, batch, _values);
                for (var i = 0; i < batch.Columns.Length; i++)
                    _columns[i].Reference(batch.Columns[i]);
                for (var i = 0; i < _values.Length; i++)
                    _columns[batch.Columns.Length + i].Reference(_values[i]);
                state._rows.Append(batch, _columns);
            }

            public override void Combine()
            {
            }

            public override void Dispose()
            {
                _frame.Dispose();
                foreach (var column in _columns)
                    column.Dispose();
                foreach (var value in _values)
                    value.Dispose();
            }
        }

        private WindowOperator Owner => owner;

        private PlanRun Run => run;
    }

    private sealed class Source(WindowOperator owner) : PipelineSource
    {
        public override int OperatorId => owner.Id;

        public override SourceState Open(PlanRun run) => new SortedRows(owner, run);
    }

    private sealed class SortedRows(WindowOperator owner, PlanRun run) : SourceState
    {
        public override SourceWorker CreateWorker() => new Reader(owner, run.State<State>(owner.Id), run.BatchCapacity);
    }

    private sealed unsafe class Reader(WindowOperator owner, State state, int capacity) : SourceWorker
    {
        private readonly Batch _batch = new(owner.Columns.Length);
        private readonly Vector[] _results = Array.ConvertAll(state.Results, r => r.View());
        private int _next;

        public override bool Next(out Batch batch)
        {
            batch = _batch;
            var count = Math.Min(capacity, state.Count - _next);
            if (count <= 0)
                return false;
            for (var i = 0; i < owner.InputCount; i++)
                Gather.Take(state.Views[i], state.Order + _next, count, _batch.Columns[i]);
            for (var i = 0; i < _results.Length; i++)
                Gather.Slice(_results[i], _next, count, _batch.Columns[owner.InputCount + i]);
            _batch.Length = count;
            _next += count;
            return true;
        }

        public override void Dispose() => _batch.Dispose();
    }
}

/// <summary>A call with the positions of its arguments among the operator's expressions; -1: none.</summary>
internal sealed record BoundWindowCall(WindowCall Call, int[] Arguments, int Filter, int StartOffset, int EndOffset);
