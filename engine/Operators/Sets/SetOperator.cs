using System.Collections.Immutable;
using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Pipelines;
using OmenDb.Engine.Rows;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;

namespace OmenDb.Engine.Operators.Sets;

/// <summary>INTERSECT and EXCEPT [ALL]: counts the rows of both sides per distinct row.</summary>
internal sealed class SetOperator(SetOperationKind kind, bool all, ImmutableArray<Column> outputs, PhysicalOperator left, PhysicalOperator right)
    : PhysicalOperator(outputs, left, right)
{
    public override string Name => $"HashSetOp {kind}{(all ? " All" : "")}";

    public override List<Leg> Build(PipelineBuilder builder)
    {
        builder.Add(Children[0].Build(builder), new Sink(this, Id, side: 0));
        builder.Add(Children[1].Build(builder), new Sink(this, AuxiliaryId, side: 1));
        return [new Leg(new Source(this))];
    }

    private sealed class Sink(SetOperator owner, int stateId, int side) : PipelineSink
    {
        public override int OperatorId => stateId;

        public override SinkState Open(PlanRun run) => side == 0 ? new Counts(owner, run) : new RightSide(run.State<Counts>(owner.Id));
    }

    private sealed class Counts : SinkState
    {
        private readonly RowIndices _rows = new();
        private readonly RowIndices _groups = new();

        public Counts(SetOperator owner, PlanRun run) => Table = new GroupTable([.. owner.Columns.Select(c => c.Type)], run.Context);

        public GroupTable Table { get; }

        public List<long>[] ByGroup { get; } = [[], []];

        public override bool AllowsParallelInput => false;

        public override SinkWorker CreateWorker() => new Worker(this, 0);

        public unsafe void Add(Batch batch, int side)
        {
            var rows = _rows.Selected(batch, out var count);
            var groups = _groups.Reserve(batch.Length);
            Table.FindOrAdd(batch.Columns, rows, count, batch.Length, groups);
            foreach (var counts in ByGroup)
            {
                while (counts.Count < Table.Count)
                    counts.Add(0);
            }
            for (var i = 0; i < count; i++)
                ByGroup[side][groups[rows[i]]]++;
        }

        public override void Dispose()
        {
            Table.Dispose();
            _rows.Dispose();
            _groups.Dispose();
        }
    }

    private sealed class RightSide(Counts counts) : SinkState
    {
        public override bool AllowsParallelInput => false;

        public override SinkWorker CreateWorker() => new Worker(counts, 1);
    }

    private sealed class Worker(Counts counts, int side) : SinkWorker
    {
        public override void Consume(Batch batch) => counts.Add(batch, side);

        public override void Combine()
        {
        }
    }

    private long Copies(long left, long right) => (kind, all) switch
    {
        (SetOperationKind.Intersect, true) => Math.Min(left, right),
        (SetOperationKind.Intersect, false) => left > 0 && right > 0 ? 1 : 0,
        (SetOperationKind.Except, true) => Math.Max(0, left - right),
        (SetOperationKind.Except, false) => left > 0 && right == 0 ? 1 : 0,
        _ => left + right > 0 ? 1 : 0,
    };

    private sealed class Source(SetOperator owner) : PipelineSource
    {
        public override int OperatorId => owner.Id;

        public override SourceState Open(PlanRun run) => new Groups(owner, run);
    }

    private sealed class Groups(SetOperator owner, PlanRun run) : SourceState
    {
        public override SourceWorker CreateWorker() => new Reader(owner, run.State<Counts>(owner.Id), run.BatchCapacity);
    }

    private sealed unsafe class Reader(SetOperator owner, Counts counts, int capacity) : SourceWorker
    {
        private readonly Batch _batch = new(owner.Columns.Length);
        private readonly Vector[] _views = counts.Table.Keys.Views();
        private readonly RowIndices _rows = new();
        private int _group = -1;
        private long _left;

        public override bool Next(out Batch batch)
        {
            batch = _batch;
            var rows = _rows.Reserve(capacity);
            var count = 0;
            while (count < capacity)
            {
                if (_left == 0)
                {
                    if (++_group >= counts.Table.Count)
                        break;
                    _left = owner.Copies(counts.ByGroup[0][_group], counts.ByGroup[1][_group]);
                    continue;
                }
                rows[count++] = _group;
                _left--;
            }
            if (count == 0)
                return false;
            for (var i = 0; i < _views.Length; i++)
                Gather.Take(_views[i], rows, count, _batch.Columns[i]);
            _batch.Length = count;
            return true;
        }

        public override void Dispose()
        {
            _batch.Dispose();
            _rows.Dispose();
        }
    }
}
