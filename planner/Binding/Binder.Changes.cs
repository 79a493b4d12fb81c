using System.Collections.Immutable;
using OmenDb.Planner.Catalog;
using OmenDb.Planner.Expressions;
using OmenDb.Planner.Grammar;
using OmenDb.Planner.Plans;
using OmenDb.Types;
using S = OmenDb.Planner.Syntax;

namespace OmenDb.Planner.Binding;

// INSERT, UPDATE, DELETE.
public sealed partial class Binder
{
    private ChangePlan BindChange(S.Statement statement, Scope scope)
    {
        S.StackGuard.Check();
        return statement switch
        {
            S.InsertStatement insert => BindInsert(insert, scope),
            S.UpdateStatement update => BindUpdate(update, scope),
            S.DeleteStatement delete => BindDelete(delete, scope),
            S.MergeStatement => throw new SqlException(SqlState.FeatureNotSupported, "MERGE not supported in WITH query") { Position = statement.ErrorPosition },
            _ => throw SqlException.NotSupported("this statement in WITH", statement.ErrorPosition),
        };
    }

    private ITableInfo FindTarget(S.QualifiedName name, string verb)
    {
        var table = FindTableOrThrow(name);
        if (table.Kind == TableKind.Table)
            return table;
        if (table.Kind == TableKind.View && verb == "merge into")
        {
            throw new SqlException(SqlState.FeatureNotSupported, $"cannot execute MERGE on relation \"{table.Name}\"")
            {
                Detail = "This operation is not supported for views.",
            };
        }
        if (table.Kind == TableKind.View)
        {
            throw new SqlException(SqlState.FeatureNotSupported, $"cannot {verb} view \"{table.Name}\"")
            {
                Hint = "Views are read-only: change the tables behind the view.",
            };
        }
        throw table.Kind == TableKind.Sequence
            ? new SqlException(SqlState.WrongObjectType, $"cannot change sequence \"{table.Name}\"")
            : new SqlException(SqlState.InsufficientPrivilege, $"permission denied for table {table.Name}");
    }

    /// <summary>Stored columns come first: their count is the width of a row to write.</summary>
    private static int StoredCount(ITableInfo table) => table.Columns.Count(c => !c.IsSystem);

    private static int FindTargetColumn(ITableInfo table, S.TargetColumn target)
    {
        if (target.Path is not null)
            throw SqlException.NotSupported("assignment to a part of a column", target.ErrorPosition);
        for (var i = 0; i < table.Columns.Length; i++)
        {
            if (table.Columns[i].Name == target.Name && !table.Columns[i].Hidden)
                return i;
        }
        throw new SqlException(SqlState.UndefinedColumn, $"column \"{target.Name}\" of relation \"{table.Name}\" does not exist") { Position = target.ErrorPosition };
    }

    private Expression DefaultOf(ITableInfo table, int ordinal)
    {
        var column = table.Columns[ordinal];
        if (column.DefaultSql is null)
            return new ConstantExpression(null, column.Type);
        return BindStored(column.DefaultSql, [], null, column.Type, column.Name);
    }

    /// <summary>An expression that the catalog keeps as text. Bound by a binder of its own: no parameters, no outer names.</summary>
    private Expression BindStored(string sql, ImmutableArray<Column> columns, string? tableName, SqlType? type, string name) =>
        new Binder(_catalog, allowNewParameters: false) { _nextColumn = _nextColumn }
            .BindStandalone(SqlParser.ParseExpression(sql), columns, tableName, type, name);

    private Insert BindInsert(S.InsertStatement insert, Scope outer)
    {
        if (insert.With is not null)
            BindWith(insert.With, outer);
        var table = FindTarget(insert.Table, "insert into");
        var width = StoredCount(table);
        var targets = insert.Columns.IsEmpty
            ? Enumerable.Range(0, width).Where(i => !table.Columns[i].Hidden).ToList()
            : insert.Columns.Select(c => FindTargetColumn(table, c)).ToList();
        CheckDuplicates(insert, targets);

        var (source, given) = BindInsertSource(insert, table, targets, outer);
        // First the given and default values, then generated columns over them.
        var rowColumns = RowColumns(table, width);
        var values = new Expression[width];
        for (var i = 0; i < width; i++)
        {
            var column = table.Columns[i];
            var position = targets.IndexOf(i);
            var isIgnored = insert.Overriding == S.OverridingKind.UserValue && column.Identity != IdentityKind.None;
            if (position >= 0 && position < given.Count && !isIgnored)
                values[i] = given[position];
            else if (column.GeneratedSql is null)
                values[i] = DefaultOf(table, i);
        }
        var plan = ProjectRow(source, table, rowColumns, values);
        var result = new Insert(table, plan) { RowColumns = rowColumns, Checks = BindChecks(table, rowColumns) };
        var scopeTable = TargetScope(table, insert.Alias, rowColumns);
        if (insert.OnConflict is not null)
            result = result with { OnConflict = BindOnConflict(insert.OnConflict, table, scopeTable, width, outer) };
        return result with { Returning = BindReturning(insert.Returning, [scopeTable], outer) };
    }

