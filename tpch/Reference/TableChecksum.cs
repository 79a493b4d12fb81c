namespace OmenDb.Tpch.Reference;

/// <summary>What dbgen writes for one table: its rows and the md5 of its text.</summary>
/// <param name="Md5Plain">Of lines without a '|' at the end.</param>
/// <param name="Md5Trailing">Of lines with it.</param>
public sealed record TableChecksum(long RowCount, string Md5Plain, string Md5Trailing);
