using System.Collections.Immutable;
using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Expressions;
using OmenDb.Engine.Operators.Scans;
using OmenDb.Engine.Pipelines;
using OmenDb.Engine.Rows;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;
using OmenDb.Types;

namespace OmenDb.Engine.Operators.Joins;

/// <summary>ASOF join: each left row with the one right row of equal keys whose value lies nearest on the asked side.</summary>
/// <remarks>
/// The right rows are sorted once by key hash, keys and value; every left row is one binary search: O((n + m) log n). Rows with a null in a key
/// or in the value match nothing. Among right rows of one value the last (for &gt;= and &gt;) or the first (for &lt;= and &lt;) of the input is taken.
/// </remarks>
internal sealed class AsOfJoinOperator : PhysicalOperator
{
    private readonly JoinKind _kind;
    private readonly ImmutableArray<JoinKey> _keys;
    private readonly ComparisonOperator _comparison;
    private readonly CompiledProgram _left;
    private readonly CompiledProgram _right;
    private readonly SqlType[] _types;

    /// <param name="kind">Inner or Left.</param>
    /// <param name="keys">The equalities, then the two sides of the inequality.</param>
    /// <param name="comparison">left value op right value.</param>
    public AsOfJoinOperator(JoinKind kind, PhysicalOperator left, PhysicalOperator right, ImmutableArray<JoinKey> keys, ComparisonOperator comparison)
        : base([.. left.Columns, .. right.Columns], left, right)
    {
        _kind = kind;
        _keys = keys;
        _comparison = comparison;
        _left = CompiledProgram.Compile(keys.Select(k => (k.Left, k.Type)), left.Layout);
        _right = CompiledProgram.Compile(keys.Select(k => (k.Right, k.Type)), right.Layout);
        _types = [.. keys.Select(k => k.Type)];
    }

    public override string Name => _kind == JoinKind.Left ? "AsOf Left Join" : "AsOf Join";

    public override IEnumerable<(string Label, string Text)> Details
    {
        get
        {
            yield return ("AsOf Cond", Physical.ExpressionText.Conjunction(_keys.Select((k, i) =>
                (Expression)new ComparisonExpression(i == _keys.Length - 1 ? _comparison : ComparisonOperator.Equal, k.Left, k.Right))));
        }
    }

    public override List<Leg> Build(PipelineBuilder builder)
    {
        // In order: which of several equal rows is "the last" must not depend on who was faster.
        builder.Add(Children[1].Build(builder), new StoreSink(Id, [.. Children[1].Columns.Select(c => c.Type)], ordered: true));
        return Through(Children[0].Build(builder), new Stage(this));
    }

    private sealed class Stage(AsOfJoinOperator owner) : PipelineStage
    {
        public override int OperatorId => owner.Id;

        public override StageWorker CreateWorker(PlanRun run) => new Worker(owner, run, run.Shared(owner.AuxiliaryId, () => new SortedRows(owner, run)));
    }

    private readonly record struct Entry(ulong Hash, ulong Value, int Row) : IComparable<Entry>
    {
        public int CompareTo(Entry other)
        {
            var order = Hash.CompareTo(other.Hash);
            if (order == 0)
                order = Value.CompareTo(other.Value);
            return order != 0 ? order : Row.CompareTo(other.Row);
        }
    }

    /// <summary>The right rows, sorted. Shared by all workers once built.</summary>
    private sealed unsafe class SortedRows : IDisposable
    {
        private readonly SqlType[] _types;
        private readonly RowStore _keyRows;
        private readonly Vector[] _keys;
        private readonly Entry[] _entries;
        private readonly bool _isShort;

        public SortedRows(AsOfJoinOperator owner, PlanRun run)
        {
            var stored = run.State<StoreState>(owner.Id);
            Columns = stored.Views;
            _types = owner._types;
            _isShort = KeyEncoder.IsShort(_types[^1]);
            var count = stored.Rows.Count;
            _keyRows = new RowStore(_types, run.Context);
            EvaluateKeys(owner, run, count);
            _keys = _keyRows.Views();
            run.Context.Memory.Charge((long)count * sizeof(Entry));
            _entries = new Entry[count];
            var used = 0;
            var hashes = NativeBuffer.Allocate(Math.Max(8, count * 8L), zeroed: false);
            try
            {
                Hash(_keys, count, (ulong*)hashes.Pointer, run.Context.Settings.ConstantHash);
                for (var row = 0; row < count; row++)
                {
                    var valid = true;
                    foreach (var key in _keys)
                        valid &= key.IsValid(row);
                    if (valid)
                        _entries[used++] = new Entry(((ulong*)hashes.Pointer)[row], _isShort ? KeyEncoder.EncodeShort(_types[^1], _keys[^1], row) : 0, row);
                }
            }
            finally
            {
                hashes.Release();
            }
            Count = used;
            run.Context.CheckInterrupts();
            _entries.AsSpan(0, used).Sort();
            SortCollisions();
        }

        public Vector[] Columns { get; }

        public int Count { get; }

        /// <summary>Of the equality keys alone.</summary>
        public void Hash(Vector[] keys, int rows, ulong* hashes, bool constant) =>
            KeyColumns.Hash(keys.AsSpan(0, _types.Length - 1), _types.AsSpan(0, _types.Length - 1), rows, hashes, constant);

