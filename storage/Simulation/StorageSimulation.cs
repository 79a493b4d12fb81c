using OmenDb.Storage.FileSystem;
using OmenDb.Storage.Log;
using OmenDb.Types;

namespace OmenDb.Storage.Simulation;

/// <summary>Settings of one simulated history.</summary>
public sealed record SimulationOptions
{
    public required int Seed { get; init; }

    /// <summary>Clients that take turns.</summary>
    public int Sessions { get; init; } = 4;

    /// <summary>The history ends when so many transactions with changes have ended, and its last life with them.</summary>
    public int Transactions { get; init; } = 200;

    /// <summary>In the first life the power fails at this file operation; 0: at a random one.</summary>
    public long CrashAt { get; init; }

    /// <summary>One insert in so many is large enough to be logged as a file: they take long.</summary>
    public int LoadEvery { get; init; } = 1000;

    /// <summary>Takes a line for everything that is done.</summary>
    public Action<string>? Trace { get; init; }

    /// <summary>Between the engine and the device: for tests that plant faults.</summary>
    internal Func<IFileSystem, IFileSystem>? Sabotage { get; init; }

    /// <summary>A mistake that the engine is to make.</summary>
    internal PlantedBug Bug { get; init; }
}

/// <summary>How a simulated history ended.</summary>
/// <param name="Problem">What the engine did wrong; null: nothing.</param>
/// <param name="Transactions">That ended, with changes.</param>
/// <param name="Lives">Starts of the database that were followed by work.</param>
/// <param name="Checkpoints">That succeeded.</param>
/// <param name="Operations">File operations of the first life.</param>
/// <param name="Crashed">Whether the first life was ended by <see cref="SimulationOptions.CrashAt"/>.</param>
public sealed record SimulationResult(string? Problem, int Transactions, int Lives, int Checkpoints, long Operations, bool Crashed);

/// <summary>Random transactions over a faulty device, compared with a model: every acknowledged commit is there after a crash, in the order of
/// commits, and nothing of a transaction that did not commit.</summary>
/// <remarks>
/// <para>One thread, one seeded source of choices: a seed repeats its history. Tables come and go, get columns and indexes, are truncated; sessions
/// of two isolation levels with savepoints meet in rows and in unique keys; checkpoints and sealings run in between; disks fill up, flushes and
/// writes fail, transfers are short, the power fails at any operation, and at last a bit of the device flips.</para>
/// <para>While a commit waits for its flush, somebody else looks at the database: a commit must not be seen before it is durable.</para>
/// </remarks>
public sealed class StorageSimulation
{
    private static readonly StorageOptions Storage = new()
    {
        // Small enough that segments are recycled and records are cut within a few transactions.
        Log = new LogOptions
        {
            SegmentSize = 16384, BufferSize = 4096, MaxBufferedBytes = 32768, StreamAbove = 24576, PrepareInBackground = false,
        },
        LoadParallelism = 1,
        ReplayParallelism = 1,
        AsynchronousFlushDelay = TimeSpan.Zero,
        CheckpointLogBytes = 0,
        BulkLoadVectors = 1,
    };

    private readonly SimulationOptions _options;
    private readonly StorageOptions _storage;
    private readonly CommitHistory _history = new();
    private readonly Random _random;
    private SimulatedFileSystem _files;
    private ulong _runs;
    private int _transactions;
    private int _checkpoints;
    private int _lives;
    private string? _seenTooEarly;

    private StorageSimulation(SimulationOptions options)
    {
        _options = options;
        _random = new Random(options.Seed);
        _files = new SimulatedFileSystem(options.Seed);
        _runs = (ulong)(uint)options.Seed << 32;
        _storage = Storage with { Log = Storage.Log with { NewRunNumber = () => ++_runs } };
    }

    public static SimulationResult Run(SimulationOptions options)
    {
        PlantedBugs.Plant(options.Bug);
        try
        {
            return new StorageSimulation(options).Run();
        }
        finally
        {
            PlantedBugs.Plant(PlantedBug.None);
        }
    }

