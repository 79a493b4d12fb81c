using System.Data;
using Npgsql;

namespace OmenDb.Tools.Bench.Soak;

/// <summary>One connection and its part of the mixed load: transfers, orders with items, a job queue, look-ups, ranges and analytics.</summary>
internal sealed class SoakClient(SoakOptions options, SoakCounters counters, int number)
{
    private readonly Random _random = new(number);

    /// <summary>Runs until the load ends.</summary>
    /// <exception cref="BenchException">An invariant does not hold.</exception>
    public async Task Run(CancellationToken end)
    {
        await using var connection = new NpgsqlConnection(options.ConnectionString);
        await connection.OpenAsync(CancellationToken.None);
        while (!end.IsCancellationRequested)
        {
            try
            {
                var kind = _random.Next(1000);
                await (kind switch
                {
                    < 300 => Transfer(connection),
                    < 400 => PlaceOrder(connection),
                    < 440 => RemoveOrder(connection),
                    < 442 => Execute(connection, SoakSchema.Settle),
                    < 500 => TakeJob(connection),
                    < 800 => Execute(connection, "SELECT owner, balance FROM soak_account WHERE id = $1", Account()),
                    < 990 => Execute(connection, "SELECT id, amount, at FROM soak_transfer WHERE source = $1 ORDER BY at DESC LIMIT 20", Account()),
                    < 998 => Execute(connection, "SELECT source % 10, count(*), sum(amount), avg(amount) FROM soak_transfer GROUP BY 1 ORDER BY 1"),
                    _ => CheckInvariants(connection),
                });
                counters.Done();
            }
            catch (PostgresException error)
            {
                counters.Failed(error);
            }
            await Task.Delay(options.MostPause * _random.NextDouble(), CancellationToken.None);
        }
    }

    private int Account() => _random.Next(SoakSchema.Accounts) + 1;

    private static async Task<int> Execute(NpgsqlConnection connection, string sql, params object[] parameters)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var parameter in parameters)
            command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        await using var reader = await command.ExecuteReaderAsync();
        var rows = 0;
        while (await reader.ReadAsync())
            rows++;
        return reader.RecordsAffected >= 0 ? reader.RecordsAffected : rows;
    }

    private static async Task<T?> Scalar<T>(NpgsqlConnection connection, string sql, params object[] parameters)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var parameter in parameters)
            command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        return await command.ExecuteScalarAsync() is T value ? value : default;
    }

    private async Task Transfer(NpgsqlConnection connection)
    {
        var (source, target, amount) = (Account(), Account(), (long)_random.Next(1, 50));
        if (source == target)
            return;
        await using var transaction = await connection.BeginTransactionAsync(
            _random.Next(4) switch { 0 => IsolationLevel.RepeatableRead, 1 => IsolationLevel.Serializable, _ => IsolationLevel.ReadCommitted });
        // The order of the identifiers keeps deadlocks rare, not impossible: a few do it the other way round.
        foreach (var (id, change) in _random.Next(20) == 0 || source < target ? [(source, -amount), (target, amount)] : new[] { (target, amount), (source, -amount) })
            await Execute(connection, "UPDATE soak_account SET balance = balance + $2, changed = now() WHERE id = $1", id, change);
        await Execute(connection, "INSERT INTO soak_transfer (source, target, amount) VALUES ($1, $2, $3)", source, target, amount);
        if (_random.Next(30) == 0)
            await transaction.RollbackAsync();
        else
            await transaction.CommitAsync();
    }

    private async Task PlaceOrder(NpgsqlConnection connection)
    {
        await using var transaction = await connection.BeginTransactionAsync();
        var order = await Scalar<long>(connection, "INSERT INTO soak_order (account, note) VALUES ($1, $2) RETURNING id", Account(), new string('x', _random.Next(200)));
        var lines = _random.Next(1, 6);
        for (var line = 1; line <= lines; line++)
        {
            await transaction.SaveAsync("line");
            await Execute(connection, "INSERT INTO soak_item VALUES ($1, $2, $3)", order, line, _random.Next(10_000) / 100m);
            if (_random.Next(10) == 0)
                await transaction.RollbackAsync("line");
        }
        await Execute(connection, "UPDATE soak_order SET total = (SELECT coalesce(sum(price), 0) FROM soak_item WHERE order_id = $1) WHERE id = $1", order);
        await transaction.CommitAsync();
    }

    private Task RemoveOrder(NpgsqlConnection connection) =>
        Execute(connection, "DELETE FROM soak_order WHERE id IN (SELECT id FROM soak_order WHERE account BETWEEN $1 AND $1 + 20 ORDER BY id LIMIT 3)", Account());

    /// <summary>A queue as many applications have it.</summary>
    private static async Task TakeJob(NpgsqlConnection connection)
    {
        await using var transaction = await connection.BeginTransactionAsync();
        var job = await Scalar<int?>(connection, "SELECT id FROM soak_job WHERE state = 'open' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED");
        if (job is { } id)
        {
            await Execute(connection, "UPDATE soak_job SET state = 'running' WHERE id = $1", id);
            await Execute(connection, "UPDATE soak_job SET state = 'done', runs = runs + 1 WHERE id = $1", id);
        }
        else
        {
            await Execute(connection, "UPDATE soak_job SET state = 'open' WHERE id IN (SELECT id FROM soak_job WHERE state = 'done' LIMIT 100 FOR UPDATE SKIP LOCKED)");
        }
        await transaction.CommitAsync();
    }

    private static async Task CheckInvariants(NpgsqlConnection connection)
    {
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead);
        foreach (var (name, sql, expected) in SoakSchema.Invariants)
        {
            var found = await Scalar<long>(connection, sql);
            if (found != expected)
                throw new BenchException($"{name}: {found} instead of {expected}");
        }
        await transaction.CommitAsync();
    }
}
