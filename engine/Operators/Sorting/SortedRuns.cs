using OmenDb.Arrow;
using OmenDb.Engine.Execution;
using OmenDb.Engine.Operators.Joins;
using OmenDb.Engine.Rows;
using OmenDb.Types;

namespace OmenDb.Engine.Operators.Sorting;

/// <summary>What a sort has put aside: runs in order, each in blocks of rows.</summary>
internal sealed unsafe class SortedRuns(SqlType[] types, ExecutionContext context) : IDisposable
{
    private const int BlockRows = 2048;

    internal readonly record struct Block(long Offset, int Bytes, int Rows);

    private readonly Lock _lock = new();
    private readonly List<List<Block>> _runs = [];
    private SpillFile? _file;

    public bool IsEmpty => _runs.Count == 0;

    public long Bytes => _file?.Length ?? 0;

    public static bool Supports(SqlType[] types) => Array.TrueForAll(types, t => SpillBlock.Supports(t.Arrow));

    /// <summary>Writes rows as a run of their own; called by any worker.</summary>
    /// <param name="columns">Flat.</param>
    /// <param name="order">Row numbers, sorted.</param>
    /// <param name="count">How many of them.</param>
    public void Add(Vector[] columns, int* order, int count)
    {
        lock (_lock)
            _file ??= context.Spill!.Create();
        var blocks = new List<Block>();
        using var block = new SpillBlock();
        for (var start = 0; start < count; start += BlockRows)
        {
            context.CheckInterrupts();
            var rows = Math.Min(BlockRows, count - start);
            block.Clear();
            foreach (var column in columns)
                block.Write(column, order + start, rows);
            blocks.Add(new Block(_file.Append(block.Bytes), block.Length, rows));
        }
        lock (_lock)
            _runs.Add(blocks);
    }

    /// <summary>All rows of all runs in order.</summary>
    /// <param name="keysOf">The keys among a block's columns.</param>
    public Merge Open(Func<Vector[], RowSorter.Key[]> keysOf) => new([.. _runs.Select(blocks => new Run(_file!, blocks, types, keysOf))]);

    public void Dispose() => _file?.Dispose();

    /// <summary>A run's current row.</summary>
    internal sealed class Run(SpillFile file, List<Block> blocks, SqlType[] types, Func<Vector[], RowSorter.Key[]> keysOf) : IDisposable
    {
        private int _nextBlock;
        private int _rows;

        public Vector[] Columns { get; } = HashJoinOperator.NewVectors(types.Length);

        public RowSorter.Key[] Keys { get; private set; } = [];

        public int Row { get; private set; } = -1;

        /// <returns>False at the end.</returns>
        public bool Advance()
        {
            if (++Row < _rows)
                return true;
            if (_nextBlock == blocks.Count)
                return false;
            var block = blocks[_nextBlock++];
            using var bytes = NativeBuffer.Allocate(Math.Max(8, block.Bytes), zeroed: false);
            file.Read(block.Offset, new Span<byte>(bytes.Pointer, block.Bytes));
            var reader = new SpillReader(bytes.Pointer);
            for (var c = 0; c < types.Length; c++)
                reader.Read(types[c].Arrow, block.Rows, Columns[c]);
            Keys = keysOf(Columns);
            (Row, _rows) = (0, block.Rows);
            return true;
        }

        public void Dispose()
        {
            foreach (var column in Columns)
                column.Dispose();
        }
    }

    /// <summary>A heap of runs, the one with the least row on top; of equal rows the earlier run's comes first.</summary>
    internal sealed class Merge : IDisposable
    {
        private readonly Run[] _all;
        private readonly PriorityQueue<Run, (Run Run, int Number)> _heap;

        public Merge(Run[] runs)
        {
            _all = runs;
            _heap = new PriorityQueue<Run, (Run Run, int Number)>(runs.Length, Comparer<(Run Run, int Number)>.Create((a, b) =>
                RowSorter.Compare(a.Run.Keys, a.Run.Row, b.Run.Keys, b.Run.Row) is not 0 and var order ? order : a.Number.CompareTo(b.Number)));
            for (var i = 0; i < runs.Length; i++)
            {
                if (runs[i].Advance())
                    _heap.Enqueue(runs[i], (runs[i], i));
            }
        }

        /// <summary>Appends the next rows.</summary>
        public void Read(RowStore target, int count)
        {
            while (count-- > 0 && _heap.TryDequeue(out var run, out var priority))
            {
                target.AppendRow(run.Columns, run.Row);
                if (run.Advance())
                    _heap.Enqueue(run, priority);
            }
        }

        public void Dispose()
        {
            foreach (var run in _all)
                run.Dispose();
        }
    }
}
