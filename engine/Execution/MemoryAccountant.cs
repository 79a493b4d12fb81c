using OmenDb.Types;

namespace OmenDb.Engine.Execution;

/// <summary>The process's budget for what operators hold. Thread-safe.</summary>
/// <param name="limitBytes">0: no limit.</param>
/// <param name="tables">Tables make room for queries.</param>
public sealed class MemoryAccountant(long limitBytes = 0, Storage.Tables.Sealed.TableMemory? tables = null)
{
    public static readonly MemoryAccountant Unlimited = new();

    private long _used;

    public long LimitBytes { get; set; } = limitBytes;

    public long UsedBytes => Interlocked.Read(ref _used);

    internal bool TryCharge(long bytes)
    {
        var used = Interlocked.Add(ref _used, bytes);
        if (bytes > 0)
            tables?.MakeRoom(bytes);
        if (bytes <= 0 || LimitBytes == 0 || used <= LimitBytes)
            return true;
        Interlocked.Add(ref _used, -bytes);
        return false;
    }
}

/// <summary>What one query holds. Operators charge before they grow; all of it goes back when the query ends.</summary>
public sealed class QueryMemory(MemoryAccountant process, long limitBytes) : IDisposable
{
    private long _used;
    private long _peak;

    public long UsedBytes => Interlocked.Read(ref _used);

    public long PeakBytes => Interlocked.Read(ref _peak);

    /// <summary>Time to spill: so much is held that the next doubling of a table may fail.</summary>
    public bool IsTight => (limitBytes != 0 && UsedBytes > limitBytes / 3) || (process.LimitBytes != 0 && process.UsedBytes > process.LimitBytes / 4 * 3);

    /// <exception cref="SqlException">53200, the query's or the process's limit is reached; nothing was charged.</exception>
    public void Charge(long bytes)
    {
        var used = Interlocked.Add(ref _used, bytes);
        if (bytes <= 0)
        {
            process.TryCharge(bytes);
            return;
        }
        if ((limitBytes != 0 && used > limitBytes) || !process.TryCharge(bytes))
        {
            Interlocked.Add(ref _used, -bytes);
            var limit = limitBytes != 0 && used > limitBytes ? limitBytes : process.LimitBytes;
            throw new SqlException(SqlState.OutOfMemory, "out of memory")
            {
                Detail = $"Failed on request of size {bytes}: the query holds {used - bytes} bytes, the limit is {limit} bytes.",
            };
        }
        long peak;
        while (used > (peak = Interlocked.Read(ref _peak)) && Interlocked.CompareExchange(ref _peak, used, peak) != peak)
        {
        }
    }

    public void Release(long bytes) => Charge(-bytes);

    public void Dispose()
    {
        var used = Interlocked.Exchange(ref _used, 0);
        process.TryCharge(-used);
    }
}
