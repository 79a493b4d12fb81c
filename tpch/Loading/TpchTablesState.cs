namespace OmenDb.Tpch.Loading;

/// <summary>Whether a target has the tables already.</summary>
public enum TpchTablesState
{
    Missing,
    /// <summary>Tables of these names are there, but of another scale factor, or not all of them.</summary>
    Different,
    Complete,
}
