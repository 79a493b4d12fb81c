using System.Collections.Immutable;
using OmenDb.Engine.Catalog;
using OmenDb.Planner.Binding;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Grammar;
using OmenDb.Planner.Syntax;
using OmenDb.Storage.Catalog;
using OmenDb.Types;
using Column = OmenDb.Planner.Expressions.Column;

namespace OmenDb.Engine.Ddl;

/// <summary>Column definitions and constraints of CREATE TABLE and ALTER TABLE ADD, turned into catalog entries.</summary>
internal sealed class TableDefinition(Session session, SessionCatalog names, string tableName, SchemaEntry schema)
{
    public List<ColumnEntry> Columns { get; } = [];

    /// <summary>Constraints still in their written form, with the column that they were written at.</summary>
    public List<(ConstraintSyntax Syntax, string? Column)> Constraints { get; } = [];

    /// <summary>Sequences of serial and identity columns, made before the table.</summary>
    public List<SequenceEntry> Sequences { get; } = [];

    public int NextColumnId { get; set; } = 1;

    private static readonly Dictionary<string, SqlType> _serials = new()
    {
        ["serial"] = SqlType.Int4, ["serial4"] = SqlType.Int4, ["bigserial"] = SqlType.Int8, ["serial8"] = SqlType.Int8,
        ["smallserial"] = SqlType.Int2, ["serial2"] = SqlType.Int2,
    };

    public ColumnEntry AddColumn(ColumnDefinition definition)
    {
        if (Columns.Exists(c => c.Name == definition.Name && !c.IsHidden))
            throw new SqlException(SqlState.DuplicateColumn, $"column \"{definition.Name}\" specified more than once");
        if (SystemColumns.All.Any(c => c.Name == definition.Name))
            throw new SqlException(SqlState.DuplicateColumn, $"column name \"{definition.Name}\" conflicts with a system column name");
        var typeName = definition.Type ?? throw SqlException.NotSupported("a column without type", definition.ErrorPosition);
        var serial = typeName.Schema is null && _serials.TryGetValue(typeName.Name, out var serialType) ? serialType : null;
        var type = serial ?? TypeResolver.Resolve(typeName, names);
        if (type.Id is TypeId.Void or TypeId.Record or TypeId.Any or TypeId.AnyArray or TypeId.AnyElement or TypeId.Unknown)
            throw new SqlException(SqlState.InvalidTableDefinition, $"column \"{definition.Name}\" has pseudo-type {PgTypes.FormatType(type)}") { Position = definition.ErrorPosition };
        var column = new ColumnEntry { Id = NextColumnId++, Name = definition.Name, Type = type, Physical = 0 };
        if (serial is not null)
        {
            var sequence = AddSequence(column, serial, []);
            column = column with { NotNull = true, SequenceOid = sequence.Oid, DefaultSql = SequenceCommands.NextValueText(sequence.Oid) };
        }
        bool? nullable = null;
        foreach (var constraint in definition.Constraints)
        {
            switch (constraint)
            {
                case NotNullConstraint:
                    if (nullable == true)
                        throw Conflicting();
                    nullable = false;
                    column = column with { NotNull = true };
                    break;
                case NullConstraint:
                    if (nullable == false || serial is not null)
                        throw Conflicting();
                    nullable = true;
                    break;
                case DefaultConstraint d:
                    if (column.DefaultSql is not null)
                        throw new SqlException(SqlState.SyntaxError, $"multiple default values specified for column \"{column.Name}\" of table \"{tableName}\"") { Position = d.ErrorPosition };
                    column = column with { DefaultSql = DefaultText(d.Value, column) };
                    break;
                case GeneratedConstraint g:
                    column = column with { GeneratedSql = ExpressionSql.Of(g.Value) };
                    break;
                case IdentityConstraint i:
                    if (column.Type.Id is not (TypeId.Int2 or TypeId.Int4 or TypeId.Int8))
                        throw new SqlException(SqlState.InvalidParameterValue, "identity column type must be smallint, integer, or bigint");
                    var made = AddSequence(column, column.Type, i.Options);
                    column = column with { NotNull = true, SequenceOid = made.Oid, Identity = i.IsAlways ? ColumnIdentity.Always : ColumnIdentity.ByDefault };
                    break;
                default:
                    Constraints.Add((constraint, column.Name));
                    break;
            }
        }
        Columns.Add(column);
        return column;

        SqlException Conflicting() => new(SqlState.SyntaxError, $"conflicting NULL/NOT NULL declarations for column \"{definition.Name}\" of table \"{tableName}\"")
        {
            Position = definition.ErrorPosition,
        };
    }

