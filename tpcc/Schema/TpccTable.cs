using OmenDb.Workload.Sql;

namespace OmenDb.Tpcc.Schema;

/// <param name="Type">As written in CREATE TABLE.</param>
public sealed record TpccColumn(string Name, string Type, SqlField Field);

/// <param name="Columns">Names in the referring table.</param>
public sealed record TpccForeignKey(string[] Columns, string Target, string[] TargetColumns);

/// <param name="PrimaryKey">Empty: none, as for history.</param>
public sealed record TpccTable(string Name, IReadOnlyList<TpccColumn> Columns, string[] PrimaryKey, IReadOnlyList<TpccForeignKey> ForeignKeys)
{
    public IReadOnlyList<SqlField> Fields { get; } = [.. Columns.Select(column => column.Field)];

    public string CreateTable() =>
        $"CREATE TABLE {Name} ({string.Join(", ", Columns.Select(column => $"{column.Name} {column.Type}{(PrimaryKey.Contains(column.Name) ? " NOT NULL" : "")}"))})";

    public string AddPrimaryKey() => $"ALTER TABLE {Name} ADD PRIMARY KEY ({string.Join(", ", PrimaryKey)})";

    public IEnumerable<string> AddForeignKeys() => ForeignKeys.Select(key =>
        $"ALTER TABLE {Name} ADD FOREIGN KEY ({string.Join(", ", key.Columns)}) REFERENCES {key.Target} ({string.Join(", ", key.TargetColumns)})");
}
