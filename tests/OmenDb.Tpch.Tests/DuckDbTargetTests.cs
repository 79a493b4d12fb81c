using OmenDb.Tpch.Schema;
using OmenDb.Tpch.Targets.DuckDb;

namespace OmenDb.Tpch.Tests;

public class DuckDbTargetTests
{
    [Fact]
    public void A_library_that_is_not_there_is_an_error_that_says_where_to_get_it()
    {
        var error = Assert.Throws<DuckDbException>(() => new DuckDbTarget("/nowhere/libduckdb.so", threads: 1));
        Assert.Contains("/nowhere/libduckdb.so", error.Message, StringComparison.Ordinal);
        Assert.EndsWith(DuckDbTarget.LibraryHint, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tables_can_be_made_without_their_keys()
    {
        var lineItem = TpchSchema.Of(TpchTable.LineItem);
        Assert.EndsWith("    PRIMARY KEY (l_orderkey, l_linenumber)\n)", lineItem.CreateTable(), StringComparison.Ordinal);
        Assert.EndsWith("    l_comment varchar(44) NOT NULL\n)", lineItem.CreateTable(withPrimaryKey: false), StringComparison.Ordinal);
    }
}
