using OmenDb.Engine.Catalog;
using OmenDb.Planner.Binding;
using OmenDb.Planner.Grammar;
using OmenDb.Planner.Syntax;
using OmenDb.Storage.Catalog;
using OmenDb.Types;

namespace OmenDb.Engine.Ddl;

/// <summary>CREATE VIEW. The query is kept as text without stars and with full names; see <see cref="ViewTexts"/>.</summary>
internal static class ViewCommands
{
    public static string Create(Session session, CreateViewStatement statement)
    {
        session.CheckWritable("CREATE VIEW");
        if (statement.IsRecursive)
            throw SqlException.NotSupported("CREATE RECURSIVE VIEW", statement.ErrorPosition);
        var schema = statement.Persistence == Persistence.Temporary ? TemporaryObjects.EnsureSchema(session) : session.CreationSchema(statement.Name.Schema, statement.Name.ErrorPosition);
        var names = session.CurrentNames;
        var trace = new NameTrace();
        var bound = new Binder(names, allowNewParameters: false) { Trace = trace }.Bind(new QueryStatement(statement.Query.Position, statement.Query));
        if (statement.Columns.Length > bound.Outputs.Length)
            throw new SqlException(SqlState.SyntaxError, "CREATE VIEW specifies more column names than columns");
        var columns = bound.Outputs.Select((o, i) => new ViewColumn(i < statement.Columns.Length ? statement.Columns[i] : o.Name, o.Type)).ToList();
        for (var i = 0; i < columns.Count; i++)
        {
            if (columns.FindIndex(c => c.Name == columns[i].Name) < i)
                throw new SqlException(SqlState.DuplicateColumn, $"column \"{columns[i].Name}\" specified more than once");
        }
        DdlNames.Reserve(session, schema.Oid, statement.Name.Name);
        var existing = session.Transaction.CurrentCatalog.FindRelation(schema.Oid, statement.Name.Name);
        if (existing is not null && !statement.OrReplace)
            throw new SqlException(SqlState.DuplicateTable, $"relation \"{statement.Name.Name}\" already exists");
        if (existing is not null and not ViewEntry)
            throw new SqlException(SqlState.WrongObjectType, $"\"{statement.Name.Name}\" is not a view");
        if (existing is ViewEntry old)
            CheckReplace(old, columns);
        session.Transaction.Catalog.Put(new ViewEntry
        {
            Oid = existing?.Oid ?? session.Transaction.Catalog.NewOid(),
            Name = statement.Name.Name,
            SchemaOid = schema.Oid,
            OwnerOid = existing?.OwnerOid ?? session.RoleOid,
            Comment = existing?.Comment,
            Sql = SyntaxPrinter.Print(statement.Query, trace.Canonical()),
            Columns = [.. columns],
            DependsOn = [.. trace.Relations.Where(r => r.Kind != Planner.Catalog.TableKind.SystemTable).Select(r => r.Oid).Distinct().Order()],
        });
        return "CREATE VIEW";
    }

    private static void CheckReplace(ViewEntry old, List<ViewColumn> columns)
    {
        if (columns.Count < old.Columns.Length)
            throw new SqlException(SqlState.InvalidTableDefinition, "cannot drop columns from view");
        for (var i = 0; i < old.Columns.Length; i++)
        {
            if (old.Columns[i].Name != columns[i].Name)
            {
                throw new SqlException(SqlState.InvalidTableDefinition, $"cannot change name of view column \"{old.Columns[i].Name}\" to \"{columns[i].Name}\"")
                {
                    Hint = "Use ALTER VIEW ... RENAME COLUMN ... to change name of view column instead.",
                };
            }
            if (!old.Columns[i].Type.SameBase(columns[i].Type))
            {
                throw new SqlException(SqlState.InvalidTableDefinition,
                    $"cannot change data type of view column \"{columns[i].Name}\" from {PgTypes.FormatType(old.Columns[i].Type)} to {PgTypes.FormatType(columns[i].Type)}");
            }
        }
    }

    /// <summary>Whether a view's query can be bound when a table has lost a column.</summary>
    public static bool StillWorks(Session session, ViewEntry view, TableEntry table, string column)
    {
        var mark = session.Transaction.Mark();
        try
        {
            session.Transaction.Catalog.Put(table with { Columns = [.. table.Columns.Where(c => c.Name != column || c.IsHidden)] });
            var bound = new Binder(session.CurrentNames, allowNewParameters: false).Bind(SqlParser.ParseStatement(view.Sql));
            return bound.Outputs.Length == view.Columns.Length;
        }
        catch (SqlException)
        {
            return false;
        }
        finally
        {
            session.Transaction.RollbackTo(mark);
        }
    }
}
