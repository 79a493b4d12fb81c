using System.Collections.Immutable;
using OmenDb.Arrow;
using OmenDb.Planner.Binding;

namespace OmenDb.Engine;

/// <summary>A portal's point look-up, the short way; the long way when it is closed at the last moment.</summary>
internal sealed class PointRun(Session session, PreparedStatement statement, PointState state) : StatementRun
{
    private QueryRun? _long;
    private bool _ended;
    private int _rowCount;

    public override ImmutableArray<OutputColumn>? Columns => state.Plan.Outputs;

    public override string Tag => _long?.Tag ?? (_rowCount == 0 ? "SELECT 0" : "SELECT 1");

    public override bool Next(out Batch batch)
    {
        batch = state.Runner.Row;
        if (_long is not null)
            return _long.Next(out batch);
        if (_ended)
            return false;
        _ended = true;
        switch (session.TryReadPoint(state, state.Parameters))
        {
            case true:
                _rowCount = 1;
                return true;
            case false:
                return false;
            default:
                _long = session.LongRun(statement, state.Parameters);
                return _long.Next(out batch);
        }
    }

    public override void Dispose()
    {
        _long?.Dispose();
        session.ReturnPoint(state);
    }
}
