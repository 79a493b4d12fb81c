using System.Collections.Concurrent;
using OmenDb.Tpcc.Generation;
using OmenDb.Tpcc.Schema;
using OmenDb.Workload.Bulk;
using OmenDb.Workload.Sql;

namespace OmenDb.Tpcc.Loading;

/// <summary>How to make the tables.</summary>
/// <param name="Workers">Threads that generate and sessions that write.</param>
/// <param name="ForeignKeys">With the foreign keys of clause 1.3; else with primary keys and the two indexes that transactions need.</param>
/// <param name="WithCh">With supplier, nation and region too.</param>
public sealed record TpccLoadOptions(int Workers, bool ForeignKeys = false, bool WithCh = false);

/// <summary>Generates the tables straight into a system.</summary>
public sealed class TpccLoader(WorkloadSystem system, TpccGenerator generator)
{
    /// <summary>Rows of item and stock that one unit of work makes.</summary>
    private const int ItemsPerUnit = 20_000;

    private readonly TpccScale _scale = generator.Scale;

    /// <summary>The number of warehouses that are there; 0: no tables.</summary>
    public static int WarehousesIn(WorkloadSystem system) =>
        TpccSchema.Tables.All(table => system.HasTable(table.Name)) ? (int)system.QueryNumber("SELECT count(*) FROM warehouse") : 0;

    /// <summary>Rows that will be written, by table; order lines are an estimate.</summary>
    public IReadOnlyList<(string Table, long Rows)> Estimate(TpccLoadOptions options)
    {
        var districts = (long)_scale.Warehouses * TpccScale.DistrictsPerWarehouse;
        var customers = districts * _scale.CustomersPerDistrict;
        List<(string, long)> rows =
        [
            ("item", _scale.Items), ("warehouse", _scale.Warehouses), ("district", districts), ("stock", (long)_scale.Items * _scale.Warehouses),
            ("customer", customers), ("history", customers), ("orders", customers), ("new_order", districts * _scale.UndeliveredPerDistrict), ("order_line", customers * 10),
        ];
        if (options.WithCh)
            rows.AddRange([("region", ChNames.Regions.Length), ("nation", ChNames.Nations.Count), ("supplier", _scale.Suppliers)]);
        return rows;
    }

    /// <summary>Creates the tables, those of an earlier load dropped, fills them, makes keys and gathers statistics.</summary>
    /// <param name="progress">Table and rows that the system has taken since the last call; called by many threads.</param>
    /// <param name="step">What begins after the rows: keys, statistics.</param>
    public void Load(TpccLoadOptions options, Action<string, long>? progress = null, Action<string>? step = null, CancellationToken cancellation = default)
    {
        foreach (var table in TpccSchema.Tables.Concat(TpccSchema.ChTables).Reverse())
            system.Execute($"DROP TABLE IF EXISTS {table.Name} CASCADE");
        IReadOnlyList<TpccTable> tables = options.WithCh ? [.. TpccSchema.Tables, .. TpccSchema.ChTables] : TpccSchema.Tables;
        foreach (var table in tables)
            system.Execute(table.CreateTable());
        Fill(options, progress, cancellation);
        foreach (var table in tables.Where(table => table.PrimaryKey.Length > 0))
        {
            step?.Invoke($"key of {table.Name}");
            system.Execute(table.AddPrimaryKey());
        }
        step?.Invoke("indexes");
        foreach (var index in TpccSchema.Indexes)
            system.Execute(index);
        if (options.ForeignKeys)
        {
            step?.Invoke("foreign keys");
            foreach (var statement in tables.SelectMany(table => table.AddForeignKeys()))
                system.Execute(statement);
        }
        step?.Invoke("statistics");
        foreach (var table in tables)
            system.Execute($"{system.AnalyzeCommand} {table.Name}");
    }

