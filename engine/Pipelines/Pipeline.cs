namespace OmenDb.Engine.Pipelines;

/// <summary>One way through a pipeline: a source and the stages behind it.</summary>
internal sealed class Leg(PipelineSource source)
{
    public PipelineSource Source { get; } = source;

    public List<PipelineStage> Stages { get; } = [];

    /// <summary>The rows have an order that later operators rely on: one worker.</summary>
    public bool Ordered { get; set; }
}

/// <summary>Legs that run one after the other into one sink. A union has several; so has a right join, whose unmatched rows come last.</summary>
internal sealed class Pipeline(List<Leg> legs, PipelineSink sink)
{
    public List<Leg> Legs { get; } = legs;

    public PipelineSink Sink { get; } = sink;
}

/// <summary>Cuts an operator tree into pipelines, in the order in which they must run.</summary>
internal sealed class PipelineBuilder
{
    public List<Pipeline> Pipelines { get; } = [];

    public void Add(List<Leg> legs, PipelineSink sink) => Pipelines.Add(new Pipeline(legs, sink));
}
