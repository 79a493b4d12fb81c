using OmenDb.Types;

namespace OmenDb.Engine;

/// <summary>One statement of a script, ready to be pulled from. Ask for the next statement only when this one is at its end or not wanted any more.</summary>
public sealed class StatementResult(Portal portal) : IDisposable
{
    public Portal Portal { get; } = portal;

    public CopyDirection Copy => Portal.Copy?.Direction ?? CopyDirection.None;

    public void Write(ReadOnlySpan<byte> data) => CopyStream.Write(data);

    public void Complete() => CopyStream.Complete();

    public void Fail(string reason) => CopyStream.Fail(reason);

    public bool Read(out ReadOnlyMemory<byte> data) => CopyStream.Read(out data);

    private CopyOperation CopyStream => Portal.Copy ?? throw SqlException.Internal("the statement is no COPY");

    public void Dispose() => Portal.Dispose();
}