    private SimulationResult Run()
    {
        var operations = 0L;
        var crashed = false;
        string? problem = null;
        try
        {
            while (_transactions < _options.Transactions)
            {
                Prepare();
                var lost = Live();
                if (_lives++ == 0)
                    (operations, crashed) = (_files.OperationCount, lost);
                _files = _files.Crash();
                Recover();
            }
            if (_random.Next(4) == 0)
                RecoverDamaged();
        }
        catch (SimulationFailure e)
        {
            problem = e.Message;
        }
        return new SimulationResult(problem, _transactions, _lives, _checkpoints, operations, crashed);
    }

    private void Trace(FormattableString line) => _options.Trace?.Invoke(FormattableString.Invariant(line));

    /// <summary>What will go wrong in the next life.</summary>
    private void Prepare()
    {
        var faults = _files.Faults;
        if (_lives == 0 && _options.CrashAt > 0)
            faults.CrashAtOperation = _options.CrashAt;
        else
        {
            switch (_random.Next(8))
            {
                case 0: faults.FailFlushAfter = _random.Next(1, 200); break;
                case 1: faults.FailWriteAfter = _random.Next(1, 300); break;
                case 2: break; // it ends in peace
                default: faults.CrashAtOperation = _random.Next(1, _random.Next(2) == 0 ? 100 : 1200); break;
            }
        }
        faults.ShortTransfers = _random.Next(4) == 0 ? 0.05 : 0;
        Trace($"life {_lives}: crash at {faults.CrashAtOperation}, failing flush {faults.FailFlushAfter}, failing write {faults.FailWriteAfter}");
    }

    /// <returns>True when the power failed or the device did.</returns>
    private bool Live()
    {
        StorageEngine? engine = null;
        Simulated? world = null;
        try
        {
            engine = StorageEngine.Open(_options.Sabotage?.Invoke(_files) ?? _files, "/db", _storage);
            var sequence = SimulatedCatalog.Sequence(engine);
            world = new Simulated(engine, _files, _history, _random, _options);
            world.AddSessions(_options.Sessions);
            Watch(engine);
            Work(engine, world, sequence);
            foreach (var session in world.Sessions)
                session.Rollback();
            SimulationChecks.Quiet(engine, _history.Current);
            engine.FlushLog(); // a clean end saves what nobody waited for; and unlike closing, this says when it cannot
            _history.Answered(durable: true);
            return false;
        }
        catch (SimulatedCrashException)
        {
            return true;
        }
        catch (SqlException e) when (e.SqlState == SqlState.IoError)
        {
            // The device failed, or the power, reported by somebody on the way. Without the power, reading goes on.
            if (engine?.WriteFailure is not null && !_files.HasCrashed && SimulationChecks.Difference(engine, _history.Current) is { } difference)
                throw new SimulationFailure($"after a failure of the device: {difference}");
            return true;
        }
        catch (SqlException e) when (e.SqlState == SqlState.DiskFull && (engine is null || world is null))
        {
            return true; // opening needs space too
        }
        catch (SqlException e)
        {
            throw new SimulationFailure($"{e.SqlState}: {e.Message}");
        }
        finally
        {
            _transactions += world?.Transactions ?? 0;
            _files.BeforeFlush = null;
            engine?.Dispose();
        }
    }

    /// <summary>While a commit is on its way to the device, others see the state before it.</summary>
    private void Watch(StorageEngine engine) => _files.BeforeFlush = path =>
    {
        if (!_history.IsPending || !path.StartsWith("/db/log/", StringComparison.Ordinal) || _random.Next(6) != 0)
            return;
        if (SimulationChecks.Difference(engine, _history.Current) is { } difference)
            _seenTooEarly ??= $"while a commit is on its way to the device: {difference}"; // thrown here it would look like an error of the device
    };

    private void Work(StorageEngine engine, Simulated world, Catalog.SequenceEntry sequence)
    {
        var fullFrom = _random.Next(5) == 0 ? _random.Next(400) : int.MaxValue;
        for (var step = 0; _transactions + world.Transactions < _options.Transactions; step++)
        {
            if (step == fullFrom)
            {
                _files.Faults.Capacity = _files.AllFiles().Sum(f => f.Length) + _random.Next(40_000);
                Trace($"the disk is full from {_files.Faults.Capacity} bytes on");
            }
            if (step == fullFrom + 60)
                _files.Faults.Capacity = long.MaxValue;
            world.Sessions[_random.Next(world.Sessions.Length)].Step();
            if (_seenTooEarly is { } difference)
                throw new SimulationFailure(difference);
            switch (_random.Next(100))
            {
                case 0: Checkpoint(engine); break;
                case 1 or 2 or 3: NextValue(engine, sequence); break;
                case 4 or 5:
                    Trace($"flush");
                    engine.FlushLog();
                    _history.Answered(durable: true);
                    break;
                case < 14:
                    Trace($"seal");
                    engine.SealAll(partial: true);
                    break;
            }
        }
        _files.Faults.Capacity = long.MaxValue;
    }

