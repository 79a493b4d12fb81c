using System.Collections.Immutable;
using OmenDb.Planner.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Functions.Catalogs;

/// <summary>Advisory locks, who blocks whom, and ending what other sessions do.</summary>
internal static class LockFunctions
{
    public static IEnumerable<FunctionInfo> All()
    {
        foreach (var isPair in new[] { false, true })
        {
            foreach (var shared in new[] { "", "_shared" })
            {
                foreach (var scope in new[] { "", "_xact" })
                {
                    var (isShared, forSession) = (shared.Length > 0, scope.Length == 0);
                    yield return Define($"pg_advisory{scope}_lock{shared}", isPair, SqlType.Void, (session, key) => session.Locks.LockAdvisory(key, isPair, isShared, forSession, wait: true));
                    yield return Define($"pg_try_advisory{scope}_lock{shared}", isPair, SqlType.Bool, (session, key) => session.Locks.LockAdvisory(key, isPair, isShared, forSession, wait: false));
                }
                yield return Define($"pg_advisory_unlock{shared}", isPair, SqlType.Bool, (session, key) => session.Locks.UnlockAdvisory(key, isPair, shared.Length > 0));
            }
        }
        yield return Scalar.Row("pg_advisory_unlock_all", [], SqlType.Void, static (context, _) =>
        {
            CatalogCall.Session(context.Session).Locks.UnlockAll();
            return true;
        }, Volatility.Volatile);
        yield return Scalar.Row<object?>("pg_blocking_pids", [SqlType.Int4], SqlType.ArrayOf(SqlType.Int4), static (context, a) =>
        {
            var database = CatalogCall.Session(context.Session).Database;
            return database.FindSession(a.Get<int>(0)) is { } waiter ? database.Locks.BlockingProcesses(waiter.Locks).Select(id => (object?)id).ToArray() : Array.Empty<object?>();
        }, Volatility.Volatile);
        yield return Scalar.Row("pg_export_snapshot", [], SqlType.Text, static (context, _) => CatalogCall.Session(context.Session).ExportSnapshot(), Volatility.Volatile);
        yield return OfBackend("pg_cancel_backend", static session => session.Cancel());
        yield return OfBackend("pg_terminate_backend", static session => session.Terminate());
        yield return Scalar.Row("pg_terminate_backend", [SqlType.Int4, SqlType.Int8], SqlType.Bool, static (context, a) => Tell(context, a.Get<int>(0), static s => s.Terminate()), Volatility.Volatile);
    }

    private static ScalarFunction OfBackend(string name, Action<Session> order) =>
        Scalar.Row(name, [SqlType.Int4], SqlType.Bool, (context, a) => Tell(context, a.Get<int>(0), order), Volatility.Volatile);

    private static bool Tell(FunctionContext context, int processId, Action<Session> order)
    {
        var self = CatalogCall.Session(context.Session);
        if (self.Database.FindSession(processId) is not { } target)
        {
            self.Warning(SqlState.Warning, $"PID {processId} is not a PostgreSQL server process");
            return false;
        }
        order(target);
        return true;
    }

    private static ScalarFunction Define(string name, bool isPair, SqlType result, Func<Session, long, bool> body)
    {
        ImmutableArray<SqlType> arguments = isPair ? [SqlType.Int4, SqlType.Int4] : [SqlType.Int8];
        return Scalar.Row(name, arguments, result, (context, a) =>
        {
            var session = CatalogCall.Session(context.Session);
            var key = isPair ? (long)a.Get<int>(0) << 32 | (uint)a.Get<int>(1) : a.Get<long>(0);
            lock (session.Locks) // rows may be computed by several workers
                return body(session, key);
        }, Volatility.Volatile);
    }
}
