using System.Collections.Immutable;
using OmenDb.Arrow;
using OmenDb.Planner.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Constraints;

/// <summary>A statement over a set of keys, planned once per constraint and version of the catalog: the keys are the table
/// <see cref="PushedRows.RelationName"/> with the columns k0, k1, ... and, when there are twice as many, n0, n1, ...</summary>
internal static class KeyStatement
{
    private const int MaxRestarts = 1000;

    /// <summary>From so many keys on a plan for many is made.</summary>
    private const int Many = 256;

    /// <param name="purpose">Tells the statements of a constraint apart.</param>
    /// <param name="latest">Sees what is committed by now, whatever the isolation level.</param>
    /// <param name="onRows">Takes the result's batches; false ends the statement.</param>
    /// <returns>Rows changed.</returns>
    public static long Run(Session session, ForeignKey key, string purpose, string sql, KeySet keys, bool latest, Func<Batch, bool>? onRows) =>
        RunOver(session, key, purpose, sql, keys, Columns(key, keys.Width), latest, onRows);

    /// <summary>The same with other columns.</summary>
    public static long RunOver(Session session, ForeignKey key, string purpose, string sql, KeySet keys, ImmutableArray<ColumnInfo> columns, bool latest,
        Func<Batch, bool>? onRows)
    {
        var (plan, rows) = session.KeyPlan((key.Entry.Oid, purpose, keys.Count >= Many), sql, () => new PushedRows(columns)
        {
            RowCount = keys.Count >= Many ? Math.Max(keys.Count, 10_000) : 1,
        });
        var transaction = session.Transaction;
        for (var round = 0; ; round++)
        {
            var mark = transaction.Mark();
            try
            {
                using var scope = new StatementScope(session, transaction, latest ? transaction.BeginLatest() : transaction.BeginStatement());
                using var context = session.NewContext(scope, null);
                rows.Current = keys.View();
                using var execution = session.PlanFor(plan, scope.Snapshot).Plan.Start(context);
                var goesOn = true;
                while (goesOn && execution.Next(out var batch))
                    goesOn = onRows is null || batch.RowCount == 0 || onRows(batch);
                if (plan.ChangedTables.Length > 0)
                    session.CheckUniqueKeys(scope);
                return execution.RowsAffected;
            }
            catch (RestartStatementException) when (round < MaxRestarts)
            {
                transaction.RollbackTo(mark);
                session.CheckInterrupts();
            }
            catch (RestartStatementException error)
            {
                throw new SqlException(SqlState.SerializationFailure, "could not serialize access due to concurrent update", error);
            }
            finally
            {
                rows.Current = null;
            }
        }
    }

    private static ImmutableArray<ColumnInfo> Columns(ForeignKey key, int width) =>
        [.. Enumerable.Range(0, width).Select(i => new ColumnInfo(i < key.Width ? $"k{i}" : $"n{i - key.Width}", key.ParentType(i % key.Width)))];
}
