using OmenDb.Engine;
using OmenDb.Tpch.Generation;
using OmenDb.Tpch.Loading;
using OmenDb.Tpch.Queries;
using OmenDb.Tpch.Reference;
using OmenDb.Tpch.Schema;
using OmenDb.Tpch.Targets;

namespace OmenDb.Tpch.Tests;

/// <summary>From generated data to checked answers through the whole engine, at scale factor 0.01.</summary>
public sealed class EmbeddedTests(EmbeddedTests.LoadedDatabase loaded) : IClassFixture<EmbeddedTests.LoadedDatabase>
{
    private const double ScaleFactor = 0.01;

    public static TheoryData<int> Numbers => new(Enumerable.Range(1, 22));

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Answer_is_right(int number)
    {
        var query = TpchQueries.Get(number);
        Assert.Null(AnswerCheck.Compare(query, ScaleFactor, loaded.Query(query.ValidationText)));
    }

    /// <summary>Other parameters have no reference answers: batches of four rows and colliding hashes must agree with the usual way.</summary>
    [Theory]
    [MemberData(nameof(Numbers))]
    public void Other_parameters_give_the_same_in_forced_modes(int number)
    {
        var query = TpchQueries.Get(number);
        var sql = query.SubstitutedText(20240229 + number, ScaleFactor);
        var expected = loaded.Query(sql);
        Assert.Null(AnswerCheck.Compare(query, expected, loaded.Query(sql, "omendb.vector_size = 64", "omendb.max_parallelism = 4")));
        Assert.Null(AnswerCheck.Compare(query, expected, loaded.Query(sql, "omendb.max_parallelism = 1")));
    }

    [Fact]
    public void Loaded_tables_have_the_rows_of_dbgen()
    {
        foreach (var table in TpchSchema.Tables)
        {
            Assert.Equal(
                TpchReference.Checksum(ScaleFactor, table.Table)!.RowCount.ToString(),
                loaded.Query($"SELECT count(*) FROM {table.Name}")[0][0]);
        }
    }

    [Fact]
    public void Loader_finds_what_is_there()
    {
        var state = loaded.Inspect(ScaleFactor, out var found);
        Assert.Equal((TpchTablesState.Complete, ""), (state, found));
        state = loaded.Inspect(0.02, out found);
        Assert.Equal((TpchTablesState.Different, "supplier has 100 rows instead of 200"), (state, found));
    }

    public sealed class LoadedDatabase : IDisposable
    {
        private readonly string _directory = Directory.CreateTempSubdirectory("omendb-tpch-").FullName;
        private readonly Database _database;

        public LoadedDatabase()
        {
            _database = Database.Open(_directory);
            using var target = new EmbeddedTarget(_database, "embedded");
            new TpchLoader(target, new TpchGenerator(ScaleFactor)).Load(workers: 2);
        }

        public IReadOnlyList<IReadOnlyList<string?>> Query(string sql, params string[] settings)
        {
            using var target = new EmbeddedTarget(_database, "embedded");
            foreach (var setting in settings)
                target.Execute("SET " + setting);
            return target.Query(sql);
        }

        public TpchTablesState Inspect(double scaleFactor, out string found)
        {
            using var target = new EmbeddedTarget(_database, "embedded");
            return new TpchLoader(target, new TpchGenerator(scaleFactor)).Inspect(scattered: false, out found);
        }

        public void Dispose()
        {
            _database.Dispose();
            Directory.Delete(_directory, recursive: true);
        }
    }
}
