using System.Collections.Immutable;
using OmenDb.Arrow;
using OmenDb.Engine.Expressions;
using OmenDb.Engine.Operators.Scans;
using OmenDb.Engine.Pipelines;
using OmenDb.Engine.Rows;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;
using OmenDb.Types;

namespace OmenDb.Engine.Operators.Joins;

/// <summary>One equality of a join: both sides have the same representation.</summary>
/// <param name="NullMatches">IS NOT DISTINCT FROM.</param>
internal sealed record JoinKey(Expression Left, Expression Right, SqlType Type, bool NullMatches);

/// <summary>Joins by equality: the right input is built into a table, the left input probes it.</summary>
/// <remarks>
/// <code>
/// right ──► build sink (JoinTable)
/// left  ──► probe stage ──► ...          right and full: a second leg brings the build rows that nothing matched
/// left  ──► keep sink, right ──► build sink, kept rows ──► probe stage ──► ...          where <see cref="KeepsProbe"/>
/// </code>
/// Left columns are never copied: the output references them under a selection, build columns are gathered beside them.
/// </remarks>
internal sealed class HashJoinOperator : PhysicalOperator
{
    public HashJoinOperator(JoinKind kind, PhysicalOperator left, PhysicalOperator right, ImmutableArray<JoinKey> keys, ImmutableArray<Expression> residual,
        Column? mark) : base(OutputColumns(kind, left, right, mark), left, right)
    {
        Kind = kind;
        Keys = keys;
        Residual = residual;
        Mark = mark;
        LeftKeys = CompiledProgram.Compile(keys.Select(k => (k.Left, k.Type)), left.Layout);
        RightKeys = CompiledProgram.Compile(keys.Select(k => (k.Right, k.Type)), right.Layout);
        ResidualPredicate = residual.IsEmpty ? null
            : CompiledPredicate.Compile(residual, new ColumnLayout([.. left.Columns, .. right.Columns]));
        StoredTypes = [.. keys.Select(k => k.Type), .. right.Columns.Select(c => c.Type)];
    }

    public JoinKind Kind { get; }

    public ImmutableArray<JoinKey> Keys { get; }

    public ImmutableArray<Expression> Residual { get; }

    public Column? Mark { get; }

    public CompiledProgram LeftKeys { get; }

    public CompiledProgram RightKeys { get; }

    public CompiledPredicate? ResidualPredicate { get; }

    /// <summary>Keys, then the right input's columns.</summary>
    public SqlType[] StoredTypes { get; }

    /// <summary>The output has the right input's columns.</summary>
    public bool EmitsRight => Kind is not (JoinKind.Semi or JoinKind.Anti or JoinKind.Mark);

    public bool TracksBuildMatches => Kind is JoinKind.Right or JoinKind.Full;

    /// <summary>The left input is read first and kept, because its keys spare the right input work (<see cref="Physical.RuntimeFilters"/>).</summary>
    public bool KeepsProbe { get; set; }

    /// <summary>By key: scans of the left input are filtered by the right input's keys.</summary>
    public HashSet<int> FiltersFromBuild { get; } = [];

    /// <summary>By key: scans of the right input are filtered by the left input's keys.</summary>
    public HashSet<int> FiltersFromProbe { get; } = [];

    internal static ImmutableArray<Column> OutputColumns(JoinKind kind, PhysicalOperator left, PhysicalOperator right, Column? mark) => kind switch
    {
        JoinKind.Semi or JoinKind.Anti => left.Columns,
        JoinKind.Mark => [.. left.Columns, mark!],
        _ => [.. left.Columns, .. right.Columns],
    };

    public override string Name => Kind switch
    {
        JoinKind.Inner => "Hash Join",
        JoinKind.Left => "Hash Left Join",
        JoinKind.Right => "Hash Right Join",
        JoinKind.Full => "Hash Full Join",
        JoinKind.Semi => "Hash Semi Join",
        JoinKind.Anti => "Hash Anti Join",
        JoinKind.Mark => "Hash Mark Join",
        _ => "Hash Single Join",
    };

