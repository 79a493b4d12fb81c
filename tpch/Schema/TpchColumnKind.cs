namespace OmenDb.Tpch.Schema;

/// <summary>The column types that the specification uses (clause 1.4), as PostgreSQL spells them.</summary>
public enum TpchColumnKind
{
    Integer,
    BigInt,
    /// <summary>numeric(15,2)</summary>
    Numeric,
    FixedChar,
    VarChar,
    Date,
}
