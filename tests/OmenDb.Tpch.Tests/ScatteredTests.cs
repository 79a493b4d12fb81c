using OmenDb.Engine;
using OmenDb.Tpch.Generation;
using OmenDb.Tpch.Loading;
using OmenDb.Tpch.Queries;
using OmenDb.Tpch.Targets;

namespace OmenDb.Tpch.Tests;

/// <summary>Shuffled rows and sparse keys, with rows that a writer has put beside them: answers without keys in them stay the reference answers.</summary>
public sealed class ScatteredTests(ScatteredTests.ScatteredDatabase scattered) : IClassFixture<ScatteredTests.ScatteredDatabase>
{
    private const double ScaleFactor = 0.01;

    public static TheoryData<int> WithoutKeys => [1, 4, 5, 6, 7, 8, 9, 12, 13, 14, 16, 17, 19, 20, 21, 22];

    [Theory]
    [MemberData(nameof(WithoutKeys))]
    public void Answer_is_right(int number)
    {
        var query = TpchQueries.Get(number);
        Assert.Null(AnswerCheck.Compare(query, ScaleFactor, scattered.Target.Query(query.ValidationText)));
    }

    [Fact]
    public void Keys_are_sparse_and_references_hold()
    {
        var target = scattered.Target;
        Assert.Equal("true", target.Query("SELECT (max(c_custkey) > 10 * count(*))::text FROM customer")[0][0]);
        Assert.Equal("0", target.Query("SELECT count(*) FROM lineitem LEFT JOIN orders ON l_orderkey = o_orderkey WHERE o_orderkey IS NULL")[0][0]);
        Assert.Equal("0", target.Query(
            "SELECT count(*) FROM lineitem LEFT JOIN partsupp ON l_partkey = ps_partkey AND l_suppkey = ps_suppkey WHERE ps_partkey IS NULL AND l_partkey <> 0")[0][0]);
    }

    [Fact]
    public void Loader_tells_scattered_tables_from_others()
    {
        var loader = new TpchLoader(scattered.Target, new TpchGenerator(ScaleFactor));
        Assert.Equal(TpchTablesState.Different, loader.Inspect(scattered: false, out _));
    }

    public sealed class ScatteredDatabase : IDisposable
    {
        private readonly Database _database = Database.OpenInMemory();

        public ScatteredDatabase()
        {
            Target = new EmbeddedTarget(_database, "embedded");
            new TpchLoader(Target, new TpchGenerator(ScaleFactor)).Load(workers: 2, scattered: true);
            using var writer = new SteadyWriter(Target.Connect(), rowsPerSecond: 100_000);
            while (writer.Failure is null && Target.Query("SELECT count(*) FROM orders WHERE o_custkey = 0")[0][0] == "0")
                Thread.Yield();
            Assert.Null(writer.Failure);
        }

        public EmbeddedTarget Target { get; }

        public void Dispose()
        {
            Target.Dispose();
            _database.Dispose();
        }
    }
}