    public override IEnumerable<(string Label, string Text)> Details
    {
        get
        {
            yield return ("Hash Cond", string.Join(" AND ", Keys.Select(k => $"({Physical.ExpressionText.Of(k.Left)} "
                + $"{(k.NullMatches ? "IS NOT DISTINCT FROM" : "=")} {Physical.ExpressionText.Of(k.Right)})")));
            if (!Residual.IsEmpty)
                yield return ("Join Filter", Physical.ExpressionText.Conjunction(Residual));
        }
    }

    public override List<Leg> Build(PipelineBuilder builder)
    {
        if (KeepsProbe)
            builder.Add(Children[0].Build(builder), new KeepSink(this));
        builder.Add(Children[1].Build(builder), new BuildSink(this));
        var legs = Through(KeepsProbe ? [new Leg(new KeptRows(this))] : Children[0].Build(builder), new HashJoinProbe(this));
        if (TracksBuildMatches)
            legs.Add(new Leg(new UnmatchedSource(this)));
        return legs;
    }

    private sealed class BuildSink(HashJoinOperator owner) : PipelineSink
    {
        public override int OperatorId => owner.Id;

        public override SinkState Open(PlanRun run) => new BuildState(owner, run);
    }

    internal sealed class BuildState : SinkState
    {
        private readonly HashJoinOperator _owner;
        private readonly PlanRun _run;
        private readonly RowStore _rows;

        public BuildState(HashJoinOperator owner, PlanRun run)
        {
            _owner = owner;
            _run = run;
            _rows = new RowStore(owner.StoredTypes, run.Context);
            Table = new JoinTable([.. owner.Keys.Select(k => k.Type)], [.. owner.Keys.Select(k => k.NullMatches)], run.Context);
        }

        public JoinTable Table { get; }

        /// <summary>By key; null: no scan asks for it.</summary>
        public RuntimeFilter?[] Filters { get; private set; } = [];

        private readonly List<RowStore> _parts = [];

        public override SinkWorker CreateWorker() => new KeyedRowsWorker(_parts, _rows.Types, _owner.RightKeys, _run.Context);

        public override void Finish()
        {
            _rows.Take(_parts, _run.Context);
            var columns = _rows.Views();
            Table.Build(columns, _rows.Count, _owner.TracksBuildMatches);
            Filters = MakeFilters(_owner.FiltersFromBuild, columns, _rows.Count, _owner.Keys.Length, _run.Context);
        }

        public override void Dispose()
        {
            foreach (var filter in Filters)
                filter?.Dispose();
            Table.Dispose();
            _rows.Dispose();
            foreach (var part in _parts)
                part.Dispose();
        }
    }

    /// <param name="columns">Flat; the first ones are the keys.</param>
    private static RuntimeFilter?[] MakeFilters(HashSet<int> wanted, Vector[] columns, int rowCount, int keyCount, Execution.ExecutionContext context)
    {
        var filters = new RuntimeFilter?[keyCount];
        foreach (var key in wanted)
        {
            filters[key] = new RuntimeFilter(context);
            filters[key]!.Build(columns[key], rowCount);
        }
        return filters;
    }

    /// <summary>Keeps the left input, keys first.</summary>
    private sealed class KeepSink(HashJoinOperator owner) : PipelineSink
    {
        public override int OperatorId => owner.AuxiliaryId;

        public override SinkState Open(PlanRun run) => new KeptState(owner, run);
    }

    internal sealed class KeptState(HashJoinOperator owner, PlanRun run) : SinkState
    {
        private readonly RowStore _rows = new([.. owner.Keys.Select(k => k.Type), .. owner.Children[0].Columns.Select(c => c.Type)], run.Context);

        /// <summary>All rows, without the keys.</summary>
        public Vector[] Columns { get; private set; } = [];

        public int RowCount => _rows.Count;

