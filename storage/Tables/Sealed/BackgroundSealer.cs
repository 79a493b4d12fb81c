using System.Diagnostics;

namespace OmenDb.Storage.Tables.Sealed;

/// <summary>Seals what is full and quiet, one segment at a time, resting as long as each one took: at most half of one core, and never more memory than
/// one segment's.</summary>
internal sealed class BackgroundSealer : IDisposable
{
    private readonly TableStore _tables;
    private readonly SealOptions _options;
    private readonly CancellationTokenSource _stop = new();
    private readonly Thread _thread;

    public BackgroundSealer(TableStore tables, SealOptions options)
    {
        _tables = tables;
        _options = options;
        _thread = new Thread(Run) { IsBackground = true, Name = "seal", Priority = ThreadPriority.BelowNormal };
        _thread.Start();
    }

    public void Dispose()
    {
        _stop.Cancel();
        _thread.Join();
        _stop.Dispose();
    }

    private void Run()
    {
        while (!_stop.Token.WaitHandle.WaitOne(_options.Interval))
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
                finally
                {
                    table.Release();
                }
            }
        }
    }

    private void SealAll(Table table)
    {
        var next = 0;
        while (!_stop.IsCancellationRequested)
        {
            var began = Stopwatch.GetTimestamp();
            if (!table.SealNext(ref next, _options))
                return;
            _stop.Token.WaitHandle.WaitOne(Stopwatch.GetElapsedTime(began) * _options.Rest);
        }
    }
}
