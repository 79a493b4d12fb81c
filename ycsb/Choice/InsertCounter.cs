namespace OmenDb.Ycsb.Choice;

/// <summary>Numbers for new records, and how many records are there without a gap: only those are chosen, so that nobody asks for a record whose insert
/// is still on its way. Thread-safe.</summary>
public sealed class InsertCounter(long records)
{
    private readonly Lock _lock = new();
    private readonly HashSet<long> _early = [];
    private long _next = records;
    private long _there = records;

    /// <summary>Records 0 to this, less one, are there.</summary>
    public long Count => Volatile.Read(ref _there);

    public long Take() => Interlocked.Increment(ref _next) - 1;

    public void Acknowledge(long record)
    {
        lock (_lock)
        {
            if (record != _there)
            {
                _early.Add(record);
                return;
            }
            var there = _there + 1;
            while (_early.Remove(there))
                there++;
            Volatile.Write(ref _there, there);
        }
    }
}
