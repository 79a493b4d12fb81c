using System.Collections.Concurrent;
using System.Globalization;
using OmenDb.Tpch.Generation;
using OmenDb.Tpch.Reference;
using OmenDb.Tpch.Schema;
using OmenDb.Tpch.Targets;

namespace OmenDb.Tpch.Loading;

/// <summary>Generates the tables straight into a target: no files between.</summary>
public sealed class TpchLoader(TpchTarget target, TpchGenerator generator)
{
    /// <summary>How far the target has the tables of this scale factor.</summary>
    /// <param name="scattered">Keys are to be as <see cref="KeyScattering"/> makes them.</param>
    /// <param name="found">What is there, in words, when the tables are not those wanted.</param>
    public TpchTablesState Inspect(bool scattered, out string found)
    {
        found = "";
        var present = TpchSchema.Tables.Where(table => target.HasTable(table.Name)).ToArray();
        if (present.Length == 0)
            return TpchTablesState.Missing;
        if (present.Length < TpchSchema.Tables.Count)
        {
            found = "only " + string.Join(", ", present.Select(table => table.Name));
            return TpchTablesState.Different;
        }
        foreach (var table in TpchSchema.Tables)
        {
            var rows = long.Parse(target.Query($"SELECT count(*) FROM {table.Name}")[0][0]!, CultureInfo.InvariantCulture);
            var expected = ExpectedRows(table.Table);
            if (expected is null ? rows < generator.UnitCount(table.Table) : rows != expected)
            {
                found = $"{table.Name} has {rows} rows{(expected is null ? "" : $" instead of {expected}")}";
                return TpchTablesState.Different;
            }
        }
        if (scattered == (target.Query("SELECT 1 FROM region WHERE r_regionkey = 0").Count > 0))
        {
            found = scattered ? "their keys are dense" : "their keys are scattered";
            return TpchTablesState.Different;
        }
        return TpchTablesState.Complete;
    }

    /// <summary>Creates the tables, those of an earlier load dropped, fills them and gathers statistics.</summary>
    /// <param name="workers">Threads that generate and connections that write.</param>
    /// <param name="scattered">Bring the rows into random order and make keys sparse: <see cref="KeyScattering"/>.</param>
    /// <param name="progress">Table and rows of each chunk that the target has taken; called by many threads.</param>
    /// <param name="step">What begins after the rows: keys, statistics.</param>
    public void Load(
        int workers,
        bool scattered = false,
        Action<TpchTable, int>? progress = null,
        Action<string>? step = null,
        CancellationToken cancellationToken = default)
    {
        foreach (var table in TpchSchema.Tables.Reverse())
            target.Execute($"DROP TABLE IF EXISTS {table.Name}");
        foreach (var table in TpchSchema.Tables)
            target.Execute(table.CreateTable(target.WantsPrimaryKeys));
        foreach (var table in TpchSchema.Tables)
            LoadTable(table.Table, workers, progress, cancellationToken);
        if (scattered)
            new KeyScattering(target, generator.Scale).Run(step, cancellationToken);
        if (target.WantsForeignKeyIndexes)
        {
            step?.Invoke("indexes");
            foreach (var key in TpchSchema.Tables.SelectMany(table => table.ForeignKeys).Where(key => !LeadsPrimaryKey(key)))
                target.Execute($"CREATE INDEX ON {TpchSchema.NameOf(key.From)} ({string.Join(", ", key.Columns)})");
        }
        step?.Invoke("statistics");
        Analyze();
    }

    /// <summary>Gathers statistics of loaded tables.</summary>
    public void Analyze()
    {
        foreach (var table in TpchSchema.Tables)
            target.Execute($"{target.AnalyzeCommand} {table.Name}");
    }

    private void LoadTable(TpchTable table, int workers, Action<TpchTable, int>? progress, CancellationToken cancellationToken)
    {
        // A writer belongs to one thread at a time; at most one per worker is ever made.
        var idle = new ConcurrentBag<TpchTableWriter>();
        var all = new ConcurrentBag<TpchTableWriter>();
        try
        {
            generator.ForEachChunk(
                table,
                workers,
                chunk =>
                {
                    if (!idle.TryTake(out var writer))
                        all.Add(writer = target.OpenWriter(table));
                    writer.Write(chunk);
                    idle.Add(writer);
                    progress?.Invoke(table, chunk.RowCount);
                },
                cancellationToken: cancellationToken);
            foreach (var writer in all)
                writer.Complete();
        }
        finally
        {
            foreach (var writer in all)
                writer.Dispose();
        }
    }

    private static bool LeadsPrimaryKey(TpchForeignKey key) =>
        TpchSchema.Of(key.From).PrimaryKey.Take(key.Columns.Count).SequenceEqual(key.Columns);

    /// <returns>Null where only dbgen itself could tell: lineitem at scale factors without reference.</returns>
    private long? ExpectedRows(TpchTable table) =>
        TpchReference.Checksum(generator.Scale.Factor, table)?.RowCount
            ?? (table == TpchTable.LineItem ? null : generator.EstimatedRowCount(table));
}
