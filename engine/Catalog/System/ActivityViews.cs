using OmenDb.Storage.Catalog;
using OmenDb.Storage.Indexes;
using OmenDb.Storage.Locks;

namespace OmenDb.Engine.Catalog;

/// <summary>What goes on: pg_stat_activity, pg_locks, pg_prepared_statements, pg_cursors, statistics of tables and indexes.</summary>
internal static class ActivityViews
{
    public static IEnumerable<(string, Func<SystemScan, IEnumerable<object?[]>>)> All()
    {
        yield return ("pg_stat_activity", Activity);
        yield return ("pg_stat_ssl", scan => scan.Session.Database.Sessions.Select(s => new object?[] { s.BackendId, false, null, null, null, null, null, null }));
        yield return ("pg_stat_gssapi", scan => scan.Session.Database.Sessions.Select(s => new object?[] { s.BackendId, false, null, false }));
        yield return ("pg_locks", Locks);
        yield return ("pg_prepared_statements", Prepared);
        yield return ("pg_cursors", Cursors);
        yield return ("pg_stat_progress_create_index", Building);
        yield return ("pg_stat_database", Databases);
        yield return ("pg_stat_all_tables", scan => Tables(scan, isUser: null));
        yield return ("pg_stat_user_tables", scan => Tables(scan, isUser: true));
        yield return ("pg_stat_sys_tables", scan => Tables(scan, isUser: false));
        yield return ("pg_stat_all_indexes", scan => Indexes(scan, 3));
        yield return ("pg_stat_user_indexes", scan => Indexes(scan, 3));
        yield return ("pg_statio_all_indexes", scan => Indexes(scan, 2));
        yield return ("pg_statio_user_indexes", scan => Indexes(scan, 2));
        yield return ("pg_statio_all_tables", BlockCounts);
        yield return ("pg_statio_user_tables", BlockCounts);
    }

    private static IEnumerable<object?[]> Activity(SystemScan scan)
    {
        foreach (var session in scan.Session.Database.Sessions.OrderBy(s => s.BackendId))
        {
            var status = session.TransactionStatus;
            var address = session.Options.ClientAddress;
            yield return
            [
                (long)session.DatabaseOid, session.DatabaseName, session.BackendId, null, (long)session.RoleOid, session.SessionUser, session.Settings.Get("application_name") ?? "",
                address?.Address.ToString(), null, address?.Port ?? -1, SystemValues.Micros(session.StartTime), session.TransactionStart == 0 ? null : session.TransactionStart,
                session.StatementStart == 0 ? null : session.StatementStart, session.StatementStart == 0 ? null : session.StatementStart,
                session.Locks.IsWaiting ? "Lock" : session.IsActive ? null : "Client", WaitOf(session),
                session.IsActive ? "active" : status == TransactionStatus.Idle ? "idle" : status == TransactionStatus.Failed ? "idle in transaction (aborted)" : "idle in transaction",
                null, null, null, session.CurrentQuery, "client backend",
            ];
        }
    }

    /// <summary>Indexes that are being filled beside writers; a block is a vector of 2,048 rows.</summary>
    private static IEnumerable<object?[]> Building(SystemScan scan)
    {
        foreach (var build in scan.Session.Database.Storage.IndexesInProgress.OrderBy(b => b.ProcessId))
        {
            var phase = build.Phase;
            yield return
            [
                build.ProcessId, (long)build.DatabaseOid, scan.Catalog.Find(build.DatabaseOid)?.Name, (long)build.Index.TableOid, (long)build.Index.Oid,
                build.IsRebuild ? "REINDEX CONCURRENTLY" : "CREATE INDEX CONCURRENTLY",
                phase switch
                {
                    IndexPhase.WaitingForWriters => "waiting for writers before build",
                    IndexPhase.Scanning => "building index: scanning table",
                    IndexPhase.Sorting => "building index: sorting live tuples",
                    IndexPhase.Loading => "building index: loading tuples in tree",
                    IndexPhase.CatchingUp => "index validation: scanning table",
                    _ => "waiting for writers before validation",
                },
                0L, 0L, 0L, (long)build.VectorsTotal, (long)build.VectorsDone, build.RowsDone, phase <= IndexPhase.Scanning ? 0L : build.RowsDone, 0L, 0L,
            ];
        }
    }

    private static string? WaitOf(Session session) => session.Database.Locks.TryGetWait(session.Locks, out var wait)
        ? wait.Tag.Kind switch { LockKind.Relation => "relation", LockKind.Row => "tuple", LockKind.Transaction => "transactionid", _ => "advisory" }
        : session.IsActive ? null : "ClientRead";

    private static IEnumerable<object?[]> Locks(SystemScan scan)
    {
        var database = scan.Session.Database;
        foreach (var info in database.Locks.List())
            yield return Lock(scan, info);
        foreach (var session in database.Sessions)
        {
            var owner = session.Locks;
            // Every transaction holds its own number; whoever waits for a row that it wrote waits for that.
            if (session.CurrentTransactionNumber is { } number)
                yield return Lock(scan, new LockInfo(new LockTag(LockKind.Transaction, number, 0), owner, LockModes.Exclusive, true, null));
            if (database.Locks.TryGetWait(owner, out var wait) && wait.Tag.Kind == LockKind.Transaction)
                yield return Lock(scan, wait);
        }
    }

