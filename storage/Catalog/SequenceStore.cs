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
    }

    private readonly ConcurrentDictionary<int, State> _states = new();

    /// <exception cref="SqlException">2200H: the limit is reached.</exception>
    public long Next(SequenceEntry sequence)
    {
        var state = _states.GetOrAdd(sequence.Oid, static _ => new State());
        Lsn needed;
        long value;
        lock (state.Lock)
        {
            value = Advance(sequence, state);
            if (state.LoggedSteps == 0)
            {
                // Logged before the state moves: when the log refuses, nothing has happened.
                state.LoggedAt = Append(sequence.Oid, Ahead(sequence, value), true);
                state.LoggedSteps = BlockSize;
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
        var state = _states.GetOrAdd(sequence.Oid, static _ => new State());
        Lsn needed;
        lock (state.Lock)
        {
            needed = state.LoggedAt = Append(sequence.Oid, value, called);
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
        if (!_states.TryGetValue(sequence.Oid, out var state))
            return (sequence.Start, false);
        lock (state.Lock)
            return state.IsSet ? (state.Value, state.Called) : (sequence.Start, false);
    }

    /// <summary>What a restart must begin from: for checkpoints. Exact at a clean shutdown, ahead otherwise.</summary>
    public (long Value, bool Called)? Saved(SequenceEntry sequence, bool clean)
    {
        if (!_states.TryGetValue(sequence.Oid, out var state))
            return null;
        lock (state.Lock)
        {
            if (!state.IsSet)
                return null;
            return clean || state.LoggedSteps == 0 ? (state.Value, state.Called) : (AheadBy(sequence, state.Value, state.LoggedSteps), true);
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

    public void Drop(int oid) => _states.TryRemove(oid, out _);

    private static long Advance(SequenceEntry sequence, State state)
    {
        if (!state.IsSet)
            return sequence.Start;
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

    private static long Ahead(SequenceEntry sequence, long value) => AheadBy(sequence, value, BlockSize - 1);

    private static long AheadBy(SequenceEntry sequence, long value, long steps)
    {
        var ahead = value + (Int128)sequence.Increment * steps;
        return (long)Int128.Clamp(ahead, sequence.MinValue, sequence.MaxValue);
    }

    private Lsn Append(int oid, long value, bool called)
    {
        using var buffer = new RedoBuffer();
        buffer.BeginFrame(RedoFrameKind.Loose, 0);
        SequenceAdvanceRecord.Write(oid, value, called, buffer);
        return log.Append(buffer.Bytes);
    }
}
