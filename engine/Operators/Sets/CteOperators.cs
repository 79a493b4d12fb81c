using System.Collections.Immutable;
using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Operators.Scans;
using OmenDb.Engine.Pipelines;
using OmenDb.Engine.Rows;
using OmenDb.Planner.Expressions;
using OmenDb.Types;

namespace OmenDb.Engine.Operators.Sets;

/// <summary>Computes a common table expression once, then its body.</summary>
internal sealed class CteOperator(int cteId, string cteName, PhysicalOperator definition, PhysicalOperator body) : PhysicalOperator(body.Columns, definition, body)
{
    public override string Name => $"CTE {cteName}";

    public override List<Leg> Build(PipelineBuilder builder)
    {
        builder.Add(Children[0].Build(builder), new Sink(this));
        return Children[1].Build(builder);
    }

    private sealed class Sink(CteOperator owner) : PipelineSink
    {
        public override int OperatorId => owner.Id;

        public override SinkState Open(PlanRun run)
        {
            var state = new StoreState(run, [.. owner.Children[0].Columns.Select(c => c.Type)], ordered: false);
            run.SetTable(owner.CteId, state);
            return state;
        }
    }

    private int CteId => cteId;
}

/// <summary>Reads a common table expression; in a recursive part the rows of the last round.</summary>
internal sealed class CteScanOperator(int cteId, string cteName, ImmutableArray<Column> outputs) : PhysicalOperator(outputs)
{
    public override string Name => $"CTE Scan on {cteName}";

    public override List<Leg> Build(PipelineBuilder builder) => [new Leg(new Source(this))];

    private sealed class Source(CteScanOperator owner) : PipelineSource
    {
        public override int OperatorId => owner.Id;

        public override SourceState Open(PlanRun run)
        {
            switch (run.Table(owner.CteId))
            {
                case StoreState state:
                    return new StoreScan(state.Views, state.Rows.Count, run, ordered: false);
                case RowStore rows:
                    return new StoreScan(rows.Views(), rows.Count, run, ordered: true);
                default:
                    throw SqlException.Internal("a common table expression holds no rows");
            }
        }
    }

    private int CteId => cteId;
}

/// <summary>A part of a plan that is run by an operator, maybe many times.</summary>
internal sealed class SubPlan
{
    private readonly PipelineBuilder _builder = new();
    private readonly List<Leg> _legs;

    public SubPlan(PhysicalOperator root) => _legs = root.Build(_builder);

    /// <summary>Appends all rows of one run to <paramref name="target"/>.</summary>
    public void Run(PlanRun parent, int operatorCount, Action<Batch> target)
    {
        using var run = new PlanRun(parent.Context, operatorCount, parent);
        foreach (var pipeline in _builder.Pipelines)
            run.Run(pipeline);
        foreach (var leg in _legs)
        {
            using var source = leg.Source.Open(run);
            using var worker = new LegWorker(run, leg, source);
            while (worker.Next(out var batch))
                target(batch);
        }
    }
}

/// <summary>WITH RECURSIVE: round after round, as long as somebody asks for rows.</summary>
internal sealed class RecursiveUnionOperator(int cteId, bool all, ImmutableArray<Column> outputs, PhysicalOperator initial, PhysicalOperator recursive)
    : PhysicalOperator(outputs, initial, recursive)
{
    public override string Name => "Recursive Union";

    public override List<Leg> Build(PipelineBuilder builder) => [new Leg(new Source(this, new SubPlan(Children[0]), new SubPlan(Children[1])))];

    private sealed class Source(RecursiveUnionOperator owner, SubPlan initial, SubPlan recursive) : PipelineSource
    {
        public override int OperatorId => owner.Id;

        public override SourceState Open(PlanRun run) => new State(owner, initial, recursive, run);
    }

    private sealed class State(RecursiveUnionOperator owner, SubPlan initial, SubPlan recursive, PlanRun run) : SourceState
    {
        public override SourceWorker CreateWorker() => new Rounds(owner, initial, recursive, run);
    }

    private sealed class Rounds : SourceWorker
    {
        private readonly RecursiveUnionOperator _owner;
        private readonly SubPlan _recursive;
        private readonly PlanRun _run;
        private readonly SqlType[] _types;
        private readonly GroupTable? _known; // UNION: rows seen in any round
        private readonly RowIndices _rows = new();
        private readonly RowIndices _groups = new();
        private readonly Batch _batch;
        private RowStore _round;
        private Vector[] _views;
        private int _position;

        public Rounds(RecursiveUnionOperator owner, SubPlan initial, SubPlan recursive, PlanRun run)
        {
            _owner = owner;
            _recursive = recursive;
            _run = run;
            _types = [.. owner.Columns.Select(c => c.Type)];
            _known = owner.All ? null : new GroupTable(_types, run.Context);
            _batch = new Batch(_types.Length);
            _round = new RowStore(_types, run.Context);
            initial.Run(run, run.OperatorCount, batch => Take(batch, _round));
            _views = _round.Views();
        }

        private unsafe void Take(Batch batch, RowStore target)
        {
            if (_known is null)
            {
                target.Append(batch);
                return;
            }
            var known = _known.Count;
            var rows = _rows.Selected(batch, out var count);
            var groups = _groups.Reserve(batch.Length);
            _known.FindOrAdd(batch.Columns, rows, count, batch.Length, groups);
            // The table numbers new rows from `known` on; the first row of each number is kept.
            var seen = new bool[_known.Count - known];
            var kept = 0;
            for (var i = 0; i < count; i++)
            {
                var fresh = groups[rows[i]] - known;
                if (fresh < 0 || seen[fresh])
                    continue;
                seen[fresh] = true;
                rows[kept++] = rows[i];
            }
            target.Append(batch.Columns, rows, kept);
        }

        public override bool Next(out Batch batch)
        {
            batch = _batch;
            if (_position >= _round.Count)
            {
                if (_round.Count == 0)
                    return false;
                // Rounds may go on for ever over few rows: no morsel border would ever notice a cancellation.
                _run.Context.CheckInterrupts();
                var next = new RowStore(_types, _run.Context);
                _run.SetTable(_owner.CteId, _round);
                _recursive.Run(_run, _run.OperatorCount, rows => Take(rows, next));
                _round.Dispose();
                _round = next;
                _views = next.Views();
                _position = 0;
                if (_round.Count == 0)
                    return false;
            }
            var length = Math.Min(_run.BatchCapacity, _round.Count - _position);
            for (var i = 0; i < _views.Length; i++)
                Gather.Slice(_views[i], _position, length, _batch.Columns[i]);
            _batch.Length = length;
            _position += length;
            return true;
        }

        public override void Dispose()
        {
            _round.Dispose();
            _known?.Dispose();
            _rows.Dispose();
            _groups.Dispose();
            _batch.Dispose();
        }
    }

    private int CteId => cteId;

    private bool All => all;
}
