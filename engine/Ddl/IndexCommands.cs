using OmenDb.Engine.Catalog;
using OmenDb.Planner.Binding;
using OmenDb.Planner.Syntax;
using OmenDb.Storage;
using OmenDb.Storage.Catalog;
using OmenDb.Storage.Indexes;
using OmenDb.Types;

namespace OmenDb.Engine.Ddl;

/// <summary>CREATE INDEX. Expressions and predicates become hidden stored columns.</summary>
internal static class IndexCommands
{
    public static string Create(Session session, CreateIndexStatement statement)
    {
        session.CheckWritable("CREATE INDEX");
        if (statement.AccessMethod is not (null or "btree" or "hash" or "brin" or "alex"))
        {
            if (statement.AccessMethod is "gin" or "gist" or "spgist")
                throw SqlException.NotSupported($"access method \"{statement.AccessMethod}\"", statement.ErrorPosition);
            throw new SqlException(SqlState.UndefinedObject, $"access method \"{statement.AccessMethod}\" does not exist");
        }
        if (statement.IsConcurrent && !IsAlone(session))
            throw new SqlException(SqlState.ActiveSqlTransaction, "CREATE INDEX CONCURRENTLY cannot run inside a transaction block");
        var online = IsAlone(session) && KnowsValues(session, statement);
        var table = DdlNames.LockedTable(session, statement.Table with { Position = -1 }, online ? OnlineLock : LockMode(session, statement));
        var name = statement.Name ?? DdlNames.Free(session.Transaction.CurrentCatalog, table.SchemaOid, table.Name, statement.Elements.Select(Word), "idx");
        DdlNames.Reserve(session, table.SchemaOid, name);
        if (statement.Name is null)
            name = DdlNames.Free(session.Transaction.CurrentCatalog, table.SchemaOid, table.Name, statement.Elements.Select(Word), "idx");
        if (session.Transaction.CurrentCatalog.FindRelation(table.SchemaOid, name) is not null)
        {
            if (!statement.IfNotExists)
                throw new SqlException(SqlState.DuplicateTable, $"relation \"{name}\" already exists");
            session.Notice($"relation \"{name}\" already exists, skipping", SqlState.DuplicateTable);
            return "CREATE INDEX";
        }
        var keys = new List<IndexKeyEntry>();
        foreach (var element in statement.Elements)
        {
            if (element.Collation is { } collation && collation.Name is not ("C" or "POSIX" or "default" or "ucs_basic"))
                throw SqlException.NotSupported($"collation \"{collation.Name}\"", collation.ErrorPosition);
            var descending = element.Direction == SortDirection.Descending;
            var nullsFirst = element.Nulls == NullOrder.First || (element.Nulls == NullOrder.Default && descending);
            if (element.Expression is ColumnReference { Parts: [var column] })
            {
                var found = table.FindColumn(column) ?? throw new SqlException(SqlState.UndefinedColumn, $"column \"{column}\" does not exist");
                keys.Add(new IndexKeyEntry(found.Id) { Descending = descending, NullsFirst = nullsFirst });
                continue;
            }
            var sql = ExpressionSql.Of(element.Expression);
            (table, var id) = HiddenColumn(session, table, element.Expression, sql, null);
            keys.Add(new IndexKeyEntry(id) { Descending = descending, NullsFirst = nullsFirst, ExpressionSql = sql });
        }
        var predicateId = 0;
        string? predicate = null;
        if (statement.Where is not null)
        {
            predicate = ExpressionSql.Of(statement.Where);
            (table, predicateId) = HiddenColumn(session, table, statement.Where, predicate, SqlType.Bool);
        }
        var index = new IndexEntry
        {
            Oid = session.Database.Storage.NewOid(),
            Name = name,
            SchemaOid = table.SchemaOid,
            OwnerOid = table.OwnerOid,
            TableOid = table.Oid,
            Keys = [.. keys],
            IsUnique = statement.IsUnique,
            NullsNotDistinct = statement.NullsNotDistinct,
            PredicateSql = predicate,
            PredicateColumnId = predicateId,
            IncludedColumnIds = [.. statement.Include.Select(i => i.Expression is ColumnReference c ? DdlNames.Column(table, c.Name, i.ErrorPosition).Id
                : throw SqlException.NotSupported("an expression in INCLUDE", i.ErrorPosition))],
        };
        // A column of values that was there a moment ago may have been dropped meanwhile.
        if (online && !session.Transaction.HasChanges)
            BuildOnline(session, index);
        else
            Build(session, index);
        return "CREATE INDEX";
    }

    /// <summary>On the table, while others write it: keeps those out who change its definition, or lock it against the storing of new values.</summary>
    public const TableLockMode OnlineLock = TableLockMode.RowShare;

    /// <summary>An index as it is once nobody else makes it anew or drops it; null: it is gone.</summary>
    public static IndexEntry? Locked(Session session, IndexEntry index)
    {
        session.LockRelation(index.Oid, TableLockMode.ShareUpdateExclusive, index.Name);
        return session.Transaction.CurrentCatalog.Find<IndexEntry>(index.Oid);
    }

