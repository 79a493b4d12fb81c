namespace OmenDb.Tpch.Schema;

/// <summary>Columns and keys of one table, in the order of the generator's fields.</summary>
public sealed record TpchTableDefinition(
    TpchTable Table,
    string Name,
    IReadOnlyList<TpchColumnDefinition> Columns,
    IReadOnlyList<string> PrimaryKey,
    IReadOnlyList<TpchForeignKey> ForeignKeys)
{
    /// <summary>CREATE TABLE with the primary key, if wanted, and without foreign keys; no semicolon at the end.</summary>
    public string CreateTable(bool withPrimaryKey = true)
    {
        var lines = Columns.Select(column => $"    {column.Name} {column.SqlType} NOT NULL");
        if (withPrimaryKey)
            lines = lines.Append($"    PRIMARY KEY ({string.Join(", ", PrimaryKey)})");
        return $"CREATE TABLE {Name} (\n{string.Join(",\n", lines)}\n)";
    }
}
