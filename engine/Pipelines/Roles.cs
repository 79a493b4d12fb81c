using OmenDb.Arrow;

namespace OmenDb.Engine.Pipelines;

/// <summary>Where the batches of a pipeline come from: a scan, or what a breaker has collected. Immutable; state is per run.</summary>
internal abstract class PipelineSource
{
    /// <summary>The operator that rows and time are booked to.</summary>
    public abstract int OperatorId { get; }

    /// <summary>The shared state of one run of the source.</summary>
    public abstract SourceState Open(PlanRun run);
}

internal abstract class SourceState : IDisposable
{
    /// <summary>How many workers have something to do here; 1 where order counts.</summary>
    public virtual int MaxWorkers => 1;

    public abstract SourceWorker CreateWorker();

    public virtual void Dispose()
    {
    }
}

internal abstract class SourceWorker : IDisposable
{
    /// <summary>The next batch, valid until the next call; false at the end. Batches may be empty.</summary>
    public abstract bool Next(out Batch batch);

    public virtual void Dispose()
    {
    }
}

internal enum StageResult : byte
{
    /// <summary>The input is used up.</summary>
    NeedsInput,
    /// <summary>There is more output for the same input: push it again.</summary>
    HasMoreOutput,
    /// <summary>No more input is wanted from anyone.</summary>
    Finished,
}

/// <summary>An operator in the middle of a pipeline. Immutable; workers have their own state.</summary>
internal abstract class PipelineStage
{
    public abstract int OperatorId { get; }

    public abstract StageWorker CreateWorker(PlanRun run);
}

internal abstract class StageWorker : IDisposable
{
    /// <summary>Takes a batch in and may give one out (null or empty: nothing). The output is valid until the next call.</summary>
    public abstract StageResult Push(Batch input, ref Batch? output);

    public virtual void Dispose()
    {
    }
}

/// <summary>The end of a pipeline: collects what comes. Immutable.</summary>
internal abstract class PipelineSink
{
    public abstract int OperatorId { get; }

    public abstract SinkState Open(PlanRun run);
}

internal abstract class SinkState : IDisposable
{
    /// <summary>False: rows must come in order, from one worker.</summary>
    public virtual bool AllowsParallelInput => true;

    public abstract SinkWorker CreateWorker();

    /// <summary>Called once when all workers are combined.</summary>
    public virtual void Finish()
    {
    }

    public virtual void Dispose()
    {
    }
}

internal abstract class SinkWorker : IDisposable
{
    public abstract void Consume(Batch batch);

    /// <summary>Merges this worker's part into the shared state; called under the sink's lock.</summary>
    public abstract void Combine();

    public virtual void Dispose()
    {
    }
}
