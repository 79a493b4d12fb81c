using System.Collections.Immutable;
using OmenDb.Arrow;
using OmenDb.Engine.Expressions;
using OmenDb.Engine.Functions;
using OmenDb.Engine.Pipelines;
using OmenDb.Engine.Rows;
using OmenDb.Planner.Expressions;
using OmenDb.Types;

namespace OmenDb.Engine.Operators;

/// <summary>Literal rows. One row of no columns is SELECT without FROM.</summary>
/// <remarks>A statement that loads data has thousands of literals: constants go straight from the plan into columns, literals whose meaning depends on the
/// session through their type's input function, and only the rest is compiled.</remarks>
internal sealed class ValuesOperator : PhysicalOperator
{
    private readonly Row[] _rows;

    private readonly record struct Row(ImmutableArray<Expression> Cells, CompiledProgram? Program);

    public ValuesOperator(ImmutableArray<Column> outputs, ImmutableArray<ImmutableArray<Expression>> rows) : base(outputs)
    {
        _rows = new Row[rows.Length];
        for (var r = 0; r < rows.Length; r++)
        {
            var cells = rows[r];
            var compiled = new List<(Expression, SqlType)>();
            for (var i = 0; i < cells.Length; i++)
            {
                if (rows.Length == 1 || !IsDirect(cells[i], outputs[i].Type))
                    compiled.Add((cells[i], outputs[i].Type));
            }
            _rows[r] = new Row(cells, compiled.Count > 0 || rows.Length == 1 ? CompiledProgram.Compile(compiled, ColumnLayout.Empty) : null);
        }
        EstimatedRows = rows.Length;
    }

    /// <summary>The value stands in the expression, in the representation of the column.</summary>
    private static bool IsDirect(Expression cell, SqlType type) => cell switch
    {
        ConstantExpression { IsNull: true } => true,
        ConstantExpression c => c.Type.Equals(type),
        CastExpression { Target.IsDateTime: true, Operand: ConstantExpression { Value: string, Type: { Id: TypeId.Unknown or TypeId.Text } } } c => c.Target.Equals(type),
        _ => false,
    };

    public override string Name => _rows.Length == 1 ? "Result" : "Values Scan";

    public override List<Leg> Build(PipelineBuilder builder) => [new Leg(new Source(this))];

    private sealed class Source(ValuesOperator owner) : PipelineSource
    {
        public override int OperatorId => owner.Id;

        public override SourceState Open(PlanRun run) => new State(owner, run);
    }

    private sealed class State(ValuesOperator owner, PlanRun run) : SourceState
    {
        public override SourceWorker CreateWorker() => new Worker(owner, run);
    }

    private sealed class Worker(ValuesOperator owner, PlanRun run) : SourceWorker
    {
        private readonly Batch _batch = new(owner.Columns.Length);
        private readonly Batch _one = new(0) { Length = 1 };
        private readonly List<Frame> _frames = [];
        private readonly Vector _parsed = new();
        private readonly System.Buffers.ArrayBufferWriter<byte> _text = new();
        private IoContext? _io;
        private ColumnBuilder[]? _builders;
        private int _next;

        public override bool Next(out Batch batch)
        {
            batch = _batch;
            if (_next >= owner._rows.Length)
                return false;
            if (owner._rows.Length == 1)
            {
                _next = 1;
                var program = owner._rows[0].Program!;
                var frame = program.CreateFrame(run.Context);
                _frames.Add(frame);
                program.Evaluate(frame, _one, _batch.Columns);
                _batch.Length = 1;
                return true;
            }
            _builders ??= [.. owner.Columns.Select(c => new ColumnBuilder(c.Type.Arrow))];
            foreach (var builder in _builders)
                builder.Clear();
            var count = 0;
            for (; count < run.BatchCapacity && _next < owner._rows.Length; count++, _next++)
            {
                if ((_next & 63) == 0)
                    run.Context.CheckInterrupts();
                AppendRow(owner._rows[_next]);
            }
            for (var i = 0; i < _builders.Length; i++)
                _batch.Columns[i].Reference(_builders[i].View());
            _batch.Length = count;
            return true;
        }

        private void AppendRow(Row row)
        {
            using var frame = row.Program?.CreateFrame(run.Context);
            var next = 0;
            for (var i = 0; i < _builders!.Length; i++)
            {
                var type = owner.Columns[i].Type;
                if (!IsDirect(row.Cells[i], type))
                    _builders[i].AppendFrom(row.Program!.Evaluate(frame!, _one, next++), 0);
                else if (row.Cells[i] is CastExpression { Operand: ConstantExpression { Value: string text } })
                    AppendText(_builders[i], text, type);
                else
                    ValueBox.AppendBoxed(_builders[i], ((ConstantExpression)row.Cells[i]).Value, type);
            }
        }

        private void AppendText(ColumnBuilder builder, string text, SqlType type)
        {
            _text.ResetWrittenCount();
            System.Text.EncodingExtensions.GetBytes(System.Text.Encoding.UTF8, text.AsSpan(), _text);
            TypeIo.Parse(type, _text.WrittenSpan, _io ??= IoContexts.Of(run.Context), new VectorWriter(type.Arrow, _parsed, 1));
            builder.AppendFrom(_parsed, 0);
        }

        public override void Dispose()
        {
            _parsed.Dispose();
            foreach (var frame in _frames)
                frame.Dispose();
            foreach (var builder in _builders ?? [])
                builder.Dispose();
            _batch.Dispose();
        }
    }
}
