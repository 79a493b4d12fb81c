using System.Collections.Concurrent;
using OmenDb.Storage.Log;
using OmenDb.Storage.Records;
using OmenDb.Storage.Transactions;
using OmenDb.Types;

namespace OmenDb.Storage.Catalog;

/// <summary>The values of sequences: outside transactions, and never given twice.</summary>
/// <remarks>The log runs ahead: before a value beyond what it says is given out, a record that covers a block of values is on disk.
/// After a crash the sequence goes on behind the block, so up to a block of values may be left out, as in PostgreSQL.</remarks>
internal sealed class SequenceStore(ICommitLog log)
{
    /// <summary>Values per log record. A flush costs some hundred microseconds to milliseconds; this makes it rare.</summary>
    private const int BlockSize = 512;

    private sealed class State
    {
        public readonly Lock Lock = new();
        public long Value;       // last given out, or next when not called
        public bool Called;
        public bool IsSet;       // false: begins at the definition's start
        public long LoggedSteps; // values that may be given out before the next record
        public Lsn LoggedAt;     // the record that allows them
        public long Increment, MinValue, MaxValue; // as they were when it was written
    }

    private readonly ConcurrentDictionary<int, State> _states = new();

    /// <exception cref="SqlException">2200H: the limit is reached.</exception>
    public long Next(SequenceEntry sequence)
    {
        var state = _states.GetOrAdd(Key(sequence), static _ => new State());
        Lsn needed;
        long value;
        lock (state.Lock)
        {
            value = Advance(sequence, state);
            if (state.LoggedSteps == 0 || state.Increment != sequence.Increment || state.MinValue != sequence.MinValue || state.MaxValue != sequence.MaxValue)
            {
                // Logged before the state moves: when the log refuses, nothing has happened.
                state.LoggedAt = Append(Key(sequence), Ahead(sequence, value), true);
                state.LoggedSteps = BlockSize;
                (state.Increment, state.MinValue, state.MaxValue) = (sequence.Increment, sequence.MinValue, sequence.MaxValue);
            }
            state.LoggedSteps--;
            state.Value = value;
            state.Called = state.IsSet = true;
            needed = state.LoggedAt;
        }
        if (log.Durable < needed)
            log.WaitDurable(needed);
        return value;
    }

    /// <summary>setval.</summary>
    public void Set(SequenceEntry sequence, long value, bool called)
    {
        if (value < sequence.MinValue || value > sequence.MaxValue)
            throw new SqlException(SqlState.NumericValueOutOfRange,
                $"setval: value {value} is out of bounds for sequence \"{sequence.Name}\" ({sequence.MinValue}..{sequence.MaxValue})");
        var state = _states.GetOrAdd(Key(sequence), static _ => new State());
        Lsn needed;
        lock (state.Lock)
        {
            needed = state.LoggedAt = Append(Key(sequence), value, called);
            state.LoggedSteps = 0;
            state.Value = value;
            state.Called = called;
            state.IsSet = true;
        }
        log.WaitDurable(needed);
    }

    /// <summary>Last value and whether it was given out, as a SELECT from the sequence shows them.</summary>
    public (long LastValue, bool IsCalled) Current(SequenceEntry sequence)
    {
        if (!_states.TryGetValue(Key(sequence), out var state))
            return (First(sequence), false);
        lock (state.Lock)
            return state.IsSet ? (state.Value, state.Called) : (First(sequence), false);
    }

    /// <summary>What a restart must begin from: for checkpoints. States of transactions that have not ended are among them: their records may stand
    /// before the checkpoint in the log, and their commits behind it.</summary>
    public List<(int Key, long Value, bool Called)> Saved()
    {
        var saved = new List<(int, long, bool)>();
        foreach (var (key, state) in _states)
        {
            lock (state.Lock)
            {
                if (!state.IsSet)
                    continue;
                saved.Add(state.LoggedSteps == 0 ? (key, state.Value, state.Called)
                    : (key, AheadBy(state.Increment, state.MinValue, state.MaxValue, state.Value, state.LoggedSteps), true));
            }
        }
        return saved;
    }

    /// <summary>After recovery: states of sequences that were never committed, or are gone.</summary>
    public void Prune(CatalogSnapshot catalog)
    {
        var known = catalog.Objects.OfType<SequenceEntry>().Select(Key).ToHashSet();
        foreach (var key in _states.Keys)
        {
            if (!known.Contains(key))
                _states.TryRemove(key, out _);
        }
    }

    /// <summary>At start, in log order.</summary>
    public void Restore(int oid, long value, bool called)
    {
        var state = _states.GetOrAdd(oid, static _ => new State());
        state.Value = value;
        state.Called = called;
        state.IsSet = true;
        state.LoggedSteps = 0;
    }

    public void Drop(SequenceEntry sequence) => _states.TryRemove(Key(sequence), out _);

    private static int Key(SequenceEntry sequence) => sequence.StateOid != 0 ? sequence.StateOid : sequence.Oid;

    private static long First(SequenceEntry sequence) => sequence.RestartedAt ?? sequence.Start;

    private static long Advance(SequenceEntry sequence, State state)
    {
        if (!state.IsSet)
            return First(sequence);
        if (!state.Called)
            return state.Value;
        var next = (Int128)state.Value + sequence.Increment;
        if (next > sequence.MaxValue)
        {
            if (!sequence.Cycles)
                throw new SqlException("2200H", $"nextval: reached maximum value of sequence \"{sequence.Name}\" ({sequence.MaxValue})");
            return sequence.MinValue;
        }
        if (next < sequence.MinValue)
        {
            if (!sequence.Cycles)
                throw new SqlException("2200H", $"nextval: reached minimum value of sequence \"{sequence.Name}\" ({sequence.MinValue})");
            return sequence.MaxValue;
        }
        return (long)next;
    }

    private static long Ahead(SequenceEntry sequence, long value) =>
        AheadBy(sequence.Increment, sequence.MinValue, sequence.MaxValue, value, BlockSize - 1);

    private static long AheadBy(long increment, long min, long max, long value, long steps) =>
        (long)Int128.Clamp(value + (Int128)increment * steps, min, max);

    private Lsn Append(int oid, long value, bool called)
    {
        using var buffer = new RedoBuffer();
        buffer.BeginFrame(RedoFrameKind.Loose, 0);
        SequenceAdvanceRecord.Write(oid, value, called, buffer);
        return log.Append(buffer.Bytes);
    }
}
