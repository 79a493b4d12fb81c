using OmenDb.Engine.Execution;
using OmenDb.Engine.Rows;
using OmenDb.Planner.Catalog;
using OmenDb.Planner.Plans;
using OmenDb.Types;

namespace OmenDb.Engine.Functions;

/// <summary>Runs the members of a <see cref="FunctionGroup"/> in step.</summary>
internal sealed class GroupedTableFunction : TableFunctionImpl
{
    private readonly (TableFunctionImpl Function, int Arguments, int Outputs)[] _members;

    [System.Diagnostics.CodeAnalysis.SetsRequiredMembers]
    public GroupedTableFunction(FunctionGroup group)
    {
        (Name, Kind, Arguments, Result) = (group.Name, FunctionKind.Table, [], group.Result);
        _members = [.. group.Members.Select(m => (m.Function as TableFunctionImpl ?? throw SqlException.NotSupported($"function {m.Function.Name} in FROM"), m.ArgumentCount, m.OutputCount))];
    }

    public override TableFunctionCall Open(ExecutionContext context, RowArguments arguments, SqlType[] resultTypes)
    {
        var calls = new TableFunctionCall[_members.Length];
        int argument = 0, output = 0;
        for (var i = 0; i < calls.Length; i++)
        {
            var (function, argumentCount, outputCount) = _members[i];
            calls[i] = function.Open(context, arguments.Slice(argument, argumentCount), resultTypes[output..(output + outputCount)]);
            argument += argumentCount;
            output += outputCount;
        }
        return new Call(calls, [.. _members.Select(m => m.Outputs)]);
    }

    private sealed class Call(TableFunctionCall[] calls, int[] outputs) : TableFunctionCall
    {
        private readonly bool[] _ended = new bool[calls.Length];

        public override int Next(ColumnBuilder[] columns, int capacity)
        {
            var produced = new int[calls.Length];
            var start = 0;
            for (var i = 0; i < calls.Length; i++)
            {
                var own = columns[start..(start + outputs[i])];
                while (!_ended[i] && produced[i] < capacity)
                {
                    var count = calls[i].Next(own, capacity - produced[i]);
                    produced[i] += count;
                    _ended[i] = count == 0;
                }
                start += outputs[i];
            }
            var longest = produced.Max();
            start = 0;
            for (var i = 0; i < calls.Length; i++)
            {
                for (var row = produced[i]; row < longest; row++)
                {
                    for (var o = 0; o < outputs[i]; o++)
                        columns[start + o].AppendNull();
                }
                start += outputs[i];
            }
            return longest;
        }

        public override void Dispose()
        {
            foreach (var call in calls)
                call.Dispose();
            base.Dispose();
        }
    }
}
