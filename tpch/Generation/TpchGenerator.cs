using System.Runtime.ExceptionServices;
using OmenDb.Tpch.Generation.Chunks;
using OmenDb.Tpch.Generation.Randomness;

namespace OmenDb.Tpch.Generation;

/// <summary>Generates the TPC-H tables at one scale factor, equal to dbgen's byte for byte, any range on its own.</summary>
/// <remarks>Safe for any number of threads, each with a chunk of its own. Holds the text pool (300 MiB) from the first fill on.</remarks>
public sealed class TpchGenerator
{
    /// <summary>Units per chunk when nothing else is asked for: about a megabyte per column.</summary>
    public const int DefaultUnitsPerChunk = 8192;

    private readonly Lazy<TextPool> _pool;

    /// <param name="poolWorkers">Threads that may help to make the text pool; 0 = one per processor.</param>
    /// <exception cref="ArgumentOutOfRangeException">See <see cref="TpchScale"/>.</exception>
    public TpchGenerator(double scaleFactor, int poolWorkers = 0)
    {
        Scale = new TpchScale(scaleFactor);
        _pool = new Lazy<TextPool>(() => TextPool.Get(poolWorkers));
    }

    public TpchScale Scale { get; }

    /// <summary>Units of a whole table, see <see cref="TpchChunk"/>: its rows, except for lineitem and partsupp.</summary>
    public long UnitCount(TpchTable table) => table switch
    {
        TpchTable.Region => Distributions.Regions.Words.Count,
        TpchTable.Nation => Distributions.Nations.Words.Count,
        TpchTable.Supplier => Scale.Suppliers,
        TpchTable.Customer => Scale.Customers,
        TpchTable.Part or TpchTable.PartSupp => Scale.Parts,
        TpchTable.Orders or TpchTable.LineItem => Scale.Orders,
        _ => throw new ArgumentOutOfRangeException(nameof(table)),
    };

    /// <summary>Rows of a whole table; exact but for lineitem, whose orders have four lines on average.</summary>
    public long EstimatedRowCount(TpchTable table) =>
        table is TpchTable.LineItem or TpchTable.PartSupp ? UnitCount(table) * 4 : UnitCount(table);

    /// <summary>Allocates a chunk to be filled; no larger than the table needs.</summary>
    public TpchChunk CreateChunk(TpchTable table, int unitCapacity = DefaultUnitsPerChunk)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(unitCapacity);
        var capacity = (int)Math.Min(unitCapacity, UnitCount(table));
        return table switch
        {
            TpchTable.Region => new RegionChunk(capacity),
            TpchTable.Nation => new NationChunk(capacity),
            TpchTable.Supplier => new SupplierChunk(capacity),
            TpchTable.Customer => new CustomerChunk(capacity),
            TpchTable.Part => new PartChunk(capacity),
            TpchTable.PartSupp => new PartSuppChunk(capacity),
            TpchTable.Orders => new OrdersChunk(capacity),
            TpchTable.LineItem => new LineItemChunk(capacity),
            _ => throw new ArgumentOutOfRangeException(nameof(table)),
        };
    }

    /// <summary>Replaces the chunk's content by units firstUnit .. firstUnit + unitCount - 1, counted from 0.</summary>
    public void Fill(TpchChunk chunk, long firstUnit, int unitCount)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(unitCount, chunk.UnitCapacity);
        ArgumentOutOfRangeException.ThrowIfNegative(firstUnit);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(firstUnit + unitCount, UnitCount(chunk.Table), nameof(firstUnit));
        chunk.Fill(Scale, _pool.Value, firstUnit, unitCount);
    }

    /// <summary>The whole table in order, chunk by chunk in one chunk that is filled again for each step.</summary>
    public IEnumerable<TpchChunk> Chunks(TpchTable table, int unitsPerChunk = DefaultUnitsPerChunk)
    {
        var chunk = CreateChunk(table, unitsPerChunk);
        var units = UnitCount(table);
        for (long first = 0; first < units; first += chunk.UnitCapacity)
        {
            Fill(chunk, first, (int)Math.Min(chunk.UnitCapacity, units - first));
            yield return chunk;
        }
    }

    /// <summary>The whole table by several workers. Chunks are begun in ascending order, so that a load stays nearly sorted.</summary>
    /// <param name="consume">Called by many threads; the chunk is valid until it returns. Its exception stops all workers.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled; observed between chunks.</exception>
    public void ForEachChunk(
        TpchTable table,
        int workers,
        Action<TpchChunk> consume,
        int unitsPerChunk = DefaultUnitsPerChunk,
        CancellationToken cancellationToken = default)
    {
        workers = Math.Max(workers, 1);
        var units = UnitCount(table);
        var begun = -1L; // interlocked: the chunk that was begun last
        var options = new ParallelOptions { MaxDegreeOfParallelism = workers, CancellationToken = cancellationToken };
        try
        {
            Parallel.For(0, workers, options, Work);
        }
        catch (AggregateException exception)
        {
            ExceptionDispatchInfo.Throw(exception.InnerExceptions[0]);
        }

        void Work(int worker, ParallelLoopState state)
        {
            TpchChunk? chunk = null;
            while (!state.ShouldExitCurrentIteration)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var first = Interlocked.Increment(ref begun) * unitsPerChunk;
                if (first >= units)
                    return;
                chunk ??= CreateChunk(table, unitsPerChunk);
                Fill(chunk, first, (int)Math.Min(unitsPerChunk, units - first));
                consume(chunk);
            }
        }
    }
}