    private void Checkpoint(StorageEngine engine)
    {
        // Crashes here matter most and would be hit seldom.
        if (_random.Next(5) == 0)
            _files.Faults.CrashAtOperation = _files.OperationCount + _random.Next(1, 25);
        Trace($"checkpoint at operation {_files.OperationCount}");
        try
        {
            engine.Checkpoint();
            _checkpoints++;
        }
        catch (SqlException e) when (e.SqlState == SqlState.DiskFull && _files.Faults.Capacity != long.MaxValue)
        {
            // Everything goes on, and a later one succeeds.
        }
        catch (SqlException e) when (e.SqlState == SqlState.IoError && engine.WriteFailure is null && !_files.HasCrashed)
        {
            // A file of the checkpoint could not be written: the log is sound, everything goes on.
        }
    }

    private void NextValue(StorageEngine engine, Catalog.SequenceEntry sequence)
    {
        try
        {
            var value = engine.NextValue(sequence);
            if (!_history.SequenceValues.Add(value))
                throw new SimulationFailure($"the sequence has given out {value} twice");
        }
        catch (SqlException e) when (e.SqlState == SqlState.DiskFull && _files.Faults.Capacity != long.MaxValue)
        {
            // No value was given out.
        }
    }

    /// <summary>Starts twice: once after the crash, and once more after another crash, most of the time with a checkpoint in between; nothing may change.</summary>
    private void Recover()
    {
        for (var start = 0; start < 2; start++)
        {
            var when = start == 0 ? "after recovery" : "after a second recovery";
            StorageEngine? engine = null;
            try
            {
                engine = StorageEngine.Open(_options.Sabotage?.Invoke(_files) ?? _files, "/db", _storage);
                Settle(engine, when);
                SimulationChecks.Quiet(engine, _history.Current);
                if (start == 0 && _random.Next(3) > 0)
                    engine.Checkpoint(); // otherwise the same log is repeated once more
                if (_random.Next(2) == 0)
                    engine.Dispose(); // otherwise the power fails without a word
            }
            catch (SqlException e)
            {
                throw new SimulationFailure($"{when}: {e.SqlState}: {e.Message}");
            }
            finally
            {
                _files = _files.Crash();
                engine?.Dispose();
            }
        }
    }

    private void Settle(StorageEngine engine, string when)
    {
        string? first = null;
        var count = 0;
        foreach (var state in _history.Candidates)
        {
            count++;
            var difference = SimulationChecks.Difference(engine, state);
            if (difference is null)
            {
                Trace($"{when}: {count - 1} commits that nobody waited for are lost");
                _history.Settle(state);
                return;
            }
            first ??= difference;
        }
        throw new SimulationFailure($"{when}: {first} (and none of the {count} states allowed matches)");
    }

    /// <summary>Damage to the very last flush of the log looks like a torn end, so a slightly older state is allowed; a state that never was is not.</summary>
    private void RecoverDamaged()
    {
        var where = _files.FlipRandomBit();
        Trace($"a bit flips in {where}");
        try
        {
            using var engine = StorageEngine.Open(_files, "/db", _storage);
            if (!_history.Ever.Any(state => SimulationChecks.Difference(engine, state) is null))
                throw new SimulationFailure($"a flipped bit in {where} gave a state that never was");
        }
        catch (SqlException e) when (e.SqlState is SqlState.DataCorrupted or SqlState.FeatureNotSupported)
        {
            if (!e.Message.Contains("/db", StringComparison.Ordinal))
                throw new SimulationFailure($"a flipped bit in {where} was reported without its file: {e.Message}");
        }
        catch (SqlException e)
        {
            throw new SimulationFailure($"a flipped bit in {where} was reported as {e.SqlState}: {e.Message}");
        }
    }
}