        public RuntimeFilter?[] Filters { get; private set; } = [];

        private readonly List<RowStore> _parts = [];

        public override SinkWorker CreateWorker() => new KeyedRowsWorker(_parts, _rows.Types, owner.LeftKeys, run.Context);

        public override void Finish()
        {
            _rows.Take(_parts, run.Context);
            var columns = _rows.Views();
            Filters = MakeFilters(owner.FiltersFromProbe, columns, _rows.Count, owner.Keys.Length, run.Context);
            Columns = columns[owner.Keys.Length..];
        }

        public override void Dispose()
        {
            foreach (var filter in Filters)
                filter?.Dispose();
            _rows.Dispose();
            foreach (var part in _parts)
                part.Dispose();
        }
    }

    /// <summary>Collects rows with their keys in front.</summary>
    /// <param name="parts">Receives the worker's rows at its end.</param>
    private sealed class KeyedRowsWorker(List<RowStore> parts, ImmutableArray<SqlType> types, CompiledProgram keys, Execution.ExecutionContext context) : SinkWorker
    {
        private RowStore? _local = new(types, context);
        private readonly Frame _frame = keys.CreateFrame(context);
        private readonly Vector[] _columns = NewVectors(types.Length);

        public override void Consume(Batch batch)
        {
            keys.Evaluate(_frame, batch, _columns);
            for (var i = 0; i < batch.Columns.Length; i++)
                _columns[keys.Count + i].Reference(batch.Columns[i]);
            _local!.Append(batch, _columns);
        }

        public override void Combine()
        {
            parts.Add(_local!);
            _local = null;
        }

        public override void Dispose()
        {
            _local?.Dispose();
            _frame.Dispose();
            foreach (var column in _columns)
                column.Dispose();
        }
    }

    private sealed class KeptRows(HashJoinOperator owner) : PipelineSource
    {
        public override int OperatorId => owner.AuxiliaryId;

        public override SourceState Open(PlanRun run)
        {
            var kept = run.State<KeptState>(owner.AuxiliaryId);
            return new StoreScan(kept.Columns, kept.RowCount, run, ordered: false);
        }
    }

    internal static Vector[] NewVectors(int count)
    {
        var vectors = new Vector[count];
        for (var i = 0; i < count; i++)
            vectors[i] = new Vector();
        return vectors;
    }

    /// <summary>Build rows that no probe row has matched, with nulls for the left columns.</summary>
    private sealed class UnmatchedSource(HashJoinOperator owner) : PipelineSource
    {
        public override int OperatorId => owner.Id;

        public override SourceState Open(PlanRun run) => new UnmatchedState(owner, run);
    }

    private sealed class UnmatchedState(HashJoinOperator owner, PlanRun run) : SourceState
    {
        public override SourceWorker CreateWorker()
        {
            var table = run.State<BuildState>(owner.Id).Table;
            return new UnmatchedRows([.. owner.Children[0].Columns.Select(c => c.Type)], table.Columns.AsSpan(owner.Keys.Length).ToArray(), table, run.BatchCapacity);
        }
    }

    private sealed unsafe class UnmatchedRows(SqlType[] left, Vector[] right, JoinTable table, int capacity) : SourceWorker
    {
        private readonly Batch _batch = new(left.Length + right.Length);
        private readonly RowIndices _rows = new();
        private int _next;

        public override bool Next(out Batch batch)
        {
            batch = _batch;
            var rows = _rows.Reserve(capacity);
            var count = 0;
            for (; _next < table.RowCount && count < capacity; _next++)
            {
                if (table.Matched[_next] == 0)
                    rows[count++] = _next;
            }
            if (count == 0)
                return false;
            for (var i = 0; i < left.Length; i++)
                ValueBox.ToConstant(null, left[i], _batch.Columns[i], count);
            for (var i = 0; i < right.Length; i++)
                Arrow.Compute.Gather.Take(right[i], rows, count, _batch.Columns[left.Length + i]);
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