    private void Fill(TpccLoadOptions options, Action<string, long>? progress, CancellationToken cancellation)
    {
        var units = new ConcurrentQueue<Action<Writers>>(Units(options));
        var failures = new ConcurrentQueue<Exception>();
        var threads = Enumerable.Range(0, Math.Max(1, options.Workers)).Select(_ => new Thread(Work) { IsBackground = true, Name = "tpcc load" }).ToArray();
        foreach (var thread in threads)
            thread.Start();
        foreach (var thread in threads)
            thread.Join();
        cancellation.ThrowIfCancellationRequested();
        if (failures.TryDequeue(out var failure))
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);

        void Work()
        {
            try
            {
                using var writers = new Writers(system, progress);
                while (failures.IsEmpty && !cancellation.IsCancellationRequested && units.TryDequeue(out var unit))
                {
                    unit(writers);
                    writers.Report();
                }
                if (failures.IsEmpty && !cancellation.IsCancellationRequested)
                    writers.Complete();
            }
#pragma warning disable CA1031 // thrown again by the thread that waits
            catch (Exception exception)
#pragma warning restore CA1031
            {
                failures.Enqueue(exception);
            }
        }
    }

    private IEnumerable<Action<Writers>> Units(TpccLoadOptions options)
    {
        if (options.WithCh)
        {
            yield return writers =>
            {
                TpccGenerator.Regions(writers[TpccSchema.Region]);
                TpccGenerator.Nations(writers[TpccSchema.Nation]);
                generator.Suppliers(writers[TpccSchema.Supplier]);
            };
        }
        for (var first = 1; first <= _scale.Items; first += ItemsPerUnit)
        {
            var (from, count) = (first, Math.Min(ItemsPerUnit, _scale.Items - first + 1));
            yield return writers => generator.Items(writers[TpccSchema.Item], from, count);
        }
        for (var number = 1; number <= _scale.Warehouses; number++)
        {
            var warehouse = number;
            yield return writers => generator.Warehouse(writers[TpccSchema.Warehouse], warehouse);
            for (var first = 1; first <= _scale.Items; first += ItemsPerUnit)
            {
                var (from, count) = (first, Math.Min(ItemsPerUnit, _scale.Items - first + 1));
                yield return writers => generator.Stock(writers[TpccSchema.Stock], warehouse, from, count);
            }
            for (var d = 1; d <= TpccScale.DistrictsPerWarehouse; d++)
            {
                var district = d;
                yield return writers =>
                {
                    generator.District(writers[TpccSchema.District], warehouse, district);
                    generator.Customers(writers[TpccSchema.Customer], warehouse, district);
                    generator.History(writers[TpccSchema.History], warehouse, district);
                };
                yield return writers =>
                    generator.Orders(writers[TpccSchema.Orders], writers[TpccSchema.OrderLine], writers[TpccSchema.NewOrder], warehouse, district);
            }
        }
    }

    /// <summary>The open writers of one thread.</summary>
    private sealed class Writers(WorkloadSystem system, Action<string, long>? progress) : IDisposable
    {
        private readonly Dictionary<string, TableWriter> _writers = [];
        private readonly Dictionary<string, long> _reported = [];

        public TableWriter this[TpccTable table]
        {
            get
            {
                if (!_writers.TryGetValue(table.Name, out var writer))
                    _writers.Add(table.Name, writer = system.OpenWriter(table.Name, table.Fields));
                return writer;
            }
        }

        public void Report()
        {
            foreach (var (name, writer) in _writers)
            {
                var before = _reported.GetValueOrDefault(name);
                if (writer.RowCount > before)
                    progress?.Invoke(name, writer.RowCount - before);
                _reported[name] = writer.RowCount;
            }
        }

        public void Complete()
        {
            foreach (var writer in _writers.Values)
                writer.Complete();
        }

        public void Dispose()
        {
            foreach (var writer in _writers.Values)
                writer.Dispose();
        }
    }
}
