using System.Collections.Immutable;
using OmenDb.Arrow;
using OmenDb.Engine.Catalog;
using OmenDb.Engine.Expressions;
using OmenDb.Planner.Catalog;
using OmenDb.Planner.Expressions;
using OmenDb.Storage;
using OmenDb.Storage.Catalog;
using OmenDb.Storage.Tables;
using OmenDb.Types;

namespace OmenDb.Engine.Ddl;

/// <summary>Values of all rows of a table, computed or checked: new columns, changed types, new constraints.</summary>
internal static class TableRewrite
{
    /// <summary>Gives a physical column the value of an expression over the others, in all rows that the transaction sees.</summary>
    /// <param name="columns">What the expression names, in the order of the table's visible columns.</param>
    /// <param name="notNull">The column's name for 23502 when a value is null; null: nulls are welcome.</param>
    public static void Fill(Session session, TableEntry table, int physical, Expression expression, ImmutableArray<Column> columns, string? notNull)
    {
        var storage = session.Database.Storage.GetTable(table);
        using var snapshot = session.Transaction.BeginStatement();
        using var scope = new StatementScope(session, session.Transaction, snapshot);
        using var context = session.NewContext(scope, null);
        var program = CompiledProgram.Compile([(expression, expression.Type)], new ColumnLayout(columns));
        using var frame = program.CreateFrame(context);
        using var values = new Batch(1);
        ForEach(session, table, storage, snapshot, (batch, first) =>
        {
            program.Evaluate(frame, batch, values.Columns);
            values.Length = batch.Length;
            values.Selection = batch.Selection;
            if (notNull is not null)
                RequireValid(session, values, table, notNull);
            var ids = RowIds(batch, first);
            var result = storage.Update(snapshot, ids, [physical], values);
            if (!result.IsOk)
                throw new SqlException(SqlState.SerializationFailure, "could not serialize access due to concurrent update");
        });
    }

    /// <summary>Every row must make the condition true or null.</summary>
    public static void Verify(Session session, TableEntry table, Expression condition, ImmutableArray<Column> columns, Func<SqlException> error)
    {
        var storage = session.Database.Storage.GetTable(table);
        using var snapshot = session.Transaction.BeginStatement();
        using var scope = new StatementScope(session, session.Transaction, snapshot);
        using var context = session.NewContext(scope, null);
        var program = CompiledProgram.Compile([(condition, SqlType.Bool)], new ColumnLayout(columns));
        using var frame = program.CreateFrame(context);
        using var values = new Batch(1);
        ForEach(session, table, storage, snapshot, (batch, _) =>
        {
            program.Evaluate(frame, batch, values.Columns);
            foreach (var row in Rows(batch))
            {
                if (values.Columns[0].IsValid(row) && !values.Columns[0].GetBool(row))
                    throw error();
            }
        });
    }

    /// <summary>No row may be null in the column.</summary>
    public static void RequireNotNull(Session session, TableEntry table, ColumnEntry column)
    {
        var storage = session.Database.Storage.GetTable(table);
        using var snapshot = session.Transaction.BeginStatement();
        var ordinal = table.Columns.Where(c => !c.IsHidden).ToList().FindIndex(c => c.Id == column.Id);
        ForEach(session, table, storage, snapshot, (batch, _) =>
        {
            foreach (var row in Rows(batch))
            {
                if (!batch.Columns[ordinal].IsValid(row))
                    throw ContainsNull(session, table, column.Name);
            }
        });
    }

    private static SqlException ContainsNull(Session session, TableEntry table, string column) =>
        new(SqlState.NotNullViolation, $"column \"{column}\" of relation \"{table.Name}\" contains null values") 
        {
            SchemaName = session.Transaction.CurrentCatalog.Find(table.SchemaOid)?.Name, TableName = table.Name, ColumnName = column,
        };

    private static void RequireValid(Session session, Batch values, TableEntry table, string column)
    {
        foreach (var row in Rows(values))
        {
            if (!values.Columns[0].IsValid(row))
                throw ContainsNull(session, table, column);
        }
    }

    /// <summary>The visible columns of all rows, vector by vector.</summary>
    private static void ForEach(Session session, TableEntry table, Table storage, Storage.Mvcc.Snapshot snapshot, Action<Batch, RowId> body)
    {
        var physical = table.Columns.Where(c => !c.IsHidden).Select(c => c.Physical).ToArray();
        using var scan = storage.OpenScan(snapshot, physical);
        using var batch = new Batch(physical.Length);
        using var scratch = new Selection(RowId.VectorRows);
        while (scan.TryNextMorsel(out var morsel))
        {
            session.CheckInterrupts();
            for (var vector = 0; vector < morsel.VectorCount; vector++)
            {
                if (scan.Read(morsel, vector, batch, scratch, out var first) > 0)
                    body(batch, first);
            }
        }
    }

    private static IEnumerable<int> Rows(Batch batch) =>
        batch.Selection is { } selection ? selection.FillIndices(batch.Length).ToArray() : Enumerable.Range(0, batch.Length);

    private static RowId[] RowIds(Batch batch, RowId first) => [.. Rows(batch).Select(row => first + row)];

    /// <summary>"Key (a)=(1)" of a row, for errors; null: it is gone.</summary>
    public static string? KeyText(Session session, TableEntry table, IndexEntry index, RowId row)
    {
        using var snapshot = session.Transaction.BeginLatest();
        using var batch = new Batch(index.Keys.Length);
        using var visible = new Selection(1);
        if (session.Database.Storage.GetTable(table).Fetch(snapshot, [row], [.. index.Keys.Select(k => table.ColumnById(k.ColumnId)!.Physical)], batch, visible) == 0)
            return null;
        var names = index.Keys.Select(k => k.ExpressionSql is { } sql ? Definitions.KeyExpression(sql, pretty: true) : Identifiers.Quote(table.ColumnById(k.ColumnId)!.Name));
        var values = index.Keys.Select((k, i) => batch.Columns[i].IsValid(0)
            ? TypeIo.FormatString(table.ColumnById(k.ColumnId)!.Type, batch.Columns[i], 0, session.Settings.Io) : "null");
        return $"Key ({string.Join(", ", names)})=({string.Join(", ", values)})";
    }

    /// <summary>The most volatile function in an expression.</summary>
    public static Volatility Volatility(Expression expression)
    {
        var most = Planner.Catalog.Volatility.Immutable;
        ExpressionTree.Rewrite(expression, node =>
        {
            // What || appends is made text by the type's output function, which only a few types' settings change.
            if (node is FunctionExpression call && call.Function.Volatility > most && call.Function is not { Name: "||", Volatility: Planner.Catalog.Volatility.Stable })
                most = call.Function.Volatility;
            return node;
        });
        return most;
    }
}