    private static object?[] Lock(SystemScan scan, LockInfo info)
    {
        var row = new object?[16];
        var session = ((SessionLocks)info.Owner).Session;
        row[1] = (long)session.DatabaseOid;
        switch (info.Tag.Kind)
        {
            case LockKind.Relation when info.Tag.A < 0:
                row[0] = "object"; // a name that is being given
                break;
            case LockKind.Relation:
                row[0] = "relation";
                row[1] = info.Tag.B;
                row[2] = info.Tag.A;
                break;
            case LockKind.Row:
                row[0] = "tuple";
                row[2] = SessionLocks.TableOf(scan.Catalog, info.Tag) is { } table ? (long)table.Oid : null;
                row[3] = (int)(info.Tag.B / Storage.RowId.VectorRows);
                row[4] = (short)(new Storage.RowId((ulong)info.Tag.B).RowInVector + 1);
                break;
            case LockKind.Transaction:
                row[0] = "transactionid";
                row[1] = null;
                row[6] = info.Tag.A;
                break;
            default:
                row[0] = "advisory";
                row[1] = info.Tag.B / 4;
                row[7] = info.Tag.A >> 32 & uint.MaxValue;
                row[8] = info.Tag.A & uint.MaxValue;
                row[9] = (short)(info.Tag.B % 4);
                break;
        }
        row[10] = $"{session.BackendId}/1";
        row[11] = session.BackendId;
        row[12] = LockModes.Name(info.Tag.Kind, info.Mode);
        row[13] = info.IsGranted;
        row[14] = info.IsGranted && info.Tag.Kind == LockKind.Relation && info.Mode <= LockModes.RowExclusive;
        row[15] = info.WaitsSince is { } since ? SystemValues.Micros(since) : null;
        return row;
    }

    private static IEnumerable<object?[]> Prepared(SystemScan scan) => scan.Session.PreparedStatements.Where(p => p.Name.Length > 0).Select(p => new object?[]
    {
        p.Name, p.Sql, SystemValues.Micros(p.CreatedAt), SystemValues.Oids(p.ParameterTypes.Select(scan.TypeOid)), false, p.Plan is null ? 0L : 1L, 0L,
    });

    private static IEnumerable<object?[]> Cursors(SystemScan scan) =>
        scan.Session.Portals.Where(p => p.Name.Length > 0).Select(p => new object?[] { p.Name, scan.Session.CurrentQuery, false, false, false, SystemValues.Micros(DateTime.UtcNow) });

    private static IEnumerable<object?[]> Databases(SystemScan scan)
    {
        var sessions = scan.Session.Database.Sessions.ToArray();
        foreach (var database in ClusterTables.DatabaseEntries(scan))
        {
            var row = new object?[28];
            Array.Fill(row, 0L, 3, 15);
            row[0] = (long)database.Oid;
            row[1] = database.Name;
            row[2] = sessions.Count(s => s.DatabaseOid == database.Oid);
            Array.Fill(row, 0.0, 18, 5);
            Array.Fill(row, 0L, 23, 4);
            row[16] = null;
            row[17] = null;
            row[18] = 0.0;
            yield return row;
        }
    }

    private static IEnumerable<object?[]> Tables(SystemScan scan, bool? isUser)
    {
        if (isUser != true)
        {
            foreach (var table in SystemTables.All)
            {
                if (!table.IsView)
                    yield return Table(table.Oid, table.Schema, table.Name, 0);
            }
        }
        if (isUser == false)
            yield break;
        foreach (var table in scan.Tables)
            yield return Table(table.Oid, scan.SchemaName(table.SchemaOid), table.Name, scan.RowCount(table));
    }

    private static object?[] Table(int oid, string schema, string name, long rows) =>
        [(long)oid, schema, name, 0L, 0L, 0L, 0L, 0L, 0L, 0L, 0L, rows, 0L, 0L, 0L, null, null, null, null, 0L, 0L, 0L, 0L];

    private static IEnumerable<object?[]> Indexes(SystemScan scan, int counters)
    {
        foreach (var index in scan.Relations.OfType<IndexEntry>())
        {
            if (scan.Catalog.Find<TableEntry>(index.TableOid) is { } table)
                yield return [(long)table.Oid, (long)index.Oid, scan.SchemaName(table.SchemaOid), table.Name, index.Name, .. Enumerable.Repeat<object?>(0L, counters)];
        }
    }

    private static IEnumerable<object?[]> BlockCounts(SystemScan scan) =>
        scan.Tables.Select(t => new object?[] { (long)t.Oid, scan.SchemaName(t.SchemaOid), t.Name, 0L, 0L, 0L, 0L, 0L, 0L, 0L, 0L });
}
