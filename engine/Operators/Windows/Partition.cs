using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Expressions;
using OmenDb.Engine.Functions;
using OmenDb.Engine.Operators.Sorting;
using OmenDb.Engine.Rows;
using OmenDb.Planner.Expressions;
using OmenDb.Types;

namespace OmenDb.Engine.Operators.Windows;

/// <summary>One partition: rows [start, end) of the sorted columns.</summary>
internal sealed unsafe class Partition : WindowPartition
{
    private readonly Vector[] _columns;
    private readonly RowSorter.Key[] _orderKeys;
    private readonly int _start;
    private readonly ExecutionContext _context;
    private readonly int[] _peerStart;
    private readonly int[] _peerEnd;
    private BoundWindowCall _call = null!;
    private SqlType[] _types = [];
    private SqlType _resultType = SqlType.Unknown;
    private FrameBounds? _frames;
    private ColumnBuilder _result = null!;

    public Partition(Vector[] columns, RowSorter.Key[] orderKeys, int start, int end, ExecutionContext context)
    {
        _columns = columns;
        _orderKeys = orderKeys;
        _start = start;
        _context = context;
        RowCount = end - start;
        _peerStart = new int[RowCount];
        _peerEnd = new int[RowCount];
        for (var row = 0; row < RowCount;)
        {
            var last = row + 1;
            while (last < RowCount && (orderKeys.Length == 0 || RowSorter.Compare(orderKeys, start + row, start + last) == 0))
                last++;
            for (var i = row; i < last; i++)
            {
                _peerStart[i] = row;
                _peerEnd[i] = last;
            }
            row = last;
        }
    }

    public override int RowCount { get; }

    public override SqlType ResultType => _resultType;

    public override int ArgumentCount => _call.Arguments.Length;

    public void Compute(BoundWindowCall call, WindowOperator owner, ColumnBuilder result)
    {
        _call = call;
        _types = [.. call.Call.Arguments.Select(a => a.Type)];
        _resultType = call.Call.Output.Type;
        _result = result;
        _frames = new FrameBounds(call, owner, _columns, _orderKeys, _start, RowCount, _peerStart, _peerEnd);
        if (call.Call.Function is WindowFunction function)
        {
            if (function.UsesFrame && call.Call.Frame.Exclusion != FrameExclusion.None)
                throw SqlException.NotSupported("frame exclusion of a window function");
            function.Compute(this);
            return;
        }
        if (call.Call.Function is not AggregateFunction aggregate)
            throw SqlException.Internal($"{call.Call.Function.Name} is no window function");
        new FrameAggregate(aggregate, call, _types, _columns, _start, RowCount, _frames, _context).Run(result);
    }

    public override SqlType ArgumentType(int argument) => _types[argument];

    private Vector Column(int argument) => _columns[_call.Arguments[argument]];

    public override bool IsNull(int argument, int row) => !Column(argument).IsValid(_start + row);

    public override object? Argument(int argument, int row) => ValueBox.Get(Column(argument), _start + row, _types[argument]);

    public override int PeerStart(int row) => _peerStart[row];

    public override int PeerEnd(int row) => _peerEnd[row];

    public override void Frame(int row, out int start, out int end) => _frames!.Of(row, out start, out end);

    // Results are appended row after row: the functions write them in ascending order.
    private void Expect(int row)
    {
        if (_result.Count != _start + row)
            throw SqlException.Internal("a window function wrote its results out of order");
    }

    public override void SetFromArgument(int row, int argument, int fromRow)
    {
        Expect(row);
        _result.AppendFrom(Column(argument), _start + fromRow);
    }

    public override void SetInt64(int row, long value)
    {
        Expect(row);
        _result.Append(value);
    }

    public override void SetInt32(int row, int value)
    {
        Expect(row);
        _result.Append(value);
    }

    public override void SetDouble(int row, double value)
    {
        Expect(row);
        _result.Append(value);
    }

    public override void SetNull(int row)
    {
        Expect(row);
        _result.AppendNull();
    }
}
