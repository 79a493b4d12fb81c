using OmenDb.Storage.Transactions;

namespace OmenDb.Storage.Simulation;

/// <summary>What the sessions of one life share.</summary>
internal sealed class Simulated(StorageEngine engine, SimulatedFileSystem files, CommitHistory history, Random random, SimulationOptions options)
{
    private SimulatedSession[] _sessions = [];

    public StorageEngine Engine => engine;

    public CommitHistory History => history;

    public Random Random => random;

    public SimulatedLocks Locks { get; } = new();

    public SimulatedSession[] Sessions => _sessions;

    /// <summary>Transactions that ended, with changes.</summary>
    public int Transactions { get; private set; }

    /// <summary>Only then may anything be refused for want of space.</summary>
    public bool DiskIsFull => files.Faults.Capacity != long.MaxValue;

    public void AddSessions(int count) => _sessions = [.. Enumerable.Range(0, count).Select(i => new SimulatedSession(i, this))];

    public bool IsActive(Transaction transaction) => Array.Exists(_sessions, session => session.Owns(transaction));

    public void CountTransaction(bool changed) => Transactions += changed ? 1 : 0;

    public bool IsTraced => options.Trace is not null;

    public int LoadEvery => options.LoadEvery;

    public void Trace(FormattableString line) => options.Trace?.Invoke(FormattableString.Invariant(line));
}
