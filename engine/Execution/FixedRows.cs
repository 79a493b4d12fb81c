namespace OmenDb.Engine.Execution;

/// <summary>The only rows that a scan is to give when a plan runs again over single rows.</summary>
/// <param name="RowIds">Each once.</param>
/// <param name="Transaction">As <see cref="ExecutionContext.Transaction"/>: which versions are read.</param>
internal sealed record FixedRows(long[] RowIds, object? Transaction);
