namespace OmenDb.Storage.Simulation;

/// <summary>What the simulated device does wrong. Probabilities per call, from the file system's seed.</summary>
public sealed class SimulatedFaults
{
    /// <summary>Power fails in the middle of this operation (counted from 1 over all changing operations); 0 = never.</summary>
    public long CrashAtOperation { get; set; }

    /// <summary>The n-th file flush from now on fails once with 58030; the bytes it was to save are lost or not, and count as clean.</summary>
    public int FailFlushAfter { get; set; }

    /// <summary>The n-th write from now on fails once with 58030.</summary>
    public int FailWriteAfter { get; set; }

    /// <summary>The device's size in bytes: extending files beyond it in total is 53100.</summary>
    public long Capacity { get; set; } = long.MaxValue;

    /// <summary>Reads and writes that handle only part of what was asked.</summary>
    public double ShortTransfers { get; set; }

    /// <summary>Reads that return one flipped bit.</summary>
    public double FlippedBits { get; set; }

    /// <summary>Reads that fail with 58030.</summary>
    public double ReadErrors { get; set; }

    /// <summary>Writes after which the device saves some random unflushed sectors on its own.</summary>
    public double BackgroundWriteBack { get; set; } = 0.05;

    /// <summary>Flushes that report success and do nothing: a lying device. For tests that must notice.</summary>
    public double IgnoredFlushes { get; set; }
}

/// <summary>The power is off: nothing works on this file system until <see cref="SimulatedFileSystem.Crash"/> gives the next one.</summary>
public sealed class SimulatedCrashException() : Exception("simulated power loss");
