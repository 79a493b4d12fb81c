using System.Reflection;
using System.Text.RegularExpressions;

namespace OmenDb.Architecture.Tests;

/// <summary>Numbers that stand in files, logs or messages never change their meaning.</summary>
/// <remarks>A new member gets a line here in the same commit; an existing line is never edited.</remarks>
public sealed class PersistedEnumTests
{
    private static readonly (string Enum, string Members)[] Pinned =
    [
        ("OmenDb.Arrow.ArrowTypeId",
            """
            Null=0 Bool=1 Int8=2 Int16=3 Int32=4 Int64=5 Float32=6 Float64=7 Decimal64=8 Decimal128=9 Utf8View=10 BinaryView=11
            FixedSizeBinary16=12 Date32=13 Time64=14 Timestamp=15 TimestampUtc=16 IntervalMonthDayMicro=17 List=18
            """),
        ("OmenDb.Arrow.PhysicalType",
            "Bool=0 Int16=1 Int32=2 Int64=3 Int128=4 Float32=5 Float64=6 View=7 Fixed16=8 Interval=9 List=10 Int8=11"),
        ("OmenDb.Types.TypeId",
            """
            Unknown=0 Bool=1 Int2=2 Int4=3 Int8=4 Float4=5 Float8=6 Numeric=7 Text=8 Varchar=9 Char=10 Json=11 Jsonb=12 Bytea=13 Uuid=14
            Date=15 Time=16 Timestamp=17 TimestampTz=18 Interval=19 Array=20 Enum=21 Record=22 Name=23 InternalChar=24 Oid=25 Regclass=26
            Regtype=27 Regproc=28 Regnamespace=29 Xid=30 Int2Vector=31 OidVector=32 Void=33 TimeTz=34 Inet=35 AnyElement=36 AnyArray=37
            Any=38 PgNodeTree=39 AclItem=40 Cid=41 Tid=42 Regrole=43 Regoper=44 Money=45
            """),
        ("OmenDb.Storage.Log.FrameKind", "Whole=1 First=2 Middle=3 Last=4 Mark=5"),
        ("OmenDb.Storage.Records.RecordKind", "InsertBatch=1 Update=2 Delete=3 CatalogChange=4 SequenceAdvance=5 SegmentFile=6 Statistics=7"),
        ("OmenDb.Storage.Records.RedoFrameKind", "Commit=1 Part=2 Loose=3"),
        ("OmenDb.Storage.Catalog.CatalogSpace", "Database=1 Role=2 Schema=3 Relation=4 Type=5"),
        ("OmenDb.Storage.Catalog.ColumnIdentity", "None=0 Always=1 ByDefault=2"),
        ("OmenDb.Storage.Catalog.ConstraintKind", "PrimaryKey=1 Unique=2 Check=3 ForeignKey=4 Exclusion=5"),
        ("OmenDb.Storage.Catalog.ReferentialAction", "NoAction=0 Restrict=1 Cascade=2 SetNull=3 SetDefault=4"),
        ("OmenDb.Storage.Manifest.CheckpointFileKind", "Catalog=0 SegmentBase=1 SegmentDelta=2 Statistics=3 SegmentSealed=4"),
        ("OmenDb.Engine.TransactionStatus", "Failed=69 Idle=73 InTransaction=84"),
    ];

    public static TheoryData<string> Names => new(Pinned.Select(pin => pin.Enum));

    [Theory]
    [MemberData(nameof(Names))]
    public void Members_keep_their_numbers(string name)
    {
        var type = Find(name);
        var members = Enum.GetNames(type).Zip(Enum.GetValuesAsUnderlyingType(type).Cast<object>(), (member, value) => $"{member}={value}");
        var expected = Pinned.Single(pin => pin.Enum == name).Members.Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(expected, members);
    }

    [Fact]
    public void Every_enum_that_calls_itself_persisted_is_pinned()
    {
        var missing = new List<string>();
        foreach (var file in SourceTree.Files.Where(f => f.EndsWith(".cs", StringComparison.Ordinal) && !f.StartsWith("tests/", StringComparison.Ordinal)))
        {
            var code = SourceTree.Read(file);
            foreach (Match match in Regex.Matches(code, @"((?:^ *///.*\n|^ *\[.*\]\n)+) *(?:public|internal) enum (\w+)", RegexOptions.Multiline))
            {
                var space = Regex.Match(code, @"^namespace ([\w.]+);", RegexOptions.Multiline).Groups[1].Value;
                if (Regex.IsMatch(match.Groups[1].Value, "(?<!not )persisted|append only", RegexOptions.IgnoreCase) &&
                    !Pinned.Any(pin => pin.Enum == $"{space}.{match.Groups[2].Value}"))
                    missing.Add($"{space}.{match.Groups[2].Value}");
            }
        }
        Assert.Empty(missing);
    }

    private static Type Find(string name) =>
        Assembly.Load(string.Join('.', name.Split('.').Take(2))).GetType(name, throwOnError: true)!;
}
