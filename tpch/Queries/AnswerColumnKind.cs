namespace OmenDb.Tpch.Queries;

/// <summary>How two fields of an answer are compared.</summary>
public enum AnswerColumnKind
{
    /// <summary>Byte for byte: varchar and dates.</summary>
    Text,
    /// <summary>char(n): padding does not count.</summary>
    Padded,
    /// <summary>Integers and sums: equal as numbers; trailing zeros behind the point do not count.</summary>
    Exact,
    /// <summary>Averages and ratios: equal within 1e-9, relatively.</summary>
    Approximate,
}
