using System.Security.Cryptography;
using OmenDb.Tpch.Generation;
using OmenDb.Tpch.Reference;
using OmenDb.Tpch.Schema;

namespace OmenDb.Tpch.Tests;

/// <summary>Every table equals dbgen's, byte for byte.</summary>
public sealed class ChecksumTests
{
    [Fact]
    public void Scale_0_01_in_both_line_forms()
    {
        Check(0.01, trailingSeparator: false, workers: 1);
        Check(0.01, trailingSeparator: true, workers: 3);
    }

    [Fact]
    public void Scale_0_1() => Check(0.1, trailingSeparator: false, workers: 2);

    /// <summary>A gigabyte of text: runs only where OMENDB_TPCH_SF1 is set.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Scale_1_where_asked_for(bool trailingSeparator)
    {
        if (Environment.GetEnvironmentVariable("OMENDB_TPCH_SF1") is null)
            return;
        Check(1, trailingSeparator, workers: 2);
    }

    private static void Check(double scaleFactor, bool trailingSeparator, int workers)
    {
        var generator = new TpchGenerator(scaleFactor);
        foreach (var table in TpchSchema.Tables)
        {
            var expected = TpchReference.Checksum(scaleFactor, table.Table)!;
            using var digest = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
            var rows = TblWriter.WriteTable(generator, table.Table, new HashStream(digest), trailingSeparator, workers);
            Assert.Equal(expected.RowCount, rows);
            var md5 = Convert.ToHexStringLower(digest.GetHashAndReset());
            Assert.Equal((table.Name, trailingSeparator ? expected.Md5Trailing : expected.Md5Plain), (table.Name, md5));
        }
    }
}
