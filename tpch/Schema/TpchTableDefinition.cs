using System.Text;

namespace OmenDb.Tpch.Schema;

/// <summary>Columns and keys of one table, in the order of the generator's fields.</summary>
public sealed record TpchTableDefinition(
    TpchTable Table,
    string Name,
    IReadOnlyList<TpchColumnDefinition> Columns,
    IReadOnlyList<string> PrimaryKey,
    IReadOnlyList<TpchForeignKey> ForeignKeys)
{
    /// <summary>CREATE TABLE with the primary key and without foreign keys; no semicolon at the end.</summary>
    public string CreateTable()
    {
        var text = new StringBuilder($"CREATE TABLE {Name} (\n");
        foreach (var column in Columns)
            text.Append($"    {column.Name} {column.SqlType} NOT NULL,\n");
        return text.Append($"    PRIMARY KEY ({string.Join(", ", PrimaryKey)})\n)").ToString();
    }
}