        private void EvaluateKeys(AsOfJoinOperator owner, PlanRun run, int count)
        {
            using var frame = owner._right.CreateFrame(run.Context);
            var columns = HashJoinOperator.NewVectors(owner._types.Length);
            using var scan = new StoreScan(Columns, count, run, ordered: true);
            using var worker = scan.CreateWorker();
            while (worker.Next(out var batch))
            {
                run.Context.CheckInterrupts();
                owner._right.Evaluate(frame, batch, columns);
                _keyRows.Append(batch, columns);
            }
            foreach (var column in columns)
                column.Dispose();
        }

        /// <summary>Rows of one hash may have different keys, and long values are not in the entry: such runs are sorted by the keys themselves.</summary>
        private void SortCollisions()
        {
            var comparer = Comparer<Entry>.Create((a, b) => Order(_keys, a.Row, b.Row) is not 0 and var order ? order : a.Row.CompareTo(b.Row));
            for (var start = 0; start < Count;)
            {
                var end = start + 1;
                var mixed = !_isShort;
                while (end < Count && _entries[end].Hash == _entries[start].Hash)
                {
                    mixed = mixed || !SameKeys(_keys, _entries[end].Row, _entries[start].Row);
                    end++;
                }
                if (mixed && end - start > 1)
                    _entries.AsSpan(start, end - start).Sort(comparer);
                start = end;
            }
        }

        private bool SameKeys(Vector[] keys, int row, int stored)
        {
            for (var k = 0; k < _types.Length - 1; k++)
            {
                if (TypedCompare.Order(keys[k], row, _keys[k], stored, _types[k]) != 0)
                    return false;
            }
            return true;
        }

        private int Order(Vector[] keys, int row, int stored)
        {
            for (var k = 0; k < _types.Length; k++)
            {
                var order = TypedCompare.Order(keys[k], row, _keys[k], stored, _types[k]);
                if (order != 0)
                    return order;
            }
            return 0;
        }

        /// <returns>The row to join with; -1: none.</returns>
        public int Find(Vector[] keys, int row, ulong hash, ComparisonOperator comparison)
        {
            foreach (var key in keys)
            {
                if (!key.IsValid(row))
                    return -1;
            }
            // The first entry not below the row's position (>= <=: equal ones count as below or not below, as the operator wants).
            var equalIsBelow = comparison is ComparisonOperator.GreaterOrEqual or ComparisonOperator.Less;
            int low = 0, high = Count;
            while (low < high)
            {
                var middle = low + high >> 1;
                ref readonly var entry = ref _entries[middle];
                var order = entry.Hash.CompareTo(hash);
                if (order == 0)
                    order = -Order(keys, row, entry.Row);
                if (order < 0 || order == 0 && equalIsBelow)
                    low = middle + 1;
                else
                    high = middle;
            }
            var at = comparison is ComparisonOperator.GreaterOrEqual or ComparisonOperator.Greater ? low - 1 : low;
            return at >= 0 && at < Count && _entries[at].Hash == hash && SameKeys(keys, row, _entries[at].Row) ? _entries[at].Row : -1;
        }

        public void Dispose() => _keyRows.Dispose();
    }

    private sealed unsafe class Worker : StageWorker
    {
        private readonly AsOfJoinOperator _owner;
        private readonly PlanRun _run;
        private readonly SortedRows _sorted;
        private readonly Frame _frame;
        private readonly Vector[] _keys;
        private readonly Batch _output;
        private readonly RowIndices _rows = new();
        private readonly RowIndices _lefts = new();
        private readonly RowIndices _rights = new();
        private readonly int _leftCount;
        private NativeBuffer? _hashes;

        public Worker(AsOfJoinOperator owner, PlanRun run, SortedRows sorted)
        {
            _owner = owner;
            _run = run;
            _sorted = sorted;
            _frame = owner._left.CreateFrame(run.Context);
            _keys = HashJoinOperator.NewVectors(owner._types.Length);
            _output = new Batch(owner.Columns.Length);
            _leftCount = owner.Children[0].Columns.Length;
        }

        public override StageResult Push(Batch input, ref Batch? output)
        {
            _owner._left.Evaluate(_frame, input, _keys);
            if (_hashes is null || _hashes.Length < input.Length * 8L)
            {
                _hashes?.Release();
                _hashes = NativeBuffer.Allocate(Math.Max(64, input.Length) * 8L, zeroed: false);
            }
            var hashes = (ulong*)_hashes.Pointer;
            _sorted.Hash(_keys, input.Length, hashes, _run.Context.Settings.ConstantHash);
            var rows = _rows.Selected(input, out var selected);
            var lefts = _lefts.Reserve(selected);
            var rights = _rights.Reserve(selected);
            var count = 0;
            for (var i = 0; i < selected; i++)
            {
                var found = _sorted.Find(_keys, rows[i], hashes[rows[i]], _owner._comparison);
                if (found < 0 && _owner._kind == JoinKind.Inner)
                    continue;
                lefts[count] = rows[i];
                rights[count++] = found;
            }
            if (count == 0)
                return StageResult.NeedsInput;
            for (var i = 0; i < _leftCount; i++)
                Gather.Take(input.Columns[i], lefts, count, _output.Columns[i]);
            for (var i = _leftCount; i < _output.Columns.Length; i++)
                RowCopy.Gather(_sorted.Columns[i - _leftCount], rights, count, _output.Columns[i], mayMiss: _owner._kind == JoinKind.Left);
            _output.Length = count;
            _output.Selection = null;
            output = _output;
            return StageResult.NeedsInput;
        }

        public override void Dispose()
        {
            _frame.Dispose();
            foreach (var key in _keys)
                key.Dispose();
            _output.Dispose();
            _rows.Dispose();
            _lefts.Dispose();
            _rights.Dispose();
            _hashes?.Release();
        }
    }
}
