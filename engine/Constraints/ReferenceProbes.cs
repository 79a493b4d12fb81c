using System.Runtime.InteropServices;
using OmenDb.Arrow;
using OmenDb.Engine.Catalog;
using OmenDb.Engine.Execution;
using OmenDb.Planner.Catalog;
using OmenDb.Planner.Plans;
using OmenDb.Storage;
using OmenDb.Storage.Indexes;
using OmenDb.Storage.Mvcc;
using OmenDb.Types;

namespace OmenDb.Engine.Constraints;

/// <summary>Looks up what rows of the child refer to, in the parent's unique index, and locks it (KEY SHARE) to the transaction's end: who deletes a
/// row of the parent or changes its key waits for us, and we for him.</summary>
internal sealed class ReferenceProbes : IDisposable
{
    private const int MaxKnown = 1 << 20;

    private readonly Session _session;
    private readonly ForeignKey _key;
    private readonly StoredTable _child;
    private readonly StoredTable _parent;
    private readonly TableIndex? _index; // null: the types differ, a join finds the rows
    private readonly int[] _places; // by key column of the index: which column of the constraint
    private readonly int[] _physical;
    private readonly HashSet<KeyImage> _known = []; // keys that are there and locked
    private readonly Batch _rows;
    private readonly Selection _visible = new(2048);

    public ReferenceProbes(Session session, ForeignKey key)
    {
        _session = session;
        _key = key;
        _child = session.StoredTableOf(key.Child);
        _parent = session.StoredTableOf(key.Parent);
        _physical = [.. key.ChildOrdinals.Select(_child.Physical)];
        _rows = new Batch(key.Width);
        _places = [];
        if (!key.HasSameTypes || session.Transaction.CurrentCatalog.Find<Storage.Catalog.IndexEntry>(key.Entry.ReferencedIndexOid) is not { } index)
            return;
        _index = _parent.Rows.FindIndex(index.Oid);
        _places = [.. index.Keys.Select(k => key.Entry.ReferencedColumnIds.IndexOf(k.ColumnId))];
    }

    /// <exception cref="SqlException">23503.</exception>
    /// <exception cref="RestartStatementException">A row of the parent has changed: check them again.</exception>
    public void Check(ReadOnlySpan<long> rowIds)
    {
        using var scope = new StatementScope(_session, _session.Transaction, _session.Transaction.BeginStatement());
        using var context = _session.NewContext(scope, null);
        _child.Rows.Fetch(scope.Snapshot, StoredTable.RowIds(rowIds), _physical, _rows, _visible);
        var wanted = new List<int>();
        for (var row = 0; row < rowIds.Length; row++)
        {
            // Changed again by an action, or gone: the last change counts.
            if (!VectorRows.IsSelected(_rows.Selection, row))
                continue;
            var nulls = _rows.Columns.Count(c => !c.IsValid(row));
            if (nulls == 0)
                wanted.Add(row);
            else if (_key.Entry.MatchFull && nulls < _key.Width)
                throw _key.MixedNulls();
        }
        if (_index is { } index && index.IsUsableBy(scope.Snapshot))
            Probe(index, wanted, scope, context);
        else if (wanted.Count > 0)
            Join(wanted);
    }

    private void Probe(TableIndex index, List<int> wanted, StatementScope scope, ExecutionContext context)
    {
        var values = new Vector[_places.Length];
        for (var i = 0; i < values.Length; i++)
            values[i] = _rows.Columns[_places[i]];
        if (_known.Count > MaxKnown)
            _known.Clear(); // locking a row again costs less than remembering all of them
        var found = new List<RowId>();
        foreach (var row in wanted)
        {
            var image = KeyImage.Of(_rows.Columns, row);
            if (_known.Contains(image))
                continue;
            if (!index.TryFind(scope.Snapshot, values, row, out var there))
                throw NotPresent(row);
            found.Add(there);
            _known.Add(image);
        }
        if (found.Count == 0)
            return;
        var rows = found.ToArray();
        var locked = new bool[rows.Length];
        try
        {
            _parent.Lock(context, MemoryMarshal.Cast<RowId, long>(rows), RowLockStrength.ForKeyShare, RowLockWait.Block, locked);
        }
        catch
        {
            _known.Clear();
            throw;
        }
        if (!Array.Exists(locked, l => !l))
            return;
        // Gone while we waited; another row may have the key by now.
        _known.Clear();
        throw new RestartStatementException();
    }

