using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Execution;
using OmenDb.Engine.Rows;
using OmenDb.Types;

namespace OmenDb.Engine.Expressions;

/// <summary>Runs a plan per row, its arguments as parameters; without arguments once per frame.</summary>
internal sealed unsafe class InnerPlanNode(PreparedPlan plan, Node[] arguments, int firstParameter, SqlType type, int slot) : Node(type, slot)
{
    public override Vector Evaluate(Frame frame, Selection? selection)
    {
        ref var kept = ref frame.CallState(Slot);
        var state = (State)(kept ??= new State(frame.Context, this));
        var rows = frame.Rows;
        var result = frame.Scratch(Slot);
        if (arguments.Length == 0)
        {
            if (!state.IsKnown)
            {
                state.Clear();
                state.Append(plan);
                state.IsKnown = true;
            }
            Constants.SetFromRow(result, state.Values, 0, rows);
            return result;
        }
        var values = Array.ConvertAll(arguments, a => a.Evaluate(frame, selection));
        state.Clear();
        for (var row = 0; row < rows; row++)
        {
            if (selection is not null && !Bits.Get(selection.Mask, row))
            {
                state.AppendNull();
                continue;
            }
            for (var i = 0; i < values.Length; i++)
                Constants.SetFromRow(state.Parameters[firstParameter + i], values[i], row, 1);
            state.Append(plan);
        }
        result.Reference(state.Values);
        result.Length = rows;
        return result;
    }

    /// <summary>What one frame keeps: the parameters and the values of the rows so far.</summary>
    private sealed class State : IDisposable
    {
        private readonly ExecutionContext _context;
        private readonly ColumnBuilder _values;
        private readonly RowIndices _rows = new();

        public State(ExecutionContext outer, InnerPlanNode node)
        {
            var types = new SqlType[node.FirstParameter + node.Arguments.Length];
            for (var i = 0; i < types.Length; i++)
            {
                types[i] = i >= node.FirstParameter ? node.Arguments[i - node.FirstParameter].Type
                    : i < outer.Parameters.Count ? outer.Parameters.Types[i] : SqlType.Text;
            }
            Parameters = new ParameterSet(types);
            for (var i = 0; i < Math.Min(node.FirstParameter, outer.Parameters.Count); i++)
                Parameters[i].Reference(outer.Parameters[i]);
            _context = outer.Inner(Parameters);
            _values = new ColumnBuilder(node.Type.Arrow, outer.Memory);
        }

        public ParameterSet Parameters { get; }

        public bool IsKnown { get; set; }

        public Vector Values => _values.View();

        public void Clear() => _values.Clear();

        public void AppendNull() => _values.AppendNull();

        /// <summary>Runs the plan and adds its value.</summary>
        public void Append(PreparedPlan plan)
        {
            _context.CheckInterrupts();
            using var cursor = plan.Execute(_context);
            while (cursor.NextBatch(out var batch))
            {
                if (batch.RowCount == 0)
                    continue;
                _values.Append(batch.Columns[0], _rows.Selected(batch, out _), 1);
                return;
            }
            _values.AppendNull();
        }

        public void Dispose()
        {
            Parameters.Dispose();
            _values.Dispose();
            _rows.Dispose();
        }
    }

    private int FirstParameter => firstParameter;

    private Node[] Arguments => arguments;
}
