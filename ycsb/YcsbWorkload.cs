namespace OmenDb.Ycsb;

/// <summary>Kinds of operations, in the order of their shares.</summary>
public enum YcsbOperation
{
    Read,
    Update,
    Insert,
    Scan,
    ReadModifyWrite,
}

/// <summary>How the key of an operation is chosen among the records.</summary>
public enum KeyChoice
{
    /// <summary>Few records get most operations, and are spread over the key space.</summary>
    Zipfian,
    /// <summary>The newest records get most operations.</summary>
    Latest,
    Uniform,
    /// <summary>A fifth of the records gets four fifths of the operations.</summary>
    Hotspot,
}

/// <summary>A mix of operations (Cooper et al., "Benchmarking cloud serving systems with YCSB", 2010, table 2).</summary>
/// <param name="Shares">Percent of each <see cref="YcsbOperation"/>; 100 together.</param>
public sealed record YcsbWorkload(string Name, string Title, IReadOnlyList<int> Shares, KeyChoice Choice)
{
    public static readonly IReadOnlyList<YcsbWorkload> Core =
    [
        new("A", "update heavy", [50, 50, 0, 0, 0], KeyChoice.Zipfian),
        new("B", "read mostly", [95, 5, 0, 0, 0], KeyChoice.Zipfian),
        new("C", "read only", [100, 0, 0, 0, 0], KeyChoice.Zipfian),
        new("D", "read latest", [95, 0, 5, 0, 0], KeyChoice.Latest),
        new("E", "short ranges", [0, 0, 5, 95, 0], KeyChoice.Zipfian),
        new("F", "read-modify-write", [50, 0, 0, 0, 50], KeyChoice.Zipfian),
    ];

    /// <summary>True when it adds records: a second run over the same table finds more of them.</summary>
    public bool Inserts => Shares[(int)YcsbOperation.Insert] > 0;

    /// <returns>Null: there is none of that name.</returns>
    public static YcsbWorkload? Find(string name) => Core.FirstOrDefault(workload => workload.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    public static string NameOf(YcsbOperation operation) => operation switch
    {
        YcsbOperation.ReadModifyWrite => "read-modify-write",
        _ => operation.ToString().ToLowerInvariant(),
    };
}

/// <summary>The table.</summary>
/// <param name="Records">After the load.</param>
/// <param name="HashedOrder">Keys are hashes of the record's number, so that neighbours in time are none in the table; else they ascend.</param>
public sealed record YcsbTable(long Records, int Fields = 10, int FieldLength = 100, bool HashedOrder = true)
{
    public const string Name = "usertable";

    /// <summary>Longest scan of workload E; lengths are uniform from 1.</summary>
    public const int LongestScan = 100;

    /// <summary>The key of a record: 23 characters, or 24 with the largest hashes.</summary>
    public string KeyOf(long record) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"user{(HashedOrder ? Choice.Fnv.Hash(record) : record):00000000000000000000}");
}
