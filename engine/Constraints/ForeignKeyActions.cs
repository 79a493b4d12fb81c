using OmenDb.Arrow;
using OmenDb.Engine.Catalog;
using OmenDb.Storage;
using OmenDb.Storage.Transactions;
using OmenDb.Types;
using ReferentialAction = OmenDb.Storage.Catalog.ReferentialAction;

namespace OmenDb.Engine.Constraints;

/// <summary>ON DELETE and ON UPDATE: one statement over all keys that a statement took away.</summary>
internal static class ForeignKeyActions
{
    /// <summary>Runs the actions of a round of events; their own changes queue up again.</summary>
    /// <param name="checks">Receives what has to be looked at when there is nothing left to do.</param>
    public static void Run(Session session, List<KeyEvent> round, List<KeyEvent> checks, ConstraintQueue queue)
    {
        foreach (var group in round.GroupBy(e => (e.Key.Entry.Oid, e.Kind)))
        {
            var events = group.ToList();
            if (events[0].Key.In(session.Transaction.CurrentCatalog) is not { } key)
                continue; // dropped meanwhile
            var action = group.Key.Kind switch
            {
                KeyEventKind.Deleted => key.Entry.OnDelete,
                KeyEventKind.Updated => key.Entry.OnUpdate,
                _ => ReferentialAction.NoAction,
            };
            switch (action)
            {
                case ReferentialAction.NoAction:
                    checks.AddRange(events);
                    break;
                case ReferentialAction.Restrict:
                    ForeignKeyChecks.RequireUnreferenced(session, key, events, evenIfThereAgain: true);
                    break;
                default:
                    Act(session, key, action, events, checks);
                    break;
            }
        }
    }

    private static void Act(Session session, ForeignKey key, ReferentialAction action, List<KeyEvent> events, List<KeyEvent> checks)
    {
        var isDelete = events[0].Kind == KeyEventKind.Deleted;
        var cascades = action == ReferentialAction.Cascade;
        using var keys = new KeySet(Types(key, isDelete || !cascades ? 1 : 2));
        foreach (var item in events)
        {
            if (isDelete || !cascades)
                keys.Append(item.OldKeys!);
            else
                AppendPairs(session, key, item, keys);
        }
        // A default may be the very key that is gone; a row that has gone since its update has no new key to hand on.
        if (action == ReferentialAction.SetDefault || (cascades && !isDelete))
            checks.AddRange(events);
        if (keys.Count == 0)
            return;
        var sql = (action, isDelete) switch
        {
            (ReferentialAction.Cascade, true) => $"DELETE FROM {key.ChildName} AS c USING \"{PushedRows.RelationName}\" AS k WHERE {Matches(key)}",
            (ReferentialAction.Cascade, false) => Update(key, i => $"k.n{i}", null),
            (ReferentialAction.SetNull, _) => Update(key, _ => "NULL", isDelete ? key.Entry.OnDeleteColumnIds : []),
            _ => Update(key, _ => "DEFAULT", isDelete ? key.Entry.OnDeleteColumnIds : []),
        };
        KeyStatement.Run(session, key, $"{action} {isDelete}", sql, keys, latest: false, null);
        if (session.Transaction.Isolation != IsolationLevel.ReadCommitted && ForeignKeyChecks.FindReferenced(session, key, keys, evenIfThereAgain: true) >= 0)
            throw new SqlException(SqlState.SerializationFailure, "could not serialize access due to concurrent update");
    }

    private static IEnumerable<SqlType> Types(ForeignKey key, int times) =>
        Enumerable.Repeat(Enumerable.Range(0, key.Width).Select(key.ParentType), times).SelectMany(t => t);

    private static string Matches(ForeignKey key) => string.Join(" AND ", Enumerable.Range(0, key.Width).Select(i => $"c.{key.ChildColumn(i)} = k.k{i}"));

    private static string Update(ForeignKey key, Func<int, string> value, IReadOnlyCollection<int>? only)
    {
        var set = Enumerable.Range(0, key.Width).Where(i => only is not { Count: > 0 } || only.Contains(key.Entry.ColumnIds[i]))
            .Select(i => $"{key.ChildColumn(i)} = {value(i)}");
        return $"UPDATE {key.ChildName} AS c SET {string.Join(", ", set)} FROM \"{PushedRows.RelationName}\" AS k WHERE {Matches(key)}";
    }

    /// <summary>Old keys and, behind them, those that the rows have now.</summary>
    private static void AppendPairs(Session session, ForeignKey key, KeyEvent item, KeySet pairs)
    {
        using var snapshot = session.Transaction.BeginLatest();
        using var now = new Batch(key.Width);
        using var visible = new Selection(Math.Max(1, item.RowIds.Length));
        var table = session.StoredTableOf(key.Parent);
        table.Rows.Fetch(snapshot, StoredTable.RowIds(item.RowIds), [.. key.ParentOrdinals.Select(table.Physical)], now, visible);
        var old = item.OldKeys!.View();
        Vector[] both = [.. old.Columns, .. now.Columns];
        for (var row = 0; row < item.RowIds.Length; row++)
        {
            if (VectorRows.IsSelected(now.Selection, row))
                pairs.Append(both, row);
        }
    }
}
