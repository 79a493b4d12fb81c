namespace OmenDb.Tpch.Queries;

/// <summary>One output column of a query.</summary>
public sealed record AnswerColumn(string Name, AnswerColumnKind Kind);
