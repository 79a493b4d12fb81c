using System.Diagnostics;

namespace OmenDb.Storage.Tables.Sealed;

/// <summary>Seals what is full and quiet, one segment at a time, resting as long as each one took: at most half of one core, and never more memory than
/// one segment's.</summary>
internal sealed class BackgroundSealer : IDisposable
{
    private readonly TableStore _tables;
    private readonly SealOptions _options;
    private readonly CancellationTokenSource _stop = new();
    private readonly Timer _timer;
    private readonly Lock _starting = new();
    private bool _hasSealed;
    private Thread? _thread;

    public BackgroundSealer(TableStore tables, SealOptions options)
    {
        _tables = tables;
        _options = options;
        // Most databases of tests and programs never fill a segment: they need no thread.
        _timer = new Timer(_ => StartIfNeeded(), null, options.Interval, options.Interval);
    }

    /// <summary>Why a sealing was given up; null when none was. The segment stays hot.</summary>
    public OutOfMemoryException? LastError { get; private set; }

    /// <summary>Called after each look at all tables: whether something was sealed since the one before.</summary>
    public Action<bool>? Paused { get; init; }

    public void Dispose()
    {
        lock (_starting)
            _stop.Cancel();
        _timer.Dispose();
        _thread?.Join();
        _stop.Dispose();
    }

    private void StartIfNeeded()
    {
        lock (_starting)
        {
            if (_thread is not null || _stop.IsCancellationRequested || !_tables.All.Any(table => table.Segments.Any(segment => segment.IsFull)))
                return;
            _thread = new Thread(Run) { IsBackground = true, Name = "seal", Priority = ThreadPriority.BelowNormal };
            _thread.Start();
        }
        _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    private void Run()
    {
        do
        {
            foreach (var table in _tables.All)
            {
                if (_stop.IsCancellationRequested)
                    return;
                if (!table.TryRetain())
                    continue;
                try
                {
                    SealAll(table);
                }
                catch (OutOfMemoryException e)
                {
                    LastError = e;
                }
                finally
                {
                    table.Release();
                }
            }
            Paused?.Invoke(_hasSealed);
            _hasSealed = false;
        }
        while (!_stop.Token.WaitHandle.WaitOne(_options.Interval));
    }

    private void SealAll(Table table)
    {
        var next = 0;
        while (!_stop.IsCancellationRequested)
        {
            var began = Stopwatch.GetTimestamp();
            if (!table.SealNext(ref next, _options))
                return;
            _hasSealed = true;
            _stop.Token.WaitHandle.WaitOne(Stopwatch.GetElapsedTime(began) * _options.Rest);
        }
    }
}
