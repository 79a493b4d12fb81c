using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Expressions;
using OmenDb.Engine.Functions;
using OmenDb.Engine.Pipelines;
using OmenDb.Engine.Rows;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;
using OmenDb.Types;

namespace OmenDb.Engine.Operators;

/// <summary>A set-returning function, called once per input row (a single row of no columns when there is no input).</summary>
internal sealed class TableFunctionOperator(TableFunction plan, PhysicalOperator input)
    : PhysicalOperator([.. input.Columns, .. plan.Outputs, .. plan.Ordinality is null ? Array.Empty<Column>() : [plan.Ordinality]], input)
{
    private readonly TableFunctionImpl _function = plan.Function is FunctionGroup group ? new GroupedTableFunction(group) : plan.Function as TableFunctionImpl
        ?? throw SqlException.NotSupported($"function {plan.Function.Name} in FROM");
    private readonly CompiledProgram _arguments = CompiledProgram.Compile(plan.Arguments, input.Layout);
    private readonly SqlType[] _outputTypes = [.. plan.Outputs.Select(o => o.Type)];

    public override string Name => $"Function Scan on {plan.Function.Name}";

    public override List<Leg> Build(PipelineBuilder builder) => Through(Children[0].Build(builder), new Stage(this));

    private sealed class Stage(TableFunctionOperator owner) : PipelineStage
    {
        public override int OperatorId => owner.Id;

        public override StageWorker CreateWorker(PlanRun run) => new Worker(owner, plan: owner.Plan, run);
    }

    private TableFunction Plan => plan;

    private sealed unsafe class Worker : StageWorker
    {
        private readonly TableFunctionOperator _owner;
        private readonly TableFunction _plan;
        private readonly PlanRun _run;
        private readonly Frame _frame;
        private readonly Vector[] _arguments;
        private readonly SqlType[] _argumentTypes;
        private readonly ColumnBuilder[] _builders;
        private readonly Batch _output;
        private readonly RowIndices _rows = new();
        private int _count;
        private int _next = -1;
        private long _ordinal;
        private TableFunctionCall? _call;

        public Worker(TableFunctionOperator owner, TableFunction plan, PlanRun run)
        {
            _owner = owner;
            _plan = plan;
            _run = run;
            _frame = owner._arguments.CreateFrame(run.Context);
            _arguments = Joins.HashJoinOperator.NewVectors(owner._arguments.Count);
            _argumentTypes = [.. owner._arguments.Roots.Select(r => r.Type)];
            _builders = [.. owner._outputTypes.Select(t => new ColumnBuilder(t.Arrow, run.Context.Memory))];
            _output = new Batch(owner.Columns.Length);
        }

        public override StageResult Push(Batch input, ref Batch? output)
        {
            if (_next < 0)
            {
                _owner._arguments.Evaluate(_frame, input, _arguments);
                _rows.Selected(input, out _count);
                _next = 0;
            }
            while (_next < _count)
            {
                var row = _rows.Pointer[_next];
                if (_call is null)
                {
                    _call = _owner._function.Open(_run.Context, new RowArguments(_arguments, _argumentTypes, row), _owner._outputTypes);
                    _ordinal = 0;
                }
                foreach (var builder in _builders)
                    builder.Clear();
                var produced = _call.Next(_builders, _run.BatchCapacity);
                if (produced == 0)
                {
                    _call.Dispose();
                    _call = null;
                    _next++;
                    continue;
                }
                var inputCount = input.Columns.Length;
                for (var i = 0; i < inputCount; i++)
                    Constants.SetFromRow(_output.Columns[i], input.Columns[i], row, produced);
                for (var i = 0; i < _builders.Length; i++)
                    _output.Columns[inputCount + i].Reference(_builders[i].View());
                if (_plan.Ordinality is not null)
                {
                    var ordinality = _output.Columns[^1];
                    ordinality.ResetFlat(ArrowType.Int64, produced);
                    for (var i = 0; i < produced; i++)
                        ((long*)ordinality.Values)[i] = ++_ordinal;
                }
                _output.Length = produced;
                output = _output;
                return StageResult.HasMoreOutput;
            }
            _next = -1;
            return StageResult.NeedsInput;
        }

        public override void Dispose()
        {
            _call?.Dispose();
            _frame.Dispose();
            foreach (var argument in _arguments)
                argument.Dispose();
            foreach (var builder in _builders)
                builder.Dispose();
            _output.Dispose();
            _rows.Dispose();
        }
    }
}
