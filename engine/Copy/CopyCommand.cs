using OmenDb.Planner.Syntax;
using OmenDb.Types;

namespace OmenDb.Engine.Copy;

/// <summary>COPY.</summary>
internal static class CopyCommand
{
    public static StatementRun Create(Session session, CopyStatement statement) => throw SqlException.NotSupported("COPY", statement.ErrorPosition);
}
