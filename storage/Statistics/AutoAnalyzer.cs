using System.Diagnostics;
using OmenDb.Storage.Tables;
using OmenDb.Storage.Transactions;
using OmenDb.Types;

namespace OmenDb.Storage.Statistics;

/// <summary>Analyses tables that have changed enough, in the background, as PostgreSQL's autovacuum does (50 rows and a tenth of the table).</summary>
/// <remarks>An analysis reads the whole table, so a table that keeps changing is given at most a tenth of one core's time: after each
/// analysis it is left alone for nine times as long as that took.</remarks>
internal sealed class AutoAnalyzer : IDisposable
{
    private const int Rest = 9;

    private readonly TableStore _tables;
    private readonly TransactionManager _transactions;
    private readonly TimeSpan _interval;
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<long, long> _notBefore = []; // by storage id, in ticks of Stopwatch; the thread's own
    private readonly Thread _thread;

    public AutoAnalyzer(TableStore tables, TransactionManager transactions, TimeSpan interval)
    {
        _tables = tables;
        _transactions = transactions;
        _interval = interval;
        _thread = new Thread(Run) { IsBackground = true, Name = "analyze", Priority = ThreadPriority.BelowNormal };
        _thread.Start();
    }

    /// <summary>Why an analysis failed; null when none has.</summary>
    public SqlException? LastError { get; private set; }

    public void Dispose()
    {
        _stop.Cancel();
        _thread.Join();
        _stop.Dispose();
    }

    private void Run()
    {
        while (!_stop.Token.WaitHandle.WaitOne(_interval))
        {
            foreach (var table in _tables.All)
            {
                if (_stop.IsCancellationRequested)
                    return;
                if (table.NeedsAnalyze && Stopwatch.GetTimestamp() >= _notBefore.GetValueOrDefault(table.StorageId) && table.TryRetain())
                    Analyze(table);
            }
        }
    }

    private void Analyze(Table table)
    {
        var began = Stopwatch.GetTimestamp();
        try
        {
            var modifications = table.Modifications; // before the snapshot: what comes in between is rather counted twice than never
            using var snapshot = _transactions.OpenSnapshot();
            table.Analyze(snapshot, modifications, _stop.Token);
        }
        catch (OperationCanceledException)
        {
            return; // the database closes
        }
        catch (SqlException e)
        {
            LastError = e; // the old statistics stay, and later it is tried again
        }
        finally
        {
            table.Release();
        }
        var now = Stopwatch.GetTimestamp();
        _notBefore[table.StorageId] = now + ((now - began) * Rest);
    }
}
