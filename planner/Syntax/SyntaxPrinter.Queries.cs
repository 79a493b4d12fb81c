using System.Collections.Immutable;

namespace OmenDb.Planner.Syntax;

// Queries.
public sealed partial class SyntaxPrinter
{
    private void Write(QueryExpression query)
    {
        StackGuard.Check();
        switch (query)
        {
            case QueryWithClauses clauses:
                WriteClauses(clauses);
                break;
            case SelectCore select:
                WriteSelect(select);
                break;
            case SetOperation set:
                var word = set.Kind.ToString().ToUpperInvariant() + (set.IsAll ? " ALL " : " ");
                for (var i = 0; i < set.Inputs.Length; i++)
                {
                    if (i > 0)
                        Add(" ").Add(word);
                    Operand(set.Inputs[i]);
                }
                break;
            case ValuesQuery values:
                Add("VALUES ");
                Join(values.Rows, r =>
                {
                    Add("(");
                    Join(r.Values, Write);
                    Add(")");
                });
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(query), query.GetType().Name, "unknown query");
        }
    }

    /// <summary>An input of a set operation: everything but a plain SELECT or VALUES in parentheses.</summary>
    private void Operand(QueryExpression query)
    {
        if (query is SelectCore or ValuesQuery)
        {
            Write(query);
            return;
        }
        Add("(");
        Write(query);
        Add(")");
    }

    private void WriteClauses(QueryWithClauses clauses)
    {
        if (clauses.With is { } with)
        {
            Add(with.IsRecursive ? "WITH RECURSIVE " : "WITH ");
            Join(with.Tables, t =>
            {
                Add(Quote(t.Name));
                ColumnList(t.Columns);
                Add(" AS ").Add(t.Materialized switch { true => "MATERIALIZED (", false => "NOT MATERIALIZED (", null => "(" });
                if (t.Body is not QueryStatement body)
                    throw Types.SqlException.NotSupported("a data-modifying statement in a stored query", t.ErrorPosition);
                Write(body.Query);
                Add(")");
            });
            Add(" ");
        }
        if (clauses.Body is QueryWithClauses)
            Operand(clauses.Body);
        else
            Write(clauses.Body);
        if (!clauses.OrderBy.IsEmpty)
        {
            Add(" ");
            OrderBy(clauses.OrderBy);
        }
        if (clauses.Offset is not null)
        {
            Add(" OFFSET ");
            Write(clauses.Offset);
        }
        if (clauses.Limit is not null && clauses.WithTies)
        {
            Add(" FETCH FIRST (");
            Write(clauses.Limit);
            Add(") ROWS WITH TIES");
        }
        else if (clauses.Limit is not null)
        {
            Add(" LIMIT ");
            if (clauses.Limit is NullLiteral)
                Add("ALL");
            else
                Write(clauses.Limit);
        }
        foreach (var locking in clauses.Locking)
        {
            Add(locking.Strength switch
            {
                LockStrength.Update => " FOR UPDATE", LockStrength.NoKeyUpdate => " FOR NO KEY UPDATE", LockStrength.Share => " FOR SHARE",
                _ => " FOR KEY SHARE",
            });
            if (!locking.Tables.IsEmpty)
            {
                Add(" OF ");
                Join(locking.Tables, t => Name(t.Parts));
            }
            Add(locking.Wait switch { LockWait.NoWait => " NOWAIT", LockWait.SkipLocked => " SKIP LOCKED", _ => "" });
        }
    }

    private void ColumnList(ImmutableArray<string> columns)
    {
        if (columns.IsEmpty)
            return;
        Add("(");
        Names(columns);
        Add(")");
    }

    private void WriteSelect(SelectCore select)
    {
        Add("SELECT");
        if (!select.DistinctOn.IsEmpty)
        {
            Add(" DISTINCT ON (");
            Join(select.DistinctOn, Write);
            Add(")");
        }
        else if (select.IsDistinct)
        {
            Add(" DISTINCT");
        }
        if (!select.Targets.IsEmpty)
            Add(" ");
        Join(select.Targets, t =>
        {
            if (_names?.Star(t.Expression) is { } columns)
            {
                Join([.. columns], Name);
                return;
            }
            Write(t.Expression);
            if ((_names is null ? t.Alias : _names.Label(t)) is { } label)
                Add(" AS ").Add(Quote(label));
        });
        if (!select.From.IsEmpty)
        {
            Add(" FROM ");
            Join(select.From, Write);
        }
        Clause(" WHERE ", select.Where);
        if (!select.GroupBy.IsEmpty)
        {
            Add(select.GroupByDistinct ? " GROUP BY DISTINCT " : " GROUP BY ");
            Join(select.GroupBy, Write);
        }
        Clause(" HAVING ", select.Having);
        if (!select.Windows.IsEmpty)
        {
            Add(" WINDOW ");
            Join(select.Windows, w =>
            {
                Add(Quote(w.Name)).Add(" AS ");
                Window(w.Specification);
            });
        }
    }

    private void Clause(string word, SyntaxExpression? expression)
    {
        if (expression is null)
            return;
        Add(word);
        Write(expression);
    }

    private void Write(GroupItem item)
    {
        switch (item)
        {
            case GroupExpression e:
                Write(e.Expression);
                break;
            case EmptyGroupingSet:
                Add("()");
                break;
            case RollupItem r:
                Call("ROLLUP", r.Expressions);
                break;
            case CubeItem c:
                Call("CUBE", c.Expressions);
                break;
            case GroupingSetsItem s:
                Add("GROUPING SETS (");
                Join(s.Sets, Write);
                Add(")");
                break;
        }
    }

    private void OrderBy(ImmutableArray<SortItem> items)
    {
        Add("ORDER BY ");
        Join(items, i =>
        {
            Write(i.Expression);
            if (i.Direction == SortDirection.Using)
            {
                Add(" USING ");
                Operator(i.UsingOperatorSchema, i.UsingOperator!);
            }
            Add(i.Direction switch { SortDirection.Ascending => " ASC", SortDirection.Descending => " DESC", _ => "" });
            Add(i.Nulls switch { NullOrder.First => " NULLS FIRST", NullOrder.Last => " NULLS LAST", _ => "" });
        });
    }

    private void Window(WindowSpecification window)
    {
        Add("(");
        var separator = "";
        void Next()
        {
            Add(separator);
            separator = " ";
        }
        if (window.ReferencedName is not null)
        {
            Next();
            Add(Quote(window.ReferencedName));
        }
        if (!window.PartitionBy.IsEmpty)
        {
            Next();
            Add("PARTITION BY ");
            Join(window.PartitionBy, Write);
        }
        if (!window.OrderBy.IsEmpty)
        {
            Next();
            OrderBy(window.OrderBy);
        }
        if (window.Frame is { } frame)
        {
            Next();
            Add(frame.Unit.ToString().ToUpperInvariant()).Add(" BETWEEN ");
            Bound(frame.Start);
            Add(" AND ");
            Bound(frame.End);
            Add(frame.Exclusion switch
            {
                FrameExclusion.CurrentRow => " EXCLUDE CURRENT ROW", FrameExclusion.Group => " EXCLUDE GROUP", FrameExclusion.Ties => " EXCLUDE TIES",
                _ => "",
            });
        }
        Add(")");
    }

    private void Bound(FrameBound bound)
    {
        if (bound.Offset is not null)
            Write(bound.Offset);
        Add(bound.Kind switch
        {
            FrameBoundKind.UnboundedPreceding => "UNBOUNDED PRECEDING", FrameBoundKind.Preceding => " PRECEDING", FrameBoundKind.CurrentRow => "CURRENT ROW",
            FrameBoundKind.Following => " FOLLOWING", _ => "UNBOUNDED FOLLOWING",
        });
    }

    private void Alias(TableAlias? alias)
    {
        if (alias is null)
            return;
        Add(" AS ").Add(Quote(alias.Name));
        ColumnList(alias.Columns);
    }

    private void Write(FromItem item)
    {
        switch (item)
        {
            case TableReference t:
                Add(t.IsOnly ? "ONLY " : "");
                var table = _names is null ? new PrintedTable(t.Name.Parts, t.Alias) : _names.Table(t);
                if (!table.Columns.IsEmpty)
                {
                    Add("(SELECT ");
                    Join(table.Columns, c => Add(Quote(c.Column)).Add(c.Column == c.Label ? "" : " AS " + Quote(c.Label)));
                    Add(" FROM ");
                }
                Name(table.Name);
                Add(table.Columns.IsEmpty ? "" : ")");
                Alias(table.Alias);
                break;
            case SubqueryReference s:
                Wrapped(s.IsLateral ? "LATERAL " : "", s.Query);
                Alias(s.Alias);
                break;
            case FunctionReference f:
                Add(f.IsLateral ? "LATERAL " : "").Add(f.IsRowsFrom ? "ROWS FROM (" : "");
                Join(f.Functions, x => Write(x.Call));
                Add(f.IsRowsFrom ? ")" : "").Add(f.WithOrdinality ? " WITH ORDINALITY" : "");
                Alias(f.Alias);
                break;
            case JoinReference j:
                WriteJoin(j);
                break;
        }
    }

    private void WriteJoin(JoinReference join)
    {
        Add("(");
        Write(join.Left);
        var usingColumns = _names?.Using(join) ?? join.Using;
        Add(join.IsNatural && usingColumns.IsEmpty ? " NATURAL" : join.IsAsOf ? " ASOF" : "").Add(join.Kind switch
        {
            JoinKind.Cross => " CROSS JOIN ", JoinKind.Left => " LEFT JOIN ", JoinKind.Right => " RIGHT JOIN ", JoinKind.Full => " FULL JOIN ", _ => " JOIN ",
        });
        Write(join.Right);
        if (join.On is not null)
        {
            Add(" ON ");
            Write(join.On);
        }
        if (!usingColumns.IsEmpty)
        {
            Add(" USING ");
            ColumnList(usingColumns);
            if (join.UsingAlias is not null)
                Add(" AS ").Add(Quote(join.UsingAlias.Name));
        }
        Add(")");
        Alias(join.Alias);
    }
}
