using System.Collections.Immutable;
using OmenDb.Engine.Catalog;
using OmenDb.Planner.Binding;
using OmenDb.Planner.Catalog;
using OmenDb.Planner.Grammar;
using OmenDb.Storage.Transactions;
using OmenDb.Types;

namespace OmenDb.Engine;

// Rows in columns, without SQL.
public sealed partial class Session
{
    /// <summary>Begins to add rows to a table.</summary>
    /// <param name="table">Its name as the catalog has it: not quoted, not folded.</param>
    /// <param name="columns">The columns that batches have; null: all that a user may write. The others get their defaults.</param>
    /// <param name="schema">Null: along the search path.</param>
    /// <exception cref="SqlException">42P01 no such table, 42703 no such column, and what else an INSERT reports.</exception>
    public Appender CreateAppender(string table, IReadOnlyList<string>? columns = null, string? schema = null) => Guarded(() =>
    {
        if (_failed)
            throw new SqlException(SqlState.InFailedSqlTransaction, "current transaction is aborted, commands ignored until end of transaction block");
        CheckWritable("INSERT");
        var target = CurrentNames.FindTable(schema, table)
            ?? throw new SqlException(SqlState.UndefinedTable, $"relation \"{(schema is null ? "" : schema + ".")}{table}\" does not exist");
        var written = (columns ?? [.. target.Columns.Where(IsWritable).Select(c => c.Name)]).Select(name =>
            target.Columns.FirstOrDefault(c => c.Name == name && !c.Hidden)
                ?? throw new SqlException(SqlState.UndefinedColumn, $"column \"{name}\" of relation \"{table}\" does not exist")).ToImmutableArray();
        var rows = new PushedRows([.. written.Select(c => new ColumnInfo(c.Name, c.Type))]);
        var insert = $"INSERT INTO {Identifiers.Quote(schema, table)} ({string.Join(", ", written.Select(c => Identifiers.Quote(c.Name)))}) " +
            $"SELECT * FROM \"{PushedRows.RelationName}\"";
        var plan = MakePlan(SqlParser.ParseStatement(insert), [], rows);
        return new Appender(this, rows, plan, [.. written.Select(c => new OutputColumn(c.Name, c.Type, c.Type.TypeModifier, 0, 0))]);
    });

    private static bool IsWritable(ColumnInfo column) => !column.Hidden && column.GeneratedSql is null && column.Identity != IdentityKind.Always;

    /// <summary>Whether this is the transaction that the session is in.</summary>
    internal bool IsIn(Transaction transaction) => ReferenceEquals(_transaction, transaction);
}
