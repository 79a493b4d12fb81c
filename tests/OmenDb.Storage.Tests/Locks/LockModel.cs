using OmenDb.Storage.Locks;

namespace OmenDb.Storage.Tests.Locks;

/// <summary>Who has which row, and who wants it, as the operations' answers tell. Used by the thread that runs.</summary>
internal sealed class LockModel(Action<string> fail, LockTable locks, Func<LockTag, int> rowOf)
{
    private sealed record Held(int Row, RowLockMode Mode, bool IsWritten);

    private sealed class State
    {
        /// <summary>In the order taken: a savepoint is a length.</summary>
        public List<Held> Holds { get; } = [];

        /// <summary>Number of the operation that is under way; 0: none.</summary>
        public int Operation;
        public int Row;
        public RowLockMode Mode;

        /// <summary>When it got its place in the queue, or in front of it; 0: not yet.</summary>
        public int Arrived;

        /// <summary>The place is in front of the queue.</summary>
        public bool IsInFront;

        /// <summary>How often somebody had been served before his turn when the operation began.</summary>
        public int Overtakes;

        /// <summary>Those who waited for the row when the operation began, and its numbers.</summary>
        public List<(Steps.Actor Actor, int Operation)> Ahead { get; } = [];
    }

    private readonly Dictionary<Steps.Actor, State> _states = [];
    private int _clock;

    public int Deadlocks { get; private set; }

    public int Waits { get; private set; }

    public void Add(Steps.Actor actor) => _states.Add(actor, new State());

    public int CountOf(Steps.Actor actor) => _states[actor].Holds.Count;

    public void GoBack(Steps.Actor actor, int count)
    {
        var state = _states[actor];
        state.Holds.RemoveRange(count, state.Holds.Count - count);
        state.Operation = 0;
    }

    public void Begin(Steps.Actor actor, int row, RowLockMode mode)
    {
        var state = _states[actor];
        (state.Operation, state.Row, state.Mode, state.Arrived, state.IsInFront) = (++_clock, row, mode, 0, false);
        state.Ahead.Clear();
        state.Overtakes = locks.Overtakes;
        if (state.Holds.Exists(h => h.Row == row))
            return; // who has something of the row already may pass
        foreach (var (other, its) in _states)
        {
            if (other != actor && other.IsBlocked && its.Operation != 0 && its.Row == row && LockModes.Conflict(its.Mode, mode))
                state.Ahead.Add((other, its.Operation));
        }
    }

    public void Seen(Steps.Actor actor, LockStep step)
    {
        var state = _states[actor];
        if (state.Operation == 0)
            return;
        if (step == LockStep.Waiting)
            Waits++;
        if (step is not (LockStep.Granted or LockStep.Waiting))
            return;
        if (state.Arrived == 0)
            state.Arrived = ++_clock;
        if (step == LockStep.Granted)
            state.IsInFront = true;
        else if (actor.Waiting is { Writer: null } request)
        {
            state.IsInFront = false;
            if (rowOf(request.Tag) != state.Row)
                fail($"{actor.Name} waits for another row than the one it wants");
        }
    }

    public void End(Steps.Actor actor, bool isLocked)
    {
        var state = _states[actor];
        if (isLocked)
        {
            foreach (var (other, operation) in state.Ahead)
            {
                if (_states[other].Operation == operation && other.IsBlocked && state.Overtakes == locks.Overtakes)
                    fail($"{actor.Name} came later than {other.Name} and has row {state.Row} first");
            }
            Hold(actor, state.Row, state.Mode, isWritten: false);
        }
        state.Operation = 0;
    }

    public void Hold(Steps.Actor actor, int row, RowLockMode mode, bool isWritten)
    {
        foreach (var (other, its) in _states)
        {
            if (other != actor && its.Holds.Exists(h => h.Row == row && LockModes.Conflict(h.Mode, mode)))
                fail($"{actor.Name} has row {row} for {mode}, and so has {other.Name}");
        }
        _states[actor].Holds.Add(new Held(row, mode, isWritten));
    }

    /// <summary>40P01 is right when the one who got it waits for himself.</summary>
    public void CheckDeadlock(Steps.Actor actor)
    {
        Deadlocks++;
        var seen = new HashSet<Steps.Actor>();
        if (!Reaches(actor))
            fail($"{actor.Name} is in no circle");

        bool Reaches(Steps.Actor from)
        {
            foreach (var other in _states.Keys)
            {
                if (other != from && WaitsFor(from, other) && (other == actor || (seen.Add(other) && Reaches(other))))
                    return true;
            }
            return false;
        }
    }

    private bool WaitsFor(Steps.Actor actor, Steps.Actor other)
    {
        var (mine, its) = (_states[actor], _states[other]);
        if (mine.Operation == 0)
            return false;
        if (its.Holds.Exists(h => h.Row == mine.Row && LockModes.Conflict(h.Mode, mine.Mode)))
            return true;
        if (its.Operation == 0 || its.Row != mine.Row || its.Arrived == 0 || its.Arrived > mine.Arrived || !LockModes.Conflict(its.Mode, mine.Mode))
            return false;
        var own = mine.Holds.Where(h => h.Row == mine.Row).ToList();
        if (!its.IsInFront)
            return own.Count == 0;
        // A place in front of the queue that waits for what we wrote is not in our way.
        return !own.Exists(h => h.IsWritten && LockModes.Conflict(h.Mode, its.Mode));
    }
}
