using OmenDb.Tpch.Schema;

namespace OmenDb.Tpch.Tests;

public sealed class SchemaTests
{
    [Fact]
    public void Tables_are_indexed_by_their_enum()
    {
        foreach (var table in Enum.GetValues<TpchTable>())
            Assert.Equal(table, TpchSchema.Of(table).Table);
    }

    [Fact]
    public void Keys_name_columns_that_exist_and_references_point_back()
    {
        foreach (var table in TpchSchema.Tables)
        {
            var names = table.Columns.Select(column => column.Name).ToHashSet();
            Assert.Subset(names, table.PrimaryKey.ToHashSet());
            foreach (var key in table.ForeignKeys)
            {
                Assert.True(key.To < table.Table);
                Assert.Subset(names, key.Columns.ToHashSet());
                Assert.Equal(TpchSchema.Of(key.To).PrimaryKey, key.ToColumns);
            }
        }
    }

    [Fact]
    public void Create_table_is_what_postgresql_reads() =>
        Assert.Equal(
            """
            CREATE TABLE nation (
                n_nationkey integer NOT NULL,
                n_name char(25) NOT NULL,
                n_regionkey integer NOT NULL,
                n_comment varchar(152) NOT NULL,
                PRIMARY KEY (n_nationkey)
            )
            """,
            TpchSchema.Of(TpchTable.Nation).CreateTable());
}