    private static void CheckDuplicates(S.InsertStatement insert, List<int> targets)
    {
        for (var i = 0; i < insert.Columns.Length; i++)
        {
            if (targets.IndexOf(targets[i]) < i)
                throw new SqlException(SqlState.DuplicateColumn, $"column \"{insert.Columns[i].Name}\" specified more than once") { Position = insert.Columns[i].ErrorPosition };
        }
    }

    private ImmutableArray<Column> RowColumns(ITableInfo table, int width) =>
        [.. Enumerable.Range(0, width).Select(i => new Column(_nextColumn++, table.Columns[i].Name, table.Columns[i].Type, !table.Columns[i].NotNull) { Origin = (table, i) })];

    private static ScopeTable TargetScope(ITableInfo table, string? alias, ImmutableArray<Column> rowColumns) =>
        new(alias ?? table.Name, alias is null ? table.SchemaName : null,
            [.. rowColumns.Select((c, i) => new ScopeColumn(c.Name, new ColumnExpression(c)) { Hidden = table.Columns[i].Hidden })]);

    /// <summary>The rows to insert: a plan, and per target column the value over it.</summary>
    private (LogicalPlan Plan, List<Expression> Given) BindInsertSource(S.InsertStatement insert, ITableInfo table, List<int> targets, Scope outer)
    {
        if (insert.Source is null)
            return (new Values([], [[]]), []);
        if (insert.Source is S.ValuesQuery values)
        {
            var scope = new Scope(outer);
            var rows = new List<ImmutableArray<Expression>>();
            var count = values.Rows[0].Values.Length;
            foreach (var row in values.Rows)
            {
                if (row.Values.Length != count)
                    throw new SqlException(SqlState.SyntaxError, "VALUES lists must all be the same length") { Position = row.Values[0].ErrorPosition };
                CheckCounts(insert, targets, row.Values.Length, row.Values[Math.Min(targets.Count, row.Values.Length - 1)].ErrorPosition);
                rows.Add([.. row.Values.Select((v, i) => InsertValue(v, table, targets[i], insert, scope))]);
            }
            ImmutableArray<Column> columns = [.. Enumerable.Range(0, count).Select(i =>
                NewColumn(table.Columns[targets[i]].Name, table.Columns[targets[i]].Type, rows.Exists(r => IsNullable(r[i]))))];
            return (new Values(columns, [.. rows]), [.. columns.Select(c => (Expression)new ColumnExpression(c))]);
        }
        var (plan, outputs) = BindQuery(insert.Source, outer, keepUnknown: true);
        CheckCounts(insert, targets, outputs.Length, insert.Source.ErrorPosition);
        var given = outputs.Select((o, i) =>
        {
            CheckGenerated(table, targets[i], insert, isDefault: false, insert.Source.ErrorPosition);
            var column = table.Columns[targets[i]];
            return AssignTo(o.Type.Id == TypeId.Unknown ? LiteralBehind(plan, o) : new ColumnExpression(o), column.Type, column.Name, insert.Source.ErrorPosition);
        });
        return (plan, [.. given]);
    }

    /// <summary>INSERT ... SELECT NULL, 'x', $1: a literal or parameter takes the target's type.</summary>
    private static Expression LiteralBehind(LogicalPlan plan, Column column) => plan switch
    {
        Project project => project.Projections.First(p => ReferenceEquals(p.Output, column)).Expression switch
        {
            ConstantExpression or ParameterExpression => project.Projections.First(p => ReferenceEquals(p.Output, column)).Expression,
            ColumnExpression inner => LiteralBehind(project.Input, inner.Column) is { } literal and not ColumnExpression ? literal : new ColumnExpression(column),
            _ => new ColumnExpression(column),
        },
        Sort or Limit or Distinct or LockRows => LiteralBehind(plan.Children[0], column),
        _ => new ColumnExpression(column),
    };

