using OmenDb.Arrow;
using OmenDb.Engine.Catalog;
using OmenDb.Planner.Plans;
using OmenDb.Storage;
using OmenDb.Storage.Mvcc;
using OmenDb.Types;

namespace OmenDb.Engine.Constraints;

/// <summary>The checks of foreign keys: for all rows of a statement together.</summary>
internal static class ForeignKeyChecks
{
    private const int PieceRows = 2048;
    private const int MaxRestarts = 1000;

    /// <exception cref="SqlException">23503, 40001.</exception>
    public static void Run(Session session, IEnumerable<KeyEvent> events)
    {
        foreach (var group in events.GroupBy(e => (e.Key.Entry.Oid, e.Kind == KeyEventKind.Referring)))
        {
            var all = group.ToList();
            if (all[0].Key.In(session.Transaction.CurrentCatalog) is not { } key)
                continue; // dropped in this transaction
            if (group.Key.Item2)
                RequireReferenced(session, key, all);
            else
                RequireUnreferenced(session, key, all, evenIfThereAgain: false);
        }
    }

    /// <summary>Every row that still exists must find its key, which nobody may take away before we end.</summary>
    private static void RequireReferenced(Session session, ForeignKey key, List<KeyEvent> events)
    {
        var rows = events.SelectMany(e => e.RowIds).ToArray();
        session.LockRelation(key.Parent.Oid, Planner.Syntax.TableLockMode.RowShare, key.Parent.Name);
        using var probes = new ReferenceProbes(session, key);
        for (var at = 0; at < rows.Length; at += PieceRows)
        {
            session.CheckInterrupts();
            for (var round = 0; ; round++)
            {
                try
                {
                    probes.Check(rows.AsSpan(at, Math.Min(PieceRows, rows.Length - at)));
                    break;
                }
                catch (RestartStatementException) when (round < MaxRestarts)
                {
                    session.CheckInterrupts(); // somebody has changed a row of the parent: look again
                }
            }
        }
    }

    /// <summary>No row of the child may have one of the keys.</summary>
    /// <param name="evenIfThereAgain">RESTRICT: also when another row of the parent has the key by now.</param>
    public static void RequireUnreferenced(Session session, ForeignKey key, List<KeyEvent> events, bool evenIfThereAgain)
    {
        var keys = events[0].OldKeys!;
        if (events.Count > 1)
        {
            keys = new KeySet(Enumerable.Range(0, key.Width).Select(key.ParentType));
            foreach (var item in events)
                keys.Append(item.OldKeys!);
        }
        try
        {
            while (true)
            {
                var found = FindReferenced(session, key, keys, evenIfThereAgain);
                if (found < 0)
                    return;
                // The row found may be on its way out: by now it is ours to look at, or gone.
                var columns = keys.View().Columns;
                if (FindReferenced(session, key, keys, evenIfThereAgain, locks: true) is >= 0 and var locked)
                    throw key.StillReferenced(i => columns[i], locked, session.Settings.Io);
            }
        }
        finally
        {
            if (events.Count > 1)
                keys.Dispose();
        }
    }

    /// <summary>One of the keys that some row of the child has; -1: none.</summary>
    public static int FindReferenced(Session session, ForeignKey key, KeySet keys, bool evenIfThereAgain, bool locks = false)
    {
        var parent = string.Join(" AND ", Enumerable.Range(0, key.Width).Select(i => $"p.{key.ParentColumn(i)} = k.k{i}"));
        var child = string.Join(" AND ", Enumerable.Range(0, key.Width).Select(i => $"c.{key.ChildColumn(i)} = k.k{i}"));
        var names = string.Join(", ", Enumerable.Range(0, key.Width).Select(i => $"k.k{i}"));
        var there = evenIfThereAgain ? "" : $" AND NOT EXISTS (SELECT 1 FROM {key.ParentName} AS p WHERE {parent})";
        var rows = $"\"{PushedRows.RelationName}\" AS k";
        var sql = locks
            ? $"SELECT {names} FROM {rows}, {key.ChildName} AS c WHERE {child}{there} LIMIT 1 FOR KEY SHARE OF c"
            : $"SELECT {names} FROM {rows} WHERE EXISTS (SELECT 1 FROM {key.ChildName} AS c WHERE {child}){there} LIMIT 1";
        var found = -1;
        KeyStatement.Run(session, key, $"find {locks} {evenIfThereAgain}", sql, keys, latest: true, batch =>
        {
            var row = batch.Selection is { } selection ? selection.FillIndices(batch.Length)[0] : 0;
            found = Find(keys.View(), batch.Columns, row);
            return false;
        });
        return found;
    }

    private static int Find(Batch keys, Vector[] key, int row)
    {
        for (var i = 0; i < keys.Length; i++)
        {
            var same = true;
            for (var c = 0; c < key.Length && same; c++)
                same = VectorRows.Same(keys.Columns[c], i, key[c], row);
            if (same)
                return i;
        }
        throw SqlException.Internal("a key was found that was not looked for");
    }
}
