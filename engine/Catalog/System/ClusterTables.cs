using OmenDb.Storage.Catalog;

namespace OmenDb.Engine.Catalog;

/// <summary>Databases and roles: pg_database, pg_authid, pg_roles, pg_user, pg_auth_members, pg_db_role_setting.</summary>
internal static class ClusterTables
{
    private const int Utf8 = 6;

    public static IEnumerable<(string, Func<SystemScan, IEnumerable<object?[]>>)> All()
    {
        yield return ("pg_database", Databases);
        yield return ("pg_authid", scan => Roles(scan).Select(r => new object?[]
        {
            (long)r.Oid, r.Name, r.IsSuperuser, true, r.IsSuperuser, r.IsSuperuser, r.CanLogin, r.IsSuperuser, r.IsSuperuser, -1, r.PasswordVerifier, null,
        }));
        yield return ("pg_roles", scan => Roles(scan).Select(r => new object?[]
        {
            r.Name, r.IsSuperuser, true, r.IsSuperuser, r.IsSuperuser, r.CanLogin, r.IsSuperuser, -1, "********", null, r.IsSuperuser, Settings(r), (long)r.Oid,
        }));
        yield return ("pg_user", scan => Users(scan, "********"));
        yield return ("pg_shadow", scan => Users(scan, null));
        yield return ("pg_group", scan => Roles(scan).Where(r => !r.CanLogin).Select(r => new object?[]
        {
            r.Name, (long)r.Oid, SystemValues.Oids(Roles(scan).Where(m => m.MemberOf.Contains(r.Oid)).Select(m => (long)m.Oid)),
        }));
        yield return ("pg_auth_members", scan => Roles(scan).SelectMany(r => r.MemberOf.Select(g => new object?[] { (long)g, (long)r.Oid, (long)CatalogStore.BootstrapRoleOid, false })));
        yield return ("pg_db_role_setting", RoleSettings);
    }

    public static IEnumerable<RoleEntry> Roles(SystemScan scan) => scan.Catalog.Objects.OfType<RoleEntry>().OrderBy(r => r.Oid);

    public static IEnumerable<DatabaseEntry> DatabaseEntries(SystemScan scan) => scan.Catalog.Objects.OfType<DatabaseEntry>().OrderBy(d => d.Oid);

    private static IEnumerable<object?[]> Databases(SystemScan scan) => DatabaseEntries(scan).Select(d => new object?[]
    {
        (long)d.Oid, d.Name, (long)d.OwnerOid, Utf8, "c", false, true, -1, 2L, 1L, 1663L, "C", "C", null, null, null,
    });

    private static IEnumerable<object?[]> Users(SystemScan scan, string? password) => Roles(scan).Where(r => r.CanLogin).Select(r => new object?[]
    {
        r.Name, (long)r.Oid, r.IsSuperuser, r.IsSuperuser, r.IsSuperuser, r.IsSuperuser, password ?? r.PasswordVerifier, null, Settings(r),
    });

    private static object?[]? Settings(RoleEntry role)
    {
        var all = role.Settings.Where(s => !s.Key.Contains('/')).Select(s => $"{s.Key}={s.Value}").ToArray();
        return all.Length == 0 ? null : SystemValues.Texts(all);
    }

    private static IEnumerable<object?[]> RoleSettings(SystemScan scan)
    {
        foreach (var database in DatabaseEntries(scan).Where(d => !d.Settings.IsEmpty))
            yield return [(long)database.Oid, 0L, SystemValues.Texts(database.Settings.Select(s => $"{s.Key}={s.Value}"))];
        foreach (var role in Roles(scan))
        {
            if (Settings(role) is { } everywhere)
                yield return [0L, (long)role.Oid, everywhere];
            foreach (var inDatabase in role.Settings.Where(s => s.Key.Contains('/')).GroupBy(s => s.Key[..s.Key.IndexOf('/')]))
            {
                yield return
                [
                    long.Parse(inDatabase.Key, System.Globalization.CultureInfo.InvariantCulture), (long)role.Oid,
                    SystemValues.Texts(inDatabase.Select(s => $"{s.Key[(s.Key.IndexOf('/') + 1)..]}={s.Value}")),
                ];
            }
        }
    }
}
