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

    /// <summary>Statements and commits of each life.</summary>
    public int Steps { get; init; } = 120;

    /// <summary>Starts of the database; each but the last ends in a crash.</summary>
    public int Lives { get; init; } = 3;

    /// <summary>In the first life the power fails at this file operation; 0: at a random one.</summary>
    public long CrashAt { get; init; }

    /// <summary>After the last life one bit of the device is flipped: recovery must then report it, or find some earlier state.</summary>
    public bool FlipBit { get; init; }

    /// <summary>Between the engine and the device: for tests that plant faults.</summary>
    internal Func<IFileSystem, IFileSystem>? Sabotage { get; init; }
}

/// <summary>How a simulated history ended.</summary>
/// <param name="Problem">What the engine did wrong; null: nothing.</param>
/// <param name="Operations">File operations of the first life.</param>
/// <param name="Crashed">Whether the first life was ended by <see cref="SimulationOptions.CrashAt"/>.</param>
public sealed record SimulationResult(string? Problem, long Operations, bool Crashed);

/// <summary>Random transactions over a faulty device, compared with a model: every acknowledged commit is there after a crash, in the order of
/// commits, and nothing of a transaction that did not commit.</summary>
/// <remarks>One thread; a seed repeats its history. Tables come and go, get columns and indexes; checkpoints run in between; disks fill up,
/// flushes fail, reads and writes are short.</remarks>
public static class StorageSimulation
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
    };

    public static SimulationResult Run(SimulationOptions options)
    {
        var files = new SimulatedFileSystem(options.Seed);
        var history = new CommitHistory();
        var random = new Random(options.Seed);
        var operations = 0L;
        var crashed = false;
        var runs = (ulong)(uint)options.Seed << 32;
        var storage = Storage with { Log = Storage.Log with { NewRunNumber = () => ++runs } };
        try
        {
            for (var life = 0; life < options.Lives; life++)
            {
                Prepare(files.Faults, options, life, random);
                var lost = Live(files, options, storage, history, random);
                if (life == 0)
                    (operations, crashed) = (files.OperationCount, lost);
                files = files.Crash();
                if (Recover(files, options, storage, history) is { } problem)
                    return new SimulationResult(problem, operations, crashed);
                files = files.Crash();
            }
        }
        catch (SimulationFailure e)
        {
            return new SimulationResult(e.Message, operations, crashed);
        }
        if (options.FlipBit && RecoverDamaged(files, storage, history) is { } wrong)
            return new SimulationResult(wrong, operations, crashed);
        return new SimulationResult(null, operations, crashed);
    }

    private static void Prepare(SimulatedFaults faults, SimulationOptions options, int life, Random random)
    {
        if (life == 0)
            faults.CrashAtOperation = options.CrashAt > 0 ? options.CrashAt : random.Next(1, 400);
        else if (random.Next(3) == 0)
            faults.FailFlushAfter = random.Next(1, 60);
        else
            faults.CrashAtOperation = random.Next(1, 400);
        faults.ShortTransfers = random.Next(3) == 0 ? 0.05 : 0;
    }

    /// <returns>True when the power failed or the device did.</returns>
    private static bool Live(SimulatedFileSystem files, SimulationOptions options, StorageOptions storage, CommitHistory history, Random random)
    {
        StorageEngine? engine = null;
        try
        {
            engine = StorageEngine.Open(options.Sabotage?.Invoke(files) ?? files, "/db", storage);
            var sequence = SimulatedCatalog.Sequence(engine);
            var locks = new SimulatedLocks();
            var sessions = Enumerable.Range(0, options.Sessions).Select(_ => new SimulatedSession(engine, history, locks, random)).ToArray();
            var spaceFrom = random.Next(4) == 0 ? random.Next(options.Steps) : int.MaxValue;
            for (var step = 0; step < options.Steps; step++)
            {
                if (step == spaceFrom)
                    files.Faults.Capacity = files.AllFiles().Sum(f => f.Length) + random.Next(100_000);
                if (step == spaceFrom + 20)
                    files.Faults.Capacity = long.MaxValue;
                sessions[random.Next(sessions.Length)].Step();
                if (random.Next(25) == 0)
                    Checkpoint(engine);
                if (random.Next(20) == 0)
                    NextValue(engine, sequence, history);
            }
            foreach (var session in sessions)
                session.Rollback();
            engine.Dispose();
            return false;
        }
        catch (SimulatedCrashException)
        {
            return true;
        }
        catch (SqlException e) when (e.SqlState == SqlState.IoError)
        {
            return true; // the device failed, or the power, reported by somebody on the way
        }
        catch (SqlException e) when (e.SqlState == SqlState.DiskFull)
        {
            return true; // opening needs space too
        }
        catch (SqlException e)
        {
            throw new SimulationFailure($"{e.SqlState}: {e.Message}");
        }
        finally
        {
            engine?.Dispose();
        }
    }

    private static void Checkpoint(StorageEngine engine)
    {
        try
        {
            engine.Checkpoint();
        }
        catch (SqlException e) when (e.SqlState == SqlState.DiskFull)
        {
            // Everything goes on, and a later one succeeds.
        }
    }

    private static void NextValue(StorageEngine engine, Catalog.SequenceEntry sequence, CommitHistory history)
    {
        try
        {
            var value = engine.NextValue(sequence);
            if (!history.SequenceValues.Add(value))
                throw new SimulationFailure($"the sequence has given out {value} twice");
        }
        catch (SqlException e) when (e.SqlState == SqlState.DiskFull)
        {
            // No value was given out.
        }
    }

    /// <summary>Damage to the very last flush of the log looks like a torn end, so a slightly older state is allowed; a state that never was is not.</summary>
    private static string? RecoverDamaged(SimulatedFileSystem files, StorageOptions storage, CommitHistory history)
    {
        var where = files.FlipRandomBit();
        try
        {
            using var engine = StorageEngine.Open(files, "/db", storage);
            return history.WasEver(SimulatedCatalog.Read(engine)) ? null : $"a flipped bit in {where} gave a state that never was";
        }
        catch (SqlException e) when (e.SqlState is SqlState.DataCorrupted or SqlState.FeatureNotSupported)
        {
            return e.Message.Contains("/db/", StringComparison.Ordinal) ? null : $"a flipped bit in {where} was reported without its file: {e.Message}";
        }
        catch (SqlException e)
        {
            return $"a flipped bit in {where} was reported as {e.SqlState}: {e.Message}";
        }
    }

    /// <summary>Starts twice: once after the crash, and once more after a checkpoint, which must change nothing.</summary>
    private static string? Recover(SimulatedFileSystem files, SimulationOptions options, StorageOptions storage, CommitHistory history)
    {
        for (var start = 0; start < 2; start++)
        {
            try
            {
                using var engine = StorageEngine.Open(options.Sabotage?.Invoke(files) ?? files, "/db", storage);
                if (history.Settle(SimulatedCatalog.Read(engine)) is { } problem)
                    return start == 0 ? problem : $"after another checkpoint and a restart: {problem}";
                if (start == 0)
                    engine.Checkpoint();
            }
            catch (SqlException e)
            {
                return $"{e.SqlState}: {e.Message}";
            }
        }
        return null;
    }
}
