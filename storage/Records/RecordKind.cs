namespace OmenDb.Storage.Records;

/// <summary>What a record of the redo log says. Persisted: append only, never renumber.</summary>
public enum RecordKind : byte
{
    /// <summary>Consecutive rows of one vector, all columns.</summary>
    InsertBatch = 1,
    /// <summary>New values of some columns of some rows of one vector.</summary>
    Update = 2,
    Delete = 3,
    /// <summary>An object added, replaced or dropped.</summary>
    CatalogChange = 4,
    /// <summary>A sequence may have given out values up to a limit.</summary>
    SequenceAdvance = 5,
    /// <summary>A file with the rows of whole vectors.</summary>
    SegmentFile = 6,
    /// <summary>What ANALYZE found out about a table.</summary>
    Statistics = 7,
}

/// <summary>What a frame of the log is. Persisted: append only.</summary>
public enum RedoFrameKind : byte
{
    /// <summary>A transaction's records, or the last of them, and its commit.</summary>
    Commit = 1,
    /// <summary>Earlier records of a large transaction; they count when its commit frame follows.</summary>
    Part = 2,
    /// <summary>Records outside transactions.</summary>
    Loose = 3,
}
