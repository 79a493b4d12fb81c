using System.Collections.Immutable;
using OmenDb.Arrow;
using OmenDb.Engine.Catalog;
using OmenDb.Engine.Ddl;
using OmenDb.Engine.Execution;
using OmenDb.Engine.Expressions;
using OmenDb.Planner.Binding;
using OmenDb.Planner.Catalog;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Grammar;
using OmenDb.Planner.Syntax;
using OmenDb.Storage.Catalog;
using OmenDb.Types;
using ColumnExpression = OmenDb.Planner.Expressions.ColumnExpression;

namespace OmenDb.Engine.Copy;

/// <summary>Where COPY FROM puts its rows: vectors of the given columns, completed by defaults, checked and appended batch by batch.</summary>
/// <remarks>While a full batch is completed, checked and appended by another thread, the next one is parsed. There is never more than one batch on its
/// way, and nobody else uses the session meanwhile, so the transaction still has one user at a time.</remarks>
internal sealed class CopyTarget : IDisposable
{
    private readonly Session _session;
    private readonly StoredTable _table;
    private readonly TableInfo _info;
    private readonly int[] _given; // table ordinal of each field
    private readonly TypeHandler[] _handlers;
    private ParsedRows _filling;
    private ParsedRows _appending;
    private Task? _append; // of the batch that is on its way
    private readonly bool _isDirect; // the fields are the table's columns in order: no expression is needed
    private readonly CompiledProgram? _row;       // all columns that are not generated, over the fields
    private readonly CompiledProgram? _generated; // generated ones over those
    private readonly int[] _generatedOrdinals = [];
    private readonly CompiledProgram _checks;
    private readonly CompiledPredicate? _where;
    private readonly Batch _complete;
    private readonly Selection _selected = new(Batch.DefaultCapacity);
    private readonly long[] _rowIds = new long[Batch.DefaultCapacity];
    private StatementScope? _scope;
    private ExecutionContext? _context;
    private Frame? _rowFrame, _generatedFrame, _checkFrame, _whereFrame;
    private IoContext _io = IoContext.Default;

    private CopyTarget(Session session, CopyStatement statement, TableInfo info, CopyOptions options)
    {
        _session = session;
        _info = info;
        _table = info.Table;
        var entry = info.Entry;
        var stored = entry.Columns.Length;
        _given = [.. Ordinals(entry, statement)];
        Names = [.. _given.Select(o => entry.Columns[o].Name)];
        Types = [.. _given.Select(o => entry.Columns[o].Type)];
        _filling = new ParsedRows(Types);
        _appending = new ParsedRows(Types);
        _handlers = [.. Types.Select(t => TypeIo.Of(t.Id))];
        ForceNotNull = Flags(options.ForceNotNull, "FORCE_NOT_NULL");
        ForceNull = Flags(options.ForceNull, "FORCE_NULL");
        _complete = new Batch(stored);
        _isDirect = _given.Length == stored && _given.Select((o, i) => o == i).All(same => same);
        var names = session.CurrentNames;
        var rowColumns = entry.Columns.Select((c, i) => new Column(i, c.Name, c.Type, true)).ToImmutableArray();
        if (!_isDirect)
        {
            var fields = _given.Select(o => rowColumns[o]).ToImmutableArray();
            var plain = Enumerable.Range(0, stored).Where(i => entry.Columns[i].GeneratedSql is null).ToArray();
            _row = CompiledProgram.Compile(plain.Select(i => (Value(names, i, rowColumns), entry.Columns[i].Type)), new ColumnLayout(fields));
            PlainOrdinals = plain;
            _generatedOrdinals = [.. Enumerable.Range(0, stored).Where(i => entry.Columns[i].GeneratedSql is not null)];
            ImmutableArray<Column> visible = [.. plain.Select(i => rowColumns[i])];
            _generated = CompiledProgram.Compile(_generatedOrdinals.Select(i => (new Binder(names, allowNewParameters: false).BindStandalone(
                SqlParser.ParseExpression(entry.Columns[i].GeneratedSql!), visible, entry.Name, entry.Columns[i].Type, entry.Columns[i].Name), entry.Columns[i].Type)), new ColumnLayout(visible));
        }
        var layout = new ColumnLayout(rowColumns);
        _checks = CompiledProgram.Compile(info.Checks.Select(c => new Binder(names, allowNewParameters: false).BindStandalone(
            SqlParser.ParseExpression(c.ExpressionSql), rowColumns, entry.Name, SqlType.Bool, c.Name)), layout);
        if (statement.Where is not null)
        {
            ImmutableArray<Column> all = [.. rowColumns.Where((_, i) => !entry.Columns[i].IsHidden)];
            _where = CompiledPredicate.Compile([new Binder(names, allowNewParameters: false).BindStandalone(statement.Where, all, entry.Name, SqlType.Bool, "where")], layout);
        }
    }

    private int[] PlainOrdinals { get; } = [];

    public ImmutableArray<string> Names { get; }

