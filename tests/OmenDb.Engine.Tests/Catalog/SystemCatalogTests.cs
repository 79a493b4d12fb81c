using OmenDb.Engine.Catalog;
using OmenDb.Engine.Tests.Session;
using OmenDb.Types;

namespace OmenDb.Engine.Tests.Catalog;

/// <summary>Catalog queries of clients over one schema. golden.txt: "> query", then PostgreSQL 15's answer ("a|b" lines, nulls empty).</summary>
public class SystemCatalogTests
{
    private static string File(string name) => System.IO.File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Catalog", name));

    private static SessionFixture Open()
    {
        var db = new SessionFixture();
        db.Run(File("schema.sql"));
        return db;
    }

    [Fact]
    public void Clients_get_postgresqls_answers()
    {
        using var db = Open();
        var blocks = ("\n" + File("golden.txt")).Split("\n> ", StringSplitOptions.RemoveEmptyEntries);
        Assert.True(blocks.Length > 30);
        foreach (var block in blocks)
        {
            var end = block.IndexOf('\n', StringComparison.Ordinal);
            var query = block[..end];
            Assert.Equal(query + "\n" + block[(end + 1)..].TrimEnd('\n'), query + "\n" + db.Run(query).TrimEnd('\n'));
        }
    }

    [Fact]
    public void Every_system_table_can_be_read_whole()
    {
        using var db = Open();
        foreach (var table in SystemTables.All)
        {
            var lines = db.Run($"select * from {table.Schema}.{table.Name}");
            if (lines.Length > 0 && table.Name is "pg_class" or "pg_namespace" or "pg_database")
                Assert.Equal(table.Columns.Length, lines.Split('\n')[0].Split('|').Length);
        }
    }

    [Fact]
    public void Names_that_do_not_exist()
    {
        using var db = Open();
        Assert.Equal(("42P01", "relation \"nope\" does not exist"), Error("select 'nope'::regclass"));
        Assert.Equal(("42704", "type \"nope\" does not exist"), Error("select 'nope'::regtype"));
        Assert.Equal(("3F000", "schema \"nope\" does not exist"), Error("select 'nope'::regnamespace"));
        Assert.Equal(("42704", "role \"nope\" does not exist"), Error("select 'nope'::regrole"));
        Assert.Equal(("42883", "function \"nope\" does not exist"), Error("select 'nope'::regproc"));
        Assert.Equal(("42P01", "relation \"nope\" does not exist"), Error("select has_table_privilege('nope', 'select')"));
        Assert.Equal(("22023", "unrecognized privilege type: \"selec\""), Error("select has_table_privilege('book', 'selec')"));
        Assert.Equal("", db.Run("select to_regclass('nope')"));
        (string, string) Error(string sql) => db.Fails(sql) is { } error ? (error.SqlState, error.Message) : default;
    }

    [Fact]
    public void Names_from_columns_are_looked_up_at_run_time()
    {
        using var db = Open();
        Assert.Equal("book|t\nauthor|t", db.Run("select n::regclass, n::regclass = n::regclass::oid from (values ('book'), ('public.author')) v(n)").Replace("True", "t", StringComparison.Ordinal));
        Assert.Equal("42P01", db.Fails("select n::regclass from (values ('nope')) v(n)").SqlState);
        db.Run("create schema s; create table s.book(a int); set search_path = s, public");
        Assert.Equal("book|public.book", db.Run("select 's.book'::regclass, 'public.book'::regclass"));
    }

    [Fact]
    public void Own_views_show_indexes_segments_and_caches()
    {
        using var db = Open();
        Assert.Equal("author_pkey|2|1", db.Run("select indexname, keys, height from omendb_index_stats where tablename = 'author'"));
        Assert.Equal("author|0|hot|2", db.Run("select tablename, segment, state, rows from omendb_segments where rows > 0"));
        Assert.Equal("1", db.Run("select count(*) from omendb_statement_cache where parsed > 0"));
        Assert.Equal("t", db.Run("select pg_total_relation_size('author') > pg_relation_size('author')"));
    }

    [Fact]
    public void Settings_are_rows_and_functions()
    {
        using var db = Open();
        Assert.Equal("public", db.Run("select set_config('search_path', 'public', false)"));
        Assert.Equal("public|public", db.Run("select setting, current_setting('search_path') from pg_settings where name = 'search_path'"));
        Assert.Equal("42704", db.Fails("select current_setting('no_such')").SqlState);
        Assert.Equal("", db.Run("select current_setting('no_such', true)"));
    }

    [Fact]
    public void View_definitions_name_schemas_that_the_path_leaves_out()
    {
        using var db = Open();
        Assert.Equal(" SELECT book.id, book.title FROM book WHERE (book.price < 10);", db.Run("select pg_get_viewdef('cheap'::regclass)"));
        db.Run("set search_path = ''");
        Assert.Equal(" SELECT book.id, book.title FROM public.book WHERE (book.price < 10);", db.Run("select pg_get_viewdef('public.cheap'::regclass)"));
    }

    [Fact]
    public void Names_and_vectors_are_subscripted_from_0()
    {
        using var db = Open();
        Assert.Equal("_", db.Run("select typname[0] from pg_type where oid = 1007"));
        Assert.Equal("5|2", db.Run("select indkey[0], indkey[1] from pg_index where indexrelid = 'book_created'::regclass"));
    }
}
