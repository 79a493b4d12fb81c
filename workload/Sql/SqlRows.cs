namespace OmenDb.Workload.Sql;

/// <summary>The rows of one statement, taken out of the system as any client would. Its memory is used again by the next execution.</summary>
public sealed class SqlRows
{
    private readonly int _width;
    private long[] _numbers;
    private string?[] _texts;
    private bool[] _nulls;

    internal SqlRows(int width)
    {
        _width = width;
        _numbers = new long[width];
        _texts = new string?[width];
        _nulls = new bool[width];
    }

    public int Count { get; private set; }

    /// <summary>Rows changed, for statements that change some; -1 otherwise.</summary>
    public int Affected { get; internal set; }

    /// <summary>An integer, or a numeric in units of its declared scale. 0 for null.</summary>
    public long Number(int row, int column) => _numbers[Position(row, column)];

    public int Int(int row, int column) => checked((int)_numbers[Position(row, column)]);

    /// <summary>A text; empty for null.</summary>
    public string Text(int row, int column) => _texts[Position(row, column)] ?? "";

    public DateTime Timestamp(int row, int column) => new(_numbers[Position(row, column)], DateTimeKind.Unspecified);

    public bool IsNull(int row, int column) => _nulls[Position(row, column)];

    private int Position(int row, int column)
    {
        if ((uint)row >= (uint)Count)
            throw new InvalidOperationException($"the statement returned {Count} rows; row {row} is not among them");
        return row * _width + column;
    }

    internal void Clear()
    {
        Count = 0;
        Affected = -1;
    }

    internal void AddRow()
    {
        Count++;
        if (Count * _width <= _numbers.Length)
            return;
        var size = Math.Max(16, _numbers.Length * 2);
        Array.Resize(ref _numbers, size);
        Array.Resize(ref _texts, size);
        Array.Resize(ref _nulls, size);
    }

    internal void Set(int column, long number)
    {
        var position = (Count - 1) * _width + column;
        _numbers[position] = number;
        _nulls[position] = false;
    }

    internal void Set(int column, string text)
    {
        var position = (Count - 1) * _width + column;
        _texts[position] = text;
        _nulls[position] = false;
    }

    internal void SetNull(int column)
    {
        var position = (Count - 1) * _width + column;
        _numbers[position] = 0;
        _texts[position] = null;
        _nulls[position] = true;
    }
}
