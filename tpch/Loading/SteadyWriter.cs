using System.Diagnostics;
using System.Globalization;
using System.Text;
using OmenDb.Tpch.Targets;

namespace OmenDb.Tpch.Loading;

/// <summary>Commits new orders with their lineitems at a steady rate, beside the queries, on a connection of its own.</summary>
/// <remarks>Ten rows a transaction: two orders with four items each. Their keys and dates lie beyond those of the generated rows, and their
/// customers, parts and suppliers do not exist: every query reads the new rows and none counts them, so answers stay comparable.</remarks>
public sealed class SteadyWriter : IDisposable
{
    private const int OrdersPerTransaction = 2;
    private const int ItemsPerOrder = 4;
    private const int RowsPerTransaction = OrdersPerTransaction * (1 + ItemsPerOrder);

    private readonly TpchTarget _connection;
    private readonly double _rowsPerSecond;
    private readonly Thread _thread;
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly CancellationTokenSource _stop = new();
    private long _nextKey;
    private long _rows;
    private Exception? _failure;

    /// <param name="connection">Disposed with the writer.</param>
    public SteadyWriter(TpchTarget connection, double rowsPerSecond)
    {
        _connection = connection;
        _rowsPerSecond = rowsPerSecond;
        _nextKey = long.Parse(connection.Query("SELECT max(o_orderkey) FROM orders")[0][0] ?? "0", CultureInfo.InvariantCulture) + 1;
        _thread = new Thread(Run) { Name = "steady writer", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Rows that were committed per second, over its whole life.</summary>
    public double Rate => Interlocked.Read(ref _rows) / _watch.Elapsed.TotalSeconds;

    /// <summary>Why it has stopped by itself; null: it has not.</summary>
    public Exception? Failure => Volatile.Read(ref _failure);

    private void Run()
    {
        try
        {
            for (var transaction = 0L; !_stop.IsCancellationRequested; transaction++)
            {
                var due = TimeSpan.FromSeconds(transaction * RowsPerTransaction / _rowsPerSecond);
                if (due > _watch.Elapsed && _stop.Token.WaitHandle.WaitOne(due - _watch.Elapsed))
                    return;
                Write();
                Interlocked.Add(ref _rows, RowsPerTransaction);
            }
        }
        catch (Exception exception)
        {
            Volatile.Write(ref _failure, exception); // the run that owns it reports it
        }
    }

    private void Write()
    {
        var orders = new StringBuilder("INSERT INTO orders VALUES ");
        var items = new StringBuilder("INSERT INTO lineitem VALUES ");
        for (var order = 0; order < OrdersPerTransaction; order++)
        {
            var key = _nextKey++;
            Separate(orders, order).Append(CultureInfo.InvariantCulture, $"({key}, 0, 'O', 1000.00, DATE '2001-01-01', '5-LOW', 'Clerk#000000001', 0, 'written beside the queries')");
            for (var item = 0; item < ItemsPerOrder; item++)
            {
                Separate(items, order * ItemsPerOrder + item).Append(
                    CultureInfo.InvariantCulture,
                    $"({key}, 0, 0, {item + 1}, 1.00, 250.00, 0.05, 0.02, 'N', 'O', DATE '2001-02-01', DATE '2001-03-01', DATE '2001-02-15', 'NONE', 'MAIL', 'written beside the queries')");
            }
        }
        _connection.Execute("BEGIN");
        _connection.Execute(orders.ToString());
        _connection.Execute(items.ToString());
        _connection.Execute("COMMIT");

        static StringBuilder Separate(StringBuilder text, int index) => index == 0 ? text : text.Append(", ");
    }

    public void Dispose()
    {
        _stop.Cancel();
        _thread.Join();
        _connection.Dispose();
        _stop.Dispose();
    }
}
