using OmenDb.Tpch.Generation.Columns;
using OmenDb.Tpch.Schema;

namespace OmenDb.Tpch.Generation.Chunks;

/// <summary>A range of one table's rows in columns. Filled again and again by one worker; not for two threads at once.</summary>
/// <remarks>
/// Ranges count in units: rows, except that a unit of lineitem is an order with its one to seven lines, and a unit of partsupp
/// is a part with its four suppliers. The content of a unit depends on nothing but its number and the scale factor.
/// </remarks>
public abstract class TpchChunk
{
    private readonly TpchColumnDefinition[] _definitions;
    private readonly List<TpchColumn> _columns = [];
    private readonly int _rowCapacity;

    private protected TpchChunk(TpchTable table, int unitCapacity, int maxRowsPerUnit = 1)
    {
        Table = table;
        UnitCapacity = unitCapacity;
        _rowCapacity = checked(unitCapacity * maxRowsPerUnit);
        _definitions = [.. TpchSchema.Of(table).Columns];
        OnePerUnit = new byte[unitCapacity];
        Places = new long[_rowCapacity];
        Array.Fill(OnePerUnit, (byte)1);
    }

    public TpchTable Table { get; }

    public int UnitCapacity { get; }

    /// <summary>Number of the first unit of the last fill, counted from 0.</summary>
    public long FirstUnit { get; private set; }

    public int UnitCount { get; private set; }

    public int RowCount { get; private set; }

    /// <summary>The columns in the order of the table definition; their values are valid until the next fill.</summary>
    public IReadOnlyList<TpchColumn> Columns => _columns;

    private protected byte[] OnePerUnit { get; }

    private protected long[] Places { get; }

    internal void Fill(TpchScale scale, TextPool pool, long firstUnit, int unitCount)
    {
        FirstUnit = firstUnit;
        UnitCount = unitCount;
        RowCount = FillColumns(scale, pool, firstUnit, unitCount);
        foreach (var column in _columns)
            column.Count = RowCount;
    }

    /// <returns>The rows written to every column.</returns>
    private protected abstract int FillColumns(TpchScale scale, TextPool pool, long first, int count);

    private protected IntegerColumn Integer() => Add(new IntegerColumn(NextDefinition, _rowCapacity));

    private protected BigIntColumn BigInt() => Add(new BigIntColumn(NextDefinition, _rowCapacity));

    private protected DecimalColumn Decimal(bool wholeNumbers = false) =>
        Add(new DecimalColumn(NextDefinition, _rowCapacity, wholeNumbers));

    private protected DateColumn Date() => Add(new DateColumn(NextDefinition, _rowCapacity));

    /// <param name="maxBytes">Longest value; 0 = what the type allows.</param>
    private protected TextColumn Text(int maxBytes = 0) =>
        Add(new TextColumn(NextDefinition, _rowCapacity, maxBytes > 0 ? maxBytes : NextDefinition.Length));

    private TpchColumnDefinition NextDefinition => _definitions[_columns.Count];

    private T Add<T>(T column) where T : TpchColumn
    {
        _columns.Add(column);
        return column;
    }
}
