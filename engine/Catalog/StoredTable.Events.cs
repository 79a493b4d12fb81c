using System.Collections.Immutable;
using System.Runtime.InteropServices;
using OmenDb.Arrow;
using OmenDb.Engine.Constraints;
using OmenDb.Storage;

namespace OmenDb.Engine.Catalog;

// What foreign keys want to know of writes, whoever makes them.
internal sealed partial class StoredTable
{
    /// <summary>Foreign keys of this table. Set once, by the table info that owns this.</summary>
    public ImmutableArray<ForeignKey> References { get; set; } = [];

    /// <summary>Foreign keys that refer to this table.</summary>
    public ImmutableArray<ForeignKey> ReferencedBy { get; set; } = [];

    public static ReadOnlySpan<RowId> RowIds(ReadOnlySpan<long> rowIds) => MemoryMarshal.Cast<long, RowId>(rowIds);

    private void Appended(StatementScope scope, Batch rows, ReadOnlySpan<long> rowIds)
    {
        if (References.IsEmpty)
            return;
        var picks = Picks(rows);
        foreach (var key in References)
        {
            var referring = new List<long>(rowIds.Length);
            for (var i = 0; i < rowIds.Length; i++)
            {
                if (MayRefer(key, rows, picks is null ? i : picks[i]))
                    referring.Add(rowIds[i]);
            }
            if (referring.Count > 0)
                ConstraintQueue.Of(scope).AddReferences(key, [.. referring]);
        }
    }

    private static int[]? Picks(Batch rows) => rows.Selection?.FillIndices(rows.Length).ToArray();

    /// <summary>A null leaves nothing to look up; with MATCH FULL only if all are null.</summary>
    private static bool MayRefer(ForeignKey key, Batch rows, int row)
    {
        var nulls = 0;
        foreach (var ordinal in key.ChildOrdinals)
            nulls += rows.Columns[ordinal].IsValid(row) ? 0 : 1;
        return nulls == 0 || (key.Entry.MatchFull && nulls < key.Width);
    }

    private void Updated(StatementScope scope, ReadOnlySpan<long> rowIds, int[] ordinals, Batch values)
    {
        if (References.IsEmpty && ReferencedBy.IsEmpty)
            return;
        var references = References.Where(k => k.ChildOrdinals.AsSpan().ContainsAny(ordinals)).ToArray();
        var referencedBy = ReferencedBy.Where(k => k.ParentOrdinals.AsSpan().ContainsAny(ordinals)).ToArray();
        if (references.Length == 0 && referencedBy.Length == 0)
            return;
        int[] needed = [.. references.SelectMany(k => k.ChildOrdinals).Concat(referencedBy.SelectMany(k => k.ParentOrdinals)).Distinct()];
        using var before = new Batch(needed.Length);
        using var visible = new Selection(rowIds.Length);
        FetchBefore(scope, rowIds, needed, before, visible);
        var picks = Picks(values);
        foreach (var key in references)
        {
            var changed = new List<long>(rowIds.Length);
            for (var i = 0; i < rowIds.Length; i++)
            {
                if (IsChanged(key.ChildOrdinals, i))
                    changed.Add(rowIds[i]);
            }
            if (changed.Count > 0)
                ConstraintQueue.Of(scope).AddReferences(key, [.. changed]);
        }
        foreach (var key in referencedBy)
        {
            var changed = new List<long>(rowIds.Length);
            var keys = new KeySet(Enumerable.Range(0, key.Width).Select(key.ParentType));
            Vector[] old = [.. key.ParentOrdinals.Select(o => before.Columns[Array.IndexOf(needed, o)])];
            for (var i = 0; i < rowIds.Length; i++)
            {
                if (VectorRows.IsSelected(before.Selection, i) && Array.TrueForAll(old, c => c.IsValid(i)) && IsChanged(key.ParentOrdinals, i))
                {
                    changed.Add(rowIds[i]);
                    keys.Append(old, i);
                }
            }
            if (changed.Count > 0)
                ConstraintQueue.Of(scope).AddLostKeys(key, [.. changed], keys);
            else
                keys.Dispose();
        }

        bool IsChanged(int[] keyOrdinals, int row)
        {
            if (!VectorRows.IsSelected(before.Selection, row))
                return true;
            foreach (var ordinal in keyOrdinals)
            {
                var written = Array.IndexOf(ordinals, ordinal);
                if (written >= 0 && !VectorRows.Same(before.Columns[Array.IndexOf(needed, ordinal)], row, values.Columns[written], picks is null ? row : picks[row]))
                    return true;
            }
            return false;
        }
    }

    private void Deleted(StatementScope scope, ReadOnlySpan<long> rowIds)
    {
        if (ReferencedBy.IsEmpty)
            return;
        int[] needed = [.. ReferencedBy.SelectMany(k => k.ParentOrdinals).Distinct()];
        using var before = new Batch(needed.Length);
        using var visible = new Selection(rowIds.Length);
        FetchBefore(scope, rowIds, needed, before, visible);
        foreach (var key in ReferencedBy)
        {
            var keys = new KeySet(Enumerable.Range(0, key.Width).Select(key.ParentType));
            Vector[] old = [.. key.ParentOrdinals.Select(o => before.Columns[Array.IndexOf(needed, o)])];
            for (var i = 0; i < rowIds.Length; i++)
            {
                if (VectorRows.IsSelected(before.Selection, i) && Array.TrueForAll(old, c => c.IsValid(i)))
                    keys.Append(old, i);
            }
            if (keys.Count > 0)
                ConstraintQueue.Of(scope).AddLostKeys(key, null, keys);
            else
                keys.Dispose();
        }
    }

    /// <summary>The rows as they were before the statement changed them: by now nobody else can.</summary>
    private void FetchBefore(StatementScope scope, ReadOnlySpan<long> rowIds, int[] ordinals, Batch target, Selection visible)
    {
        using var snapshot = scope.Transaction.OpenBefore();
        _rows.Fetch(snapshot, RowIds(rowIds), [.. ordinals.Select(Physical)], target, visible);
    }
}