    public ImmutableArray<SqlType> Types { get; }

    public bool[] ForceNotNull { get; }

    public bool[] ForceNull { get; }

    public string TableName => _table.Entry.Name;

    public int FieldCount => _given.Length;

    /// <summary>Rows that are in the table.</summary>
    public long RowCount { get; private set; }

    public static CopyTarget Create(Session session, CopyStatement statement, CopyOptions options)
    {
        var name = statement.Table!;
        var relation = DdlNames.Relation(session.CurrentNames, name);
        if (relation is not TableEntry)
        {
            throw new SqlException(SqlState.WrongObjectType, $"cannot copy to {DdlNames.Noun(relation)} \"{name.Name}\"")
            {
                Hint = relation is ViewEntry ? "To enable copying to a view, provide an INSTEAD OF INSERT trigger." : null,
            };
        }
        session.LockRelation(relation.Oid, TableLockMode.RowExclusive, relation.Name);
        var names = session.CurrentNames; // after the lock: what it is now
        var info = (TableInfo)names.FindTable(name.Schema, name.Name)!;
        return new CopyTarget(session, statement, info, options);
    }

    private static IEnumerable<int> Ordinals(TableEntry table, CopyStatement statement)
    {
        if (statement.Columns.IsEmpty)
            return Enumerable.Range(0, table.Columns.Length).Where(i => !table.Columns[i].IsHidden && table.Columns[i].GeneratedSql is null);
        var list = new List<int>();
        foreach (var name in statement.Columns)
        {
            var column = DdlNames.Column(table, name);
            if (column.GeneratedSql is not null)
                throw new SqlException(SqlState.InvalidColumnReference, $"column \"{name}\" is a generated column") { Detail = "Generated columns cannot be used in COPY." };
            var ordinal = table.Columns.IndexOf(column);
            if (list.Contains(ordinal))
                throw new SqlException(SqlState.DuplicateColumn, $"column \"{name}\" specified more than once");
            list.Add(ordinal);
        }
        return list;
    }

    private bool[] Flags(ImmutableArray<string> names, string option)
    {
        var flags = new bool[_given.Length];
        foreach (var name in names)
        {
            var at = Names.IndexOf(name);
            if (at < 0)
                throw new SqlException(SqlState.InvalidColumnReference, $"{option} column \"{name}\" not referenced by COPY");
            flags[at] = true;
        }
        return flags;
    }

    private Expression Value(SessionCatalog names, int ordinal, ImmutableArray<Column> rowColumns)
    {
        var column = _info.Columns[ordinal];
        if (_given.Contains(ordinal))
            return new ColumnExpression(rowColumns[ordinal]);
        return column.DefaultSql is null ? new ConstantExpression(null, column.Type)
            : new Binder(names, allowNewParameters: false).BindStandalone(SqlParser.ParseExpression(column.DefaultSql), [], null, column.Type, column.Name);
    }

    private void Start()
    {
        _scope = new StatementScope(_session, _session.Transaction, _session.Transaction.BeginStatement());
        _context = _session.NewContext(_scope, null);
        _io = _session.Settings.Io with { Now = _session.TransactionStart };
        _rowFrame = _row?.CreateFrame(_context);
        _generatedFrame = _generated?.CreateFrame(_context);
        _checkFrame = _checks.CreateFrame(_context);
        _whereFrame = _where?.CreateFrame(_context);
    }

    /// <summary>A field of the current row as text.</summary>
    public void SetText(int field, ReadOnlySpan<byte> text, int line)
    {
        if (_scope is null)
            Start();
        try
        {
            _handlers[field].Parse(Types[field], text, _io, _filling.Writers[field]);
        }
        catch (SqlException error)
        {
            throw WithContext(error, $"COPY {TableName}, line {line}, column {Names[field]}: \"{Shown(text)}\"");
        }
    }

    public void SetBinary(int field, ReadOnlySpan<byte> data, int line)
    {
        if (_scope is null)
            Start();
        try
        {
            _handlers[field].Receive(Types[field], data, _io, _filling.Writers[field]);
        }
        catch (SqlException error)
        {
            throw WithContext(error, $"COPY {TableName}, line {line}, column {Names[field]}");
        }
    }

    public void SetNull(int field) => _filling.Writers[field].AppendNull();

    /// <summary>All fields are set.</summary>
    public void EndRow(int line)
    {
        _filling.Lines[_filling.Count++] = line;
        if (_filling.Count < Batch.DefaultCapacity)
            return;
        Settle();
        (_filling, _appending) = (_appending, _filling);
        if (_scope is null)
            Start();
        _append = Task.Run(() => Append(_appending));
    }

    private static string Shown(ReadOnlySpan<byte> text) => Utf8.ToDisplay(text.Length > 100 ? text[..100] : text) + (text.Length > 100 ? "..." : "");

