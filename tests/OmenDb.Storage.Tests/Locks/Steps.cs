using OmenDb.Storage.Locks;
using OmenDb.Storage.Transactions;

namespace OmenDb.Storage.Tests.Locks;

/// <summary>Several owners of locks, each with a thread of its own, of which one runs at a time, from step to step: a schedule is a sequence of choices.</summary>
internal sealed class Steps : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(5); // longer: a thread waits for something that is no step

    private readonly SemaphoreSlim _back = new(0);
    private volatile bool _isOver;

    private sealed class Cancelled : Exception;

    /// <summary>One owner. Its work runs on its own thread, and only while the schedule lets it.</summary>
    internal sealed class Actor : LockOwner
    {
        private readonly Steps _steps;
        private readonly SemaphoreSlim _go = new(0);
        private readonly Thread _thread;
        private LockRequest? _parked;

        public Actor(Steps steps, string name, Action<Actor> work)
        {
            _steps = steps;
            Name = name;
            _thread = new Thread(() =>
            {
                _go.Wait();
                try
                {
                    if (!steps._isOver)
                        work(this);
                }
                catch (Cancelled)
                {
                    // The schedule has ended before the work.
                }
                catch (Exception e)
                {
                    Error = e;
                }
                IsDone = true;
                steps.PassOn(null);
            }, 256 * 1024) { IsBackground = true };
            _thread.Start();
        }

        public string Name { get; }

        /// <summary>Where it stands.</summary>
        public LockStep? At { get; private set; }

        public bool IsDone { get; private set; }

        public Exception? Error { get; private set; }

        /// <summary>Asleep, and nobody has given it what it waits for.</summary>
        public bool IsBlocked => _parked is { IsGranted: false };

        public bool CanRun => !IsDone && !IsBlocked;

        /// <summary>Between two operations of the work.</summary>
        public void Pause() => Yield(null);

        /// <summary>Told of every step before others may run.</summary>
        public Action<LockStep>? Seen { get; set; }

        internal override void OnStep(LockStep step)
        {
            Seen?.Invoke(step);
            Yield(step);
        }

        internal override bool Park(LockRequest request, long deadline)
        {
            while (!request.IsGranted)
            {
                _parked = request;
                if (_steps._isOver)
                    throw new Cancelled();
                Yield(null);
            }
            _parked = null;
            return true;
        }

        private void Yield(LockStep? step)
        {
            if (_steps._isOver)
                return; // the end is without steps
            At = step;
            if (_steps.PassOn(this))
                return;
            _go.Wait();
            if (_steps._isOver)
                throw new Cancelled();
        }

        internal void Resume() => _go.Release();

        /// <summary>One step.</summary>
        public void Run()
        {
            Assert.True(CanRun, $"{Name} cannot run");
            _go.Release();
            Assert.True(_steps._back.Wait(_patience), $"{Name} blocks outside the steps, after {At}");
            if (Error is { } error)
                throw new InvalidOperationException($"{Name} has failed", error);
        }

        /// <summary>Up to the next time it stands at a step.</summary>
        public void RunTo(LockStep step)
        {
            do
                Run();
            while (At != step && CanRun);
            Assert.True(At == step && CanRun, $"{Name} did not come to {step}");
        }

        public void RunToBlock()
        {
            while (CanRun)
                Run();
            Assert.True(IsBlocked, $"{Name} did not wait");
        }

        public void RunToEnd()
        {
            while (CanRun)
                Run();
            Assert.True(IsDone, $"{Name} waits");
        }

        internal void Stop()
        {
            _go.Release();
            _thread.Join();
            _go.Dispose();
        }
    }

    public List<Actor> Actors { get; } = [];

    public Actor Start(string name, Action<Actor> work)
    {
        var actor = new Actor(this, name, work);
        Actors.Add(actor);
        return actor;
    }

    private Func<Actor?>? _choose;

    /// <summary>Runs all, until nobody can run any more.</summary>
    /// <param name="choose">Who goes on, asked at every step by whoever stands there; null: nobody can.</param>
    public void RunAll(Func<Actor?> choose)
    {
        _choose = choose;
        if (choose() is not { } first)
            return;
        first.Resume();
        Assert.True(_back.Wait(_patience), "somebody blocks outside the steps");
        _choose = null;
        if (Actors.Find(a => a.Error is not null) is { Error: { } error } failed)
            throw new InvalidOperationException($"{failed.Name} has failed", error);
    }

    /// <returns>True: the one who asks goes on himself.</returns>
    private bool PassOn(Actor? me)
    {
        if (_choose is not { } choose || Actors.Exists(a => a.Error is not null) || choose() is not { } next)
        {
            _back.Release();
            return false;
        }
        if (next == me)
            return true;
        next.Resume();
        return false;
    }

    public Transaction Begin(StorageEngine engine, Actor actor)
    {
        var transaction = engine.Begin();
        transaction.Owner = actor;
        return transaction;
    }

    public void Dispose()
    {
        _isOver = true;
        foreach (var actor in Actors)
            actor.Stop();
        _back.Dispose();
    }
}