    private static void CheckCounts(S.InsertStatement insert, List<int> targets, int given, int position)
    {
        if (given > targets.Count)
            throw new SqlException(SqlState.SyntaxError, "INSERT has more expressions than target columns") { Position = position };
        if (given < targets.Count && !insert.Columns.IsEmpty)
            throw new SqlException(SqlState.SyntaxError, "INSERT has more target columns than expressions") { Position = insert.Columns[given].ErrorPosition };
    }

    private Expression InsertValue(S.SyntaxExpression syntax, ITableInfo table, int ordinal, S.InsertStatement insert, Scope scope)
    {
        var isDefault = syntax is S.DefaultExpression;
        CheckGenerated(table, ordinal, insert, isDefault, syntax.ErrorPosition);
        var column = table.Columns[ordinal];
        if (isDefault)
            return column.GeneratedSql is null ? DefaultOf(table, ordinal) : new ConstantExpression(null, column.Type);
        return AssignTo(BindExpression(syntax, scope, ExpressionPlace.Values), column.Type, column.Name, syntax.ErrorPosition);
    }

    private static void CheckGenerated(ITableInfo table, int ordinal, S.InsertStatement insert, bool isDefault, int position)
    {
        var column = table.Columns[ordinal];
        if (isDefault)
            return;
        if (column.GeneratedSql is not null)
        {
            throw new SqlException(SqlState.GeneratedAlways, $"cannot insert a non-DEFAULT value into column \"{column.Name}\"")
            {
                Detail = $"Column \"{column.Name}\" is a generated column.",
            };
        }
        if (column.Identity == IdentityKind.Always && insert.Overriding == S.OverridingKind.None)
        {
            throw new SqlException(SqlState.GeneratedAlways, $"cannot insert a non-DEFAULT value into column \"{column.Name}\"")
            {
                Detail = $"Column \"{column.Name}\" is an identity column defined as GENERATED ALWAYS.",
                Hint = "Use OVERRIDING SYSTEM VALUE to override.",
            };
        }
    }

    /// <summary>Projects to one column per stored table column; generated ones are computed over the others.</summary>
    private Project ProjectRow(LogicalPlan source, ITableInfo table, ImmutableArray<Column> rowColumns, Expression[] values)
    {
        var isGenerated = rowColumns.Select((_, i) => table.Columns[i].GeneratedSql is not null).ToArray();
        if (!isGenerated.Contains(true))
            return new Project(source, [.. values.Select((v, i) => new Projection(NewColumn(rowColumns[i].Name, v.Type, IsNullable(v)), v))]);
        var plain = values.Select((v, i) => isGenerated[i] ? null : new Projection(NewColumn(rowColumns[i].Name, v.Type, IsNullable(v)), v)).ToList();
        var inner = new Project(source, [.. plain.OfType<Projection>()]);
        ImmutableArray<Column> visible = [.. plain.OfType<Projection>().Select(p => p.Output)];
        return new Project(inner, [.. rowColumns.Select((c, i) =>
        {
            var value = isGenerated[i]
                ? BindStored(table.Columns[i].GeneratedSql!, visible, table.Name, table.Columns[i].Type, table.Columns[i].Name)
                : new ColumnExpression(plain[i]!.Output);
            return new Projection(NewColumn(c.Name, value.Type, IsNullable(value)), value);
        })]);
    }

    private ImmutableArray<BoundCheck> BindChecks(ITableInfo table, ImmutableArray<Column> rowColumns) =>
        [.. table.Checks.Select(c => new BoundCheck(c.Name, BindStored(c.ExpressionSql, rowColumns, table.Name, SqlType.Bool, c.Name)))];

    private ImmutableArray<Projection> BindReturning(ImmutableArray<S.SelectItem> items, IEnumerable<ScopeTable> tables, Scope outer)
    {
        if (items.IsEmpty)
            return [];
        var scope = new Scope(outer);
        foreach (var table in tables)
        {
            scope.Tables.Add(table);
            scope.Star.AddRange(table.Columns.Where(c => !c.Hidden));
        }
        var result = new List<Projection>();
        foreach (var target in BindTargets(items, scope, keepUnknown: false))
            result.Add(new Projection(NewColumnFor(target.Name, target.Expression), target.Expression));
        return [.. result];
    }