    public static SqlException WithContext(SqlException error, string where) => error.Where is not null ? error : new SqlException(error.SqlState, error.Message, error)
    {
        Detail = error.Detail, Hint = error.Hint, Where = where, SchemaName = error.SchemaName, TableName = error.TableName,
        ColumnName = error.ColumnName, ConstraintName = error.ConstraintName, DataTypeName = error.DataTypeName,
    };

    /// <summary>Waits for the batch that is on its way.</summary>
    /// <exception cref="SqlException">It could not be appended.</exception>
    public void Settle()
    {
        var append = _append;
        _append = null;
        append?.GetAwaiter().GetResult();
    }

    /// <summary>Puts parsed rows into the table.</summary>
    private void Append(ParsedRows parsed)
    {
        if (parsed.Count == 0)
            return;
        _session.CheckInterrupts();
        var rows = parsed.Batch;
        rows.Length = parsed.Count;
        rows.Selection = null;
        if (_row is not null)
        {
            var plain = new Batch([.. PlainOrdinals.Select(o => _complete.Columns[o])], parsed.Count);
            _row.Evaluate(_rowFrame!, rows, plain.Columns);
            if (_generatedOrdinals.Length > 0)
            {
                var generated = _generatedOrdinals.Select(o => _complete.Columns[o]).ToArray();
                _generated!.Evaluate(_generatedFrame!, plain, generated);
            }
            rows = _complete;
            rows.Length = parsed.Count;
            rows.Selection = null;
        }
        if (_where is not null)
        {
            var kept = _where.Select(_whereFrame!, rows, _selected);
            if (kept < parsed.Count)
                rows.Selection = _selected;
        }
        Check(rows, parsed.Lines);
        var outcome = _table.Append(_context!, rows, _rowIds.AsSpan(0, rows.RowCount));
        if (outcome.Duplicate is { } index)
        {
            var row = rows.Selection is { } selection ? selection.FillIndices(rows.Length)[outcome.Row] : outcome.Row;
            throw WithContext(_table.DuplicateKey(_context!, index, rows, outcome.Row), $"COPY {TableName}, line {parsed.Lines[row]}");
        }
        RowCount += rows.RowCount;
        parsed.Reset();
    }

    /// <summary>Puts the last rows in and checks what is checked at the end of a statement.</summary>
    public void Finish()
    {
        Settle();
        if (_scope is null && _filling.Count > 0)
            Start();
        Append(_filling);
        if (_scope is not null)
            _session.CheckDeferredUnique(_scope);
    }

    private unsafe void Check(Batch rows, int[] lines)
    {
        for (var i = 0; i < rows.Columns.Length; i++)
        {
            if (!_info.Columns[i].NotNull || rows.Columns[i].Validity == null)
                continue;
            foreach (var row in Selected(rows))
            {
                if (!rows.Columns[i].IsValid(row))
                    throw WithContext(RowErrors.NotNull(_table, i, o => rows.Columns[o], row, _io), $"COPY {TableName}, line {lines[row]}");
            }
        }
        for (var c = 0; c < _checks.Count; c++)
        {
            var value = _checks.Evaluate(_checkFrame!, rows, c);
            foreach (var row in Selected(rows))
            {
                if (!value.IsValid(row) || value.GetBool(row))
                    continue;
                throw new SqlException(SqlState.CheckViolation, $"new row for relation \"{TableName}\" violates check constraint \"{_info.Checks[c].Name}\"")
                {
                    Detail = RowErrors.FailingRow(_table.Entry, o => rows.Columns[o], row, _io),
                    SchemaName = _table.SchemaName, TableName = TableName, ConstraintName = _info.Checks[c].Name,
                    Where = $"COPY {TableName}, line {lines[row]}",
                };
            }
        }
    }

    private static IEnumerable<int> Selected(Batch rows) =>
        rows.Selection is { } selection ? selection.FillIndices(rows.Length).ToArray() : Enumerable.Range(0, rows.Length);

    public void Dispose()
    {
        try
        {
            Settle();
        }
        catch (SqlException)
        {
            // COPY is given up: whatever ended it has been reported.
        }
        _rowFrame?.Dispose();
        _generatedFrame?.Dispose();
        _checkFrame?.Dispose();
        _whereFrame?.Dispose();
        _context?.Dispose();
        _scope?.Dispose();
        _selected.Dispose();
        _filling.Dispose();
        _appending.Dispose();
        _complete.Dispose();
    }

    /// <summary>A batch of fields and the lines that they came from.</summary>
    private sealed class ParsedRows : IDisposable
    {
        public ParsedRows(ImmutableArray<SqlType> types)
        {
            Batch = new Batch(types.Length);
            Writers = [.. types.Select((t, i) => new VectorWriter(t.Arrow, Batch.Columns[i], Batch.DefaultCapacity))];
        }

        public Batch Batch { get; }

        public VectorWriter[] Writers { get; }

        public int[] Lines { get; } = new int[Batch.DefaultCapacity];

        public int Count { get; set; }

        public void Reset()
        {
            Count = 0;
            foreach (var writer in Writers)
                writer.Reset();
        }

        public void Dispose() => Batch.Dispose();
    }
}
