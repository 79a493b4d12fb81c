using System.Collections.Immutable;
using OmenDb.Arrow;
using OmenDb.Planner.Binding;
using OmenDb.Planner.Syntax;
using OmenDb.Types;

namespace OmenDb.Engine;

/// <summary>A cursor: the rows read so far are kept, so that it can go back.</summary>
internal sealed class CursorRun(QueryRun query, ImmutableArray<OutputColumn> columns) : StatementRun
{
    private readonly RowBuffer _rows = new(columns);
    private bool _complete;
    private long _position; // 0: before the first row; n: on row n; count + 1: after the last

    public bool WithHold { get; init; }

    public bool NoScroll { get; init; }

    public bool IsBinary { get; init; }

    public override ImmutableArray<OutputColumn>? Columns => columns;

    public override string Tag => $"SELECT {_rows.Count}";

    /// <summary>Takes the snapshot: later changes of this transaction are not seen.</summary>
    public void Begin() => Read(1);

    public void ReadAll() => Read(long.MaxValue);

    private void Read(long rows)
    {
        while (!_complete && _rows.Count < rows)
        {
            if (query.Next(out var batch))
                _rows.Append(batch);
            else
                _complete = true;
        }
    }

    /// <summary>Moves and says which rows (0-based, in order of output) the movement gives.</summary>
    public (long First, long Count, bool Backward) Move(FetchStatement fetch)
    {
        switch (fetch.Direction)
        {
            case FetchDirection.Forward when fetch.Count >= 0:
                return Forward(fetch.Count);
            case FetchDirection.Forward:
                return Backward(-fetch.Count);
            case FetchDirection.Backward:
                return fetch.Count < 0 ? Forward(-fetch.Count) : Backward(fetch.Count);
            case FetchDirection.Absolute:
                return To(fetch.Count < 0 ? Last() + 1 + fetch.Count : fetch.Count);
            default:
                return To(_position + fetch.Count);
        }
    }

    private long Last()
    {
        ReadAll();
        return _rows.Count;
    }

    private (long, long, bool) Forward(long count)
    {
        if (count == 0)
            return To(_position); // FETCH 0 reads the row it stands on again
        var first = _position;
        Read(count == long.MaxValue ? count : first + count);
        var end = Math.Min(_rows.Count, count == long.MaxValue ? long.MaxValue : first + count);
        var given = Math.Max(0, end - first);
        // Past the end only when fewer rows came than were asked for.
        _position = given < count ? _rows.Count + 1L : end;
        return (first, given, false);
    }

    private (long, long, bool) Backward(long count)
    {
        if (count == 0)
            return To(_position);
        if (NoScroll)
            throw new SqlException(SqlState.ObjectNotInPrerequisiteState, "cursor can only scan forward") { Hint = "Declare it with SCROLL option to enable backward scan." };
        var before = Math.Min(_position, _rows.Count + 1L) - 1; // rows before the one it stands on
        var given = Math.Clamp(before, 0, count);
        _position = given < count ? 0 : _position - given;
        return (before - given, given, true);
    }

    private (long, long, bool) To(long row)
    {
        if (row < _position && NoScroll)
            throw new SqlException(SqlState.ObjectNotInPrerequisiteState, "cursor can only scan forward") { Hint = "Declare it with SCROLL option to enable backward scan." };
        Read(row);
        _position = Math.Clamp(row, 0, _rows.Count + 1L);
        return row >= 1 && row <= _rows.Count ? (row - 1, 1, false) : (0, 0, false);
    }

    public bool Give(long first, int limit, out Batch batch)
    {
        _rows.Position = (int)first;
        return _rows.Next(out batch, limit);
    }

    public override bool Next(out Batch batch)
    {
        var (first, count, _) = Forward(Batch.DefaultCapacity);
        batch = null!;
        return count > 0 && Give(first, (int)count, out batch);
    }

    public override void Dispose()
    {
        query.Dispose();
        _rows.Dispose();
    }
}

/// <summary>FETCH and MOVE.</summary>
internal sealed class FetchRun(CursorRun cursor, FetchStatement fetch) : StatementRun
{
    private (long First, long Count, bool Backward)? _range;
    private long _given;

    public override ImmutableArray<OutputColumn>? Columns => fetch.IsMove ? null : cursor.Columns;

    public override string Tag => $"{(fetch.IsMove ? "MOVE" : "FETCH")} {_range?.Count ?? 0}";

    public override bool Next(out Batch batch)
    {
        _range ??= cursor.Move(fetch);
        var (first, count, backward) = _range.Value;
        batch = null!;
        if (fetch.IsMove || _given >= count)
            return false;
        // Backward: one row at a time, from the last to the first.
        var size = backward ? 1 : (int)Math.Min(Batch.DefaultCapacity, count - _given);
        var start = backward ? first + count - 1 - _given : first + _given;
        _given += size;
        return cursor.Give(start, size, out batch);
    }
}
