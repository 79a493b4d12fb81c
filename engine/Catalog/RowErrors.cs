using OmenDb.Arrow;
using OmenDb.Planner.Catalog;
using OmenDb.Storage.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Catalog;

/// <summary>Errors about rows, worded as PostgreSQL words them.</summary>
internal static class RowErrors
{
    /// <summary>23505.</summary>
    /// <param name="columns">A vector by table ordinal.</param>
    public static SqlException Duplicate(StoredTable table, IndexInfo index, Func<int, Vector> columns, int row, IoContext io)
    {
        var names = new List<string>();
        var values = new List<string>();
        foreach (var key in index.Columns)
        {
            names.Add(key.ExpressionSql is { } sql ? Definitions.KeyExpression(sql, pretty: true) : Identifiers.Quote(table.Entry.Columns[key.Ordinal].Name));
            values.Add(Text(columns(key.Ordinal), row, table.Entry.Columns[key.Ordinal].Type, io));
        }
        return new SqlException(SqlState.UniqueViolation, $"duplicate key value violates unique constraint \"{index.Name}\"")
        {
            Detail = $"Key ({string.Join(", ", names)})=({string.Join(", ", values)}) already exists.",
            SchemaName = table.SchemaName,
            TableName = table.Entry.Name,
            ConstraintName = index.Name,
        };
    }

    /// <summary>23505 while an index is built over rows that are there.</summary>
    public static SqlException DuplicateInBuild(string indexName, string detail, string schema, string table) =>
        new(SqlState.UniqueViolation, $"could not create unique index \"{indexName}\"")
        {
            Detail = detail, SchemaName = schema, TableName = table, ConstraintName = indexName,
        };

    /// <summary>"Failing row contains (1, null, x).": long values are cut, as in PostgreSQL at 64 bytes.</summary>
    public static string FailingRow(TableEntry table, Func<int, Vector> columns, int row, IoContext io)
    {
        var values = new List<string>();
        for (var i = 0; i < table.Columns.Length; i++)
        {
            if (table.Columns[i].IsHidden)
                continue;
            var text = Text(columns(i), row, table.Columns[i].Type, io);
            values.Add(Clip(text));
        }
        return $"Failing row contains ({string.Join(", ", values)}).";
    }

    /// <summary>At most 64 bytes of a value.</summary>
    public static string Clip(string text)
    {
        if (text.Length <= 64 / 3 || System.Text.Encoding.UTF8.GetByteCount(text) <= 64)
            return text;
        var end = 0;
        var bytes = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if ((bytes += rune.Utf8SequenceLength) > 64)
                break;
            end += rune.Utf16SequenceLength;
        }
        return text[..end] + "...";
    }

    public static SqlException NotNull(StoredTable table, int ordinal, Func<int, Vector> columns, int row, IoContext io) =>
        new(SqlState.NotNullViolation, $"null value in column \"{table.Entry.Columns[ordinal].Name}\" of relation \"{table.Entry.Name}\" violates not-null constraint")
        {
            Detail = FailingRow(table.Entry, columns, row, io),
            SchemaName = table.SchemaName,
            TableName = table.Entry.Name,
            ColumnName = table.Entry.Columns[ordinal].Name,
        };

    private static string Text(Vector vector, int row, SqlType type, IoContext io) =>
        vector.IsValid(row) ? TypeIo.FormatString(type, vector, row, io) : "null";
}
