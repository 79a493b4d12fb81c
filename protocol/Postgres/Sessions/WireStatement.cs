using System.Collections.Immutable;
using OmenDb.Planner.Binding;
using OmenDb.Protocol.Postgres.Backend;
using OmenDb.Types;

namespace OmenDb.Protocol.Postgres.Sessions;

/// <summary>A prepared statement as the wire sees it.</summary>
internal abstract class WireStatement
{
    private ResultShape? _shape;

    public abstract ImmutableArray<SqlType> ParameterTypes { get; }

    /// <summary>Null: returns no rows.</summary>
    public abstract ImmutableArray<OutputColumn>? Columns { get; }

    /// <summary>How rows of these columns go out in these formats; the last answer is remembered.</summary>
    public ResultShape ShapeFor(ImmutableArray<OutputColumn> columns, short[] formats) =>
        _shape is { } shape && shape.Fits(columns, formats) ? shape : _shape = new ResultShape(columns, formats);
}
