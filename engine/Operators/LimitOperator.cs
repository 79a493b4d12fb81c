using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Expressions;
using OmenDb.Engine.Pipelines;
using OmenDb.Engine.Rows;
using OmenDb.Planner.Expressions;
using OmenDb.Types;

namespace OmenDb.Engine.Operators;

/// <summary>The values of LIMIT and OFFSET, read when the statement starts.</summary>
internal sealed class LimitCounts
{
    private readonly CompiledProgram? _count;
    private readonly CompiledProgram? _offset;

    public LimitCounts(Expression? count, Expression? offset)
    {
        _count = count is null ? null : CompiledProgram.Compile([(count, SqlType.Int8)], ColumnLayout.Empty);
        _offset = offset is null ? null : CompiledProgram.Compile([(offset, SqlType.Int8)], ColumnLayout.Empty);
    }

    /// <returns>Count long.MaxValue: no limit.</returns>
    public (long Count, long Offset) Read(PlanRun run)
    {
        var count = Value(_count, run, long.MaxValue);
        if (count < 0)
            throw new SqlException(SqlState.InvalidRowCountInLimitClause, "LIMIT must not be negative");
        var offset = Value(_offset, run, 0);
        if (offset < 0)
            throw new SqlException(SqlState.InvalidRowCountInResultOffsetClause, "OFFSET must not be negative");
        return (count, offset);
    }

    private static long Value(CompiledProgram? program, PlanRun run, long absent)
    {
        if (program is null)
            return absent;
        using var frame = program.CreateFrame(run.Context);
        var value = program.Evaluate(frame, new Batch([], 1), 0);
        return value.IsValid(0) ? value.Get<long>(0) : absent;
    }
}

/// <summary>LIMIT and OFFSET; WITH TIES goes on while the sort keys equal those of the last row.</summary>
internal sealed class LimitOperator(PhysicalOperator input, Expression? count, Expression? offset, IReadOnlyList<Expression>? tieKeys = null)
    : PhysicalOperator(input.Columns, input)
{
    private readonly LimitCounts _counts = new(count, offset);
    private readonly CompiledProgram? _ties = tieKeys is null ? null : CompiledProgram.Compile(tieKeys, input.Layout);

    public override string Name => "Limit";

    public override Physical.RowOrder Order => Children[0].Order;

    public override List<Leg> Build(PipelineBuilder builder) => Through(Children[0].Build(builder), new Stage(this));

    private sealed class Shared(long count, long offset)
    {
        public readonly Lock Lock = new();
        public long Skip = offset;
        public long Left = count;
        public RowStore? LastKeys;
    }

    private sealed class Stage(LimitOperator owner) : PipelineStage
    {
        public override int OperatorId => owner.Id;

        public override StageWorker CreateWorker(PlanRun run) => new Worker(owner, run, run.Shared(owner.Id, () =>
        {
            var (limit, skip) = owner._counts.Read(run);
            return new Shared(limit, skip);
        }));
    }

    private sealed class Worker(LimitOperator owner, PlanRun run, Shared shared) : StageWorker
    {
        private readonly RowIndices _rows = new();
        private readonly Frame? _frame = owner._ties?.CreateFrame(run.Context);
        private readonly Batch _output = new([], 0);
        private Selection? _selection;

        public override unsafe StageResult Push(Batch input, ref Batch? output)
        {
            long skip, take;
            var rowCount = input.RowCount;
            lock (shared.Lock)
            {
                skip = Math.Min(shared.Skip, rowCount);
                shared.Skip -= skip;
                take = Math.Min(shared.Left, rowCount - skip);
                shared.Left -= take;
            }
            var finished = shared.Left == 0;
            if (owner._ties is not null && finished)
                take = WithTies(input, (int)skip, (int)take, ref finished);
            if (take == 0)
                return finished ? StageResult.Finished : StageResult.NeedsInput;
            if (take == rowCount)
            {
                output = input;
                return finished ? StageResult.Finished : StageResult.NeedsInput;
            }
            var rows = _rows.Selected(input, out _);
            if (_selection is null || _selection.Capacity < input.Length)
            {
                _selection?.Dispose();
                _selection = new Selection(Math.Max(input.Length, Batch.DefaultCapacity));
            }
            _selection.IsSparse = false;
            Bits.FromIndices(rows + skip, (int)take, _selection.Mask, input.Length);
            _selection.Count = (int)take;
            _output.Columns = input.Columns;
            _output.Length = input.Length;
            _output.Selection = _selection;
            output = _output;
            return finished ? StageResult.Finished : StageResult.NeedsInput;
        }

        // Called when the count is used up: extends it over rows that tie with the last one taken.
        private unsafe long WithTies(Batch input, int skip, int take, ref bool finished)
        {
            var rows = _rows.Selected(input, out var count);
            var keys = new Vector[owner._ties!.Count];
            for (var i = 0; i < keys.Length; i++)
                keys[i] = new Vector();
            owner._ties.Evaluate(_frame!, input, keys);
            if (shared.LastKeys is null)
            {
                if (take == 0)
                    return 0; // LIMIT 0 has no last row
                shared.LastKeys = new RowStore([.. owner._ties.Roots.Select(r => r.Type)], run.Context);
                var last = rows[skip + take - 1];
                shared.LastKeys.Append(keys, &last, 1);
            }
            var views = shared.LastKeys.Views();
            var end = skip + take;
            while (end < count && Same(keys, rows[end], views))
                end++;
            finished = end < count;
            foreach (var key in keys)
                key.Dispose();
            return end - skip;
        }

        private bool Same(Vector[] keys, int row, Vector[] last)
        {
            for (var i = 0; i < keys.Length; i++)
            {
                var valid = keys[i].IsValid(row);
                if (valid != last[i].IsValid(0) || (valid && TypedCompare.Order(keys[i], row, last[i], 0, owner._ties!.Roots[i].Type) != 0))
                    return false;
            }
            return true;
        }

        public override void Dispose()
        {
            _rows.Dispose();
            _frame?.Dispose();
            _selection?.Dispose();
            shared.LastKeys?.Dispose();
        }
    }
}
