using System.Collections.Immutable;
using OmenDb.Engine.Execution;
using Parallel = OmenDb.Engine.Pipelines.Parallel;

namespace OmenDb.Engine.Operators.Aggregates;

/// <summary>Brings the workers' parts of an aggregation together.</summary>
/// <remarks>Few groups: one after the other into the first part. Many: all parts are split by the hashes of their keys, and the partitions, which
/// have nothing to do with each other, are merged by all threads.
/// <code>
/// worker 1: | 0 | 1 | 2 | ... |        thread A: partition 0, 2, ...
/// worker 2: | 0 | 1 | 2 | ... |        thread B: partition 1, 3, ...        each into a table of its own
/// </code></remarks>
internal static class ParallelMerge
{
    /// <summary>Below, one thread is done before others have begun.</summary>
    private const int LeastRows = 16 * 1024;

    /// <summary>A partition's table should stay in a second-level cache.</summary>
    private const int RowsPerPartition = 16 * 1024;

    private const int LeastPartitions = 8;
    private const int MostPartitions = 256;

    /// <param name="parts">One per worker, at least one; becomes the caller's to dispose, like the result.</param>
    /// <returns>Finished: one of the parts, or one table per partition.</returns>
    public static GroupedStates[] Merge(HashAggregateOperator owner, ImmutableArray<int> set, GroupedStates[] parts, ExecutionContext context)
    {
        var rows = parts.Sum(p => p.MergeRows);
        if (parts.Length == 1 || rows < LeastRows || set.IsEmpty || parts.Max(p => p.GroupCount) < LeastPartitions)
        {
            for (var i = 1; i < parts.Length; i++)
                parts[0].Merge(parts[i]);
            parts[0].Finish();
            return [parts[0]];
        }
        var partitions = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)Math.Clamp(rows / RowsPerPartition, LeastPartitions, MostPartitions));
        var results = new GroupedStates[partitions];
        var split = new GroupedStates.PartitionedGroups?[parts.Length];
        try
        {
            Parallel.For(int.MaxValue, parts.Length, context, i => split[i] = parts[i].Partition(partitions));
            Parallel.For(int.MaxValue, partitions, context, p =>
            {
                var result = results[p] = new GroupedStates(owner, set, context);
                foreach (var part in split)
                    part!.MergeInto(result, p);
                result.Finish();
            });
            return results;
        }
        catch
        {
            foreach (var result in results)
                result?.Dispose();
            throw;
        }
        finally
        {
            foreach (var part in split)
                part?.Dispose();
            foreach (var part in parts)
                part.Dispose();
        }
    }
}