    /// <summary>Nothing else belongs to the transaction: it may wait for those who write, and ends with the command.</summary>
    public static bool IsAlone(Session session) => !session.InBlock && !session.Transaction.HasChanges;

    /// <summary>Values of expressions are stored with the rows: not while others have rows locked, nor beside another command that adds such a column.</summary>
    private static TableLockMode LockMode(Session session, CreateIndexStatement statement) =>
        KnowsValues(session, statement) ? TableLockMode.Share : TableLockMode.Exclusive;

    /// <summary>Whether the values of all expressions of an index are in the table already.</summary>
    private static bool KnowsValues(Session session, CreateIndexStatement statement) =>
        statement.Elements.Select(e => e.Expression).Append(statement.Where).All(expression => expression is null or ColumnReference { Parts.Length: 1 }
            || (DdlNames.TryRelation(session.CurrentNames, statement.Table) is TableEntry table
                && ExpressionSql.Of(expression) is var sql && table.Columns.Any(c => c.IsHidden && c.GeneratedSql == sql)));

    /// <summary>Fills an index beside readers and writers, and stages it; the commit follows.</summary>
    public static void BuildOnline(Session session, IndexEntry index)
    {
        if (session.Database.Storage.BuildIndex(session.Transaction, Progress(session, index, isRebuild: false), out var duplicate) is null)
            throw Duplicate(session, index, duplicate.First);
    }

    /// <summary>Makes an index anew beside readers and writers; the commit follows.</summary>
    public static void RebuildOnline(Session session, IndexEntry index)
    {
        if (session.Database.Storage.RebuildIndex(session.Transaction, Progress(session, index, isRebuild: true), out var duplicate) is null)
            throw Duplicate(session, index, duplicate.First);
    }

    private static IndexProgress Progress(Session session, IndexEntry index, bool isRebuild) =>
        new(index, session.CheckInterrupts) { ProcessId = session.BackendId, DatabaseOid = session.DatabaseOid, IsRebuild = isRebuild };

    private static SqlException Duplicate(Session session, IndexEntry index, RowId row)
    {
        var catalog = session.Transaction.CurrentCatalog;
        var table = catalog.Find<TableEntry>(index.TableOid)!;
        return RowErrors.DuplicateInBuild(index.Name, TableRewrite.KeyText(session, table, index, row) is { } key ? key + " is duplicated." : "Duplicate keys exist.",
            catalog.Find<SchemaEntry>(table.SchemaOid)!.Name, table.Name);
    }

    /// <summary>Fills and stages an index.</summary>
    public static void Build(Session session, IndexEntry index)
    {
        using var snapshot = session.Transaction.BeginStatement();
        if (session.Database.Storage.CreateIndex(session.Transaction, snapshot, index, out var duplicate) is null)
            throw Duplicate(session, index, duplicate.First);
    }

    /// <summary>Makes an index anew under its own name: what it is made of has changed.</summary>
    public static void Rebuild(Session session, int indexOid)
    {
        var index = session.Transaction.CurrentCatalog.Find<IndexEntry>(indexOid)!;
        session.Database.Storage.DropIndex(session.Transaction, index);
        Build(session, index);
    }

    private static string Word(IndexElement element) => element.Expression switch
    {
        ColumnReference c => c.Name,
        FunctionCall f => f.FunctionName,
        _ => "expr",
    };

    private static (TableEntry Table, int ColumnId) HiddenColumn(Session session, TableEntry table, SyntaxExpression syntax, string sql, SqlType? type)
    {
        var columns = TableDefinition.Bindable(table.Columns);
        var expression = new Binder(session.CurrentNames, allowNewParameters: false).BindStandalone(syntax, columns, table.Name, type, "index expression");
        if (TableRewrite.Volatility(expression) != Planner.Catalog.Volatility.Immutable)
        {
            throw new SqlException(SqlState.InvalidObjectDefinition,
                type is null ? "functions in index expression must be marked IMMUTABLE" : "functions in index predicate must be marked IMMUTABLE") { Position = syntax.ErrorPosition };
        }
        // The same expression in another index: one column serves both.
        if (table.Columns.FirstOrDefault(c => c.IsHidden && c.GeneratedSql == sql && c.Type.Equals(expression.Type)) is { } known)
            return (table, known.Id);
        var (physical, staged) = session.Database.Storage.AddColumn(session.Transaction, table, expression.Type, null);
        var id = Math.Max(staged.NextColumnId, 1);
        staged = staged with
        {
            Columns = staged.Columns.Add(new ColumnEntry { Id = id, Name = $"index expression {id}", Type = expression.Type, Physical = physical, GeneratedSql = sql, IsHidden = true }),
            NextColumnId = id + 1,
        };
        session.Transaction.Catalog.Put(staged);
        TableRewrite.Fill(session, staged, physical, expression, columns, notNull: null);
        return (staged, id);
    }
}
