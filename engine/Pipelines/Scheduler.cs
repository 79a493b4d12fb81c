using System.Runtime.ExceptionServices;

namespace OmenDb.Engine.Pipelines;

/// <summary>The fixed set of worker threads of the process. The caller of <see cref="Run"/> works too, so nothing ever waits for a free worker.</summary>
internal sealed class Scheduler
{
    private readonly Queue<Job> _queue = new();
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _available = new(0);

    public static Scheduler Shared { get; } = new(Environment.ProcessorCount - 1);

    /// <param name="helperThreads">Threads besides the callers'.</param>
    public Scheduler(int helperThreads)
    {
        HelperThreads = helperThreads;
        for (var i = 0; i < helperThreads; i++)
            new Thread(Work) { IsBackground = true, Name = $"omendb-worker-{i}" }.Start();
    }

    public int HelperThreads { get; }

    private sealed class Job(Action<int> body, int helpers)
    {
        public readonly Action<int> Body = body;
        public readonly Lock Lock = new();
        public readonly ManualResetEventSlim Done = new();
        public int NextIndex = 1;
        public int Unstarted = helpers;
        public int Running;
        public ExceptionDispatchInfo? Error;
    }

    /// <summary>Calls <paramref name="body"/> with 0 on this thread and with up to workers - 1 further numbers on helpers, returns when all have ended.</summary>
    /// <remarks>Helpers that have not begun when the caller's own part ends are not waited for: they never begin.</remarks>
    public void Run(int workers, Action<int> body)
    {
        if (workers <= 1 || HelperThreads == 0)
        {
            body(0);
            return;
        }
        var helpers = Math.Min(workers - 1, HelperThreads);
        var job = new Job(body, helpers);
        lock (_lock)
        {
            for (var i = 0; i < helpers; i++)
                _queue.Enqueue(job);
        }
        _available.Release(helpers);
        ExceptionDispatchInfo? own = null;
        try
        {
            body(0);
        }
#pragma warning disable CA1031 // kept and thrown again below, when the helpers have ended
        catch (Exception error)
#pragma warning restore CA1031
        {
            own = ExceptionDispatchInfo.Capture(error);
        }
        bool wait;
        lock (job.Lock)
        {
            job.Unstarted = 0;
            wait = job.Running > 0;
        }
        if (wait)
            job.Done.Wait();
        (job.Error ?? own)?.Throw();
    }

    private void Work()
    {
        while (true)
        {
            _available.Wait();
            Job job;
            lock (_lock)
                job = _queue.Dequeue();
            int index;
            lock (job.Lock)
            {
                if (job.Unstarted == 0)
                    continue;
                job.Unstarted--;
                job.Running++;
                index = job.NextIndex++;
            }
            try
            {
                job.Body(index);
            }
#pragma warning disable CA1031 // handed to the caller of Run
            catch (Exception error)
#pragma warning restore CA1031
            {
                lock (job.Lock)
                    job.Error ??= ExceptionDispatchInfo.Capture(error);
            }
            lock (job.Lock)
            {
                if (--job.Running == 0 && job.Unstarted == 0)
                    job.Done.Set();
            }
        }
    }
}
