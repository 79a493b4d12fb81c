using System.Collections.Immutable;
using OmenDb.Engine.Catalog;
using OmenDb.Planner.Binding;
using OmenDb.Planner.Catalog;
using OmenDb.Planner.Grammar;
using OmenDb.Planner.Syntax;
using OmenDb.Storage.Catalog;

namespace OmenDb.Engine.Ddl;

/// <summary>The text of a view as the catalog keeps it: stars spelled out, tables with their schemas, columns with their tables. It means the same whatever the
/// search path is and whatever columns its tables gain; a renaming rewrites the texts of the views that read the object, in the same transaction.</summary>
internal static class ViewTexts
{
    /// <summary>The views that read <paramref name="relation"/> go on under its new name. To be called before the name changes.</summary>
    public static void FollowRelation(Session session, RelationEntry relation, string schema, string name) =>
        Follow(session, v => v.DependsOn.Contains(relation.Oid), t => t.Renamed(info => info.Oid == relation.Oid ? (schema, name) : null));

    /// <summary>The same for all relations of a schema.</summary>
    public static void FollowSchema(Session session, SchemaEntry schema, string name)
    {
        var inside = session.Transaction.CurrentCatalog.Children(schema.Oid).Select(c => c.Oid).ToHashSet();
        Follow(session, v => v.DependsOn.Any(inside.Contains), t => t.Renamed(info => inside.Contains(info.Oid) ? (name, info.Name) : null));
    }

    /// <summary>The same for a column.</summary>
    public static void FollowColumn(Session session, RelationEntry relation, string column, string name) =>
        Follow(session, v => v.DependsOn.Contains(relation.Oid), t => t.Renamed(relation.Oid, column, name));

    private static void Follow(Session session, Func<ViewEntry, bool> reads, Func<NameTrace, IPrintedNames> names)
    {
        var views = session.Transaction.CurrentCatalog.Objects.OfType<ViewEntry>().Where(reads).ToArray();
        // All texts are read with the old names before one is written.
        var changed = Array.ConvertAll(views, view =>
        {
            var query = (QueryStatement)SqlParser.ParseStatement(view.Sql);
            var trace = new NameTrace();
            _ = new Binder(session.CurrentNames, allowNewParameters: false) { Trace = trace }.Bind(query);
            return view with { Sql = SyntaxPrinter.Print(query.Query, names(trace)) };
        });
        foreach (var view in changed)
            session.Transaction.Catalog.Put(view);
    }

    /// <summary>As pg_get_viewdef shows it: schemas only where the search path does not find the table, labels as the view has them.</summary>
    public static string Shown(SessionCatalog names, ViewEntry view)
    {
        if (SqlParser.ParseStatement(view.Sql) is not QueryStatement query)
            return view.Sql;
        return SyntaxPrinter.Print(query.Query, new ShownNames(names, view, Targets(query.Query)));
    }

    private static ImmutableArray<SelectItem> Targets(QueryExpression query) => query switch
    {
        QueryWithClauses clauses => Targets(clauses.Body),
        SetOperation set => Targets(set.Inputs[0]),
        SelectCore select => select.Targets,
        _ => [],
    };

    private sealed class ShownNames(SessionCatalog names, ViewEntry view, ImmutableArray<SelectItem> targets) : IPrintedNames
    {
        public ImmutableArray<string> Column(ColumnReference column) => column.Parts;

        public ImmutableArray<string>? Using(JoinReference join) => null;

        public PrintedTable Table(TableReference table)
        {
            if (table.Name.Schema is not { } schema)
                return new PrintedTable(table.Name.Parts, table.Alias);
            var inPath = names.FindTable(null, table.Name.Name);
            var visible = inPath is not null && names.FindTable(schema, table.Name.Name) is { } meant && meant.Oid == inPath.Oid;
            return new PrintedTable(visible ? [table.Name.Name] : table.Name.Parts, table.Alias);
        }

        public IReadOnlyList<ImmutableArray<string>>? Star(SyntaxExpression star) => null;

        public string? Label(SelectItem item)
        {
            var index = 0;
            while (index < targets.Length && !ReferenceEquals(targets[index], item))
                index++;
            if (index >= targets.Length || index >= view.Columns.Length)
                return item.Alias;
            var name = view.Columns[index].Name;
            return item.Expression is ColumnReference column && column.Name == name ? null : name;
        }
    }
}