    /// <summary>Checks a default against the column's type and gives the text that is kept; null for DEFAULT NULL.</summary>
    public string? DefaultText(SyntaxExpression value, ColumnEntry column)
    {
        new Binder(names, allowNewParameters: false).BindStandalone(value, [], null, column.Type, column.Name);
        if (value is NullLiteral)
            return null;
        var text = ExpressionSql.Of(value);
        if (Definitions.SequenceOf(names, text) is { } oid)
            return SequenceCommands.NextValueText(oid);
        // A bare string shows its type, as PostgreSQL prints it.
        return value is StringLiteral && PgTypes.Find(column.Type.Id) is { } known ? $"{text}::{known.SqlName}" : text;
    }

    private SequenceEntry AddSequence(ColumnEntry column, SqlType type, ImmutableArray<SequenceOption> options)
    {
        var changes = session.Transaction.Catalog;
        var entry = new SequenceEntry
        {
            Oid = changes.NewOid(),
            Name = DdlNames.Free(changes.Current, schema.Oid, tableName, [column.Name], "seq", name => Sequences.Exists(s => s.Name == name)),
            SchemaOid = schema.Oid,
            OwnerOid = session.RoleOid,
            Type = type,
            MaxValue = SequenceCommands.Greatest(type),
            OwnerColumnId = column.Id,
        };
        entry = SequenceCommands.Apply(session, entry, options, isNew: true, out _);
        Sequences.Add(entry);
        return entry;
    }

    /// <summary>The table's columns as an expression over them sees them.</summary>
    public static ImmutableArray<Column> Bindable(IEnumerable<ColumnEntry> columns) =>
        [.. columns.Where(c => !c.IsHidden).Select((c, i) => new Column(i, c.Name, c.Type, !c.NotNull))];

    /// <summary>Generated columns: checked against the final list of columns.</summary>
    public void CheckGenerated()
    {
        foreach (var column in Columns)
        {
            if (column.GeneratedSql is null || column.IsHidden)
                continue;
            if (column.DefaultSql is not null)
                throw new SqlException(SqlState.SyntaxError, $"both default and generation expression specified for column \"{column.Name}\" of table \"{tableName}\"");
            var syntax = SqlParser.ParseExpression(column.GeneratedSql);
            if (ExpressionSql.ColumnsOf(syntax).FirstOrDefault(used => Columns.Exists(c => c.Name == used && c.GeneratedSql is not null && !c.IsHidden)) is { } generated)
            {
                throw new SqlException(SqlState.InvalidObjectDefinition, $"cannot use generated column \"{generated}\" in column generation expression")
                {
                    Detail = "A generated column cannot reference another generated column.",
                };
            }
            var value = new Binder(names, allowNewParameters: false).BindStandalone(syntax, Bindable(Columns.Where(c => c.GeneratedSql is null)), tableName, column.Type, column.Name);
            if (TableRewrite.Volatility(value) != Planner.Catalog.Volatility.Immutable)
                throw new SqlException(SqlState.InvalidObjectDefinition, "generation expression is not immutable");
        }
    }

    /// <summary>A check: bound for its errors, kept as text.</summary>
    public ConstraintEntry Check(CheckConstraint syntax, string? column, IEnumerable<string> taken)
    {
        var condition = new Binder(names, allowNewParameters: false).BindStandalone(syntax.Condition, Bindable(Columns), tableName, null, "check");
        if (condition.Type.Id is not (TypeId.Bool or TypeId.Unknown))
            throw new SqlException(SqlState.DatatypeMismatch, $"argument of CHECK must be type boolean, not type {PgTypes.FormatType(condition.Type)}") { Position = syntax.Condition.ErrorPosition };
        new Binder(names, allowNewParameters: false).BindStandalone(syntax.Condition, Bindable(Columns), tableName, SqlType.Bool, "check");
        var used = ExpressionSql.ColumnsOf(syntax.Condition);
        var name = syntax.Name ?? FreeConstraint(column is not null ? [column] : used.Count == 1 ? used : [], "check", taken);
        return new ConstraintEntry
        {
            Oid = session.Transaction.Catalog.NewOid(),
            Name = name,
            Kind = ConstraintKind.Check,
            CheckSql = ExpressionSql.Of(syntax.Condition),
            ColumnIds = [.. used.Select(u => Columns.Find(c => c.Name == u)).OfType<ColumnEntry>().Select(c => c.Id)],
            IsValidated = !syntax.NotValid,
        };
    }

    public string FreeConstraint(IEnumerable<string> columns, string suffix, IEnumerable<string> taken)
    {
        var set = taken.ToHashSet();
        return DdlNames.Free(CatalogSnapshot.Empty, 0, tableName, columns, suffix, set.Contains);
    }
}