    private OnConflictAction BindOnConflict(S.OnConflictClause clause, ITableInfo table, ScopeTable target, int width, Scope outer)
    {
        IndexInfo? arbiter = null;
        if (clause.ConstraintName is { } name)
        {
            arbiter = table.Indexes.FirstOrDefault(i => i.Name == name && i is { Unique: true, Constraint: true })
                ?? throw new SqlException(SqlState.UndefinedObject, $"constraint \"{name}\" for table \"{table.Name}\" does not exist");
        }
        else if (!clause.Target.IsEmpty)
        {
            arbiter = InferArbiter(clause, table, target, outer)
                ?? throw new SqlException(SqlState.InvalidColumnReference, "there is no unique or exclusion constraint matching the ON CONFLICT specification");
        }
        else if (!clause.DoNothing)
        {
            throw new SqlException(SqlState.SyntaxError, "ON CONFLICT DO UPDATE requires inference specification or constraint name")
            {
                Position = clause.ErrorPosition, Hint = "For example, ON CONFLICT (column_name).",
            };
        }
        if (arbiter is { Deferrable: true } || (arbiter is null && table.Indexes.Any(i => i.Deferrable)))
        {
            throw new SqlException(SqlState.ObjectNotInPrerequisiteState, "ON CONFLICT does not support deferrable unique constraints/exclusion constraints as arbiters")
            {
                Position = clause.ConstraintName is null ? 0 : clause.ErrorPosition,
            };
        }
        var excluded = RowColumns(table, width);
        if (clause.DoNothing)
            return new OnConflictAction(arbiter, excluded, [], null);
        var scope = new Scope(outer);
        scope.Tables.Add(target);
        scope.Tables.Add(new ScopeTable("excluded", null, [.. excluded.Select(c => new ScopeColumn(c.Name, new ColumnExpression(c)))]));
        var assignments = BindAssignments(clause.Update, table, scope, QueryPerColumn);
        var where = clause.UpdateWhere is null ? null : CoerceToBool(BindExpression(clause.UpdateWhere, scope, ExpressionPlace.Where), "WHERE", clause.UpdateWhere.ErrorPosition);
        var old = target.Columns.Select(c => c.Value).ToArray();
        return new OnConflictAction(arbiter, excluded, AddGenerated(table, assignments, old), where);
    }

    /// <summary>The unique index whose columns and expressions are those of the target, and whose predicate follows from the target's. One without
    /// predicate is the better one, one of a deferrable constraint the last.</summary>
    private IndexInfo? InferArbiter(S.OnConflictClause clause, ITableInfo table, ScopeTable target, Scope outer)
    {
        var scope = new Scope(outer);
        scope.Tables.Add(target);
        var wanted = new HashSet<string>();
        foreach (var element in clause.Target)
        {
            BindExpression(element.Expression, scope, ExpressionPlace.Where); // for its errors
            wanted.Add(element.Expression is S.ColumnReference { Parts.Length: 1 } c
                ? ColumnKey(FindTargetColumn(table, new S.TargetColumn(c.Position, c.Name, null))) : S.SyntaxPrinter.Print(element.Expression));
        }
        var given = clause.TargetWhere is null ? [] : Parts(clause.TargetWhere).ToHashSet();
        if (clause.TargetWhere is not null)
            CoerceToBool(BindExpression(clause.TargetWhere, scope, ExpressionPlace.Where), "WHERE", clause.TargetWhere.ErrorPosition);
        return table.Indexes.Where(i => i.Unique && wanted.SetEquals(i.Columns.Select(Key)) && (i.PredicateSql is null || Parts(Parse(i.PredicateSql)).All(given.Contains)))
            .OrderBy(i => i.Deferrable).ThenBy(i => i.PredicateSql is not null).FirstOrDefault();

        static string ColumnKey(int ordinal) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"\0{ordinal}");

        static string Key(IndexColumnInfo column) => column.ExpressionSql is null ? ColumnKey(column.Ordinal) : S.SyntaxPrinter.Print(Parse(column.ExpressionSql));

        static S.SyntaxExpression Parse(string sql) => Grammar.SqlParser.ParseExpression(sql);

