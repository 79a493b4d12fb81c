using OmenDb.Storage.Catalog;

namespace OmenDb.Engine.Catalog;

/// <summary>Lists for people: pg_tables, pg_views, pg_indexes, pg_sequences, time zones.</summary>
internal static class ListingViews
{
    public static IEnumerable<(string, Func<SystemScan, IEnumerable<object?[]>>)> All()
    {
        yield return ("pg_tables", Tables);
        yield return ("pg_views", Views);
        yield return ("pg_indexes", Indexes);
        yield return ("pg_sequences", Sequences);
        yield return ("pg_timezone_names", _ => TimeZones());
    }

    private static IEnumerable<object?[]> Tables(SystemScan scan)
    {
        var bootstrap = scan.OwnerName(CatalogStore.BootstrapRoleOid);
        foreach (var table in SystemTables.All)
        {
            if (!table.IsView)
                yield return [table.Schema, table.Name, bootstrap, null, false, false, false, false];
        }
        var referenced = scan.Constraints.Where(c => c.Constraint.Kind == ConstraintKind.ForeignKey).Select(c => c.Constraint.ReferencedTableOid).ToHashSet();
        foreach (var table in scan.Tables)
        {
            yield return
            [
                scan.SchemaName(table.SchemaOid), table.Name, scan.Owner(table), null, scan.Catalog.IndexesOf(table.Oid).Any(), false,
                referenced.Contains(table.Oid) || table.Constraints.Any(c => c.Kind == ConstraintKind.ForeignKey), false,
            ];
        }
    }

    private static IEnumerable<object?[]> Views(SystemScan scan)
    {
        var bootstrap = scan.OwnerName(CatalogStore.BootstrapRoleOid);
        foreach (var view in SystemTables.All)
        {
            if (view.IsView)
                yield return [view.Schema, view.Name, bootstrap, null];
        }
        foreach (var view in scan.Relations.OfType<ViewEntry>())
            yield return [scan.SchemaName(view.SchemaOid), view.Name, scan.Owner(view), Definitions.View(scan, view)];
    }

    private static IEnumerable<object?[]> Indexes(SystemScan scan)
    {
        foreach (var index in scan.Relations.OfType<IndexEntry>())
        {
            if (scan.Catalog.Find<TableEntry>(index.TableOid) is { } table)
                yield return [scan.SchemaName(table.SchemaOid), table.Name, index.Name, null, Definitions.Index(scan, index, pretty: false)];
        }
    }

    private static IEnumerable<object?[]> Sequences(SystemScan scan)
    {
        foreach (var sequence in scan.Relations.OfType<SequenceEntry>())
        {
            var (last, called) = scan.Session.Database.Storage.CurrentValue(sequence);
            yield return
            [
                scan.SchemaName(sequence.SchemaOid), sequence.Name, scan.Owner(sequence), scan.TypeOid(sequence.Type), sequence.Start, sequence.MinValue, sequence.MaxValue,
                sequence.Increment, sequence.Cycles, sequence.CacheSize, called ? last : null,
            ];
        }
    }

    private static IEnumerable<object?[]> TimeZones()
    {
        var now = DateTime.UtcNow;
        foreach (var zone in TimeZoneInfo.GetSystemTimeZones())
        {
            var offset = zone.GetUtcOffset(now);
            var isSummer = zone.IsDaylightSavingTime(now);
            var sign = offset < TimeSpan.Zero ? "-" : "+";
            var abbreviation = offset == TimeSpan.Zero ? "UTC" : $"{sign}{offset:hh}{(offset.Minutes == 0 ? "" : offset.ToString("mm", System.Globalization.CultureInfo.InvariantCulture))}";
            yield return [zone.Id, abbreviation, new Types.PgInterval(0, 0, offset.Ticks / TimeSpan.TicksPerMicrosecond), isSummer];
        }
    }
}
