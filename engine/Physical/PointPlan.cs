using OmenDb.Arrow;
using OmenDb.Engine.Catalog;
using OmenDb.Engine.Operators;
using OmenDb.Engine.Operators.Scans;
using OmenDb.Planner.Catalog;
using OmenDb.Planner.Expressions;
using OmenDb.Storage.Indexes;

namespace OmenDb.Engine.Physical;

/// <summary>A plan that reads at most one row of one table, by the whole key of a unique index: SELECT columns FROM t WHERE key = $1.</summary>
/// <remarks>Nothing is computed: keys are parameters or constants, results are columns. Such a plan needs no pipeline, no context of expressions, and no
/// transaction of its own: one statement that reads one row sees one committed state, whatever the isolation level.</remarks>
internal sealed class PointPlan
{
    private readonly StoredTable _table;
    private readonly IndexInfo _index;
    private readonly int[] _columns;
    private readonly (int Parameter, ConstantExpression? Constant)[] _keys;

    private PointPlan(StoredTable table, IndexInfo index, int[] columns, (int, ConstantExpression?)[] keys)
    {
        _table = table;
        _index = index;
        _columns = columns;
        _keys = keys;
    }

    public int TableOid => _table.Entry.Oid;

    /// <summary>The plan, if it has the shape.</summary>
    public static PointPlan? TryMake(PhysicalOperator root, IReadOnlyList<Column> outputs)
    {
        var renamed = new Dictionary<Column, Column>(ReferenceEqualityComparer.Instance);
        while (root is ProjectOperator project)
        {
            foreach (var (output, expression) in project.Projections)
            {
                if (expression is not ColumnExpression column)
                    return null;
                renamed[output] = column.Column;
            }
            root = root.Children[0];
        }
        if (root is not IndexScanOperator scan || scan.AsPoint() is not var (table, index, ordinals, tests))
            return null;
        var columns = new int[outputs.Count];
        for (var i = 0; i < columns.Length; i++)
        {
            var column = outputs[i];
            while (renamed.TryGetValue(column, out var below) && !ReferenceEquals(below, column))
                column = below;
            if (!ordinals.TryGetValue(column, out var ordinal) || table.Physical(ordinal) is not (>= 0 and var physical))
                return null;
            columns[i] = physical;
        }
        var keys = new (int, ConstantExpression?)[tests.Count];
        for (var i = 0; i < keys.Length; i++)
        {
            switch (tests[i])
            {
                case ParameterExpression parameter: keys[i] = (parameter.Index, null); break;
                case ConstantExpression constant: keys[i] = (-1, constant); break;
                default: return null;
            }
        }
        return new PointPlan(table, index, columns, keys);
    }

    /// <summary>What one user of the plan needs to run it again and again.</summary>
    public PointRunner NewRunner() => new(new PointReader(_table.TreeOf(_index), _columns), _keys, _columns.Length);
}

/// <summary>Runs a point plan for one session. Dispose it.</summary>
internal sealed class PointRunner : IDisposable
{
    private readonly PointReader _reader;
    private readonly (int Parameter, ConstantExpression? Constant)[] _keys;
    private readonly Vector[] _values;
    private readonly List<Vector> _constants = [];

    public PointRunner(PointReader reader, (int Parameter, ConstantExpression? Constant)[] keys, int columns)
    {
        _reader = reader;
        _keys = keys;
        _values = new Vector[keys.Length];
        Row = new Batch(columns);
        for (var i = 0; i < keys.Length; i++)
        {
            if (keys[i].Constant is not { } constant)
                continue;
            _values[i] = new Vector();
            _constants.Add(_values[i]);
            Expressions.ValueBox.ToConstant(constant.Value, constant.Type, _values[i], 1);
        }
    }

    /// <summary>The row that was read last; valid until the next read.</summary>
    public Batch Row { get; }

    /// <summary>False: a snapshot as old as this one needs versions that the index does not have.</summary>
    public bool IsUsableBy(Storage.Mvcc.Snapshot snapshot) => _reader.Index.IsUsableBy(snapshot);

    /// <summary>The index has come to its end, or was made anew. To be asked after the announcement of a read, or under a lock.</summary>
    public bool IsOver => _reader.Index.IsOver;

    /// <inheritdoc cref="PointReader.TryReadQuiet(Vector[], Batch)"/>
    public bool? TryReadQuiet(Execution.ParameterSet parameters)
    {
        Bind(parameters);
        return _reader.TryReadQuiet(_values, Row);
    }

    public bool TryRead(Storage.Mvcc.Snapshot snapshot, Execution.ParameterSet parameters)
    {
        Bind(parameters);
        return _reader.TryRead(snapshot, _values, Row);
    }

    private void Bind(Execution.ParameterSet parameters)
    {
        for (var i = 0; i < _keys.Length; i++)
        {
            if (_keys[i].Constant is null)
                _values[i] = parameters[_keys[i].Parameter];
        }
    }

    public void Dispose()
    {
        Row.Dispose();
        _reader.Dispose();
        foreach (var constant in _constants)
            constant.Dispose();
    }
}
