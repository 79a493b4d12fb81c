using System.Diagnostics;
using OmenDb.Storage.Mvcc;
using OmenDb.Storage.Tables;
using OmenDb.Storage.Transactions;
using OmenDb.Types;

namespace OmenDb.Storage.Statistics;

/// <summary>Analyses tables that have changed enough, in the background, as PostgreSQL's autovacuum does (50 rows and a tenth of the table).</summary>
/// <remarks>An analysis reads the whole table, so all of them together get at most a tenth of one core's time: after each one the thread rests nine times as
/// long as that took. A small table that keeps changing is not analysed again before <see cref="Spacing"/> has passed, unless it has grown tenfold.</remarks>
internal sealed class AutoAnalyzer : IDisposable
{
    private const int Rest = 9;
    private const int Growth = 10;

    private static readonly TimeSpan Spacing = TimeSpan.FromSeconds(20);

    private readonly TableStore _tables;
    private readonly TransactionManager _transactions;
    private readonly Action<Table, long, Snapshot, CancellationToken> _analyze;
    private readonly TimeSpan _interval;
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<long, long> _notBefore = []; // by storage id, in ticks of Stopwatch; the thread's own
    private readonly Thread _thread;

    public AutoAnalyzer(TableStore tables, TransactionManager transactions, Action<Table, long, Snapshot, CancellationToken> analyze, TimeSpan interval)
    {
        _analyze = analyze;
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
                if (!table.NeedsAnalyze || !IsDue(table) || !table.TryRetain())
                    continue;
                var began = Stopwatch.GetTimestamp();
                Analyze(table);
                if (_stop.Token.WaitHandle.WaitOne(Stopwatch.GetElapsedTime(began) * Rest))
                    return;
            }
        }
    }

    private bool IsDue(Table table) => Stopwatch.GetTimestamp() >= _notBefore.GetValueOrDefault(table.StorageId)
        || table.Statistics is { } last && table.RowCount > last.RowCount * Growth;

    private void Analyze(Table table)
    {
        try
        {
            var modifications = table.Modifications;
            using var snapshot = _transactions.OpenSnapshot();
            _analyze(table, modifications, snapshot, _stop.Token);
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
        _notBefore[table.StorageId] = Stopwatch.GetTimestamp() + (long)(Spacing.TotalSeconds * Stopwatch.Frequency);
    }
}