    private SqlException NotPresent(int row) => _key.NotPresent(i => _rows.Columns[i], row, _session.Settings.Io);

    private void Join(List<int> wanted)
    {
        using var keys = new KeySet(_key.ChildOrdinals.Select(o => _key.Child.Columns[o].Type).Append(SqlType.Int4));
        using var number = new Vector();
        foreach (var row in wanted)
        {
            number.ResetFlat(ArrowType.Int32, 1);
            number.ValuesAs<int>()[0] = row;
            keys.Append(_rows.Columns, row, number);
        }
        var there = new HashSet<int>();
        var matches = string.Join(" AND ", Enumerable.Range(0, _key.Width).Select(i => $"p.{_key.ParentColumn(i)} = k.k{i}"));
        KeyStatement.RunOver(_session, _key, "refer", $"SELECT k.row FROM \"{PushedRows.RelationName}\" AS k, {_key.ParentName} AS p WHERE {matches} FOR KEY SHARE OF p", keys,
            [.. _key.ChildOrdinals.Select((o, i) => new ColumnInfo($"k{i}", _key.Child.Columns[o].Type)), new ColumnInfo("row", SqlType.Int4)], latest: false, batch =>
            {
                foreach (var i in batch.Selection is { } selection ? selection.FillIndices(batch.Length).ToArray() : Enumerable.Range(0, batch.Length))
                    there.Add(batch.Columns[0].Get<int>(i));
                return true;
            });
        foreach (var row in wanted)
        {
            if (!there.Contains(row))
                throw NotPresent(row);
        }
    }

    public void Dispose()
    {
        _rows.Dispose();
        _visible.Dispose();
    }

    /// <summary>A key as a value: two numbers for one or two short columns, bytes for all others.</summary>
    private readonly record struct KeyImage(long First, long Second, string? Bytes)
    {
        public static KeyImage Of(Vector[] columns, int row)
        {
            if (columns.Length == 1 && Number(columns[0], row) is { } one)
                return new KeyImage(one, 0, null);
            if (columns.Length == 2 && Number(columns[0], row) is { } first && Number(columns[1], row) is { } second)
                return new KeyImage(first, second, null);
            var text = new System.Text.StringBuilder();
            foreach (var column in columns)
            {
                if (Number(column, row) is { } number)
                {
                    text.Append((char)number).Append((char)(number >> 16)).Append((char)(number >> 32)).Append((char)(number >> 48));
                    continue;
                }
                var bytes = column.Physical == PhysicalType.View ? column.GetBytes(row) : Wide(column, row);
                text.Append((char)bytes.Length).Append((char)(bytes.Length >> 16));
                foreach (var b in bytes)
                    text.Append((char)b);
            }
            return new KeyImage(0, 0, text.ToString());
        }

        private static long? Number(Vector column, int row) => column.Physical switch
        {
            PhysicalType.Bool => column.GetBool(row) ? 1 : 0,
            PhysicalType.Int16 => column.Get<short>(row),
            PhysicalType.Int32 => column.Get<int>(row),
            PhysicalType.Int64 => column.Get<long>(row),
            PhysicalType.Float32 => column.Get<int>(row),
            PhysicalType.Float64 => column.Get<long>(row),
            _ => null,
        };

        private static byte[] Wide(Vector column, int row)
        {
            var wide = column.Get<Int128>(row);
            return MemoryMarshal.AsBytes(new ReadOnlySpan<Int128>(in wide)).ToArray();
        }
    }
}
