namespace OmenDb.Tpch.Schema;

/// <summary>One column of a TPC-H table; all columns are NOT NULL.</summary>
/// <param name="Length">Characters of char(n) and varchar(n), otherwise 0.</param>
public sealed record TpchColumnDefinition(string Name, TpchColumnKind Kind, int Length = 0)
{
    public string SqlType => Kind switch
    {
        TpchColumnKind.Integer => "integer",
        TpchColumnKind.BigInt => "bigint",
        TpchColumnKind.Numeric => "numeric(15,2)",
        TpchColumnKind.FixedChar => $"char({Length})",
        TpchColumnKind.VarChar => $"varchar({Length})",
        TpchColumnKind.Date => "date",
        _ => throw new InvalidOperationException($"no SQL type for {Kind}"),
    };
}
