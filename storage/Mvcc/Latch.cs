namespace OmenDb.Storage.Mvcc;

/// <summary>A spinning lock for a few microseconds of work that never blocks: one per vector of 2,048 rows.</summary>
/// <remarks>A mutable struct: keep it in a field, never copy it. Order of locks, outermost first:
/// <code>append lane -> index node latch -> vector latch -> arena lock</code>
/// Nobody waits for a transaction, a flush or another vector's latch while holding one.</remarks>
internal struct Latch
{
    private int _held;

    public void Enter()
    {
        if (Interlocked.CompareExchange(ref _held, 1, 0) != 0)
            EnterSlow();
    }

    public void Exit() => Volatile.Write(ref _held, 0);

    private void EnterSlow()
    {
        var spinner = new SpinWait();
        while (Volatile.Read(ref _held) != 0 || Interlocked.CompareExchange(ref _held, 1, 0) != 0)
            spinner.SpinOnce(sleep1Threshold: -1); // never sleeps a millisecond: holders are done in microseconds
    }
}
