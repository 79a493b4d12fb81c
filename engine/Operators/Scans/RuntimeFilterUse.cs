using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Operators.Joins;
using OmenDb.Engine.Pipelines;
using OmenDb.Planner.Expressions;

namespace OmenDb.Engine.Operators.Scans;

/// <summary>A scan's column is compared with the keys of a join above.</summary>
/// <param name="Join">The join.</param>
/// <param name="Key">Which of its keys.</param>
/// <param name="FromProbe">True: the keys come from the join's left input, which is kept; false: from its right one.</param>
internal sealed record RuntimeFilterUse(HashJoinOperator Join, int Key, bool FromProbe)
{
    /// <summary>Position in the scan's output.</summary>
    public int Column { get; init; }

    /// <summary>The expression whose values are in the filter.</summary>
    public Expression Source => FromProbe ? Join.Keys[Key].Left : Join.Keys[Key].Right;

    public RuntimeFilter Filter(PlanRun run) => FromProbe
        ? run.State<HashJoinOperator.KeptState>(Join.AuxiliaryId).Filters[Key]!
        : run.State<HashJoinOperator.BuildState>(Join.Id).Filters[Key]!;
}

/// <summary>One worker's use of a filter. It gives up when nearly all rows pass.</summary>
internal sealed class RuntimeFilterWorker(RuntimeFilterUse use, PlanRun run) : IDisposable
{
    private const int TrialRows = 32 * 1024;

    /// <summary>What share of the rows that came got through.</summary>
    public double Passing => _seen == 0 ? 1 : (double)_passed / _seen;

    private readonly RuntimeFilter _filter = use.Filter(run);
    private readonly Vector _flat = new();
    private long _seen;
    private long _passed;
    private bool _useless;

    /// <summary>Restricts a batch's selection.</summary>
    /// <param name="batch">Its selection, if it has one, may be of somebody else and is not written.</param>
    /// <param name="selection">The caller's own, maybe the batch's; becomes the batch's selection when rows are left out.</param>
    public unsafe void Restrict(Batch batch, Selection selection)
    {
        if (_useless || batch.RowCount == 0)
            return;
        var rows = batch.RowCount;
        if (batch.Selection is null)
            selection.SetAll(batch.Length);
        else if (!ReferenceEquals(batch.Selection, selection))
            Copy(batch.Selection, selection, batch.Length);
        var key = batch.Columns[use.Column];
        if (key.Kind != VectorKind.Flat)
        {
            Flatten.Into(key, batch.Length, _flat);
            key = _flat;
        }
        var mask = selection.FillMask(batch.Length);
        _filter.Restrict(key, batch.Length, mask);
        selection.SetMask(mask, batch.Length);
        batch.Selection = selection;
        _seen += rows;
        _passed += selection.Count;
        if (_seen >= TrialRows && _passed > _seen - _seen / 8)
            _useless = true;
    }

    private static unsafe void Copy(Selection source, Selection target, int length)
    {
        target.IsSparse = false;
        if (source.IsSparse)
            Bits.FromIndices(source.Indices, source.Count, target.Mask, length);
        else
            Bits.Copy(source.Mask, target.Mask, length);
        target.Count = source.Count;
    }

    public void Dispose() => _flat.Dispose();
}