        static IEnumerable<string> Parts(S.SyntaxExpression condition) =>
            condition is S.AndExpression and ? and.Operands.SelectMany(Parts) : [S.SyntaxPrinter.Print(condition)];
    }

    /// <summary>SET (a, b) = (SELECT ...): what stands for the columns of the query.</summary>
    private delegate ImmutableArray<Expression> RowSource(LogicalPlan plan, ImmutableArray<Column> outputs);

    /// <summary>A query per column, where there is no input to join with.</summary>
    private static ImmutableArray<Expression> QueryPerColumn(LogicalPlan plan, ImmutableArray<Column> outputs) =>
        [.. outputs.Select(o => (Expression)new Expressions.SubqueryExpression(SubqueryKind.Scalar,
            new Project(plan, [new Projection(o, new ColumnExpression(o))]), [], ComparisonOperator.Equal, o.Type))];

    /// <param name="assignments">As written.</param>
    /// <param name="table">The target.</param>
    /// <param name="scope">What values may name.</param>
    /// <param name="rowSource">For queries that give several columns.</param>
    private List<(int Ordinal, Expression Value)> BindAssignments(
        ImmutableArray<S.Assignment> assignments, ITableInfo table, Scope scope, RowSource rowSource)
    {
        var result = new List<(int Ordinal, Expression Value)>();
        foreach (var assignment in assignments)
        {
            ImmutableArray<S.SyntaxExpression> values = [];
            ImmutableArray<Expression> fields = [];
            if (!assignment.IsRow)
            {
                values = [assignment.Value];
            }
            else if (assignment.Value is S.RowExpression row)
            {
                if (row.Elements.Length != assignment.Columns.Length)
                    throw new SqlException(SqlState.SyntaxError, "number of columns does not match number of values") { Position = assignment.Value.ErrorPosition };
                values = row.Elements;
            }
            else if (assignment.Columns.Length == 1)
            {
                values = [assignment.Value];
            }
            else if (assignment.Value is S.SubqueryExpression subquery)
            {
                var (plan, outputs) = BindQuery(subquery.Query, scope);
                if (outputs.Length != assignment.Columns.Length)
                    throw new SqlException(SqlState.SyntaxError, "number of columns does not match number of values") { Position = assignment.Value.ErrorPosition };
                fields = rowSource(plan, outputs);
            }
            else
            {
                throw new SqlException(SqlState.FeatureNotSupported, "source for a multiple-column UPDATE item must be a sub-SELECT or ROW() expression")
                {
                    Position = assignment.Value.ErrorPosition,
                };
            }
            for (var i = 0; i < assignment.Columns.Length; i++)
            {
                var ordinal = FindTargetColumn(table, assignment.Columns[i]);
                if (result.Exists(r => r.Ordinal == ordinal))
                {
                    throw new SqlException(SqlState.SyntaxError, $"multiple assignments to same column \"{assignment.Columns[i].Name}\"")
                    {
                        Position = assignment.Columns[i].ErrorPosition,
                    };
                }
                result.Add((ordinal, fields.IsEmpty
                    ? AssignedValue(values[i], table.Columns[ordinal], table, ordinal, scope)
                    : AssignedField(fields[i], table.Columns[ordinal], assignment.Value.ErrorPosition)));
            }
        }
        return result;
    }

    private Expression AssignedValue(S.SyntaxExpression syntax, ColumnInfo column, ITableInfo table, int ordinal, Scope scope)
    {
        if (syntax is S.DefaultExpression)
            return column.GeneratedSql is null ? DefaultOf(table, ordinal) : new ConstantExpression(null, column.Type);
        CheckAssignable(column, syntax.ErrorPosition);
        return AssignTo(BindExpression(syntax, scope, ExpressionPlace.UpdateSet), column.Type, column.Name, syntax.ErrorPosition);
    }

    private Expression AssignedField(Expression value, ColumnInfo column, int position)
    {
        CheckAssignable(column, position);
        return AssignTo(value, column.Type, column.Name, position);
    }

    private static void CheckAssignable(ColumnInfo column, int position)
    {
        if (column.GeneratedSql is null && column.Identity != IdentityKind.Always)
            return;
        throw new SqlException(SqlState.GeneratedAlways, $"column \"{column.Name}\" can only be updated to DEFAULT")
        {
            Detail = column.GeneratedSql is not null ? $"Column \"{column.Name}\" is a generated column."
                : $"Column \"{column.Name}\" is an identity column defined as GENERATED ALWAYS.",
        };
    }

    /// <summary>Recomputes generated columns (index expressions too) whose inputs are assigned.</summary>
    /// <param name="table">The target.</param>
    /// <param name="assignments">What the user assigns.</param>
    /// <param name="old">The columns of the existing row, by ordinal.</param>
    private ImmutableArray<(int, Expression)> AddGenerated(ITableInfo table, List<(int Ordinal, Expression Value)> assignments, Expression[] old)
    {
        var result = assignments.Where(a => table.Columns[a.Ordinal].GeneratedSql is null).ToList();
        for (var i = 0; i < StoredCount(table); i++)
        {
            if (table.Columns[i].GeneratedSql is not { } sql)
                continue;
            var inputs = RowColumns(table, StoredCount(table));
            var value = BindStored(sql, inputs, table.Name, table.Columns[i].Type, table.Columns[i].Name);
            var read = ExpressionTree.Columns(value);
            if (!result.Exists(a => read.Contains(inputs[a.Ordinal])))
                continue;
            var replacements = new Dictionary<Column, Expression>(ReferenceEqualityComparer.Instance);
            for (var c = 0; c < inputs.Length; c++)
                replacements[inputs[c]] = old[c];
            foreach (var (ordinal, assigned) in assignments)
                replacements[inputs[ordinal]] = assigned;
            result.Add((i, ExpressionTree.Substitute(value, replacements)));
        }
        return [.. result];
    }

    private Update BindUpdate(S.UpdateStatement update, Scope outer)
    {
        if (update.CursorName is not null)
            throw SqlException.NotSupported("WHERE CURRENT OF", update.ErrorPosition);
        if (update.With is not null)
            BindWith(update.With, outer);
        var table = FindTarget(update.Table.Name, "update");
        var (plan, scope, target, rowId) = BindTargetScan(table, update.Table, update.From, update.Where, outer);
        var old = target.Columns.Select(c => c.Value).ToArray();
        var assignments = AddGenerated(table, BindAssignments(update.Assignments, table, scope, (query, outputs) =>
        {
            plan = MakeJoin(JoinKind.Single, plan, query, null);
            return [.. outputs.Select(o => (Expression)new ColumnExpression(o))];
        }), old);
        var rowColumns = RowColumns(table, StoredCount(table));
        // RETURNING sees the target's new values and the other tables' columns.
        var returningTables = scope.Tables.Select(t => ReferenceEquals(t, target) ? TargetScope(table, update.Table.Alias?.Name, rowColumns) : t);
        return new Update(table, plan, rowId, assignments)
        {
            RowColumns = rowColumns, Checks = BindChecks(table, rowColumns), Returning = BindReturning(update.Returning, returningTables, outer),
            Marks = MarksOf(scope),
        };
    }

    private Delete BindDelete(S.DeleteStatement delete, Scope outer)
    {
        if (delete.CursorName is not null)
            throw SqlException.NotSupported("WHERE CURRENT OF", delete.ErrorPosition);
        if (delete.With is not null)
            BindWith(delete.With, outer);
        var table = FindTarget(delete.Table.Name, "delete from");
        var (plan, scope, target, rowId) = BindTargetScan(table, delete.Table, delete.Using, delete.Where, outer);
        var rowColumns = RowColumns(table, StoredCount(table));
        var returningTables = scope.Tables.Select(t => ReferenceEquals(t, target) ? TargetScope(table, delete.Table.Alias?.Name, rowColumns) : t);
        return new Delete(table, plan, rowId)
        {
            RowColumns = rowColumns, Returning = BindReturning(delete.Returning, returningTables, outer),
            Marks = MarksOf(scope),
        };
    }

    /// <summary>The target joined with FROM or USING, filtered.</summary>
    private (LogicalPlan Plan, Scope Scope, ScopeTable Target, Column RowId) BindTargetScan(
        ITableInfo table, S.TableReference reference, ImmutableArray<S.FromItem> from, S.SyntaxExpression? where, Scope outer)
    {
        var scope = new Scope(outer);
        var (scan, target) = ScanTable(table, reference.Alias);
        AddTables(scope, new FromResult(scan, [target], [], [.. target.Columns.Where(c => !c.Hidden)]));
        LogicalPlan plan = scan;
        foreach (var item in from)
        {
            var result = BindFromItem(item, scope, scope.Tables);
            AddTables(scope, result);
            plan = MakeJoin(JoinKind.Inner, plan, result.Plan, null);
        }
        if (where is not null)
            plan = new Filter(plan, CoerceToBool(BindExpression(where, scope, ExpressionPlace.Where), "WHERE", where.ErrorPosition));
        return (plan, scope, target, scan.RowId!);
    }
}
