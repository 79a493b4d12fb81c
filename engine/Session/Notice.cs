namespace OmenDb.Engine;

/// <summary>A message that ends nothing, with the fields of NoticeResponse.</summary>
/// <param name="Severity">WARNING, NOTICE, INFO, LOG or DEBUG.</param>
/// <param name="SqlState">Five characters.</param>
/// <param name="Message">As in PostgreSQL: lower case, no full stop.</param>
public sealed record Notice(string Severity, string SqlState, string Message)
{
    public string? Detail { get; init; }

    public string? Hint { get; init; }

    /// <summary>1-based character offset into the statement text; 0 when unknown.</summary>
    public int Position { get; init; }
}
