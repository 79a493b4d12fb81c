namespace OmenDb.Storage.Log;

/// <summary>A consumer's (backup, replication) claim to the log from a position on.</summary>
public sealed class LogHold : IDisposable
{
    private readonly RedoLog _log;
    private long _from;

    internal LogHold(RedoLog log, Lsn from) => (_log, _from) = (log, from.Value);

    public Lsn From => new(Volatile.Read(ref _from));

    /// <summary>The consumer has done everything below <paramref name="to"/>. Never goes back.</summary>
    public void Advance(Lsn to)
    {
        if (to > From)
            Volatile.Write(ref _from, to.Value);
    }

    public void Dispose() => _log.Release(this);
}
