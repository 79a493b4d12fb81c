using OmenDb.Arrow;
using OmenDb.Engine.Execution;
using OmenDb.Engine.Rows;

namespace OmenDb.Engine.Operators.Aggregates;

/// <summary>What an aggregation has put aside, by grouping set and partition of the keys' hashes; partitions come back one at a time.</summary>
internal sealed unsafe class SpilledGroups(HashAggregateOperator owner, ExecutionContext context) : IDisposable
{
    private const int Partitions = 64;

    private readonly record struct Block(long Offset, int Length);

    private readonly Lock _lock = new();
    private readonly List<Block>?[] _blocks = new List<Block>?[owner.Sets.Length * Partitions];
    private SpillFile? _file;

    public long Bytes => _file?.Length ?? 0;

    public bool HasSet(int set) => Array.Exists(_blocks[(set * Partitions)..((set + 1) * Partitions)], blocks => blocks is not null);

    /// <summary>Numbers for <see cref="Load"/>.</summary>
    public int[] Parts => [.. Enumerable.Range(0, _blocks.Length).Where(i => _blocks[i] is not null)];

    /// <summary>Writes all groups; called by any worker.</summary>
    /// <param name="set">Which grouping set they are of.</param>
    /// <param name="states">Disposed.</param>
    public void Add(int set, GroupedStates states)
    {
        lock (_lock)
            _file ??= context.Spill!.Create();
        using (var split = states.Partition(Partitions))
        using (var block = new SpillBlock())
        {
            for (var p = 0; p < Partitions; p++)
            {
                if (split.IsEmpty(p))
                    continue;
                block.Clear();
                split.Write(block, p);
                var written = new Block(_file.Append(block.Bytes), block.Length);
                lock (_lock)
                    (_blocks[set * Partitions + p] ??= []).Add(written);
            }
        }
        states.Dispose();
    }

    /// <summary>The finished groups of one partition; the caller disposes.</summary>
    public GroupedStates Load(int part)
    {
        var result = new GroupedStates(owner, owner.Sets[part / Partitions], context);
        try
        {
            foreach (var block in _blocks[part]!)
            {
                context.Memory.Charge(block.Length);
                using (var bytes = NativeBuffer.Allocate(block.Length, zeroed: false))
                {
                    _file!.Read(block.Offset, new Span<byte>(bytes.Pointer, block.Length));
                    result.MergeFrom(new SpillReader(bytes.Pointer));
                }
                context.Memory.Release(block.Length);
            }
            result.Finish();
            return result;
        }
        catch
        {
            result.Dispose();
            throw;
        }
    }

    public void Dispose() => _file?.Dispose();
}
