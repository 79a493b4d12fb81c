using System.Collections.Immutable;
using OmenDb.Arrow;
using OmenDb.Arrow.Compute;
using OmenDb.Engine.Catalog;
using OmenDb.Engine.Execution;
using OmenDb.Engine.Expressions;
using OmenDb.Engine.Sources;
using OmenDb.Planner.Catalog;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Plans;
using OmenDb.Storage.Catalog;
using OmenDb.Storage.Transactions;
using OmenDb.Types;

namespace OmenDb.Engine.Operators.Scans;

/// <summary>What a scan tells a SERIALIZABLE transaction about its reads: the predicate of its filters, or the keys that it looked up.</summary>
internal sealed class ReadNotes(Scan scan, ITableSource source)
{
    private readonly StoredTable? _table = source as StoredTable; // others, as those of the catalog, need no notes
    private readonly Lazy<CompiledPredicate?> _filter = new(() => Filter(scan));

    /// <summary>Notes that all rows were read that meet the scan's filters.</summary>
    public void NoteFilters(ExecutionContext context)
    {
        if (Scope(context) is not { } scope)
            return;
        var physical = scan.ScanColumns.Select(c => _table!.Physical(c.Ordinal)).ToArray();
        // System columns are not stored: with one of them every row counts.
        var filter = physical.Contains(-1) ? null : _filter.Value;
        scope.Transaction.NoteRead(new FilteredReads(_table!.Rows, filter is null ? [] : physical, filter, context, scan.Columns.Length));
    }

    /// <summary>Where to note keys looked up in an index; null: nobody wants to know.</summary>
    public KeyReads? Keys(ExecutionContext context, IndexInfo index, int keyColumns) =>
        Scope(context) is { } scope && _table!.Rows.FindIndex(((IndexEntry)index.Handle!).Oid) is { } tree ? scope.Transaction.KeyReadsOf(tree, keyColumns) : null;

    private StatementScope? Scope(ExecutionContext context) =>
        _table is not null && context.Transaction is StatementScope scope && scope.Transaction.NotesReadsOf(scope.Snapshot) ? scope : null;

    /// <summary>Conditions that may be looked at again; without the others more rows count.</summary>
    private static CompiledPredicate? Filter(Scan scan)
    {
        var conjuncts = scan.Filters.SelectMany(CompiledPredicate.Conjuncts)
            .Where(f => !ExpressionFacts.IsVolatile(f) && !ExpressionTree.Any(f, e => e is InnerPlanExpression)).ToImmutableArray();
        return conjuncts.IsEmpty ? null : CompiledPredicate.Compile(conjuncts, new ColumnLayout(scan.Columns));
    }

    private sealed class FilteredReads(Storage.Tables.Table table, int[] columns, CompiledPredicate? filter, ExecutionContext context, int width) : ReadSet(table, columns)
    {
        private readonly ExecutionContext _context = context.Keep();

        public override bool MatchesAny(Batch rows)
        {
            if (filter is null)
                return rows.RowCount > 0;
            using var frame = filter.CreateFrame(_context);
            using var kept = new Selection(Math.Max(64, rows.Length));
            // The row id, if the scan has one, stands behind the columns; no filter names it.
            var batch = rows.Columns.Length == width ? rows : new Batch([.. rows.Columns, .. Enumerable.Range(0, width - rows.Columns.Length).Select(_ => new Vector())], rows.Length)
            {
                Selection = rows.Selection,
            };
            try
            {
                return filter.Select(frame, batch, kept) > 0;
            }
            catch (SqlException)
            {
                return true; // a row on which the condition fails was not there before, or the statement would have failed
            }
        }

        protected override void Dispose(bool disposing)
        {
            _context.Parameters.Dispose();
            _context.Dispose();
        }
    }
}
