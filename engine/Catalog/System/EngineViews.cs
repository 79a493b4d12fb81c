using OmenDb.Storage.Catalog;

namespace OmenDb.Engine.Catalog;

/// <summary>Views of our own: omendb_segments, omendb_index_stats, omendb_statement_cache.</summary>
internal static class EngineViews
{
    public static IEnumerable<(string, Func<SystemScan, IEnumerable<object?[]>>)> All()
    {
        yield return ("omendb_segments", Segments);
        yield return ("omendb_index_stats", Indexes);
        yield return ("omendb_statement_cache", scan => scan.Session.Database.Sessions.OrderBy(s => s.BackendId).Select(s => new object?[]
        {
            s.BackendId, (long)s.Cache.Count, s.Cache.Parsed, s.Cache.Planned, s.Cache.Reused,
        }));
    }

    private static IEnumerable<object?[]> Segments(SystemScan scan)
    {
        foreach (var table in scan.Tables)
        {
            var schema = scan.SchemaName(table.SchemaOid);
            var names = table.Columns.ToDictionary(column => column.Physical, column => column.Name);
            foreach (var segment in scan.Session.Database.Storage.GetTable(table).ListSegments())
            {
                var columns = segment.Columns.Where(column => names.ContainsKey(column.Physical)).ToArray();
                yield return
                [
                    schema, table.Name, segment.Number, segment.State, (long)segment.Rows, (long)segment.LiveRows, segment.Vectors, segment.Bytes, segment.HotBytes,
                    segment.SealedBytes,
                    segment.EvictedBytes == 0 ? "resident" : segment.Bytes == 0 ? "evicted" : "partly", segment.EvictedBytes,
                    string.Join("; ", columns.Select(column => $"{names[column.Physical]}: {column.Encodings}")),
                    string.Join("; ", columns.Where(column => column.DistinctCount is not null).Select(column => $"{names[column.Physical]}: {column.DistinctCount}")),
                    segment.LastWrite is { } written ? SystemValues.Micros(written) : null,
                ];
            }
        }
    }

    private static IEnumerable<object?[]> Indexes(SystemScan scan)
    {
        foreach (var index in scan.Relations.OfType<IndexEntry>())
        {
            if (scan.Catalog.Find<TableEntry>(index.TableOid) is not { } table || scan.Session.Database.Storage.GetTable(table).FindIndex(index.Oid) is not { } tree
                || !tree.TryRetain()) // nobody locks the table here: the index may come to its end
                continue;
            var (s, entries) = (tree.GetStatistics(), tree.EntryCount);
            tree.Release();
            // The mean of the distances' logarithms: how many doublings the search from the prediction takes.
            double weighted = 0, total = 0;
            for (var i = 0; i < s.ModelErrorLog2.Count; i++)
            {
                weighted += i * (double)s.ModelErrorLog2[i];
                total += s.ModelErrorLog2[i];
            }
            yield return
            [
                scan.SchemaName(table.SchemaOid), table.Name, index.Name, entries, s.Height, s.ModelNodes, s.SortedNodes, s.GappedLeaves, s.PlainLeaves, s.AppendLeaves,
                s.LeafSlots, s.UsedBytes, s.ReservedBytes, s.Expansions, s.Contractions, s.Splits, s.Merges, total == 0 ? null : weighted / total,
            ];
        }
    }
}
