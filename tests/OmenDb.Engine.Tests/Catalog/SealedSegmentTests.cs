using OmenDb.Engine.Tests.Session;
using OmenDb.Storage.Simulation;

namespace OmenDb.Engine.Tests.Catalog;

/// <summary>ALTER TABLE ... SEAL of a full segment, and what omendb_segments says of it.</summary>
public class SealedSegmentTests
{
    private const string Full = "from omendb_segments where tablename = 't' and rows = 131072";

    [Fact]
    public void A_full_segment_is_sealed_written_and_sealed_again()
    {
        using var db = new SessionFixture();
        db.Run("create table t(id int primary key, kind text, amount numeric(12,2), note text, since date)");
        db.Run("""
            insert into t select i, case i % 3 when 0 then 'red' when 1 then 'green' else 'a colour of more than twelve bytes' end, i % 500,
                case when i % 10 = 0 then null else 'note ' || i % 1000 end, date '2020-01-01' + i % 1000 from generate_series(1, 140000) i
            """);
        db.Run("alter table t seal");
        Assert.Equal("sealed|131072|64|0| kind: dictionary1 64|t",
            db.Run($"select state, live_rows, vectors, hot_bytes, split_part(encodings, ';', 2), last_write is not null {Full}"));
        Assert.Equal("140000|9800070000|34930000.00|126000|2020-01-01|2022-09-26",
            db.Run("select count(*), sum(id), sum(amount), count(note), min(since), max(since) from t"));
        Assert.Equal("a colour of more than twelve bytes|1586|427124.00\ngreen|1587|427303.00\nred|1587|427413.00",
            db.Run("""
                select kind, count(*), sum(amount) from t where note like '%9' and since >= '2021-01-01' and amount between 100 and 400
                group by kind order by kind
                """));
        Assert.Equal("1|green|1.00|note 1|2020-01-02\n70000|green|0.00||2020-01-01", db.Run("select * from t where id in (1, 70000) order by id"));
        db.Run("update t set kind = 'blue', note = null where id = 5; delete from t where id between 1001 and 2000");
        Assert.Equal("mixed|130072|t|t", db.Run($"select state, live_rows, hot_bytes > 0, sealed_bytes > 0 {Full}"));
        Assert.Equal("4|green|4.00|note 4|2020-01-05\n5|blue|5.00||2020-01-06", db.Run("select * from t where id between 4 and 5 order by id"));
        db.Run("alter table t seal");
        Assert.Equal("sealed|130072|0", db.Run($"select state, live_rows, hot_bytes {Full}"));
        Assert.Equal("a colour of more than twelve bytes|46332\nblue|1\ngreen|46334\nred|46333", db.Run("select kind, count(*) from t group by kind order by kind"));
    }

    [Fact]
    public void Where_memory_is_short_columns_stay_on_disk_until_somebody_reads_them()
    {
        var files = new SimulatedFileSystem(1);
        using (var database = Database.Open(files, "/db"))
        using (var session = database.CreateSession())
        {
            SessionFixture.Run(session, """
                create table t(id int primary key, note text);
                insert into t select i, 'a note that is too long for a view, with the number ' || i from generate_series(1, 131072) i
                """);
            SessionFixture.Run(session, "alter table t seal");
            database.Checkpoint();
        }
        // A start loads up to half of the limit: the keys, for the index, and not the notes.
        using var limited = Database.Open(files, "/db", new DatabaseOptions { MemoryLimitBytes = 6 << 20 });
        using var reader = limited.CreateSession();
        Assert.Equal("sealed|partly|t|t", SessionFixture.Run(reader, "select state, residency, evicted_bytes > 6000000, sealed_bytes < 1000000 from omendb_segments where tablename = 't'"));
        Assert.Contains("Columns Read From Disk: 1 (", SessionFixture.Run(reader, "explain analyze select max(length(note)) from t"), StringComparison.Ordinal);
        Assert.Equal("58|131072", SessionFixture.Run(reader, "select max(length(note)), count(*) from t"));
        Assert.Equal("77|a note that is too long for a view, with the number 77", SessionFixture.Run(reader, "select * from t where id = 77"));
        Assert.DoesNotContain("Read From Disk", SessionFixture.Run(reader, "explain analyze select max(id) from t where id > 5"), StringComparison.Ordinal);
        SessionFixture.Run(reader, "update t set note = 'short' where id = 78; delete from t where id > 131070");
        Assert.Equal("131070|58|5", SessionFixture.Run(reader, "select count(*), max(length(note)), min(length(note)) from t"));
    }
}
